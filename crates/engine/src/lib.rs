//! Carries a plan out: reads the reference set and the systems' answers as streams, grades them, and hands rows on.
//!
//! The denominator is fixed before the first answer is read: every active example, in every repeat, of every system, for
//! every criterion that applies. Whatever has no answer becomes a row of its own state.

pub mod asking;
pub mod budget;
mod documents;
pub mod driver;
mod grade;
pub mod intake;
pub mod interrupt;
pub mod journal;
pub mod jsonl;
pub mod judge;
pub mod judging;
pub mod many;
pub mod pace;
pub mod process;
pub mod provider;
mod question;
pub mod redact;
pub mod retry;
mod reviewed;
mod room;
mod rows;
pub mod schedule;
mod set;

pub use documents::{Documents, Keeper};
pub use grade::{Answered, GradeError, Graded, Grading, Ready, grade_systems};
pub use question::question;
pub use reviewed::Reviewed;
pub use rows::{AnswerRow, Batch, Failed, ScoreRow, Sink};
pub use set::{ReadError, files, files_of, read_set};
