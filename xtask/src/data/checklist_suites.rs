//! A suite of behaviour tests for sentiment, in the manner of CheckList.
//!
//! in      `sentiment_tests.jsonl`: test, kind (MFT, INV, DIR), capability. `sentiment_cases.jsonl`: test, i, data (a text, or
//!         its base and the texts that it was changed into), label (0 negative, 1 neutral, 2 positive, or null)
//! out     examples, answers of two word-list labellers, and a contract for each of them as candidate
//! rules   MFT: one example; without a label its test's name says which labels are right. INV and DIR: the base once, however
//!         many tests change it, and each changed text as its variant: `same`, or a direction of the score or its strength.
//!         A text that was lost when the suite was extracted is quarantined; a variant that is its base is retired

mod labeller;

use super::Refused;
use super::folder::{From, Line, To};
use labeller::{Sentiment, careful, plain};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CONTRACT: &str = include_str!("checklist_suites/plimsoll.yaml");
type Labeller = fn(&str) -> Sentiment;
const LABELLERS: [(&str, Labeller); 2] = [("careful", careful), ("plain", plain)];
const LABELS: [&str; 3] = ["negative", "neutral", "positive"];
/// How the extraction wrote a text that it could not read.
const LOST: &str = "<__main__.Stub object";

struct Test {
    number: usize,
    kind: String,
    task: String,
}

pub fn convert(from: &From, to: &To) -> Result<String, Refused> {
    let mut tests: BTreeMap<String, Test> = BTreeMap::new();
    for (number, line) in from.lines("sentiment_tests.jsonl")?.iter().enumerate() {
        let test = Test { number, kind: line.text("kind")?.to_owned(), task: line.text("capability")?.to_lowercase() };
        tests.insert(line.text("test")?.to_owned(), test);
    }
    let cases = from.lines("sentiment_cases.jsonl")?;
    let mut suite = Suite::default();
    for case in &cases {
        let name = case.text("test")?;
        let test = tests.get(name).ok_or_else(|| case.lacks("test", "a test of sentiment_tests.jsonl"))?;
        suite.add(name, test, case)?;
    }
    to.lines("examples/suite.jsonl", &suite.examples)?;
    for (system, label) in LABELLERS {
        let answers = suite.examples.iter().map(|example| answer(example, label)).collect::<Vec<_>>();
        to.lines(&format!("answers/{system}.jsonl"), &answers)?;
    }
    for (candidate, production) in [("careful", "plain"), ("plain", "careful")] {
        let contract = CONTRACT.replace("CANDIDATE", candidate).replace("PRODUCTION", production);
        to.write(&format!("{candidate}-over-{production}.yaml"), &contract)?;
    }
    let (tests, cases) = (tests.len(), cases.len());
    Ok(format!("{cases} cases of {tests} tests: {}", suite.counts()))
}

#[derive(Default)]
struct Suite {
    examples: Vec<Value>,
    bases: BTreeMap<String, String>,
}

impl Suite {
    fn add(&mut self, name: &str, test: &Test, case: &Line) -> Result<(), Refused> {
        let number = case.value["i"].as_u64().ok_or_else(|| case.lacks("i", "a whole number"))?;
        let id = format!("{}-{number}", test.number);
        if test.kind == "MFT" {
            let text = case.text("data")?;
            let mut example = written(&id, text, test, name, "minimum");
            example["expected"] = json!({"labels": labels(name, &case.value["label"])});
            if text.starts_with(LOST) {
                let reason = "its text was lost when the suite was extracted";
                example["status"] = json!({"state": "quarantined", "reason": reason});
            }
            self.examples.push(example);
            return Ok(());
        }
        let texts = case.list("data")?.iter().map(Value::as_str).collect::<Option<Vec<&str>>>();
        let Some((base, changed)) = texts.as_deref().and_then(<[&str]>::split_first) else {
            return Err(case.lacks("data", "a list of texts"));
        };
        let known = self.bases.get(*base).cloned();
        let base_id = known.unwrap_or_else(|| self.add_base(base, test, name, &id));
        for (at, text) in changed.iter().enumerate() {
            let kind = if test.kind == "INV" { "invariance" } else { "direction" };
            let mut example = written(&format!("{id}-{}", at + 1), text, test, name, kind);
            example["variant_of"] = json!(base_id);
            let (expect, compares) = expectation(test, name);
            example["expect"] = expect;
            example["attributes"]["compares"] = json!(compares);
            if text == base {
                example["status"] = json!({"state": "retired", "reason": "it is its base: nothing was changed"});
            }
            self.examples.push(example);
        }
        Ok(())
    }

    fn add_base(&mut self, text: &str, test: &Test, name: &str, id: &str) -> String {
        let id = format!("{id}-0");
        self.examples.push(written(&id, text, test, name, "base"));
        self.bases.insert(text.to_owned(), id.clone());
        id
    }

    fn counts(&self) -> String {
        let of = |kind: &str| self.examples.iter().filter(|example| example["attributes"]["kind"] == kind).count();
        let with = |state: &str| self.examples.iter().filter(|example| example["status"]["state"] == state).count();
        let kinds = ["minimum", "base", "invariance", "direction"].map(|kind| format!("{} {kind}", of(kind)));
        format!("{}; {} quarantined, {} retired", kinds.join(", "), with("quarantined"), with("retired"))
    }
}

fn written(id: &str, text: &str, test: &Test, name: &str, kind: &str) -> Value {
    json!({
        "id": id, "task": test.task, "input": text, "attributes": {"test": name, "kind": kind},
        "provenance": {"source": "synthetic", "rule": "a case of a published suite", "weight": 1},
    })
}

/// The labels that are right: the one given, or those that the test's name allows.
fn labels(name: &str, label: &Value) -> Vec<&'static str> {
    match label.as_u64().and_then(|label| LABELS.get(label as usize)) {
        Some(label) => vec![label],
        // `not negative`, `should be neutral or positive`, `should be positive or neutral`
        None if name.contains("negative") => vec!["neutral", "positive"],
        None => LABELS.to_vec(),
    }
}

/// What is expected of a variant, and of which number. The data give no direction; the names of the tests do.
fn expectation(test: &Test, name: &str) -> (Value, Option<&'static str>) {
    if test.kind == "INV" {
        return (json!("same"), None);
    }
    let (direction, compares) = match name {
        "add positive phrases" => ("not_down", "score"),
        "add negative phrases" => ("not_up", "score"),
        "intensifiers" => ("not_down", "strength"),
        _ => ("not_up", "strength"),
    };
    (json!({"changed": direction}), Some(compares))
}

fn answer(example: &Value, label: Labeller) -> Value {
    let sentiment = label(example["input"].as_str().unwrap_or(""));
    let (word, score) = (sentiment.label(), sentiment.score);
    let structured = json!({"label": word, "score": score, "strength": score.abs()});
    json!({"example": example["id"], "text": word, "structured": structured})
}
