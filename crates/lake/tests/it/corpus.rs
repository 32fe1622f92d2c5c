//! Tables of scores with slips in them: they are imported, or told with places inside the file; never a panic.

use crate::slips::{slip, slipped};
use camino::Utf8Path;
use lake::{Import, ImportError, import_scores};
use proptest::prelude::*;
use std::collections::BTreeSet;

const CSV: &str = include_str!("../corpus/scores.csv");
const JSONL: &str = include_str!("../corpus/scores.jsonl");

fn import(name: &str, bytes: &[u8]) -> Result<(), ImportError> {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Utf8Path::from_path(folder.path()).expect("a path that is UTF-8");
    let (file, run) = (home.join(name), home.join("run"));
    std::fs::write(&file, bytes).expect("a file");
    std::fs::create_dir(&run).expect("a folder");
    let leave_out = BTreeSet::new();
    let import =
        Import { file: &file, folder: &run, home, set: None, criteria: &[], classes: None, leave_out: &leave_out };
    let imported = import_scores(&import);
    let left = run.read_dir_utf8().expect("a folder").count();
    assert_eq!(left == 0, imported.is_err(), "all files or none, and {left} are there: {imported:?}");
    imported.map(drop)
}

/// Every fault lies in the file.
fn told(name: &str, bytes: &[u8]) {
    if let Err(ImportError::Faults { faults, .. }) = import(name, bytes) {
        let lines = String::from_utf8_lossy(bytes).split(['\n', '\r']).count() as u32;
        for fault in faults.iter() {
            assert!((1..=lines + 1).contains(&fault.place.line) && fault.place.column >= 1, "{fault:?}");
            assert!(!fault.what.is_empty() && !fault.help.is_empty(), "{fault:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_with_commas(slips in prop::collection::vec(slip(), 0..4)) {
        told("scores.csv", slipped(CSV, &slips).as_bytes());
    }

    #[test]
    fn a_table_of_json_lines(slips in prop::collection::vec(slip(), 0..4)) {
        told("scores.jsonl", slipped(JSONL, &slips).as_bytes());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in prop::sample::select(vec!["csv", "tsv", "jsonl", "parquet"])) {
        told(&format!("scores.{kind}"), &bytes);
    }
}

/// A table in Parquet, as a run keeps it.
fn parquet() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Utf8Path::from_path(folder.path()).expect("a path that is UTF-8");
    std::fs::write(home.join("scores.jsonl"), JSONL).expect("a file");
    let leave_out = BTreeSet::new();
    let file = home.join("scores.jsonl");
    import_scores(&Import {
        file: &file,
        folder: home,
        home,
        set: None,
        criteria: &[],
        classes: None,
        leave_out: &leave_out,
    })
    .expect("a run");
    std::fs::read(home.join("scores.parquet")).expect("a table")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_in_parquet(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in prop::option::of(any::<prop::sample::Index>())) {
        let mut bytes = parquet();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = import("scores.parquet", &bytes);
    }
}

/// A property found that the reader of the schema that Arrow keeps beside Parquet's own panics on slips.
#[test]
fn a_damaged_arrow_schema_is_not_read() {
    let whole = parquet();
    let name = b"ARROW:schema";
    let start = whole.windows(name.len()).position(|bytes| bytes == name).expect("the schema");
    for at in (start + name.len()..start + 400).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] = b'f';
        let _ = import("scores.parquet", &bytes);
    }
}
