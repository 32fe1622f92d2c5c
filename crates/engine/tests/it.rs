//! The crate from outside: files in, rows out.

#[path = "it/asked/mod.rs"]
mod asked;
#[path = "it/eval.rs"]
mod eval;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/grade.rs"]
mod grade;
#[path = "it/journal.rs"]
mod journal;
#[path = "it/judge.rs"]
mod judge;
#[path = "it/process.rs"]
mod process;
