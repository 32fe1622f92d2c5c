//! Files that outlive the program, one module a format; serde lives only here in `domain`.

pub mod answers;
pub mod calibration;
pub mod case_study;
pub mod contract;
pub mod drifted;
pub mod examples;
pub mod history;
pub mod json;
pub mod judged;
pub mod labels;
pub mod lines;
pub mod mapping;
pub mod outcomes;
mod shape;
pub mod record;
pub mod rubric;
mod spread;
pub mod traffic;
pub mod yaml;
