//! Tasks of a customer service benchmark, and the policies that they are done under.
//!
//! in      for each domain `tasks.json`: id, user_scenario, evaluation_criteria (actions, communicate_info)
//! out     for each domain an eval of its own: a promise in the words of its policy, an example for each task, and answers that do
//!         exactly what is asked (`exact`), or leave out its last action (`short`), or change one thing more (`eager`)
//! rules   an action whose arguments the benchmark does not compare is required by its name. What changes the database is told by
//!         the verb in a tool's name; every such tool that a task does not ask for is forbidden on it

use super::Refused;
use super::folder::{From, To};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const DOMAINS: [(&str, &str); 2] = [
    ("airline", include_str!("tau2_policies_tasks/airline.yaml")),
    ("retail", include_str!("tau2_policies_tasks/retail.yaml")),
];
const GATES: &str = include_str!("tau2_policies_tasks/gates.yaml");
/// Verbs of tools that change the database, and the task that they make of it.
const CHANGES: [(&str, &str); 7] = [
    ("book", "book"),
    ("cancel", "cancel"),
    ("update", "change"),
    ("modify", "change"),
    ("return", "return"),
    ("exchange", "exchange"),
    ("send", "advise"),
];

pub fn convert(from: &From, to: &To) -> Result<String, Refused> {
    let mut told = Vec::new();
    for (domain, promise) in DOMAINS {
        let place = format!("{domain}/tasks.json");
        let odd = |what: &str| Refused::new(format!("{place}: {what}"), "fetch the data set again");
        let tasks = from.json(&place)?;
        let tasks = tasks.as_array().ok_or_else(|| odd("it is not a list of tasks"))?;
        let changing: BTreeSet<&str> = tasks
            .iter()
            .flat_map(actions)
            .filter_map(|action| action["name"].as_str())
            .filter(|name| changes(name))
            .collect();
        let mut examples = Vec::new();
        let mut answers: [(&str, Vec<Value>); 3] = [("exact", vec![]), ("short", vec![]), ("eager", vec![])];
        for task in tasks {
            let example = example(task, &changing).ok_or_else(|| odd("a task has no id or no reason for the call"))?;
            for (kind, answers) in &mut answers {
                answers.push(answer(task, &example, kind));
            }
            examples.push(example);
        }
        to.lines(&format!("{domain}/examples/tasks.jsonl"), &examples)?;
        for (kind, answers) in &answers {
            to.lines(&format!("{domain}/answers/{kind}.jsonl"), answers)?;
            let production = if *kind == "exact" { "short" } else { "exact" };
            let contract = format!("{promise}{GATES}").replace("CANDIDATE", kind).replace("PRODUCTION", production);
            to.write(&format!("{domain}/{kind}.yaml"), &contract)?;
        }
        told.push(format!("{} {domain} tasks", examples.len()));
    }
    Ok(told.join(", "))
}

fn changes(tool: &str) -> bool {
    CHANGES.iter().any(|(verb, _)| tool.split('_').next() == Some(verb))
}

fn actions(task: &Value) -> impl Iterator<Item = &Value> {
    task["evaluation_criteria"]["actions"].as_array().into_iter().flatten()
}

fn example(task: &Value, changing: &BTreeSet<&str>) -> Option<Value> {
    let scenario = &task["user_scenario"]["instructions"];
    let asked: Vec<&str> = actions(task).filter_map(|action| action["name"].as_str()).collect();
    let forbidden: Vec<&&str> = changing.iter().filter(|tool| !asked.contains(tool)).collect();
    let told = task["evaluation_criteria"]["communicate_info"].as_array().cloned().unwrap_or_default();
    let word = |holds: bool| if holds { "yes" } else { "no" };
    let verb = asked.iter().find_map(|tool| CHANGES.iter().find(|(verb, _)| tool.split('_').next() == Some(verb)));
    Some(json!({
        "id": task["id"].as_str()?, "task": verb.map_or("advise", |(_, task)| task),
        "input": {
            "messages": [{"role": "user", "content": scenario["reason_for_call"].as_str()?}],
            "context": {"known": scenario["known_info"], "unknown": scenario["unknown_info"], "asked": scenario["task_instructions"]},
        },
        "expected": {"calls": actions(task).map(wanted).collect::<Vec<_>>(), "forbidden": forbidden, "told": told},
        "attributes": {"acts": word(!asked.is_empty()), "tells": word(!told.is_empty())},
        "provenance": {"source": "synthetic", "rule": "a task of a published benchmark", "weight": 1},
        "depends_on": [{"source": "policy", "version": "1.0.1"}],
        "owner": "service",
    }))
}

/// A required call: each argument has one accepted value.
fn wanted(action: &Value) -> Value {
    let compared = action["compare_args"].as_array().is_none_or(|compared| !compared.is_empty());
    let arguments = action["arguments"].as_object().filter(|_| compared);
    let accepted: Map<String, Value> =
        arguments.into_iter().flatten().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({"name": action["name"], "arguments": accepted})
}

fn answer(task: &Value, example: &Value, kind: &str) -> Value {
    let mut calls: Vec<Value> =
        actions(task).map(|action| json!({"name": action["name"], "arguments": action["arguments"]})).collect();
    match kind {
        "short" => drop(calls.pop()),
        "eager" => calls.push(json!({"name": example["expected"]["forbidden"][0], "arguments": {}})),
        _ => {}
    }
    let told = example["expected"]["told"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let text = told.collect::<Vec<_>>().join("; ");
    let text = if text.is_empty() { "It is done.".to_owned() } else { text };
    json!({"example": example["id"], "text": text, "tool_calls": calls})
}
