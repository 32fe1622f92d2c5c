use camino::Utf8Path;
use domain::format::lines::LinePlace;
use domain::format::{answers, contract, examples};
use domain::score::Verdict;
use grading::{Prepared, compile};
use proptest::prelude::*;

/// The grader of a contract that grades so; faults of the contract or of compiling as text.
pub fn grader(grade: &str) -> Result<grading::Compiled, String> {
    let text = format!("plimsoll: 1\ncriteria: {{c: {{protects: format_violation, grade: {grade}}}}}\n");
    let parsed = contract::parse(Utf8Path::new("c.yaml"), &text)
        .map_err(|faults| faults.iter().map(|fault| fault.what.clone()).collect::<Vec<_>>().join("; "))?;
    compile(&parsed.contract.criteria[0].grader).map_err(|fault| fault.to_string())
}

pub fn verdict(grade: &str, example: &str, answer: &str) -> Verdict {
    let place = LinePlace { file: Utf8Path::new("x"), line: 2 };
    let examples::Read::Example(example) = examples::parse(place, example).unwrap() else { panic!() };
    let recorded = answers::parse(place, answer).unwrap().unwrap();
    grader(grade).unwrap().grade(&example.document, &Prepared::new(&recorded.answer))
}

/// `pass`, `fail class: reason`, `n/a`, `error: reason`; `fault: what` where the contract's grader is none.
fn told(grade: &str, example: &str, answer: &str) -> String {
    if let Err(fault) = grader(grade) {
        return format!("fault: {fault}");
    }
    match verdict(grade, example, answer) {
        Verdict::Graded { value, .. } if value.get() == 1.0 => "pass".into(),
        Verdict::Graded { value, class, reason } => {
            format!("{} {}: {reason}", value.get(), class.map_or_else(String::new, |class| class.to_string()))
        }
        Verdict::NotApplicable { .. } => "n/a".into(),
        Verdict::GraderError { reason } => format!("error: {reason}"),
    }
}

#[test]
fn each_grader_passes_fails_and_says_why() {
    let cases = include_str!("graders.txt");
    let mut told_all = String::new();
    for block in cases.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let lines: Vec<&str> = block.trim().lines().collect();
        let (grade, example, answer) = (lines[0], lines[1], lines[2]);
        told_all += &format!("{grade}\n{example}\n{answer}\n= {}\n\n", told(grade, example, answer));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/graders.txt"), &told_all).unwrap();
        return;
    }
    assert_eq!(told_all.trim(), cases.trim());
}

/// What was not recorded is null to an expression, and null has no calls to go through.
#[test]
fn an_expression_over_calls_that_were_not_recorded_is_unknown() {
    let grade = "{cel: \"answer.tool_calls.all(call, call.name != 'issue_refund')\"}";
    let said = |answer: &str| verdict(grade, r#"{"id":"e","input":"q"}"#, answer);
    assert!(matches!(said(r#"{"example":"e","text":"Done."}"#), Verdict::GraderError { .. }));
    assert_eq!(said(r#"{"example":"e","text":"Done.","tool_calls":[]}"#), Verdict::passed(""));
}

#[test]
fn bombs_and_remote_references_are_refused_before_anything_runs() {
    let refused = |grade: &str| grader(grade).map(|_| ()).unwrap_err();
    assert!(refused(r#"{regex: "(a{1000}){1000}"}"#).contains("pattern"));
    assert!(refused(r#"{regex: "("}"#).contains("pattern"));
    assert!(refused(r#"{cel: "[1].map(a, [1].map(b, [1].map(c, c)))"}"#).contains("comprehensions"));
    assert!(refused(&format!("{{cel: \"{}1{}\"}}", "(".repeat(60), ")".repeat(60))).contains("nested"));
    assert!(refused(&format!("{{cel: \"{}true\"}}", "!".repeat(3000))).contains("nested"));
    assert!(refused(r#"{cel: "answr.text == ''"}"#).contains("`answr` is not known"));
    let remote = refused(r##"{json: {schema: {$ref: "http://example.invalid/s.json"}}}"##);
    assert!(remote.contains("example.invalid"), "{remote}");
    assert!(refused(r##"{json: {schema: {$ref: "file:///etc/passwd"}}}"##).contains("passwd"));
    assert!(refused(r#"{json: {schema: {type: 12}}}"#).contains("schema"));
}

#[test]
fn a_list_too_long_for_an_expression_is_an_error_of_the_grader_and_not_a_wait() {
    let items: Vec<String> = (0..30_000).map(|n| n.to_string()).collect();
    let answer = format!(r#"{{"example":"e","structured":[{}]}}"#, items.join(","));
    let verdict = verdict(r#"{cel: "answer.structured.all(n, n >= 0)"}"#, r#"{"id":"e","input":"q"}"#, &answer);
    assert!(matches!(verdict, Verdict::GraderError { .. }));
}

#[test]
fn similarities_agree_with_independent_figures() {
    // Figures of the Python packages named in the header of the file.
    for line in include_str!("similarity.csv").lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('|').collect();
        let (got, wanted) = (parts[0], parts[1]);
        let figures: Vec<f64> = parts[2..].iter().map(|figure| figure.parse().unwrap()).collect();
        let ours = [
            grading::levenshtein(got, wanted),
            grading::rouge_n(got, wanted, 1),
            grading::rouge_n(got, wanted, 2),
            grading::bleu(got, wanted),
        ];
        for (ours, theirs) in ours.iter().zip(&figures) {
            assert!((ours - theirs).abs() < 1e-6, "{line}: {ours:?} {theirs}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_answer_makes_a_grader_panic(text in "\\PC{0,60}", word in "[a-z{}\\[\\]\",:0-9.]{0,30}") {
        let answer = serde_json::json!({"example": "e", "text": format!("{word}{text}"), "citations": [text], "tool_calls": [{"name": word, "arguments": {"a": text}}]});
        let example = r#"{"id":"e","input":{"tools":[{"name":"t","parameters":{"type":"object"}}]},"expected":{"answer":"x","n":3,"sections":["a"]}}"#;
        for grade in ["{equals: expected.answer}", "{number: expected.n}", "{json: {schema: {type: object}}}", "{cites: expected.sections}",
            "{similar: {to: expected.answer, by: rouge-1}}", "{similar: {to: expected.answer, by: bleu}}", "{tools: {as_offered: true, require: expected.answer}}",
            "{cel: \"words(answer.text) < 3 && answer.citations.all(c, c.size() < 9)\"}", "{length: {sentences: {at_most: 2}}}", "{regex: \"^a+$\"}"] {
            let _ = verdict(grade, example, &answer.to_string());
        }
    }
}
