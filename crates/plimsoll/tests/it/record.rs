//! Records: the same inputs give the same bytes, no value can be edited unseen, and two runs are laid beside each other.

use super::{code, err, eval, last_record, out, plimsoll};
use domain::digest::{Digest, canonical};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

/// A small eval: 40 conversations, two criteria, candidate and production.
fn small(folder: &Path) {
    let contract = r#"
plimsoll: 1
name: small
simulated: true
promise:
  work: name the opening hours of our branches
  for: callers of the branch line
  evidence: [the table of opening hours]
  constraints: [never name a branch that is closed for good]
  when_not_ready: pass the caller on to the branch office
owners: {release: release captain, prompt: prompt team}
tasks: [hours]
failures: {unsupported_claim: {cost: 5, owner: prompt}, format_violation: {cost: 1, owner: prompt}}
segments: [{by: task, routable: true}]
criteria:
  right: {protects: [unsupported_claim], grade: {equals: expected.answer}}
  short: {protects: [format_violation], grade: {length: {words: {at_most: 3}}}}
systems:
  candidate: {recorded: candidate.jsonl}
  production: {recorded: production.jsonl}
gates:
  - {criterion: right, in: [all, task], not_worse_than: production, by: 20%, else: repair the table, owner: prompt}
  - {criterion: short, at_least: 60%, else: repair the prompt, owner: release}
"#;
    std::fs::write(folder.join("plimsoll.yaml"), contract).expect("a contract");
    let example = |at: usize| {
        json!({"id": format!("e{at:02}"), "task": "hours", "input": {"messages": [{"role": "user", "content": format!("when does branch {at} open?")}]},
            "expected": {"answer": format!("at {at}")}, "provenance": {"source": "traffic", "weight": 1}})
    };
    let answer = |at: usize, bad: usize| {
        let text = if at % 10 < bad { "no idea at all, sorry".to_owned() } else { format!("at {at}") };
        json!({"example": format!("e{at:02}"), "text": text})
    };
    let lines = |of: &dyn Fn(usize) -> Value| (0..40).map(|at| format!("{}\n", of(at))).collect::<String>();
    std::fs::create_dir_all(folder.join("examples")).expect("a folder");
    std::fs::write(folder.join("examples/e.jsonl"), lines(&example)).expect("examples");
    std::fs::write(folder.join("candidate.jsonl"), lines(&|at| answer(at, 1))).expect("answers");
    std::fs::write(folder.join("production.jsonl"), lines(&|at| answer(at, 2))).expect("answers");
}

#[test]
fn the_same_inputs_give_the_same_content_wherever_they_lie() {
    let (first, second) = (eval("billing-support"), eval("billing-support"));
    plimsoll(first.path(), &["run"]);
    plimsoll(Path::new("/"), &["run", second.path().to_str().expect("a path"), "--threads", "1"]);
    let content = |folder: &Path| read(&last_record(folder))["content"].clone();
    assert_eq!(canonical(&content(first.path())), canonical(&content(second.path())));
}

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
    folder: tempfile::TempDir,
    record: PathBuf,
    content: Value,
    /// The folder of the sealed run.
    run: PathBuf,
}

fn ran() -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    let run = plimsoll(folder.path(), &["run"]);
    assert_eq!(code(&run), 0, "{}{}", out(&run), err(&run));
    let record = last_record(folder.path());
    let mut runs = std::fs::read_dir(folder.path().join(".plimsoll/runs")).expect("runs");
    let run = runs.next().expect("a run").expect("a run").path();
    Ran { content: read(&record)["content"].clone(), folder, record, run }
}

/// Writes a record with every hash that depends on its content made right again, the head included. Without the history beside it, so
/// that nothing but what was sealed can tell.
fn forge(folder: &Path, record: &Path, content: &Value) {
    for entry in std::fs::read_dir(folder.join(".plimsoll")).expect("the state").flatten() {
        if entry.file_name().to_string_lossy().contains(".sqlite") {
            std::fs::remove_file(entry.path()).expect("no history");
        }
    }
    forge_beside_history(folder, record, content);
}

fn forge_beside_history(folder: &Path, record: &Path, content: &Value) {
    let mut kept = read(record);
    kept["content"] = content.clone();
    kept["envelope"]["content"] = json!(Digest::of_value("plimsoll.record.v1", content).to_string());
    std::fs::write(record, kept.to_string()).expect("a forged record");
    let head = folder.join(".plimsoll/chain/head.json");
    let mut told = read(&head);
    told["digest"] = json!(Digest::of_value("plimsoll.envelope.v1", &kept["envelope"]).to_string());
    std::fs::write(head, told.to_string()).expect("a forged head");
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
        let mut other = content.clone();
        let value = other.pointer_mut(place).expect("a value");
        *value = edited(value);
        forge(folder.path(), &record, &other);
        let verified = plimsoll(folder.path(), &["verify"]);
        assert_eq!(code(&verified), 3, "{place}: {}", out(&verified));
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
        forge(folder.path(), &record, &content);
        let verified = plimsoll(folder.path(), &["verify"]);
        assert_eq!(code(&verified), 3, "{}", out(&verified));
    }
}

#[test]
fn no_file_can_be_left_out_of_what_a_record_sealed() {
    let Ran { folder, record, content, .. } = ran();
    for file in ["scores.parquet", "answers.parquet", "examples.parquet"] {
        let mut other = content.clone();
        other["scores"]["files"].as_object_mut().expect("files").shift_remove(file).expect("a digest");
        forge(folder.path(), &record, &other);
        let verified = plimsoll(folder.path(), &["verify"]);
        assert_eq!(code(&verified), 3, "{file}: {}", out(&verified));
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
    for place in of_record.iter().chain(&["/overridden", "/by", "/author_known", "/owner_key", "/version"]) {
        let mut other = content.clone();
        let value = other.pointer_mut(place).expect("a value");
        *value = edited(value);
        forge(folder.path(), &record, &other);
        let verified = plimsoll(folder.path(), &["verify"]);
        assert_eq!(code(&verified), 3, "{place}: {}", out(&verified));
    }
}

#[test]
fn a_grade_edited_in_the_sealed_scores_does_not_verify_with_its_file_hash_rewritten() {
    let Ran { folder, record, content: sealed, run } = ran();
    // Another run's scores under this run's name: real rows, one answer apart.
    let answers = folder.path().join("candidate.jsonl");
    let text = std::fs::read_to_string(&answers).expect("answers");
    std::fs::write(&answers, text.replacen("at 15", "at 16", 1)).expect("an edit");
    plimsoll(folder.path(), &["run"]);
    let other = read(&last_record(folder.path()))["content"].clone();
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

#[test]
fn how_two_reference_sets_lie_is_told_before_any_difference() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    plimsoll(folder.path(), &["run"]);
    let first = read(&last_record(folder.path()))["envelope"]["id"].as_str().expect("an id").to_owned();
    let examples = folder.path().join("examples/e.jsonl");
    let text = std::fs::read_to_string(&examples).expect("examples");
    // One example is inserted before all others, one is gone, one asks something else now.
    let added = r#"{"id":"new","task":"hours","input":{"messages":[{"role":"user","content":"and on Sundays?"}]},"expected":{"answer":"never"},"provenance":{"source":"traffic","weight":1}}"#;
    let kept: Vec<&str> = text.lines().filter(|line| !line.contains("\"e07\"")).collect();
    let whole = format!("{added}\n{}\n", kept.join("\n")).replace("branch 8 open", "branch 8 close");
    std::fs::write(&examples, whole).expect("an edit");
    for (file, grade) in [("candidate.jsonl", "wrong"), ("production.jsonl", "never")] {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).expect("answers");
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("\"e07\"")).collect();
        let answer = format!(r#"{{"example":"new","text":"{grade}"}}"#);
        let edited = lines.join("\n").replace("\"at 9\"", "\"at ten\"");
        std::fs::write(path, format!("{answer}\n{edited}\n")).expect("an edit");
    }
    let run = plimsoll(folder.path(), &["run"]);
    let said = out(&run).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("38 matched, 1 changed, 1 only here, 1 only there"), "{said}");
    let record = read(&last_record(folder.path()));
    let alignment = &record["content"]["reference_set"]["alignment"];
    assert_eq!(*alignment, json!({"record": first, "matched": 38, "changed": 1, "only_here": 1, "only_there": 1}));
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);

    let diff = plimsoll(folder.path(), &["diff", "--against", &first]);
    assert_eq!(code(&diff), 0, "{}", err(&diff));
    let said = out(&diff);
    assert!(said.starts_with("examples  38 matched, 1 changed, 1 only here, 1 only there\n"), "{said}");
    assert!(said.contains("1 grades worse, 0 better") && said.contains("e09   right   1 -> 0"), "{said}");
    assert!(said.contains("now: at ten"), "{said}");
    // What asks something else now is not compared, and an inserted line moves nobody.
    assert!(!said.contains("e08") && !said.contains("new"), "{said}");
}

#[test]
fn a_contract_that_was_renamed_after_the_result_is_the_same_one() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    let strict = text.replace("at_least: 60%", "at_least: 99%");
    std::fs::write(&contract, &strict).expect("an edit");
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 20);
    std::fs::write(&contract, text.replace("name: small", "name: small-2")).expect("an edit");
    let again = plimsoll(folder.path(), &["decide"]);
    assert_ne!(code(&again), 0, "{}", out(&again));
    let content = read(&last_record(folder.path()))["content"].clone();
    assert_eq!(content["look"]["number"], 1, "the same scores are the same look");
    let told = out(&again).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("the contract changed after these scores were first decided on"), "{told}");
}

#[test]
fn an_approval_needs_another_person_than_whoever_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    plimsoll(folder.path(), &["run"]);
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    std::fs::write(&contract, text.replace("by: 20%", "by: 25%")).expect("an edit");
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
fn who_approved_who_decided_and_when_cannot_be_edited_beside_the_history() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    plimsoll(folder.path(), &["run"]);
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    std::fs::write(&contract, text.replace("by: 20%", "by: 25%")).expect("an edit");
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
        let told = out(&verified).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("the history says another content") && told.contains(what), "{told}");
    }
}

#[test]
fn a_candidate_that_the_contract_describes_anew_is_looked_at_for_the_first_time() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    let look = |folder: &Path| read(&last_record(folder))["content"]["look"]["number"].clone();
    plimsoll(folder.path(), &["run"]);
    let answers = folder.path().join("candidate.jsonl");
    let text = std::fs::read_to_string(&answers).expect("answers");
    std::fs::write(&answers, text.replacen("at 15", "at 16", 1)).expect("an edit");
    plimsoll(folder.path(), &["run"]);
    assert_eq!(look(folder.path()), json!(2), "other answers of the same candidate are another look");
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    std::fs::write(
        &contract,
        text.replace("{recorded: candidate.jsonl}", "{recorded: candidate.jsonl, describe: prompt v2}"),
    )
    .expect("an edit");
    let answers_of_v2 = std::fs::read_to_string(&answers).expect("answers").replacen("at 17", "at 18", 1);
    std::fs::write(&answers, answers_of_v2).expect("an edit");
    let run = plimsoll(folder.path(), &["run"]);
    assert_eq!(look(folder.path()), json!(1), "a new candidate starts anew");
    let said = out(&run).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!said.contains("what is asked has changed since"), "another release is asked the same: {said}");
    std::fs::write(
        &contract,
        std::fs::read_to_string(&contract).expect("it").replace("at_least: 60%", "at_least: 65%"),
    )
    .expect("an edit");
    let answers_of_v2 = std::fs::read_to_string(&answers).expect("answers").replacen("at 18", "at 19", 1);
    std::fs::write(&answers, answers_of_v2).expect("an edit");
    let said = out(&plimsoll(folder.path(), &["run"])).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("what is asked has changed since"), "a gate that changed between runs is told: {said}");
}

/// Under new ids nothing that was decided on before is asked again: the set is fresh. With one example of before it is not.
#[test]
fn a_reference_set_that_shares_no_example_starts_at_the_first_look() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    let number = || read(&last_record(folder.path()))["content"]["look"]["number"].clone();
    let edit = |file: &str, was: &str, now: &str| {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).expect("it");
        assert!(text.contains(was), "{was} in {file}");
        std::fs::write(&path, text.replace(was, now)).expect("an edit");
    };
    let rename = |from: &str, to: &str, all: std::ops::Range<usize>| {
        for (file, at) in ["examples/e.jsonl", "candidate.jsonl", "production.jsonl"]
            .into_iter()
            .flat_map(|file| all.clone().map(move |at| (file, at)))
        {
            edit(file, &format!("\"{from}{at:02}\""), &format!("\"{to}{at:02}\""));
        }
    };
    plimsoll(folder.path(), &["run"]);
    edit("candidate.jsonl", "\"at 15\"", "\"at 16\"");
    plimsoll(folder.path(), &["run"]);
    assert_eq!(number(), json!(2));
    rename("e", "f", 0..40);
    plimsoll(folder.path(), &["run"]);
    assert_eq!(number(), json!(1), "a fresh sample");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    rename("f", "g", 1..40);
    plimsoll(folder.path(), &["run"]);
    assert_eq!(number(), json!(2), "one example of the fresh sample is still there");
    rename("f", "e", 0..1);
    plimsoll(folder.path(), &["run"]);
    assert_eq!(number(), json!(5), "one of the first joins them all: that one is in two, and the others in two");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
}

#[test]
fn a_signature_is_that_of_the_owner_whose_key_the_contract_names() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    let public = |seed: u8| ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (name, seed) in [("release.key", 1), ("other.key", 2)] {
        std::fs::write(folder.path().join(name), hex(&[seed; 32])).expect("a key");
    }
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    let named = format!("release: {{who: release captain, key: {}}}", hex(public(1).as_bytes()));
    std::fs::write(&contract, text.replace("release: release captain", &named)).expect("an edit");

    let refused = plimsoll(folder.path(), &["run", "--author", "release", "--key", "other.key"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("not the one that the contract names for `release`"), "{}", err(&refused));

    let run = plimsoll(folder.path(), &["run", "--author", "release", "--key", "release.key"]);
    assert!(out(&run).contains("(signed)"), "{}{}", out(&run), err(&run));
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    assert!(out(&verified).contains("the signature is that of `release`"), "{}", out(&verified));

    // Signed anew by somebody else, every hash made right: the contract names another key.
    let record = last_record(folder.path());
    let mut kept = read(&record);
    let mut bare = kept["envelope"].clone();
    bare.as_object_mut().expect("an envelope").shift_remove("signature");
    let digest = Digest::of_value("plimsoll.envelope.v1", &bare);
    let signed = ed25519_dalek::Signer::sign(&ed25519_dalek::SigningKey::from_bytes(&[2; 32]), digest.as_bytes());
    kept["envelope"]["signature"] = json!({"ed25519": hex(&signed.to_bytes()), "key": hex(public(2).as_bytes())});
    std::fs::write(&record, kept.to_string()).expect("a forged record");
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 3);
    assert!(out(&verified).contains("another key than the contract names for `release`"), "{}", out(&verified));

    // An owner without a key may act, and is shown as unsigned.
    let other =
        ["override", "latest", "--by", "prompt", "--reason", "a launch", "--scope", "all", "--expires", "2999-01-01"];
    let written = plimsoll(folder.path(), &other);
    assert!(out(&written).contains("unsigned"), "{}{}", out(&written), err(&written));
}

/// A decision, and then another reference set with answers to all of it.
fn other_set() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    plimsoll(folder.path(), &["run"]);
    // The four failing examples: two leave, and two new ones that pass enter.
    let examples = folder.path().join("examples/e.jsonl");
    let text = std::fs::read_to_string(&examples).expect("examples");
    let stays = |line: &&str| !line.contains("\"e00\"") && !line.contains("\"e10\"");
    let mut lines: Vec<String> = text.lines().filter(stays).map(str::to_owned).collect();
    for id in ["n1", "n2"] {
        lines.push(format!(r#"{{"id":"{id}","task":"hours","input":{{"messages":[{{"role":"user","content":"{id}?"}}]}},"expected":{{"answer":"never"}},"provenance":{{"source":"traffic","weight":1}}}}"#));
    }
    std::fs::write(&examples, lines.join("\n") + "\n").expect("an edit");
    for file in ["candidate.jsonl", "production.jsonl"] {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).expect("answers");
        let mut lines: Vec<String> = text.lines().filter(stays).map(str::to_owned).collect();
        lines.extend(["n1", "n2"].map(|id| format!(r#"{{"example":"{id}","text":"never"}}"#)));
        std::fs::write(path, lines.join("\n") + "\n").expect("an edit");
    }
    folder
}

#[test]
fn what_another_reference_set_did_to_the_numbers_is_told_and_cannot_be_edited() {
    let folder = other_set();
    let said = out(&plimsoll(folder.path(), &["run"]));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("2 entered (n1, n2), 2 left (e00, e10) since that decision"), "{said}");
    let record = last_record(folder.path());
    let mut content = read(&record)["content"].clone();
    let since = &content["reference_set"]["since"];
    assert_eq!(since["entered"], json!({"count": 2, "examples": ["n1", "n2"]}));
    assert_eq!(since["left"], json!({"count": 2, "examples": ["e00", "e10"]}));
    let effect = since["effect"].as_array().expect("figures");
    let short = effect.iter().find(|of| of["before"] == "0.9").expect("the rate of the gate on length");
    assert_eq!((&short["common"], &short["now"]), (&json!("0.947368421053"), &json!("0.95")));
    assert_eq!(short["before_common"], "0.947368421053");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    content["reference_set"]["since"]["left"]["count"] = json!(1);
    forge(folder.path(), &record, &content);
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 3);
}

#[test]
fn what_entered_and_left_is_told_in_every_form() {
    let folder = other_set();
    plimsoll(folder.path(), &["run"]);
    let content = read(&last_record(folder.path()))["content"].clone();
    let effect = content["reference_set"]["since"]["effect"].as_array().expect("figures").clone();
    let short = effect.iter().find(|of| of["before"] == "0.9").expect("the rate of the gate on length");
    let figures = format!(
        "{}, {}: 0.9000 then and 0.9474 on the examples of both; with these answers 0.9474 on those, 0.9500 on all of now",
        short["gate"].as_str().expect("a gate"),
        short["segment"].as_str().expect("a segment")
    );
    let moved = "2 entered (n1, n2), 2 left (e00, e10) since that decision";
    for (form, around) in [("text", (" set ", "")), ("markdown", ("- ", "")), ("html", ("<li>", "</li>"))] {
        let shown = plimsoll(folder.path(), &["show", "latest", "--as", form]);
        assert_eq!(code(&shown), 0, "{}", err(&shown));
        let flat = out(&shown).split_whitespace().collect::<Vec<_>>().join(" ");
        let flat =
            flat.replace("\\(", "(").replace("\\)", ")").replace("\\.", ".").replace("\\-", "-").replace("\\_", "_");
        assert!(flat.contains(&format!("{}{moved}{}", around.0, around.1)), "{form}: {flat}");
        assert!(flat.contains(&figures), "{form} lacks {figures}: {flat}");
    }
    let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", "markdown"]));
    assert!(shown.contains("### The reference set"), "{shown}");
}

/// The next release answers otherwise, and two examples retire: what leaving did is told apart from what the answers did, and the figure
/// then is known although the contract describes another candidate. Where a gate asked something else, it is unknown.
#[test]
fn what_leaving_did_is_told_on_the_answers_of_then() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    plimsoll(folder.path(), &["run"]);
    let edit = |file: &str, edit: &dyn Fn(String) -> String| {
        let path = folder.path().join(file);
        std::fs::write(&path, edit(std::fs::read_to_string(&path).expect("it"))).expect("an edit");
    };
    let without = |text: String| -> String {
        text.lines()
            .filter(|line| !line.contains("\"e00\"") && !line.contains("\"e11\""))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    edit("examples/e.jsonl", &without);
    edit("production.jsonl", &without);
    // One more of the 38 fails now.
    edit("candidate.jsonl", &|text| without(text).replace("at 15", "no idea at all, sorry"));
    edit("plimsoll.yaml", &|text| {
        text.replace("{recorded: candidate.jsonl}", "{recorded: candidate.jsonl, describe: prompt v2}")
    });
    let said = out(&plimsoll(folder.path(), &["run"])).split_whitespace().collect::<Vec<_>>().join(" ");
    // 36 of 40 then, 35 of those 38, and 34 of them now.
    let told = "0.9000 then and 0.9211 on the examples of both; with these answers 0.8947 on those";
    assert!(said.contains("2 left (e00, e11) since that decision") && said.contains(told), "{said}");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    edit("plimsoll.yaml", &|text| text.replace("at_least: 60%", "at_least: 65%"));
    edit("examples/e.jsonl", &|text| text.lines().skip(1).map(|line| format!("{line}\n")).collect());
    edit("production.jsonl", &|text| text.lines().skip(1).map(|line| format!("{line}\n")).collect());
    edit("candidate.jsonl", &|text| text.lines().skip(1).map(|line| format!("{line}\n")).collect());
    plimsoll(folder.path(), &["run"]);
    let content = read(&last_record(folder.path()))["content"].clone();
    let effect = content["reference_set"]["since"]["effect"].as_array().expect("figures").clone();
    let of =
        |gate: &str| effect.iter().find(|of| of["gate"].as_str().is_some_and(|name| name.contains(gate))).expect("it");
    assert_eq!((&of("short")["before"], &of("short")["before_common"]), (&Value::Null, &Value::Null));
    assert!(of("right")["before"].is_string() && of("right")["before_common"].is_string(), "{effect:?}");
}

#[test]
fn where_the_earlier_run_is_gone_nothing_is_said_of_what_entered_or_left() {
    let folder = other_set();
    std::fs::remove_dir_all(folder.path().join(".plimsoll/runs")).expect("the earlier run");
    let said = out(&plimsoll(folder.path(), &["run"]));
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("unknown, that run is no longer kept") && !said.contains("entered"), "{said}");
    let content = read(&last_record(folder.path()))["content"].clone();
    let set = &content["reference_set"];
    assert!(set["since"].is_null() && set.as_object().is_some_and(|set| set.contains_key("since")), "{set}");
    assert!(set["alignment"].is_object(), "{set}");
    for form in ["markdown", "html"] {
        let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", form]));
        assert!(!shown.contains("since that decision") && !shown.contains("### The reference set"), "{form}: {shown}");
    }
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    // The first decision of all has none before it, and the same set is no change.
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    plimsoll(folder.path(), &["run"]);
    assert!(read(&last_record(folder.path()))["content"]["reference_set"]["since"].is_null());
}

#[test]
fn a_signature_by_a_key_that_the_contract_does_not_name_is_shown_as_that() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    for (name, seed) in [("one.key", "01"), ("other.key", "02")] {
        std::fs::write(folder.path().join(name), seed.repeat(32)).expect("a key");
    }
    let odd = "signed with a key that the contract does not name";
    let run = plimsoll(folder.path(), &["run", "--author", "release", "--key", "one.key"]);
    assert!(out(&run).split_whitespace().collect::<Vec<_>>().join(" ").contains(odd), "{}{}", out(&run), err(&run));
    for form in ["markdown", "html"] {
        let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", form]));
        assert!(shown.contains(odd) && !shown.contains("(signed)"), "{form}: {shown}");
    }
    let overruled =
        ["override", "latest", "--by", "prompt", "--reason", "a launch", "--scope", "all", "--expires", "2999-01-01"];
    let overruled = plimsoll(folder.path(), &[&overruled[..], &["--key", "other.key"]].concat());
    assert_eq!(code(&overruled), 0, "{}", err(&overruled));
    assert!(out(&overruled).split_whitespace().collect::<Vec<_>>().join(" ").contains(odd), "{}", out(&overruled));
}

#[test]
fn an_approval_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    small(folder.path());
    plimsoll(folder.path(), &["run"]);
    let refused = plimsoll(folder.path(), &["decide", "--approve", "release", "--reason", " "]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("an approval needs a reason"), "{}", err(&refused));
}

/// Half of the answers fail, and the grader misspells why: what they cost is unknown, and not nothing.
#[test]
fn a_class_that_there_is_not_is_no_discount() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    small(folder);
    let path = folder.join("plimsoll.yaml");
    let text = std::fs::read_to_string(&path).expect("the contract");
    let text = text.replace("{equals: expected.answer}", "{process: {command: [sh, grader.sh], time_limit: 20s}}");
    let (text, _) = text.split_once("gates:\n").expect("gates");
    let gate = "gates:\n  - {measure: failure_cost, in: all, at_most: 1, else: hold, owner: release}\n";
    std::fs::write(&path, format!("{text}{gate}")).expect("a contract");
    for (class, state) in [("unsupported-claim", "unfit"), ("unsupported_claim", "breached")] {
        let grader = format!(
            "while read -r request; do\n  id=${{request#*:}}\n  id=${{id%%,*}}\n  value=true\n  [ $((id % 2)) = 1 ] && value=false\n  \
             echo \"{{\\\"id\\\": $id, \\\"value\\\": $value, \\\"class\\\": \\\"{class}\\\"}}\"\ndone\n"
        );
        std::fs::write(folder.join("grader.sh"), grader).expect("a grader");
        let run = plimsoll(folder, &["run", "--as", "json"]);
        let record: Value = serde_json::from_str(&out(&run)).unwrap_or_else(|_| panic!("{}", err(&run)));
        let of_candidate = |finding: &&Value| finding["arm"] == "candidate";
        let found = record["findings"].as_array().expect("findings").iter().find(of_candidate).expect("a finding");
        assert_eq!(found["state"], state, "{class}: {found}");
    }
}
