//! Small evals: files of examples and answers from one line for each run of equal things.
//!
//! `examples.txt`: `refund*60 {"attributes": {"risk": "high"}}` is sixty conversations `refund-1`, `refund-2`, ... drawn from
//! traffic, each with these fields as well; a field that is null is left out. In text `{n}` stands for the number and `{n/5}`
//! for a fifth of it.
//! `answers.txt`: `candidate right 1*40 10*10` says how the candidate's answers do on the criterion `right`, in the order of
//! the examples: 1 passes, 0 fails, g cannot be graded, t timed out, s failed otherwise, - was never given. Words with a
//! point are values (`0.75*60`), as are those of fields such as `latency_ms`. `candidate#1` is the second repeat.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Fields of an answer; any other key is a criterion, whose grader reads `answer.structured.<criterion>`.
const FIELDS: [&str; 6] = ["latency_ms", "spend", "attempts", "cached", "behaviour", "text"];

/// Writes `examples/small.jsonl`, and `answers/<system>.jsonl` for each system.
pub fn write(folder: &Path, examples: &str, answers: &str) {
    let examples: Vec<Value> = lines(examples).flat_map(of_line).collect();
    let ids: Vec<&str> = examples.iter().filter_map(|example| example["id"].as_str()).collect();
    let mut systems: BTreeMap<&str, BTreeMap<u64, Vec<Option<Value>>>> = BTreeMap::new();
    for line in lines(answers) {
        let mut words = line.split_whitespace();
        let (system, key) = (words.next().expect("a system"), words.next().expect("a criterion or a field"));
        let (system, repeat) = system.split_once('#').unwrap_or((system, "0"));
        let repeat = repeat.parse().expect("a repeat");
        let blank = || ids.iter().map(|id| Some(blank(id, repeat))).collect();
        let answers = systems.entry(system).or_default().entry(repeat).or_insert_with(blank);
        let values: Vec<Value> = words.flat_map(|word| values(key, word)).collect();
        assert_eq!(values.len(), ids.len(), "`{line}` speaks of each example");
        for (answer, value) in answers.iter_mut().zip(values) {
            put(answer, key, value);
        }
    }
    save(&folder.join("examples"), "small.jsonl", examples.iter());
    for (system, repeats) in &systems {
        save(&folder.join("answers"), &format!("{system}.jsonl"), repeats.values().flatten().flatten());
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

fn save<'a>(folder: &Path, name: &str, lines: impl Iterator<Item = &'a Value>) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join(name), lines.map(|line| format!("{line}\n")).collect::<String>()).expect("a file");
}

fn of_line(line: &str) -> Vec<Value> {
    let (run, more) = line.split_once(' ').unwrap_or((line, "{}"));
    let (task, count) = times(run);
    let one = |number: usize| {
        let more: Map<String, Value> = serde_json::from_str(&numbered(more, number)).expect("JSON after the run");
        let mut example = json!({
            "id": format!("{task}-{number}"),
            "task": task,
            "input": format!("{task}, question {number}"),
            "provenance": {"source": "traffic", "probability": 1},
            "owner": "release",
        });
        let fields = example.as_object_mut().expect("an object");
        fields.extend(more);
        fields.retain(|_, value| !value.is_null());
        example
    };
    (1..=count).map(one).collect()
}

fn times(run: &str) -> (&str, usize) {
    let (what, count) = run.split_once('*').unwrap_or((run, "1"));
    (what, count.parse().expect("a count follows the star"))
}

fn numbered(text: &str, number: usize) -> String {
    (2..=9).fold(text.replace("{n}", &number.to_string()), |text, by| {
        text.replace(&format!("{{n/{by}}}"), &((number - 1) / by + 1).to_string())
    })
}

fn blank(id: &str, repeat: u64) -> Value {
    let mut answer = json!({"example": id, "structured": {}});
    if repeat > 0 {
        answer["repeat"] = repeat.into();
    }
    answer
}

fn values(key: &str, word: &str) -> Vec<Value> {
    let (what, count) = times(word);
    if FIELDS.contains(&key) || what.contains('.') {
        let value = serde_json::from_str(what).unwrap_or_else(|_| Value::from(what));
        return vec![value; count];
    }
    let marks = what.chars().map(|mark| Value::from(mark.to_string()));
    marks.cycle().take(what.len() * count).collect()
}

/// Adds what a line says of one answer; a system that failed or was not asked has no more to say.
fn put(answer: &mut Option<Value>, key: &str, value: Value) {
    let Some(fields) = answer else { return };
    match value.as_str() {
        _ if FIELDS.contains(&key) => fields[key] = value,
        Some("-") => *answer = None,
        Some("t") => fields["error"] = json!({"class": "timeout", "message": "no answer in 30 s"}),
        Some("s") => fields["error"] = json!({"class": "overloaded", "message": "503"}),
        Some("g") => {}
        Some(mark) => fields["structured"][key] = Value::from(mark == "1"),
        None => fields["structured"][key] = value,
    }
    if let Some(fields) = answer.as_mut().and_then(Value::as_object_mut)
        && fields.contains_key("error")
    {
        fields.remove("structured");
    }
}
