//! Traffic against the reference set, and examples drawn from it: stories through the binary.

use super::{code, err, out, plimsoll, small};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const CONTRACT: &str = "plimsoll: 1
name: small
promise:
  work: answer billing questions from the customer's own account
  for: customers on self-serve plans
  evidence: [current billing policy]
  constraints: [cite the policy section used]
  when_not_ready: escalate to a billing agent when policy and account state conflict
release: the next prompt
owners: {release: release captain}
tasks: [refund, search]
failures:
  wrong_source: {cost: 10, owner: release}
segments:
  - {by: task, routable: true}
criteria:
  right: {protects: [wrong_source], grade: {cel: answer.structured.right}}
systems:
  candidate: {recorded: answers/candidate.jsonl}
  production: {recorded: answers/production.jsonl}
gates:
  - {criterion: right, in: [all, task], not_worse_than: production, by: 5%, else: repair, owner: release}
sampling:
  - {name: weekly, rule: uniform, take: 20}
  - {name: thumbs, rule: signal, take: 5, signal: {thumbs: down}}
  - {name: new, rule: novelty, take: 1}
";

/// Requests of October, one a line.
fn traffic(folder: &Path, of: &[(&str, usize)]) {
    let day = folder.join(".plimsoll/traffic/2026-10-05");
    fs::create_dir_all(&day).expect("a folder");
    let mut text = "{\"plimsoll_traffic\": 1}\n".to_owned();
    for (task, count) in of {
        for at in 0..*count {
            let signals = if at % 10 == 0 { json!({"thumbs": "down"}) } else { json!({}) };
            let request = json!({
                "id": format!("{task}.{at}"), "at": "2026-10-05T08:00:00Z", "conversation": format!("c-{task}-{at}"),
                "task": task, "input": format!("{task}, question {at}"), "signals": signals,
            });
            text += &format!("{request}\n");
        }
    }
    fs::write(day.join("a.jsonl"), text).expect("a file");
}

fn eval(of: &[(&str, usize)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("plimsoll.yaml"), CONTRACT).expect("a contract");
    small::write(folder.path(), "refund*90\nsearch*30\n", "candidate right 1*90 0*30\nproduction right 1*90 1*30\n");
    traffic(folder.path(), of);
    folder
}

fn told(folder: &Path, arguments: &[&str]) -> Value {
    let ended = plimsoll(folder, &[arguments, &["--as", "json"]].concat());
    assert_eq!(code(&ended), 0, "{arguments:?}: {}", err(&ended));
    serde_json::from_str(&out(&ended)).expect("JSON")
}

#[test]
fn what_is_drawn_waits_with_its_chance_until_a_person_accepts_it() {
    let folder = eval(&[("refund", 150), ("search", 50)]);
    let folder = folder.path();
    let preview = told(folder, &["examples", "sample", "--preview"]);
    assert_eq!((&preview["proposed"], &preview["unreached"]), (&json!(0), &json!(0)));
    let sampled = told(folder, &["examples", "sample", "--by", "reviewer-1"]);
    assert_eq!(sampled["drawn"], preview["drawn"]);
    let drawn = sampled["drawn"].as_array().expect("a list");
    assert_eq!(sampled["proposed"], drawn.len());
    // 20 of 200 by chance; of those with a thumb down 5 of 20 besides.
    // What novelty alone drew would be there whatever chance said: it stands for nothing.
    for one in drawn {
        let failed = one["request"].as_str().is_some_and(|id| id.ends_with('0'));
        let expected = if failed { 1.0 - 0.9 * 0.75 } else { 0.1 };
        match one["probability"].as_f64() {
            Some(chance) => assert!((chance - expected).abs() < 1e-9, "{one}"),
            None => assert_eq!(one["rules"], json!(["new"])),
        }
    }
    for rule in [None, Some("weekly"), Some("new")] {
        let mut again = vec!["examples", "sample", "--by", "reviewer-1"];
        if let Some(rule) = rule {
            again.extend(["--rule", rule]);
        }
        let again = told(folder, &again);
        assert_eq!(again["proposed"], 0, "what waits is not proposed twice, and makes nothing else novel: {rule:?}");
    }
    let waiting = told(folder, &["examples", "proposals"]);
    let waiting = waiting["proposals"].as_array().expect("a list");
    assert_eq!(waiting.len(), drawn.len());
    assert_eq!(waiting[0]["proposed"]["by"], "reviewer-1");
    assert!(waiting.iter().all(|one| !one["near_duplicates"].as_array().expect("a list").is_empty()), "{waiting:?}");
    let (first, second) = (waiting[0]["id"].as_str().expect("an id"), waiting[1]["id"].as_str().expect("an id"));
    assert_eq!(told(folder, &["examples", "accept", first, "--by", "reviewer-2"])["accepted"], json!([first]));
    told(folder, &["examples", "decline", second, "--why", "the same as refund-1", "--by", "reviewer-2"]);
    let left = told(folder, &["examples", "proposals"])["proposals"].as_array().map(Vec::len);
    assert_eq!(left, Some(drawn.len() - 2));
    let shown = told(folder, &["examples", "show", first]);
    assert!(shown.to_string().contains("probability"), "{shown}");
    let copy =
        fs::read_to_string(folder.join(shown["source"].as_str().expect("a path"))).expect("what it was taken from");
    assert!(copy.contains(shown["example"]["input"].as_str().expect("a text")), "{copy}");
    let copies = fs::read_dir(folder.join(".plimsoll/sources")).expect("copies of sources").count();
    assert_eq!(copies, drawn.len());
    let unknown = plimsoll(folder, &["examples", "accept", "refund-1"]);
    assert_eq!((code(&unknown), err(&unknown).contains("no proposal `refund-1` waits")), (2, true));
}

#[test]
fn a_mix_that_shifted_and_a_task_without_examples_are_told_and_the_decision_is_taken_again() {
    let folder = eval(&[("refund", 60), ("search", 100), ("export", 40)]);
    let folder = folder.path();
    assert_eq!(told(folder, &["drift"])["last_decision"]["decided_again"], false);
    let decided = plimsoll(folder, &["run"]);
    assert!(code(&decided) >= 10, "{}", err(&decided));
    let drifted = told(folder, &["drift", "--window", "2026-10-01..2026-10-31"]);
    assert_eq!(drifted["drifted"], true);
    let task = &drifted["attributes"][0];
    assert_eq!((&task["attribute"], &task["unmeasured"]), (&json!("task"), &json!(0.2)));
    assert!(task["chi_square"]["p"].as_f64().expect("p") < 0.01 && task["psi"].as_f64().expect("PSI") > 0.1);
    assert!(drifted["next"][0]["rule"].as_str().expect("a rule").contains("\"export\""), "{}", drifted["next"]);
    let under = &drifted["last_decision"]["under"][0];
    let over_all = under["moved"].as_array().expect("a list").iter().find(|moved| moved["segment"] == "all");
    let value = &over_all.expect("a finding that moved")["value"];
    // 30 of 120 are worse on the reference mix; 100 of 160 of what is measured on today's.
    assert!((value["recorded"].as_f64().expect("a figure") + 0.25).abs() < 1e-9, "{value}");
    assert!((value["now"].as_f64().expect("a figure") + 0.625).abs() < 1e-9, "{value}");
    for form in ["text", "markdown", "html"] {
        let shown = plimsoll(folder, &["drift", "--as", form]);
        assert!(code(&shown) == 0 && out(&shown).contains("export"), "{form}: {}", err(&shown));
        let wide = out(&shown)
            .lines()
            .filter(|line| form == "text" && !line.contains("{name"))
            .any(|line| line.chars().count() > 80);
        assert!(!wide, "{}", out(&shown));
    }
}

#[test]
fn the_same_mix_is_no_drift_and_the_decision_stays() {
    let folder = eval(&[("refund", 150), ("search", 50)]);
    plimsoll(folder.path(), &["run"]);
    let told = told(folder.path(), &["drift"]);
    assert_eq!(told["attributes"][0]["drifted"], false);
    assert_eq!((&told["last_decision"]["under"][0]["changed"], &told["next"]), (&json!(false), &json!([])));
}

#[test]
fn a_window_without_traffic_is_refused() {
    let folder = eval(&[("refund", 3)]);
    for arguments in [["drift", "--last", "5d", "--today", "2027-01-01"].as_slice(), &["drift", "--window", "soon"]] {
        assert_eq!(code(&plimsoll(folder.path(), arguments)), 2, "{arguments:?}");
    }
}

/// A gate over everything, which clears on the mix of the set.
const OVER_ALL: &str =
    "gates:\n  - {criterion: right, in: [all], at_least: 60%, else: repair, owner: release}\nsampling:";

/// 90 of 120 examples are right, and all of one task.
fn mixed(of: &[(&str, usize)]) -> tempfile::TempDir {
    let folder = eval(of);
    let (before, after) = CONTRACT.split_once("gates:").expect("gates");
    let (_, after) = after.split_once("sampling:").expect("sampling");
    fs::write(folder.path().join("plimsoll.yaml"), format!("{before}{OVER_ALL}{after}")).expect("a contract");
    folder
}

fn last(folder: &Path) -> Value {
    let text = fs::read_to_string(super::last_record(folder)).expect("a record");
    serde_json::from_str::<Value>(&text).expect("JSON")["content"].clone()
}

#[test]
fn a_decision_says_that_it_is_another_on_todays_traffic_and_routes_as_before() {
    let folder = mixed(&[("refund", 40), ("search", 160)]);
    let folder = folder.path();
    let decided = plimsoll(folder, &["run"]);
    assert_eq!(code(&decided), 0, "it ships on the reference mix: {}{}", out(&decided), err(&decided));
    let said = out(&decided).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("DRIFTED: ship on the reference mix, hold on traffic's mix of `task` (2026-10-05 to 2026-10-05, 200 requests, drifted since at least 2026-10-05"),
        "{said}"
    );
    assert!(said.contains("right at least on all holds becomes breached"), "{said}");
    assert!(said.contains("sample `task` as traffic is mixed now"), "{said}");
    assert!(said.contains("until then the decision on the reference mix stands"), "{said}");
    let content = last(folder);
    let drift = &content["drift"];
    assert_eq!((&drift["code"], &content["decision"]), (&json!("DRIFTED"), &json!("ship")));
    assert_eq!((&drift["mixes"][0]["changed"], &drift["mixes"][0]["decision"]), (&json!(true), &json!("hold")));
    assert_eq!(drift["mixes"][0]["values"][1]["requests"], 160);
    let finding = &content["findings"][0];
    assert_eq!(finding["state"], "holds");
    assert!(
        finding["drifted"]
            .as_str()
            .is_some_and(|said| said.starts_with("DRIFTED: holds on the reference mix, breached"))
    );
    // What was sealed is enough: the traffic itself may go.
    fs::remove_dir_all(folder.join(".plimsoll/traffic")).expect("no traffic");
    let verified = plimsoll(folder, &["verify", "latest"]);
    assert!(code(&verified) == 0 && out(&verified).contains("derived again"), "{}{}", out(&verified), err(&verified));
    let again = plimsoll(folder, &["decide"]);
    assert_eq!((code(&again), last(folder)["drift"].is_null()), (0, true), "{}", err(&again));
    for form in ["markdown", "html", "json"] {
        let first = fs::read_dir(folder.join(".plimsoll/records"))
            .expect("records")
            .map(|entry| entry.expect("one").path())
            .min();
        let id = first.as_deref().and_then(Path::file_stem).and_then(|name| name.to_str()).expect("an id").to_owned();
        let shown = plimsoll(folder, &["show", &id, "--as", form]);
        assert!(out(&shown).contains("DRIFTED"), "{form}: {}{}", out(&shown), err(&shown));
    }
}

#[test]
fn a_mix_that_did_not_drift_is_sealed_and_says_nothing() {
    let folder = mixed(&[("refund", 150), ("search", 50)]);
    let decided = plimsoll(folder.path(), &["run"]);
    assert!(code(&decided) == 0 && !out(&decided).contains("traffic's mix"), "{}", out(&decided));
    let drift = &last(folder.path())["drift"];
    assert_eq!(
        (&drift["code"], &drift["said"], &drift["traffic"]["requests"]),
        (&Value::Null, &json!([]), &json!(200))
    );
    assert_eq!(code(&plimsoll(folder.path(), &["verify", "latest"])), 0);
}

#[test]
fn traffic_that_cannot_be_read_stops_no_decision_and_is_told() {
    let folder = mixed(&[("refund", 150)]);
    let broken = folder.path().join(".plimsoll/traffic/2026-10-05/b.jsonl");
    fs::write(broken, "{\"plimsoll_traffic\": 1}\n{\"id\": 1}\n").expect("a file");
    let decided = plimsoll(folder.path(), &["run"]);
    assert!(code(&decided) == 0 && err(&decided).contains("whether traffic drifted is unknown"), "{}", err(&decided));
    assert!(last(folder.path())["drift"].is_null());
}

/// A program that embeds: what is about a wallet lies apart from all else, which is spread a little.
const EMBEDDER: &str = "#!/usr/bin/env python3
import json, sys
for line in sys.stdin:
    ask = json.loads(line)
    if not ask['settings']['model'].endswith('small'):
        print(json.dumps({'id': ask['id'], 'error': 'there are no weights'}), flush=True)
        continue
    spread = [sum(map(ord, text)) % 97 / 97 for text in ask['embed']]
    vectors = [[0, 1, part] if 'wallet' in text else [1, 0, part] for text, part in zip(ask['embed'], spread)]
    print(json.dumps({'id': ask['id'], 'vectors': vectors}), flush=True)
";

/// Half of the requests of `search` are about something that no example is about.
fn with_embedder() -> tempfile::TempDir {
    let folder = eval(&[("refund", 90), ("search", 30)]);
    let path = folder.path().join(".plimsoll/traffic/2026-10-05/a.jsonl");
    let text = fs::read_to_string(&path).expect("traffic").replace("search, question 1", "wallet, question 1");
    fs::write(path, text).expect("traffic");
    for model in ["models/small", "models/empty"] {
        fs::create_dir_all(folder.path().join(model)).expect("a folder");
    }
    let program = folder.path().join("embed.py");
    fs::write(&program, EMBEDDER).expect("a program");
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program that runs");
    folder
}

#[test]
fn with_a_model_texts_are_laid_beside_each_other_by_meaning_too() {
    let folder = with_embedder();
    let folder = folder.path();
    let told = told(folder, &["drift", "--model", "models/small", "--embedder", "./embed.py"]);
    let meaning = &told["content"]["by_meaning"];
    assert_eq!((&meaning["model"], &meaning["drifted"]), (&json!("models/small"), &json!(true)), "{meaning}");
    assert!(meaning["mmd"]["p"].as_f64().is_some_and(|p| p > 0.0 && p < 1.0), "{meaning}");
    let patch = &meaning["lacking"][0];
    assert!(patch["text"].as_str().is_some_and(|text| text.starts_with("wallet")), "{meaning}");
    assert_eq!((&patch["examples"], &patch["requests"]), (&json!(0), &json!(11)), "{meaning}");
    assert!(meaning["unlike_any"]["requests"]["count"].as_u64().is_some_and(|count| count >= 11), "{meaning}");
    let same = plimsoll(folder, &["drift", "--model", "models/small", "--embedder", "./embed.py", "--as", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&out(&same)).expect("JSON"), told, "the same seed says the same");
    for form in ["text", "markdown", "html"] {
        let shown = plimsoll(folder, &["drift", "--model", "models/small", "--embedder", "./embed.py", "--as", form]);
        let shown = out(&shown);
        assert!(shown.to_lowercase().contains("content by meaning") && shown.contains("wallet"), "{form}: {shown}");
    }
}

#[test]
fn a_model_or_a_program_that_is_not_there_is_told_with_what_to_do() {
    let folder = with_embedder();
    for (arguments, what) in [
        (["--model", "models/none", "--embedder", "./embed.py"], "there is no model at `models/none`"),
        (["--model", "models/small", "--embedder", "./none"], "`./none`, which embeds texts, cannot be started"),
        (
            ["--model", "models/empty", "--embedder", "./embed.py"],
            "cannot embed with `models/empty`: there are no weights",
        ),
    ] {
        let refused = plimsoll(folder.path(), &[["drift"].as_slice(), &arguments].concat());
        assert!(code(&refused) == 2 && err(&refused).contains(what), "{}", err(&refused));
        assert!(err(&refused).contains("help: "), "{}", err(&refused));
    }
    assert_eq!(code(&plimsoll(folder.path(), &["drift", "--embedder", "./embed.py"])), 2);
}

/// Requests with these texts, one a conversation.
fn say(folder: &Path, texts: &[&str]) {
    let requests = texts.iter().enumerate().map(|(at, text)| {
        json!({"id": format!("r{at}"), "at": "2026-10-05T08:00:00Z", "task": "refund", "input": text}).to_string()
    });
    let lines: Vec<String> = std::iter::once("{\"plimsoll_traffic\": 1}".to_owned()).chain(requests).collect();
    fs::write(folder.join(".plimsoll/traffic/2026-10-05/a.jsonl"), lines.join("\n") + "\n").expect("traffic");
}

#[test]
fn windows_that_say_little_are_told_in_words_and_without_figures_that_are_none() {
    let folder = eval(&[("refund", 1)]);
    let folder = folder.path();
    for (texts, said) in [
        (vec!["one question"], "fewer than ten conversations on a side"),
        (vec!["one question"; 30], "words tell"),
        (vec!["😀"; 30], "30 of traffic hold no word"),
        (vec!["今天天气很好"; 30], "words tell"),
        (vec![""; 30], "30 of traffic hold no word"),
    ] {
        say(folder, &texts);
        let shown = out(&plimsoll(folder, &["drift"])).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(said), "{texts:?}: {shown}");
        let json = plimsoll(folder, &["drift", "--as", "json"]);
        assert_eq!(code(&json), 0, "{}", err(&json));
        for text in [&shown, &out(&json)] {
            assert!(!text.contains("NaN") && !text.contains(" inf") && !text.contains("null %"), "{texts:?}: {text}");
        }
    }
    say(folder, &[]);
    let empty = plimsoll(folder, &["drift"]);
    assert!(code(&empty) == 2 && err(&empty).contains("there is no traffic in this window"), "{}", err(&empty));
}
