//! Questions with functions on offer, and the calls that are accepted as an answer.
//!
//! in      `BFCL_v4_*.jsonl`: id, question (turns of messages), function; `possible_answer/...`: id, ground_truth (for each call
//!         its accepted values by argument; the empty text among them says that the argument may be left out)
//! out     an example for each question, answers made from the accepted calls, a contract for each kind of answer
//! rules   the parameters are JSON Schema in words of their own (`dict`, `float`): they are put in its words. Accepted answers take
//!         the first value of each argument. Broken ones: another function, an argument less, another value, the call twice,
//!         no call. Where no function fits, the right answer calls none, and every broken one calls the first on offer

use super::Refused;
use super::folder::{From, Line, To};
use serde_json::{Map, Value, json};

const CONTRACT: &str = include_str!("bfcl_questions/plimsoll.yaml");
/// Each file of questions, the task that it becomes, and whether it has accepted answers.
const FILES: [(&str, &str, bool); 4] = [
    ("BFCL_v4_simple_python.jsonl", "simple", true),
    ("BFCL_v4_multiple.jsonl", "multiple", true),
    ("BFCL_v4_live_simple.jsonl", "live", true),
    ("BFCL_v4_irrelevance.jsonl", "irrelevance", false),
];

/// How an accepted call is broken: the calls that are made instead.
type Break = fn(&Call) -> Vec<Value>;
const BREAKS: [(&str, Break); 5] = [
    ("wrong-function", |call| vec![made("another_function", &call.arguments)]),
    ("missing-argument", |call| vec![made(&call.name, &call.without_an_argument())]),
    ("wrong-value", |call| vec![made(&call.name, &call.with_another_value())]),
    ("extra-call", |call| vec![made(&call.name, &call.arguments), made(&call.name, &call.arguments)]),
    ("no-call", |_| Vec::new()),
];

pub fn convert(from: &From, to: &To) -> Result<String, Refused> {
    let mut examples = Vec::new();
    let mut accepted = Vec::new();
    let mut broken: [Vec<Value>; 5] = Default::default();
    for (file, task, has_answers) in FILES {
        let questions = from.lines(file)?;
        let truths = if has_answers { from.lines(&format!("possible_answer/{file}"))? } else { Vec::new() };
        for (at, question) in questions.iter().enumerate() {
            let truth = truths.get(at).map(|truth| truth.list("ground_truth")).transpose()?;
            let call = truth.map(|calls| Call::accepted(question, calls)).transpose()?;
            let example = example(question, task, truth)?;
            let calls = call.iter().map(|call| made(&call.name, &call.arguments)).collect();
            accepted.push(answer(&example["id"], calls));
            for ((_, damage), broken) in BREAKS.iter().zip(&mut broken) {
                let first = &example["input"]["tools"][0]["name"];
                let calls = call.as_ref().map_or_else(|| vec![made(first.as_str().unwrap_or(""), &Map::new())], damage);
                broken.push(answer(&example["id"], calls));
            }
            examples.push(example);
        }
    }
    to.lines("examples/questions.jsonl", &examples)?;
    to.lines("answers/accepted.jsonl", &accepted)?;
    to.write("accepted.yaml", &contract("accepted", "no-call"))?;
    for ((name, _), answers) in BREAKS.iter().zip(&broken) {
        to.lines(&format!("answers/{name}.jsonl"), answers)?;
        to.write(&format!("{name}.yaml"), &contract(name, "accepted"))?;
    }
    Ok(format!("{} questions; accepted answers, and five kinds of broken ones", examples.len()))
}

fn contract(candidate: &str, production: &str) -> String {
    CONTRACT.replace("CANDIDATE", candidate).replace("PRODUCTION", production)
}

fn example(question: &Line, task: &str, truth: Option<&Vec<Value>>) -> Result<Value, Refused> {
    let turns = question.list("question")?;
    let messages = turns.first().ok_or_else(|| question.lacks("question", "a list of turns"))?;
    let tools: Vec<Value> = question.list("function")?.iter().map(tool).collect();
    let calls = truth.cloned().unwrap_or_default();
    Ok(json!({
        "id": question.text("id")?, "task": task, "input": {"messages": messages, "tools": tools}, "expected": {"calls": calls},
        "provenance": {"source": "synthetic", "rule": "a question of a published leaderboard", "weight": 1},
    }))
}

fn tool(function: &Value) -> Value {
    let mut tool = function.clone();
    tool["parameters"] = schema(&function["parameters"]);
    tool
}

/// A schema in the words of JSON Schema.
fn schema(theirs: &Value) -> Value {
    let Value::Object(fields) = theirs else { return theirs.clone() };
    let mut ours = fields.clone();
    match fields.get("type").and_then(Value::as_str) {
        Some("dict") => drop(ours.insert("type".into(), "object".into())),
        Some("float") => drop(ours.insert("type".into(), "number".into())),
        Some("tuple") => drop(ours.insert("type".into(), "array".into())),
        Some("any") => drop(ours.remove("type")),
        _ => {}
    }
    if let Some(Value::Object(properties)) = fields.get("properties") {
        let properties: Map<String, Value> =
            properties.iter().map(|(name, part)| (name.clone(), schema(part))).collect();
        ours.insert("properties".into(), properties.into());
    }
    if let Some(items) = fields.get("items") {
        ours.insert("items".into(), schema(items));
    }
    ours.into()
}

/// A call that is accepted, and an argument of it that may not be left out.
struct Call {
    name: String,
    arguments: Map<String, Value>,
    must: Option<String>,
}

impl Call {
    fn accepted(question: &Line, truth: &[Value]) -> Result<Self, Refused> {
        let call = match truth {
            [Value::Object(call)] => call.iter().next(),
            _ => None,
        };
        let Some((name, Value::Object(values))) = call else {
            return Err(question.lacks("ground_truth", "one call, by name"));
        };
        let must = values.iter().find(|(_, values)| is_needed(values)).map(|(name, _)| name.clone());
        Ok(Call { name: name.clone(), arguments: first_of_each(values), must })
    }

    fn without_an_argument(&self) -> Map<String, Value> {
        let kept = |name: &String| Some(name) != self.must.as_ref();
        self.arguments
            .iter()
            .filter(|(name, _)| kept(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn with_another_value(&self) -> Map<String, Value> {
        let mut arguments = self.arguments.clone();
        if let Some(name) = &self.must {
            arguments.insert(name.clone(), json!("no such value"));
        }
        arguments
    }
}

fn is_needed(values: &Value) -> bool {
    values.as_array().is_some_and(|values| !values.is_empty() && !values.iter().any(|value| value == ""))
}

/// For each argument the first accepted value; what may be left out, and comes first as that, is left out.
fn first_of_each(arguments: &Map<String, Value>) -> Map<String, Value> {
    let first = |values: &Value| {
        let first = values.as_array()?.first()?;
        (first.as_str() != Some("")).then(|| one_of_each(first))
    };
    arguments.iter().filter_map(|(name, values)| Some((name.clone(), first(values)?))).collect()
}

/// Objects, alone or in a list, hold the accepted values of each of their fields.
fn one_of_each(value: &Value) -> Value {
    match value {
        Value::Object(fields) => first_of_each(fields).into(),
        Value::Array(items) => items.iter().map(one_of_each).collect(),
        other => other.clone(),
    }
}

fn made(name: &str, arguments: &Map<String, Value>) -> Value {
    json!({"name": name, "arguments": arguments})
}

fn answer(example: &Value, calls: Vec<Value>) -> Value {
    let text = if calls.is_empty() { "None of these functions fits." } else { "" };
    json!({"example": example, "text": text, "tool_calls": calls})
}
