//! Every parser on slips of what is kept here of its format: a value, or faults with a place inside the text; never a panic.

use crate::slips::{slip, slipped};
use crate::story::stories;
use camino::Utf8Path;
use domain::fault::Faults;
use domain::format::lines::LinePlace;
use domain::format::{answers, contract, examples};
use proptest::prelude::*;
use proptest::sample::Index;

const EXAMPLES: &[&str] = &[
    include_str!("../../src/format/examples/tests/v1.jsonl"),
    include_str!("../../src/format/examples/tests/bad.jsonl"),
];
const ANSWERS: &[&str] = &[
    include_str!("../../src/format/answers/tests/v1.jsonl"),
    include_str!("../../src/format/answers/tests/bad.jsonl"),
];

fn lines(texts: &[&'static str]) -> Vec<&'static str> {
    texts.iter().flat_map(|text| text.lines()).filter(|line| !line.is_empty()).collect()
}

/// A corpus of whole files, by the name of their folder.
fn files(kind: &str, file: &str) -> Vec<String> {
    stories(kind).iter().map(|story| story.text(file)).collect()
}

fn one_of<T: AsRef<str>>(texts: &[T], at: Index) -> &str {
    texts[at.index(texts.len())].as_ref()
}

/// A place always lies in the file, and what was found stands there.
pub fn sound(text: &str, faults: &Faults) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    for fault in faults.iter() {
        assert!(fault.place.line >= 1 && fault.place.line as usize <= lines.len() + 1, "{fault}");
        assert!(fault.place.column >= 1, "{fault}");
        assert!(!fault.what.is_empty() && !fault.help.is_empty(), "{fault:?}");
    }
}

/// Faults of one line stand on that line.
fn told_in_its_line(text: &str, read: impl FnOnce(LinePlace) -> Result<(), Faults>) {
    const LINE: u32 = 7;
    if let Err(faults) = read(LinePlace { file: Utf8Path::new("f.jsonl"), line: LINE }) {
        assert!(faults.iter().count() > 0);
        for fault in faults.iter() {
            let (line, column) = (fault.place.line, fault.place.column as usize);
            assert!(line == LINE && (1..=text.chars().count() + 1).contains(&column), "{fault:?} of {text:?}");
            assert!(!fault.what.is_empty() && !fault.help.is_empty(), "{fault:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_of_examples(at in any::<Index>(), slips in prop::collection::vec(slip(), 0..5)) {
        let text = slipped(one_of(&lines(EXAMPLES), at), &slips);
        told_in_its_line(&text, |place| examples::parse(place, &text).map(drop));
    }

    #[test]
    fn a_line_of_answers(at in any::<Index>(), slips in prop::collection::vec(slip(), 0..5)) {
        let text = slipped(one_of(&lines(ANSWERS), at), &slips);
        told_in_its_line(&text, |place| answers::parse(place, &text).map(drop));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_contract(at in any::<Index>(), slips in prop::collection::vec(slip(), 0..5)) {
        let text = slipped(one_of(&files("contract", "contract.yaml"), at), &slips);
        if let Err(faults) = contract::parse(Utf8Path::new("plimsoll.yaml"), &text) {
            sound(&text, &faults);
        }
    }

    #[test]
    fn a_page(at in any::<Index>(), slips in prop::collection::vec(slip(), 0..5)) {
        let text = slipped(one_of(&files("page", "page.yaml"), at), &slips);
        if let Err(faults) = contract::page::parse(Utf8Path::new("page.yaml"), &text) {
            sound(&text, &faults);
        }
    }
}
