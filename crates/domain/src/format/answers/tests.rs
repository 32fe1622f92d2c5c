use super::*;
use crate::fault::Fault;
use camino::Utf8Path;
use proptest::prelude::*;

fn written(fault: &Fault) -> String {
    format!("{}:{} [{}] {} | {}\n", fault.place.line, fault.place.column, fault.found, fault.what, fault.help)
}

fn one(text: &str) -> Recorded<'_> {
    parse(place(), text).unwrap().unwrap()
}

fn place() -> LinePlace<'static> {
    LinePlace { file: Utf8Path::new("a.jsonl"), line: 7 }
}

#[test]
fn an_answer_is_borrowed_and_whole() {
    let text = r#"{"example":"e1","repeat":2,"answer":"hello","tool_calls":[{"name":"refund","arguments":"{\"id\":1}"}],"citations":["4.2"],"behaviour":"answer","finish_reason":"stop","latency_ms":812.5,"tokens":{"input":10,"output":3},"cost":0.001,"attempts":[{},{}]}"#;
    let recorded = one(text);
    assert!(matches!(recorded.answer.text, Some(Cow::Borrowed("hello"))));
    assert_eq!(recorded.repeat, 2);
    assert_eq!(recorded.answer.calls()[0].arguments, serde_json::json!({"id": 1}));
    assert_eq!(recorded.answer.attempts, Some(2));
    assert_eq!(recorded.answer.spend.unwrap().get(), 0.001);
}

#[test]
fn cached_latency_is_no_latency_and_a_timeout_is_a_failure_of_its_class() {
    let cached = one(r#"{"example":"e","text":"x","latency_ms":1,"cached":true}"#);
    assert_eq!(cached.answer.latency_ms, None);
    let class = |text: &str| one(text).answer.error.unwrap().failure_class();
    assert_eq!(class(r#"{"example":"e","error":"request timed out"}"#), "latency_or_timeout");
    assert_eq!(class(r#"{"example":"e","error":{"class":"timeout"}}"#), "latency_or_timeout");
    assert_eq!(class(r#"{"example":"e","error":{"class":"server_error","message":"500"}}"#), "format_violation");
}

#[test]
fn each_bad_line_says_what_is_wrong_and_what_to_write() {
    let told: String = include_str!("tests/bad.jsonl")
        .lines()
        .map(|bad| {
            let faults = parse(place(), bad).expect_err(bad);
            faults.iter().map(written).collect::<String>()
        })
        .collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/format/answers/tests/bad.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &told).unwrap();
    }
    assert_eq!(told, std::fs::read_to_string(file).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_change_of_a_byte_makes_it_panic(at in 0usize..200, byte in any::<u8>()) {
        let mut bytes = br#"{"example":"e1","text":"a\n","tool_calls":[{"name":"r","arguments":{"a":1}}],"citations":["x"],"latency_ms":1e3,"attempts":2,"error":{"class":"timeout","message":"x"}}"#.to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = parse(place(), text);
        }
    }
}

/// Lines that are nearly answers.
fn nearly_answer() -> impl Strategy<Value = String> {
    let values = prop::sample::select(vec![
        "null",
        "true",
        "1",
        "-1",
        "0.5",
        "4294967296",
        "18446744073709551616",
        "\"x\"",
        "\"\"",
        "\"a\\nb\"",
        "[]",
        "{}",
        "[1]",
        "[\"x\"]",
        "[{}]",
        "[null]",
        "{\"input\":1,\"output\":null}",
        "{\"input\":-1}",
        "{\"class\":\"timeout\"}",
        "{\"class\":1}",
        "[{\"name\":\"t\"}]",
        "[{\"name\":\"t\",\"arguments\":{\"a\":1}}]",
        "[{\"latency_ms\":2,\"error\":\"x\"}]",
        "[{\"latency_ms\":-2}]",
        "{\"message\":\"m\",\"x\":1}",
        "-0.0",
        "1e999",
    ]);
    let keys = prop::sample::select(vec![
        "example",
        "repeat",
        "text",
        "answer",
        "structured",
        "tool_calls",
        "citations",
        "behaviour",
        "finish_reason",
        "latency_ms",
        "cached",
        "tokens",
        "spend",
        "cost",
        "attempts",
        "error",
        "other",
    ]);
    (any::<bool>(), prop::collection::vec((keys, values), 0..5)).prop_map(|(whole, fields)| {
        let start = if whole { r#""example":"e","behaviour":"answer""# } else { r#""example":"e""# };
        let fields: String = fields.iter().map(|(key, value)| format!(",\"{key}\":{value}")).collect();
        format!("{{{start}{fields}}}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_types_refuse_exactly_what_the_shape_tells(text in nearly_answer()) {
        let typed = serde_json::from_str::<Line>(&text).ok().and_then(recorded).is_some();
        let told = super::super::json::value(&text)
            .is_some_and(|line| super::super::shape::admits(&shape::LINE, &line) && broken(&line).is_empty());
        prop_assert_eq!(typed, told, "{}", text);
        if let Err(faults) = parse(place(), &text) {
            prop_assert!(faults.iter().all(|fault| fault.what != "this line cannot be read"), "{}", text);
        }
    }
}

/// What the first release wrote reads as long as version 1 is known.
#[test]
fn a_file_of_version_1_reads_as_it_did() {
    let read: Vec<Recorded> =
        include_str!("tests/v1.jsonl").lines().filter_map(|text| parse(place(), text).expect(text)).collect();
    let told = format!("{read:#?}\n");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/format/answers/tests/v1.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &told).unwrap();
    }
    assert_eq!(told, std::fs::read_to_string(file).unwrap());
}
