//! Grader errors of a run, told while somebody is there to mend them.
//!
//! in      scores as they are sealed
//! out     for each system and criterion how many answers could not be graded, and what the grader said of the first

use domain::score::State;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Unknown<'a> {
    of: BTreeMap<(String, &'a str), Errors>,
}

struct Errors {
    count: u64,
    example: String,
    reason: String,
}

impl<'a> Unknown<'a> {
    pub fn see(&mut self, state: State, system: &str, criterion: &'a str, example: &str, reason: &str) {
        if state != State::GraderError {
            return;
        }
        let first = || Errors { count: 0, example: example.to_owned(), reason: reason.to_owned() };
        self.of.entry((system.to_owned(), criterion)).or_insert_with(first).count += 1;
    }

    pub fn told(&self) -> Vec<String> {
        let one = |((system, criterion), errors): (&(String, &str), &Errors)| {
            let Errors { count, example, reason } = errors;
            let answers = if *count == 1 { "an answer".to_owned() } else { format!("{count} answers, the first") };
            format!("`{criterion}` could not grade {answers} of {system}, on `{example}`: {reason}")
        };
        self.of.iter().map(one).collect()
    }
}
