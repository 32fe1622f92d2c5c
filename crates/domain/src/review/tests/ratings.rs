use super::super::agreement::{Doubt, Rating, Repair, Right, agreement, repairs};
use super::super::{ItemKey, Says};
use crate::name::{CriterionName, ExampleId};

fn key(at: usize, system: &str) -> ItemKey {
    ItemKey {
        example: ExampleId::new(format!("e{at:03}")),
        system: system.to_owned(),
        repeat: 0,
        criterion: CriterionName::new("grounded"),
    }
}

fn says(passes: bool) -> Says {
    if passes { Says::Pass } else { Says::Fail }
}

#[test]
fn gold_shows_who_errs_where_people_agree() {
    let keys: Vec<ItemKey> = (0..60).map(|at| key(at, "v1")).collect();
    let truth = |at: usize| !at.is_multiple_of(3);
    let mut ratings = Vec::new();
    for (at, item) in keys.iter().enumerate() {
        let gold = (at < 30).then(|| says(truth(at)));
        for by in ["r1", "r2", "r3"] {
            let passes = if by == "r3" { true } else { truth(at) };
            ratings.push(Rating { item, by, says: says(passes), rubric: Some("aa"), gold });
        }
    }
    let found = agreement(&ratings);
    assert_eq!((found.items, found.labels, found.split.len()), (60, 180, 20));
    let of = |by: &str| found.reviewers.iter().find(|reviewer| reviewer.by == by).unwrap();
    assert_eq!(of("r1").gold_fails, Right { right: 10, of: 10 });
    assert_eq!(of("r3").gold_fails, Right { right: 0, of: 10 });
    assert_eq!(of("r3").gold_passes, Right { right: 20, of: 20 });
    assert!(of("r3").reliability.unwrap() < 0.7 && of("r1").reliability.unwrap() > 0.99);
    assert!(of("r3").gold_fails.interval().unwrap().upper < 0.31);
    assert_eq!(of("r1").with_others, Right { right: 100, of: 120 });
}

#[test]
fn two_reviewers_tell_nothing_of_each_others_reliability() {
    let keys: Vec<ItemKey> = (0..30).map(|at| key(at, "v1")).collect();
    let rating = |item, by| Rating { item, by, says: Says::Pass, rubric: None, gold: None };
    let ratings: Vec<Rating> = keys.iter().flat_map(|item| [rating(item, "r1"), rating(item, "r2")]).collect();
    let found = agreement(&ratings);
    assert!(found.reviewers.iter().all(|reviewer| reviewer.reliability.is_none()));
    assert_eq!(found.found.unwrap().alpha, Err(stats::Undefined::NoVariation));
}

#[test]
fn who_cannot_tell_rates_nothing() {
    let item = key(1, "v1");
    let rating = |by, says| Rating { item: &item, by, says, rubric: None, gold: Some(Says::Fail) };
    let found = agreement(&[rating("r1", Says::CannotTell), rating("r2", Says::Fail)]);
    assert_eq!((found.cannot_tell, found.split.len()), (1, 0));
    assert_eq!(found.found, Err(stats::Undefined::NoData));
    assert_eq!(found.reviewers[0].gold_fails, Right::default());
}

#[test]
fn disagreement_asks_for_what_the_items_show() {
    let keys: Vec<ItemKey> = (0..80).map(|at| key(at, "v1")).collect();
    let twin = key(7, "v2");
    let part = |at: usize| Some(if at < 20 { "refund" } else { "pay" });
    let split = |at: usize| at < 10 || at == 40;
    let mut doubts: Vec<Doubt> = keys
        .iter()
        .enumerate()
        .map(|(at, key)| Doubt { key, split: split(at), reported: at == 3, part: part(at) })
        .collect();
    doubts.push(Doubt { key: &twin, split: true, reported: false, part: Some("refund") });
    let found = repairs(&doubts);
    let of = |repair, part| found.get(&(repair, part)).map_or(0, Vec::len);
    assert_eq!(of(Repair::Quarantine, None), 3, "the reported one, and both answers to e007");
    assert_eq!(of(Repair::Policy, Some("refund")), 8);
    assert_eq!(found[&(Repair::Rubric, None)], [&keys[40]]);
}
