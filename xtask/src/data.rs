//! Real data that nobody here wrote, turned into evals that the binary decides. See `docs/guides/real-data.md`.
//!
//! in      the name of a data set, the folder that holds it, a folder to write
//! out     an eval: contracts of ours, and examples, answers and scores made from the data; nothing is ever overwritten
//! errors  a file that is missing or a line that is not as the data set's own schema says, with its place
//! note    the data stays where it is: contracts are committed, what is made from the data is not

mod bfcl_questions;
mod checklist_suites;
mod folder;
mod ifeval;
mod qa_eval_evouna;
mod tau2_policies_tasks;
mod tau_few_shot;

use folder::{From, To};
use std::fmt;
use std::path::Path;

/// Data that cannot be turned into an eval: what is wrong, and what to do now.
#[derive(Debug)]
pub struct Refused {
    pub what: String,
    pub now: String,
}

impl Refused {
    fn new(what: impl Into<String>, now: impl Into<String>) -> Self {
        Refused { what: what.into(), now: now.into() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}\n help: {}", self.what, self.now)
    }
}

type Converter = fn(&From, &To) -> Result<String, Refused>;

/// Each data set by the name of its folder, and what writes its eval and says what it wrote.
const SETS: [(&str, Converter); 6] = [
    ("bfcl_questions", bfcl_questions::convert),
    ("checklist_suites", checklist_suites::convert),
    ("ifeval", ifeval::convert),
    ("qa_eval_evouna", qa_eval_evouna::convert),
    ("tau2_policies_tasks", tau2_policies_tasks::convert),
    ("tau_few_shot", tau_few_shot::convert),
];

/// Writes the eval of a data set; gives a line that says what it holds.
pub fn convert(name: &str, from: &Path, to: &Path) -> Result<String, Refused> {
    let Some((_, converter)) = SETS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = SETS.iter().map(|(known, _)| *known).collect();
        return Err(Refused::new(format!("`{name}` is no data set"), format!("write one of {}", names.join(", "))));
    };
    converter(&From::at(from), &To::at(to))
}

/// `cargo xtask data NAME FROM TO`
pub fn main(words: &[&str]) -> bool {
    let [name, from, to] = words else {
        eprintln!("error: three words are needed\n help: cargo xtask data NAME FROM TO");
        return false;
    };
    match convert(name, Path::new(from), Path::new(to)) {
        Ok(told) => println!("{to}: {told}"),
        Err(refused) => {
            eprintln!("error: {refused}");
            return false;
        }
    }
    true
}
