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
    told(folder, &[&add[..], &["--at", "2098-11-20", "--by", "release"]].concat());
    let table = format!(
        "release,seen,metric,n,count\n{},2098-11-21,resolved,50,45\n{0},2098-11-22,escalated,50,4\n",
        &id[..18]
    );
    std::fs::write(folder.join("seen.csv"), table).expect("a table");
    let import = ["outcome", "import", "seen.csv", "--map", "record=release", "--map", "at=seen"];
    let first = plimsoll(folder, &import);
    assert_eq!((code(&first), err(&first).as_str()), (0, "2 outcomes kept, 0 known already\n"));
    assert_eq!(err(&plimsoll(folder, &import)), "0 outcomes kept, 2 known already\n");
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
                && !shown.contains("p values")
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
    assert_eq!(duty("cover-wrong-refund")["command"], "plimsoll incident show wrong-refund");
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
        told.contains("bad.jsonl:1:")
            && told.contains("bad.jsonl:2:")
            && told.contains("4 were counted of 3: more than there are"),
        "{told}"
    );
    let lines = "{\"record\": \"r\", \"at\": \"2026-11-20\", \"metric\": \"resolved\", \"n\": 3, \"count\": 3}\n";
    std::fs::write(folder.join("unknown.jsonl"), lines).expect("a file");
    let refused = plimsoll(folder, &["outcome", "import", "unknown.jsonl"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("no decision `r`"), "{}", err(&refused));
    std::fs::write(folder.join("t.csv"), "record,when\nr,x\n").expect("a file");
    let told = err(&plimsoll(folder, &["outcome", "import", "t.csv"]));
    assert!(
        told.contains("t.csv:1:8") && told.contains("no column `at`") && told.contains("no column `metric`"),
        "{told}"
    );
    assert!(!folder.join(".plimsoll/catalog.sqlite").exists());
}

const MAPPING: &str = "plimsoll_mapping: 1\noutcomes:\n  \
    - {metric: thumbs, of: user_feedback, yes: [thumbs_up], no: [thumbs_down], criterion: decides}\n  \
    - {metric: helpful, of: rating, scale: [1, 5], better: higher}\n  - {metric: refunded, key: app.refunded}\n\
    map: {attributes.task: app.intent}\nset: {arm: candidate}\n";

fn attributes(of: &Value) -> Value {
    let wrapped = |value: &Value| match value {
        Value::Number(number) => json!({"doubleValue": number}),
        Value::Bool(flag) => json!({"boolValue": flag}),
        other => json!({"stringValue": other}),
    };
    let all = of.as_object().expect("an object").iter();
    all.map(|(key, value)| json!({"key": key, "value": wrapped(value)})).collect()
}

/// What a trace, its evaluations and a reviewer's carrier span say, as a collector writes them.
fn feedback() -> String {
    // 2026-11-03, at noon.
    let at = |second: u64| ((1_793_707_200 + second) * 1_000_000_000).to_string();
    let evaluation = |name: &str, label: Option<&str>, score: Option<f64>| {
        let mut all = json!({"gen_ai.evaluation.name": name});
        all.as_object_mut()
            .expect("an object")
            .extend(label.map(|label| ("gen_ai.evaluation.score.label".to_owned(), json!(label))));
        all.as_object_mut()
            .expect("an object")
            .extend(score.map(|score| ("gen_ai.evaluation.score.value".to_owned(), json!(score))));
        all
    };
    let span = |id: u32, own: Value, events: &[Value]| {
        let events =
            events.iter().map(|event| json!({"name": "gen_ai.evaluation.result", "attributes": attributes(event)}));
        json!({"traceId": format!("{id:032x}"), "spanId": format!("{id:016x}"), "startTimeUnixNano": at(0), "endTimeUnixNano": at(u64::from(id)),
            "attributes": attributes(&own), "events": events.collect::<Vec<Value>>()})
    };
    let mut carrier = span(
        4,
        json!({"openinference.span.kind": "EVALUATOR", "annotations.0.annotation.name": "rating", "annotations.0.annotation.score": 4.0}),
        &[],
    );
    carrier["links"] = json!([{"traceId": format!("{:032x}", 9), "spanId": format!("{:016x}", 9)}]);
    let spans = [
        span(
            1,
            json!({"session.id": "s-1", "app.intent": "refund-request", "app.refunded": true}),
            &[evaluation("user_feedback", Some("thumbs_up"), None)],
        ),
        span(
            2,
            json!({"app.refunded": false}),
            &[evaluation("user_feedback", Some("meh"), None), evaluation("groundedness", None, Some(0.4))],
        ),
        span(3, evaluation("rating", None, Some(7.0)), &[]),
        carrier,
    ];
    let record = |second: u64, label: &str| {
        let mut said = evaluation("user_feedback", Some(label), None);
        said["session.id"] = "s-7".into();
        json!({"timeUnixNano": at(second), "eventName": "gen_ai.evaluation.result", "attributes": attributes(&said)})
    };
    let traces = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]});
    let logs =
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record(7, "thumbs_down"), record(8, "thumbs_up")]}]}]});
    format!("{traces}\n{logs}\n")
}

#[test]
fn what_traces_and_logs_say_of_how_it_went_becomes_outcomes_where_a_mapping_names_it() {
    let folder = eval("billing-support");
    let folder = folder.path();
    assert_eq!(code(&plimsoll(folder, &["run"])), 10);
    std::fs::write(folder.join("m.yaml"), MAPPING).expect("a mapping");
    std::fs::write(folder.join("f.jsonl"), feedback()).expect("traces");
    let import = ["outcome", "import", "f.jsonl", "--mapping", "m.yaml", "--record", "latest"];
    let first = plimsoll(folder, &import);
    let expected = "\
spans and records read: 6
left out 1: verdicts on `thumbs` that say neither: the label `meh` is neither in `yes` nor in `no`
         first at f.jsonl:1 (span 0000000000000002 of trace 00000000000000000000000000000002)
left out 1: evaluations that the mapping does not name: `groundedness`
         first at f.jsonl:1 (span 0000000000000002 of trace 00000000000000000000000000000002)
left out 1: verdicts on `helpful` that say neither: a number lies outside 1 to 5: say its `scale`
         first at f.jsonl:1 (span 0000000000000003 of trace 00000000000000000000000000000003)
6 outcomes kept, 0 known already
";
    // The release of a test is of today, and so later than what is said of it.
    let told = err(&first);
    let (notes, said): (Vec<&str>, Vec<&str>) = told.lines().partition(|line| line.starts_with("note: "));
    assert_eq!((code(&first), format!("{}\n", said.join("\n")).as_str()), (0, expected));
    assert!(notes.len() == 1 && notes[0].contains("seen before their release was decided on"), "{notes:?}");
    let list = json_of(folder, &["outcome", "list"]);
    let all = list["outcomes"].as_array().expect("a list");
    let said: Vec<String> = all
        .iter()
        .map(|one| {
            let counted = one.get("value").or(one.get("count")).expect("a verdict");
            let text = |key: &str| one[key].as_str().unwrap_or("").trim_start_matches('0').to_owned();
            format!("{} {} {counted} {}", text("at"), text("metric"), text("conversation"))
        })
        .collect();
    let expected = [
        "2026-11-03T12:00:01.000Z thumbs 1 s-1",
        "2026-11-03T12:00:01.000Z refunded 1 s-1",
        "2026-11-03T12:00:02.000Z refunded 0 2",
        "2026-11-03T12:00:04.000Z helpful 0.75 9",
        "2026-11-03T12:00:07.000Z thumbs 0 s-7",
        "2026-11-03T12:00:08.000Z thumbs 1 s-7",
    ];
    assert_eq!(said, expected);
    assert_eq!((&all[0]["attributes"]["task"], &all[0]["criterion"]), (&json!("refund-request"), &json!("decides")));
    assert_eq!((&all[3]["better"], &all[3]["arm"]), (&json!("higher"), &json!("candidate")));
    assert!(err(&plimsoll(folder, &import)).ends_with("0 outcomes kept, 6 known already\n"));

    // Packed, and from standard input, it is the same.
    let script = "gzip -c f.jsonl | \"$plimsoll\" outcome import - --mapping m.yaml --record latest";
    let piped = std::process::Command::new("sh")
        .args(["-c", script])
        .env("plimsoll", env!("CARGO_BIN_EXE_plimsoll"))
        .current_dir(folder)
        .output()
        .expect("a shell");
    assert!(err(&piped).ends_with("0 outcomes kept, 6 known already\n"), "{}", err(&piped));

    // Without a mapping, without a release, or broken off, nothing is kept and it is said what to do.
    let refused = |arguments: &[&str], words: &[&str]| {
        let ended = plimsoll(folder, arguments);
        let told = err(&ended).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code(&ended), 2, "{told}");
        words.iter().for_each(|word| assert!(told.contains(word), "{told}"));
    };
    refused(&["outcome", "import", "f.jsonl"], &["holds traces or logs of OpenTelemetry", "--mapping FILE"]);
    refused(&import[..5], &["no release is named", "(span 0000000000000001 of trace 0", "--record"]);
    // A field that no release fits is told with the span and the attribute that it is from.
    let of_segment = MAPPING.replace("attributes.task: app.intent", "segment: app.intent");
    std::fs::write(folder.join("s.yaml"), of_segment).expect("a mapping");
    let of_segment = ["outcome", "import", "f.jsonl", "--mapping", "s.yaml", "--record", "latest"];
    refused(&of_segment, &["f.jsonl:1:1", "no segment `refund-request`", "0001, attribute `app.intent`)"]);
    // Protobuf and what is packed need a mapping to be read.
    std::fs::write(folder.join("p.bin"), [0u8, 0, 0, 2, 0x0a, 0]).expect("a record");
    refused(&["outcome", "import", "p.bin"], &["is no text", "--mapping FILE"]);
    let text = feedback();
    std::fs::write(folder.join("f.jsonl"), &text[..text.len() - 40]).expect("traces");
    refused(&import, &["f.jsonl:2:", "nothing was kept"]);
    std::fs::write(folder.join("m.yaml"), MAPPING.replace("key: app", "kye: app")).expect("a mapping");
    refused(&import, &["m.yaml:5:", "did you mean `key`?"]);
    assert_eq!(json_of(folder, &["outcome", "list"])["outcomes"].as_array().map(Vec::len), Some(6));
}

#[test]
fn outcomes_that_do_not_fit_their_release_are_told_all_at_once() {
    let folder = eval("billing-support");
    let folder = folder.path();
    assert_eq!(code(&plimsoll(folder, &["run"])), 10);
    let record: Value = serde_json::from_str(&told(folder, &["show", "latest", "--as", "json"])).expect("JSON");
    let id = record["record"]["id"].as_str().expect("an id");
    let table = |rows: &str| {
        let rows = rows.replace("ID", id);
        std::fs::write(folder.join("seen.csv"), format!("record,at,metric,n,count,criterion,segment\n{rows}"))
            .expect("a table");
        plimsoll(folder, &["outcome", "import", "seen.csv"])
    };
    let refused = table(
        "ID,2098-11-20,resolved,3,2,decide,task=nonsense\nID,soon,resolved,3,2,,\nnone,2098-11-20,resolved,3,2,,\n",
    );
    assert_eq!(code(&refused), 2);
    let said = err(&refused);
    let criterion = format!("seen.csv:2:{}", id.len() + 26);
    let segment = format!("seen.csv:2:{}", id.len() + 33);
    let day = format!("seen.csv:3:{}", id.len() + 2);
    for part in [
        "its release has no criterion `decide`",
        &criterion,
        "its release has no segment `task=nonsense`",
        &segment,
        &day,
        "no decision `none`",
        "seen.csv:4:1",
        "did you mean `decides`?",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    // Of JSON lines too: a candidate that is none, and a day before the candidate's first decision.
    let lines = "{\"candidate\": \"prompt v51\", \"at\": \"2098-11-20\", \"metric\": \"resolved\", \"n\": 3, \"count\": 2}\n\
                 {\"candidate\": \"prompt v15\", \"at\": \"2001-01-01\", \"metric\": \"resolved\", \"n\": 3, \"count\": 2}\n";
    std::fs::write(folder.join("seen.jsonl"), lines).expect("lines");
    let refused = plimsoll(folder, &["outcome", "import", "seen.jsonl"]);
    let said = err(&refused);
    assert_eq!(code(&refused), 2, "{said}");
    for part in [
        "seen.jsonl:1:15",
        "no decision on `prompt v51`",
        "did you mean `prompt v15`?",
        "seen.jsonl:2:35",
        "up to 2001-01-01",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(
        !folder.join(".plimsoll/catalog.sqlite").exists()
            || json_of(folder, &["outcome", "list"])["outcomes"] == json!([])
    );
    // Places are those of the file's cells.
    let refused = table("ID,2098-11-20,resolved,3,4,,\nID,soon,resolved,x,2,,\n");
    let said = err(&refused);
    let at = |line: u32, column: usize| format!("seen.csv:{line}:{column}");
    let (long, short) = (at(2, id.len() + 24), [at(3, id.len() + 2), at(3, id.len() + 16)]);
    assert!(said.contains(&long) && short.iter().all(|place| said.contains(place)), "{said}");
    let taken = table("ID,2001-01-01,handed-over,3,2,decides,all\n");
    assert_eq!(code(&taken), 0, "{}", err(&taken));
    let said = err(&taken);
    assert!(
        said.contains("`handed-over` is a metric of your own")
            && said.contains("the first on 2001-01-01")
            && said.contains(&format!("seen.csv:2:{}", id.len() + 13))
            && said.contains(&format!("seen.csv:2:{}", id.len() + 2)),
        "{said}"
    );
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
        assert!(!text.contains("p 0.000") && (verdict != "stop" || text.contains("p < 0.001")), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    // Harm that was shown stays shown, and what was shown after it is said beside it.
    let mut lines = String::new();
    for at in 0..330 {
        for (arm, failed) in [("candidate", 0..12), ("production", 12..30)] {
            let line = json!({
                "at": format!("2026-11-03T08:{:02}:{:02}Z", at / 60, at % 60), "metric": "resolved", "arm": arm,
                "conversation": format!("c{at:04}"), "n": 1, "count": u8::from(!failed.contains(&at)),
            });
            let _ = writeln!(lines, "{line}");
        }
    }
    std::fs::write(folder.join("rollout.jsonl"), lines).expect("a file");
    let found = json_of(folder, &["monitor", "rollout.jsonl", "--margin", "5%"]);
    assert_eq!((&found["verdict"], &found["margin"]), (&json!("stop"), &json!(0.05)));
    assert_eq!((&found["harm"]["shown_at"], &found["enough"]["shown_at"]), (&json!(9), &json!(233)));
    let because = found["because"].as_str().expect("a sentence");
    assert!(because.contains("harm was shown at difference 9") && because.contains("at difference 233"), "{because}");

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
    // The stage is that of the last decision on this contract, and not of another one in the folder.
    let contract = std::fs::read_to_string(folder.join("plimsoll.yaml")).expect("a contract");
    let plain =
        contract.replace("name: billing-support", "name: plain").replace("describe: prompt v15", "describe: v16");
    std::fs::write(folder.join("plain.yaml"), plain).expect("a contract");
    let stage = "not_shown: {stage: 5%, monitor: complaints, stop: any refund without cause, owner: release}, else";
    let staged = contract.replacen("by: 10%, else", &format!("by: 10%, {stage}"), 1);
    assert!(staged.contains(stage) && contract.contains("name: billing-support"));
    std::fs::write(folder.join("plimsoll.yaml"), staged).expect("a contract");
    for contract in ["plimsoll.yaml", "plain.yaml"] {
        assert_eq!(code(&plimsoll(folder, &["run", contract])), 10);
    }
    let found = json_of(folder, &["monitor", "rollout.jsonl", "--gate", "cites"]);
    assert_eq!(found["stage"]["cell"], "task=cancellation", "{found}");
    let found = json_of(folder, &["monitor", "rollout.jsonl", "--gate", "cites", "--eval", "plain.yaml"]);
    assert_eq!(found["stage"], Value::Null);
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
