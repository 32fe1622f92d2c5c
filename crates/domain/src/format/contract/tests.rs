use super::*;

const GOOD: &str = include_str!("tests/good.yaml");

fn faults(text: &str) -> Vec<String> {
    match parse(Utf8Path::new("p.yaml"), text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .iter()
            .map(|fault| {
                format!("{}:{} {} | {} | {}", fault.place.line, fault.place.column, fault.found, fault.what, fault.help)
            })
            .collect(),
    }
}

#[test]
fn a_whole_contract_reads() {
    let parsed = parse(Utf8Path::new("p.yaml"), GOOD).unwrap_or_else(|faults| panic!("{:#?}", faults));
    let contract = parsed.contract;
    assert_eq!(contract.tasks.len(), 5);
    assert_eq!(contract.criteria.len(), 19);
    assert_eq!(contract.gates.len(), 8);
    assert_eq!(contract.gates[0].name.as_str(), "supported not worse");
    assert_eq!(parsed.places.of("gates[1].max_rate").line, parsed.places.of("gates[1]").line);
}

#[test]
fn layout_and_comments_do_not_change_the_digest_and_a_threshold_does() {
    let digest = |text: &str| parse(Utf8Path::new("p.yaml"), text).unwrap().contract.digest;
    let spaced = GOOD.replace("currency: USD", "# a remark\n\ncurrency:   USD");
    assert_eq!(digest(GOOD), digest(&spaced));
    assert_ne!(digest(GOOD), digest(&GOOD.replace("at_least: 0.85", "at_least: 0.84")));
}

/// Every fault of a contract at once, each on its own line with what to write.
#[test]
fn all_faults_are_told_at_once_and_in_place() {
    let bad = include_str!("tests/bad.yaml");
    let expected = include_str!("tests/bad.txt");
    let told = faults(bad).join("\n") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/format/contract/tests/bad.txt"), &told).unwrap();
    }
    assert_eq!(told, expected);
}

#[test]
fn a_flawed_line_anywhere_never_panics_and_is_told_with_a_place() {
    let lines: Vec<&str> = GOOD.lines().collect();
    for at in 0..lines.len() {
        for flaw in
            ["  : [", "\t", "x: {y: [1, 2", "- - -", "!!int x", "\"", "gates: 3", "criteria: []", "? x", "\u{0}"]
        {
            let mut broken = lines.clone();
            broken[at] = flaw;
            for told in faults(&broken.join("\n")) {
                assert!(!told.starts_with("0:"), "{told}");
            }
        }
    }
}
