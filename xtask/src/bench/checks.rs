//! What the libraries of the five checks take by themselves: the same files parsed into types, and of each answer the calls alone. A
//! verdict has no state, reason, class or digest here, and none is kept.
//!
//! in      the folder of an eval
//! out     for each check how many of the candidate's answers pass

use super::floor::{Answer, Example, each_line};
use rapidfuzz::distance::levenshtein;
use regex::Regex;
use serde_json::Value;
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// As the peers read it.
const SHAPE: &str = include_str!("peers/shape.json");
const PHRASE: &str = "TCK-[0-9]{6} is (approved|pending|declined) (within|in about|after) [0-9]+ days";
const MOST_EDITS: usize = 300;
const MOST_WORDS: usize = 60;

pub fn main(folder: &Path) -> Result<(), String> {
    let shape = serde_json::from_str(SHAPE).map_err(|error| error.to_string())?;
    let checks = Checks {
        phrase: Regex::new(PHRASE).map_err(|error| error.to_string())?,
        shaped: jsonschema::validator_for(&shape).map_err(|error| error.to_string())?,
    };
    let passes = count(folder, &checks).map_err(|error| error.to_string())?;
    println!("{}", passes[0].map(|passes| passes.to_string()).join(" "));
    Ok(())
}

struct Checks {
    phrase: Regex,
    shaped: jsonschema::Validator,
}

impl Checks {
    /// In the order of the contract's criteria.
    fn of(&self, ticket: &str, reference: &str, text: &str) -> [bool; 5] {
        let within = levenshtein::Args::default().score_cutoff(MOST_EDITS);
        let edits = levenshtein::distance_with_args(reference.chars(), text.chars(), &within);
        let shaped = serde_json::from_str::<Value>(text).is_ok_and(|value| self.shaped.is_valid(&value));
        [
            text.contains(ticket),
            self.phrase.is_match(text),
            shaped,
            edits.is_some(),
            text.split_whitespace().count() <= MOST_WORDS,
        ]
    }
}

fn count(folder: &Path, checks: &Checks) -> io::Result<[[u64; 5]; 2]> {
    let mut expected = HashMap::new();
    each_line(&folder.join("examples.jsonl"), |line| {
        let example: Example = serde_json::from_str(line)?;
        let (ticket, answer) = (example.expected.ticket.into_owned(), example.expected.answer.into_owned());
        expected.insert(example.id.into_owned(), (ticket, answer));
        Ok(())
    })?;
    let mut passes = [[0; 5]; 2];
    for (passes, name) in passes.iter_mut().zip(["candidate.jsonl", "production.jsonl"]) {
        each_line(&folder.join(name), |line| {
            let answer: Answer = serde_json::from_str(line)?;
            if let Some((ticket, reference)) = expected.get(answer.example.as_ref()) {
                let verdicts = checks.of(ticket, reference, &answer.text);
                passes.iter_mut().zip(verdicts).for_each(|(passes, passed)| *passes += u64::from(passed));
            }
            Ok(())
        })?;
    }
    Ok(passes)
}
