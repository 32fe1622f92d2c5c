use super::{code, err, eval, out, plimsoll};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

fn examples(folder: &Path, arguments: &[&str]) -> Output {
    plimsoll(folder, &[&["examples"], arguments].concat())
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = examples(folder, &[arguments, &["--as", "json"]].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

/// Nothing is wider than a terminal of 80 columns, and nothing in it is obeyed by one.
fn text(folder: &Path, arguments: &[&str]) -> String {
    let output = examples(folder, arguments);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let text = out(&output);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    text
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = examples(folder, arguments);
    assert_eq!(code(&output), 2, "{}", out(&output));
    err(&output)
}

const SET: &str = r#"{"plimsoll_examples": 1}
{"id":"base","task":"refund","input":{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"First line\nsecond \u001b[31mline \u202eright"}]}],"sources":[{"id":"4.1","version":"2026-09","text":"Section 4.1."}],"tools":[{"name":"refund","parameters":{"type":"object","properties":{"amount":{}}}}],"account":{"plan":"free"}},"expected":{"behaviour":"answer"},"provenance":{"source":"traffic","rule":"80 a week","probability":0.25,"captured_at":"2026-10-01"},"attributes":{"risk":"high"},"depends_on":[{"source":"policy","version":"2026-09"},{"source":"prices","version":"7"}],"review_by":"2020-01-31","owner":"policy","labels":[{"by":"anna","says":"right"}]}
{"id":"base-reworded","variant_of":"base","expect":"same","input":"First line, again","task":"refund"}
{"id":"base-other","variant_of":"base","expect":{"changed":"escalate"},"input":"Another","task":"refund"}
{"id":"twin","task":"charge","input":"why?","expected":{"answer":"a"},"provenance":{"source":"incident"},"guard":"armed","cluster":"talk-1","never":true}
{"id":"twin-2","task":"charge","input":"why?","expected":{"answer":"b"},"provenance":{"source":"traffic"},"cluster":"talk-1"}
{"id":"made","input":"made up","provenance":{"source":"synthetic"},"attributes":{"risk":"low"}}
{"id":"old","input":"old","status":{"state":"retired","reason":"the policy changed"},"provenance":{"source":"traffic","weight":4}}
{"id":"heavy","input":"heavy","provenance":{"source":"traffic","weight":12},"attributes":{"risk":"low"}}
"#;

fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let contract = "plimsoll: 1\nname: small\ntasks: [refund, charge, cancel]\ndocuments: {policy: 2026-10, prices: \"7\"}\n\
                    segments:\n  - {by: risk}\n  - {name: high-refunds, where: {task: refund, risk: high}}\n";
    std::fs::create_dir(folder.path().join("examples")).expect("a folder");
    std::fs::write(folder.path().join("plimsoll.yaml"), contract).expect("a contract");
    std::fs::write(folder.path().join("examples/set.jsonl"), SET).expect("a set");
    folder
}

fn ids(listed: &Value) -> Vec<&str> {
    listed["examples"].as_array().expect("examples").iter().filter_map(|example| example["id"].as_str()).collect()
}

#[test]
fn a_list_is_what_was_asked_for_and_says_of_how_many() {
    let folder = small();
    let ask = |arguments: &[&str]| json(folder.path(), &[&["list"], arguments].concat());
    assert_eq!(ids(&ask(&[])).len(), 8);
    assert_eq!(ids(&ask(&["--task", "charge"])), ["twin", "twin-2"]);
    assert_eq!(ids(&ask(&["--task", "cancel"])), Vec::<&str>::new(), "a task of the contract may have no example");
    assert_eq!(ids(&ask(&["--source", "incident", "--source", "synthetic"])), ["twin", "made"]);
    assert_eq!(ids(&ask(&["--source", "unknown"])), ["base-reworded", "base-other"]);
    assert_eq!(ids(&ask(&["--status", "retired"])), ["old"]);
    assert_eq!(ids(&ask(&["--segment", "high-refunds"])), ["base"]);
    assert_eq!(ids(&ask(&["--segment", "risk=low", "--source", "traffic"])), ["heavy"]);
    assert_eq!(ids(&ask(&["--text", "SECOND first"])), ["base"]);
    let counted = ask(&["--source", "traffic", "--most", "1"]);
    assert_eq!((&counted["of"], &counted["matching"], &counted["shown"]), (&8.into(), &4.into(), &1.into()));
    assert_eq!(counted["examples"][0]["weight"], 4.0);
    assert_eq!(counted["examples"][0]["line"], 2);

    let told = text(folder.path(), &["list", "--source", "traffic", "--most", "2"]);
    assert!(told.contains("4 of 8 examples match; 2 are shown, `--most 4` shows all"), "{told}");
    assert!(told.contains("twin-2  charge  traffic      active       0\n    cluster talk-1"), "{told}");
    assert!(text(folder.path(), &["list", "--text", "nowhere"]).starts_with("0 of 8 examples match"));
}

#[test]
fn names_that_are_not_known_are_said_with_what_was_meant() {
    let folder = small();
    let ask = |arguments: &[&str]| refused(folder.path(), arguments);
    assert!(ask(&["list", "--task", "refunds"]).contains("did you mean `refund`?"));
    assert!(ask(&["list", "--segment", "high-refund"]).contains("did you mean `high-refunds`?"));
    assert!(ask(&["list", "--segment", "rsk=high"]).contains("did you mean `risk`?"));
    assert!(ask(&["list", "--source", "trafic"]).contains("traffic"));
    assert!(ask(&["show", "twni"]).contains("did you mean `twin`?"));
    assert!(ask(&["show", "base-"]).contains("2 examples begin with `base-`"));
}

#[test]
fn an_example_is_shown_whole_and_nothing_in_it_is_obeyed() {
    let folder = small();
    let told = text(folder.path(), &["show", "base"]);
    for part in [
        "examples/set.jsonl:2",
        "traffic, by the rule 80 a week, captured 2026-10-01",
        "4 toward production rates: drawn with a chance of 0.25",
        "with 2 other active examples",
        "risk=high, high-refunds",
        "2020-01-31: overdue",
        "base-reworded: the same decision is expected",
        "base-other: a change is expected: escalate",
        "policy 2026-09, and 2026-10 is in force",
        "prices 7, which is in force",
        " system     Be brief.",
        " user       First line\n            second \\u{1b}[31mline \\u{202e}right",
        "4.1 (2026-09): Section 4.1.",
        "refund(amount)",
        "account    {\"plan\":\"free\"}",
        "expected   behaviour: answer",
        "anna",
    ] {
        assert!(told.contains(part), "{part:?} in {told}");
    }
    assert!(text(folder.path(), &["show", "old"]).contains("retired: the policy changed"));
    let guard = text(folder.path(), &["show", "twin"]);
    assert!(
        guard.contains("armed: must not fail again") && guard.contains("as twin-2: and expects something else"),
        "{guard}"
    );
    let variant = json(folder.path(), &["show", "base-o"]);
    assert_eq!(variant["base"], serde_json::json!({"id": "base", "expect": {"changed": "escalate"}}));
    assert_eq!((&variant["cluster"], &variant["weight"]), (&"base".into(), &0.0.into()));
    let whole = json(folder.path(), &["show", "base"]);
    assert_eq!(
        whole["depends_on"][0],
        serde_json::json!({"source": "policy", "version": "2026-09", "in_force": "2026-10", "current": false})
    );
    assert_eq!(whole["example"]["labels"][0]["by"], "anna");
    assert_eq!(whole["digest"].as_str().map(str::len), Some(64));
}

#[test]
fn the_sums_say_what_counts_and_what_is_due() {
    let folder = small();
    let stats = json(folder.path(), &["stats"]);
    assert_eq!(stats["status"], serde_json::json!({"active": 7, "retired": 1}));
    assert_eq!(
        stats["counts"],
        serde_json::json!({"sampled": 2, "made": 1, "chosen": 1, "chance_unknown": 1, "variant": 2})
    );
    // Weights 4 and 12: (4 + 12)^2 / (16 + 144).
    assert_eq!((&stats["active"]["weight"], &stats["active"]["effective"]), (&16.0.into(), &1.6.into()));
    assert_eq!(stats["active"]["clusters"], 4);
    assert_eq!(stats["tasks"]["refund"], serde_json::json!({"traffic": 1, "unknown": 2}));
    assert_eq!(stats["tasks"]["cancel"], serde_json::json!({}));
    let low = &stats["segments"][1];
    assert_eq!((&low["segment"], &low["examples"], &low["share"]), (&"risk=low".into(), &2.into(), &0.75.into()));
    assert_eq!((&stats["guards"]["armed"], &stats["never"]), (&1.into(), &1.into()));
    assert_eq!(stats["variants"], serde_json::json!({"same": 1, "changed": 1}));
    assert_eq!(stats["review"], serde_json::json!({"overdue": 1, "due_within_30_days": 0, "without_date": 6}));
    assert_eq!(stats["outdated_documents"], 1);
    assert_eq!(stats["same_input"], serde_json::json!({"groups": 1, "conflicts": 1, "examples": 2}));
    let told = text(folder.path(), &["stats"]);
    for part in [
        "8 examples   small",
        "7 active, 1 retired",
        "2 count with their weight",
        "1 count toward no rate: drawn with an unknown chance",
        "risk=low             2       1.0    75.0 % ###############\n",
        "high-refunds         1       1.0    25.0 % #####\n",
        "the largest is base, with 3 examples",
    ] {
        assert!(told.contains(part), "{part:?} in {told}");
    }
    let whole = eval("billing-support");
    assert!(text(whole.path(), &["stats"]).contains("its examples are scripted, not traffic"));
    text(whole.path(), &["list", "--most", "1000"]);
}

#[test]
fn a_set_that_cannot_be_read_is_told_line_by_line() {
    let folder = small();
    let path = folder.path().join("examples/set.jsonl");
    std::fs::write(&path, "{\"id\":\"a\",\"input\":\"q\"}\n{\"id\":\"a\",\"input\":\"q\"}\n{\"input\":3}\n")
        .expect("a set");
    for verb in [&["list"][..], &["show", "a"], &["stats"]] {
        let said = refused(folder.path(), verb);
        assert!(said.contains("set.jsonl:2:1") && said.contains("set.jsonl:3:10"), "{said}");
    }
    std::fs::write(&path, "").expect("a set");
    assert!(text(folder.path(), &["list"]).contains("0 examples"));
    assert!(text(folder.path(), &["stats"]).contains("nothing is active"));
    std::fs::remove_file(&path).expect("removed");
    assert!(refused(folder.path(), &["stats"]).contains("holds no .jsonl file"));
    std::fs::write(&path, vec![b'x'; 17 << 20]).expect("a set");
    assert!(refused(folder.path(), &["list"]).contains("longer than 16 MB"));
}
