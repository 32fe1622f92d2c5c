use crate::eval::{Eval, Rows, answer, answers, criterion, examples, pair, right, told};
use domain::grader::Grader;
use domain::name::Attribute;
use engine::GradeError;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn scores(rows: &Rows) -> Vec<&str> {
    rows.scores.iter().map(|row| row.trim_end()).collect()
}

#[test]
fn every_planned_score_has_a_row_whatever_became_of_it() {
    let lines = [
        answer(0, 0, "0"),
        answer(1, 0, "wrong"),
        r#"{"example":"e2","error":{"class":"timeout","message":"after 30 s"}}"#.to_owned(),
        r#"{"example":"e3","error":"connection reset"}"#.to_owned(),
    ];
    let eval = Eval::new(&examples(5), &lines.join("\n"), vec![right()]);
    let rows = eval.grade().unwrap();
    let told = scores(&rows);
    assert_eq!(told.len(), 5);
    assert_eq!(told[0], "e0 0 right graded 1 -");
    assert!(told[1].starts_with("e1 0 right graded 0 "), "{}", told[1]);
    assert_eq!(told[2], "e2 0 right system_error - latency_or_timeout timeout: after 30 s");
    assert_eq!(told[3], "e3 0 right system_error - format_violation error: connection reset");
    assert_eq!(told[4], "e4 0 right not_run - - no answer was recorded");
    assert_eq!(rows.answers.len(), 5);
    let graded = rows.graded;
    assert_eq!((graded.answers, graded.not_run, graded.system_errors, graded.left_out), (4, 1, 2, 0));
}

#[test]
fn a_criterion_is_planned_where_it_applies_and_nowhere_else() {
    let set = "{\"id\":\"e0\",\"input\":\"a\",\"expected\":{\"answer\":\"0\"},\"attributes\":{\"risk\":\"high\"}}\n\
               {\"id\":\"e1\",\"input\":\"b\",\"expected\":{\"answer\":\"1\"},\"attributes\":{\"risk\":\"low\"}}\n\
               {\"id\":\"e2\",\"input\":\"c\",\"expected\":{\"answer\":\"2\"}}\n";
    let mut high = right();
    high.applies.insert(Attribute::new("risk"), BTreeSet::from(["high".to_owned()]));
    let imported = criterion("elsewhere", Grader::Imported);
    let rows = Eval::new(set, &answers(2), vec![high, imported]).grade().unwrap();
    assert_eq!(scores(&rows), ["e0 0 right graded 1 -"]);
    assert_eq!(rows.answers.len(), 3, "the answers themselves are planned for every example");
}

#[test]
fn answers_to_examples_that_are_not_active_are_left_out_and_counted() {
    let set = examples(2)
        + r#"{"id":"e2","input":"c","expected":{"answer":"2"},"status":{"state":"quarantined","reason":"disputed"}}"#;
    let rows = Eval::new(&set, &answers(3), vec![right()]).grade().unwrap();
    assert_eq!(rows.scores.len(), 2);
    assert_eq!((rows.graded.answers, rows.graded.left_out), (2, 1));
}

#[test]
fn the_latency_of_a_cached_answer_is_unknown() {
    let lines = r#"{"example":"e0","text":"0","latency_ms":12}
{"example":"e1","text":"1","latency_ms":12,"cached":true}"#;
    let rows = Eval::new(&examples(2), lines, vec![right()]).grade().unwrap();
    assert_eq!(rows.answers, ["e0 0 graded Some(12.0)", "e1 0 graded None"]);
}

#[test]
fn a_pair_is_scored_on_its_variant_repeat_by_repeat() {
    let set = r#"{"id":"e0","input":"a"}
{"id":"e1","input":"A","variant_of":"e0","expect":"same"}
{"id":"e2","input":"b","variant_of":"e0","expect":{"changed":"up"}}
{"id":"e3","input":"c"}"#;
    let lines = [
        answer(0, 0, "5"),
        answer(1, 0, "5"),
        answer(2, 0, "7"),
        answer(3, 0, "x"),
        answer(1, 1, "5"),
        answer(2, 1, "7"),
        answer(0, 2, "5"),
        answer(1, 2, "6"),
        r#"{"example":"e2","repeat":2,"error":"broken pipe"}"#.to_owned(),
    ];
    let mut eval = Eval::new(set, &lines.join("\n"), vec![pair()]);
    eval.repeats = 4;
    let rows = eval.grade().unwrap();
    let told: Vec<String> =
        rows.scores.iter().map(|row| row.split(' ').take(6).collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        "e1 0 steady graded 1 -",
        "e1 1 steady grader_error - -", // the base has no answer in this repeat: unknown
        "e1 2 steady graded 0 unsupported_claim",
        "e1 3 steady not_run - -",
        "e2 0 steady graded 1 -",
        "e2 1 steady grader_error - -",
        "e2 2 steady system_error - format_violation",
        "e2 3 steady not_run - -",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_pair_is_scored_where_its_criterion_applies_to_the_variant_whatever_the_base_is() {
    let set = r#"{"id":"e0","input":"a","attributes":{"kind":"base"}}
{"id":"e1","input":"A","variant_of":"e0","expect":"same","attributes":{"kind":"reworded"}}
{"id":"e2","input":"b","variant_of":"e0","expect":"changed","attributes":{"kind":"other"}}"#;
    let lines = [answer(0, 0, "5"), answer(1, 0, "5"), answer(2, 0, "5")];
    let mut reworded = pair();
    reworded.applies.insert(Attribute::new("kind"), BTreeSet::from(["reworded".to_owned()]));
    let rows = Eval::new(set, &lines.join("\n"), vec![reworded]).grade().unwrap();
    assert_eq!(scores(&rows), ["e1 0 steady graded 1 -"]);
}

#[test]
fn an_example_that_changes_while_it_is_graded_is_a_fault() {
    let mut eval = Eval::new(&examples(3), &answers(3), vec![right()]);
    eval.keep = false;
    let changed = examples(3).replace("\"answer\":\"1\"", "\"answer\":\"9\"");
    let outcome = eval.grade_after(|| eval.write("examples.jsonl", &changed));
    let Err(GradeError::Faults(faults)) = outcome else { panic!("another outcome: {outcome:?}") };
    assert_eq!(told(&faults), ["2:1: the example of this answer changed while it was graded (run again)"]);
}

/// Answers to some of 600 examples in up to three repeats, in any order.
fn some_answers() -> impl Strategy<Value = Vec<String>> {
    let one = (any::<bool>(), 0..4u8);
    prop::collection::vec(one, 600 * 3).prop_map(|chosen| {
        let mut lines = Vec::new();
        for (at, (given, kind)) in chosen.into_iter().enumerate() {
            let (example, repeat) = (at / 3, (at % 3) as u32);
            match kind {
                _ if !given => {}
                0 => lines.push(format!(r#"{{"example":"e{example}","repeat":{repeat},"error":"lost"}}"#)),
                1 => lines.push(answer(example, repeat, "wrong")),
                _ => lines.push(answer(example, repeat, &example.to_string())),
            }
        }
        lines
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_rows_do_not_depend_on_threads_or_on_the_order_of_answers(
        (lines, shuffled) in some_answers().prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        // Every tenth example is a variant of its neighbour.
        let set: String = (0..600).map(|at| {
            let more = if at % 10 == 1 { format!(r#","variant_of":"e{}","expect":"same""#, at - 1) } else { String::new() };
            format!("{{\"id\":\"e{at}\",\"input\":\"q{at}\",\"expected\":{{\"answer\":\"{at}\"}}{more}}}\n")
        }).collect();
        let mut eval = Eval::new(&set, &lines.join("\n"), vec![right(), pair()]);
        eval.repeats = 3;
        eval.threads = 1;
        let alone = eval.grade().unwrap();
        prop_assert_eq!(alone.scores.len(), 600 * 3 + 60 * 3);
        prop_assert_eq!(alone.answers.len(), 600 * 3);
        eval.threads = 3;
        let threaded = eval.grade().unwrap();
        prop_assert_eq!(&alone.scores, &threaded.scores, "the same order, too");
        prop_assert_eq!(&alone.answers, &threaded.answers);
        eval.write("answers.jsonl", &shuffled.join("\n"));
        eval.keep = false;
        prop_assert_eq!(alone.sorted(), eval.grade().unwrap().sorted());
    }
}
