//! The crate from outside, one module a noun; a story is a folder beside this file.

#[path = "it/contract.rs"]
mod contract;
#[path = "it/corpus.rs"]
mod corpus;
#[path = "it/decision.rs"]
mod decision;
#[path = "it/judged.rs"]
mod judged;
#[path = "it/margins.rs"]
mod margins;
#[path = "it/pages.rs"]
mod pages;
#[path = "it/preflight.rs"]
mod preflight;
#[path = "it/rehearsal.rs"]
mod rehearsal;
#[path = "it/rubric.rs"]
mod rubric;
#[path = "it/scored.rs"]
mod scored;
#[path = "it/slips.rs"]
mod slips;
#[path = "it/story.rs"]
mod story;
