//! Files of a run with bytes exchanged: they are read, or refused; never a panic. The reader of Parquet has some.

use camino::Utf8Path;
use domain::digest::Digest;
use domain::format::examples::{Read, parse};
use domain::format::lines::LinePlace;
use domain::reference_set::{Builder, Kept, ReferenceSet};
use domain::score::{HowJudged, State};
use lake::{AnswerIn, Import, RunWriter, ScoreIn, import_scores, write_set};
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

/// A run of one answer and one score.
struct Run {
    example: &'static str,
    set: ReferenceSet,
    line: u32,
    reason: &'static str,
    answer: AnswerIn<'static>,
}

fn run() -> Run {
    let answer = AnswerIn {
        index: 0,
        system: "candidate",
        repeat: 0,
        state: State::Graded,
        latency_ms: Some(120.0),
        spend: None,
        cached: false,
        attempts: Some(1),
        kept: Some((0, 10, 40)),
    };
    let example = r#"{"id":"a","input":"q","attributes":{"risk":"high"}}"#;
    Run { example, set: ReferenceSet::default(), line: 1, reason: "says no", answer }
}

/// Its fingerprint and the digest of its other values, as they are read back from what was written.
fn told(mut run: Run) -> (Digest, Digest) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Utf8Path::from_path(folder.path()).expect("a path that is UTF-8");
    let place = LinePlace { file: Utf8Path::new("e.jsonl"), line: run.line };
    let Ok(Read::Example(example)) = parse(place, run.example) else { panic!("an example") };
    let mut builder = Builder::new(false);
    let file = builder.file(&home.join("e.jsonl"));
    builder.add(&example, Kept { file, line: run.line, offset: 0, length: run.example.len() as u32 });
    run.set = builder.finish().expect("a set");
    let mut writer = RunWriter::create(home).expect("a run");
    let row = ScoreIn {
        example: "a",
        index: 0,
        example_digest: &run.set.rows[0].digest.to_string(),
        system: "candidate",
        repeat: 0,
        criterion: "tone",
        grader: "g",
        state: State::Graded,
        value: Some(0.0),
        class: None,
        reason: run.reason,
        how: HowJudged::default(),
    };
    writer.score(&row).expect("a score");
    writer.answer(&run.answer).expect("an answer");
    writer.finish().expect("the files");
    write_set(home, &run.set, home).expect("the set");
    (lake::fingerprint(home).expect("rows").digest(), lake::values(home).expect("values"))
}

/// Whatever no grade and no measure depends on is in a digest of its own, so that a record says it too.
#[test]
fn no_value_of_a_run_is_outside_of_what_is_told_of_it() {
    let (scores, values) = told(run());
    assert_eq!((scores, values), told(run()), "the same values, wherever they are written");
    let with = |edit: &dyn Fn(&mut Run)| {
        let mut run = run();
        edit(&mut run);
        told(run)
    };
    let others: [&dyn Fn(&mut Run); 10] = [
        &|run| run.reason = "says yes",
        &|run| run.line = 2,
        &|run| run.answer.state = State::SystemError,
        &|run| run.answer.cached = true,
        &|run| run.answer.attempts = Some(2),
        &|run| run.answer.attempts = None,
        &|run| run.answer.kept = Some((0, 11, 40)),
        &|run| run.answer.kept = Some((0, 10, 41)),
        &|run| run.answer.kept = Some((1, 10, 40)),
        &|run| run.answer.kept = None,
    ];
    for (at, edit) in others.into_iter().enumerate() {
        let told = with(edit);
        assert_eq!(told.0, scores, "the same scores are the same look ({at})");
        assert_ne!(told.1, values, "{at}");
    }
    assert_ne!(with(&|run| run.answer.latency_ms = Some(121.0)).0, scores);
    assert_ne!(with(&|run| run.example = r#"{"id":"a","input":"q","attributes":{"risk":"low"}}"#).1, values);
}
