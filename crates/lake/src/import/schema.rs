//! A row of scores as JSON Schema, draft 2020-12, for editors and other programs.

use super::cell::LONGEST_NAME;
use super::column::Known;
use domain::score::State;
use domain::share::{LARGEST_AMOUNT, WEIGHTS};
use serde_json::{Map, Value, json};

/// The schema of one line of scores as JSON lines; a table's columns are its keys.
pub fn scores_schema() -> Value {
    let properties: Map<String, Value> =
        Known::ALL.into_iter().map(|known| (known.as_str().to_owned(), property(known))).collect();
    let required: Vec<&str> =
        Known::REQUIRED.into_iter().filter(|known| *known != Known::Value).map(Known::as_str).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plimsoll score",
        "description": "One row of a table of scores: a line of JSON lines, or a row of CSV, TSV or Parquet with these columns.",
        "type": "object",
        "required": required,
        "anyOf": [{"required": ["value"]}, {"required": ["state"]}],
        "properties": properties,
        "additionalProperties": {
            "type": ["string", "number", "boolean", "null"],
            "description": "An attribute of the example, which segments are cut by; the same on each of its rows",
        },
    })
}

fn property(known: Known) -> Value {
    let mut property = match known {
        Known::Example | Known::System | Known::Criterion => {
            json!({"type": ["string", "number", "boolean"], "minLength": 1, "maxLength": LONGEST_NAME})
        }
        Known::Cluster | Known::FailureClass => {
            json!({"type": ["string", "number", "boolean", "null"], "maxLength": LONGEST_NAME})
        }
        Known::Repeat => {
            json!({"type": ["number", "string", "null"], "minimum": 0, "maximum": 1_000_000, "multipleOf": 1})
        }
        Known::Value => json!({"type": ["number", "boolean", "string", "null"], "minimum": 0, "maximum": 1}),
        Known::State => {
            let words: Vec<Value> =
                State::ALL.into_iter().map(|state| state.as_str().into()).chain(["".into(), Value::Null]).collect();
            json!({"enum": words})
        }
        Known::Weight => json!({"type": ["number", "string", "null"], "minimum": 0, "maximum": WEIGHTS.end()}),
        Known::LatencyMs | Known::Spend => {
            json!({"type": ["number", "string", "null"], "minimum": 0, "maximum": LARGEST_AMOUNT})
        }
        Known::Evidence => json!({}),
    };
    property["description"] = about(known).into();
    property
}

/// One sentence for people.
fn about(known: Known) -> &'static str {
    match known {
        Known::Example => "The example's id",
        Known::System => "What answered; the contract's systems refer to it with `imported: NAME`",
        Known::Repeat => "Which of several answers to the example, from 0; 0 when left out",
        Known::Criterion => "The criterion's name in the contract",
        Known::Value => "The grade, from 0 to 1, or true or false; empty where there is none",
        Known::State => {
            "graded (also when left out beside a value), system_error, grader_error, not_run or not_applicable"
        }
        Known::Cluster => {
            "What examples share that are not independent of one another; the example itself when left out"
        }
        Known::Weight => "How many requests of the traffic the example stands for; 0 keeps it out of every rate",
        Known::FailureClass => "A failure class of the contract",
        Known::Evidence => "Why; the first 4,000 bytes are kept",
        Known::LatencyMs => "From question to whole answer, in milliseconds",
        Known::Spend => "What the answer cost, in the contract's currency",
    }
}
