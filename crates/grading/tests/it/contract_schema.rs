//! The contract's JSON Schema says what the contract's reader reads: contracts are taken apart, place by place, and both
//! are asked.

use camino::Utf8Path;
use domain::answer::Answer;
use domain::example::Example;
use domain::format::lines::LinePlace;
use domain::format::{contract, examples, yaml};
use domain::grader::{Grader, Part, Schema};
use domain::score::Verdict;
use grading::Prepared;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

fn schema() -> Value {
    serde_json::from_str(contract::SCHEMA).unwrap()
}

/// The schema, ready for many contracts: the schema grader reads structured output with it.
struct Editor {
    grader: grading::Compiled,
    example: Example,
}

impl Editor {
    fn new() -> Self {
        let grader =
            Grader::Json { schema: Some(Schema::Inline(schema())), part: Part::Structured(Vec::new()), formats: false };
        let place = LinePlace { file: Utf8Path::new("examples.jsonl"), line: 1 };
        let Ok(examples::Read::Example(example)) = examples::parse(place, r#"{"input": "q"}"#) else {
            panic!("an example");
        };
        Editor { grader: grading::compile(&grader).unwrap(), example: *example }
    }

    fn is_content(&self, contract: &Value) -> bool {
        let answer = Answer { structured: Some(contract.clone()), ..Default::default() };
        match self.grader.grade(&self.example.document, &Prepared::new(&answer)) {
            Verdict::Graded { value, .. } => value.get() == 1.0,
            other => panic!("{other:?}"),
        }
    }
}

/// Whether the reader takes it; else the faults. JSON is YAML.
fn reads(contract: &Value) -> Result<(), Vec<domain::fault::Fault>> {
    match contract::parse(Utf8Path::new("plimsoll.yaml"), &contract.to_string()) {
        Ok(_) => Ok(()),
        Err(faults) => Err(faults.iter().cloned().collect()),
    }
}

/// The stories of `domain` that the reader takes, as values.
fn accepted() -> Vec<Value> {
    let stories = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/contract");
    let mut folders: Vec<_> = std::fs::read_dir(stories).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let file = Utf8Path::new("contract.yaml");
    let texts = folders.iter().map(|folder| std::fs::read_to_string(folder.join(file)).unwrap());
    let accepted: Vec<Value> = texts
        .filter(|text| contract::parse(file, text).is_ok())
        .map(|text| yaml::parse(file, &text).unwrap().to_json())
        .collect();
    assert!(accepted.len() >= 4);
    accepted
}

/// A mapping of a contract whose keys the schema lists.
struct Place {
    path: Vec<String>,
    keys: BTreeSet<String>,
}

/// Goes through a contract and the schema side by side.
struct Walk<'s> {
    root: &'s Value,
    places: Vec<Place>,
    /// Every mapping of the schema that was met, by the text of its keys.
    met: BTreeSet<String>,
}

impl<'s> Walk<'s> {
    fn through(&mut self, schemas: &[&'s Value], value: &Value, path: &[String]) {
        let schemas: Vec<&Value> = schemas.iter().flat_map(|schema| alternatives(self.root, schema)).collect();
        match value {
            Value::Object(fields) => self.object(&schemas, fields, path),
            Value::Array(items) => {
                let items_of: Vec<&Value> = schemas.iter().filter_map(|schema| schema.get("items")).collect();
                for (at, item) in items.iter().enumerate() {
                    self.through(&items_of, item, &[path, &[at.to_string()]].concat());
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, schemas: &[&'s Value], fields: &Map<String, Value>, path: &[String]) {
        let closed: Vec<&Map<String, Value>> = schemas.iter().filter_map(|schema| closed_keys(schema)).collect();
        self.met.extend(closed.iter().map(|keys| key_list(keys)));
        let keys: BTreeSet<String> = closed.iter().flat_map(|keys| keys.keys().cloned()).collect();
        if !keys.is_empty() && keys != BTreeSet::from(["literal".to_owned()]) {
            self.places.push(Place { path: path.to_vec(), keys });
        }
        for (key, value) in fields {
            let below: Vec<&Value> = schemas
                .iter()
                .filter_map(|schema| {
                    let own = schema.get("properties").and_then(|properties| properties.get(key));
                    own.or(schema.get("additionalProperties").filter(|more| more.is_object()))
                })
                .collect();
            self.through(&below, value, &[path, std::slice::from_ref(key)].concat());
        }
    }
}

/// The schema itself, what it refers to, and its alternatives.
fn alternatives<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let mut all = vec![schema];
    if let Some(name) = schema["$ref"].as_str() {
        all.extend(alternatives(root, root.pointer(name.trim_start_matches('#')).unwrap()));
    }
    let branches = ["anyOf", "oneOf", "allOf"].iter().filter_map(|word| schema[*word].as_array()).flatten();
    all.extend(branches.flat_map(|branch| alternatives(root, branch)));
    all
}

fn closed_keys(schema: &Value) -> Option<&Map<String, Value>> {
    schema["properties"].as_object().filter(|_| schema["additionalProperties"] == json!(false))
}

fn key_list(keys: &Map<String, Value>) -> String {
    keys.keys().cloned().collect::<Vec<_>>().join(", ")
}

fn walked(schema: &Value, contract: &Value) -> (Vec<Place>, BTreeSet<String>) {
    let mut walk = Walk { root: schema, places: Vec::new(), met: BTreeSet::new() };
    walk.through(&[schema], contract, &[]);
    (walk.places, walk.met)
}

/// The contract with another value at a path.
fn with(contract: &Value, path: &[String], value: Value) -> Value {
    let mut changed = contract.clone();
    let pointer: String = path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect();
    match changed.pointer_mut(&pointer) {
        Some(there) => *there = value,
        None => {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
        }
    }
    changed
}

#[test]
fn what_the_reader_takes_is_valid() {
    let editor = Editor::new();
    for contract in accepted() {
        assert!(editor.is_content(&contract), "{contract}");
    }
    assert!(!editor.is_content(&json!({"plimsoll": 2})));
    assert!(!editor.is_content(&json!([])));
}

#[test]
fn the_keys_of_every_place_are_those_of_the_reader() {
    let (schema, editor) = (schema(), Editor::new());
    let mut met = BTreeSet::new();
    for contract in accepted() {
        let (places, here) = walked(&schema, &contract);
        met.extend(here);
        for place in places {
            let wrong = with(&contract, &[place.path.as_slice(), &["zzz".to_owned()]].concat(), json!(1));
            assert!(!editor.is_content(&wrong), "the schema allows `zzz` at {:?}", place.path);
            let faults = reads(&wrong).expect_err("the reader allows any key");
            // What stands where a key would is never shown.
            if place.path.last().is_some_and(|last| last == "key") {
                assert!(faults.iter().any(|fault| fault.what == "a key is in a variable or a file"), "{faults:?}");
                continue;
            }
            let fault = faults.iter().find(|fault| fault.found.contains("zzz"));
            let fault = fault.unwrap_or_else(|| panic!("at {:?}: {faults:?}", place.path));
            let (_, keys) = fault.help.split_once("keys here: ").unwrap();
            let keys: BTreeSet<String> = keys.split(", ").map(str::to_owned).collect();
            // `{literal: ...}` may stand for any operand, beside the keys of the long form.
            let listed: BTreeSet<String> = place.keys.into_iter().filter(|key| key != "literal").collect();
            assert_eq!(keys, listed, "at {:?}", place.path);
        }
    }
    let mut all = BTreeSet::new();
    mappings(&schema, &mut all);
    let unmet: Vec<&String> = all.difference(&met).collect();
    assert!(unmet.is_empty(), "no accepted story has {unmet:#?}");
}

/// Every mapping of a schema that lists its keys.
fn mappings(schema: &Value, into: &mut BTreeSet<String>) {
    into.extend(closed_keys(schema).map(key_list));
    match schema {
        Value::Object(fields) => fields.values().for_each(|value| mappings(value, into)),
        Value::Array(items) => items.iter().for_each(|value| mappings(value, into)),
        _ => {}
    }
}

/// Where a value may be anything: literals, settings, schemas of answers.
fn is_free(path: &[String]) -> bool {
    let at = |word: &str| path.iter().any(|part| part == word);
    at("literal") || at("settings") || at("schema") || at("one_of") || at("equals") || at("require")
}

/// Names and sums are looked up by the reader alone.
fn is_about_names(fault: &domain::fault::Fault) -> bool {
    ["is not among", "is no failure class", "the shares sum", "already"].iter().any(|words| fault.what.contains(words))
}

fn paths(value: &Value, path: &[String], into: &mut Vec<Vec<String>>) {
    if !path.is_empty() {
        into.push(path.to_vec());
    }
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| paths(value, &[path, std::slice::from_ref(key)].concat(), into));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| paths(value, &[path, &[at.to_string()]].concat(), into));
        }
        _ => {}
    }
}

/// The schema never warns of what the reader takes, and always of a value of the wrong shape.
#[test]
fn the_schema_warns_of_wrong_shapes_and_of_nothing_that_reads() {
    let editor = Editor::new();
    let odd = [
        json!([[]]),
        json!({"zzz": 1}),
        json!([]),
        json!({}),
        json!(true),
        json!(7),
        json!(-1),
        json!(0.5),
        json!("7%"),
        json!("800ms"),
        json!("4s for 95%"),
        json!("../x"),
        json!("/x"),
        json!("${X}"),
        json!("all"),
        json!("json"),
        json!(""),
        json!("expected.answer"),
        json!("text"),
        json!("production"),
    ];
    let (mut asked, mut apart) = (0, BTreeSet::new());
    // The last two by name say everything that a contract can say.
    for contract in accepted().into_iter().rev().take(2) {
        let mut all = Vec::new();
        paths(&contract, &[], &mut all);
        for path in all {
            for (nth, odd) in odd.iter().enumerate() {
                let changed = with(&contract, &path, odd.clone());
                let (faults, valid) = (reads(&changed).err().unwrap_or_default(), editor.is_content(&changed));
                asked += 1;
                if !valid && faults.is_empty() {
                    apart.insert(format!("{}: {odd} reads, and the schema warns", path.join("/")));
                }
                let shape = faults.iter().find(|fault| nth < 2 && !is_free(&path) && !is_about_names(fault));
                if let (true, Some(fault)) = (valid, shape) {
                    apart.insert(format!("{}: {odd} is valid, and {}", path.join("/"), fault.what));
                }
            }
        }
    }
    assert!(apart.is_empty(), "{apart:#?}");
    assert!(asked > 5000, "{asked}");
}

/// Slips of value that a schema can see are seen in the editor, as the reader sees them.
#[test]
fn the_schema_and_the_reader_refuse_the_same_slips_of_value() {
    let editor = Editor::new();
    let graded = |grade: Value| json!({"plimsoll": 1, "criteria": {"c": {"grade": grade}}});
    for (contract, is_read) in [
        (json!({"plimsoll": 1, "alpha": 0.3}), false),
        (json!({"plimsoll": 1, "alpha": 0}), false),
        (json!({"plimsoll": 1, "alpha": "26%"}), false),
        (json!({"plimsoll": 1, "alpha": "25.1%"}), false),
        (json!({"plimsoll": 1, "alpha": "25%"}), true),
        (json!({"plimsoll": 1, "alpha": "2.5 %"}), true),
        (json!({"plimsoll": 1, "alpha": 0.25}), true),
        (graded(json!({"tools": {"in_order": true}})), false),
        (graded(json!({"tools": {"as_offered": false}})), false),
        (graded(json!({"tools": {"as_offered": true}})), true),
        (graded(json!({"tools": {"require": "refund", "in_order": true}})), true),
        (graded(json!({"number": "f\u{fc}nf"})), false),
        (graded(json!({"number": {"to": "5"}})), false),
        (graded(json!({"number": {"to": {"literal": "5"}}})), false),
        (graded(json!({"number": {"to": "expected.amount", "within": 1}})), true),
        (graded(json!({"number": 5})), true),
    ] {
        assert_eq!(reads(&contract).is_ok(), is_read, "the reader: {contract}");
        assert_eq!(editor.is_content(&contract), is_read, "the schema: {contract}");
    }
}
