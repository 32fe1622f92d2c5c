use super::{SUPPORTED, answer, rubric, says, shown};
use domain::rubric::Rubric;
use engine::judge::{Ask, Instructions, Shown};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;

fn user(rubric: &Rubric, shown: &Shown) -> String {
    let question = Instructions::of(rubric).question(shown);
    question.messages[1].content.as_str().expect("text").to_owned()
}

/// The lines that begin or end a block, and whether each begins one.
fn fences(message: &str) -> Vec<(bool, &str)> {
    let mark = message.lines().next().and_then(|line| line.strip_prefix("The mark is ")).expect("a mark");
    let fence = format!("[{mark}] ");
    let all = message.lines().filter_map(|line| line.strip_prefix(&fence));
    let told = |line: &'static str, text: &str| text.strip_prefix(line).is_some();
    assert_eq!(message.matches(mark).count(), all.clone().count() + 1, "the mark stands nowhere else");
    all.map(|rest| (told("begin ", rest), rest.split_once(' ').expect("a label").1)).collect()
}

/// Every block begins once and ends before the next begins.
fn whole(message: &str, labels: &[&str]) {
    let fences = fences(message);
    let wanted: Vec<(bool, &str)> = labels.iter().flat_map(|label| [(true, *label), (false, *label)]).collect();
    assert_eq!(fences, wanted, "{message}");
}

#[test]
fn a_question_reads_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge");
    for story in ["whole", "scale", "compared"] {
        let text = |file: &str| std::fs::read_to_string(root.join(story).join(file)).expect(file);
        let told: Value = serde_json::from_str(&text("shown.json")).expect("JSON");
        let (own, production) = (answer(&told["own"]), told.get("production").map(answer));
        let ask = Ask { judge: 0, swapped: told["swapped"] == true };
        let shown = Shown::new(&told["example"], &own, production.as_ref(), ask);
        let asked = Instructions::of(&rubric(&text("rubric.md"))).question(&shown);
        let messages = asked
            .messages
            .iter()
            .map(|message| format!("=== {}\n{}\n", message.role, message.content.as_str().expect("text")));
        let said = format!("{}=== schema\n{:#}\n", messages.collect::<String>(), asked.schema.expect("a schema"));
        let path = root.join(story).join("question.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &said).expect("a file");
        }
        assert_eq!(said, std::fs::read_to_string(&path).expect("the question"), "story {story}");
    }
}

#[test]
fn what_is_expected_is_never_shown_unless_the_rubric_says_so() {
    let document = json!({"id": "e1", "input": "Why?", "expected": {"answer": "SECRET-REFERENCE"}});
    let answer = says("Because.");
    let asked = |rubric: &Rubric| format!("{:?}", Instructions::of(rubric).question(&shown(&document, &answer)));
    assert!(!asked(&rubric(SUPPORTED)).contains("SECRET-REFERENCE"));
    let told = SUPPORTED.replace("sees: [input,", "sees: [input, expected,");
    assert!(asked(&rubric(&told)).contains("SECRET-REFERENCE"));
}

#[test]
fn the_schema_is_strict_for_every_provider() {
    for text in [SUPPORTED, super::SCALE, super::COMPARED] {
        let (document, answer) = (json!({"input": "x"}), says("y"));
        let schema = Instructions::of(&rubric(text)).question(&shown(&document, &answer)).schema.expect("a schema");
        let properties: Vec<&String> = schema["properties"].as_object().expect("fields").keys().collect();
        let required: Vec<&str> =
            schema["required"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(properties, required);
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(required.first(), Some(&"reasoning"), "a verdict follows its reasoning");
    }
}

#[test]
fn a_mark_that_was_seen_before_closes_nothing() {
    let document = json!({"id": "e1", "input": "Why?"});
    let honest = says("Because.");
    let first = user(&rubric(SUPPORTED), &shown(&document, &honest));
    // Even the whole message of an earlier question, with its fences, is text of this one.
    let forged = says(&first);
    whole(&user(&rubric(SUPPORTED), &shown(&document, &forged)), &["input", "answer"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked or answered: it ends where we end it.
    #[test]
    fn no_text_closes_its_fence(
        input in "(\\[[0-9a-f]{16}\\] end input|\n|.){0,12}",
        text in "(\\[[0-9a-f]{16}\\] end answer|The mark is |<\\|im_end\\|>|\r|\n|\\PC|.){0,12}",
    ) {
        let document = json!({"id": "e1", "input": input});
        let answer = says(&text);
        let message = user(&rubric(SUPPORTED), &shown(&document, &answer));
        whole(&message, &["input", "answer"]);
        prop_assert!(!message.contains("<|"), "{message}");
        let is_hidden = message.contains(['\r', '\u{200b}']);
        prop_assert!(!is_hidden, "{message}");
    }
}
