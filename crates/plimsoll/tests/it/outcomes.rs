//! What came of releases, what is due, and the whole at once: told from outside on the eval that ships.

use super::{code, err, eval, out, plimsoll};
use ::catalog::{Catalog, Place};
use domain::entry::{Draft, Noun};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

fn told(folder: &Path, arguments: &[&str]) -> String {
    let ended = plimsoll(folder, arguments);
    assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
    out(&ended)
}

fn json_of(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&told(folder, &[arguments, &["--as", "json"]].concat())).expect("one JSON document")
}

/// An incident that the record's release let through today.
fn incident(folder: &Path, record: &str) {
    let path = folder.join(".plimsoll/catalog.sqlite");
    let catalog = Catalog::open(&Place::File(path.to_str().expect("text").into())).expect("a catalog");
    let today = jiff::Timestamp::now().to_string();
    let draft = Draft {
        noun: Noun::Incident,
        subject: "wrong-refund".to_owned(),
        after: None,
        what: "opened".to_owned(),
        at: today.clone(),
        author: "release".to_owned(),
        why: None,
        body: json!({
            "class": "unsafe_tool_action", "owner": "release", "happened": "paid \u{1b}[31mtwice", "happened_at": today,
            "decisions": [record], "cost": 400,
        }),
    };
    catalog.append(&[draft]).expect("an entry");
}

#[test]
fn a_release_its_incident_and_its_outcomes_meet_in_the_backtest() {
    let folder = eval("billing-support");
    let folder = folder.path();
    assert_eq!(code(&plimsoll(folder, &["run"])), 10);
    let record: Value = serde_json::from_str(&told(folder, &["show", "latest", "--as", "json"])).expect("JSON");
    let id = record["record"]["id"].as_str().expect("an id").to_owned();
    incident(folder, &id);

    let add =
        ["outcome", "add", "latest", "--metric", "reopened", "--count", "7", "--of", "120", "--criterion", "decides"];
    told(folder, &[&add[..], &["--at", "2026-11-20", "--by", "release"]].concat());
    let table = format!(
        "release,seen,metric,n,count\n{},2026-11-21,resolved,50,45\n{0},2026-11-22,escalated,50,4\n",
        &id[..18]
    );
    std::fs::write(folder.join("seen.csv"), table).expect("a table");
    let import = ["outcome", "import", "seen.csv", "--map", "record=release", "--map", "at=seen"];
    let first = plimsoll(folder, &import);
    assert_eq!((code(&first), err(&first).as_str()), (0, "2 outcome(s) kept, 0 known already\n"));
    assert_eq!(err(&plimsoll(folder, &import)), "0 outcome(s) kept, 2 known already\n");
    assert_eq!(json_of(folder, &["outcome", "list"])["outcomes"].as_array().map(Vec::len), Some(3));

    let later = json_of(folder, &["backtest", "--today", "2099-01-01"]);
    assert_eq!((&later["false_ships"]["count"], &later["false_ships"]["of"]), (&json!(1), &json!(1)));
    assert_eq!(later["false_ships"]["rate"], Value::Null, "one release is no rate");
    assert_eq!(later["releases"][0]["incidents"], json!(["wrong-refund"]));
    let hits = &later["intervals"][0];
    assert_eq!((&hits["criterion"], &hits["inside"]["of"]), (&json!("decides"), &json!(1)));
    assert!(later["not_estimable"].as_array().expect("a list").iter().any(|not| not["what"] == "rate of false holds"));
    let now = json_of(folder, &["backtest"]);
    assert_eq!(now["false_ships"]["of"], json!(0), "its span is not over");
    for form in ["text", "markdown"] {
        let shown = told(folder, &["backtest", "--today", "2099-01-01", "--as", form]);
        assert!(
            shown.contains("1 of 1, too few for a rate")
                && shown.lines().all(|line| form != "text" || line.len() <= 82),
            "{shown}"
        );
    }

    // The map: an incident that nothing guards against is a hole; the page holds it, and nothing that commands a terminal.
    let map = json_of(folder, &["map"]);
    let row = |key: &str| {
        map["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .find(|row| row["key"] == key)
            .cloned()
            .unwrap_or_else(|| panic!("{key}"))
    };
    assert_eq!(row("incident:wrong-refund")["holes"][0]["what"], "no example guards against it");
    assert_eq!(row("failure:unsafe_tool_action")["holes"], json!([]));
    assert!(row(&format!("decision:{id}"))["says"].as_str().expect("text").starts_with("narrow rollout on 20"));
    let page = told(folder, &["map", "--as", "html"]);
    assert!(page.contains("wrong-refund") && page.contains("href=\"#r") && !page.contains("<script"), "{page}");
    assert!(told(folder, &["map"]).contains("no example guards against it"));

    // The agenda: the incident is due, the decision is made; done is kept.
    let agenda = json_of(folder, &["agenda", "--all"]);
    let duties = agenda["duties"].as_array().expect("duties");
    let duty =
        |name: &str| duties.iter().find(|duty| duty["name"] == name).unwrap_or_else(|| panic!("{name} in {agenda}"));
    assert_eq!(duty("cover-wrong-refund")["command"], "plimsoll incident cover wrong-refund --by release");
    assert_eq!(duty("decide")["done"]["by"], "a recorded decision");
    let drift = duties
        .iter()
        .find(|duty| duty["name"].as_str().is_some_and(|name| name.starts_with("drift-")))
        .expect("a duty");
    let name = drift["name"].as_str().expect("a name");
    told(folder, &["agenda", "done", name, "--by", "product"]);
    assert!(!told(folder, &["agenda"]).contains(name));
    let unknown = plimsoll(folder, &["agenda", "done", "drift"]);
    assert_eq!(code(&unknown), 2);
    let of_release = json_of(folder, &["agenda", "--owner", "release"]);
    assert!(of_release["duties"].as_array().expect("duties").iter().all(|duty| duty["role"] == "release"));
    assert_eq!(code(&plimsoll(folder, &["agenda", "--owner", "nobody"])), 2);
}

#[test]
fn outcomes_that_cannot_be_placed_are_refused_and_nothing_is_kept() {
    let folder = eval("billing-support");
    let folder = folder.path();
    let lines =
        "{\"record\": \"r\", \"at\": \"2026-11-20\", \"metric\": \"resolved\", \"n\": 3, \"count\": 4}\n{\"at\": 3}\n";
    std::fs::write(folder.join("bad.jsonl"), lines).expect("a file");
    let refused = plimsoll(folder, &["outcome", "import", "bad.jsonl"]);
    assert_eq!(code(&refused), 2);
    let told = err(&refused);
    assert!(
        told.contains("bad.jsonl:1:") && told.contains("bad.jsonl:2:") && told.contains("more than there are in all"),
        "{told}"
    );
    let lines = "{\"record\": \"r\", \"at\": \"2026-11-20\", \"metric\": \"resolved\", \"n\": 3, \"count\": 3}\n";
    std::fs::write(folder.join("unknown.jsonl"), lines).expect("a file");
    let refused = plimsoll(folder, &["outcome", "import", "unknown.jsonl"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("no decision `r`"), "{}", err(&refused));
    std::fs::write(folder.join("t.csv"), "record,when\nr,x\n").expect("a file");
    assert!(err(&plimsoll(folder, &["outcome", "import", "t.csv"])).contains("column `when`"));
    assert!(!folder.join(".plimsoll/catalog.sqlite").exists());
}

/// So many conversations of each arm; of each ten so many of the candidate's are resolved, and eight of production's.
fn rollout(folder: &Path, count: usize, well: usize) {
    let mut lines = String::from("{\"plimsoll_outcomes\": 1}\n");
    for at in 0..count {
        for (arm, well) in [("candidate", well), ("production", 8)] {
            let good = u8::from(at * 7 % 10 < well);
            let line = json!({
                "at": format!("2026-11-03T08:{:02}:{:02}Z", at / 60, at % 60), "metric": "resolved", "arm": arm,
                "conversation": format!("c{at:04}"), "n": 1, "count": good, "attributes": {"task": "refund-request"},
            });
            let _ = writeln!(lines, "{line}");
        }
    }
    std::fs::write(folder.join("rollout.jsonl"), lines).expect("a file");
}

#[test]
fn a_rollout_goes_on_stops_or_is_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for (count, well, verdict) in [(20, 8, "continue"), (300, 8, "enough"), (200, 6, "stop")] {
        rollout(folder, count, well);
        let found = json_of(folder, &["monitor", "rollout.jsonl", "--margin", "0.05"]);
        assert_eq!((&found["verdict"], &found["paired"]), (&json!(verdict), &json!(true)));
        let text = told(folder, &["monitor", "rollout.jsonl", "--margin", "0.05", "--where", "task=refund-request"]);
        assert!(text.starts_with(&verdict.to_uppercase()) && text.contains("decides |"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    let refused = |arguments: &[&str], what: &str| {
        let ended = plimsoll(folder, &[&["monitor", "rollout.jsonl"], arguments].concat());
        assert_eq!(code(&ended), 2);
        assert!(err(&ended).contains(what), "{}", err(&ended));
    };
    refused(&[], "no margin is given");
    refused(&["--margin", "0.05", "--where", "task=pay"], "no line is of this part");
    refused(&["--margin", "1.5"], "above 0 and below 1");
    refused(&["--gate", "cites"], "there is no contract");
    let lines = "{\"at\": \"2026-11-03\", \"metric\": \"resolved\", \"n\": 1, \"count\": 1}\n";
    std::fs::write(folder.join("rollout.jsonl"), lines).expect("a file");
    refused(&["--margin", "0.05"], "does not say who answered");
}

/// So long that it is read in many parts; the evidence is that of its pairs, each looked at once.
#[test]
fn a_long_rollout_says_what_the_e_process_says_of_its_rows() {
    const COUNT: u64 = 20_000;
    let folder = tempfile::tempdir().expect("a folder");
    let (mut lines, mut pairs) = (String::new(), [0u64; 3]);
    for at in (0..COUNT).rev() {
        let resolved = [at * 7 % 10 < 8, at * 3 % 11 < 9];
        pairs[usize::from(resolved[0]) + 1 - usize::from(resolved[1])] += 1;
        for (arm, resolved) in ["candidate", "production"].into_iter().zip(resolved) {
            let line = json!({
                "at": format!("2026-11-03T{:02}:{:02}:{:02}Z", at / 3600, at / 60 % 60, at % 60), "metric": "resolved",
                "arm": arm, "conversation": format!("c{at}"), "n": 1, "count": u8::from(resolved),
            });
            let _ = writeln!(lines, "{line}");
        }
    }
    std::fs::write(folder.path().join("rollout.jsonl"), lines).expect("a file");
    let found = json_of(folder.path(), &["monitor", "rollout.jsonl", "--margin", "0.05"]);
    let bets = |margin: f64| stats::sequential::Bets::against(margin, 24).expect("bets");
    let [down, same, up] = pairs;
    let near = |value: &Value, wanted: f64| (value.as_f64().expect("a figure") - wanted).abs() < 1e-6;
    assert_eq!((&found["differences"], &found["waiting"]), (&json!(COUNT), &json!(0)));
    assert!(near(&found["enough"]["log_e"], bets(0.05).log_e_of_counts(up, same, down)), "{found}");
    assert!(near(&found["harm"]["log_e"], bets(0.0).log_e_of_counts(down, same, up)), "{found}");
    let way = found["way"].as_array().expect("the way");
    assert!((60..=62).contains(&way.len()) && way.last().is_some_and(|last| last[0] == json!(COUNT)), "{}", way.len());
}

#[test]
fn every_line_that_cannot_be_followed_is_told_in_its_place() {
    let folder = eval("billing-support");
    let folder = folder.path();
    let line = |more: &str| format!("{{\"at\": \"2026-11-03\", \"metric\": \"resolved\", \"count\": 1, {more}}}\n");
    let good = |arm: &str| line(&format!("\"n\": 1, \"arm\": \"{arm}\", \"conversation\": \"c\""));
    let bad = [line("\"n\": 1"), good("candidate"), line("\"n\": 2, \"arm\": \"production\", \"conversation\": \"d\"")];
    std::fs::write(folder.join("rollout.jsonl"), bad.concat()).expect("a file");
    let refused = plimsoll(folder, &["monitor", "rollout.jsonl", "--margin", "0.05"]);
    let told = err(&refused);
    assert_eq!(code(&refused), 2);
    assert!(told.contains("rollout.jsonl:1:") && told.contains("does not say who answered"), "{told}");
    assert!(told.contains("rollout.jsonl:3:") && told.contains("counts several conversations at once"), "{told}");
    // By a gate only what its criterion foretells is followed, and what no criterion does.
    let other = line("\"n\": 1, \"arm\": \"candidate\", \"conversation\": \"e\", \"criterion\": \"decides\"");
    std::fs::write(folder.join("rollout.jsonl"), [good("candidate"), good("production"), other].concat())
        .expect("a file");
    let found = json_of(folder, &["monitor", "rollout.jsonl", "--gate", "cites"]);
    assert_eq!((&found["candidate"], &found["left_out"]), (&json!(1), &json!(1)));
    let refused = plimsoll(folder, &["monitor", "rollout.jsonl", "--margin", "0.05", "--metric", "thumbs"]);
    assert!(err(&refused).contains("no line tells `thumbs`"), "{}", err(&refused));
}

#[test]
fn a_rollout_is_followed_by_its_gate_and_names_the_stage() {
    let folder = eval("billing-support");
    let folder = folder.path();
    rollout(folder, 60, 8);
    let found = json_of(folder, &["monitor", "rollout.jsonl", "--gate", "cites"]);
    assert_eq!((&found["margin"], &found["alpha"], &found["stage"]), (&json!(0.1), &json!(0.05), &Value::Null));
    let refused = plimsoll(folder, &["monitor", "rollout.jsonl", "--gate", "concise"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("has no margin from production"), "{}", err(&refused));
}

#[test]
fn the_first_ninety_days_are_planned_and_come_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let help = told(folder, &["init", "--help"]);
    let page = help.split_once("A file of answers:\n\n").expect("a page in the help").1;
    std::fs::write(folder.join("page.yaml"), page).expect("a page");
    told(folder, &["init", "eval", "--answers", "page.yaml", "--start", "2027-01-04"]);
    let plan = std::fs::read_to_string(folder.join("eval/ninety-days.md")).expect("a plan");
    assert!(plan.contains("2027-01-04 to 2027-01-17, for release (release captain)."), "{plan}");
    assert_eq!(plan.matches("The decision that it changes").count(), 4);
    let names = |today: &str| -> Vec<String> {
        let agenda = json_of(folder, &["agenda", "eval", "--today", today]);
        let duties =
            agenda["duties"].as_array().expect("duties").iter().filter(|duty| duty["when"] == "the first ninety days");
        duties.filter_map(|duty| duty["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names("2027-01-03"), Vec::<String>::new());
    assert_eq!(names("2027-01-18"), ["ninety-days-first-gate", "ninety-days-incidents-guard"]);
    told(
        folder,
        &["agenda", "done", "ninety-days-first-gate", "--by", "release", "--today", "2027-01-18", "--eval", "eval"],
    );
    assert_eq!(names("2027-01-18"), ["ninety-days-incidents-guard"]);
    // A page may say it itself; what is no date is a fault in its place.
    std::fs::write(folder.join("page.yaml"), format!("{page}\nstart: soon\n")).expect("a page");
    let refused = plimsoll(folder, &["init", "other", "--answers", "page.yaml"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("`start` is no date"), "{}", err(&refused));
}
