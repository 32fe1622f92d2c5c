use super::*;
use crate::fault::Faults;
use crate::format::examples::{Read, parse};
use crate::format::lines::LinePlace;
use camino::Utf8Path;
use proptest::prelude::*;

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
        ["2: the id `a` is given twice, first at x.jsonl:1"]
    );
    assert_eq!(
        told(&[r#"{"id":"base-1","input":"q"}"#, r#"{"id":"v","input":"q","variant_of":"base1","expect":"same"}"#]),
        ["2: `variant_of` names `base1`, and no example has that id"]
    );
}

fn variants(edges: &[(usize, usize)]) -> Vec<String> {
    let bases: BTreeMap<usize, usize> = edges.iter().copied().collect();
    (0..8)
        .map(|id| match bases.get(&id) {
            None => format!(r#"{{"id":"{id}","input":"q","cluster":"c{id}"}}"#),
            Some(base) => format!(r#"{{"id":"{id}","input":"q","variant_of":"{base}","expect":"same"}}"#),
        })
        .collect()
}

fn joined(edges: &[(usize, usize)]) -> Result<ReferenceSet, Faults> {
    let lines = variants(edges);
    set(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_circle_of_variants_is_told_once_and_named() {
    let told = |edges| match joined(edges) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| format!("{}: {}", fault.place.line, fault.what)).collect(),
    };
    assert_eq!(told(&[(3, 3)]), ["4: `variant_of` runs in a circle: 3 -> 3"]);
    assert_eq!(
        told(&[(0, 1), (1, 2), (2, 1), (5, 6), (6, 5), (7, 5)]),
        ["2: `variant_of` runs in a circle: 1 -> 2 -> 1", "6: `variant_of` runs in a circle: 5 -> 6 -> 5"]
    );
}

proptest! {
    #[test]
    fn a_variant_lies_in_the_cluster_its_chain_starts_from(edges in prop::collection::btree_map(0usize..8, 0usize..8, 0..7)) {
        let root = |start: usize| {
            let mut at = start;
            for _ in 0..9 {
                match edges.get(&at) {
                    Some(base) => at = *base,
                    None => return Some(at),
                }
            }
            None
        };
        let edges: Vec<(usize, usize)> = edges.iter().map(|(variant, base)| (*variant, *base)).collect();
        match joined(&edges) {
            Ok(set) => for (id, row) in set.rows.iter().enumerate() {
                prop_assert_eq!(Some(row.cluster.as_str().to_owned()), root(id).map(|root| format!("c{root}")));
            },
            Err(_) => prop_assert!((0..8).any(|id| root(id).is_none())),
        }
    }

    #[test]
    fn ids_and_values_are_found_however_many_there_are(ids in prop::collection::btree_set("[a-c]{1,4}", 1..80)) {
        let lines: Vec<String> = ids
            .iter()
            .map(|id| format!(r#"{{"id":"{id}","input":"q","attributes":{{"first":"{}"}}}}"#, &id[..1]))
            .collect();
        let set = set(&lines.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let index = Ids::of(&set.rows);
        for (at, id) in ids.iter().enumerate() {
            prop_assert_eq!(index.find(&set.rows, id), Some(ExampleIndex(at as u32)));
            prop_assert_eq!(set.value(&"first".into(), ExampleIndex(at as u32)), Some(&id[..1]));
        }
        prop_assert_eq!(index.find(&set.rows, "abcabc"), None);
        prop_assert!(set.attributes.values().all(|column| column.values.len() <= 3));
    }
}

#[test]
fn facts_show_duplicates_conflicts_dates_and_dependencies() {
    let set = set(&[
        r#"{"id":"a","input":"q","expected":{"answer":"x"},"review_by":"2027-01-31","owner":"policy"}"#,
        r#"{"id":"b","input":"other","depends_on":[{"source":"p","version":"1"}]}"#,
        r#"{"id":"c","input":"q","expected":{"answer":"x"},"depends_on":[{"source":"p","version":"1"}]}"#,
        r#"{"id":"d","input":"other","expected":{"answer":"y"},"provenance":{"source":"traffic"}}"#,
        r#"{"id":"e","input":"q","status":{"state":"retired","reason":"old"}}"#,
    ])
    .unwrap();
    let index = |at: u32| ExampleIndex(at);
    assert_eq!(
        set.same_inputs(),
        [
            SameInput { examples: vec![index(0), index(2)], conflict: false },
            SameInput { examples: vec![index(1), index(3)], conflict: true },
        ]
    );
    let facts = |at: u32| set.facts(index(at)).unwrap();
    assert_eq!(facts(0).review_by.map(|date| date.to_string()).as_deref(), Some("2027-01-31"));
    assert_eq!(
        [facts(0).owned, facts(1).owned, facts(1).chance_known, facts(3).chance_known],
        [true, false, true, false]
    );
    assert_eq!((set.depends_on(index(1)).len(), set.depends_on(index(2))[0].1.as_str()), (1, "1"));
    assert!(set.depends_on(index(0)).is_empty());
    assert_eq!((set.count(RowState::Active), set.count(RowState::Retired)), (4, 1));
}

#[test]
fn inputs_that_are_written_otherwise_are_alike_and_a_variant_is_none_of_them() {
    let set = set(&[
        r#"{"id":"a","input":"Why was I charged?"}"#,
        r#"{"id":"b","input":"something else"}"#,
        r#"{"id":"c","input":"why was i  charged"}"#,
        r#"{"id":"d","input":"Why was I charged?"}"#,
        r#"{"id":"e","input":"WHY WAS I CHARGED","variant_of":"a","expect":"same"}"#,
    ])
    .unwrap();
    assert_eq!(set.alike_inputs(), [vec![ExampleIndex(0), ExampleIndex(2)]]);
    assert_eq!(set.same_inputs()[0].examples, [ExampleIndex(0), ExampleIndex(3)]);
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

#[test]
fn a_million_examples_fit_in_memory() {
    let bytes = size_of::<Row>() + size_of::<Facts>();
    assert!(bytes <= 176, "{bytes} bytes an example, beside its attributes and what is longer than a short name");
}

#[test]
fn an_example_that_changed_is_not_common() {
    let there = set(&[r#"{"id":"a","input":"q"}"#, r#"{"id":"b","input":"r"}"#, r#"{"id":"c","input":"s"}"#]);
    let here = set(&[r#"{"id":"d","input":"t"}"#, r#"{"id":"b","input":"other"}"#, r#"{"id":"a","input":"q"}"#]);
    let (there, here) = (there.expect("a set"), here.expect("a set"));
    let ids = |id: &str| vec![id.to_owned()];
    assert_eq!(Since::of(&here, &there), Since { entered: ids("d"), left: ids("c"), changed: ids("b") });
    let common = here.common_with(&there);
    assert_eq!(common.active().map(|(_, row)| row.id.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(common.rows.len(), here.rows.len());
}
