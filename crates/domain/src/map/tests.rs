use super::*;
use camino::Utf8Path;

const CONTRACT: &str = include_str!("../../../../examples/billing-support/plimsoll.yaml");

fn of(text: &str) -> Contract {
    crate::format::contract::parse(Utf8Path::new("plimsoll.yaml"), text).expect("a contract").contract
}

fn full() -> Seen {
    let tasks = ["explain-charge", "refund-request", "plan-change", "payment-failure", "cancellation"];
    Seen {
        by_task: tasks.map(|task| (task.to_owned(), 80)).into(),
        by_segment: BTreeMap::from([("all".to_owned(), (400, 2)), ("risk=high".to_owned(), (40, 30))]),
        decision: Some(Decided { record: "r1".into(), decision: "ship".into(), ..Decided::default() }),
        ..Seen::default()
    }
}

fn holes_at<'r>(rows: &'r [Row], key: &str) -> Vec<&'r str> {
    holes(rows).into_iter().filter(|(row, _)| row.key == key).map(|(_, hole)| hole.what.as_str()).collect()
}

#[test]
fn links_lead_somewhere_and_keys_are_of_one_thing() {
    let rows = map(&of(CONTRACT), &full());
    let mut keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert!(rows.iter().flat_map(|row| &row.links).all(|link| keys.contains(&link.as_str())));
    let cites = rows.iter().find(|row| row.key == "criterion:cites").expect("a criterion");
    assert!(cites.links.contains(&"failure:missing_source".to_owned()), "{cites:?}");
    assert!(cites.links.iter().any(|link| link.starts_with("gate:")), "{cites:?}");
    keys.sort_unstable();
    let count = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), count);
    assert!(rows.windows(2).all(|two| two[0].part <= two[1].part));
}

#[test]
fn an_eval_that_holds_together_has_no_hole() {
    assert_eq!(holes(&map(&of(CONTRACT), &full())), []);
    // Latency is seen by a gate of its own, and by no criterion.
    let text = CONTRACT
        .replace("  - {measure: latency, in: all, at_most: 4s for 90%, else: repair capacity, owner: release}\n", "");
    assert_eq!(holes_at(&map(&of(&text), &full()), "failure:latency_or_timeout").len(), 1);
}

#[test]
fn what_is_missing_is_a_hole_where_it_is_missing() {
    let text = CONTRACT
        .replace("protects: [unsafe_tool_action]", "protects: [over_refusal]")
        .replace("  fallback: {recorded: answers/fallback.jsonl, describe: the form that opens a ticket}\n", "");
    let mut seen = full();
    seen.by_task.remove("cancellation");
    seen.by_segment.insert("risk=low".into(), (3, 30));
    seen.decision = None;
    let incident = |id: &str, examples: &[&str]| Told {
        id: id.into(),
        class: "wrong_source".into(),
        owner: "retrieval".into(),
        standing: "open".into(),
        cost: Some(400.0),
        examples: examples.iter().map(|id| (*id).to_owned()).collect(),
        was_due: None,
    };
    let guarded = Told { standing: "covered".into(), ..incident("guarded", &["e1"]) };
    let late = Told { was_due: Some("2026-11-20".into()), ..incident("late", &["e2"]) };
    seen.incidents = vec![incident("bare", &[]), guarded, late];
    let rows = map(&of(&text), &seen);
    assert_eq!(holes_at(&rows, "failure:unsafe_tool_action"), ["it costs, and no criterion protects against it"]);
    assert_eq!(holes_at(&rows, "task:cancellation"), ["no active example asks for it"]);
    assert_eq!(holes_at(&rows, "segment:risk=low"), ["too few independent examples to decide anything"]);
    assert_eq!(holes_at(&rows, "incident:bare"), ["no example guards against it"]);
    assert!(holes_at(&rows, "incident:guarded").is_empty());
    let late = "it is not covered: no example that a gate sees guards against it yet; it was due 2026-11-20";
    assert_eq!(holes_at(&rows, "incident:late"), [late]);
    assert!(holes_at(&rows, "system:fallback")[0].starts_with("no fallback"));
    assert_eq!(holes_at(&rows, "decision:none"), ["nothing was decided yet"]);
}

#[test]
fn a_criterion_that_nobody_described_says_only_what_was_shown() {
    let mut contract = of(CONTRACT);
    contract.criteria[0].describe = String::new();
    let name = contract.criteria[0].name.to_string();
    let mut seen = full();
    let shown = Shown { gate: "g".into(), criterion: Some(name.clone()), segment: "all".into(), state: "holds".into() };
    seen.decision = Some(Decided { record: "r1".into(), findings: vec![shown], ..Decided::default() });
    let rows = map(&contract, &seen);
    let row = rows.iter().find(|row| row.key == format!("criterion:{name}")).expect("a criterion");
    assert_eq!(row.says, "holds on all");
}

#[test]
fn an_override_that_expired_is_a_hole() {
    let mut seen = full();
    seen.overrides = vec![Override {
        record: "r2".into(),
        of: "r1".into(),
        by: "release (release captain)".into(),
        reason: "launch".into(),
        expires: "2026-10-31".into(),
        expired: true,
    }];
    let rows = map(&of(CONTRACT), &seen);
    assert_eq!(holes_at(&rows, "override:r2"), ["it has expired"]);
    let given = rows.iter().find(|row| row.key == "override:r2").expect("an override");
    assert_eq!(given.links, ["owner:release", "decision:r1"]);
}
