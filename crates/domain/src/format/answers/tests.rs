use super::*;
use camino::Utf8Path;
use proptest::prelude::*;

fn place() -> LinePlace<'static> {
    LinePlace { file: Utf8Path::new("a.jsonl"), line: 7 }
}

#[test]
fn an_answer_is_borrowed_and_whole() {
    let text = r#"{"example":"e1","repeat":2,"answer":"hello","tool_calls":[{"name":"refund","arguments":"{\"id\":1}"}],"citations":["4.2"],"behaviour":"answer","finish_reason":"stop","latency_ms":812.5,"tokens":{"input":10,"output":3},"cost":0.001,"attempts":[{},{}]}"#;
    let recorded = parse(place(), text).unwrap();
    assert!(matches!(recorded.answer.text, Some(Cow::Borrowed("hello"))));
    assert_eq!(recorded.repeat, 2);
    assert_eq!(recorded.answer.tool_calls[0].arguments, serde_json::json!({"id": 1}));
    assert_eq!(recorded.answer.attempts, Some(2));
    assert_eq!(recorded.answer.spend.unwrap().get(), 0.001);
}

#[test]
fn cached_latency_is_no_latency_and_a_timeout_is_a_failure_of_its_class() {
    let cached = parse(place(), r#"{"example":"e","text":"x","latency_ms":1,"cached":true}"#).unwrap();
    assert_eq!(cached.answer.latency_ms, None);
    let class = |text: &str| parse(place(), text).unwrap().answer.error.unwrap().failure_class();
    assert_eq!(class(r#"{"example":"e","error":"request timed out"}"#), "latency_or_timeout");
    assert_eq!(class(r#"{"example":"e","error":{"class":"timeout"}}"#), "latency_or_timeout");
    assert_eq!(class(r#"{"example":"e","error":{"class":"server_error","message":"500"}}"#), "format_violation");
}

#[test]
fn each_bad_line_says_what_is_wrong_and_what_to_write() {
    let told: String = include_str!("tests/bad.jsonl")
        .lines()
        .map(|bad| {
            let fault = parse(place(), bad).expect_err(bad);
            format!("{}:{} {} | {}\n", fault.place.line, fault.place.column, fault.what, fault.help)
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
