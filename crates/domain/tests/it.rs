//! The crate from outside, one module a noun; a story is a folder beside this file.

#[path = "it/contract.rs"]
mod contract;
#[path = "it/story.rs"]
mod story;
