use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Node, Faults> {
    parse(Utf8Path::new("c.yaml"), text)
}

fn fault(text: &str) -> String {
    let faults = read(text).unwrap_err();
    let fault = faults.iter().next().unwrap();
    format!("{}:{} {}", fault.place.line, fault.place.column, fault.what)
}

#[test]
fn every_value_has_its_own_place() {
    let node = read("a: 1\nb:\n  - {c: yes, d: 2.5}\n").unwrap();
    let NodeKind::Map(entries) = &node.kind else { panic!() };
    assert_eq!((entries[0].1.at.line, entries[0].1.at.column), (1, 4));
    assert_eq!(node.to_json(), serde_json::json!({"a": 1, "b": [{"c": "yes", "d": 2.5}]}));
}

#[test]
fn what_is_not_read_is_said_with_its_place() {
    assert_eq!(fault(""), "1:1 the file is empty");
    assert!(fault("a: &x 1\nb: *x\n").ends_with("anchors and aliases are not read here"));
    assert!(fault("a: 1\nb: !!str 2\n").starts_with("2:"));
    assert_eq!(fault("a: 1\na: 2\n"), "2:1 `a` is given twice, first on line 1");
    assert_eq!(fault("a: 1e999\n"), "1:4 this number is too large");
    assert_eq!(fault("a: .nan\n"), "1:4 this is not a finite number");
    assert!(fault("a: 1\n---\nb: 1\n").ends_with("a second document"));
    assert!(fault("a: [1, 2\n").contains("not YAML"));
    assert!(fault(&format!("{}1{}", "[".repeat(60), "]".repeat(60))).contains("nested too deeply"));
}

#[test]
fn carriage_returns_and_a_byte_order_mark_are_no_trouble() {
    assert_eq!(read("\u{feff}a: 1\r\nb: x\r\n").unwrap().to_json(), serde_json::json!({"a": 1, "b": "x"}));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_it_panic(text in "[a-c:\\-\\[\\]{},&*!|>'\"#%@ \n\t\\\\0-9.]{0,80}") {
        let _ = read(&text);
    }
}
