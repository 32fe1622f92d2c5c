//! Examples whose home is a file, told from outside: what is said of them and what their lines say change together, whoever is killed or
//! comes at the same time, and every other byte stays.

use super::{code, err, out, plimsoll};
use ::catalog::{Catalog, Place};
use domain::entry::{Entry, Noun};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CONTRACT: &str = "plimsoll: 1\nname: small\ntasks: [pay]\n";

/// An eval with this file of examples.
fn eval(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("examples/set.jsonl");
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    std::fs::write(folder.path().join("plimsoll.yaml"), CONTRACT).expect("a contract");
    std::fs::write(&set, text).expect("a set");
    (folder, set)
}

fn lines(count: usize) -> String {
    (0..count).map(|at| format!("{{\"id\":\"e{at}\",\"input\":\"question {at}\"}}\n")).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}

#[track_caller]
fn said(folder: &Path, arguments: &[&str]) -> String {
    let ended = plimsoll(folder, &[&["examples"], arguments].concat());
    assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
    out(&ended)
}

fn retire(folder: &Path, id: &str) -> Output {
    plimsoll(folder, &["examples", "retire", id, "--why", "gone", "--by", "policy"])
}

fn sh(folder: &Path, script: &str) -> Output {
    let binary = env!("CARGO_BIN_EXE_plimsoll");
    Command::new("sh").args(["-c", script]).env("plimsoll", binary).current_dir(folder).output().expect("a shell")
}

fn history(folder: &Path, id: &str) -> Vec<Entry> {
    let path = folder.join(".plimsoll/catalog.sqlite");
    let catalog = Catalog::open(&Place::File(path.to_str().expect("a path").into())).expect("a catalog");
    catalog.about(Noun::Example, id).expect("entries")
}

/// The words of an example's history.
fn words(folder: &Path, id: &str) -> Vec<String> {
    history(folder, id).into_iter().map(|entry| entry.what).collect()
}

fn is_retired(line: &str) -> bool {
    let line: Value = serde_json::from_str(line.trim_start_matches('\u{feff}')).expect("a line");
    line["status"]["state"] == "retired"
}

/// What lies in a folder, hidden files too.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_other_byte_of_the_file_stays() {
    let one = |line_end: &str, last: &str| {
        format!(
            "\u{feff}{{\"plimsoll_examples\": 1}}{line_end}{line_end}  {{ \"input\" : \"q1\",  \"id\":\"e1\" }}  {line_end}\
             {{\"id\":\"e2\",\"input\":\"q2\",\"labels\":{{\"n\":1.50,\"b\":\"\\u00e9\"}}}}{line_end}{{\"id\": \"e3\", \"input\": \"q3\"}}{last}"
        )
    };
    for text in [one("\r\n", "\r\n"), one("\n", ""), one("\r\n", ""), one("\n", "\n\n  \n")] {
        let (folder, set) = eval(&text);
        said(folder.path(), &["retire", "e2", "--why", "gone", "--by", "policy"]);
        let written = read(&set);
        let (before, after) = text.split_once("{\"id\":\"e2\"").expect("the line");
        let after =
            &after[after.find("{\"id\": \"e3\"").expect("the last line") - usize::from(text.contains('\r')) - 1..];
        assert!(written.starts_with(before) && written.ends_with(after), "{written:?}");
        let line = &written[before.len()..written.len() - after.len()];
        let kept = "{\"id\":\"e2\",\"input\":\"q2\",\"labels\":{\"n\":1.50,\"b\":\"\\u00e9\"},\"status\":";
        assert!(is_retired(line) && line.starts_with(kept), "{line}");
        said(folder.path(), &["activate", "e2", "--by", "policy"]);
        assert_eq!(read(&set), text, "there and back");
        // The first line stands after a mark, and the last before nothing.
        said(folder.path(), &["retire", "e1", "--why", "gone", "--by", "policy"]);
        said(folder.path(), &["retire", "e3", "--why", "gone", "--by", "policy"]);
        let written = read(&set);
        assert!(
            written.starts_with("\u{feff}{\"plimsoll_examples\": 1}") && written.matches("retired").count() == 2,
            "{written:?}"
        );
        assert_eq!(written.matches("\r\n").count(), text.matches("\r\n").count());
        assert_eq!(written.ends_with('}'), text.ends_with('}'));
        assert_eq!(names(&folder.path().join("examples")), ["set.jsonl"]);
    }
}

#[test]
fn saying_the_same_again_changes_no_byte() {
    let (folder, set) = eval("{ \"id\" : \"e1\",  \"input\" : \"q1\" }\n");
    said(folder.path(), &["activate", "e1", "--by", "policy"]);
    assert_eq!(read(&set), "{ \"id\" : \"e1\",  \"input\" : \"q1\" }\n");
    assert_eq!(words(folder.path(), "e1"), ["activated"]);
}

#[test]
fn a_proposal_of_a_file_is_accepted_and_what_was_quarantined_is_activated() {
    let (folder, set) = eval(
        "{\"id\":\"e1\",\"input\":\"q1\",\"status\":\"proposed\"}\n{\"id\":\"e2\",\"input\":\"q2\",\"status\":\"proposed\"}\n",
    );
    said(folder.path(), &["activate", "e1", "--by", "policy"]);
    said(folder.path(), &["accept", "e2", "--by", "policy"]);
    said(folder.path(), &["quarantine", "e1", "--why", "in doubt", "--by", "policy"]);
    said(folder.path(), &["activate", "e1", "--by", "policy"]);
    assert_eq!(words(folder.path(), "e1"), ["accepted", "quarantined", "activated"]);
    assert_eq!(words(folder.path(), "e2"), ["accepted"]);
    assert_eq!(read(&set), "{\"id\":\"e1\",\"input\":\"q1\"}\n{\"id\":\"e2\",\"input\":\"q2\"}\n");
}

#[test]
fn several_at_once_are_accepted_together_or_not_at_all() {
    let text: String =
        (0..3).map(|at| format!("{{\"id\":\"e{at}\",\"input\":\"q {at}\",\"status\":\"proposed\"}}\n")).collect();
    let (folder, set) = eval(&text);
    let refused = plimsoll(folder.path(), &["examples", "accept", "e0", "e7", "--by", "policy"]);
    assert_eq!(code(&refused), 2);
    assert_eq!(read(&set), text);
    said(folder.path(), &["accept", "e0", "e2", "e0", "--by", "policy"]);
    assert_eq!(read(&set).lines().map(|line| line.contains("proposed")).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(words(folder.path(), "e0"), ["accepted"]);
}

#[test]
fn processes_that_change_one_file_at_once_lose_nothing() {
    let (folder, set) = eval(&lines(12));
    let all: Vec<_> = (0..12)
        .map(|at| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
            command.current_dir(folder.path()).args([
                "examples",
                "retire",
                &format!("e{at}"),
                "--why",
                "gone",
                "--by",
                "policy",
            ]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a process")
        })
        .collect();
    for child in all {
        let ended = child.wait_with_output().expect("an end");
        assert_eq!(code(&ended), 0, "{}", err(&ended));
    }
    let written = read(&set);
    assert_eq!(written.lines().filter(|line| is_retired(line)).count(), 12, "{written}");
    assert!((0..12).all(|at| words(folder.path(), &format!("e{at}")) == ["retired"]));
    // Of two who say something of the same example, both are heard, or one is told that the other was faster.
    let both: Vec<_> = ["activate", "quarantine"]
        .into_iter()
        .map(|verb| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
            command.current_dir(folder.path()).args(["examples", verb, "e0", "--why", "twice", "--by", "policy"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a process")
        })
        .collect();
    let both: Vec<Output> = both.into_iter().map(|child| child.wait_with_output().expect("an end")).collect();
    assert!(both.iter().any(|ended| code(ended) == 0));
    assert!(both.iter().all(|ended| code(ended) == 0 || err(ended).contains("somebody else was faster")));
    agrees(folder.path(), &set, "e0");
}

/// What the file says of an example is what was said of it last.
#[track_caller]
fn agrees(folder: &Path, set: &Path, id: &str) {
    let text = read(set);
    let line = text.lines().find(|line| line.contains(&format!("\"{id}\""))).expect("its line");
    let line: Value = serde_json::from_str(line).expect("a line");
    let there = line["status"]["state"].as_str().unwrap_or("activated").to_owned();
    let last = words(folder, id).pop().unwrap_or_else(|| "activated".to_owned());
    assert_eq!(there, last, "{id}: {text}");
}

#[test]
fn whoever_is_killed_anywhere_leaves_file_and_history_as_one_for_the_next_verb() {
    let (folder, set) = eval(&lines(400));
    let announced = folder.path().join(".plimsoll/changing.json");
    let ready = folder.path().join("examples/.set.jsonl.unfinished");
    // Killed once it has come so far, and wherever it is by then.
    let reached: [&dyn Fn() -> bool; 3] =
        [&|| announced.exists(), &|| ready.exists(), &|| announced.exists() && !ready.exists()];
    for at in 0..30 {
        let id = format!("e{at}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["examples", "retire", &id, "--why", "gone", "--by", "policy"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        while !reached[at % reached.len()]() && child.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().expect("an end");
        said(folder.path(), &["list", "--most", "1"]);
        assert_eq!(names(&folder.path().join("examples")), ["set.jsonl"]);
        assert!(!announced.exists());
        agrees(folder.path(), &set, &id);
    }
    assert_eq!(read(&set).lines().count(), 400);
}

/// What the state folder says while this change is made.
fn announce(folder: &Path, id: &str, entry: &Entry, key: &str, value: &Value) {
    let change = json!({"example": id, "key": key, "value": value, "version": entry.version, "at": entry.at, "author": entry.author});
    let ready = "examples/.set.jsonl.unfinished";
    std::fs::write(folder.join(ready), "half").expect("a file");
    let text = json!({"catalog": "catalog.sqlite", "ready": [ready], "changes": [change]}).to_string();
    std::fs::write(folder.join(".plimsoll/changing.json"), text).expect("an announcement");
}

#[test]
fn what_was_said_before_the_kill_is_put_in_its_file_and_what_was_not_is_forgotten() {
    let (folder, set) = eval(&lines(3));
    let folder = folder.path();
    said(folder, &["retire", "e1", "--why", "gone", "--by", "policy"]);
    let (retired, entry) = (read(&set), history(folder, "e1").remove(0));
    let status = json!({"state": "retired", "reason": "gone"});
    // After it was said, and before its file was put in place.
    std::fs::write(&set, lines(3)).expect("the file as it was");
    announce(folder, "e1", &entry, "status", &status);
    assert!(said(folder, &["list", "--status", "retired"]).contains("e1"));
    assert_eq!(read(&set), retired);
    assert_eq!(names(&folder.join("examples")), ["set.jsonl"]);
    // Before it was said.
    let mut unsaid = entry.clone();
    unsaid.version = 2;
    announce(folder, "e2", &unsaid, "status", &status);
    said(folder, &["list"]);
    assert_eq!(read(&set), retired);
    // Somebody added an example in the meantime: theirs stays.
    std::fs::write(&set, format!("{{\"id\":\"new\",\"input\":\"q\"}}\n{}", lines(3))).expect("a file");
    announce(folder, "e1", &entry, "status", &status);
    said(folder, &["list"]);
    assert_eq!(read(&set), format!("{{\"id\":\"new\",\"input\":\"q\"}}\n{retired}"));
    // What was said is in another catalog: nothing is guessed.
    announce(folder, "e1", &entry, "status", &status);
    let ended = plimsoll(folder, &["--catalog", "other.sqlite", "examples", "list"]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("a change of examples is half-done"), "{}", err(&ended));
}

#[test]
fn a_file_that_may_not_grow_is_left_as_it_was_and_nothing_is_said() {
    let long = "x".repeat(400);
    let text: String = (0..8000).map(|at| format!("{{\"id\":\"e{at}\",\"input\":\"{long} {at}\"}}\n")).collect();
    let (folder, set) = eval(&text);
    assert_eq!(code(&retire(folder.path(), "e0")), 0);
    let before = read(&set);
    let retire = "\"$plimsoll\" examples retire e1 --why gone --by policy";
    let refused = sh(folder.path(), &format!("ulimit -f 3000; trap '' XFSZ; {retire}"));
    assert_eq!(code(&refused), 1, "{}", err(&refused));
    assert!(err(&refused).contains("nothing was changed") && err(&refused).contains("set.jsonl"), "{}", err(&refused));
    assert!(read(&set) == before && words(folder.path(), "e1").is_empty());
    assert_eq!(names(&folder.path().join("examples")), ["set.jsonl"]);
    // Killed by the system in the middle of the file.
    let killed = sh(folder.path(), &format!("ulimit -c 0; ulimit -f 3000; {retire}; exit 7"));
    assert_eq!(code(&killed), 7);
    said(folder.path(), &["list", "--most", "1"]);
    assert!(read(&set) == before && words(folder.path(), "e1").is_empty());
    assert_eq!(names(&folder.path().join("examples")), ["set.jsonl"]);
    assert!(!folder.path().join(".plimsoll/changing.json").exists());
}

#[test]
fn a_file_that_may_not_be_written_is_told_before_anything_is_said() {
    let (folder, set) = eval(&lines(2));
    std::fs::set_permissions(&set, std::fs::Permissions::from_mode(0o444)).expect("permissions");
    let refused = retire(folder.path(), "e1");
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("set.jsonl` may not be written, and nothing was changed"), "{}", err(&refused));
    assert_eq!(read(&set), lines(2));
    assert!(words(folder.path(), "e1").is_empty());
    std::fs::set_permissions(&set, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    assert_eq!(code(&retire(folder.path(), "e1")), 0);
    let mode = std::fs::metadata(&set).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "it may be read by whoever read it before");
}

#[test]
fn a_link_stays_one_and_what_it_leads_to_is_written() {
    let (folder, set) = eval(&lines(2));
    let kept = folder.path().join("kept");
    std::fs::create_dir(&kept).expect("a folder");
    std::fs::rename(&set, kept.join("all.jsonl")).expect("a move");
    std::os::unix::fs::symlink("../kept/all.jsonl", &set).expect("a link");
    assert_eq!(code(&retire(folder.path(), "e1")), 0);
    assert!(std::fs::symlink_metadata(&set).expect("a link").file_type().is_symlink());
    assert!(is_retired(read(&kept.join("all.jsonl")).lines().nth(1).expect("a line")));
    assert_eq!(names(&kept), ["all.jsonl"]);
}

#[test]
fn hostile_ids_are_ids() {
    let ids = [
        "../../etc/passwd",
        "--why",
        "'; DROP TABLE entry; --",
        "\u{202e}rtl",
        "é \u{1f600}",
        "\"},{\"id\":\"x\"",
        "a\\u001bb/%00",
    ];
    let text: String =
        ids.iter().map(|id| format!("{}\n", json!({"id": id, "input": format!("question {id}")}))).collect();
    let (folder, set) = eval(&text);
    for id in ids {
        let ended = plimsoll(folder.path(), &["examples", "retire", "--why", "gone", "--by", "policy", "--", id]);
        assert_eq!(code(&ended), 0, "{id:?}: {}", err(&ended));
        assert!(!out(&ended).contains('\u{1b}') && !out(&ended).contains('\u{202e}'), "{:?}", out(&ended));
        let shown = plimsoll(folder.path(), &["examples", "history", "--", id]);
        assert!(out(&shown).contains("retired by policy") && !out(&shown).contains('\u{1b}'), "{}", out(&shown));
    }
    let written = read(&set);
    assert_eq!(written.lines().count(), ids.len());
    for (line, id) in written.lines().zip(ids) {
        let line: Value = serde_json::from_str(line).expect("a line");
        assert_eq!((&line["id"], &line["status"]["state"]), (&json!(id), &json!("retired")));
    }
    let nobody = retire(folder.path(), "nobody\u{1b}[31m");
    assert_eq!(code(&nobody), 2);
    assert!(err(&nobody).contains("there is no example") && !err(&nobody).contains('\u{1b}'), "{}", err(&nobody));
}

#[test]
fn a_guard_without_an_id_keeps_the_one_that_it_had_once_it_is_armed() {
    let text = "{\"input\":\"q1\",\"guard\":true}\n";
    let (folder, set) = eval(text);
    let listed = said(folder.path(), &["list", "--as", "json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let id = listed["examples"][0]["id"].as_str().expect("an id").to_owned();
    said(folder.path(), &["retire", &id, "--why", "gone", "--by", "policy"]);
    said(folder.path(), &["activate", &id, "--by", "policy"]);
    assert_eq!(read(&set), text, "a status is no part of its content");
    let entry = history(folder.path(), &id).remove(0);
    announce(folder.path(), &id, &entry, "guard", &json!("armed"));
    said(folder.path(), &["list"]);
    assert_eq!(read(&set), format!("{{\"input\":\"q1\",\"guard\":\"armed\",\"id\":\"{id}\"}}\n"));
    said(folder.path(), &["show", &id]);
}

#[test]
fn a_file_that_was_changed_by_hand_holds_and_its_history_says_so() {
    let (folder, set) = eval(&lines(2));
    let folder = folder.path();
    said(folder, &["retire", "e1", "--why", "gone", "--by", "policy"]);
    assert!(!said(folder, &["history", "e1"]).contains("the file holds"));
    std::fs::write(&set, lines(2)).expect("the file of another branch");
    let told = said(folder, &["history", "e1"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("it was said to be retired, and its file says active: the file holds"), "{told}");
    assert!(said(folder, &["list", "--status", "active"]).contains("e1"));
    assert_eq!(read(&set), lines(2), "nobody asked for another");
    let told: Value = serde_json::from_str(&said(folder, &["retirements", "--as", "json"])).expect("JSON");
    assert!(told["notes"].to_string().contains("`e1` was said to be retired, and its file says active"), "{told}");
    std::fs::write(&set, lines(1)).expect("without it");
    assert!(said(folder, &["history", "e1"]).contains("it is in no file any more"));
}

/// Where a contract has no name, the history is kept under that of its folder, and its record is recomputed under the name that was sealed.
#[test]
fn a_contract_without_a_name_is_called_after_its_folder() {
    let eval = crate::eval("billing-support");
    let contract = eval.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    assert!(text.contains("name: billing-support\n"));
    std::fs::write(&contract, text.replacen("name: billing-support\n", "", 1)).expect("an edit");
    let folder = eval.path().file_name().and_then(|name| name.to_str()).expect("a name");
    let listed = crate::plimsoll(eval.path(), &["incident", "list"]);
    assert_eq!(crate::code(&listed), 0, "{}", crate::err(&listed));
    let run = crate::plimsoll(eval.path(), &["run"]);
    assert!(crate::out(&run).contains(folder), "{}{}", crate::out(&run), crate::err(&run));
    let record = crate::plimsoll(eval.path(), &["show", "--as", "json"]);
    let record: serde_json::Value = serde_json::from_slice(&record.stdout).expect("JSON");
    assert!(record.to_string().contains(&format!("\"name\":\"{folder}\"")), "{record}");
    let moved = tempfile::tempdir().expect("a temporary folder");
    let elsewhere = moved.path().join("renamed");
    std::fs::rename(eval.path(), &elsewhere).expect("a rename");
    let verified = crate::plimsoll(&elsewhere, &["verify"]);
    assert_eq!(crate::code(&verified), 0, "{}", crate::out(&verified));
    std::fs::rename(&elsewhere, eval.path()).expect("a rename back");
}
