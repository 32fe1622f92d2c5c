use super::*;
use crate::entry::Draft;
use crate::review::Purpose;
use camino::Utf8Path;
use serde_json::json;

const CONTRACT: &str = include_str!("../../../../examples/billing-support/plimsoll.yaml");

fn contract() -> Contract {
    crate::format::contract::parse(Utf8Path::new("plimsoll.yaml"), CONTRACT).expect("a contract").contract
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn due(seen: &Seen, today: &str) -> Vec<Duty> {
    agenda(&contract(), seen, &BTreeMap::new(), day(today))
}

fn one<'d>(duties: &'d [Duty], name: &str) -> &'d Duty {
    duties.iter().find(|duty| duty.name == name).unwrap_or_else(|| panic!("no {name} among {duties:?}"))
}

fn staged(gate: Option<&str>) -> Staged {
    Staged {
        cell: "task=pay, risk=very high".into(),
        values: vec![("task".into(), "pay".into()), ("risk".into(), "very high".into())],
        gate: gate.map(str::to_owned),
        owner: "release".into(),
    }
}

fn queued(name: &str, items: u64, since: &str) -> Queued {
    Queued { name: name.into(), purpose: Purpose::Label, items, since: day(since) }
}

fn waiting(count: u64, since: &str) -> Option<Waiting> {
    Some(Waiting { count, since: day(since) })
}

fn agreed(queue: &str, items: u64, labellers: &[&str]) -> Agreed {
    let labellers = labellers.iter().map(|name| (*name).to_owned()).collect();
    Agreed { queue: queue.into(), items, since: None, audited: None, labellers }
}

#[test]
fn an_incident_is_to_be_covered_then_closed_by_its_owner() {
    let open = OpenIncident {
        id: "double-refund".into(),
        owner: "policy".into(),
        opened: day("2026-11-02"),
        covered: None,
        has_active: true,
        proposed: Vec::new(),
        cover_by: None,
    };
    let covered = OpenIncident { id: "late".into(), covered: Some(day("2026-11-10")), ..open.clone() };
    let duties = due(&Seen { incidents: vec![open, covered], ..Seen::default() }, "2026-11-20");
    let cover = one(&duties, "cover-double-refund");
    assert_eq!((cover.due, cover.role.as_str(), cover.who.as_str()), (day("2026-11-16"), "policy", "billing policy"));
    assert!(cover.overdue(day("2026-11-20")) && !cover.overdue(day("2026-11-16")));
    assert_eq!(one(&duties, "close-late").due, day("2026-11-24"));
}

/// What a command needs is done first.
#[test]
fn an_incident_whose_example_is_only_proposed_is_covered_by_accepting_it_first() {
    let command = |has_active: bool, proposed: &[&str]| {
        let proposed = proposed.iter().map(|id| (*id).to_owned()).collect();
        let open = OpenIncident {
            id: "late".into(),
            owner: "policy".into(),
            opened: day("2026-11-02"),
            covered: None,
            has_active,
            proposed,
            cover_by: None,
        };
        one(&due(&Seen { incidents: vec![open], ..Seen::default() }, "2026-11-20"), "cover-late").command.clone()
    };
    assert_eq!(command(true, &["incident-late"]), "plimsoll incident cover late --by policy");
    assert_eq!(command(false, &["incident-late"]), "plimsoll examples accept incident-late --by policy");
    assert_eq!(command(false, &[]), "plimsoll incident show late");
}

#[test]
fn what_waits_is_due_on_the_friday_of_its_week_and_keeps_its_name_until_it_is_done() {
    let seen = Seen {
        queues: vec![queued("tone", 3, "2026-11-23")],
        disputes: waiting(1, "2026-11-22"),
        proposals: Proposals { count: 2, in_files: 0, since: Some(day("2026-11-19")) },
        ..Seen::default()
    };
    for today in ["2026-11-23", "2026-11-27", "2026-12-24"] {
        let duties = due(&seen, today);
        let is_overdue = today == "2026-12-24";
        for (name, role) in
            [("label-tone-2026-11-27", "release"), ("settle-2026-11-27", "policy"), ("proposals-2026-11-26", "release")]
        {
            let duty = one(&duties, name);
            assert_eq!((duty.role.as_str(), duty.overdue(day("2026-12-24"))), (role, true), "{today}");
            assert!(duty.overdue(day(today)) || !is_overdue, "{today}");
        }
    }
}

#[test]
fn proposals_that_stand_in_files_come_up_every_week() {
    let waiting = |count: u64, in_files: u64, since: Option<&str>| Seen {
        proposals: Proposals { count, in_files, since: since.map(day) },
        ..Seen::default()
    };
    let of_files = waiting(5, 5, None);
    for (today, name) in [("2026-11-23", "proposals-2026-11-27"), ("2026-12-24", "proposals-2026-12-25")] {
        let duties = due(&of_files, today);
        let duty = one(&duties, name);
        assert_eq!(duty.what, "accept or decline 5 proposed examples");
        assert_eq!(duty.why, "nothing proposed is ever counted; they stand in files of examples");
        assert_eq!((duty.command.as_str(), duty.overdue(day(today))), ("plimsoll examples proposals", false));
    }
    // What was proposed in the catalog has a day, and the others come along.
    let duties = due(&waiting(7, 5, Some("2026-11-19")), "2026-12-24");
    let duty = one(&duties, "proposals-2026-11-26");
    assert_eq!(
        duty.why,
        "the oldest waits since 2026-11-19; nothing proposed is ever counted; 5 of them stand in files of examples"
    );
    assert!(!due(&waiting(0, 0, None), "2026-11-23").iter().any(|duty| duty.name.starts_with("proposals")));
}

#[test]
fn traffic_whose_time_is_over_is_to_be_dropped() {
    let text = format!("{CONTRACT}traffic: {{keep: 90d}}\n");
    let kept = crate::format::contract::parse(Utf8Path::new("plimsoll.yaml"), &text).expect("a contract").contract;
    let seen = Seen { oldest_traffic: Some(day("2026-09-01")), ..Seen::default() };
    let due = |contract: &Contract, today: &str| agenda(contract, &seen, &BTreeMap::new(), day(today));
    assert!(!due(&kept, "2026-11-29").iter().any(|duty| duty.name.starts_with("prune")));
    // `traffic prune` drops the first day from here on.
    for today in ["2026-11-30", "2026-12-20"] {
        let duties = due(&kept, today);
        let prune = one(&duties, "prune-2026-12-04");
        assert_eq!((prune.command.as_str(), prune.role.as_str()), ("plimsoll traffic prune", "release"));
    }
    assert!(!due(&contract(), "2026-12-20").iter().any(|duty| duty.name.starts_with("prune")), "no time is set");
}

#[test]
fn a_month_in_which_nobody_did_it_is_overdue_until_somebody_does() {
    let seen = Seen { active: 1, since: Some(day("2026-09-12")), ..Seen::default() };
    let drift = |told: &[(&str, &str)], today: &str| {
        let done = |at: &str| Done { at: at.to_owned(), by: "product".into() };
        let told = told.iter().map(|(name, at)| ((*name).to_owned(), done(at))).collect();
        let duties = agenda(&contract(), &seen, &told, day(today));
        let mut found = duties.into_iter().filter(|duty| duty.name.starts_with("drift-"));
        let duty = found.next().expect("a duty");
        assert!(found.next().is_none());
        (duty.name.clone(), duty.overdue(day(today)), duty.done.is_some())
    };
    assert_eq!(drift(&[], "2026-09-20"), ("drift-2026-09".into(), false, false));
    assert_eq!(drift(&[], "2026-12-01"), ("drift-2026-09".into(), true, false));
    let late = [("drift-2026-09", "2026-12-01T08:00:00Z")];
    assert_eq!(drift(&late, "2026-12-02"), ("drift-2026-12".into(), false, false), "the months between are settled");
    let in_time = [("drift-2026-09", "2026-09-21T08:00:00Z")];
    assert_eq!(drift(&in_time, "2026-09-30"), ("drift-2026-09".into(), false, true));
    assert_eq!(drift(&in_time, "2026-11-01"), ("drift-2026-10".into(), true, false));
}

#[test]
fn only_labels_that_measure_a_judge_are_said_to() {
    let why = |purpose| {
        let seen = Seen { queues: vec![Queued { purpose, ..queued("tone", 1, "2026-11-23") }], ..Seen::default() };
        one(&due(&seen, "2026-11-23"), "label-tone-2026-11-27").why.contains("judge")
    };
    assert_eq!(Purpose::ALL.map(why), [true, false, false, false]);
}

#[test]
fn a_role_that_the_contract_lacks_falls_to_whoever_signs() {
    let duties = due(&Seen { queues: vec![queued("tone", 1, "2026-11-23")], ..Seen::default() }, "2026-11-23");
    let label = one(&duties, "label-tone-2026-11-27");
    assert_eq!(
        (label.role.as_str(), label.who.as_str(), label.what.as_str()),
        ("release", "release captain", "label 1 item of queue tone")
    );
}

#[test]
fn what_expires_is_told_two_weeks_before() {
    let expiring = |on: &str| Expiring { name: "tone".into(), on: day(on) };
    let seen = |on: &str| Seen { calibrations: vec![expiring(on)], overrides: vec![expiring(on)], ..Seen::default() };
    assert!(due(&seen("2026-12-08"), "2026-11-23").iter().all(|duty| !duty.name.starts_with("calibrate")));
    let duties = due(&seen("2026-12-07"), "2026-11-23");
    assert_eq!(one(&duties, "calibrate-tone-2026-12-07").due, day("2026-12-07"));
    assert_eq!(one(&duties, "override-tone").due, day("2026-12-07"));
}

#[test]
fn the_month_asks_only_for_what_there_is() {
    let bare = due(&Seen::default(), "2026-11-23");
    assert!(bare.iter().all(|duty| duty.rhythm != Rhythm::ThisMonth));
    let seen = Seen {
        active: 3,
        shipped: Some(day("2026-11-10")),
        rubrics: true,
        review_by: vec![(day("2026-11-30"), 2), (day("2026-12-01"), 1)],
        ..Seen::default()
    };
    let names: Vec<String> = due(&seen, "2026-11-23")
        .into_iter()
        .filter(|duty| duty.rhythm == Rhythm::ThisMonth)
        .map(|duty| duty.name)
        .collect();
    assert_eq!(names, ["backtest-2026-11", "drift-2026-11", "retire-2026-11", "review-2026-11-30", "rubrics-2026-11"]);
}

#[test]
fn what_people_agreed_on_is_audited_by_somebody_who_labelled_none_of_it() {
    let audit = |agreed: Agreed| {
        let duties = due(&Seen { agreed: vec![agreed], ..Seen::default() }, "2026-11-23");
        duties.into_iter().find(|duty| duty.name == "audit-tone-2026-11")
    };
    let by_policy = audit(agreed("tone", 12, &["reviewer-1"])).expect("a duty");
    assert_eq!(
        (by_policy.role.as_str(), by_policy.command.as_str()),
        ("policy", "plimsoll review audit tone --take 12 --by policy")
    );
    let other = audit(agreed("tone", 90, &["policy"])).expect("a duty");
    assert_ne!(other.role, "policy");
    assert!(other.command.starts_with("plimsoll review audit tone --take 20 --by "), "{other:?}");
    assert_eq!(audit(agreed("tone", 0, &[])), None, "nothing is agreed");
    let drawn = |on: &str| audit(Agreed { audited: Some(day(on)), ..agreed("tone", 3, &[]) }).expect("a duty").done;
    assert!(drawn("2026-11-02").is_some() && drawn("2026-10-30").is_none());
    let missed = Agreed { audited: Some(day("2026-08-30")), ..agreed("tone", 3, &[]) };
    let duties = due(&Seen { agreed: vec![missed], ..Seen::default() }, "2026-11-23");
    assert_eq!(one(&duties, "audit-tone-2026-09").due, day("2026-09-30"), "nobody did it in September");
}

#[test]
fn a_rollout_is_followed_by_a_gate_with_a_margin_on_its_own_cell() {
    let command = |gate: Option<&str>| {
        let duties = due(&Seen { stages: vec![staged(gate)], ..Seen::default() }, "2026-11-23");
        one(&duties, "monitor-task=pay, risk=very high-2026-11-27").command.clone()
    };
    let words = "plimsoll monitor outcomes.jsonl --gate cites --where task=pay --where 'risk=very high'";
    assert_eq!(command(Some("cites")), words);
    assert_eq!(command(None), "plimsoll show latest");
}

#[test]
fn a_duty_is_done_where_something_shows_it_or_somebody_says_so() {
    let seen = Seen { decided: Some(day("2026-11-20")), active: 1, ..Seen::default() };
    let entry = |what: &str, number: u64| {
        let draft = Draft {
            noun: Noun::Duty,
            subject: "drift-2026-11".into(),
            after: None,
            what: what.into(),
            at: "2026-11-21T08:00:00.000Z".into(),
            author: "product".into(),
            why: None,
            body: json!({}),
        };
        draft.entry(number, number as u32, None)
    };
    let duties = agenda(&contract(), &seen, &told(&[entry("done", 1)]), day("2026-11-23"));
    let decide = one(&duties, "decide");
    assert!(decide.done.is_some() && decide.why.starts_with("a record says"), "{decide:?}");
    let undecided = due(&Seen::default(), "2026-11-23");
    let decide = one(&undecided, "decide");
    assert!(decide.done.is_none() && decide.why.starts_with("no record says"), "{decide:?}");
    assert_eq!(one(&duties, "drift-2026-11").done.as_ref().map(|done| done.by.as_str()), Some("product"));
    assert!(one(&duties, "retire-2026-11").done.is_none());
    assert!(told(&[entry("done", 1), entry("undone", 2)]).is_empty());
}

#[test]
fn stages_of_the_first_ninety_days_come_up_as_they_begin() {
    let seen = Seen { started: Some(day("2026-11-02")), ..Seen::default() };
    let stages = |today: &str| -> Vec<(String, Date)> {
        let duties = due(&seen, today).into_iter();
        duties.filter(|duty| duty.rhythm == Rhythm::FirstNinetyDays).map(|duty| (duty.name, duty.due)).collect()
    };
    assert_eq!(stages("2026-11-01"), []);
    assert_eq!(stages("2026-11-02"), [("ninety-days-first-gate".to_owned(), day("2026-11-15"))]);
    assert_eq!(stages("2026-11-16").len(), 2);
    assert_eq!(stages("2027-01-30").last(), Some(&("ninety-days-drift-and-retirement".to_owned(), day("2027-01-30"))));
    assert!(STAGES.windows(2).all(|two| two[0].days.1 + 1 == two[1].days.0));
}

#[test]
fn every_duty_has_an_owner_and_one_command() {
    let seen = Seen {
        queues: vec![queued("tone", 3, "2026-11-23")],
        disputes: waiting(2, "2026-11-23"),
        proposals: Proposals { count: 2, in_files: 0, since: Some(day("2026-11-01")) },
        errors: 1,
        looks_spent: true,
        stages: vec![staged(Some("cites"))],
        agreed: vec![agreed("tone", 12, &[])],
        active: 4,
        shipped: Some(day("2026-11-10")),
        rubrics: true,
        started: Some(day("2026-11-02")),
        ..Seen::default()
    };
    let duties = due(&seen, "2026-11-23");
    assert!(duties.len() > 10);
    for duty in &duties {
        assert!(duty.command.starts_with("plimsoll ") && !duty.who.is_empty(), "{duty:?}");
    }
    assert!(duties.windows(2).all(|two| two[0].due <= two[1].due));
    let mut names: Vec<&str> = duties.iter().map(|duty| duty.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), duties.len());
}
