//! What a person or another program reads.

pub mod failure;
