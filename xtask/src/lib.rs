//! What the chores share with the tests of other crates: real data, turned into evals; a server that fails as told; a PostgreSQL of their own; and simulations of the statistics, which
//! stand here so that the list of broken rules can name their tests.

pub mod calibrate;
pub mod data;
pub mod faulty;
pub mod postgres;
