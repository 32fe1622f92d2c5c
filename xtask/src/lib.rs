//! What the chores share with the tests of other crates: real data, turned into evals.

pub mod data;
