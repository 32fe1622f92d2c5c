//! Records with slips in them, as every verb reads them: shown, or refused; never a panic.

use super::slips::{slip, slipped};
use super::{code, err, last_record, plimsoll, small};
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

const CONTRACT: &str = include_str!("../stories/contract.yaml");

/// An eval with one record and an override of it; the paths of both, and what stands in them.
fn records() -> &'static (tempfile::TempDir, Vec<(PathBuf, String)>) {
    static RECORDS: OnceLock<(tempfile::TempDir, Vec<(PathBuf, String)>)> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let gate = "gates:\n  - {criterion: right, in: task, not_worse_than: production, by: 10%, else: repair, owner: release}\n";
        std::fs::write(folder.path().join("plimsoll.yaml"), format!("{CONTRACT}{gate}")).expect("a contract");
        small::write(folder.path(), "pay*30\nrefund*5", "candidate right 1*20 0*15\nproduction right 1*35");
        let mut records = Vec::new();
        let by = ["override", "latest", "--by", "product", "--reason", "r", "--scope", "all", "--expires", "2999-01-01"];
        for arguments in [&["run", "--exit-zero"][..], &by] {
            let made = plimsoll(folder.path(), arguments);
            assert_eq!(code(&made), 0, "{}", err(&made));
            let path = last_record(folder.path());
            let text = std::fs::read_to_string(&path).expect("a record");
            records.push((path, text));
        }
        (folder, records)
    })
}

/// Verbs that read a record.
fn verb() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "show --as text",
        "show --as json",
        "show --as markdown",
        "show --as html",
        "show --as junit",
        "verify",
        "diff",
    ])
}

/// Ends with a code of its own, and no panic, whatever stands in a record.
fn is_read_or_refused(which: usize, slipped: &str, verb: &str) -> Result<(), TestCaseError> {
    let (folder, records) = records();
    let (path, text) = &records[which];
    std::fs::write(path, slipped).expect("a record");
    let mut arguments: Vec<&str> = verb.split(' ').collect();
    arguments.insert(1, path.to_str().expect("a path"));
    let ended = plimsoll(folder.path(), &arguments);
    std::fs::write(path, text).expect("a record");
    prop_assert!([0, 1, 2, 3].contains(&code(&ended)), "{verb}: {}", err(&ended));
    prop_assert!(!err(&ended).contains("panicked"), "{verb}: {}", err(&ended));
    Ok(())
}

/// Every value of a document, as a JSON pointer.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let escaped = |key: &String| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{}", escaped(key)), all));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), all));
        }
        _ => {}
    }
}

/// Both properties write the same records: one at a time.
static TURN: Mutex<()> = Mutex::new(());

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record(which in 0..2usize, slips in prop::collection::vec(slip(), 1..4), verb in verb()) {
        let _turn = TURN.lock();
        is_read_or_refused(which, &slipped(&records().1[which].1, &slips), verb)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_with_another_value(
        which in 0..2usize,
        at in any::<prop::sample::Index>(),
        other in prop::sample::select(vec!["null", "true", "-1", "1e308", "18446744073709551615", "\"\"", "\"x\"", "\"1e999\"", "[]", "[[]]", "{}", "[{}]"]),
        verb in verb(),
    ) {
        let _turn = TURN.lock();
        let mut record: Value = serde_json::from_str(&records().1[which].1).expect("JSON");
        let mut all = Vec::new();
        pointers(&record, "", &mut all);
        let place = record.pointer_mut(&all[at.index(all.len())]).expect("a value");
        *place = serde_json::from_str(other).expect("JSON");
        is_read_or_refused(which, &record.to_string(), verb)?;
    }
}
