use super::{COMPARED, ONE, SCALE, SUPPORTED, interval, judged, names, replies, reply, rubric, says, shown};
use domain::rubric::Mark;
use domain::score::Verdict;
use engine::judge::{Ask, Judgement, Outcome, Said, Shown, combine, read};
use engine::provider::Reply;
use proptest::prelude::*;
use serde_json::{Value, json};

const TEXT: &str = "The policy says “14 days”.\nBeyond that,  please ask.";

fn refused(reply: &Value) -> String {
    judged(&rubric(SUPPORTED), TEXT, reply).expect_err("no verdict")
}

#[test]
fn a_reply_as_it_was_asked_for_is_a_judgement() {
    let supported = rubric(SUPPORTED);
    let passed = judged(&supported, TEXT, &reply("pass", &["14 days"], None)).expect("a judgement");
    assert_eq!(passed.said, Said::Mark(Mark::Passes));
    let failed = judged(&supported, TEXT, &reply("fail", &["please ask."], Some("wrong_source"))).expect("a judgement");
    assert_eq!((failed.said, failed.class.expect("a class").as_str()), (Said::Mark(Mark::Fails), "wrong_source"));
    let unknown = judged(&supported, TEXT, &reply("cannot_tell", &[], None)).expect("a judgement");
    assert_eq!(unknown.said, Said::CannotTell);
    let level = judged(&rubric(SCALE), "", &reply("something", &["refund"], None));
    assert!(level.expect_err("no call was made").contains("quotes"));
}

#[test]
fn a_whole_fenced_block_is_a_reply_and_text_around_it_is_not() {
    let (document, answer) = (json!({"input": "x"}), says(TEXT));
    let shown = shown(&document, &answer);
    let object = reply("pass", &["14 days"], None).to_string();
    let said = |text: String| read(&rubric(SUPPORTED), &shown, &replies(&text));
    for text in
        [object.clone(), format!(" {object}\n"), format!("```json\n{object}\n```"), format!("```\n{object}\n```\n")]
    {
        assert!(said(text.clone()).is_ok(), "{text}");
    }
    for text in [
        format!("Sure! {object}"),
        format!("```json\n{object}\n```\nThat is my verdict."),
        format!("{object}\n{object}"),
        format!("```json\n{object}\n```\n```json\n{object}\n```"),
        format!("```python\n{object}\n```"),
        format!("[{object}]"),
        object[..object.len() - 1].to_owned(),
        String::new(),
        "pass".to_owned(),
        "\"pass\"".to_owned(),
        "true".to_owned(),
    ] {
        assert!(said(text.clone()).is_err(), "{text}");
    }
    assert!(read(&rubric(SUPPORTED), &shown, &Reply::default()).is_err());
    let structured = Reply { structured: Some(reply("pass", &["14 days"], None)), ..Reply::default() };
    assert!(read(&rubric(SUPPORTED), &shown, &structured).is_ok());
    let talk = Reply { text: Some("I judge it so.".to_owned()), ..structured.clone() };
    assert!(read(&rubric(SUPPORTED), &shown, &talk).is_ok(), "an API gives the object apart");
    let twice = Reply { text: Some(object.replacen('{', "{\"verdict\":\"fail\",", 1)), ..structured };
    assert!(read(&rubric(SUPPORTED), &shown, &twice).is_err(), "a verdict given twice");
}

#[test]
fn what_is_not_exactly_a_verdict_is_none() {
    let good = reply("pass", &["14 days"], None);
    for field in ["reasoning", "quotes", "verdict", "failure_class"] {
        let mut lacking = good.clone();
        lacking.as_object_mut().expect("fields").remove(field);
        assert_eq!(refused(&lacking), format!("the judge's reply lacks `{field}`"));
        for wrong in [json!(null), json!(1), json!(true), json!({}), json!([1]), json!("")] {
            let mut other = good.clone();
            if other[field] != wrong {
                other[field] = wrong;
                refused(&other);
            }
        }
    }
    for verdict in
        ["PASS", "Pass", " pass", "pass.", "passed", "not fail", "pass|fail", "yes", "true", "first", "", "fail, pass"]
    {
        refused(&reply(verdict, &["14 days"], None));
    }
    for extra in ["pass", "score", "Verdict", "verdict ", "thoughts"] {
        let mut more = good.clone();
        more[extra] = json!(true);
        assert!(refused(&more).contains("was not asked for"));
    }
    let twice = good.to_string().replacen('{', "{\"verdict\":\"fail\",", 1);
    let (document, answer) = (json!({"input": "x"}), says(TEXT));
    assert!(read(&rubric(SUPPORTED), &shown(&document, &answer), &replies(&twice)).is_err(), "a verdict given twice");
}

#[test]
fn what_a_filter_ended_is_no_verdict() {
    let (document, answer) = (json!({"input": "x"}), says(TEXT));
    let ended = |reason: &str| Reply {
        finish_reason: Some(reason.to_owned()),
        ..replies(&reply("pass", &["14 days"], None).to_string())
    };
    let said = |reason: &str| read(&rubric(SUPPORTED), &shown(&document, &answer), &ended(reason));
    assert!(said("stop").is_ok());
    for reason in ["content_filter", "refusal"] {
        assert!(said(reason).expect_err("no verdict").contains(reason));
    }
}

#[test]
fn a_quote_must_occur_in_what_was_judged() {
    let supported = rubric(SUPPORTED);
    let said = |text: &str, quote: &str| judged(&supported, text, &reply("pass", &[quote], None));
    for quote in ["14 days", "says \"14 days\". Beyond that, please", "\n The policy ", "Beyond that,  please ask."] {
        assert!(said(TEXT, quote).is_ok(), "{quote}");
    }
    for quote in
        ["30 days", "the policy says", "The policy ... ask", "14days", "", " ", "\"", "…", ".", "please ask. Thanks"]
    {
        assert!(said(TEXT, quote).is_err(), "{quote}");
    }
    // In either form of Unicode; and no letter that anybody could pick out of a word.
    assert!(said("La devolución tarda.", "devolucio\u{301}n").is_ok());
    assert!(said("La devolucio\u{301}n tarda.", "devolución").is_ok());
    for quote in ["a", "ay", "day", "4", "h"] {
        assert!(said(TEXT, quote).is_err(), "{quote}");
    }
    assert!(said("Answer: B", "B").is_ok() && said("在14天内可以退款。", "退款").is_ok());
    // As it was written, and as it was shown.
    let hidden = "a <|b|> c\u{200b}d";
    for quote in ["a <|b|> c", "a <\\|b|\\> c", "c\u{200b}d", "c\\u{200b}d", "cd"] {
        assert!(said(hidden, quote).is_ok(), "{quote}");
    }
    // What the question or a source says is not what the answer says.
    assert!(said("No.", "Why?").is_err());
}

#[test]
fn a_pass_rests_on_a_quote_and_a_failure_may_rest_on_what_is_missing() {
    assert!(refused(&reply("pass", &[], None)).contains("rests on no quotation"));
    assert!(judged(&rubric(SUPPORTED), TEXT, &reply("fail", &[], None)).is_ok());
    assert!(judged(&rubric(SUPPORTED), " ", &reply("pass", &[], None)).is_ok(), "there is nothing to quote");
}

#[test]
fn only_what_can_fail_has_a_failure_class_and_only_one_of_the_rubric() {
    assert!(refused(&reply("fail", &[], Some("over_refusal"))).contains("may not"));
    assert!(refused(&reply("fail", &[], Some("Wrong_source"))).contains("may not"));
    assert!(refused(&reply("pass", &["14 days"], Some("wrong_source"))).contains("no failure"));
    assert!(refused(&reply("cannot_tell", &[], Some("wrong_source"))).contains("no failure"));
}

#[test]
fn no_verdict_is_unknown_and_never_a_pass() {
    let supported = rubric(SUPPORTED);
    let one = |judgement: Result<Judgement, String>| combine(&names(1), &supported, &[(ONE, judgement)]);
    let unknown = judged(&supported, TEXT, &reply("cannot_tell", &[], None));
    for judgement in [unknown, Err("the judge's reply is empty".to_owned())] {
        assert!(matches!(one(judgement), Verdict::GraderError { .. }));
    }
    assert!(matches!(combine(&names(1), &supported, &[]), Verdict::GraderError { .. }), "not asked at all");
}

#[test]
fn a_scale_is_read_by_its_mark_or_by_its_steps() {
    let shown_calls = json!({"input": "x"});
    let acted = super::answer(&json!({"tool_calls": [{"name": "refund", "arguments": {}}]}));
    let value = |rubric: &domain::rubric::Rubric, level: &str| {
        let said = read(rubric, &shown(&shown_calls, &acted), &replies(&reply(level, &["refund"], None).to_string()));
        match combine(&names(1), rubric, &[(ONE, said)]) {
            Verdict::Graded { value, .. } => value.get(),
            other => panic!("{other:?}"),
        }
    };
    let levels = ["nothing", "something", "everything"];
    assert_eq!(levels.map(|level| value(&rubric(SCALE), level)), [0.0, 1.0, 1.0]);
    assert_eq!(levels.map(|level| value(&interval(), level)), [0.0, 0.5, 1.0]);
}

#[test]
fn of_two_answers_the_one_that_was_meant_wins() {
    let (document, own, production) = (json!({"input": "x"}), says("nine"), says("ten"));
    let compared = rubric(COMPARED);
    let said = |verdict: &str, swapped: bool| {
        let shown = Shown::new(&document, &own, Some(&production), Ask { judge: 0, swapped });
        read(&compared, &shown, &replies(&reply(verdict, &["nine"], None).to_string())).map(|judgement| judgement.said)
    };
    assert_eq!(said("first", false), Ok(Said::Beside(Outcome::Win)));
    assert_eq!(said("first", true), Ok(Said::Beside(Outcome::Loss)));
    assert_eq!(said("second", true), Ok(Said::Beside(Outcome::Win)));
    assert_eq!(said("tie", true), Ok(Said::Beside(Outcome::Tie)));
    assert!(said("pass", false).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes back: a verdict as it was asked for, or none. A pass is only ever a whole reply that says so and quotes what is there.
    #[test]
    fn no_bytes_become_a_pass_that_nobody_gave(bytes in prop::collection::vec(any::<u8>(), 0..80), cut in 0usize..200, at in 0usize..120) {
        let good = json!({"reasoning": "Because.", "quotes": ["14 days"], "verdict": "pass", "failure_class": null}).to_string();
        let noise = String::from_utf8_lossy(&bytes).into_owned();
        let place = (0..=at.min(good.len())).rev().find(|at| good.is_char_boundary(*at)).unwrap_or(0);
        let spliced = format!("{}{noise}{}", &good[..place], &good[place..]);
        let (document, answer) = (json!({"input": "x"}), says(TEXT));
        for text in [noise, good.chars().take(cut).collect(), spliced] {
            let judgement = read(&rubric(SUPPORTED), &shown(&document, &answer), &replies(&text));
            if let Ok(Judgement { said: Said::Mark(Mark::Passes), quotes, .. }) = judgement {
                let object: Value = serde_json::from_str(text.trim()).expect("a whole object");
                prop_assert_eq!(&object["verdict"], "pass");
                prop_assert_eq!(object.as_object().map(serde_json::Map::len), Some(4));
                prop_assert!(!quotes.is_empty());
            }
        }
    }
}
