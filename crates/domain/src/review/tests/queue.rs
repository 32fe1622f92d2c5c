use super::super::{ItemKey, Laid, Purpose, Queue, Says, drawn, gold_among, queues};
use crate::entry::{Draft, Entry, Noun};
use crate::name::{CriterionName, ExampleId};
use serde_json::Value;

fn key(at: u32) -> ItemKey {
    ItemKey {
        example: ExampleId::new(format!("e{at}")),
        system: if at.is_multiple_of(2) { "v1" } else { "v2" }.to_owned(),
        repeat: 0,
        criterion: CriterionName::new("grounded"),
    }
}

fn said(entries: &mut Vec<Entry>, what: &str, body: Value) {
    let draft = Draft {
        noun: Noun::Queue,
        subject: "first".to_owned(),
        after: None,
        what: what.to_owned(),
        at: "2026-11-01T08:00:00.000Z".to_owned(),
        author: "keeper".to_owned(),
        why: None,
        body,
    };
    let number = entries.len() as u64 + 1;
    entries.push(draft.entry(number, number as u32, entries.last().map(|entry| &entry.digest)));
}

fn queue(gold: &[u32]) -> Queue {
    let laid = Laid {
        answer: "aa".to_owned(),
        example: "bb".to_owned(),
        file: "answers/v1.jsonl".into(),
        offset: 3,
        length: 40,
        sample: None,
    };
    let keys: Vec<ItemKey> = (0..40).map(key).collect();
    let gold: Vec<ItemKey> = gold.iter().map(|at| key(*at)).collect();
    let mut entries = Vec::new();
    let settings = (2, 7, 1800);
    let of = (Purpose::Label, &CriterionName::new("grounded"));
    said(&mut entries, "opened", Queue::opening("first", "2026-11-01T08:00:00.000Z", of, ("r.md", "cc"), settings));
    let known = gold.iter().map(|key| (key, Says::Fail));
    said(&mut entries, "filled", Queue::filling(keys.iter().map(|key| (key, &laid)), known));
    queues(&entries).remove("first").unwrap()
}

#[test]
fn a_queue_reads_back_as_it_was_filled() {
    let queue = queue(&[3]);
    assert_eq!((queue.items.len(), queue.gold[&key(3)], queue.overlap), (40, Says::Fail, 2));
    assert_eq!(queue.items[&key(5)].file, "answers/v1.jsonl");
    assert_eq!(queue.rubric.1, "cc");
}

#[test]
fn each_reviewer_has_an_order_of_their_own_and_always_the_same() {
    let queue = queue(&[]);
    assert_eq!(queue.order("r1"), queue.order("r1"));
    assert_ne!(queue.order("r1"), queue.order("r2"));
    let mut all = queue.order("r1");
    all.sort();
    assert_eq!(all, queue.items.keys().collect::<Vec<_>>());
}

#[test]
fn neither_names_nor_order_tell_gold() {
    let (with, without) = (queue(&[3, 5]), queue(&[]));
    assert_eq!(with.order("r1"), without.order("r1"));
    assert_eq!(with.shown(&key(3)), without.shown(&key(3)));
    let shown = with.shown(&key(3));
    assert!(shown.len() == 12 && shown.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(with.find(&shown), Some(&key(3)));
    assert_eq!(with.find("e3"), None);
}

#[test]
fn a_draw_is_the_seeds_and_gold_makes_its_part() {
    let keys = || (0..40).map(key);
    assert_eq!(drawn(1, keys()), drawn(1, keys().rev()));
    assert_ne!(drawn(1, keys()), drawn(2, keys()));
    assert_eq!([gold_among(95, 0.05), gold_among(0, 0.05), gold_among(10, 0.0)], [5, 0, 0]);
}
