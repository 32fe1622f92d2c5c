//! Production's logs as traffic, told from outside.

use super::{code, err, out, plimsoll};
use serde_json::{Value, json};
use std::path::Path;

/// An eval whose contract says this of traffic.
pub fn eval(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = format!("plimsoll: 1\nname: support\n{more}");
    std::fs::write(folder.path().join("plimsoll.yaml"), contract).expect("a contract");
    folder
}

/// All lines that are kept, in order, without headers.
pub fn kept(folder: &Path) -> Vec<Value> {
    let mut files = Vec::new();
    for day in std::fs::read_dir(folder.join(".plimsoll/traffic")).into_iter().flatten() {
        let day = day.expect("a day").path();
        assert!(!day.file_name().expect("a name").to_string_lossy().starts_with('.'), "{day:?}");
        files.extend(std::fs::read_dir(day).expect("files").map(|file| file.expect("a file").path()));
    }
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).expect("text"));
    let lines: Vec<String> =
        texts.flat_map(|text| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.iter().map(|line| serde_json::from_str(line).expect("a line")).collect()
}

fn span(at: u64, trace: u32, id: u32, asked: &str) -> Value {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let said =
        |role: &str, says: &str| json!([{"role": role, "parts": [{"type": "text", "content": says}]}]).to_string();
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{id:016x}"), "name": "chat",
        "startTimeUnixNano": (at * 1_000_000_000).to_string(), "endTimeUnixNano": (at * 1_000_000_000 + 250_000_000).to_string(),
        "attributes": [
            text("gen_ai.operation.name", "chat"), text("gen_ai.input.messages", &said("user", asked)),
            text("gen_ai.output.messages", &said("assistant", "Of course.")), text("session.id", "s-1"),
            text("gen_ai.response.model", "m-2"), text("app.language", "de"),
        ],
    })
}

fn line(spans: &[Value]) -> String {
    format!("{}\n", json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}))
}

fn told(folder: &Path, arguments: &[&str]) -> Value {
    let ended = plimsoll(folder, &[arguments, &["--as", "json"]].concat());
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    serde_json::from_str(&out(&ended)).expect("JSON")
}

/// 2026-11-03 and 2026-11-05, at noon.
const DAYS: [u64; 2] = [1_793_707_200, 1_793_880_000];

#[test]
fn spans_become_requests_without_what_must_not_be_kept_and_only_once() {
    let folder = eval("traffic:\n  attributes: {language: app.language}\n");
    let silent = json!({"traceId": format!("{:032x}", 9), "spanId": format!("{:016x}", 9), "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]});
    let spans = [
        span(DAYS[0], 1, 1, "I am a.b@c.example, card 4111 1111 1111 1111"),
        span(DAYS[0], 1, 1, "twice"),
        span(DAYS[1], 2, 2, "Order 4111111111111112 of 03.11.2026?"),
    ];
    std::fs::write(folder.path().join("t.jsonl"), line(&spans) + &line(&[silent])).expect("traces");
    let preview = plimsoll(folder.path(), &["import", "traffic", "t.jsonl", "--preview"]);
    let expected = "\
spans     4 read
requests  3 read
          1 were there before, or twice: dropped
kept      2 would be, on 2 days, from 2026-11-03 to 2026-11-05
hidden    1 of kind card, as 4*** **** **** ****
hidden    1 of kind email, as a.*@*.*******
left out  1: calls of models that do not say what was asked: most instrumentations keep what is said only where that is switched on
          first at t.jsonl:2
next      nothing was kept; the same without `--preview` keeps it
";
    assert_eq!(out(&preview), expected, "{}", err(&preview));
    assert!(!folder.path().join(".plimsoll/traffic").exists());
    let made = told(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!((&made["kept"], &made["days"]), (&json!(2), &json!({"2026-11-03": 1, "2026-11-05": 1})));
    let kept_once = kept(folder.path());
    assert_eq!(kept_once[0]["input"]["messages"][0]["content"], "I am <email>, card <card>");
    assert_eq!(kept_once[1]["input"]["messages"][0]["content"], "Order 4111111111111112 of 03.11.2026?");
    assert_eq!(
        (&kept_once[0]["attributes"], &kept_once[0]["conversation"]),
        (&json!({"language": "de"}), &json!("s-1"))
    );
    let again = told(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!((&again["kept"], &again["twice"]), (&json!(0), &json!(3)));
    assert_eq!(kept(folder.path()), kept_once);
}

#[test]
fn a_trace_that_names_no_model_is_one_request_and_one_that_does_is_its_calls() {
    let folder = eval("");
    let around = |trace: u32, id: u32| {
        json!({"traceId": format!("{trace:032x}"), "spanId": format!("{id:016x}"), "startTimeUnixNano": "1793707200000000000",
            "attributes": [{"key": "input.value", "value": {"stringValue": "Hi"}}, {"key": "output.value", "value": {"stringValue": "Hello"}}]})
    };
    let mut call = span(DAYS[0], 1, 2, "Hi");
    call["parentSpanId"] = format!("{:016x}", 1).into();
    std::fs::write(folder.path().join("t.jsonl"), line(&[around(1, 1), call, around(7, 7)])).expect("traces");
    let made = told(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!(made["kept"], 2, "{made:#}");
    let traces: Vec<Value> = kept(folder.path()).iter().map(|request| request["trace"].clone()).collect();
    assert_eq!(traces, [format!("{:032x}", 1), format!("{:032x}", 7)]);
}

#[test]
fn a_log_that_breaks_off_leaves_nothing_and_what_a_killed_import_left_is_cleared() {
    let folder = eval("");
    let whole = line(&[span(DAYS[0], 1, 1, "Hi")]);
    std::fs::write(folder.path().join("t.jsonl"), format!("{whole}{}", &whole[..40])).expect("traces");
    let ended = plimsoll(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("t.jsonl:2"), "{}", err(&ended));
    assert!(kept(folder.path()).is_empty());
    let home = folder.path().join(".plimsoll/traffic");
    std::fs::create_dir_all(home.join(".importing-x")).expect("what was left");
    std::fs::write(home.join(".importing-x/2026-11-03"), "{").expect("what was left");
    // One that was killed after it was whole, and before it lay in its place.
    std::fs::create_dir_all(home.join(".ready-y")).expect("what was whole");
    let line_of = "{\"plimsoll_traffic\":1}\n{\"id\":\"whole\",\"input\":\"x\"}\n";
    std::fs::write(home.join(".ready-y/2026-11-01.0123456789abcdef.jsonl"), line_of).expect("what was whole");
    std::fs::write(folder.path().join("t.jsonl"), whole).expect("traces");
    assert_eq!(told(folder.path(), &["import", "traffic", "t.jsonl"])["kept"], 1);
    let ids: Vec<Value> = kept(folder.path()).iter().map(|request| request["id"].clone()).collect();
    assert_eq!(ids, ["whole".to_owned(), format!("{:032x}-{:016x}", 1, 1)]);
}

#[test]
fn days_whose_time_is_over_are_dropped_whole() {
    let folder = eval("traffic: {keep: 2d}\n");
    let spans = [span(DAYS[0], 1, 1, "Hi"), span(DAYS[1], 2, 2, "Ho")];
    std::fs::write(folder.path().join("t.jsonl"), line(&spans)).expect("traces");
    told(folder.path(), &["import", "traffic", "t.jsonl"]);
    let prune = |more: &[&str]| {
        let ended = plimsoll(folder.path(), &[&["traffic", "prune", "--today", "2026-11-05"], more].concat());
        assert_eq!(code(&ended), 0, "{}", err(&ended));
        out(&ended)
    };
    let rest = "kept        the last 2 days up to 2026-11-05; examples keep what they were taken from\n";
    assert_eq!(prune(&["--preview"]), format!("would drop  2026-11-03  1 files\n{rest}"));
    assert_eq!(kept(folder.path()).len(), 2);
    assert_eq!(prune(&["--keep", "3d", "--preview"]).lines().count(), 1);
    assert_eq!(prune(&[]), format!("dropped     2026-11-03  1 files\n{rest}"));
    assert_eq!(kept(folder.path()).len(), 1);
    let stats = plimsoll(folder.path(), &["traffic", "stats"]);
    let expected = "\
day          requests  conversations   tasks  errors  systems
2026-11-05          1              1       0       0  m-2
in all              1
";
    assert_eq!(out(&stats), expected, "{}", err(&stats));
}

#[test]
fn hashes_need_their_secret_and_mappings_what_they_say() {
    let folder = eval("traffic:\n  redact: {emails: hash}\n  hash_key: {env: PLIMSOLL_TEST_NO_SUCH_SECRET}\n");
    std::fs::write(folder.path().join("t.jsonl"), line(&[span(DAYS[0], 1, 1, "Hi")])).expect("traces");
    let ended = plimsoll(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!(code(&ended), 2);
    assert!(err(&ended).contains("PLIMSOLL_TEST_NO_SUCH_SECRET"), "{}", err(&ended));
    let folder = eval("");
    std::fs::write(folder.path().join("m.yaml"), "plimsoll_mapping: 1\nmap:\n  input: q\n  at: when\n")
        .expect("a mapping");
    let lines = "{\"q\": \"Hi\", \"when\": \"yesterday\"}\nno JSON\n{\"q\": \"Ho\", \"when\": 1793707200}\n{\"other\": 1}\n{\"q\": \"Hu\"}\n";
    std::fs::write(folder.path().join("l.jsonl"), lines).expect("lines");
    let made = told(folder.path(), &["import", "traffic", "l.jsonl", "--mapping", "m.yaml", "--today", "2026-11-09"]);
    assert_eq!((&made["kept"], &made["undated"]), (&json!(2), &json!(1)), "{made:#}");
    let left: Vec<&Value> =
        made["left_out"].as_array().expect("a list").iter().map(|left| &left["places"][0]).collect();
    assert_eq!(left, ["l.jsonl:1", "l.jsonl:2", "l.jsonl:4"]);
    assert_eq!(made["days"], json!({"2026-11-03": 1, "2026-11-09": 1}));
}
