//! Contracts as they are read: whole ones part by part, faulty ones fault by fault.

use crate::corpus::sound;
use crate::slips::{slip, slipped};
use crate::story::{stories, told};
use camino::Utf8Path;
use domain::contract::Contract;
use domain::fault::Faults;
use domain::format::contract::{Parsed, parse};
use proptest::prelude::*;
use std::fmt::{Debug, Write};

const WHOLE: &str = include_str!("../contract/whole/contract.yaml");

fn read(text: &str) -> Result<Parsed, Faults> {
    parse(Utf8Path::new("plimsoll.yaml"), text)
}

fn digest(text: &str) -> String {
    read(text).unwrap_or_else(|faults| panic!("{}", told(&faults))).contract.digest.to_string()
}

#[test]
fn contracts_read_as_written() {
    for story in stories("contract") {
        let told = match read(&story.text("contract.yaml")) {
            Ok(parsed) => parts(&parsed.contract),
            Err(faults) => told(&faults),
        };
        story.expect("expect.txt", &told);
    }
}

/// Every part of a contract, one a line.
fn parts(contract: &Contract) -> String {
    fn each<T: Debug>(told: &mut String, word: &str, parts: &[T]) {
        for part in parts {
            let _ = writeln!(told, "{word:<10} {part:?}");
        }
    }
    let Contract { name, simulated, promise, release, owners, tasks, failures, currency, sources, .. } = contract;
    let Contract { documents, examples, segments, criteria, systems, gates, .. } = contract;
    let Contract { repeats, alpha, looks, missing_at_most, sampling, retire, .. } = contract;
    let mut told = format!("name       {name:?} simulated {simulated}\n{promise:#?}\nrelease    {release:?}\n");
    each(&mut told, "owner", owners);
    each(&mut told, "task", tasks);
    each(&mut told, "failure", failures);
    let _ = writeln!(told, "currency   {currency:?}");
    each(&mut told, "source", sources);
    each(&mut told, "document", documents);
    each(&mut told, "examples", examples);
    each(&mut told, "segment", segments);
    each(&mut told, "criterion", criteria);
    each(&mut told, "system", systems);
    each(&mut told, "gate", gates);
    each(&mut told, "sampling", sampling);
    if contract.traffic != Default::default() {
        let _ = writeln!(told, "{:#?}", contract.traffic);
    }
    if let Some(days) = contract.cover_incidents_within {
        let _ = writeln!(told, "incidents  covered within {days} days");
    }
    let _ =
        writeln!(told, "repeats {repeats} alpha {alpha} looks {looks:?} missing at most {missing_at_most} {retire:?}");
    told
}

#[test]
fn a_part_is_found_where_it_stands() {
    let parsed = read(WHOLE).unwrap();
    let line = |path: &str| WHOLE.lines().nth(parsed.places.of(path).line as usize - 1).unwrap().trim();
    assert!(line("promise.work").starts_with("work:"));
    assert!(line("criteria.cites.protects").starts_with("cites:"));
    assert!(line("gates[1].max_rate").contains("max_rate: 1%"));
    assert_eq!(parsed.places.of("gates[1].nothing").line, parsed.places.of("gates[1]").line);
    assert_eq!(parsed.places.of("nothing.at.all").line, 1);
}

#[test]
fn layout_and_comments_do_not_change_the_digest_and_everything_else_does() {
    let spaced = WHOLE.replace("currency: USD", "# a remark\n\ncurrency:   USD").replace('\n', "\r\n");
    assert_eq!(digest(WHOLE), digest(&spaced));
    assert_eq!(digest(WHOLE), digest(&format!("\u{feff}{WHOLE}")));
    for (from, to) in [
        ("at_least: 0.85", "at_least: 0.84"),
        ("else: repair retrieval", "else: repair prompt"),
        ("cost: 400", "cost: 40"),
        ("blocking: false", "blocking: true"),
        ("repeats: 2", "repeats: 3"),
    ] {
        let changed = WHOLE.replace(from, to);
        assert_ne!(changed, WHOLE);
        assert_ne!(digest(WHOLE), digest(&changed), "{from} -> {to}");
    }
}

#[test]
fn percentages_are_the_decimals_that_a_person_means() {
    let gates = |text: &str| format!("{:?}", read(&WHOLE.replace("at_least: 0.85", text)).unwrap().contract.gates);
    assert_eq!(gates("at_least: 85%"), gates("at_least: 0.85"));
    assert_ne!(gates("at_least: 85%"), gates("at_least: 0.86"));
}

#[test]
fn the_first_faults_of_very_many_are_shown_and_the_others_counted() {
    let many: String = (0..20_000).map(|at| format!("key{at}: 1\n")).collect();
    let faults = read(&format!("plimsoll: 1\n{many}")).unwrap_err();
    assert_eq!(faults.iter().count(), 501);
    assert!(faults.iter().any(|fault| fault.what == "19500 more faults are not shown"));
}

#[test]
fn a_file_that_is_no_page_is_refused_unread() {
    let start = std::time::Instant::now();
    let faults = read(&"x".repeat(50 << 20)).unwrap_err();
    assert!(told(&faults).contains("longer than 4 MB"));
    assert!(start.elapsed().as_secs() < 5);
}

#[test]
fn a_flawed_line_anywhere_is_told_with_its_place() {
    let lines: Vec<&str> = WHOLE.lines().collect();
    let flaws = ["  : [", "\t", "x: {y: [1, 2", "- - -", "!!int x", "\"", "gates: 3", "criteria: []", "? x", "\u{0}"];
    for at in 0..lines.len() {
        for flaw in flaws {
            let mut broken = lines.clone();
            broken[at] = flaw;
            let broken = broken.join("\n");
            if let Err(faults) = read(&broken) {
                sound(&broken, &faults);
            }
        }
    }
}

/// Texts that once were told wrongly, or that look as if they might be. What the properties below find is added here.
#[test]
fn what_was_hard_to_read_once_stays_told() {
    let corpus = [
        "\r¡\r\0",
        "\u{feff}\u{feff}plimsoll: 1\r\r\n]",
        "plimsoll: 1\ngates:\n  - {criterion: {literal: 1}, in: [[all]], at_least: {}}\n",
        "plimsoll: 1\ncriteria: {c: {grade: {equals: {literal: 1, literal: 2}}}}\n",
        "plimsoll: 1\ncriteria: {c: {grade: {tools: {require: {literal: []}}}}}\n",
        "plimsoll: 1\nsegments: [{by: a, shares: {x: 1e308, y: 1e308}}]\n",
        "plimsoll: 1\ngates: [{measure: latency, at_most: 1e308s}, {measure: spend, at_most: infe for 95%}]\n",
        "? plimsoll\n: 1\n",
        "plimsoll: 1 # \u{202e}\nname: |\n  \u{85}\n",
        "{plimsoll: 1, name: 'it''s', tasks: [a,, b]}",
    ];
    for text in corpus {
        if let Err(faults) = read(text) {
            sound(text, &faults);
        }
    }
    assert!(read("? plimsoll\n: 1\n").is_ok());
    assert!(told(&read(corpus[6]).unwrap_err()).matches("this limit cannot be read").count() == 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slips_of_the_pen_are_told_or_harmless(slips in prop::collection::vec(slip(), 1..6)) {
        let text = slipped(WHOLE, &slips);
        if let Err(faults) = read(&text) {
            sound(&text, &faults);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        if let Err(faults) = read(&text) {
            sound(&text, &faults);
        }
    }
}
