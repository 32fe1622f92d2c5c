use super::*;
use crate::entry::Draft;
use crate::name::{CriterionName, ExampleId};
use proptest::prelude::*;
use serde_json::{Value, json};

const KEY: &str = "e1/v2/0/grounded";

fn history(said: &[(&str, &str, Value)]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (by, what, body) in said {
        let draft = Draft {
            noun: Noun::Item,
            subject: KEY.to_owned(),
            after: None,
            what: (*what).to_owned(),
            at: "2026-11-01T08:00:00.000Z".to_owned(),
            author: (*by).to_owned(),
            why: Some("a reason".to_owned()),
            body: body.clone(),
        };
        let number = entries.len() as u64 + 1;
        entries.push(draft.entry(number, number as u32, entries.last().map(|entry| &entry.digest)));
    }
    entries
}

fn item(said: &[(&str, &str, Value)]) -> Item {
    items(&history(said)).remove(&ItemKey::parse(KEY).unwrap()).unwrap()
}

fn says(by: &'static str, says: &str) -> (&'static str, &'static str, Value) {
    (by, "labelled", json!({"says": says}))
}

#[test]
fn people_who_say_the_same_agree_and_who_cannot_tell_is_on_neither_side() {
    assert_eq!(item(&[says("r1", "pass")]).reading(), Reading::Agreed(Says::Pass));
    assert_eq!(item(&[says("r1", "fail"), says("r2", "cannot_tell")]).reading(), Reading::Agreed(Says::Fail));
    assert_eq!(item(&[says("r1", "cannot_tell")]).reading(), Reading::Agreed(Says::CannotTell));
}

#[test]
fn a_split_is_a_dispute_whatever_most_people_say() {
    let split = [says("r1", "pass"), says("r2", "pass"), says("r3", "fail")];
    assert_eq!(item(&split).reading(), Reading::Disputed);
}

#[test]
fn an_audit_that_says_otherwise_is_a_doubt_until_somebody_else_settles_it() {
    let audited = |word: &str| ("auditor", "audited", json!({"says": word}));
    let agreed = vec![says("r1", "pass"), says("r2", "pass")];
    let with = |further: Vec<(&'static str, &'static str, Value)>| item(&[agreed.clone(), further].concat());
    for word in ["pass", "cannot_tell"] {
        assert_eq!(with(vec![audited(word)]).reading(), Reading::Agreed(Says::Pass), "{word}");
    }
    let doubted = with(vec![audited("fail")]);
    assert_eq!((doubted.reading(), doubted.agreed()), (Reading::Disputed, Some(Says::Pass)));
    let reason = "auditor doubts it (the audit says fail: a reason): r1 pass, r2 pass";
    assert_eq!(doubted.grade().reason, reason);
    assert!(!doubted.may_settle("auditor") && doubted.may_settle("policy"));
    let settled = with(vec![audited("fail"), ("policy", "settled", json!({"says": "fail"}))]);
    assert_eq!(settled.reading(), Reading::Settled(Says::Fail));
    let undone = with(vec![audited("fail"), ("auditor", "undone", json!({"of": 3})), audited("pass")]);
    assert_eq!((undone.reading(), undone.audits.len()), (Reading::Agreed(Says::Pass), 1));
}

#[test]
fn a_split_is_settled_by_somebody_who_did_not_label_it() {
    let split = vec![says("r1", "pass"), says("r2", "fail")];
    let settled = |by: &'static str| {
        let mut said = split.clone();
        said.push((by, "settled", json!({"says": "fail"})));
        item(&said)
    };
    assert_eq!(settled("r2").reading(), Reading::Disputed);
    assert_eq!(settled("r3").reading(), Reading::Settled(Says::Fail));
    assert_eq!(settled("r3").settled.unwrap().why, "a reason");
}

#[test]
fn whoever_disputes_a_label_does_not_settle_it_and_a_later_doubt_opens_it_again() {
    let said = vec![says("r1", "pass"), ("r3", "disputed", json!({}))];
    assert_eq!(item(&said).reading(), Reading::Disputed);
    let with = |more: &[(&'static str, &'static str, Value)]| item(&[said.clone(), more.to_vec()].concat());
    let settle = |by: &'static str| (by, "settled", json!({"says": "fail"}));
    assert_eq!(with(&[settle("r3")]).reading(), Reading::Disputed);
    assert_eq!(with(&[settle("r4")]).reading(), Reading::Settled(Says::Fail));
    assert_eq!(with(&[settle("r4"), ("r2", "disputed", json!({}))]).reading(), Reading::Disputed);
}

#[test]
fn what_was_undone_is_not_said() {
    let split = [says("r1", "pass"), says("r2", "fail")];
    let undone = |by: &'static str| item(&[split[0].clone(), split[1].clone(), (by, "undone", json!({"of": 2}))]);
    assert_eq!(undone("r2").reading(), Reading::Agreed(Says::Pass));
    assert_eq!(undone("r1").reading(), Reading::Disputed, "nobody undoes what somebody else said");
}

#[test]
fn a_person_labels_an_answer_once_and_says_last_what_holds() {
    let again = item(&[says("r1", "pass"), says("r1", "fail")]);
    assert_eq!((again.labels.len(), again.reading()), (1, Reading::Agreed(Says::Fail)));
}

#[test]
fn labels_of_another_answer_of_the_same_system_say_nothing_of_this_one() {
    let of = |by: &'static str, answer: &str| (by, "labelled", json!({"says": "pass", "answer": answer}));
    let two = item(&[of("r1", "aa"), of("r1", "bb"), says("r2", "fail")]);
    assert_eq!(two.labels.len(), 3);
    let one = two.of_answer("bb");
    assert_eq!(one.labels.iter().map(|label| label.by.as_str()).collect::<Vec<_>>(), ["r1", "r2"]);
}

#[test]
fn labels_under_an_older_version_of_the_rubric_give_way_to_those_under_the_current_one() {
    let under = |by: &'static str, says: &str, rubric: &str| {
        (by, "labelled", json!({"says": says, "rubric": rubric, "answer": "aa"}))
    };
    let current = BTreeSet::from(["new".to_owned()]);
    let old = vec![under("r1", "pass", "old"), under("r2", "fail", "old"), ("r4", "disputed", json!({}))];
    assert_eq!(item(&old).under(&current).reading(), Reading::Disputed, "there is nothing newer");
    let renewed = item(&[old.clone(), vec![under("r3", "fail", "new")]].concat()).under(&current);
    assert_eq!(renewed.reading(), Reading::Agreed(Says::Fail));
    assert_eq!(renewed.labels.iter().map(|label| label.by.as_str()).collect::<Vec<_>>(), ["r3"]);
    assert!(["r1", "r2", "r3", "r4"].iter().all(|by| !renewed.may_settle(by)) && renewed.may_settle("r5"));
    let settled = [old.clone(), vec![("r5", "settled", json!({"says": "pass"})), under("r1", "fail", "new")]].concat();
    assert_eq!(item(&settled).under(&current).reading(), Reading::Agreed(Says::Fail));
    let again = [old.clone(), vec![under("r1", "fail", "new"), under("r2", "fail", "new")]].concat();
    assert_eq!(item(&again).under(&current).reading(), Reading::Agreed(Says::Fail), "the doubt was of the old labels");
    let doubted = item(&[vec![("r4", "disputed", json!({}))], vec![under("r1", "fail", "new")]].concat());
    assert_eq!(doubted.under(&current).reading(), Reading::Disputed, "the doubt is of no version");
    let other = ("r2", "labelled", json!({"says": "pass", "rubric": "old", "answer": "bb"}));
    let two = item(&[under("r1", "fail", "new"), other]).under(&current);
    assert_eq!(two.of_answer("bb").reading(), Reading::Agreed(Says::Pass), "the label is of another answer");
}

#[test]
fn a_label_from_a_file_is_by_whoever_labelled() {
    let brought = item(&[("keeper", "labelled", json!({"says": "pass", "by": "r1"}))]);
    assert_eq!((brought.labels[0].by.as_str(), &brought.labels[0].at), ("r1", &None));
}

proptest! {
    #[test]
    fn a_key_reads_back_as_it_was(example in "[a%/\\n é]{1,8}", system in "[v2/%]{1,6}", repeat in 0u32..4, criterion in "[ok%]{1,4}") {
        let (example, criterion) = (ExampleId::new(example), CriterionName::new(criterion));
        let key = ItemKey { example, system, repeat, criterion };
        prop_assert_eq!(ItemKey::parse(&key.to_string()), Some(key));
    }

    #[test]
    fn no_text_makes_a_key_panic(text in "\\PC{0,20}") {
        if let Some(key) = ItemKey::parse(&text) {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}

mod queue;
mod ratings;
