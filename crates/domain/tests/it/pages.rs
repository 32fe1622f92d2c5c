//! The pages about formats show what is read, and name every key.

use camino::Utf8Path;
use domain::format::lines::LinePlace;
use domain::format::{answers, examples, mapping, traffic};
use serde_json::Value;
use std::path::Path;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats").join(name);
    std::fs::read_to_string(path).expect("a page")
}

/// The fenced blocks of a language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let start = format!("```{language}\n");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn place() -> LinePlace<'static> {
    LinePlace { file: Utf8Path::new("page"), line: 1 }
}

/// Every key in a schema's objects, and in those inside.
fn keys(schema: &Value, found: &mut Vec<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        found.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(entries) => entries.values().for_each(|value| keys(value, found)),
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

fn unnamed(page: &str, schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    keys(schema, &mut found);
    let words: Vec<&str> = page.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    found.retain(|key| !words.contains(&key.as_str()));
    found
}

#[test]
fn the_page_of_examples_shows_lines_that_are_read_and_names_every_key() {
    let page = page("examples.md");
    let lines: Vec<&str> = blocks(&page, "json").into_iter().flat_map(str::lines).collect();
    assert!(lines.len() > 1);
    for line in lines {
        examples::parse(place(), line).expect(line);
    }
    for text in blocks(&page, "yaml") {
        mapping::parse(Utf8Path::new("page"), text).expect(text);
    }
    assert_eq!(unnamed(&page, &examples::json_schema()), Vec::<String>::new());
}

#[test]
fn the_page_of_traffic_shows_lines_that_are_read_and_names_every_key() {
    let page = page("traffic.md");
    let lines: Vec<&str> = blocks(&page, "json").into_iter().flat_map(str::lines).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        traffic::parse(place(), line).expect(line);
    }
    let own = ["id", "at", "trace", "conversation", "task", "system", "attributes", "signals", "input", "answer"];
    assert!(own.iter().all(|key| page.contains(&format!("`{key}`"))));
}

#[test]
fn the_page_of_answers_shows_lines_that_are_read_and_names_every_key() {
    let page = page("answers.md");
    let lines: Vec<&str> = blocks(&page, "json").into_iter().flat_map(str::lines).collect();
    assert!(lines.len() > 1);
    for line in lines {
        answers::parse(place(), line).expect(line);
    }
    assert_eq!(unnamed(&page, &answers::json_schema()), Vec::<String>::new());
}
