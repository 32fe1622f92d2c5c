use super::*;
use camino::Utf8Path;
use proptest::prelude::*;

fn read(text: &str) -> Result<Node, Box<Fault>> {
    tree(LinePlace { file: Utf8Path::new("x.jsonl"), line: 4 }, text)
}

#[test]
fn every_value_and_key_has_its_place() {
    let node = read(r#" {"é": [1, {"b": "x\n"}], "c": null}"#).unwrap();
    assert_eq!(node.to_json(), serde_json::json!({"é": [1, {"b": "x\n"}], "c": null}));
    let NodeKind::Map(entries) = &node.kind else { panic!("an object") };
    assert_eq!((entries[0].0.at.column, entries[0].1.at.column, entries[1].0.at.column), (3, 8, 27));
}

/// JSON text of any kind, often nearly right.
fn nearly_json() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => prop::sample::select(vec!["{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"é\\n\"", " "]),
        3 => prop::sample::select(vec!["1", "-0.5e3", "true", "false", "null", "1e5", "123456789012345678901234567890"]),
        1 => prop::sample::select(vec!["\"\\ud83d\\ude00\"", "\"\\ud800\"", "1e999", "NaN", "01", "+1", "1.", "'a'", "\"", "\\", "\t", "\0", "é", "-", "tru", "\"\\x\"", "\"\\u12\"", "\"\u{1}\""]),
    ];
    prop::collection::vec(part, 0..14).prop_map(|parts| format!("{{{}}}", parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn it_reads_what_serde_json_reads_but_for_a_key_given_twice(text in nearly_json()) {
        let theirs = serde_json::from_str::<Value>(&text);
        match read(&text) {
            Ok(node) => prop_assert_eq!(Some(node.to_json()), theirs.ok()),
            Err(fault) => prop_assert!(theirs.is_err() || fault.what.ends_with("is given twice"), "{}: {}", text, fault),
        }
        prop_assert_eq!(value(&text), read(&text).ok().map(|node| node.to_json()));
    }

    #[test]
    fn any_text_is_read_or_told_with_a_place_inside_it(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
        let text = format!("{{{text}");
        if let Err(fault) = read(&text) {
            prop_assert!(fault.place.column as usize <= text.chars().count() + 1);
            prop_assert!(!fault.what.is_empty() && !fault.help.is_empty());
        }
    }
}

#[test]
fn nesting_without_end_is_told() {
    assert_eq!(read(&format!("{{\"a\":{}", "[".repeat(100_000))).unwrap_err().what, "nested too deeply");
}
