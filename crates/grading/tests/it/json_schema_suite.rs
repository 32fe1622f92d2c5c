//! The official JSON Schema tests, all of them, through the schema grader. Cases that fail are listed with their reason in
//! `json_schema_suite.txt`; the test fails when the list is not exactly what happens.

use super::graders::verdict;
use domain::score::Verdict;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.exists() {
        println!("not run: ../shared/data/{name} is not there");
        return None;
    }
    Some(path)
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files(&entry, into)
        } else if entry.extension().is_some_and(|end| end == "json") {
            into.push(entry)
        }
    }
}

#[test]
fn the_json_schema_suite_passes_but_for_the_listed_cases() {
    let Some(root) = shared("json_schema_test_suite/tests") else { return };
    let mut failing = Vec::new();
    let mut run = 0;
    for draft in ["draft7", "draft2020-12"] {
        let mut found = Vec::new();
        files(&root.join(draft), &mut found);
        for file in found {
            let name = file.strip_prefix(&root).unwrap().display().to_string();
            // Draft 2020-12 takes `format` as an annotation unless asked; its optional tests ask.
            let asserts = draft == "draft7" || name.contains("optional/format");
            let groups: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            for group in groups {
                for test in group["tests"].as_array().unwrap() {
                    run += 1;
                    let wanted = test["valid"].as_bool().unwrap();
                    let got = valid(&group["schema"], &test["data"], draft, asserts);
                    if got != Ok(wanted) {
                        let reason = got.map_or_else(|fault| fault, |got| format!("says {got}"));
                        failing.push(format!(
                            "{name} | {} | {} | {reason}",
                            group["description"].as_str().unwrap(),
                            test["description"].as_str().unwrap()
                        ));
                    }
                }
            }
        }
    }
    assert_eq!(run, 3946);
    // Nothing else may fail: a reference to a schema, or to a meta-schema, that would have to be fetched.
    let outside = ["nothing outside the schema is ever fetched", "Unknown meta-schema: 'http://localhost:1234/"];
    let ours = failing.iter().filter(|line| !outside.iter().any(|reason| line.contains(reason)));
    assert_eq!(ours.collect::<Vec<_>>(), Vec::<&String>::new());
    let told = failing.join("\n") + "\n";
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/json_schema_suite.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(list, &told).unwrap();
    }
    assert_eq!(told, std::fs::read_to_string(list).unwrap());
}

fn valid(schema: &Value, data: &Value, draft: &str, formats: bool) -> Result<bool, String> {
    // Schemas without `$schema` are of the draft of their folder.
    let mut schema = schema.clone();
    if let (Value::Object(fields), "draft7") = (&mut schema, draft)
        && !fields.contains_key("$schema")
    {
        fields.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    }
    let grader = domain::grader::Grader::Json {
        schema: Some(domain::grader::Schema::Inline(schema)),
        part: domain::grader::Part::Structured(Vec::new()),
        formats,
    };
    let compiled = grading::compile(&grader).map_err(|fault| fault.to_string())?;
    let answer = domain::answer::Answer { structured: Some(data.clone()), ..Default::default() };
    let place = domain::format::lines::LinePlace { file: camino::Utf8Path::new("x"), line: 2 };
    let Ok(domain::format::examples::Read::Example(example)) =
        domain::format::examples::parse(place, r#"{"input":"q"}"#)
    else {
        return Err("no example".into());
    };
    match compiled.grade(&example.document, &grading::Prepared::new(&answer)) {
        Verdict::Graded { value, .. } => Ok(value.get() == 1.0),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn structured_output_is_read_from_the_text_where_it_was_not_recorded() {
    let got = verdict(
        "{json: {schema: {type: array}, of: structured}}",
        r#"{"id":"e","input":"q"}"#,
        r#"{"example":"e","text":"[1]"}"#,
    );
    assert_eq!(got, Verdict::passed(""));
}
