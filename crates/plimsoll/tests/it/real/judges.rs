//! Judges beside people on data that others published: our figures beside theirs. `docs/statistics/judges.md` has the table.

use super::{data, lines, same_story};
use crate::{code, err, out, plimsoll};
use serde_json::{Value, json};
use stats::agreement::{Agreement, TwoByTwo, cohen, krippendorff, two_raters};
use std::collections::BTreeMap;
use std::fmt::Write;

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// One item a cluster: what the judge says, and people.
fn beside(items: impl Iterator<Item = (bool, bool)>) -> Agreement {
    let cell = |(judge, people): (bool, bool)| TwoByTwo {
        both_pass: u64::from(judge && people),
        only_first: u64::from(judge && !people),
        only_second: u64::from(!judge && people),
        both_fail: u64::from(!judge && !people),
    };
    two_raters(&items.map(cell).collect::<Vec<_>>(), 0.025).expect("items")
}

fn told(name: &str, found: &Agreement) -> String {
    let share = |value: Result<f64, stats::Undefined>| value.map_or("none".to_owned(), |value| format!("{value:.4}"));
    let interval = found.kappa_interval.map_or(String::new(), |at| format!(" ({:.4} to {:.4})", at.lower, at.upper));
    format!(
        "{name}: n {}, raw {:.4}, on passes {}, on fails {}, kappa {}{interval}\n",
        found.table.items(),
        found.raw,
        share(found.positive),
        share(found.negative),
        share(found.kappa)
    )
}

const CONTRACT: &str = "plimsoll: 1\nname: looked-up\nsimulated: true\npromise:\n  work: answer open questions from the encyclopedia\n  \
    for: readers of the encyclopedia who ask a question of fact\n  evidence: [the encyclopedia]\n  constraints: [say one answer only]\n  \
    when_not_ready: hand the question to a librarian when sources conflict\nrelease: replace ITS by it\n\
    owners: {release: release captain, product: billing product}\ntasks: [fact]\nfailures:\n  wrong: {cost: 1, owner: release}\nexamples: [examples.jsonl]\n\
    criteria:\n  right: {protects: [wrong], grade: {judge: rubrics/right.md, with: lookup}}\n\
    systems:\n  candidate: {imported: gpt4}\n  production: {imported: chatgpt}\n  lookup: {imported: string-lookup}\n\
    gates:\n  - {criterion: right, in: all, at_least: 0.5, owner: release}\nalpha: 0.05\n";

/// A look-up of the reference answer is the judge, whose agreement with people another program counted; through the whole command.
#[test]
fn the_command_finds_the_agreement_that_another_program_counted_on_3020_questions() {
    let Some(folder) = data("qa_eval_evouna") else { return };
    let counted: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected_NQ.json")).expect("the oracle"))
            .expect("JSON");
    let home = tempfile::tempdir().expect("a temporary folder");
    let (mut examples, mut scores, mut labels) = (String::new(), String::new(), String::new());
    for question in lines(&folder.join("NQ.jsonl")).iter().filter(|question| question["improper"] == false) {
        let _ = writeln!(
            examples,
            "{}",
            json!({"id": question["id"], "input": question["question"], "provenance": {"source": "traffic", "probability": 1}})
        );
        for system in ["gpt4", "chatgpt"] {
            let Some(right) = question[format!("judge_{system}")].as_bool() else { continue };
            let answer = super::qa_eval_evouna::plain(question[format!("answer_{system}")].as_str().unwrap_or(""));
            let aliases = question["golden_answer"].as_str().unwrap_or("").split('/').map(super::qa_eval_evouna::plain);
            let found = aliases.filter(|alias| !alias.is_empty()).any(|alias| answer.contains(&alias));
            let of = json!({"example": question["id"], "system": system, "criterion": "right", "value": found});
            let _ = writeln!(scores, "{of}");
            let label = if right { "pass" } else { "fail" };
            let of = json!({"example": question["id"], "system": system, "criterion": "right", "label": label, "by": "people", "sample": "random"});
            let _ = writeln!(labels, "{of}");
        }
    }
    let files = [
        ("plimsoll.yaml", CONTRACT),
        ("examples.jsonl", &examples),
        ("scores.jsonl", &scores),
        ("labels.jsonl", &labels),
    ];
    files.iter().for_each(|(name, text)| std::fs::write(home.path().join(name), text).expect("a file"));
    let imported = plimsoll(home.path(), &["import", "scores", "scores.jsonl"]);
    assert_eq!(code(&imported), 0, "{}", err(&imported));
    let ended = plimsoll(home.path(), &["review", "calibrate", "--labels", "labels.jsonl", "--as", "json"]);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    let shown: Value = serde_json::from_str(&out(&ended)).expect("one JSON document");
    let segment = &shown["calibrated"][0]["segments"][0];
    // Both systems' answers lie in one table; the other program counted them apart.
    let sum = |key: &str| {
        ["gpt4", "chatgpt"]
            .map(|system| counted["lexical_contains_vs_human_proper"][system][key].as_u64().expect("a count"))
            .iter()
            .sum::<u64>()
    };
    let table = &segment["table"];
    assert_eq!(
        [&table["both_pass"], &table["judge_only"], &table["people_only"], &table["both_fail"]],
        [&json!(sum("tp")), &json!(sum("fp")), &json!(sum("fn")), &json!(sum("tn"))]
    );
    let accuracy = (sum("tp") + sum("tn")) as f64 / (sum("tp") + sum("fp") + sum("fn") + sum("tn")) as f64;
    assert!((number(&segment["agreement"]) - accuracy).abs() < 1e-9);
    // Everything is labelled, so the corrected rate is the rate that people give.
    let people = (sum("tp") + sum("fn")) as f64 / (sum("tp") + sum("fp") + sum("fn") + sum("tn")) as f64;
    assert!((number(&segment["people_pass"]["estimate"]) - people).abs() < 1e-9);
}

#[test]
fn agreement_of_a_lookup_with_people_is_that_of_another_program() {
    let Some(folder) = data("qa_eval_evouna") else { return };
    let counted: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected_NQ.json")).expect("the oracle"))
            .expect("JSON");
    let mut story = String::new();
    for (system, of) in counted["lexical_contains_vs_human_proper"].as_object().expect("systems") {
        let count = |key: &str| of[key].as_u64().expect("a count");
        let table = TwoByTwo {
            both_pass: count("tp"),
            only_first: count("fp"),
            only_second: count("fn"),
            both_fail: count("tn"),
        };
        let cells = [
            (table.both_pass, true, true),
            (table.only_first, true, false),
            (table.only_second, false, true),
            (table.both_fail, false, false),
        ];
        let found = beside(
            cells.into_iter().flat_map(|(count, judge, people)| std::iter::repeat_n((judge, people), count as usize)),
        );
        assert!((found.kappa.expect("a kappa") - number(&of["kappa"])).abs() < 1e-9, "{system}");
        assert!((found.raw - number(&of["accuracy"])).abs() < 1e-9, "{system}");
        story += &told(&format!("look-up on {system}"), &found);
    }
    same_story("judges-evouna.txt", &story);
}

/// Whether each order, and the label, say the first; whether each order is right; whether both are verdicts.
type Pair = (bool, bool, bool, bool, bool, bool);

/// 300 pairs and every judge, in both answer orders: the shares of right verdicts, and how often both orders say the same.
#[test]
fn llm_judges_agree_with_people_as_often_as_their_authors_counted_in_both_answer_orders() {
    let Some(folder) = data("llmbar") else { return };
    let items: BTreeMap<String, (String, String)> = lines(&folder.join("items.jsonl"))
        .iter()
        .map(|item| {
            let text = |key: &str| item[key].as_str().map_or_else(|| item[key].to_string(), str::to_owned);
            (text("id"), (text("subset"), text("label")))
        })
        .collect();
    let mut verdicts: BTreeMap<(String, String, String), Vec<Pair>> = BTreeMap::new();
    for line in lines(&folder.join("decisions.jsonl")) {
        let text = |key: &str| line[key].as_str().unwrap_or("").to_owned();
        let Some((subset, label)) = items.get(&text("id")) else { continue };
        let (one, two) = (text("winner_order1"), text("winner_order2"));
        let is_known = !one.is_empty() && !two.is_empty();
        let first = |winner: &str| winner == "1";
        let key = (subset.clone(), text("judge"), text("prompt"));
        verdicts.entry(key).or_default().push((
            first(&one),
            first(&two),
            first(label),
            one == *label,
            two == *label,
            is_known,
        ));
    }
    let (mut story, mut compared, mut consistent) = (String::new(), 0, 0);
    for published in lines(&folder.join("published_statistics.jsonl")) {
        let text = |key: &str| published[key].as_str().unwrap_or("").to_owned();
        let Some(found) = verdicts.get(&(text("subset"), text("judge"), text("prompt"))) else { continue };
        let theirs = |key: &str| text(key).split('/').next().and_then(|count| count.trim().parse::<f64>().ok());
        let ours = |right: fn(&Pair) -> bool| Some(found.iter().filter(|one| right(one)).count() as f64);
        assert_eq!(ours(|one| one.3 && one.4), theirs("correct_both"), "{published}");
        let (Some(a), Some(b)) = (ours(|one| one.3), ours(|one| one.4)) else { continue };
        let mut sides = [Some(a), Some(b)];
        let mut published_sides = [theirs("correct_False"), theirs("correct_True")];
        sides.sort_by(|x, y| x.partial_cmp(y).expect("counts"));
        published_sides.sort_by(|x, y| x.partial_cmp(y).expect("counts"));
        assert_eq!(sides, published_sides, "{published}");
        compared += 1;
        // Where every reply was a verdict, the orders agree as far as the authors say.
        if let Some(theirs) = published["kappa_agreement"].as_f64().filter(|_| found.iter().all(|one| one.5)) {
            let orders = beside(found.iter().map(|one| (one.0, one.1)));
            assert!((orders.kappa.expect("a kappa") - theirs).abs() < 1e-9, "{published}");
            consistent += 1;
        }
        if text("prompt") == "Vanilla" || text("prompt") == "CoT" {
            let name = format!("{} {} {}", text("subset"), text("judge"), text("prompt"));
            story += &told(&format!("{name}, first order"), &beside(found.iter().map(|one| (one.0, one.2))));
            story += &told(&format!("{name}, second order"), &beside(found.iter().map(|one| (one.1, one.2))));
            story += &told(&format!("{name}, order against order"), &beside(found.iter().map(|one| (one.0, one.1))));
        }
    }
    assert_eq!(compared, 73, "published rows");
    assert_eq!(consistent, 60, "published rows in which every reply was a verdict");
    same_story("judges-llmbar.txt", &story);
}

/// 999 pairs, three people and two judges, three outcomes.
#[test]
fn agreement_on_pandalm_is_that_of_other_programs() {
    let Some(folder) = data("pandalm_testset") else { return };
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).expect("the oracle"))
            .expect("JSON");
    let rows = lines(&folder.join("testset.jsonl"));
    let rating = |row: &Value, at: usize| row[format!("annotator{at}")].as_i64().expect("a rating");
    let people: Vec<Vec<Option<f64>>> =
        (1..=3).map(|at| rows.iter().map(|row| Some(rating(row, at) as f64)).collect()).collect();
    let alpha = krippendorff(&people, stats::agreement::Level::Nominal).expect("alpha");
    assert!((alpha - number(&expected["krippendorff_alpha_nominal"])).abs() < 1e-9);
    let mut story = format!("people among themselves: n {}, Krippendorff's alpha {alpha:.4}\n", rows.len());
    for judge in ["judge_gpt35", "judge_pandalm7b"] {
        let verdict = |row: &Value| {
            let word = row[judge].as_str().map_or_else(|| row[judge].to_string(), str::to_owned);
            match word.as_str() {
                "1" => Some(1),
                "2" => Some(2),
                "0" | "Tie" => Some(0),
                _ => None,
            }
        };
        let majority = |row: &Value| {
            let said = [1, 2, 3].map(|at| rating(row, at));
            said.into_iter().find(|one| said.iter().filter(|other| *other == one).count() >= 2)
        };
        let usable: Vec<(i64, i64)> = rows.iter().filter_map(|row| Some((verdict(row)?, majority(row)?))).collect();
        let (judged, said): (Vec<i64>, Vec<i64>) = usable.into_iter().unzip();
        let found = cohen(&judged, &said).expect("items");
        let (kappa, theirs) = (found.kappa.expect("a kappa"), &expected[judge]);
        assert!((kappa - number(&theirs["kappa"])).abs() < 1e-9, "{judge}: {kappa}");
        assert!((found.raw - number(&theirs["agreement_with_majority"])).abs() < 1e-9, "{judge}");
        let _ =
            writeln!(story, "{judge} with the majority: n {}, raw {:.4}, kappa {kappa:.4}", judged.len(), found.raw);
    }
    same_story("judges-pandalm.txt", &story);
}

/// 1,869 summaries, three people each, and an automatic score of factuality taken as the judge.
#[test]
fn agreement_of_raters_on_summaries_is_that_of_another_program() {
    let Some(folder) = data("xsum_hallucination") else { return };
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a table");
    let expected: Value = serde_json::from_str(&text("expected.json")).expect("JSON");
    let mut rated: BTreeMap<(String, String), Vec<(String, f64)>> = BTreeMap::new();
    for line in text("factuality_annotations_xsum_summaries.csv").lines().skip(1) {
        let (left, right): (Vec<&str>, Vec<&str>) = (line.splitn(3, ',').collect(), line.rsplitn(3, ',').collect());
        let rating = match right[1] {
            "yes" => 1.0,
            "no" => 0.0,
            _ => continue,
        };
        rated.entry((left[0].to_owned(), left[1].to_owned())).or_default().push((right[0].to_owned(), rating));
    }
    let workers: std::collections::BTreeSet<&String> = rated.values().flatten().map(|(who, _)| who).collect();
    let of = |who: &String| {
        let one = |ratings: &Vec<(String, f64)>| ratings.iter().find(|(by, _)| by == who).map(|(_, rating)| *rating);
        rated.values().map(one).collect::<Vec<_>>()
    };
    let ratings: Vec<Vec<Option<f64>>> = workers.into_iter().map(of).collect();
    let alpha = krippendorff(&ratings, stats::agreement::Level::Nominal).expect("alpha");
    assert!((alpha - number(&expected["krippendorff_alpha_nominal_with_missing"])).abs() < 1e-9, "{alpha}");
    same_story(
        "judges-xsum.txt",
        &format!("people among themselves: n {}, Krippendorff's alpha {alpha:.4}\n", rated.len()),
    );
}

/// 60 answers with the verdict that they should get; a look-up of the reference is the judge. Partly right counts as failed.
#[test]
fn a_lookup_beside_the_labels_of_sixty_factual_answers() {
    let Some(folder) = data("autoevals_labelled") else { return };
    let rows = lines(&folder.join("coqa-factuality.jsonl"));
    let plain = super::qa_eval_evouna::plain;
    let of = |row: &Value, key: &str| plain(row["input"][key].as_str().unwrap_or(""));
    let judged = |row: &Value| (of(row, "output").contains(&of(row, "expected")), number(&row["expected"]) >= 1.0);
    same_story("judges-autoevals.txt", &told("look-up", &beside(rows.iter().map(judged))));
}

/// 50 reviews with an expert's label; that a review is long is the judge, as bad a judge as one would think of first.
#[test]
fn length_beside_an_expert_on_fifty_reviews() {
    let Some(folder) = data("evidently_code_review") else { return };
    let text = std::fs::read_to_string(folder.join("code_review.csv")).expect("a table");
    let mut items = Vec::new();
    // A row ends with `,good,...` or `,bad,...`; texts may hold line ends.
    for (label, good) in [(",good,", true), (",bad,", false)] {
        let mut rest = text.as_str();
        while let Some(at) = rest.find(label) {
            let before = &rest[..at];
            let review = before.rfind("\n").map_or(before, |line| &before[line + 1..]);
            items.push((review.chars().count() >= 120, good));
            rest = &rest[at + label.len()..];
        }
    }
    same_story("judges-code-review.txt", &told("at least 120 characters", &beside(items.into_iter())));
}
