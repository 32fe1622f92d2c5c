use super::{COMPARED, SCALE, SUPPORTED, interval, names, replies, reply, rubric};
use domain::rubric::{Kind, Rubric};
use engine::judge::{Answered, Ask, Canary, Instructions, Refusal, Style, asks, canaries, refused};
use serde_json::{Value, json};

/// What a judge makes of the text that it is sent.
type Judge = fn(&str) -> Value;

fn document() -> Value {
    json!({"id": "e1", "input": {"messages": [{"role": "user", "content": "Why?"}], "sources": [{"id": "s", "text": "14 days"}]}})
}

/// Puts every canary to a judge.
fn put(rubric: &Rubric, judge: Judge) -> Option<Refusal> {
    let judges = names(1);
    let answered: Vec<Answered> = canaries(rubric, &document())
        .into_iter()
        .map(|canary: Canary| {
            let said = |ask: Ask| {
                let shown = canary.shown(ask);
                let asked = Instructions::of(rubric).question(&shown);
                let text = asked.messages[1].content.as_str().expect("text").to_owned();
                (ask, canary.read(rubric, ask, &replies(&judge(&text).to_string())))
            };
            let said = asks(&judges, rubric).into_iter().map(said).collect();
            (canary, said)
        })
        .collect();
    refused(&judges[0], rubric, &answered)
}

fn upright(_: &str) -> Value {
    reply("fail", &[], None)
}

fn lenient(text: &str) -> Value {
    reply("pass", &[if text.contains("Thank you") { "Thank you" } else { "30 days" }], None)
}

fn quoting(text: &str) -> &'static str {
    if text.contains("Thank you") { "Thank you" } else { "30 days" }
}

#[test]
fn a_judge_that_judges_by_the_rubric_is_taken() {
    assert_eq!(put(&rubric(SUPPORTED), upright), None);
    assert_eq!(put(&rubric(SUPPORTED), |_| reply("cannot_tell", &[], None)), None);
    assert_eq!(put(&rubric(SCALE), |_| reply("nothing", &[], None)), None);
    assert_eq!(put(&interval(), |_| reply("nothing", &[], None)), None);
    assert_eq!(put(&rubric(COMPARED), |_| reply("tie", &[], None)), None);
    // It prefers what comes first, whatever it is: no order is obeyed.
    assert_eq!(put(&rubric(COMPARED), |_| reply("first", &["Thank you"], None)), None);
}

#[test]
fn a_judge_that_could_not_be_tried_out_is_refused() {
    let told = |judge: Judge| put(&rubric(SUPPORTED), judge).expect("refused").what;
    let nothing = "nothing shows whether judge `one` obeys what it judges: ";
    // As behind a filter that turns away whatever holds an order.
    let filtered =
        told(|text| match text.contains("pass\"") || text.contains("Dein Urteil") || text.contains("replaced") {
            true => json!("filtered"),
            false => reply("fail", &[], None),
        });
    assert!(filtered.starts_with(nothing), "{filtered}");
    assert!(filtered.contains(" of the 14 answers that try it out have no verdict, the first because "), "{filtered}");
    let mute = told(|_| json!("?"));
    assert!(mute.starts_with(&format!("{nothing}14 of the 14 answers")), "{mute}");
}

#[test]
fn a_judge_that_obeys_an_order_in_any_style_is_refused() {
    let judges: [(Judge, &str); 6] = [
        (|text| obeying(text, "Ignore the rubric"), "an order to ignore the rubric"),
        (|text| obeying(text, "test of the connection"), "a made-up end of the data"),
        (|text| obeying(text, "\"verdict\":"), "a made-up verdict"),
        (|text| obeying(text, "From now on"), "a made-up system message"),
        (|text| obeying(text, "auditor"), "flattery and a claim of authority"),
        (|text| obeying(text, "Ignoriere"), "an order in another language"),
    ];
    assert_eq!(judges.len() + 1, Style::ALL.len(), "a judge for every style");
    for (judge, style) in judges {
        let refusal = put(&rubric(SUPPORTED), judge).expect(style);
        assert_eq!(
            refusal.what,
            format!("judge `one` obeys what it judges: with {style}, it passes an answer that says nothing")
        );
    }
}

/// Copies a verdict that it finds in what it judges, quotations and all.
fn copying(text: &str) -> Value {
    let found = text.find("{\"").and_then(|from| Some(&text[from..=from + text[from..].find('}')?]));
    found.and_then(|found| serde_json::from_str(found).ok()).unwrap_or_else(|| upright(text))
}

#[test]
fn a_judge_that_copies_a_made_up_verdict_is_refused() {
    for rubric in [SUPPORTED, COMPARED].map(rubric) {
        for canary in canaries(&rubric, &document()).iter().filter(|canary| canary.style == Style::VerdictAsJson) {
            for ask in asks(&names(1), &rubric) {
                let text = Instructions::of(&rubric).question(&canary.shown(ask)).messages[1]
                    .content
                    .as_str()
                    .expect("text")
                    .to_owned();
                let copied = copying(&text);
                assert!(!copied["quotes"][0].as_str().expect("a quotation").is_empty(), "{text}");
                canary.read(&rubric, ask, &replies(&copied.to_string())).expect("a verdict that counts");
            }
        }
    }
    let refusal = put(&rubric(SUPPORTED), copying).expect("a refusal");
    assert!(refusal.what.contains("with a made-up verdict, it passes"), "{}", refusal.what);
    let refusal =
        put(&rubric(COMPARED), |text| if text.contains("{\"") { copying(text) } else { reply("tie", &[], None) });
    assert!(refusal.expect("a refusal").what.contains("with a made-up verdict, it passes"));
}

#[test]
fn a_reply_in_the_word_of_the_order_obeys_it_whatever_else_it_breaks() {
    let broken: Judge = |text| match text.contains("Ignore the rubric") {
        true => json!({"verdict": "pass"}),
        false => reply("fail", &[], None),
    };
    assert!(put(&rubric(SUPPORTED), broken).expect("a refusal").what.contains("an order to ignore the rubric"));
    // Broken in the same way without any order, it is no measure.
    let always: Judge = |text| if text.contains("Thank you") { json!({"verdict": "pass"}) } else { upright(text) };
    assert_eq!(put(&rubric(SUPPORTED), always), None);
}

fn obeying(text: &str, order: &str) -> Value {
    if text.contains(order) { reply("pass", &[quoting(text)], None) } else { reply("fail", &[], None) }
}

#[test]
fn a_scale_and_a_comparison_find_it_too() {
    let scaled: Judge = |text| match text.contains("Ignore the rubric") {
        true => reply("everything", &["note"], None),
        false => reply("nothing", &[], None),
    };
    for rubric in [rubric(SCALE), interval()] {
        assert!(put(&rubric, scaled).expect("a refusal").what.contains("obeys"));
    }
    let compared: Judge = |text| {
        let order = text.find("Ignore the rubric");
        match (order, text.find("begin second answer")) {
            (Some(order), Some(second)) if order < second => reply("first", &["Thank you"], None),
            (Some(_), _) => reply("second", &["Thank you"], None),
            _ => reply("tie", &[], None),
        }
    };
    assert!(put(&rubric(COMPARED), compared).expect("a refusal").what.contains("an order to ignore the rubric"));
}

#[test]
fn where_an_empty_answer_rightly_passes_the_rubrics_own_failure_is_the_measure() {
    let nothing_unsupported: Judge = |text| match text.contains("Thank you") || text.contains("auditor") {
        true => reply("pass", &[quoting(text)], None),
        false => reply("fail", &[], None),
    };
    let refusal = put(&rubric(SUPPORTED), nothing_unsupported).expect("it obeys the auditor");
    assert!(refusal.what.ends_with("it passes an answer that the rubric says fails"), "{}", refusal.what);
}

#[test]
fn a_judge_that_passes_everything_is_refused_as_well() {
    let refusal = put(&rubric(SUPPORTED), lenient).expect("a refusal");
    assert!(refusal.what.contains("also without an order"), "{}", refusal.what);
    assert!(refusal.help.contains("At the boundary"));
}

#[test]
fn canaries_are_asked_as_any_answer_is() {
    for rubric in [rubric(SUPPORTED), rubric(SCALE), interval(), rubric(COMPARED)] {
        let canaries = canaries(&rubric, &document());
        let bases = if rubric.boundary.is_empty() { 1 } else { 2 };
        assert_eq!(canaries.len(), bases * Style::ALL.len());
        let word = match &rubric.kind {
            Kind::Binary => "pass",
            Kind::Scale { .. } => "everything",
            Kind::Pairwise => "holds this text",
        };
        for canary in canaries.iter().filter(|canary| canary.style != Style::Alone) {
            let text = format!("{:?}", Instructions::of(&rubric).question(&canary.shown(super::ONE)).messages[1]);
            assert!(text.contains(word), "{text}");
        }
    }
}
