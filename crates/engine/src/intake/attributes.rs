//! Attributes of OTLP as plain JSON, and names with indexes as the lists that they spell.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The attributes of a span, an event or a resource; of a key that is given twice, the last.
pub fn of(holder: &Value) -> Map<String, Value> {
    entries(holder.get("attributes"))
}

fn entries(list: Option<&Value>) -> Map<String, Value> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|entry| Some((entry.get("key")?.as_str()?.to_owned(), value(entry.get("value")?)))).collect()
}

/// An `AnyValue` as the value that it wraps.
fn value(wrapped: &Value) -> Value {
    let Some((kind, inner)) = wrapped.as_object().and_then(|object| object.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "intValue" | "int_value" => match inner.as_str().and_then(|text| text.parse::<i64>().ok()) {
            Some(number) => number.into(),
            None => inner.clone(),
        },
        "arrayValue" | "array_value" => {
            let values = inner.get("values").and_then(Value::as_array).into_iter().flatten();
            Value::Array(values.map(value).collect())
        }
        "kvlistValue" | "kvlist_value" => Value::Object(entries(inner.get("values"))),
        _ => inner.clone(),
    }
}

/// What the attributes under a prefix spell: `p.0.role`, `p.0.content` is a list of one object. `None` where there are none.
pub fn spelled(attributes: &Map<String, Value>, prefix: &str) -> Option<Value> {
    const DEEPEST: usize = 16;
    let mut root = Spelled::default();
    for (key, value) in attributes {
        let Some(path) = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')) else { continue };
        let mut at = &mut root;
        for part in path.splitn(DEEPEST, '.') {
            at = at.below.entry(Part::of(part)).or_default();
        }
        at.value = Some(value.clone());
    }
    (!root.below.is_empty()).then(|| root.into_value())
}

#[derive(Default)]
struct Spelled {
    value: Option<Value>,
    below: BTreeMap<Part, Spelled>,
}

/// Numbers before names, in their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    At(u32),
    Named(String),
}

impl Part {
    fn of(text: &str) -> Part {
        text.parse().map_or_else(|_| Part::Named(text.to_owned()), Part::At)
    }
}

impl Spelled {
    /// A list where every name is a number; gaps close.
    fn into_value(self) -> Value {
        if self.below.is_empty() {
            return self.value.unwrap_or_default();
        }
        if self.below.keys().all(|part| matches!(part, Part::At(_))) {
            return Value::Array(self.below.into_values().map(Spelled::into_value).collect());
        }
        let named = self.below.into_iter().map(|(part, below)| match part {
            Part::At(at) => (at.to_string(), below.into_value()),
            Part::Named(name) => (name, below.into_value()),
        });
        Value::Object(named.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn indexed_names_become_lists_in_the_order_of_their_numbers() {
        let attributes = json!({"p.10.role": "b", "p.2.role": "a", "p.2.calls.0.name": "x", "pp.0": 1, "p": 2});
        let spelled = spelled(attributes.as_object().unwrap(), "p").unwrap();
        assert_eq!(spelled, json!([{"calls": [{"name": "x"}], "role": "a"}, {"role": "b"}]));
    }

    #[test]
    fn wrapped_values_are_unwrapped_at_every_depth() {
        let holder = json!({"attributes": [
            {"key": "n", "value": {"intValue": "7"}},
            {"key": "l", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"doubleValue": 0.5}]}}},
            {"key": "o", "value": {"kvlistValue": {"values": [{"key": "b", "value": {"boolValue": true}}]}}},
            {"key": "empty", "value": {}},
            {"value": {"intValue": 1}}
        ]});
        assert_eq!(Value::Object(of(&holder)), json!({"n": 7, "l": ["a", 0.5], "o": {"b": true}, "empty": null}));
    }
}
