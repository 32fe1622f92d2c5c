use super::*;
use crate::fault::Faults;
use crate::format::examples::{Read, parse};
use crate::format::lines::LinePlace;
use camino::Utf8Path;

fn set(lines: &[&str]) -> Result<ReferenceSet, Faults> {
    let mut builder = Builder::new(false);
    let path = Utf8Path::new("x.jsonl");
    let file = builder.file(path);
    for (at, text) in lines.iter().enumerate() {
        let line = at as u32 + 1;
        match parse(LinePlace { file: path, line }, text) {
            Ok(Read::Example(example)) => builder.add(&example, Kept { file, line, offset: 0, length: 0 }),
            Ok(Read::Header) => {}
            Err(faults) => faults.into_iter().for_each(|fault| builder.fault(fault)),
        }
    }
    builder.finish()
}

fn told(lines: &[&str]) -> Vec<String> {
    set(lines).unwrap_err().iter().map(|fault| format!("{}: {}", fault.place.line, fault.what)).collect()
}

#[test]
fn the_whole_shows_what_no_line_can() {
    assert_eq!(
        told(&[r#"{"id":"a","input":"q"}"#, r#"{"id":"a","input":"r"}"#]),
        ["2: the id `a` is given twice, first at x.jsonl:1:1"]
    );
    assert_eq!(
        told(&[r#"{"id":"v","input":"q","variant_of":"b","expect":"same"}"#]),
        ["1: `variant_of` names `b`, and no example has that id"]
    );
    let circle = told(&[
        r#"{"id":"a","input":"q","variant_of":"b","expect":"same"}"#,
        r#"{"id":"b","input":"r","variant_of":"a","expect":"same"}"#,
    ]);
    assert_eq!(circle.len(), 2);
    assert!(circle[0].contains("runs in a circle"));
}

#[test]
fn inserting_a_line_re_identifies_nothing() {
    let few = set(&[r#"{"id":"a","input":"q"}"#, r#"{"id":"b","input":"r"}"#]).unwrap();
    let more = set(&[r#"{"id":"z","input":"n"}"#, r#"{"id":"a","input":"q"}"#, r#"{"id":"b","input":"r"}"#]).unwrap();
    assert_eq!(few.rows[0].digest, more.rows[1].digest);
    assert_ne!(few.digest, more.digest);
}

#[test]
fn a_variant_shares_its_bases_cluster_and_counts_toward_no_rate() {
    let set = set(&[
        r#"{"id":"base","input":"q","cluster":"c9"}"#,
        r#"{"id":"v1","input":"r","variant_of":"base","expect":"same"}"#,
        r#"{"id":"v2","input":"s","variant_of":"v1","expect":{"changed":"refuse"}}"#,
    ])
    .unwrap();
    assert!(set.rows.iter().all(|row| row.cluster.as_str() == "c9"));
    assert_eq!([set.rows[0].weight.get(), set.rows[1].weight.get()], [1.0, 0.0]);
}

#[test]
fn made_chosen_and_unknown_examples_carry_no_weight() {
    let of = |provenance: &str| {
        let line = format!(r#"{{"id":"a","input":"q","provenance":{provenance}}}"#);
        set(&[line.as_str()]).unwrap().rows[0].weight.get()
    };
    assert_eq!(of(r#"{"source":"traffic","probability":0.02}"#), 50.0);
    assert_eq!(of(r#"{"source":"traffic"}"#), 0.0);
    assert_eq!(of(r#"{"source":"incident","weight":3}"#), 0.0);
    assert_eq!(of(r#"{"source":"synthetic","probability":0.5}"#), 0.0);
    assert_eq!(of(r#"{"source":"demo","weight":1}"#), 0.0);
}

#[test]
fn quarantined_and_retired_examples_leave_the_plan_and_the_digest() {
    let all = set(&[
        r#"{"id":"a","input":"q"}"#,
        r#"{"id":"b","input":"r","status":{"state":"quarantined","reason":"label disputed"}}"#,
    ])
    .unwrap();
    let one = set(&[r#"{"id":"a","input":"q"}"#]).unwrap();
    assert_eq!(all.active().count(), 1);
    assert_eq!(all.digest, one.digest);
}
