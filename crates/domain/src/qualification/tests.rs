use super::*;
use crate::name::ClusterId;

fn criterion(describe: &str) -> Criterion {
    Criterion {
        name: CriterionName::new("grounded"),
        describe: describe.to_owned(),
        protects: Vec::new(),
        grader: Grader::Judge { rubric: "rubrics/grounded.md".into(), with: vec![SystemName::new("judge")] },
        applies: Default::default(),
        pass_at: None,
        kind: Kind::PassFail,
    }
}

fn identity(model: &str) -> Identity {
    Identity { grader: Digest::of_bytes(b"grader"), models: vec![model.to_owned()], rubric: None }
}

/// A conversation for each label; of the judge's passes and fails so many passed and failed by people.
fn labelled(on_pass: (u64, u64), on_fail: (u64, u64)) -> Labelled {
    let cell = |name: &str, (passed, failed): (u64, u64)| {
        let one = |at: u64| {
            let passes = u64::from(at < passed);
            LabelledCluster {
                cluster: ClusterId::new(format!("{name}{at}")),
                labels: 1,
                passed: passes,
                weight: 1.0,
                weight_squared: 1.0,
                weight_passed: passes as f64,
            }
        };
        (0..passed + failed).map(one).collect()
    };
    let judged = (on_pass.0 + on_pass.1, on_fail.0 + on_fail.1);
    let (on_pass, on_fail) = (cell("p", on_pass), cell("f", on_fail));
    Labelled { judged, on_pass, on_fail, ..Labelled::empty(SegmentName::new("all")) }
}

fn judged(labelled: Labelled, on: &str) -> Judged {
    let calibration = Calibration {
        criterion: CriterionName::new("grounded"),
        definition: definition(&criterion("")),
        judge: identity("one"),
        scores: "s".to_owned(),
        made_on: "2026-06-01".to_owned(),
        expires_on: "2026-12-01".to_owned(),
        labellers: Vec::new(),
        samples: Vec::new(),
        segments: vec![labelled],
    };
    Judged {
        criterion: CriterionName::new("grounded"),
        judge: identity("one"),
        calibration: Some(calibration),
        on: on.to_owned(),
    }
}

fn all() -> SegmentName {
    SegmentName::new("all")
}

#[test]
fn a_judge_is_qualified_until_its_calibration_expires() {
    let whole = || labelled((38, 2), (3, 17));
    assert!(judged(whole(), "2026-12-01").qualify(&criterion(""), &all()).is_ok());
    let after = judged(whole(), "2026-12-02");
    assert_eq!(after.qualify(&criterion(""), &all()), Err(Unproven::Expired { on: "2026-12-01".to_owned() }));
}

#[test]
fn another_model_rubric_or_criterion_is_not_what_was_calibrated() {
    let mut other = judged(labelled((38, 2), (3, 17)), "2026-07-01");
    assert_eq!(other.qualify(&criterion("now it asks more"), &all()), Err(Unproven::OtherCriterion));
    other.judge = identity("two");
    let Err(Unproven::OtherJudge(what)) = other.qualify(&criterion(""), &all()) else { panic!("qualified") };
    assert_eq!(what, "its model was one, and is two");
    other.judge = Identity { rubric: Some(Digest::of_bytes(b"new")), ..identity("one") };
    assert!(matches!(other.qualify(&criterion(""), &all()), Err(Unproven::OtherJudge(_))));
}

#[test]
fn few_labels_and_other_segments_qualify_nobody() {
    let few = judged(labelled((15, 0), (0, 4)), "2026-07-01");
    assert_eq!(few.qualify(&criterion(""), &all()), Err(Unproven::TooFew { labels: 19, clusters: 19, agreed: 19 }));
    let elsewhere = few.qualify(&criterion(""), &SegmentName::new("task=refund"));
    assert_eq!(elsewhere, Err(Unproven::TooFew { labels: 0, clusters: 0, agreed: 0 }));
    let none = Judged { calibration: None, ..few };
    assert_eq!(none.qualify(&criterion(""), &all()), Err(Unproven::NotCalibrated));
}

#[test]
fn many_labels_of_one_conversation_are_one() {
    let mut one = labelled((38, 2), (3, 17));
    for cluster in one.on_pass.iter_mut().chain(&mut one.on_fail) {
        cluster.cluster = ClusterId::new("c");
    }
    let found = judged(one, "2026-07-01");
    assert!(matches!(found.qualify(&criterion(""), &all()), Err(Unproven::TooFew { labels: 60, clusters: 1, .. })));
}

#[test]
fn a_judge_that_says_the_same_of_everything_is_not_corrected_for() {
    let found = judged(labelled((30, 10), (14, 6)), "2026-07-01");
    assert!(matches!(found.qualify(&criterion(""), &all()), Err(Unproven::TellsNothing { .. })));
}

#[test]
fn what_a_judge_tells_is_told_of_all_that_it_judged_and_not_of_its_labels() {
    // Specificity is 18 of 22 on the labels, 90 of 270 on 900 passes and 100 fails, and 90 of 2,070 on 9,900.
    let of = |judged: (u64, u64)| Labelled { judged, ..labelled((16, 4), (2, 18)) };
    assert!(judged(of((900, 100)), "2026-07-01").qualify(&criterion(""), &all()).is_ok());
    let found = judged(of((9900, 100)), "2026-07-01");
    let Err(Unproven::TellsNothing { youden }) = found.qualify(&criterion(""), &all()) else { panic!("qualified") };
    assert!((youden - (792.0 / 793.0 + 9.0 / 207.0 - 1.0)).abs() < 1e-12, "{youden}");
}

#[test]
fn eighty_of_a_hundred_are_eighty_per_cent_or_more() {
    for of in [10, 15, 30, 35, 60, 140, 605] {
        let with = |agreed: u64| Disposition::of(&labelled((agreed, of - agreed), (of - agreed, agreed)));
        assert_eq!(with(4 * of / 5), Disposition::Automate, "of {of}");
        assert!(matches!(with(4 * of / 5 - 1), Disposition::HumanReview(_)), "of {of}");
    }
}

#[test]
fn thirty_labels_that_agree_still_allow_disagreement() {
    let why = Unproven::TooFew { labels: 30, clusters: 12, agreed: 30 }.why();
    // 1 - .05^(1/30) is .09503: what is called ruled out is rounded up.
    assert!(why.contains("allows 9.6 % disagreement"), "{why}");
}
