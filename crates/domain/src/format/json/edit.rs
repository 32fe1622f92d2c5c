//! One key of an object is changed, and nothing else of its text.
//!
//! in      one line that is a JSON object, a key, its value or nothing
//! out     the line with that value, or without the key; written as the line is, so that what shows a difference shows this one
//! errors  `None` where the line is no JSON object

use super::super::lines::LinePlace;
use super::super::yaml::{Key, Node, NodeKind};
use super::tree;
use camino::Utf8Path;
use serde_json::{Value, json};

pub fn with(text: &str, key: &str, value: Option<&Value>) -> Option<String> {
    let node = tree(LinePlace { file: Utf8Path::new(""), line: 1 }, text).ok()?;
    let NodeKind::Map(entries) = &node.kind else { return None };
    let at = entries.iter().position(|(known, _)| known.text == key);
    let (start, end, new) = match (at, value) {
        (None, None) => return Some(text.to_owned()),
        (Some(at), Some(value)) => (entries[at].1.at.start, entries[at].1.at.end, value.to_string()),
        (Some(at), None) => {
            let (start, end) = member(entries, at);
            (start, end, String::new())
        }
        (None, Some(value)) => {
            let place = entries.last().map_or(node.at.end - 1, |(_, last)| last.at.end);
            (place, place, further(text, entries, key, value))
        }
    };
    Some(format!("{}{new}{}", &text[..start], &text[end..]))
}

/// A member with the comma that goes with it.
fn member(entries: &[(Key, Node)], at: usize) -> (usize, usize) {
    let (key, value) = &entries[at];
    match (at.checked_sub(1).map(|before| &entries[before].1), entries.get(at + 1)) {
        (Some(before), _) => (before.at.end, value.at.end),
        (None, Some((next, _))) => (key.at.start, next.at.start),
        (None, None) => (key.at.start, value.at.end),
    }
}

/// One member more, with the blanks that the ones before it have.
fn further(text: &str, entries: &[(Key, Node)], key: &str, value: &Value) -> String {
    let colon = entries.last().map_or(":", |(key, value)| &text[key.at.end..value.at.start]);
    let comma = match entries {
        [] => "",
        [_] if colon.ends_with(' ') => ", ",
        [_] => ",",
        [.., (_, before), (last, _)] => &text[before.at.end..last.at.start],
    };
    format!("{comma}{}{colon}{value}", json!(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_put_in_place_of_another_or_behind_the_last_or_taken_out() {
        let status = json!({"state": "retired"});
        for (before, after, without) in [
            (r#"{"id":"a"}"#, r#"{"id":"a","s":{"state":"retired"}}"#, r#"{"id":"a"}"#),
            (
                r#"{ "id" : "a" , "n": 1.50 }"#,
                r#"{ "id" : "a" , "n": 1.50 , "s": {"state":"retired"} }"#,
                r#"{ "id" : "a" , "n": 1.50 }"#,
            ),
            (r#"{"id": "a"}"#, r#"{"id": "a", "s": {"state":"retired"}}"#, r#"{"id": "a"}"#),
            (r#"{"s": 1.50, "id": "a"}"#, r#"{"s": {"state":"retired"}, "id": "a"}"#, r#"{"id": "a"}"#),
            (
                r#"{"a": [1, {"s": 2}],"s":"\u00e9\"}","z":0}"#,
                r#"{"a": [1, {"s": 2}],"s":{"state":"retired"},"z":0}"#,
                r#"{"a": [1, {"s": 2}],"z":0}"#,
            ),
            (r#"{"s":null}"#, r#"{"s":{"state":"retired"}}"#, "{}"),
            ("{}", r#"{"s":{"state":"retired"}}"#, "{}"),
            ("  { }  ", r#"  { "s":{"state":"retired"}}  "#, "  { }  "),
        ] {
            assert_eq!(with(before, "s", Some(&status)).unwrap(), after);
            assert_eq!(with(before, "s", None).unwrap(), without);
        }
        assert_eq!(with("[1]", "s", None), None);
        assert_eq!(with(r#"{"a":1"#, "s", None), None);
    }

    proptest! {
        #[test]
        fn what_was_put_in_is_there_and_taken_out_leaves_the_text(
            keys in proptest::collection::btree_set("[a-z\"\\\\é]{1,3}", 0..4), text in ".{0,10}", n in any::<i32>(),
        ) {
            let object: serde_json::Map<String, Value> =
                keys.iter().map(|key| (key.clone(), json!([n, {"in": text}, text]))).collect();
            let before = Value::Object(object).to_string();
            let put = with(&before, "status", Some(&json!(text))).unwrap();
            let read: Value = serde_json::from_str(&put).unwrap();
            prop_assert_eq!(&read["status"], &json!(text));
            prop_assert_eq!(with(&put, "status", None).unwrap(), before);
        }
    }
}
