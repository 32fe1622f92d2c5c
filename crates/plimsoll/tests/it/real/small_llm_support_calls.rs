//! 120 calls of a small model behind two prompts: a small production log, imported with the mapping that the guide shows.

use super::{data, err, out};
use crate::plimsoll;
use serde_json::Value;

/// The mapping in `docs/guides/traffic.md`.
fn mapping() -> String {
    let guide = include_str!("../../../../../docs/guides/traffic.md");
    let block = guide.split("```yaml calls.yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("a mapping").to_owned()
}

#[test]
fn a_log_of_calls_becomes_traffic_by_the_mapping_of_the_guide() {
    let Some(calls) = data("small_llm_support_calls") else { return };
    let folder = crate::traffic::eval("");
    std::fs::write(folder.path().join("calls.yaml"), mapping()).expect("a mapping");
    let calls = calls.join("calls.jsonl").canonicalize().expect("the calls");
    let arguments = ["import", "traffic", calls.to_str().expect("a path"), "--mapping", "calls.yaml", "--as", "json"];
    let ended = plimsoll(folder.path(), &arguments);
    let told: Value = serde_json::from_str(&out(&ended)).unwrap_or_else(|_| panic!("{}", err(&ended)));
    assert_eq!(
        (&told["kept"], &told["left_out"], &told["twice"]),
        (&120.into(), &Value::Array(vec![]), &0.into()),
        "{told:#}"
    );
    let again: Value = serde_json::from_str(&out(&plimsoll(folder.path(), &arguments))).expect("JSON");
    assert_eq!((&again["kept"], &again["before"]), (&0.into(), &120.into()));
    let stats = plimsoll(folder.path(), &["traffic", "stats", "--as", "json"]);
    let stats: Value = serde_json::from_str(&out(&stats)).expect("JSON");
    let days = stats["days"].as_array().expect("days");
    let sum = |key: &str| days.iter().filter_map(|day| day[key].as_u64()).sum::<u64>();
    assert_eq!((sum("requests"), sum("errors"), sum("undated")), (120, 0, 0), "{stats:#}");
    assert_eq!(days[0]["systems"], serde_json::json!(["candidate", "production"]));
    let kept = crate::traffic::kept(folder.path());
    let first = &kept[0];
    assert_eq!(first["input"]["messages"][0]["role"], "system");
    assert!(first["answer"]["tokens"]["input"].is_u64() && first["answer"]["latency_ms"].is_number(), "{first:#}");
}
