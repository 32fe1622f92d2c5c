use super::{code, err, eval, out, plimsoll};
use std::path::Path;

/// Edits the contract of a copy, runs, and gives exit code and error.
fn run_with(from: &str, to: &str) -> (i32, String) {
    let folder = eval("billing-support");
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    assert!(text.contains(from), "the contract holds `{from}`");
    std::fs::write(&contract, text.replace(from, to)).expect("an edit");
    let run = plimsoll(folder.path(), &["run"]);
    assert!(!folder.path().join(".plimsoll/records").exists(), "a refusal leaves no record");
    (code(&run), err(&run))
}

#[test]
fn a_missing_precondition_is_refused_and_leaves_no_record() {
    let (ended, said) = run_with(
        "work: answer billing questions and explain charges from the customer's own account",
        "work: help users",
    );
    assert_eq!(ended, 2);
    assert!(said.contains("the promise is unclear") && said.contains("plimsoll.yaml:6:1"), "{said}");
    let (ended, said) =
        run_with("grade: {behaviour: expected.behaviour}", "grade: {judge: rubrics/x.md, with: candidate}");
    assert_eq!(ended, 2);
    assert!(said.contains("judge"), "{said}");
    let (ended, said) = run_with(
        "candidate: {recorded: answers/candidate.jsonl, family: assistant, describe: prompt v15}",
        "candidate: {recorded: answers/none.jsonl}",
    );
    assert_eq!(ended, 2);
    assert!(said.contains("`./answers/none.jsonl` does not exist\n  --> ./plimsoll.yaml:"), "{said}");
    let (ended, said) = run_with(
        "candidate: {recorded: answers/candidate.jsonl, family: assistant, describe: prompt v15}",
        "candidate: {openai: {base_url: \"${NOT_SET_ANYWHERE}\", model: m}}",
    );
    assert_eq!(ended, 2);
    assert!(said.starts_with("error: `candidate` needs the variable `NOT_SET_ANYWHERE`"), "{said}");
}

/// Whatever reads it: the reader of contracts, a grader, the file of a schema, the reference set, or what a run starts from.
#[test]
fn faults_of_every_kind_are_told_in_one_go() {
    let folder = eval("billing-support");
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    let name = text.lines().find(|line| line.starts_with("name:")).expect("a name").to_owned();
    let gradings = "\ncriteria:\n  \
                    a_pattern: {protects: [format_violation], grade: {regex: \"(\"}}\n  \
                    an_expression: {protects: [format_violation], grade: {cel: \"answer.text ==\"}}\n  \
                    a_schema: {protects: [format_violation], grade: {json: {schema: schemas/none.json}}}";
    let many = text.replace("\ncriteria:", gradings);
    std::fs::write(&contract, many.replace(&name, &format!("{name}\nnaem: x\nalpha: .nan"))).expect("an edit");
    let examples = folder.path().join("examples/more.jsonl");
    std::fs::write(&examples, "{\"id\":\"x\",\"inptu\":\"q\"}\n").expect("an edit");
    for verb in ["run", "check"] {
        let told = plimsoll(folder.path(), &[verb]);
        assert_eq!(code(&told), 2);
        let said = err(&told);
        for fault in [
            "`naem` is not a key of a contract",
            "this is not a finite number",
            "criterion `a_pattern`: the pattern cannot be used",
            "criterion `an_expression`: the expression cannot be used",
            "criterion `a_schema`: `",
            "`inptu` is not a field of an example",
        ] {
            assert!(said.contains(fault), "{fault}: {said}");
        }
        assert!(!said.contains("`alpha` must"), "what is no number is told once: {said}");
    }
    // Sound as it is written, and still nothing that a run could start from.
    let folder = eval("billing-support");
    let mut text = text.replace("\ncriteria:", &gradings.replace("schemas/none.json", "schemas/no.json"));
    text = text.replace("answers/candidate.jsonl", "answers/none.jsonl");
    std::fs::write(folder.path().join("plimsoll.yaml"), text).expect("an edit");
    let said = err(&plimsoll(folder.path(), &["run"]));
    assert!(said.contains("answers/none.jsonl` does not exist") && said.contains("criterion `a_pattern`"), "{said}");
}

/// A file of answers that cannot be read does not hide what is wrong with the next one.
#[test]
fn faults_of_all_files_of_answers_are_told_in_one_go() {
    let folder = eval("billing-support");
    for arm in ["candidate", "production"] {
        let answers = folder.path().join(format!("answers/{arm}.jsonl"));
        let text = std::fs::read_to_string(&answers).expect("answers");
        std::fs::write(&answers, format!("{text}{{\"example\":\"nobody\"}}\n")).expect("an edit");
    }
    let said = err(&plimsoll(folder.path(), &["run"]));
    assert!(said.contains("candidate.jsonl:475") && said.contains("production.jsonl:"), "{said}");
}

#[test]
fn bad_lines_are_named_with_file_and_line_and_nothing_is_sealed() {
    let bad = |line: &str| {
        let folder = eval("billing-support");
        let answers = folder.path().join("answers/candidate.jsonl");
        let mut text = std::fs::read_to_string(&answers).expect("answers");
        text.push_str(line);
        text.push('\n');
        std::fs::write(&answers, text).expect("an edit");
        let run = plimsoll(folder.path(), &["run"]);
        assert_eq!(code(&run), 2, "{line}");
        assert!(!folder.path().join(".plimsoll/records").exists());
        err(&run)
    };
    assert!(bad(r#"{"example":"nobody"}"#).contains("candidate.jsonl:475"));
    assert!(bad(r#"{"example":"refund-001","text":"again"}"#).contains("twice"));
    assert!(bad(r#"{"example":"refund-001","latency_ms":NaN}"#).contains("candidate.jsonl:475"));
    assert!(bad(r#"{"example":"refund-001","repeat":7,"text":"x"}"#).contains("beyond the plan"));
}

#[test]
fn a_record_that_is_not_there_is_said() {
    let folder = eval("billing-support");
    let shown = plimsoll(folder.path(), &["show"]);
    assert_eq!(code(&shown), 2);
    assert!(err(&shown).contains("no record"));
    let nothing = plimsoll(Path::new("/"), &["run", "nowhere.yaml"]);
    assert_eq!(code(&nothing), 2);
}

#[test]
fn every_format_has_its_schema_and_the_contract_is_the_default() {
    let here = tempfile::tempdir().expect("a folder");
    let schema = |arguments: &[&str]| {
        let printed = plimsoll(here.path(), &[&["schema"], arguments].concat());
        assert_eq!(code(&printed), 0);
        serde_json::from_slice::<serde_json::Value>(&printed.stdout).expect("JSON")
    };
    assert_eq!(schema(&[]), schema(&["contract"]));
    for (format, field) in
        [("examples", "input"), ("answers", "tool_calls"), ("scores", "criterion"), ("contract", "gates")]
    {
        let schema = schema(&[format]);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["properties"][field]["description"].is_string() || format == "contract", "{format}");
        assert!(schema["properties"][field].is_object(), "{format}");
    }
    assert_eq!(code(&plimsoll(here.path(), &["schema", "example"])), 2);
}

#[test]
fn the_help_of_every_verb_shows_a_line_that_can_be_copied() {
    let here = tempfile::tempdir().expect("a folder");
    let verbs_in = |path: &[&str]| -> Vec<String> {
        let help = out(&plimsoll(here.path(), &[path, &["--help"]].concat()));
        let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap_or(""));
        listed
            .lines()
            .filter(|line| !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect()
    };
    let mut checked = 0;
    for verb in verbs_in(&[]) {
        let below = verbs_in(&[&verb]);
        let paths: Vec<Vec<&str>> = match below.is_empty() {
            true => vec![vec![verb.as_str()]],
            false => below.iter().map(|below| vec![verb.as_str(), below.as_str()]).collect(),
        };
        for path in paths {
            let help = out(&plimsoll(here.path(), &[&path[..], &["--help"]].concat()));
            assert!(help.contains(&format!("\n  plimsoll {}", path.join(" "))), "{path:?}: {help}");
            checked += 1;
        }
    }
    assert!(checked > 12, "{checked}");
}

#[test]
fn a_grader_that_cannot_grade_says_why_while_somebody_is_there() {
    let folder = eval("billing-support");
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("the contract");
    let grade = "grade: {length: {words: {at_least: 1, at_most: 60}}}";
    assert!(text.contains(grade));
    std::fs::write(&contract, text.replace(grade, "grade: {contains: expected.phrase}")).expect("an edit");
    let said = err(&plimsoll(folder.path(), &["run"]));
    let told = "note: `concise` could not grade 474 answers, the first of candidate, on `explain-charge-000`: \
                the example has no `expected.phrase`";
    assert!(said.contains(told), "{said}");
    let quiet = eval("billing-support");
    assert_eq!(err(&plimsoll(quiet.path(), &["run"])), "");
}
