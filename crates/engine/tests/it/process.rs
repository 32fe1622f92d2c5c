//! Real programs, well behaved and not.

use crate::eval::{Eval, answers, examples, process};
use domain::failure_class::Classes;
use engine::process::{MOST_STARTS, Programs};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A grader whose body sees `ask` (the request) and `n` (which request of this start it is, from 1).
fn python(body: &str) -> String {
    let body = body.trim_matches('\n').replace('\n', "\n    ");
    format!(
        "import json, os, sys, time\nn = 0\nfor line in sys.stdin:\n    n += 1\n    ask = json.loads(line)\n    \
         def say(**reply):\n        print(json.dumps({{'id': ask['id'], **reply}}), flush=True)\n    \
         e = ask['example']['id']\n    {body}\n"
    )
}

/// The rows of six examples, without `eN 0 judged`.
fn graded(program: &str, limit_ms: u64) -> Vec<String> {
    let eval = Eval::new(&examples(6), &answers(6), vec![process(&["python3", "grader.py"], limit_ms)]);
    eval.write("grader.py", program);
    let rows = eval.grade().unwrap();
    assert_eq!(rows.scores.len(), 6);
    rows.scores.iter().map(|row| row.splitn(4, ' ').last().unwrap_or_default().to_owned()).collect()
}

const PASS: &str = "graded 1 - ";

/// All rows pass but those named, which fail to be graded for these reasons.
fn assert_only(rows: &[String], lost: &[(usize, &str)]) {
    for (at, row) in rows.iter().enumerate() {
        match lost.iter().find(|(of, _)| *of == at) {
            None => assert_eq!(row, PASS, "row {at} of {rows:#?}"),
            Some((_, reason)) => assert_eq!(row, &format!("grader_error - - {reason}"), "row {at}"),
        }
    }
}

#[test]
fn a_program_sees_example_answer_and_settings_and_its_verdict_is_kept() {
    let body = "
assert set(ask) == {'id', 'example', 'answer', 'settings'}, ask
if e == 'e0': say(value=ask['answer']['text'] == ask['example']['expected']['answer'])
elif e == 'e1': say(value=0.25, **{'class': 'over_refusal'}, reason='too brisk')
elif e == 'e2': say(value=False)
elif e == 'e3': say(not_applicable='no table in it')
elif e == 'e4': say(error='no dictionary for this language')
else: say(value=ask['settings']['strict'], reason=str(n))";
    let mut criterion = process(&["python3", "grader.py"], 20_000);
    if let domain::grader::Grader::Process { settings, .. } = &mut criterion.grader {
        settings.insert("strict".to_owned(), true.into());
    }
    let eval = Eval::new(&examples(6), &answers(6), vec![criterion]);
    eval.write("grader.py", &python(body));
    let rows = eval.grade().unwrap();
    let expected = [
        "e0 0 judged graded 1 - ",
        "e1 0 judged graded 0.25 over_refusal too brisk",
        "e2 0 judged graded 0 unsupported_claim ",
        "e3 0 judged not_applicable - - no table in it",
        "e4 0 judged grader_error - - no dictionary for this language",
        "e5 0 judged graded 1 - 6", // one process for all six
    ];
    assert_eq!(rows.scores, expected);
}

#[test]
fn a_crash_costs_its_row_alone() {
    let rows = graded(&python("if e == 'e3': sys.exit('out of patience')\nsay(value=True)"), 20_000);
    assert_only(&rows, &[(3, "the program ended with exit status: 1: out of patience")]);
}

#[test]
fn a_hang_costs_its_row_alone_and_no_more_than_the_time_limit() {
    let start = Instant::now();
    let rows = graded(&python("if e == 'e5': time.sleep(600)\nsay(value=True)"), 3000);
    assert_only(&rows, &[(5, "no reply within 3000 ms")]);
    assert!(start.elapsed() < Duration::from_secs(300));
}

#[test]
fn garbage_costs_its_row_alone() {
    let body = "
if e == 'e1': print('Traceback: \\x1b[2J', flush=True)
elif e == 'e2': say(value='yes')
elif e == 'e3': say(value=7)
elif e == 'e4': sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()
else: say(value=True)";
    let rows = graded(&python(body), 20_000);
    assert_only(
        &rows,
        &[
            (1, "the reply is no verdict: Traceback: \u{1b}[2J"),
            (2, "the reply is no verdict: {\"id\": 3, \"value\": \"yes\"}"),
            (3, "the reply is no verdict: {\"id\": 4, \"value\": 7}"),
            (4, "the reply is not UTF-8"),
        ],
    );
}

#[test]
fn a_reply_without_end_costs_its_row_alone() {
    let rows = graded(&python("if e == 'e2': print('x' * (3 << 20), flush=True)\nsay(value=True)"), 20_000);
    assert_only(&rows, &[(2, "the reply is longer than 1 MB")]);
}

/// Two lines for one request must not shift all verdicts that follow.
#[test]
fn a_reply_too_many_never_becomes_the_verdict_on_the_next_row() {
    let rows = graded(&python("if e == 'e2': say(value=True)\nsay(value=e not in ('e0', 'e4'))"), 20_000);
    for (at, row) in rows.iter().enumerate() {
        match at {
            0 | 4 => assert!(row.starts_with("graded 0 "), "row {at}: {row}"),
            3 => assert!(row.starts_with("grader_error - - the reply does not carry the request's id 4"), "{row}"),
            _ => assert_eq!(row, PASS, "row {at}"),
        }
    }
}

#[test]
fn a_program_that_ends_at_once_leaves_every_row_unknown_and_says_why() {
    let rows = graded("import sys\nsys.exit('no module named tone')", 20_000);
    for row in rows {
        assert_eq!(row, "grader_error - - the program ended with exit status: 1: no module named tone");
    }
}

#[test]
fn a_program_that_always_fails_is_given_up() {
    let n = MOST_STARTS as usize + 5;
    let eval = Eval::new(&examples(n), &answers(n), vec![process(&["sh", "-c", "exit 3"], 20_000)]);
    let rows = eval.grade().unwrap();
    let given_up =
        rows.scores.iter().filter(|row| row.contains("is not started again; last: the program ended")).count();
    assert_eq!((rows.scores.len(), given_up), (n, 5));
}

/// The pipe to a program holds some 64 KB: a request larger than that must not wait for ever on one that does not read.
#[test]
fn a_program_that_does_not_read_cannot_hold_us_up() {
    let long = serde_json::json!({"example": "e0", "text": "x".repeat(4 << 20)}).to_string();
    // The shell's child keeps the pipe open after the shell itself is ended.
    let eval = Eval::new(&examples(1), &long, vec![process(&["sh", "-c", "sleep 20; true"], 200)]);
    let start = Instant::now();
    let rows = eval.grade().unwrap();
    assert_eq!(rows.scores, ["e0 0 judged grader_error - - no reply within 200 ms"]);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
fn complaints_without_end_do_not_hold_a_program_up() {
    let rows = graded(&python("sys.stderr.write('hm ' * 100000)\nsay(value=True)"), 20_000);
    assert_only(&rows, &[]);
}

#[test]
fn a_command_that_is_not_there_is_known_before_anything_is_graded() {
    for command in ["no-such-program-anywhere", "./no-such-file.sh", ""] {
        let eval = Eval::new("", "", vec![]);
        let error = Programs::default()
            .add(eval.root(), &[command.to_owned()], 1000, &BTreeMap::new(), Classes::default())
            .unwrap_err();
        assert!(error.to_string().starts_with(&format!("the grader `{command}` cannot be started: ")), "{error}");
    }
    assert!(Programs::default().add("".into(), &[], 1000, &BTreeMap::new(), Classes::default()).is_err());
}

#[test]
fn no_secret_of_ours_is_in_a_programs_environment() {
    let body = "
say(value=not any(k.startswith('CARGO') for k in os.environ))";
    assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")), "cargo sets some for every test");
    assert_only(&graded(&python(body), 20_000), &[]);
}
