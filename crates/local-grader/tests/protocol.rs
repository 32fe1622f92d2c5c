//! The program as it is run: a line in, a line out, until its input ends.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

fn ask(to: &mut ChildStdin, from: &mut BufReader<ChildStdout>, line: &str) -> Value {
    writeln!(to, "{line}").expect("a line");
    let mut reply = String::new();
    from.read_line(&mut reply).expect("a reply");
    serde_json::from_str(&reply).expect("JSON")
}

#[test]
fn each_line_is_answered_before_the_next_one_comes_and_what_is_no_request_is_an_error_of_its_row() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll-local"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .env_clear()
        .spawn()
        .expect("the program");
    let (mut to, mut from) =
        (child.stdin.take().expect("its input"), BufReader::new(child.stdout.take().expect("its output")));
    let request = json!({"id": 7, "example": {"expected": {"answer": "a"}}, "answer": {"text": "b"},
        "settings": {"grade": "similar", "model": "not/there"}});
    let reply = ask(&mut to, &mut from, &request.to_string());
    assert_eq!(reply["id"], 7);
    assert!(reply["error"].as_str().is_some_and(|why| why.contains("not/there/config.json")), "{reply}");
    let reply = ask(&mut to, &mut from, "not a request");
    assert!(reply["error"].as_str().is_some_and(|why| why.contains("this request is no JSON")), "{reply}");
    assert_eq!(ask(&mut to, &mut from, &request.to_string())["id"], 7, "it goes on");
    drop(to);
    assert!(child.wait().expect("an end").success());
}
