//! What a record shows beside the decision: what repeats tell, and how latency and spend spread.

use super::record::forge;
use super::{code, err, last_record, out, plimsoll, small};
use serde_json::{Value, json};
use std::path::Path;

const CONTRACT: &str = include_str!("../stories/contract.yaml");
const FLOOR: &str = "{criterion: right, in: all, at_least: 50%, else: repair retrieval, owner: release}";
const LATENCY: &str = "{measure: latency, in: all, at_most: 4s for 80%, else: repair capacity, owner: release}";
const REPEATED: &str = "candidate#0 right 1*45 0*15\ncandidate#1 right 1*45 0*15\ncandidate#2 right 1*30 0*30\n\
                        production#0 right 1*60\nproduction#1 right 1*60\nproduction#2 right 1*60";

/// Writes an eval of so many conversations and runs it.
fn ran(folder: &Path, repeats: u16, gate: &str, conversations: usize, answers: &str) -> Value {
    let contract = format!("{CONTRACT}repeats: {repeats}\ngates:\n  - {gate}\n");
    std::fs::write(folder.join("plimsoll.yaml"), contract).expect("a contract");
    small::write(folder, &format!("pay*{conversations}"), answers);
    let ended = plimsoll(folder, &["run", "--as", "json"]);
    serde_json::from_str(&out(&ended)).unwrap_or_else(|_| panic!("{} {}", code(&ended), err(&ended)))
}

fn shown(folder: &Path, form: &str) -> String {
    out(&plimsoll(folder, &["show", "--as", form]))
}

fn is(value: &Value, expected: f64) {
    assert!(value.as_f64().is_some_and(|value| (value - expected).abs() < 1e-9), "{value} is not {expected}");
}

/// Of the last record every figure under these parts is edited, with all hashes made right again.
fn assert_no_figure_can_be_edited(folder: &Path, places: &[&str]) {
    let record = last_record(folder);
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&record).expect("a record")).expect("JSON");
    let content = &kept["content"];
    forge(folder, &record, content);
    assert_eq!(code(&plimsoll(folder, &["verify"])), 0, "a forgery that changes nothing holds");
    for place in places {
        let mut other = content.clone();
        *other.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not in {content}")) = json!("0.123");
        forge(folder, &record, &other);
        let verified = plimsoll(folder, &["verify"]);
        assert_eq!(code(&verified), 3, "{place}: {}", out(&verified));
    }
}

#[test]
fn three_repeats_tell_how_often_one_passes_and_how_often_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = ran(folder.path(), 3, FLOOR, 60, REPEATED);
    let [candidate, production] = [&record["repeats"][0], &record["repeats"][1]];
    assert_eq!(
        (&candidate["criterion"], &candidate["arm"], &candidate["k"]),
        (&json!("right"), &json!("candidate"), &json!(3))
    );
    // Thirty pass three times, fifteen twice and fifteen never: 120 of 180, squares 30 between and 10 within.
    is(&candidate["pass_at_k"]["estimate"], 0.75);
    is(&candidate["pass_all_k"]["estimate"], 0.5);
    let (between, within) = (30.0 / 59.0, 10.0 / 120.0);
    is(&candidate["mean_square_between"], between);
    is(&candidate["mean_square_within"], within);
    is(&candidate["icc"], (between - within) / (between + 2.0 * within));
    is(&production["pass_all_k"]["estimate"], 1.0);
    assert_eq!((&production["arm"], &production["icc"]), (&json!("production"), &Value::Null));
    assert_eq!(record["quantiles"], Value::Null, "no gate is about latency or spend");
    let told = shown(folder.path(), "text");
    assert!(told.contains("right, candidate: pass@3 75.0 %"), "{told}");
    for form in ["markdown", "html"] {
        let told = shown(folder.path(), form);
        assert!(told.contains("Across repeats") && told.contains("75.0 %") && told.contains("0.63"), "{told}");
        assert!(!told.contains("Latency and spend"), "{told}");
    }
    let places = ["pass_at_k/estimate", "pass_all_k/upper", "mean_square_between", "mean_square_within", "icc", "k"];
    let places = places.map(|place| format!("/repeats/0/{place}"));
    assert_no_figure_can_be_edited(folder.path(), &places.each_ref().map(String::as_str));
}

#[test]
fn latency_is_shown_with_the_interval_that_there_is_enough_data_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let milliseconds: String = (101..=180).map(|ms| format!(" {ms}*1")).collect();
    let answers = format!(
        "candidate right 1*80\ncandidate latency_ms{milliseconds}\nproduction right 1*40 t*40\nproduction latency_ms{milliseconds}"
    );
    let record = ran(folder.path(), 1, LATENCY, 80, &answers);
    let [candidate, production] = [&record["quantiles"][0], &record["quantiles"][1]];
    assert_eq!(
        (&candidate["measure"], &candidate["arm"], &candidate["answers"]),
        (&json!("latency"), &json!("candidate"), &json!(80))
    );
    // Ranks by Binomial(80, 1/2) and Binomial(80, .95).
    for (quantile, expected) in [("p50", [140.0, 131.0, 150.0]), ("p95", [176.0, 172.0, 180.0])] {
        let of = &candidate[quantile];
        is(&of["estimate"], expected[0]);
        is(&of["lower"], expected[1]);
        is(&of["upper"], expected[2]);
    }
    // Half of production's answers failed, and have no latency; forty do not bound the 95th percentile.
    assert_eq!(production["answers"], 40);
    is(&production["p50"]["upper"], 127.0);
    is(&production["p95"]["estimate"], 138.0);
    assert_eq!(production["p95"]["upper"], Value::Null);
    assert_eq!(record["repeats"], Value::Null, "nothing was asked twice");
    for form in ["text", "markdown", "html"] {
        let told = shown(folder.path(), form);
        assert!(told.contains("140 ms (131 ms to 150 ms)"), "{told}");
        assert!(form == "text" || told.contains("Latency and spend"), "{told}");
        let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("138 ms (from 135 ms; upper bound: not enough data)"), "{told}");
    }
    assert_no_figure_can_be_edited(
        folder.path(),
        &["/quantiles/0/p95/upper", "/quantiles/1/p50/estimate", "/quantiles/1/p95/upper"],
    );
}

#[test]
fn what_came_from_a_cache_has_no_latency_to_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let answers = "candidate right 1*60\ncandidate latency_ms 900*40 3*20\ncandidate cached false*40 true*20\n\
                   production right 1*60\nproduction latency_ms 900*60";
    let record = ran(folder.path(), 1, LATENCY, 60, answers);
    assert_eq!(record["quantiles"][0]["answers"], 40);
    is(&record["quantiles"][0]["p50"]["lower"], 900.0);
}

#[test]
fn without_repeats_and_without_such_a_gate_a_record_says_nothing_of_either() {
    let folder = tempfile::tempdir().expect("a folder");
    ran(folder.path(), 1, FLOOR, 60, "candidate right 1*60\nproduction right 1*60");
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(last_record(folder.path())).expect("a record")).expect("JSON");
    let content = kept["content"].as_object().expect("content");
    assert!(!content.contains_key("repeats") && !content.contains_key("quantiles"), "{content:?}");
}
