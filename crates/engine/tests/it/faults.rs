use crate::eval::{Eval, answer, answers, examples, right};
use proptest::prelude::*;

#[test]
fn all_faults_of_the_answers_are_told_with_their_places() {
    let lines = [
        answer(0, 0, "0"),
        r#"{"example":"e00x","text":"?"}"#.to_owned(),
        "{\"example\":\"e1\",".to_owned(),
        answer(0, 0, "again"),
        answer(1, 5, "1"),
        r#"{"example":"e1","text":7}"#.to_owned(),
    ];
    let faults = Eval::new(&examples(2), &lines.join("\n"), vec![right()]).faults();
    assert_eq!(faults.len(), 5, "{faults:#?}");
    assert!(faults[0].starts_with("2:1: no example has the id `e00x`"), "{}", faults[0]);
    assert!(faults[1].starts_with("3:"), "{}", faults[1]);
    assert!(
        faults[2].starts_with("4:1: `e0` is answered twice in one repeat, first at ")
            && faults[2].contains("answers.jsonl:1")
    );
    assert!(faults[3].starts_with("5:1: repeat 5 of `e1` is beyond the plan"), "{}", faults[3]);
    assert!(faults[4].starts_with("6:"), "{}", faults[4]);
}

#[test]
fn a_slip_in_an_id_is_met_with_the_id_that_was_meant() {
    let faults =
        Eval::new("{\"id\":\"refund-17\",\"input\":\"q\"}", r#"{"example":"refund-71","text":""}"#, vec![]).faults();
    assert_eq!(faults, ["1:1: no example has the id `refund-71` (did you mean `refund-17`?)"]);
}

#[test]
fn a_file_of_another_kind_does_not_fill_the_screen() {
    let faults = Eval::new(&examples(1), &"not an answer\n".repeat(5000), vec![right()]).faults();
    assert!((1..=200).contains(&faults.len()), "{}", faults.len());
}

#[test]
fn a_line_of_fifty_megabytes_is_a_fault_of_its_line() {
    let long = format!("{{\"example\":\"e0\",\"text\":\"{}\"}}\n{}", "x".repeat(50 << 20), answer(1, 0, "1"));
    let faults = Eval::new(&examples(2), &long, vec![right()]).faults();
    assert!(faults.len() == 1 && faults[0].starts_with("1:1: this line is longer than"), "{faults:?}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let eval = Eval::new(&examples(1), "", vec![right()]);
    std::fs::remove_file(eval.root().join("answers.jsonl")).unwrap();
    let error = eval.grade().unwrap_err().to_string();
    assert!(error.starts_with("cannot read `") && error.contains("answers.jsonl"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever bytes stand in a file of answers: rows for all that was planned, or faults; never a panic.
    #[test]
    fn any_bytes_are_graded_or_refused(
        cut in 0..200usize,
        noise in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let eval = Eval::new(&examples(4), "", vec![right()]);
        let mut bytes = answers(4).into_bytes();
        let at = cut.min(bytes.len());
        bytes.splice(at..at, noise);
        std::fs::write(eval.root().join("answers.jsonl"), bytes).unwrap();
        if let Ok(rows) = eval.grade() {
            prop_assert_eq!((rows.scores.len(), rows.answers.len()), (4, 4));
        }
    }
}
