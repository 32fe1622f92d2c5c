//! Each code of `check`, raised by one edit of an eval that has nothing to find.

use super::{code, err, eval, out, plimsoll};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const CONTRACT: &str = "plimsoll.yaml";
const TRAFFIC: &str = "examples/traffic.jsonl";

fn found(folder: &Path) -> (i32, Value) {
    let checked = plimsoll(folder, &["check", "--as", "json"]);
    let found = serde_json::from_slice(&checked.stdout).unwrap_or_else(|_| panic!("{}", err(&checked)));
    (code(&checked), found)
}

fn codes(found: &Value) -> BTreeSet<String> {
    let findings = found["findings"].as_array().expect("findings").iter();
    findings.map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}

/// Replaces every occurrence, of which there must be one.
fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).expect("a file");
    assert!(text.contains(from), "{file} holds `{from}`");
    std::fs::write(path, text.replace(from, to)).expect("an edit");
}

fn append(folder: &Path, file: &str, line: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(path, format!("{text}{line}\n")).expect("an edit");
}

/// A line of the traffic under another id, with edits.
fn again(folder: &Path, id: &str, edits: &[(&str, &str)]) -> String {
    let text = std::fs::read_to_string(folder.join(TRAFFIC)).expect("a file");
    let line = text.lines().nth(1).expect("an example");
    let first: Value = serde_json::from_str(line).expect("JSON");
    let mut line = line.replace(first["id"].as_str().expect("an id"), id);
    for (from, to) in edits {
        assert!(line.contains(from), "{line} holds `{from}`");
        line = line.replace(from, to);
    }
    line
}

/// What makes each code appear; and the codes that must come with it.
fn story(wanted: &str, folder: &Path) -> &'static [&'static str] {
    let contract = |from: &str, to: &str| edit(folder, CONTRACT, from, to);
    let rubric = |name: &str| {
        std::fs::create_dir_all(folder.join("rubrics")).expect("a folder");
        let text = "---\nplimsoll_rubric: 1\nquestion: Is it as it should be?\n---\n\n## Pass\n\n- it is\n\n## Fail\n\n- it is not\n";
        std::fs::write(folder.join(format!("rubrics/{name}.md")), text).expect("a rubric");
    };
    match wanted {
        "PLM001" => contract(
            "work: answer billing questions and explain charges from the customer's own account",
            "work: help users with their questions",
        ),
        "PLM002" => {
            contract("tasks: [explain-charge, refund-request, plan-change, payment-failure, cancellation]", "tasks: []")
        }
        "PLM003" => {
            for line in [
                "missing_source: {cost: 15, owner: retrieval}",
                "wrong_source: {cost: 25, owner: retrieval}",
                "over_refusal: {cost: 6, owner: prompt}",
            ] {
                contract(&format!("  {line}\n"), "");
            }
        }
        "PLM004" => {
            contract("protects: [format_violation]", "protects: []");
            return &["PLM010"];
        }
        "PLM005" => {
            // The same question asked twice under two names.
            contract(
                "  steady:\n",
                "  concise-too:\n    protects: [format_violation]\n    grade: {length: {words: {at_least: 1, at_most: 60}}}\n  steady:\n",
            );
            contract(
                "gates:\n",
                "gates:\n  - {criterion: concise-too, at_least: 90%, else: repair the prompt, owner: prompt}\n",
            );
            plimsoll(folder, &["run"]);
        }
        "PLM006" => contract("else: repair permissions, owner: release", "else: repair permissions"),
        "PLM007" => contract(
            "at_least: 80%, else: repair the boundary of escalation, owner: prompt",
            "at_least: 80%, owner: prompt",
        ),
        "PLM008" => contract("by: 10%, else: repair retrieval", "by: 1%, else: repair retrieval"),
        "PLM009" => {
            contract("payment-failure, cancellation]", "payment-failure, cancellation, tax-form]");
            return &["PLM008"];
        }
        "PLM010" => contract(
            "refusal_failure: {cost: 60, owner: policy}",
            "refusal_failure: {cost: 60, owner: policy}\n  wrong_language: {cost: 9, owner: prompt}",
        ),
        "PLM011" => {
            std::fs::remove_file(folder.join("examples/chosen.jsonl")).expect("the chosen examples");
            // The pairs were among them.
            return &["PLM026"];
        }
        "PLM012" | "PLM013" => {
            // Where nothing that was sampled counts, the made examples beside it stand in for traffic too.
            contract("simulated: true\n", "");
            let kind = if wanted == "PLM012" { "\"source\": \"demo\"" } else { "\"source\": \"traffic\"" };
            let text = std::fs::read_to_string(folder.join(TRAFFIC)).expect("a file");
            let lines: Vec<String> = text.lines().map(|line| without_chance(line, kind)).collect();
            std::fs::write(folder.join(TRAFFIC), lines.join("\n") + "\n").expect("an edit");
            return &["PLM008", "PLM012"];
        }
        "PLM014" => append(
            folder,
            TRAFFIC,
            &again(
                folder,
                "late",
                &[
                    ("\"content\": \"", "\"content\": \"again: "),
                    ("\"review_by\": \"2099-06-30\"", "\"review_by\": \"2020-01-31\""),
                ],
            ),
        ),
        "PLM015" => append(folder, TRAFFIC, &again(folder, "twin", &[])),
        "PLM016" => append(
            folder,
            TRAFFIC,
            &again(folder, "rival", &[("\"behaviour\": \"answer\"", "\"behaviour\": \"refuse\"")]),
        ),
        "PLM017" => edit(folder, TRAFFIC, "\"owner\": \"retrieval\", ", ""),
        "PLM018" => contract("billing-policy: 2026-10", "billing-policy: 2026-11"),
        "PLM019" => {
            contract(
                "  production: {recorded: answers/production.jsonl, family: assistant, describe: prompt v14}\n",
                "",
            );
            contract("not_worse_than: production, by: 10%", "at_least: 50%");
            contract("not_worse_than: production, by: 20%, ", "at_most: 1, ");
        }
        "PLM020" => {
            contract("grade: {behaviour: expected.behaviour}", "grade: {judge: rubrics/decides.md, with: judge}");
            contract(
                "  fallback: {recorded",
                "  judge: {openai: {base_url: \"https://judge.example/v1\", model: assistant-large}}\n  fallback: {recorded",
            );
            rubric("decides");
            return &["PLM028"];
        }
        "PLM021" => {
            let text = std::fs::read_to_string(folder.join(CONTRACT)).expect("the contract");
            let advisory = |line: &str| match line.starts_with("  - {") && line.contains("else:") {
                true if !line.contains("blocking") => line.replace("else:", "blocking: false, else:"),
                _ => line.to_owned(),
            };
            let lines: Vec<String> = text.lines().map(advisory).collect();
            std::fs::write(folder.join(CONTRACT), lines.join("\n") + "\n").expect("an edit");
            return &["PLM025"];
        }
        "PLM022" => {
            std::fs::remove_file(folder.join("examples/chosen.jsonl")).expect("the chosen examples");
            std::fs::write(folder.join(TRAFFIC), "{\"plimsoll_examples\": 1}\n").expect("an edit");
            return &["PLM008"];
        }
        "PLM023" => {
            contract("  fallback: {recorded: answers/fallback.jsonl, describe: the form that opens a ticket}\n", "")
        }
        "PLM024" => edit(folder, "examples/chosen.jsonl", "\"guard\": true", "\"guard\": false"),
        "PLM025" => contract("concise, in: all, at_least: 90%", "concise, in: all, blocking: false, at_least: 90%"),
        "PLM026" => {
            contract("at_most: 60}}}\n", "at_most: 60}}}\n    when: {task: cancellation}\n");
            contract("concise, in: all, at_least", "concise, in: [all, task], at_least");
        }
        "PLM027" => {
            let ignored = "{contains: {all: expected.sections, ignore: [punctuation]}}";
            contract("{length: {words: {at_least: 1, at_most: 60}}}", ignored);
            let edits =
                [("\"content\": \"", "\"content\": \"again: "), ("\"sections\": [\"", "\"sections\": [\"?!\", \"")];
            append(folder, TRAFFIC, &again(folder, "blank", &edits));
        }
        "PLM028" => {
            contract("{length: {words: {at_least: 1, at_most: 60}}}", "{judge: rubrics/concise.md, with: judge}");
            contract("  fallback: {recorded", "  judge: {imported: judge-1}\n  fallback: {recorded");
            rubric("concise");
        }
        "PLM029" => {
            contract("{length: {words: {at_least: 1, at_most: 60}}}", "{reviewers: rubrics/concise.md}");
            return &["PLM030"];
        }
        "PLM030" => {
            contract("{length: {words: {at_least: 1, at_most: 60}}}", "{reviewers: rubrics/concise.md}");
            rubric("concise");
        }
        "PLM031" => contract("  - {by: risk, min_examples: 30}", "  - {by: rsik}"),
        "PLM032" => edit(folder, "examples/chosen.jsonl", "\"task\": \"refund-request\", ", ""),
        "PLM033" => {
            edit(folder, "examples/chosen.jsonl", "\"task\": \"refund-request\"", "\"task\": \"refund-requst\"");
            return &["PLM008", "PLM036"];
        }
        "PLM034" => {
            contract("{same_as_base: behaviour}", "{length: {words: {at_least: 1, at_most: 60}}}");
            return &["PLM005"];
        }
        "PLM035" => {
            contract("  fallback: {recorded: answers/fallback.jsonl, describe: the form that opens a ticket}\n", "");
            contract("not_worse_than: production, by: 10%", "not_worse_than: fallback, by: 10%");
            return &["PLM023"];
        }
        "PLM036" => {
            contract("payment-failure: 15%, cancellation: 10%}", "payment-failure: 25%}");
            return &["PLM008"];
        }
        "PLM037" => {
            contract("{length: {words: {at_least: 1, at_most: 60}}}", "{reviewers: rubrics/concise.md}");
            append(folder, CONTRACT, "looks: 1");
            rubric("concise");
        }
        "PLM038" => {
            contract(
                "candidate: {recorded: answers/candidate.jsonl, family: assistant, describe: prompt v15}",
                "candidate: {imported: candidate}",
            );
            std::fs::remove_dir_all(folder.join("examples")).expect("the examples");
        }
        "PLM039" => {
            // One that stands for 10,000 beside those that stand for 50.
            let heavy =
                [("\"content\": \"", "\"content\": \"again: "), ("\"probability\": 0.02", "\"probability\": 0.0001")];
            append(folder, TRAFFIC, &again(folder, "heavy", &heavy));
            return &["PLM008"];
        }
        other => panic!("no story tells {other}"),
    }
    &[]
}

/// An example of this source without a known chance of inclusion.
fn without_chance(line: &str, source: &str) -> String {
    let mut line = line.replace("\"source\": \"traffic\"", source);
    while let Some(at) = line.find("\"probability\": ") {
        let rest = &line[at..];
        let end = rest.find([',', '}']).expect("an end");
        let end = if rest[end..].starts_with(", ") { end + 2 } else { end };
        line.replace_range(at..at + end, "");
        line = line.replace(", }", "}");
    }
    line
}

#[test]
fn an_eval_that_is_fit_has_nothing_to_find() {
    let folder = eval("billing-support");
    let (ended, found) = found(folder.path());
    assert_eq!((ended, codes(&found).len()), (0, 0), "{found}");
    let rows: Vec<&str> =
        found["standing"].as_array().expect("rows").iter().filter_map(|row| row["row"].as_str()).collect();
    assert_eq!(rows, ["example source", "success definition", "scoring", "reviewer role", "decision"]);
}

/// Both places are named, so that nobody has to look for the other one.
#[test]
fn a_question_that_is_written_otherwise_is_a_duplicate() {
    let folder = eval("billing-support");
    let line = again(folder.path(), "twin", &[("\"content\": \"", "\"content\": \"  - ")]);
    append(folder.path(), TRAFFIC, &line);
    let (_, found) = found(folder.path());
    assert_eq!(codes(&found), BTreeSet::from(["PLM015".to_owned()]));
    let what = found["findings"][0]["what"].as_str().expect("what is wrong");
    assert!(what.contains("`twin` (") && what.matches("examples/traffic.jsonl:").count() == 2, "{what}");
    assert!(what.ends_with(") ask the same but for case, blanks and punctuation"), "{what}");
}

#[test]
fn expectations_that_one_answer_meets_are_no_conflict() {
    let folder = eval("billing-support");
    let line = again(
        folder.path(),
        "rival",
        &[("\"behaviour\": \"answer\"", "\"behaviour\": [\"ask\", \"answer\"], \"note\": \"seen twice\"")],
    );
    append(folder.path(), TRAFFIC, &line);
    assert_eq!(codes(&found(folder.path()).1), BTreeSet::from(["PLM015".to_owned()]));
}

/// All at once: whoever mends them need not ask again after each.
#[test]
fn faults_of_graders_and_of_examples_are_told_together() {
    let folder = eval("billing-support");
    edit(folder.path(), CONTRACT, "{length: {words: {at_least: 1, at_most: 60}}}", "{regex: \"(open\"}");
    edit(folder.path(), CONTRACT, "{behaviour: expected.behaviour}", "{cel: answr.text}");
    for (verb, of_examples) in [("run", false), ("check", true)] {
        if of_examples {
            append(folder.path(), TRAFFIC, "{\"id\": \"late\"}");
        }
        let refused = plimsoll(folder.path(), &[verb]);
        let said = err(&refused);
        assert_eq!(code(&refused), 2, "{said}");
        assert!(
            said.contains("criterion `concise`: the pattern") && said.contains("criterion `decides`: the expr"),
            "{said}"
        );
        assert_eq!(said.contains("traffic.jsonl:"), of_examples, "{said}");
    }
}

/// A path that nobody has is a slip; one that is null everywhere asks nothing.
#[test]
fn what_a_criterion_compares_with_is_looked_for_before_a_run() {
    let folder = eval("billing-support");
    let concise = "{length: {words: {at_least: 1, at_most: 60}}}";
    edit(folder.path(), CONTRACT, concise, "{contains: expected.says}");
    let (ended, missing) = found(folder.path());
    assert_eq!((ended, codes(&missing)), (3, BTreeSet::from(["PLM027".to_owned()])), "{missing:#}");
    assert!(
        missing["findings"][0]["what"].as_str().is_some_and(|what| what.contains("`expected.says`")),
        "{missing:#}"
    );
    for file in [TRAFFIC, "examples/chosen.jsonl"] {
        edit(folder.path(), file, "\"expected\": {", "\"expected\": {\"says\": null, ");
    }
    let (ended, null) = found(folder.path());
    assert_eq!((ended, codes(&null)), (3, BTreeSet::from(["PLM026".to_owned()])), "{null:#}");
}

/// Before anything was graded, too.
#[test]
fn criteria_that_are_graded_alike_are_told_before_a_run() {
    let folder = eval("billing-support");
    let again = "  concise-too:\n    protects: [over_refusal]\n    grade: {length: {words: {at_most: 60, at_least: 1}}}\n  steady:\n";
    edit(folder.path(), CONTRACT, "  steady:\n", again);
    let twice = found(folder.path()).1;
    assert!(codes(&twice).contains("PLM005"), "{twice:#}");
    edit(folder.path(), CONTRACT, "{at_most: 60, at_least: 1}", "{at_most: 61, at_least: 1}");
    let apart = found(folder.path()).1;
    assert!(!codes(&apart).contains("PLM005"), "{apart:#}");
}

/// A never rule decides at any number of examples, and holds on no fewer than the segment's minimum.
#[test]
fn a_gate_whose_segment_cannot_reach_its_minimum_is_told_whatever_it_asks() {
    let folder = eval("billing-support");
    edit(folder.path(), CONTRACT, "{by: risk, min_examples: 30}", "{by: risk, min_examples: 900}");
    edit(folder.path(), CONTRACT, "criterion: steady, in: all", "criterion: concise, in: risk");
    let found = found(folder.path()).1;
    let findings = found["findings"].as_array().expect("findings");
    let short = findings.iter().find(|finding| finding["code"] == "PLM008").unwrap_or_else(|| panic!("{found:#}"));
    assert!(short["what"].as_str().is_some_and(|what| what.contains("at least 900 are needed")), "{short}");
    assert!(short["remedy"].as_str().is_some_and(|remedy| remedy.ends_with("or lower its `min_examples`")), "{short}");
}

#[test]
fn one_sampled_example_among_made_ones_is_a_demo() {
    let folder = eval("billing-support");
    edit(folder.path(), CONTRACT, "simulated: true\n", "");
    let text = std::fs::read_to_string(folder.path().join(TRAFFIC)).expect("a file");
    let made = |(at, line): (usize, &str)| match at {
        0 | 1 => line.to_owned(),
        _ => without_chance(line, "\"source\": \"demo\""),
    };
    let lines: Vec<String> = text.lines().enumerate().map(made).collect();
    std::fs::write(folder.path().join(TRAFFIC), lines.join("\n") + "\n").expect("an edit");
    let found = found(folder.path()).1;
    assert!(codes(&found).contains("PLM012"), "{found:#}");
    assert_eq!(found["standing"][0]["stands_with"], "demo");
}

/// Who owns an example is a role of the contract; an action of blanks is none; an incident's example that must never fail blocks.
#[test]
fn owners_actions_and_incidents_are_taken_at_their_word() {
    let folder = eval("billing-support");
    edit(folder.path(), TRAFFIC, "\"owner\": \"retrieval\"", "\"owner\": \"retreival\"");
    edit(folder.path(), CONTRACT, "else: repair permissions", "else: \"  \"");
    edit(folder.path(), "examples/chosen.jsonl", "\"guard\": true", "\"never\": true");
    let found = found(folder.path()).1;
    assert_eq!(codes(&found), BTreeSet::from(["PLM007".to_owned(), "PLM017".to_owned()]), "{found:#}");
    assert!(found.to_string().contains("did you mean `retrieval`?"), "{found:#}");
}

/// What is mended in one way is told in one block; programs get one finding a place.
#[test]
fn many_places_of_one_code_are_one_block() {
    let folder = eval("billing-support");
    for at in 0..8 {
        let (id, asked) = (format!("late-{at}"), format!("\"content\": \"question {at}: "));
        let late = ("\"review_by\": \"2099-06-30\"", "\"review_by\": \"2020-01-31\"");
        append(folder.path(), TRAFFIC, &again(folder.path(), &id, &[("\"content\": \"", &asked), late]));
    }
    let said = out(&plimsoll(folder.path(), &["check"]));
    assert_eq!(said.matches("warning[PLM014]: `late-0` was to be reviewed").count(), 1, "{said}");
    assert_eq!(said.matches("PLM014").count(), 1, "{said}");
    assert!(said.contains(": `late-4` was to") && !said.contains("`late-5`"), "{said}");
    assert!(said.contains("\n  ... and 3 more; `--as json` lists them all\n help: review it"), "{said}");
    assert!(said.contains("8 warnings"), "{said}");
    let found = found(folder.path()).1;
    assert_eq!(found["findings"].as_array().map(Vec::len), Some(8), "{found}");
}

/// Its schema takes absolute addresses for help, and paths as URIs.
#[test]
fn sarif_is_what_its_readers_take() {
    let folder = eval("billing-support");
    edit(folder.path(), CONTRACT, "payment-failure, cancellation]", "payment-failure, cancellation, tax-form]");
    std::fs::rename(folder.path().join(CONTRACT), folder.path().join("v1 #2 \u{e9}.yaml")).expect("another name");
    let sarif = |contract: &str| -> Value {
        let checked = plimsoll(folder.path(), &["check", contract, "--as", "sarif"]);
        serde_json::from_slice(&checked.stdout).unwrap_or_else(|_| panic!("{}", err(&checked)))
    };
    let relative = sarif("v1 #2 \u{e9}.yaml");
    let run = &relative["runs"][0];
    let place = |run: &Value| run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(place(run), "v1%20%232%20%C3%A9.yaml", "{relative:#}");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    for rule in run["tool"]["driver"]["rules"].as_array().expect("rules") {
        assert!(rule["help"]["text"].is_string() && rule.get("helpUri").is_none(), "{rule}");
    }
    let whole = folder.path().join("v1 #2 \u{e9}.yaml");
    let absolute = place(&sarif(whole.to_str().expect("a path"))["runs"][0]);
    assert!(
        absolute.as_str().is_some_and(|uri| uri.starts_with("file:///") && uri.ends_with("%C3%A9.yaml")),
        "{absolute}"
    );
}

#[test]
fn each_code_is_raised_by_what_it_is_about_and_alone() {
    let rules = plimsoll(eval("billing-support").path(), &["check", "--as", "sarif"]);
    let rules: Value = serde_json::from_slice(&rules.stdout).expect("SARIF");
    let rules = rules["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules").clone();
    assert!(rules.len() >= 27);
    for rule in &rules {
        let wanted = rule["id"].as_str().expect("a code");
        let folder = eval("billing-support");
        println!("{wanted}");
        let besides = story(wanted, folder.path());
        let (ended, found) = found(folder.path());
        let seen = codes(&found);
        let expected: BTreeSet<String> = besides.iter().chain(&[wanted]).map(|code| (*code).to_owned()).collect();
        assert_eq!(seen, expected, "{wanted}: {found:#}");
        let is_error =
            found["findings"].as_array().expect("findings").iter().any(|finding| finding["severity"] == "error");
        assert_eq!(ended, if is_error { 3 } else { 0 });
        for finding in found["findings"].as_array().expect("findings") {
            let file = folder.path().join(finding["file"].as_str().expect("a file"));
            let text = std::fs::read_to_string(file).expect("the file that a finding names");
            let line = finding["line"].as_u64().expect("a line");
            assert!(line >= 1 && line <= text.lines().count() as u64 + 1, "{finding}");
            assert!(!finding["remedy"].as_str().expect("a remedy").is_empty());
        }
    }
}
