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

/// Files that were made to be trouble: told in a moment, with a place, and without a deep stack.
#[test]
fn hostile_files_are_told_in_a_moment() {
    let told: Vec<(String, &str)> = vec![
        ("[".repeat(200_000), "recursion limit"),
        ("{a: ".repeat(200_000), "recursion limit"),
        ("- ".repeat(200_000), "nested too deeply"),
        ("? ".repeat(200_000), "a key must be plain text"),
        ((0..1500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(), "nested too deeply"),
        ("a".repeat(5 << 20), "longer than 4 MB"),
        ("]".repeat(4_000_000), "not YAML"),
        (":".repeat(4_000_000), "not YAML"),
        ("'".repeat(3_999_999), "unclosed quote"),
        ("#".repeat(4_000_000), "the file is empty"),
        (" ".repeat(4_000_000), "the file is empty"),
        ("&".repeat(4_000_000), "anchors and aliases"),
        ("!a ".repeat(1_300_000), "tags are not read here"),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n".to_owned(), "anchors and aliases"),
        ("&a key: 1\n".to_owned(), "anchors and aliases"),
        ("!!int 3: x\n".to_owned(), "tags are not read here"),
        ("a: \u{0}\n".to_owned(), "unexpected character"),
        ("a: \u{1b}[31mred\n".to_owned(), "unexpected character"),
        ("a:\n\tb: 1\n".to_owned(), "tabs"),
    ];
    for (text, expected) in told {
        let fault = fault(&text);
        assert!(fault.contains(expected), "{fault}, not {expected}");
    }
}

#[test]
fn many_keys_are_told_apart_in_a_moment() {
    let keys: String = (0..200_000).map(|at| format!("k{at}: 1\n")).collect();
    assert!(matches!(read(&keys).unwrap().kind, NodeKind::Map(entries) if entries.len() == 200_000));
    assert_eq!(fault(&format!("{keys}k7: 1\n")), "200001:1 `k7` is given twice, first on line 8");
}

#[test]
fn a_lone_carriage_return_ends_a_line() {
    assert_eq!(fault("a: 1\rb: .inf\r"), "2:4 this is not a finite number");
    let faults = read("a: 1\r\rb: ]\r").unwrap_err();
    assert_eq!(faults.iter().next().unwrap().found, "]");
}

#[test]
fn columns_count_characters() {
    assert_eq!(fault("å: {é: ü, x: 1e999}\n"), "1:14 this number is too large");
}
