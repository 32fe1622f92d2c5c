use super::*;
use crate::outcome::Counted;

fn one(arm: Arm, conversation: &str, at: usize, good: bool) -> Outcome {
    Outcome {
        record: None,
        candidate: None,
        at: format!("2026-11-03T08:{:02}:{:02}Z", at / 60, at % 60),
        metric: "resolved".to_owned(),
        better: None,
        criterion: None,
        segment: None,
        attributes: BTreeMap::new(),
        arm: Some(arm),
        conversation: Some(conversation.to_owned()),
        incident: None,
        counted: Counted::Of { count: u64::from(good), n: 1 },
    }
}

fn plan(beside: u32) -> Plan {
    Plan { margin: Share::new(0.05).unwrap(), alpha: Share::new(0.05).unwrap(), beside }
}

/// Of each ten conversations so many go well, for either arm; conversations of the two are named alike where they are the same.
fn rollout(count: usize, well: [usize; 2], same: bool) -> Vec<Outcome> {
    let of = |arm: Arm, well: usize| {
        (0..count).map(move |at| {
            let name = if same { format!("c{at:04}") } else { format!("{}-{at:04}", arm.as_str()) };
            one(arm, &name, at, at * 7 % 10 < well)
        })
    };
    of(Arm::Candidate, well[0]).chain(of(Arm::Production, well[1])).collect()
}

fn taken(outcomes: &[Outcome]) -> Result<Rollout, Unfollowed> {
    let mut rollout = Rollout::default();
    outcomes.iter().try_for_each(|outcome| rollout.take(outcome))?;
    Ok(rollout)
}

fn followed(outcomes: &[Outcome], plan: &Plan) -> Followed {
    taken(outcomes).unwrap().follow(plan).unwrap()
}

#[test]
fn equal_systems_are_enough_in_time_and_a_worse_one_stops() {
    let equal = followed(&rollout(400, [8, 8], true), &plan(1));
    assert_eq!((equal.verdict, equal.paired, equal.differences), (Verdict::Enough, true, 400));
    let worse = followed(&rollout(200, [6, 8], true), &plan(1));
    assert_eq!(worse.verdict, Verdict::Stop);
    assert!(
        (worse.mean.unwrap() + 0.2).abs() < 1e-12 && worse.harm.log_e >= worse.bar && worse.enough.shown_at.is_none()
    );
    let early = followed(&rollout(20, [8, 8], true), &plan(1));
    assert_eq!(early.verdict, Verdict::Continue);
    assert!(early.more.is_some_and(|more| more > 20), "{early:?}");
}

/// Conversations that both answered: the candidate alone fails in the first twelve, production alone in the next eighteen.
fn first_worse_then_better(count: usize) -> Vec<Outcome> {
    let of = |arm: Arm, failed: std::ops::Range<usize>| {
        (0..count).map(move |at| one(arm, &format!("c{at:04}"), at, !failed.contains(&at)))
    };
    of(Arm::Candidate, 0..12).chain(of(Arm::Production, 12..30)).collect()
}

#[test]
fn harm_that_was_shown_once_stays_shown_whatever_comes_after() {
    let early = followed(&first_worse_then_better(12), &plan(1));
    let shown_at = early.harm.shown_at.unwrap();
    assert_eq!((early.verdict, early.enough.shown_at), (Verdict::Stop, None));
    let later = followed(&first_worse_then_better(330), &plan(1));
    assert!(later.harm.log_e < 0.0, "by now nothing is left of it: {later:?}");
    assert_eq!((later.harm.shown_at, later.verdict, later.more), (Some(shown_at), Verdict::Stop, Some(0)));
    assert!(later.harm.p() <= 0.05 && later.harm.highest >= later.bar);
    // That it is not worse by the margin is shown too, and is told beside it.
    assert!(later.enough.shown_at.is_some_and(|at| at > shown_at), "{later:?}");
}

#[test]
fn harm_goes_before_what_was_hoped_for() {
    let shown = |at: Option<u64>| Evidence { log_e: 0.0, highest: 0.0, shown_at: at };
    for (enough, harm, wanted) in [
        (Some(3), Some(9), Verdict::Stop),
        (Some(9), Some(3), Verdict::Stop),
        (Some(3), None, Verdict::Enough),
        (None, None, Verdict::Continue),
    ] {
        assert_eq!(verdict(&shown(enough), &shown(harm)), wanted);
    }
}

/// What is still missing is what the same conversations once more, and once more, would take.
#[test]
fn how_many_more_is_what_more_of_the_same_would_take() {
    let seen = followed(&rollout(20, [8, 8], true), &plan(1));
    let more = seen.more.unwrap() as usize;
    let long = |count: usize| {
        let of = |arm: Arm| (0..count).map(move |at| at_second(one(arm, &format!("c{at:05}"), 0, at * 7 % 10 < 8), at));
        followed(&of(Arm::Candidate).chain(of(Arm::Production)).collect::<Vec<_>>(), &plan(1)).verdict
    };
    assert_eq!((long(20 + more - 1), long(20 + more)), (Verdict::Continue, Verdict::Enough), "{more}");
}

fn at_second(mut outcome: Outcome, second: usize) -> Outcome {
    outcome.at = format!("2026-11-03T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
    outcome
}

#[test]
fn the_order_of_the_file_changes_nothing_and_a_longer_file_goes_on() {
    let mut outcomes = rollout(60, [7, 8], false);
    let one = followed(&outcomes, &plan(1));
    outcomes.reverse();
    assert_eq!(followed(&outcomes, &plan(1)), one);
    let longer = followed(&rollout(90, [7, 8], false), &plan(1));
    assert_eq!(
        longer.way[..longer.way.len()].iter().find(|point| point.0 == 59).map(|at| at.1),
        one.way.iter().find(|point| point.0 == 59).map(|at| at.1)
    );
}

/// The evidence is a function of three counts where every answer is right or wrong; the way there is that of each beginning.
#[test]
fn one_pass_says_what_counts_say_of_every_beginning() {
    let outcomes = rollout(1000, [7, 8], true);
    let found = followed(&outcomes, &plan(1));
    let differences: Vec<i32> = (0..1000).map(|at| i32::from(at * 7 % 10 < 7) - i32::from(at * 7 % 10 < 8)).collect();
    let bets = [Bets::against(0.05, GRID).unwrap(), Bets::against(0.0, GRID).unwrap()];
    assert!(found.way.len() >= POINTS && found.way.last().is_some_and(|point| point.0 == 1000));
    for (at, enough, harm) in &found.way {
        let count = |wanted: i32| differences[..*at as usize].iter().filter(|each| **each == wanted).count() as u64;
        let (up, same, down) = (count(1), count(0), count(-1));
        assert!((enough - bets[0].log_e_of_counts(up, same, down)).abs() < 1e-9, "{at}");
        assert!((harm - bets[1].log_e_of_counts(down, same, up)).abs() < 1e-9, "{at}");
    }
}

#[test]
fn conversations_come_in_the_order_of_instants_and_not_of_their_writing() {
    let mut outcomes = vec![
        one(Arm::Candidate, "a", 0, true),
        one(Arm::Candidate, "b", 0, false),
        one(Arm::Production, "p", 0, true),
        one(Arm::Production, "q", 1, false),
    ];
    // Half past eight at +02:00 was before eight in UTC, although it is written later.
    outcomes[1].at = "2026-11-03T08:30:00+02:00".to_owned();
    let found = followed(&outcomes, &plan(2));
    assert_eq!((found.differences, found.mean), (1, Some(-0.5)), "b came first, and stands beside the two");
}

#[test]
fn each_conversation_of_the_candidate_stands_beside_several_of_production() {
    let mut outcomes: Vec<Outcome> =
        (0..40).map(|at| one(Arm::Production, &format!("p{at:03}"), at, at % 4 != 0)).collect();
    outcomes.extend((0..12).map(|at| one(Arm::Candidate, &format!("c{at:03}"), at, true)));
    let found = followed(&outcomes, &plan(4));
    assert_eq!((found.differences, found.waiting, found.paired), (10, 2, false));
    assert!((found.mean.unwrap() - 0.25).abs() < 1e-12);
}

#[test]
fn a_conversation_counts_once_and_a_lower_metric_is_turned() {
    let mut outcomes = rollout(1, [10, 10], true);
    outcomes.push(one(Arm::Candidate, "c0000", 5, false));
    assert_eq!(followed(&outcomes, &plan(1)).mean, Some(-0.5));
    outcomes.iter_mut().for_each(|outcome| outcome.metric = "reopened".to_owned());
    assert_eq!(followed(&outcomes, &plan(1)).mean, Some(0.5));
    outcomes.iter_mut().for_each(|outcome| outcome.metric = "warmth".to_owned());
    assert_eq!(taken(&outcomes).err(), Some(Unfollowed::Direction("warmth".into())));
}

#[test]
fn what_cannot_be_placed_is_refused_and_nothing_is_nothing() {
    let mut outcomes = rollout(1, [10, 10], true);
    outcomes[1].arm = None;
    assert_eq!(taken(&outcomes).err(), Some(Unfollowed::Unplaced));
    let none = followed(&[], &plan(1));
    assert_eq!((none.verdict, none.mean, none.more), (Verdict::Continue, None, None));
}

/// How often a candidate that is worse by the margin is called enough at any of many looks, or an equal one harmful.
#[test]
fn any_number_of_looks_errs_as_rarely_as_it_says() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let (mut ships, mut stops) = (0, 0);
    const RUNS: usize = 200;
    for _ in 0..RUNS {
        for (shift, wrong, count) in [(0.05, Verdict::Enough, &mut ships), (0.0, Verdict::Stop, &mut stops)] {
            let outcomes: Vec<Outcome> = (0..300)
                .flat_map(|at| {
                    let name = format!("c{at:04}");
                    [
                        one(Arm::Candidate, &name, at, next() < 0.8 - shift),
                        one(Arm::Production, &name, at, next() < 0.8),
                    ]
                })
                .collect();
            let found = followed(&outcomes, &plan(1));
            let reached = |point: &(u64, f64, f64)| {
                if wrong == Verdict::Enough { point.1 >= found.bar } else { point.2 >= found.bar }
            };
            *count += usize::from(found.way.iter().any(reached));
        }
    }
    assert!(ships <= RUNS / 20 && stops <= RUNS / 20, "{ships} and {stops} of {RUNS}");
}
