//! 1,098 questions with functions on offer: accepted calls pass in every case, and each way to break them fails.

use super::{data, decided, eval_of, finding, lines, same_story, told};
use crate::{code, out, plimsoll};
use serde_json::{Value, json};

const NAME: &str = "bfcl_questions";
const TASKS: [(&str, &str); 3] =
    [("simple", "BFCL_v4_simple_python"), ("multiple", "BFCL_v4_multiple"), ("live", "BFCL_v4_live_simple")];
/// Accepted calls that the schemas of their own functions do not allow: an argument is required, and may be left out; a list is
/// asked to be one of several texts.
const AGAINST_THEIR_SCHEMA: [&str; 4] =
    ["simple_python_200", "live_simple_71-35-0", "live_simple_106-63-0", "live_simple_112-68-0"];

/// Questions of a task, and how many of them have an argument that must be given.
fn counts(file: &str) -> (u64, u64) {
    let truths = lines(&data(NAME).expect("the data").join(format!("possible_answer/{file}.jsonl")));
    let must = |truth: &&Value| {
        let calls = truth["ground_truth"][0].as_object().and_then(|calls| calls.values().next());
        let arguments = calls.and_then(Value::as_object).expect("arguments");
        let needs = |values: &Vec<Value>| !values.is_empty() && !values.contains(&json!(""));
        arguments.values().filter_map(Value::as_array).any(needs)
    };
    (truths.len() as u64, truths.iter().filter(must).count() as u64)
}

#[test]
fn accepted_calls_ship_and_every_way_to_break_them_is_held() {
    let Some(folder) = eval_of(NAME) else { return };
    let mut story = String::new();
    for kind in ["accepted", "wrong-function", "missing-argument", "wrong-value", "extra-call", "no-call"] {
        let ended = decided(folder.path(), &["run", &format!("{kind}.yaml")]);
        story += &told(kind, &ended);
        for (task, file) in TASKS {
            let (questions, must) = counts(file);
            let found = finding(&ended.1, "accepted", &format!("task={task}"));
            let (graded, share) = (found["n"]["graded"].as_u64(), found["estimate"].as_f64().expect("a share"));
            let passed = match kind {
                "accepted" => questions,
                // Where no argument must be given none is missing, and none is wrong.
                "missing-argument" | "wrong-value" => questions - must,
                _ => 0,
            };
            assert_eq!(
                (graded, (share * questions as f64).round() as u64),
                (Some(questions), passed),
                "{kind}: {task}"
            );
        }
        let silent = &finding(&ended.1, "silent", "all");
        assert_eq!((&silent["n"]["graded"], silent["state"] == "holds"), (&json!(240), kind == "accepted"), "{kind}");
    }
    same_story("bfcl_questions.txt", &story);
}

#[test]
fn accepted_calls_that_their_own_schemas_forbid_are_named() {
    let Some(folder) = eval_of(NAME) else { return };
    decided(folder.path(), &["run", "accepted.yaml"]);
    let diff = plimsoll(folder.path(), &["diff", "--criterion", "offered", "--as", "json", "--most", "10"]);
    assert_eq!(code(&diff), 0);
    let diff: Value = serde_json::from_str(&out(&diff)).expect("one JSON document");
    let worse = diff["changes"].as_array().into_iter().flatten().filter(|change| change["now"] == 0.0);
    let worse: Vec<&str> = worse.filter_map(|change| change["example"].as_str()).collect();
    assert_eq!(worse, AGAINST_THEIR_SCHEMA);
    // Where an answer says nothing, what it calls is what can be compared.
    let call = diff["changes"][0]["answer_now"].as_str().expect("an answer");
    assert!(call.starts_with("[calls calculate_emissions {"), "{call}");
}
