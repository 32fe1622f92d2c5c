//! `import`: what other tools made, brought in whole or not at all.

pub mod examples;
pub mod scores;
