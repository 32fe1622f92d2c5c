//! `import`: what other tools made, brought in whole or not at all.

pub mod examples;
pub mod incidents;
pub mod scores;
pub mod traffic;
