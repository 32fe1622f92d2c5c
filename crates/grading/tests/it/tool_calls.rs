//! Real tool-call tasks: the accepted answer passes; a wrong name, a missing argument, a wrong value or an extra call fails.

use super::graders::grader;
use domain::answer::{Answer, ToolCall};
use domain::example::Example;
use domain::format::examples::{Read, parse};
use domain::format::lines::LinePlace;
use domain::score::Verdict;
use grading::Prepared;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::path::Path;

fn lines(name: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("not run: ../shared/data/{name} is not there");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn example(id: &str, functions: &Value, expected: Value) -> Example {
    let line = json!({"id": id, "input": {"tools": functions}, "expected": expected}).to_string();
    let place = LinePlace { file: camino::Utf8Path::new("x"), line: 2 };
    match parse(place, &line) {
        Ok(Read::Example(example)) => *example,
        other => panic!("{other:?}"),
    }
}

/// For each argument the first accepted value; empty text means that it may be left out.
fn accepted(arguments: &Map<String, Value>) -> Map<String, Value> {
    arguments
        .iter()
        .filter_map(|(name, values)| {
            let first = values.as_array()?.first()?;
            (first.as_str() != Some("")).then(|| (name.clone(), concrete(first)))
        })
        .collect()
}

/// Objects in the accepted answers, alone or in a list, list the accepted values of each of their fields.
fn concrete(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(accepted(fields)),
        Value::Array(items) => items.iter().map(concrete).collect(),
        other => other.clone(),
    }
}

fn calls(truth: &[Value]) -> Vec<ToolCall<'static>> {
    truth
        .iter()
        .map(|call| {
            let (name, arguments) = call.as_object().unwrap().iter().next().unwrap();
            ToolCall {
                name: Cow::Owned(name.clone()),
                arguments: Value::Object(accepted(arguments.as_object().unwrap())),
            }
        })
        .collect()
}

fn passes(example: &Example, calls: Vec<ToolCall<'static>>) -> bool {
    let count = example.document["expected"]["calls"].as_array().unwrap().len();
    let answer = Answer { tool_calls: Some(calls), ..Default::default() };
    let check = grader(&format!("{{tools: {{require: expected.calls, at_most: {count}}}}}")).unwrap();
    matches!(check.grade(&example.document, &Prepared::new(&answer)), Verdict::Graded { value, .. } if value.get() == 1.0)
}

#[test]
fn accepted_calls_pass_and_every_perturbation_fails() {
    for set in ["BFCL_v4_simple_python", "BFCL_v4_multiple", "BFCL_v4_live_simple"] {
        let Some(questions) = lines(&format!("bfcl_questions/{set}.jsonl")) else { return };
        let truths = lines(&format!("bfcl_questions/possible_answer/{set}.jsonl")).unwrap();
        let mut perturbed = 0;
        for (question, truth) in questions.iter().zip(&truths) {
            assert_eq!(question["id"], truth["id"]);
            let truth = truth["ground_truth"].as_array().unwrap();
            let example = example(question["id"].as_str().unwrap(), &question["function"], json!({"calls": truth}));
            let good = calls(truth);
            assert!(passes(&example, good.clone()), "{}", question["id"]);
            let mut renamed = good.clone();
            renamed[0].name = Cow::Borrowed("another_function");
            assert!(!passes(&example, renamed));
            let mut twice = good.clone();
            twice.push(good[0].clone());
            assert!(!passes(&example, twice), "an extra call of {}", question["id"]);
            assert!(!passes(&example, Vec::new()));
            let required = truth[0].as_object().unwrap().values().next().unwrap().as_object().unwrap();
            let must = required.iter().find(|(_, values)| {
                !values.as_array().unwrap().is_empty() && !values.as_array().unwrap().iter().any(|value| value == "")
            });
            if let Some((name, _)) = must {
                let mut lacking = good.clone();
                lacking[0].arguments.as_object_mut().unwrap().remove(name);
                assert!(!passes(&example, lacking), "{name} missing in {}", question["id"]);
                let mut wrong = good.clone();
                wrong[0].arguments[name] = json!("no such value");
                assert!(!passes(&example, wrong), "{name} wrong in {}", question["id"]);
                let mut choice = good.clone();
                choice[0].arguments[name] = required[name].clone();
                assert!(!passes(&example, choice), "{name} as the list of what is accepted in {}", question["id"]);
                perturbed += 1;
            }
        }
        assert!(perturbed * 10 >= questions.len() * 9, "{set}: {perturbed} of {}", questions.len());
    }
}

#[test]
fn where_no_tool_fits_any_call_fails() {
    let Some(questions) = lines("bfcl_questions/BFCL_v4_irrelevance.jsonl") else { return };
    let check = grader("{tools: {at_most: 0}}").unwrap();
    for question in &questions {
        let example = example(question["id"].as_str().unwrap(), &question["function"], Value::Null);
        let name = question["function"][0]["name"].as_str().unwrap_or("f").to_owned();
        let silent = Answer {
            text: Some("none of these tools helps".into()),
            tool_calls: Some(Vec::new()),
            ..Default::default()
        };
        assert_eq!(check.grade(&example.document, &Prepared::new(&silent)), Verdict::passed(""));
        let calling = Answer {
            tool_calls: Some(vec![ToolCall { name: name.into(), arguments: json!({}) }]),
            ..Default::default()
        };
        assert!(
            matches!(check.grade(&example.document, &Prepared::new(&calling)), Verdict::Graded { value, class: Some(_), .. } if value.get() == 0.0)
        );
    }
}

/// A list in a required call is a choice of values; what is a list itself stands in one.
#[test]
fn a_list_is_a_choice_and_never_the_value() {
    let verdict = |wanted: Value, got: Value| {
        let example = example("c", &json!([]), json!({"calls": [{"find": wanted}]}));
        let answer =
            Answer { tool_calls: Some(vec![ToolCall { name: "find".into(), arguments: got }]), ..Default::default() };
        grader("{tools: {require: expected.calls}}").unwrap().grade(&example.document, &Prepared::new(&answer))
    };
    let passes = |wanted: Value, got: Value| verdict(wanted, got) == Verdict::passed("");
    for (wanted, got, is_met) in [
        (json!({"by": ["age"]}), json!({"by": "age"}), true),
        (json!({"by": ["age"]}), json!({"by": ["age"]}), false),
        (json!({"by": ["age", "name"]}), json!({"by": "name"}), true),
        (json!({"by": ["age", "name"]}), json!({"by": ["age", "name"]}), false),
        (json!({"by": [["age", "name"]]}), json!({"by": ["age", "name"]}), true),
        (json!({"by": [["age", "name"]]}), json!({"by": ["name", "age"]}), false),
        (json!({"by": [["age"], "age"]}), json!({"by": ["age"]}), true),
        (json!({"where": {"field": ["age"]}}), json!({"where": {"field": "age"}}), true),
        (json!({"where": {"field": ["age"]}}), json!({"where": {"field": ["age"]}}), false),
        (json!({"where": [[{"field": ["age"]}]]}), json!({"where": [{"field": "age"}]}), true),
        (json!({"where": [[{"field": ["age"]}]]}), json!({"where": [{"field": ["age"]}]}), false),
        (json!({"by": ["age", ""]}), json!({}), true),
        (json!({"by": []}), json!({"by": ["anything"]}), true),
    ] {
        assert_eq!(passes(wanted.clone(), got.clone()), is_met, "{wanted}: {got}");
    }
    let told = verdict(json!({"by": ["age", "name"]}), json!({"by": ["age", "name"]}));
    assert!(matches!(told, Verdict::Graded { reason, .. } if reason.contains("`by` is a choice of values")));
}

/// The transcripts show each call as `assistant: None` and its result; what was called is told by the result's shape.
#[test]
fn recorded_conversations_authenticate_before_they_open_an_order() {
    let Some(conversations) = lines("tau_few_shot/retail.jsonl") else { return };
    let check = grader("{tools: {require: [find_user, get_order], in_order: true, forbid: [transfer]}}").unwrap();
    let example = example("c", &json!([]), Value::Null);
    let grade = |calls: Vec<ToolCall<'static>>| {
        let answer = Answer { tool_calls: Some(calls), ..Default::default() };
        matches!(check.grade(&example.document, &Prepared::new(&answer)), Verdict::Graded { value, .. } if value.get() == 1.0)
    };
    let mut ordered = 0;
    for conversation in &conversations {
        let calls = calls_of(conversation["messages_display"].as_str().unwrap());
        let position = |name: &str| calls.iter().position(|call| call.name == name);
        let transferred = position("transfer").is_some();
        let in_order = match (position("find_user"), calls.iter().rposition(|call| call.name == "get_order")) {
            (Some(user), Some(order)) => user < order,
            _ => false,
        };
        assert_eq!(grade(calls.clone()), in_order && !transferred);
        if in_order && !transferred {
            ordered += 1;
            let mut reversed = calls.clone();
            reversed.reverse();
            let found = |name: &str| reversed.iter().position(|call| call.name == name);
            let last_order = reversed.iter().rposition(|call| call.name == "get_order");
            assert_eq!(grade(reversed.clone()), found("find_user") < last_order);
        }
    }
    assert!(ordered > conversations.len() / 2, "{ordered} of {}", conversations.len());
}

fn calls_of(transcript: &str) -> Vec<ToolCall<'static>> {
    let results = transcript.lines().filter_map(|line| line.strip_prefix("tool: "));
    results
        .map(|result| {
            let name = match serde_json::from_str::<Value>(result) {
                Ok(value) if value.get("order_id").is_some() => "get_order",
                Ok(value) if value.get("payment_methods").is_some() => "get_user",
                Ok(value) if value.get("variants").is_some() => "get_product",
                Err(_) if result == "Transfer successful" => "transfer",
                Err(_) if result.contains('_') && !result.contains(' ') => "find_user",
                _ => "other",
            };
            ToolCall { name: name.into(), arguments: json!({}) }
        })
        .collect()
}
