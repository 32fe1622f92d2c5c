//! A contract that changed after the result is approved by name, or nothing is decided.

use super::forged::forge_beside_history;
use super::{Small, code, err, flat, last_record, out, plimsoll, read, small};
use serde_json::json;

#[test]
fn a_contract_that_was_renamed_after_the_result_is_the_same_one() {
    let folder = small();
    folder.edit("plimsoll.yaml", "at_least: 60%", "at_least: 99%");
    assert_eq!(code(&folder.run()), 20);
    folder.edit("plimsoll.yaml", "at_least: 99%", "at_least: 60%");
    folder.edit("plimsoll.yaml", "name: small", "name: small-2");
    let again = plimsoll(folder.path(), &["decide"]);
    assert_ne!(code(&again), 0, "{}", out(&again));
    assert_eq!(folder.content()["look"]["number"], 1, "the same scores are the same look");
    let told = flat(&out(&again));
    assert!(told.contains("the contract changed after these scores were first decided on"), "{told}");
}

/// A result, and a margin that was made wider after it.
fn wider() -> Small {
    let folder = small();
    folder.run();
    folder.edit("plimsoll.yaml", "by: 20%", "by: 25%");
    folder
}

#[test]
fn an_approval_needs_another_person_than_whoever_decides() {
    let folder = wider();
    let decided = |author: &str| {
        let orders = ["decide", "--author", author, "--approve", "release", "--reason", "margin agreed"];
        plimsoll(folder.path(), &orders)
    };
    for author in ["release", " Release "] {
        assert_eq!(code(&decided(author)), 2, "{}", out(&decided(author)));
        assert!(err(&decided(author)).contains("does not approve the changed contract too"));
    }
    assert_eq!(code(&decided("somebody else")), 0);
}

#[test]
fn an_approval_says_why() {
    let folder = small();
    folder.run();
    let refused = plimsoll(folder.path(), &["decide", "--approve", "release", "--reason", " "]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("an approval needs a reason"), "{}", err(&refused));
}

#[test]
fn who_approved_who_decided_and_when_cannot_be_edited_beside_the_history() {
    let folder = wider();
    let decided = plimsoll(folder.path(), &["decide", "--approve", "release", "--reason", "margin agreed"]);
    assert_eq!(code(&decided), 0, "{}{}", out(&decided), err(&decided));
    let record = last_record(folder.path());
    let kept = read(&record);
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    for place in ["/approval/by", "/approval/reason"] {
        let mut content = kept["content"].clone();
        *content.pointer_mut(place).expect("an approval") = json!("prompt");
        forge_beside_history(folder.path(), &record, &content);
        let verified = plimsoll(folder.path(), &["verify"]);
        assert_eq!(code(&verified), 3, "{place}");
        assert!(out(&verified).contains("the history says another content of this record"), "{}", out(&verified));
    }
    for (key, what) in [("author", "author"), ("time", "time")] {
        let mut other = kept.clone();
        other["envelope"][key] = json!("2020-01-01T00:00:00.000000000Z");
        std::fs::write(&record, other.to_string()).expect("a forged record");
        forge_beside_history(folder.path(), &record, &kept["content"]);
        let verified = plimsoll(folder.path(), &["verify"]);
        assert_eq!(code(&verified), 3, "{key}");
        let told = flat(&out(&verified));
        assert!(told.contains("the history says another content") && told.contains(what), "{told}");
    }
}

/// Whoever may not approve, or sign, is told so before anything is asked or graded.
#[test]
fn orders_that_do_not_hold_start_nothing() {
    for orders in [&["--approve", "release", "--reason", " "][..], &["--key", "none.pem"]] {
        let folder = small();
        let refused = plimsoll(folder.path(), &[&["run"][..], orders].concat());
        assert_eq!(code(&refused), 2, "{}", err(&refused));
        assert!(!folder.path().join(".plimsoll/runs").exists(), "{orders:?}: nothing is graded");
    }
}

/// A schema that is loosened after the result is another grader, though the contract names the same file.
#[test]
fn a_schema_in_a_file_is_part_of_what_graded() {
    let folder = small();
    folder.edit("plimsoll.yaml", "{length: {words: {at_most: 3}}}", "{json: {schema: short.json}}");
    let graded_by = |schema: &str| {
        std::fs::write(folder.path().join("short.json"), schema).expect("a schema");
        folder.run();
        assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
        let content = folder.content();
        let mut graders = content["graders"].as_array().expect("graders").iter();
        graders.find(|grader| grader["criterion"] == "short").expect("a grader")["digest"].clone()
    };
    let strict = graded_by(r#"{"type": "string", "maxLength": 20}"#);
    assert_eq!(strict, graded_by(r#"{"type": "string", "maxLength": 20}"#));
    assert_ne!(strict, graded_by(r#"{"type": ["string", "object"]}"#));
}
