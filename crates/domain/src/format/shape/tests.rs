use super::check::is_date;
use super::*;
use crate::format::json;
use crate::format::lines::LinePlace;
use camino::Utf8Path;
use proptest::prelude::*;
use serde_json::Value;

static RECORD: Shape = Shape::Fields(&Fields {
    what: "a record",
    open: false,
    fields: &[
        must("name", Shape::Name, "What it is called"),
        may("day", Shape::Date, "When"),
        may("at", Shape::Moment, "When to the second"),
        may("size", Shape::Whole(9), "How large").or("extent"),
        may("chance", Shape::Chance, "How likely"),
        may("kind", Shape::Word(&["small", "large"]), "Which"),
        may("own", Shape::Keyed(&Shape::Single), "What is theirs"),
        may("either", Shape::Either(&[Shape::Flag, Shape::Some(&Shape::Amount)]), "This or that"),
        may(
            "open",
            Shape::Fields(&Fields { what: "an open one", open: true, fields: &[may("x", Shape::Text, "X")] }),
            "",
        ),
    ],
});

fn told(text: &str) -> Vec<String> {
    let place = LinePlace { file: Utf8Path::new("x"), line: 1 };
    let node = json::tree(place, text).unwrap();
    let admitted = admits(&RECORD, &serde_json::from_str(text).unwrap());
    let faults = faults(&RECORD, &node, place, text);
    assert_eq!(admitted, faults.is_empty(), "{text}: {faults:?}");
    faults.into_iter().map(|fault| format!("{} [{}] {}", fault.place.column, fault.found, fault.what)).collect()
}

#[test]
fn every_difference_is_told_where_it_stands() {
    assert!(
        told(r#"{"name":"n","extent":9,"own":{"a":1,"b":null},"either":[0,1.5],"open":{"y":1},"day":null}"#).is_empty()
    );
    assert_eq!(
        told(r#"{"day":"2026-2-3","size":10,"extent":1,"kind":"smal","either":[],"own":{"a":{}},"open":{"x":1}}"#),
        [
            "8 [\"2026-2-3\"] `day`: `2026-2-3` is no date",
            "26 [10] `size` must be a whole number from 0 to 9, and this is 10",
            "29 [\"extent\"] `extent` and `size` are the same field",
            "47 [\"smal\"] `kind` cannot be `smal`",
            "63 [[]] `either` is empty",
            "77 [{}] `own.a` must be text, a number, true or false, and this is an object",
            "93 [1] `open.x` must be text, and this is a number",
            "1 [] a record has no `name`",
        ]
    );
}

#[test]
fn dates_are_days_of_the_calendar_written_one_way() {
    let good = ["2024-02-29", "0001-01-01", "9999-12-31"];
    let bad =
        ["2023-02-29", "2024-2-29", "20240229", "2024-02-29T00:00", "+002024-02-29", "2024/02/29", "2024-02-2é", ""];
    assert!(good.iter().all(|text| is_date(text)));
    assert_eq!(bad.iter().filter(|text| is_date(text)).count(), 0);
    assert!(told(r#"{"name":"n","at":"2026-10-01T08:00:00+02:00"}"#).is_empty());
    assert_eq!(told(r#"{"name":"n","at":"2026-10-01T08:00:00"}"#).len(), 1, "a time without a zone is no moment");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..12).prop_map(Value::from),
        prop::sample::select(vec![0.5, -0.5, 1.5]).prop_map(Value::from),
        prop::sample::select(vec!["", "x", "small", "2026-10-01", "a\tb"]).prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "name", "day", "at", "size", "extent", "chance", "kind", "own", "either", "open", "x", "",
    ]);
    leaf.prop_recursive(3, 12, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|entries| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn with_places_and_without_the_same_is_told(value in any_json()) {
        if value.is_object() {
            told(&value.to_string());
        }
    }
}

#[test]
fn the_schema_names_every_field_once_more_under_its_alias() {
    let schema = schema("t", "d", &RECORD);
    assert_eq!(schema["required"], serde_json::json!(["name"]));
    assert_eq!(schema["properties"]["extent"], schema["properties"]["size"]);
    assert_eq!(schema["properties"]["day"]["type"], serde_json::json!(["string", "null"]));
    assert_eq!(schema["additionalProperties"], false);
}
