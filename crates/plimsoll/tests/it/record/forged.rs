//! No value of a record can be edited unseen, whatever else is made right with it.

use super::{Small, code, err, last_record, out, plimsoll, read, small};
use domain::digest::Digest;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where each value of a document lies.
fn leaves(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| leaves(value, format!("{at}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(key, value)| leaves(value, format!("{at}/{key}"), found));
        }
        _ => found.push(at),
    }
}

fn edited(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_u64().map_or(1, |number| number + 1)),
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => json!((number + 0.5).to_string()),
            Err(_) => json!(format!("{text}x")),
        },
        _ => json!("x"),
    }
}

/// The small eval after a first run.
struct Ran {
    folder: Small,
    record: PathBuf,
    content: Value,
    /// The folder of the sealed run.
    run: PathBuf,
}

fn ran() -> Ran {
    let folder = small();
    let run = folder.run();
    assert_eq!(code(&run), 0, "{}{}", out(&run), err(&run));
    let record = last_record(folder.path());
    let mut runs = std::fs::read_dir(folder.path().join(".plimsoll/runs")).expect("runs");
    let run = runs.next().expect("a run").expect("a run").path();
    Ran { content: folder.content(), folder, record, run }
}

/// Writes a record with every hash that depends on its content made right again, the head included. Without the history beside it, so
/// that nothing but what was sealed can tell.
pub fn forge(folder: &Path, record: &Path, content: &Value) {
    for entry in std::fs::read_dir(folder.join(".plimsoll")).expect("the state").flatten() {
        if entry.file_name().to_string_lossy().contains(".sqlite") {
            std::fs::remove_file(entry.path()).expect("no history");
        }
    }
    forge_beside_history(folder, record, content);
}

pub fn forge_beside_history(folder: &Path, record: &Path, content: &Value) {
    let mut kept = read(record);
    kept["content"] = content.clone();
    kept["envelope"]["content"] = json!(Digest::of_value("plimsoll.record.v1", content).to_string());
    std::fs::write(record, kept.to_string()).expect("a forged record");
    let head = folder.join(".plimsoll/chain/head.json");
    let mut told = read(&head);
    told["digest"] = json!(Digest::of_value("plimsoll.envelope.v1", &kept["envelope"]).to_string());
    std::fs::write(head, told.to_string()).expect("a forged head");
}

/// A record with this content is told, though every hash is right.
fn does_not_verify(folder: &Path, record: &Path, content: &Value, what: &str) {
    forge(folder, record, content);
    let verified = plimsoll(folder, &["verify"]);
    assert_eq!(code(&verified), 3, "{what}: {}", out(&verified));
}

/// Nor is another value at this place taken.
fn edited_does_not_verify(folder: &Path, record: &Path, content: &Value, place: &str) {
    let mut other = content.clone();
    let value = other.pointer_mut(place).expect("a value");
    *value = edited(value);
    does_not_verify(folder, record, &other, place);
}

#[test]
fn no_value_of_a_record_can_be_edited_even_with_every_hash_rewritten() {
    let Ran { folder, record, content, .. } = ran();
    forge(folder.path(), &record, &content);
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0, "a forgery that changes nothing holds");
    let mut places = Vec::new();
    leaves(&content, String::new(), &mut places);
    assert!(places.len() > 200, "{}", places.len());
    // Every part of the record, and some of what is alike.
    let mut seen = std::collections::BTreeSet::new();
    let chosen = places.iter().enumerate().filter(|(at, place)| {
        let kind: String = place.chars().filter(|c| !c.is_ascii_digit()).collect();
        seen.insert(kind.split('/').take(3).collect::<Vec<_>>().join("/")) || at % 29 == 0
    });
    for (_, place) in chosen {
        edited_does_not_verify(folder.path(), &record, &content, place);
    }
}

#[test]
fn a_record_names_the_one_before_it_and_no_other() {
    let Ran { folder, record, content, .. } = ran();
    forge(folder.path(), &record, &content);
    for previous in [json!("x"), json!({"id": "x"}), json!({})] {
        let mut kept = read(&record);
        kept["envelope"]["previous"] = previous;
        std::fs::write(&record, kept.to_string()).expect("a forged record");
        does_not_verify(folder.path(), &record, &content, "previous");
    }
}

#[test]
fn no_file_can_be_left_out_of_what_a_record_sealed() {
    let Ran { folder, record, content, .. } = ran();
    for file in ["scores.parquet", "answers.parquet", "examples.parquet"] {
        let mut other = content.clone();
        other["scores"]["files"].as_object_mut().expect("files").shift_remove(file).expect("a digest");
        does_not_verify(folder.path(), &record, &other, file);
    }
}

#[test]
fn what_an_override_says_of_the_record_that_it_overrides_cannot_be_edited() {
    let Ran { folder, .. } = ran();
    let orders = ["override", "latest", "--by", "prompt", "--reason", "a launch", "--scope", "all"];
    let overridden = plimsoll(folder.path(), &[&orders[..], &["--expires", "2999-01-01"]].concat());
    assert_eq!(code(&overridden), 0, "{}", err(&overridden));
    let record = last_record(folder.path());
    let content = read(&record)["content"].clone();
    forge(folder.path(), &record, &content);
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    assert!(out(&verified).contains("no history lies beside it"), "{}", out(&verified));
    let of_record = ["/plimsoll_record", "/override_of", "/override_digest", "/contract/name", "/contract/digest"];
    let of_owner = ["/overridden", "/by", "/author_known", "/owner_key", "/version"];
    for place in of_record.iter().chain(&of_owner).chain(&["/scope", "/expires"]) {
        edited_does_not_verify(folder.path(), &record, &content, place);
    }
    // No override is made without a reason, or after its end.
    for (place, value) in [("/reason", " "), ("/expires", "2020-01-01")] {
        let mut other = content.clone();
        *other.pointer_mut(place).expect("a value") = json!(value);
        does_not_verify(folder.path(), &record, &other, place);
    }
    // What one could have been made with is told from another by a signature alone, and that is said.
    let mut other = content.clone();
    other["reason"] = json!("another launch");
    forge(folder.path(), &record, &other);
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    assert!(out(&verified).contains(" unproven  its reason, scope and expiry are held by hashes alone"));
}

#[test]
fn a_grade_edited_in_the_sealed_scores_does_not_verify_with_its_file_hash_rewritten() {
    let Ran { folder, record, content: sealed, run } = ran();
    // Another run's scores under this run's name: real rows, one answer apart.
    folder.edit("candidate.jsonl", "at 15", "at 16");
    folder.run();
    let other = folder.content();
    let digest = other["scores"]["digest"].as_str().expect("a digest");
    let from = folder.path().join(".plimsoll/runs").join(&digest[..16]).join("scores.parquet");
    std::fs::copy(from, run.join("scores.parquet")).expect("other scores");
    let mut forged = sealed.clone();
    forged["scores"]["files"]["scores.parquet"] = other["scores"]["files"]["scores.parquet"].clone();
    let mut kept = read(&record);
    kept["content"] = forged.clone();
    kept["envelope"]["content"] = json!(Digest::of_value("plimsoll.record.v1", &forged).to_string());
    std::fs::write(&record, kept.to_string()).expect("a forged record");
    let id = kept["envelope"]["id"].as_str().expect("an id").to_owned();
    let verified = plimsoll(folder.path(), &["verify", &id]);
    assert_eq!(code(&verified), 3);
    assert!(out(&verified).contains("the scores digest is not that of the sealed rows"), "{}", out(&verified));
}

#[test]
fn examples_that_were_forged_with_every_hash_rewritten_are_told_and_nothing_panics() {
    let Ran { folder, record, content: sealed, run } = ran();
    let path = run.join("examples.parquet");
    let whole = std::fs::read(&path).expect("the examples");
    // The schema that Arrow keeps beside Parquet's own, of which the reader panics, and the end of the file.
    let name = b"ARROW:schema";
    let mut told = 0;
    let schema = whole.windows(name.len()).position(|bytes| bytes == name).expect("the schema") + name.len();
    for at in (schema + 4..schema + 300).step_by(41).chain((whole.len() - 200..whole.len()).step_by(61)) {
        let mut bytes = whole.clone();
        bytes[at] = b'f';
        std::fs::write(&path, &bytes).expect("forged examples");
        let mut content = sealed.clone();
        content["scores"]["files"]["examples.parquet"] = json!(Digest::of_bytes(&bytes).to_string());
        forge(folder.path(), &record, &content);
        for arguments in [&["verify"][..], &["diff"], &["show"], &["check"], &["decide"]] {
            let ended = plimsoll(folder.path(), arguments);
            assert!(!err(&ended).contains("panicked") && code(&ended) != 101, "{arguments:?}: {}", err(&ended));
        }
        // A byte that says nothing leaves a record that holds.
        told += usize::from(code(&plimsoll(folder.path(), &["verify"])) == 3);
    }
    assert!(told > 3, "{told}");
}
