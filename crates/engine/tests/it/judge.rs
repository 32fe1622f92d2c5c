//! What a judge is asked, and what is made of its replies.

#[path = "judge/canaries.rs"]
mod canaries;
#[path = "judge/panels.rs"]
mod panels;
#[path = "judge/questions.rs"]
mod questions;
#[path = "judge/replies.rs"]
mod replies;

use camino::Utf8Path;
use domain::answer::{Answer, ToolCall};
use domain::criterion::Criterion;
use domain::name::SystemName;
use domain::rubric::Rubric;
use engine::judge::{Answers, Ask, Judgement, Shown, read};
use engine::provider::Reply;
use serde_json::{Value, json};
use std::borrow::Cow;

const ONE: Ask = Ask { judge: 0, swapped: false };
const SUPPORTED: &str = include_str!("../judge/whole/rubric.md");
const SCALE: &str = include_str!("../judge/scale/rubric.md");
const COMPARED: &str = include_str!("../judge/compared/rubric.md");

fn rubric(text: &str) -> Rubric {
    let none: Option<&Criterion> = None;
    domain::format::rubric::parse(Utf8Path::new("rubric.md"), text, none).expect("a rubric")
}

/// A scale whose levels have a distance.
fn interval() -> Rubric {
    rubric(&SCALE.replace("pass_at: something", "interval: true"))
}

fn says(text: &str) -> Answer<'_> {
    Answer { text: Some(Cow::Borrowed(text)), ..Answer::default() }
}

fn answer(value: &Value) -> Answer<'static> {
    let words = |value: &Value| {
        value.as_array().map(|items| items.iter().map(|item| item.as_str().expect("text").to_owned().into()).collect())
    };
    let call = |call: &Value| ToolCall {
        name: call["name"].as_str().expect("a name").to_owned().into(),
        arguments: call["arguments"].clone(),
    };
    Answer {
        text: value["text"].as_str().map(|text| text.to_owned().into()),
        structured: value.get("structured").cloned(),
        citations: words(&value["citations"]),
        tool_calls: value["tool_calls"].as_array().map(|calls| calls.iter().map(call).collect()),
        ..Answer::default()
    }
}

fn shown<'a>(document: &'a Value, own: &'a Answer<'a>) -> Shown<'a> {
    Shown { document, answers: Answers::One(own) }
}

fn replies(text: &str) -> Reply {
    Reply { text: Some(text.to_owned()), ..Reply::default() }
}

fn reply(verdict: &str, quotes: &[&str], class: Option<&str>) -> Value {
    json!({"reasoning": "Because.", "quotes": quotes, "verdict": verdict, "failure_class": class})
}

/// What is made of a reply about one answer.
fn judged(rubric: &Rubric, text: &str, reply: &Value) -> Result<Judgement, String> {
    let document = json!({"id": "e1", "input": "Why?"});
    let answer = says(text);
    read(rubric, &shown(&document, &answer), &replies(&reply.to_string()))
}

fn names(count: usize) -> Vec<SystemName> {
    ["one", "two", "three", "four"].into_iter().take(count).map(SystemName::new).collect()
}
