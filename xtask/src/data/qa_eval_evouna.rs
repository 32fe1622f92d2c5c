//! Open questions answered by five systems, each answer judged right or wrong by people.
//!
//! in      `NQ.jsonl`: id, question, golden_answer (aliases split by `/`), for each system answer_S and judge_S, improper
//! out     examples, five files of answers, the people's verdicts as scores, a contract for each comparison, one that people and a
//!         look-up of the reference answer decide together, and, for each system, one that holds the look-up against the people
//! rules   a question that is flagged improper is quarantined, with the reason. A verdict is a grade whatever the answer
//!         says, for people saw it. No verdict on an answer is a grader error: somebody was asked and nobody knows. Where
//!         there is neither an answer nor a verdict the score is not run. Neither is ever a failure or a pass

use super::Refused;
use super::folder::{From, Line, To};
use serde_json::{Map, Value, json};

const SYSTEMS: [&str; 5] = ["fid", "gpt35", "chatgpt", "gpt4", "newbing"];
/// Candidate and production of each contract.
const COMPARED: [(&str, &str); 6] = [
    ("chatgpt", "gpt35"),
    ("gpt35", "chatgpt"),
    ("newbing", "gpt4"),
    ("gpt4", "chatgpt"),
    ("chatgpt", "fid"),
    ("gpt35", "fid"),
];
const CONTRACT: &str = include_str!("qa_eval_evouna/plimsoll.yaml");
/// Candidate and production of the contract that people and a look-up decide together.
const BOTH: (&str, &str) = ("gpt4", "chatgpt");
const JUDGED_AND_FOUND: &str = include_str!("qa_eval_evouna/judged-and-found.yaml");
const LEXICAL: &str = include_str!("qa_eval_evouna/lexical.yaml");

pub fn convert(from: &From, to: &To) -> Result<String, Refused> {
    let lines = from.lines("NQ.jsonl")?;
    let mut examples = Vec::new();
    let mut scores = Vec::new();
    let mut answers: [Vec<Value>; 5] = Default::default();
    for line in &lines {
        examples.push(example(line)?);
        for (system, answers) in SYSTEMS.iter().zip(&mut answers) {
            let id = line.text("id")?;
            let answer = line.value[format!("answer_{system}")].as_str();
            answers.extend(answer.map(|text| json!({"example": id, "text": text})));
            scores.push(score(id, system, answer, verdict(line, system)));
        }
    }
    to.lines("examples/questions.jsonl", &examples)?;
    for (system, answers) in SYSTEMS.iter().zip(&answers) {
        to.lines(&format!("answers/{system}.jsonl"), answers)?;
        to.write(&format!("lexical-{system}.yaml"), &LEXICAL.replace("SYSTEM", system))?;
    }
    to.lines("scores.jsonl", &scores)?;
    let of_both = scores.iter().filter(|score| score["system"] == BOTH.0 || score["system"] == BOTH.1);
    to.lines("judged.jsonl", &of_both.cloned().collect::<Vec<_>>())?;
    to.write("judged-and-found.yaml", &JUDGED_AND_FOUND.replace("CANDIDATE", BOTH.0).replace("PRODUCTION", BOTH.1))?;
    for (candidate, production) in COMPARED {
        let contract = CONTRACT.replace("CANDIDATE", candidate).replace("PRODUCTION", production);
        to.write(&format!("{candidate}-over-{production}.yaml"), &contract)?;
    }
    let improper = lines.iter().filter(|line| is_improper(line)).count();
    Ok(format!("{} questions, {improper} of them quarantined; {} verdicts of people", lines.len(), scores.len()))
}

fn is_improper(line: &Line) -> bool {
    line.value["improper"] == true
}

fn verdict(line: &Line, system: &str) -> Option<bool> {
    line.value[format!("judge_{system}")].as_bool()
}

fn example(line: &Line) -> Result<Value, Refused> {
    let question = line.text("question")?;
    let mut attributes = Map::new();
    for system in SYSTEMS {
        let word = verdict(line, system).map_or("nobody", |right| if right { "right" } else { "wrong" });
        attributes.insert(format!("judged_{system}"), word.into());
    }
    let mut example =
        json!({"id": line.text("id")?, "task": task(question), "input": question, "attributes": attributes});
    if let Some(golden) = line.value["golden_answer"].as_str() {
        let aliases: Vec<&str> = golden.split('/').map(str::trim).filter(|alias| !alias.is_empty()).collect();
        example["expected"] = json!({"any_of": aliases});
    }
    if is_improper(line) {
        let reason = "flagged improper by the people who judged the answers";
        example["status"] = json!({"state": "quarantined", "reason": reason});
    }
    Ok(example)
}

/// The question word, which can be seen when a request comes in.
fn task(question: &str) -> &'static str {
    let first = question.split([' ', '\'']).next().unwrap_or("");
    match first {
        "who" | "whos" | "whose" => "who",
        "when" => "when",
        "what" | "which" => "what",
        "where" => "where",
        "how" => "how",
        _ => "other",
    }
}

fn score(example: &str, system: &str, answer: Option<&str>, right: Option<bool>) -> Value {
    let (value, state) = match (right, answer) {
        (Some(right), _) => (json!(right), "graded"),
        (None, Some(_)) => (Value::Null, "grader_error"),
        (None, None) => (Value::Null, "not_run"),
    };
    json!({"example": example, "system": system, "criterion": "right", "value": value, "state": state})
}
