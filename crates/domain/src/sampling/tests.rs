use super::*;
use crate::content::{Fingerprint, Index};
use serde_json::json;
use stats::ClusterSum;
use stats::hajek;

fn rule(name: &str, kind: Kind, take: u64) -> Rule {
    Rule { name: name.to_owned(), kind, take, conditions: Conditions::new(), per: None }
}

/// Conversations of one to four requests; those of kind `b` are one in ten and fail far more often.
fn traffic(conversations: usize) -> Vec<Request> {
    let mut requests = Vec::new();
    for conversation in 0..conversations {
        for turn in 0..=conversation % 4 {
            let rare = conversation % 10 == 0;
            let failed = if rare { (conversation / 10 + turn) % 2 == 0 } else { (conversation * 7 + turn) % 23 == 0 };
            requests.push(Request {
                id: format!("r{conversation}-{turn}"),
                at: Some(format!("2026-10-{:02}T08:00:00Z", conversation % 28 + 1)),
                conversation: Some(format!("c{conversation}")),
                attributes: BTreeMap::from([("kind".to_owned(), if rare { "b" } else { "a" }.to_owned())]),
                signals: if failed {
                    BTreeMap::from([("thumbs".to_owned(), "down".to_owned())])
                } else {
                    BTreeMap::new()
                },
                input: json!(format!("question {conversation}")),
                ..Request::default()
            });
        }
    }
    requests
}

fn draw<'r>(rules: &[Rule], seed: u64, requests: impl Iterator<Item = &'r Request> + Clone) -> Sample {
    draw_beside(&Index::default(), rules, seed, requests)
}

fn draw_beside<'r>(
    known: &Index,
    rules: &[Rule],
    seed: u64,
    requests: impl Iterator<Item = &'r Request> + Clone,
) -> Sample {
    let mut census = Census::new(rules, seed, known);
    requests.clone().for_each(|request| census.see(request));
    let mut draw = census.close();
    requests.for_each(|request| draw.see(request));
    draw.close()
}

fn failed(request: &Request) -> f64 {
    f64::from(u8::from(request.signals.contains_key("thumbs")))
}

fn down() -> Kind {
    Kind::Signal { any_of: BTreeMap::from([("thumbs".to_owned(), BTreeSet::from(["down".to_owned()]))]) }
}

#[test]
fn the_order_of_requests_changes_no_sample_and_the_seed_does() {
    let requests = traffic(200);
    let rules = [rule("some", Kind::Uniform, 20), rule("failed", down(), 10)];
    let one = draw(&rules, 1, requests.iter());
    assert_eq!(one, draw(&rules, 1, requests.iter().rev()));
    assert_ne!(one.drawn, draw(&rules, 2, requests.iter()).drawn);
    assert_eq!(one.rules[0], ("some".to_owned(), 200, 20));
}

#[test]
fn a_request_that_several_rules_could_draw_has_one_less_the_chance_that_none_does() {
    let requests = traffic(200);
    let sample = draw(&[rule("some", Kind::Uniform, 20), rule("failed", down(), 10)], 1, requests.iter());
    let seen = sample.rules[1].1 as f64;
    for drawn in &sample.drawn {
        let by_signal = if failed(&drawn.request) > 0.0 { 10.0 / seen } else { 0.0 };
        let expected = 1.0 - (1.0 - 20.0 / 200.0) * (1.0 - by_signal);
        assert!((drawn.probability.unwrap().get() - expected).abs() < 1e-12, "{drawn:?}");
    }
    assert_eq!(sample.unreached, 0);
}

#[test]
fn what_was_drawn_for_failing_or_for_being_new_has_no_chance_of_its_own() {
    let requests = traffic(100);
    for kind in [down(), Kind::Newest, Kind::Novelty] {
        let sample = draw(&[rule("only", kind, 5)], 1, requests.iter());
        assert!(!sample.drawn.is_empty() && sample.drawn.iter().all(|drawn| drawn.probability.is_none()));
        assert_eq!(sample.unreached, requests.len() as u64);
    }
}

#[test]
fn strata_are_drawn_alike_and_what_one_lacks_goes_to_the_others() {
    let requests = traffic(200);
    let by = Kind::Stratified { by: Attribute::new("kind") };
    let sample = draw(&[rule("each", by, 60)], 1, requests.iter());
    let of = |kind: &str| -> BTreeSet<&str> {
        let drawn = sample.drawn.iter().filter(|drawn| drawn.request.attributes["kind"] == kind);
        drawn.map(|drawn| unit(&drawn.request)).collect()
    };
    assert_eq!((of("b").len(), of("a").len()), (20, 40));
    let chance = |kind: &str| {
        let drawn = sample.drawn.iter().find(|drawn| drawn.request.attributes["kind"] == kind);
        drawn.and_then(|drawn| drawn.probability).map(crate::share::Share::get)
    };
    assert_eq!((chance("b"), chance("a")), (Some(1.0), Some(40.0 / 180.0)));
}

#[test]
fn a_rule_per_month_takes_as_many_of_each_month() {
    let mut requests = traffic(60);
    for (at, request) in requests.iter_mut().enumerate() {
        let month = if at % 3 == 0 { 9 } else { 10 };
        request.conversation = None;
        request.at = Some(format!("2026-{month:02}-05T08:00:00Z"));
    }
    let monthly = Rule { per: Some(Per::Month), ..rule("monthly", Kind::Uniform, 7) };
    assert_eq!(draw(&[monthly], 1, requests.iter()).drawn.len(), 14);
}

#[test]
fn novelty_draws_what_is_least_like_any_example() {
    let mut known = Index::default();
    known.add(&Fingerprint::of("where is my card"));
    let request = |id: &str, text: &str| Request { id: id.to_owned(), input: json!(text), ..Request::default() };
    let requests = [request("a", "where is my card now"), request("b", "bitcoin wallet seed"), request("c", "my card")];
    let rules = [rule("new", Kind::Novelty, 1)];
    let mut census = Census::new(&rules, 1, &known);
    requests.iter().for_each(|request| census.see(request));
    let mut draw = census.close();
    requests.iter().for_each(|request| draw.see(request));
    assert_eq!(draw.close().drawn[0].request.id, "b");
}

#[test]
fn of_a_long_conversation_a_part_is_drawn_and_its_chance_pays_for_that() {
    let long =
        |turn: usize| Request { id: format!("r{turn}"), conversation: Some("long".to_owned()), ..Request::default() };
    let requests: Vec<Request> = (0..80).map(long).collect();
    let sample = draw(&[rule("some", Kind::Uniform, 3)], 1, requests.iter());
    assert_eq!(sample.drawn.len(), LONGEST);
    assert_eq!(sample.drawn[0].probability.map(crate::share::Share::get), Some(0.25));
}

/// What repeated draws say of the rate of failures: the mean of the weighted rates, of the plain ones, and how often the survey's
/// interval covers the truth.
fn repeated(known: &Index, rules: &[Rule], requests: &[Request], draws: u64) -> (f64, f64, f64) {
    let truth = true_rate(requests);
    let (mut sum, mut plain, mut covered) = (0.0, 0.0, 0);
    for seed in 0..draws {
        let sample = draw_beside(known, rules, seed, requests.iter());
        let mut clusters: BTreeMap<&str, ClusterSum> = BTreeMap::new();
        let weighted =
            || sample.drawn.iter().filter_map(|drawn| Some((&drawn.request, 1.0 / drawn.probability?.get())));
        for (request, weight) in weighted() {
            let cluster = clusters.entry(unit(request)).or_default();
            cluster.weight += weight;
            cluster.value += weight * failed(request);
        }
        let estimate = hajek(&[clusters.into_values().collect()], weighted().count() as u64).unwrap();
        let interval = estimate.korn_graubard(0.025).unwrap();
        sum += estimate.mean;
        plain += sample.drawn.iter().map(|drawn| failed(&drawn.request)).sum::<f64>() / sample.drawn.len() as f64;
        covered += u32::from((interval.lower..=interval.upper).contains(&truth));
    }
    let draws = draws as f64;
    (sum / draws, plain / draws, f64::from(covered) / draws)
}

fn true_rate(requests: &[Request]) -> f64 {
    requests.iter().map(failed).sum::<f64>() / requests.len() as f64
}

fn each_kind() -> Rule {
    rule("each", Kind::Stratified { by: Attribute::new("kind") }, 80)
}

/// Over many seeds the weighted rate is the rate of all traffic, though failures and a rare kind are drawn far more often, and the
/// survey's interval covers it.
#[test]
fn rates_stay_unbiased_when_failures_and_rare_kinds_are_drawn_more_often() {
    let (requests, draws) = (traffic(600), 300);
    let truth = true_rate(&requests);
    let (mean, plain, covered) =
        repeated(&Index::default(), &[each_kind(), rule("failed", down(), 30)], &requests, draws);
    assert!((mean - truth).abs() < 0.003, "weighted {mean}, true {truth}");
    assert!(plain > truth + 0.1, "unweighted {plain}, true {truth}");
    assert!(covered >= 0.95 - 3.0 * (0.05 * 0.95 / draws as f64).sqrt(), "covered {covered}");
}

/// Those of the rare kind are the latest, and nothing that is known is like them: both rules draw of them whatever chance says.
#[test]
fn rates_stay_unbiased_beside_what_is_drawn_for_being_new_or_novel() {
    let mut requests = traffic(600);
    for request in requests.iter_mut().filter(|request| request.attributes["kind"] == "b") {
        request.at = Some("2026-11-20T08:00:00Z".to_owned());
        request.input = json!("bitcoin wallet seed");
    }
    let mut known = Index::default();
    known.add(&Fingerprint::of("question"));
    let truth = true_rate(&requests);
    for kind in [Kind::Newest, Kind::Novelty] {
        let rules = [rule("some", Kind::Uniform, 80), rule("failed", down(), 20), rule("first", kind, 50)];
        let (mean, plain, _) = repeated(&known, &rules, &requests, 300);
        assert!((mean - truth).abs() < 0.005, "{}: weighted {mean}, true {truth}", rules[2].kind.as_str());
        assert!(plain > truth + 0.05, "{}: unweighted {plain}, true {truth}", rules[2].kind.as_str());
    }
    let rules = [rule("some", Kind::Uniform, 80), rule("latest", Kind::Newest, 50)];
    for drawn in draw_beside(&known, &rules, 1, requests.iter()).drawn {
        assert_eq!(drawn.probability.is_some(), drawn.rules[0] == "some", "{drawn:?}");
    }
}

#[test]
fn a_conversation_of_several_weeks_is_counted_once() {
    let request = |day: u32, conversation: &str| Request {
        id: format!("{conversation}-{day}"),
        at: Some(format!("2026-10-{day:02}T08:00:00Z")),
        conversation: Some(conversation.to_owned()),
        ..Request::default()
    };
    let requests = [request(1, "long"), request(8, "long"), request(15, "long"), request(15, "short")];
    let weekly = Rule { per: Some(Per::Week), ..rule("weekly", Kind::Uniform, 5) };
    assert_eq!(draw(&[weekly], 1, requests.iter()).rules, [("weekly".to_owned(), 2, 2)]);
}
