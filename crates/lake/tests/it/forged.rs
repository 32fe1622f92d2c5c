//! Files of a run with bytes exchanged: they are read, or refused; never a panic. The reader of Parquet has some.

use camino::Utf8Path;
use lake::{Import, import_scores};
use std::collections::BTreeSet;

const JSONL: &str = include_str!("../corpus/scores.jsonl");

#[test]
fn files_of_a_run_with_exchanged_bytes_are_read_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Utf8Path::from_path(folder.path()).expect("a path that is UTF-8");
    let file = home.join("scores.jsonl");
    std::fs::write(&file, JSONL).expect("a file");
    let leave_out = BTreeSet::new();
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
    assert!(lake::fingerprint(home).is_ok() && lake::imported_from(home).is_ok_and(|table| table.is_some()));
    let mut refused = 0;
    for (name, step) in [("examples.parquet", 13), ("scores.parquet", 23), ("answers.parquet", 29)] {
        let path = home.join(name);
        let whole = std::fs::read(&path).expect("a file of the run");
        for at in (0..whole.len()).step_by(step) {
            for mask in [0x02, 0x80] {
                let mut bytes = whole.clone();
                bytes[at] ^= mask;
                std::fs::write(&path, &bytes).expect("an exchanged file");
                let read =
                    [lake::read_set(home).is_ok(), lake::imported_from(home).is_ok(), lake::fingerprint(home).is_ok()];
                refused += read.iter().filter(|is_read| !**is_read).count();
            }
        }
        std::fs::write(&path, &whole).expect("the file as it was");
    }
    assert!(refused > 0);
}
