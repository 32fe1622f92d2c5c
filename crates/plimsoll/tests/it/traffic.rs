//! Production's logs as traffic, told from outside.

use super::{code, err, out, plimsoll};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

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
kept      2 would be, on 2 days, from 2026-11-03 to 2026-11-05
hidden    1 of kind card, as 4*** **** **** ****
hidden    1 of kind email, as a.*@*.*******
left out  1: calls of models that do not say what was asked: most instrumentations keep what is said only where that is switched on
          first at t.jsonl:2
left out  1: requests whose id came earlier, or was kept before, and that say something else: the first of them counts
          first at t.jsonl:1
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
    assert_eq!((&again["kept"], &again["before"], &again["requests"]), (&json!(0), &json!(2), &json!(3)));
    assert_eq!(kept(folder.path()), kept_once);
}

#[test]
fn messages_that_were_cut_off_are_left_out_as_unreadable_and_are_nobodys_words() {
    let folder = eval("");
    let mut cut = span(DAYS[0], 1, 1, "x");
    cut["attributes"][1]["value"]["stringValue"] = r#"[{"role":"user","content":"abgeschn"#.into();
    let system = json!({"key": "gen_ai.system_instructions", "value": {"stringValue": r#"[{"type": "text", "content": "Be brief."}]"#}});
    cut["attributes"].as_array_mut().expect("attributes").push(system);
    let brackets = span(DAYS[0], 2, 2, "[sic] {what} is this?");
    std::fs::write(folder.path().join("t.jsonl"), line(&[cut, brackets])).expect("traces");
    let made = plimsoll(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert!(
        out(&made).contains("left out  1: calls of models whose messages are JSON that was cut off"),
        "{}",
        out(&made)
    );
    let kept = kept(folder.path());
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["input"]["messages"][0]["content"], "[sic] {what} is this?");
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
    assert_eq!(prune(&["--preview"]), format!("would drop  2026-11-03  1 file\n{rest}"));
    assert_eq!(kept(folder.path()).len(), 2);
    assert_eq!(prune(&["--keep", "3d", "--preview"]).lines().count(), 1);
    assert_eq!(prune(&[]), format!("dropped     2026-11-03  1 file\n{rest}"));
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

/// So many requests, each long enough that a few hundred do not fit between two processes.
fn long(ids: std::ops::Range<u32>) -> String {
    ids.map(|id| line(&[span(DAYS[(id % 2) as usize], id, id, &format!("{id} {}", "word ".repeat(2_000)))])).collect()
}

/// An import that reads what is written to it.
fn reading(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["import", "traffic", "-", "--as", "json"]).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("an import")
}

/// What an import says that ended well.
fn said(child: Child) -> Value {
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    serde_json::from_str(&out(&ended)).expect("JSON")
}

fn ids_of(folder: &Path) -> Vec<String> {
    let mut ids: Vec<String> =
        kept(folder).iter().map(|request| request["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

fn ids(all: std::ops::Range<u32>) -> Vec<String> {
    all.map(|id| format!("{id:032x}-{id:016x}")).collect()
}

#[test]
fn of_two_imports_at_once_one_waits_and_every_span_is_kept_once() {
    let folder = eval("");
    std::fs::write(folder.path().join("t.jsonl"), long(150..450)).expect("traces");
    let mut first = reading(folder.path());
    let mut input = first.stdin.take().expect("its input");
    // It has read most of this once it is written, and so it is at work.
    input.write_all(long(1..300).as_bytes()).expect("written");
    let mut second = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["import", "traffic", "t.jsonl", "--as", "json"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("an import");
    let mut note = String::new();
    BufReader::new(second.stderr.take().expect("its notes")).read_line(&mut note).expect("a line");
    assert_eq!(note, "note: somebody else imports or prunes traffic here: waiting for them\n");
    assert!(days_of(folder.path()).is_empty(), "nothing is kept before all of it is there");
    drop(input);
    let (first, second) = (said(first), said(second));
    assert_eq!((&first["kept"], &first["before"]), (&json!(299), &json!(0)));
    assert_eq!((&second["kept"], &second["before"]), (&json!(150), &json!(150)));
    assert_eq!(ids_of(folder.path()), ids(1..450));
}

/// Days that there is traffic of.
fn days_of(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join(".plimsoll/traffic")).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with('.')).collect()
}

#[test]
fn an_import_that_is_killed_keeps_nothing_and_the_same_again_keeps_all_of_it_once() {
    let folder = eval("");
    std::fs::write(folder.path().join("t.jsonl"), long(1..100)).expect("traces");
    assert_eq!(told(folder.path(), &["import", "traffic", "t.jsonl"])["kept"], 99);
    let mut killed = reading(folder.path());
    killed.stdin.take().expect("its input").write_all(long(1..400).as_bytes()).expect("written");
    killed.kill().expect("killed");
    assert!(!killed.wait().expect("an end").success());
    // Gone is what it had, or it still lies there under a name that counts for nothing; never half of a day.
    let days = days_of(folder.path());
    assert_eq!(days.len(), 2, "{days:?}");
    std::fs::write(folder.path().join("t.jsonl"), long(1..400)).expect("traces");
    let again = told(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!((&again["kept"], &again["before"], &again["twice"]), (&json!(300), &json!(99), &json!(0)));
    assert_eq!(ids_of(folder.path()), ids(1..400));
}

/// The faults of an import that must fail, on one line.
fn refused(folder: &Path, bytes: &[u8]) -> String {
    std::fs::write(folder.join("t.jsonl"), bytes).expect("a file");
    let ended = plimsoll(folder, &["import", "traffic", "t.jsonl"]);
    assert_eq!(code(&ended), 2, "{}", err(&ended));
    assert!(kept(folder).is_empty());
    err(&ended).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Kinds of what was left out, with how many and where the first is.
fn left_out(made: &Value) -> Vec<String> {
    let all = made["left_out"].as_array().expect("a list");
    all.iter()
        .map(|left| format!("{} {} {}", left["count"], left["places"][0].as_str().expect("a place"), left["what"]))
        .collect()
}

#[test]
fn traces_that_are_odd_are_read_or_refused_with_their_place_and_what_to_do() {
    let folder = eval("");
    let whole = line(&[span(DAYS[0], 1, 1, "Hi")]);
    let with = |from: &str, to: &str| whole.replace(from, to).into_bytes();
    // An attribute that is no text.
    let broken = [
        whole.as_bytes(),
        &with("Of course", "\u{1}").iter().map(|byte| if *byte == 1 { 0xff } else { *byte }).collect::<Vec<u8>>(),
    ]
    .concat();
    let told_of = refused(folder.path(), &broken);
    assert!(told_of.contains("t.jsonl:2:") && told_of.contains("nothing was imported"), "{told_of}");
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    let deep = with("\"name\":\"chat\"", &format!("\"name\":\"chat\",\"more\":{deep}"));
    let told_of = refused(folder.path(), &deep);
    assert!(told_of.contains("t.jsonl:1:") && told_of.contains("recursion limit"), "{told_of}");
    let told_of = refused(folder.path(), &with("Of course", &"long ".repeat(4 << 20)));
    assert!(
        told_of.contains("t.jsonl:1:")
            && told_of.contains("a span or a resource is longer than 16 MB")
            && told_of.contains("take it out, or let the instrumentation keep less of what was said"),
        "{told_of}"
    );

    let no_ids =
        json!({"name": "no ids", "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]});
    let mut short = span(DAYS[0], 2, 2, "short id");
    short["traceId"] = "abc".into();
    let odd = format!(
        "\u{feff}{}\r\n\r\n{}\r\n{}",
        whole.trim(),
        line(&[no_ids, short, span(DAYS[0], 3, 3, "Ho")]).trim(),
        line(&[span(DAYS[0], 3, 3, "Ho"), span(DAYS[0], 3, 3, "Hum")])
    );
    std::fs::write(folder.path().join("t.jsonl"), odd).expect("traces");
    let made = told(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!((&made["kept"], &made["twice"]), (&json!(2), &json!(1)), "{made:#}");
    let expected = [
        "2 t.jsonl:3 \"spans without the ids of a trace and a span, in hex digits\"",
        "1 t.jsonl:4 \"requests whose id came earlier, or was kept before, and that say something else: the first of them counts\"",
    ];
    assert_eq!(left_out(&made), expected);
    let texts: Vec<Value> =
        kept(folder.path()).iter().map(|request| request["input"]["messages"][0]["content"].clone()).collect();
    assert_eq!(texts, ["Hi", "Ho"]);
}

#[test]
fn lines_that_are_odd_are_left_out_by_kind_and_the_others_are_read() {
    let folder = eval("");
    std::fs::write(folder.path().join("m.yaml"), "plimsoll_mapping: 1\nmap:\n  id: id\n  input: q\n")
        .expect("a mapping");
    let mut lines = b"\xef\xbb\xbf{\"id\": \"a\", \"q\": \"Hi\"}\r\n\r\n".to_vec();
    lines.extend(b"{\"id\": \"b\", \"q\": \"\xff\"}\r\n");
    lines.extend(format!("{{\"id\": \"c\", \"q\": {}1{}}}\n", "[".repeat(300), "]".repeat(300)).into_bytes());
    lines.extend(format!("{{\"id\": \"d\", \"q\": \"{}\"}}\n", "x".repeat(17 << 20)).into_bytes());
    lines.extend(b"[1]\n{\"id\": \"e\"}\n{\"id\": \"a\", \"q\": \"Ho\"}\n{\"id\": \"f\", \"q\": \"Hu\"}");
    std::fs::write(folder.path().join("l.jsonl"), lines).expect("lines");
    let made = told(folder.path(), &["import", "traffic", "l.jsonl", "--mapping", "m.yaml", "--today", "2026-11-09"]);
    let expected = [
        "1 l.jsonl:3 \"lines that are not UTF-8\"",
        "1 l.jsonl:4 \"lines that nest deeper than 127 levels\"",
        "1 l.jsonl:5 \"lines longer than 16 MB\"",
        "1 l.jsonl:6 \"lines that are no JSON object\"",
        "1 l.jsonl:7 \"a request has no `input`\"",
        "1 l.jsonl:8 \"requests whose id came earlier, or was kept before, and that say something else: the first of them counts\"",
    ];
    assert_eq!(left_out(&made), expected);
    assert_eq!(ids_of(folder.path()), ["a", "f"]);
}

#[test]
fn a_preview_counts_what_an_import_keeps() {
    let folder = eval("");
    let around = json!({"traceId": format!("{:032x}", 1), "spanId": format!("{:016x}", 9), "startTimeUnixNano": "1793707200000000000",
        "attributes": [{"key": "input.value", "value": {"stringValue": "Hi"}}, {"key": "output.value", "value": {"stringValue": "Hello"}}]});
    std::fs::write(folder.path().join("t.jsonl"), line(&[around, span(DAYS[0], 1, 1, "Hi")])).expect("traces");
    let preview = told(folder.path(), &["import", "traffic", "t.jsonl", "--preview"]);
    let made = told(folder.path(), &["import", "traffic", "t.jsonl"]);
    assert_eq!((&preview["requests"], &preview["kept"], &preview["days"]), (&json!(1), &json!(1), &made["days"]));
}

#[test]
fn parts_that_are_no_text_are_listed_and_a_request_of_nothing_else_is_left_out() {
    let folder = eval("");
    let asked = |trace: u32, parts: Value| {
        let mut span = span(DAYS[0], trace, trace, "");
        let asked = json!([{"role": "user", "parts": parts}]).to_string();
        span["attributes"][1]["value"]["stringValue"] = asked.into();
        span
    };
    let image = json!({"type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBORw0KGgo="});
    let text = |text: &str| json!({"type": "text", "content": text});
    let spans = [
        asked(1, json!([text("Meine Karte ist 4111 1111 1111 1111"), image])),
        asked(2, json!([text("mail a@b.example"), text("Danke")])),
        asked(3, json!([{"type": "uri", "uri": "https://x.example/a.png"}])),
    ];
    std::fs::write(folder.path().join("t.jsonl"), line(&spans)).expect("traces");
    let made = told(folder.path(), &["import", "traffic", "t.jsonl"]);
    let questions: Vec<Value> =
        kept(folder.path()).iter().map(|line| line["input"]["messages"][0]["content"].clone()).collect();
    assert_eq!(questions, ["Meine Karte ist <card>", "mail <email>\nDanke"]);
    let left: Vec<(&Value, bool)> = made["left_out"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|left| (&left["count"], left["what"].to_string().contains("images, files")))
        .collect();
    assert_eq!(left, [(&json!(2), true), (&json!(1), false)], "{made:#}");
}

#[test]
fn a_request_that_asks_nothing_is_left_out_and_a_stored_one_is_never_drawn() {
    let folder = eval("sampling: [{name: all, rule: uniform, take: 50}]\n");
    std::fs::write(folder.path().join("m.yaml"), "plimsoll_mapping: 1\nmap:\n  input: frage\n").expect("a mapping");
    std::fs::write(folder.path().join("l.jsonl"), "{\"frage\": \"Wo?\"}\n{\"frage\": \" \"}\n").expect("lines");
    let made = told(folder.path(), &["import", "traffic", "l.jsonl", "--mapping", "m.yaml", "--today", "2026-11-09"]);
    assert_eq!(
        (&made["kept"], &made["left_out"]),
        (&json!(1), &json!([{"what": "requests whose `input` is empty", "count": 1, "places": ["l.jsonl:2"]}]))
    );
    let stored = folder.path().join(".plimsoll/traffic/2026-11-09/before.jsonl");
    std::fs::write(stored, "{\"plimsoll_traffic\":1}\n{\"id\":\"old-17\",\"input\":\"\"}\n").expect("traffic");
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    std::fs::write(folder.path().join("examples/set.jsonl"), "{\"plimsoll_examples\": 1}\n").expect("a set");
    let sampled = told(folder.path(), &["examples", "sample", "--by", "reviewer-1"]);
    assert_eq!((&sampled["proposed"], &sampled["drawn"][0]["probability"]), (&json!(1), &json!(1.0)));
    assert_eq!(
        sampled["passed_over"],
        json!({"count": 1, "first": [{"request": "old-17", "why": "`input` is empty"}]})
    );
    let shown = out(&plimsoll(folder.path(), &["examples", "sample", "--preview"]));
    assert!(shown.contains("passed over: `old-17` (`input`"), "{shown}");
}

#[test]
fn patterns_that_are_none_are_told_all_at_once_in_their_places_by_check_too() {
    let folder = eval(
        "traffic:\n  redact:\n    own:\n      - {name: customer, pattern: 'C-[0-9]{8}'}\n      \
         - {name: order, pattern: 'O-([0-9]+'}\n      - {name: ship, pattern: '[z-a]'}\n",
    );
    std::fs::write(folder.path().join("t.jsonl"), line(&[span(DAYS[0], 1, 1, "hello")])).expect("traces");
    for arguments in [["check"].as_slice(), &["import", "traffic", "t.jsonl"]] {
        let ended = plimsoll(folder.path(), arguments);
        let told = err(&ended);
        assert_eq!(code(&ended), 2, "{told}");
        assert!(told.contains("plimsoll.yaml:7:33") && told.contains("plimsoll.yaml:8:"), "{told}");
        assert!(told.contains("the pattern `order` is no regular expression"), "{told}");
        assert!(!told.contains("customer` is no"), "{told}");
    }
    assert!(kept(folder.path()).is_empty());
}
