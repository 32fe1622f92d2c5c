//! The JSON Schemas of examples and answers say what their readers read; only rules between fields are theirs alone.

use camino::Utf8Path;
use domain::answer::Answer;
use domain::fault::Faults;
use domain::format::lines::LinePlace;
use domain::format::{answers, examples};
use domain::grader::{Grader, Part, Schema};
use domain::score::Verdict;
use grading::{Compiled, Prepared};
use serde_json::Value;

/// A schema as an editor uses it: the grader of schemas reads structured output with it.
fn editor(schema: Value) -> Compiled {
    let grader =
        Grader::Json { schema: Some(Schema::Inline(schema)), part: Part::Structured(Vec::new()), formats: true };
    grading::compile(&grader).unwrap()
}

fn admits(editor: &Compiled, line: &Value) -> bool {
    let answer = Answer { structured: Some(line.clone()), ..Default::default() };
    match editor.grade(&Value::Null, &Prepared::new(&answer)) {
        Verdict::Graded { value, .. } => value.get() == 1.0,
        other => panic!("{other:?}"),
    }
}

/// What the schema lets pass of the lines that the reader refuses: the reader's first words.
fn only_the_reader_refuses(
    schema: Value,
    files: [&str; 2],
    read: impl Fn(&str) -> Result<bool, Faults>,
) -> Vec<String> {
    let editor = editor(schema);
    assert!(!admits(&editor, &serde_json::json!({})), "neither a record nor a header");
    let mut passed = Vec::new();
    for text in files.iter().flat_map(|file| file.lines()) {
        // What is no JSON has no shape.
        let Ok(line) = serde_json::from_str::<Value>(text) else { continue };
        match read(text) {
            Ok(true) => {
                assert!(admits(&editor, &line), "the reader reads it, and the schema does not admit it: {text}")
            }
            Ok(false) => assert!(admits(&editor, &line), "a header is a line too: {text}"),
            Err(faults) if admits(&editor, &line) => {
                passed.extend(faults.iter().next().map(|fault| fault.what.clone()))
            }
            Err(_) => {}
        }
    }
    passed
}

fn place() -> LinePlace<'static> {
    LinePlace { file: Utf8Path::new("x.jsonl"), line: 1 }
}

#[test]
fn the_schema_of_examples_leaves_only_rules_between_fields_to_the_reader() {
    let files = [
        include_str!("../../../domain/src/format/examples/tests/v1.jsonl"),
        include_str!("../../../domain/src/format/examples/tests/bad.jsonl"),
    ];
    let passed = only_the_reader_refuses(examples::json_schema(), files, |text| {
        Ok(matches!(examples::parse(place(), text)?, examples::Read::Example(_)))
    });
    let expected = [
        "`input` is empty",
        "`input` is empty",
        "`id` is given twice",
        "`answer` is given twice",
        "both a probability and a weight are given",
        "`provenance.captured_at`: `2026-10-01T25:00:00Z` is no date or time",
        "`quarantined` needs a reason",
        "`retired` needs a reason",
        "a variant does not say what is expected of it",
        "`expect` compares with a base, and none is given",
        "the attribute `task` is not the example's task",
        "this schema refers to something outside of it, and nothing is ever fetched",
    ];
    assert_eq!(passed, expected);
}

#[test]
fn the_schema_of_answers_leaves_only_rules_between_fields_to_the_reader() {
    let files = [
        include_str!("../../../domain/src/format/answers/tests/v1.jsonl"),
        include_str!("../../../domain/src/format/answers/tests/bad.jsonl"),
    ];
    let passed =
        only_the_reader_refuses(answers::json_schema(), files, |text| Ok(answers::parse(place(), text)?.is_some()));
    let expected = ["this answer says nothing", "this answer says nothing"];
    assert_eq!(passed, expected);
}
