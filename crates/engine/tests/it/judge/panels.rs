use super::{COMPARED, SCALE, SUPPORTED, interval, names, rubric};
use domain::format::contract;
use domain::name::ClassName;
use domain::rubric::{Mark, Rubric};
use domain::score::{HowJudged, Verdict};
use domain::system::System;
use engine::judge::{
    Ask, Judgement, Outcome, Said, asks, changed_with_the_order, combine, differ, from_the_other_side, how, identity,
};

fn judgement(said: Said, class: Option<&str>) -> Result<Judgement, String> {
    let quotes = vec!["14 days".to_owned()];
    Ok(Judgement { said, class: class.map(ClassName::new), quotes, reasoning: "so it is".to_owned() })
}

fn pass() -> Result<Judgement, String> {
    judgement(Said::Mark(Mark::Passes), None)
}

fn fail() -> Result<Judgement, String> {
    judgement(Said::Mark(Mark::Fails), Some("wrong_source"))
}

fn unknown() -> Result<Judgement, String> {
    judgement(Said::CannotTell, None)
}

/// What a panel says, in one line.
fn told(rubric: &Rubric, said: Vec<Result<Judgement, String>>) -> String {
    let judges = names(said.len());
    let said: Vec<_> = asks(&judges, rubric).into_iter().zip(said).collect();
    line(&combine(&judges, rubric, &said))
}

fn line(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Graded { value, class, reason } => {
            format!("{} {} {reason}", value.get(), class.as_ref().map_or("-", ClassName::as_str))
        }
        Verdict::GraderError { reason } => format!("unknown {reason}"),
        Verdict::NotApplicable { reason } => format!("not applicable {reason}"),
    }
}

#[test]
fn more_than_half_of_all_judges_decide() {
    let supported = rubric(SUPPORTED);
    let lost = || Err("the judge's reply is empty".to_owned());
    for (said, expected) in [
        (vec![pass()], "1 - \"14 days\": so it is"),
        (vec![fail()], "0 wrong_source \"14 days\": so it is"),
        (vec![unknown()], "unknown the judge cannot tell: so it is"),
        (vec![lost()], "unknown the judge's reply is empty"),
        (vec![pass(), pass(), pass()], "1 - \"14 days\": so it is"),
        (vec![pass(), fail(), pass()], "1 - \"14 days\": so it is (one: pass, two: fail, three: pass)"),
        (
            vec![fail(), fail(), unknown()],
            "0 wrong_source \"14 days\": so it is (one: fail, two: fail, three: no verdict)",
        ),
        (vec![pass(), fail()], "unknown the panel is split: one: pass, two: fail"),
        (vec![pass(), unknown()], "unknown the panel is split: one: pass, two: no verdict"),
        (vec![pass(), fail(), unknown()], "unknown the panel is split: one: pass, two: fail, three: no verdict"),
        (vec![pass(), lost(), unknown()], "unknown the panel is split: one: pass, two: no verdict, three: no verdict"),
        (
            vec![pass(), pass(), fail(), fail()],
            "unknown the panel is split: one: pass, two: pass, three: fail, four: fail",
        ),
    ] {
        assert_eq!(told(&supported, said), expected);
    }
}

#[test]
fn a_panel_differs_where_not_all_of_it_say_the_same() {
    let differs = |said: Vec<Result<Judgement, String>>| {
        let (judges, supported) = (names(said.len()), rubric(SUPPORTED));
        let said: Vec<_> = asks(&judges, &supported).into_iter().zip(said).collect();
        differ(&judges, &supported, &said)
    };
    assert!(differs(vec![pass(), pass(), fail()]) && differs(vec![pass(), unknown()]));
    assert!(!differs(vec![pass(), pass(), pass()]) && !differs(vec![fail()]));
}

#[test]
fn how_judges_came_to_a_verdict_stands_beside_it() {
    use Outcome::{Loss, Win};
    let of = |rubric: &Rubric, judges: usize, said: Vec<Result<Judgement, String>>| {
        let judges = names(judges);
        let said: Vec<_> = asks(&judges, rubric).into_iter().zip(said).collect();
        let HowJudged { panel_differs, order_changed, level } =
            how(&judges, rubric, &said, &combine(&judges, rubric, &said));
        (panel_differs, order_changed, level)
    };
    let (supported, compared, scale) = (rubric(SUPPORTED), rubric(COMPARED), rubric(SCALE));
    let level = |at| judgement(Said::Mark(Mark::Level(at)), None);
    let beside = |outcome| judgement(Said::Beside(outcome), None);
    assert_eq!(of(&supported, 1, vec![pass()]), (None, None, None));
    assert_eq!(of(&supported, 2, vec![pass(), fail()]), (Some(true), None, None));
    assert_eq!(of(&compared, 1, vec![beside(Win), beside(Loss)]), (None, Some(true), None));
    assert_eq!(of(&compared, 1, vec![beside(Win), beside(Win)]), (None, Some(false), None));
    assert_eq!(of(&scale, 1, vec![level(0)]), (None, None, Some(0)));
    // Levels 1 and 2 pass, and two of three count.
    assert_eq!(of(&scale, 3, vec![level(2), level(0), level(1)]), (Some(true), None, Some(1)));
    assert_eq!(of(&scale, 1, vec![unknown()]), (None, None, None));
    assert_eq!(of(&interval(), 1, vec![level(1)]).2, None, "its value is its degree");
}

#[test]
fn how_many_judges_change_with_the_order_is_counted() {
    use Outcome::{Loss, Tie, Win};
    let compared = rubric(COMPARED);
    let changed = |said: &[Result<Outcome, ()>]| {
        let judges = names(said.len() / 2);
        let of = |outcome: &Result<Outcome, ()>| match outcome {
            Ok(outcome) => judgement(Said::Beside(*outcome), None),
            Err(()) => unknown(),
        };
        let said: Vec<_> = asks(&judges, &compared).into_iter().zip(said.iter().map(of)).collect();
        changed_with_the_order(&judges, &said)
    };
    assert_eq!(changed(&[Ok(Win), Ok(Win), Ok(Tie), Ok(Tie)]), 0);
    assert_eq!(changed(&[Ok(Win), Ok(Loss), Ok(Tie), Ok(Tie)]), 1);
    assert_eq!(changed(&[Ok(Win), Ok(Tie), Ok(Loss), Ok(Tie)]), 2);
    // What is not known changes with nothing.
    assert_eq!(changed(&[Ok(Win), Err(())]), 0);
}

#[test]
fn a_panel_names_the_class_that_most_of_it_name() {
    let failed = |class| judgement(Said::Mark(Mark::Fails), class);
    let said = vec![failed(Some("wrong_source")), failed(Some("unsupported_claim")), failed(Some("unsupported_claim"))];
    assert!(told(&rubric(SUPPORTED), said).starts_with("0 unsupported_claim "));
    let said = vec![failed(Some("wrong_source")), failed(Some("unsupported_claim")), failed(None)];
    assert!(told(&rubric(SUPPORTED), said).starts_with("0 wrong_source "), "the first of as many");
}

#[test]
fn on_an_interval_scale_the_middle_counts() {
    let level = |at| judgement(Said::Mark(Mark::Level(at)), None);
    let scale = interval();
    assert_eq!(
        told(&scale, vec![level(0), level(2), level(1)]),
        "0.5 - \"14 days\": so it is (one: 0, two: 1, three: 0.5)"
    );
    assert_eq!(told(&scale, vec![level(1), level(1)]), "0.5 - \"14 days\": so it is");
    assert_eq!(told(&scale, vec![level(0), level(1)]), "0.25 - \"14 days\": so it is (one: 0, two: 0.5)");
    assert_eq!(
        told(&scale, vec![level(2), unknown()]),
        "unknown too few of the panel have a verdict: one: 1, two: no verdict"
    );
}

#[test]
fn a_preference_that_changes_with_the_order_is_a_tie() {
    use Outcome::{Loss, Tie, Win};
    let compared = rubric(COMPARED);
    let pair = |one: Outcome, other: Outcome| {
        let judges = names(1);
        let class = |outcome| (outcome == Loss).then_some("unsupported_claim");
        let said: Vec<_> = asks(&judges, &compared)
            .into_iter()
            .zip([one, other].map(|outcome| judgement(Said::Beside(outcome), class(outcome))))
            .collect();
        line(&combine(&judges, &compared, &said))
    };
    assert_eq!(pair(Win, Win), "1 - \"14 days\": so it is");
    assert_eq!(pair(Tie, Tie), "0.5 - \"14 days\": so it is");
    assert_eq!(pair(Loss, Loss), "0 unsupported_claim \"14 days\": so it is");
    for (one, other) in [(Win, Loss), (Loss, Win), (Win, Tie), (Tie, Loss)] {
        assert_eq!(pair(one, other), "0.5 - changed with the order: \"14 days\": so it is");
    }
    let half_asked = [(Ask { judge: 0, swapped: false }, judgement(Said::Beside(Win), None))];
    assert_eq!(line(&combine(&names(1), &compared, &half_asked)), "unknown not judged");
    // Production loses what the candidate wins.
    let other = |candidate: Option<&domain::score::Verdict>| line(&from_the_other_side(candidate));
    let of = |value: f64| domain::score::Verdict::Graded {
        value: domain::share::Share::new(value).unwrap(),
        class: Some(domain::name::ClassName::new("unsupported_claim")),
        reason: "so it is".to_owned(),
    };
    assert_eq!(other(Some(&of(1.0))), "0 - the candidate's answer beside it: so it is");
    assert_eq!(other(Some(&of(0.5))), "0.5 - the candidate's answer beside it: so it is");
    assert_eq!(other(Some(&of(0.0))), "1 - the candidate's answer beside it: so it is");
    assert_eq!(other(Some(&domain::score::Verdict::GraderError { reason: "unread".to_owned() })), "unknown unread");
    assert_eq!(other(None), "1 - the candidate's answer is not there to be compared");
}

#[test]
fn a_panel_compares_in_both_orders_each() {
    use Outcome::{Loss, Tie, Win};
    let beside = |outcome| judgement(Said::Beside(outcome), None);
    let compared = rubric(COMPARED);
    let judges = names(3);
    let asked = asks(&judges, &compared);
    assert_eq!(asked.len(), 6);
    let panel = |outcomes: [Outcome; 6]| {
        let said: Vec<_> = asked.iter().copied().zip(outcomes.map(beside)).collect();
        line(&combine(&judges, &compared, &said))
    };
    assert_eq!(
        panel([Win, Win, Win, Win, Win, Loss]),
        "1 - \"14 days\": so it is (one: better, two: better, three: tie)"
    );
    assert_eq!(
        panel([Win, Win, Tie, Tie, Loss, Loss]),
        "unknown the panel is split: one: better, two: tie, three: worse"
    );
}

#[test]
fn a_reason_is_short_whatever_a_judge_writes() {
    let long = Judgement {
        said: Said::Mark(Mark::Passes),
        class: None,
        quotes: vec!["q\n".repeat(500)],
        reasoning: "r ".repeat(5000),
    };
    for count in [1, 3] {
        let said = (0..count).map(|_| Ok(long.clone())).collect();
        let told = told(&rubric(SUPPORTED), said);
        assert!(told.chars().count() < 420 && !told.contains('\n'), "{told}");
    }
}

fn systems(text: &str) -> Vec<System> {
    let contract = format!("plimsoll: 1\nname: judges\nsystems:\n  one: {text}\n");
    contract::parse(camino::Utf8Path::new("plimsoll.yaml"), &contract).expect("a contract").contract.systems
}

#[test]
fn another_judge_prompt_or_rubric_is_another_judge_and_another_address_is_the_same() {
    let digest = |text: &str, rubric: &Rubric| {
        let systems = systems(text);
        identity(rubric, &systems.iter().collect::<Vec<_>>()).to_string()
    };
    let supported = rubric(SUPPORTED);
    let usual = digest("{openai: {base_url: \"https://a.example/v1\", model: m-1}}", &supported);
    for same in [
        "{openai: {base_url: \"https://b.example/v1\", model: m-1}}",
        "{openai: {base_url: \"https://a.example/v1\", model: m-1, key: {env: SOME_KEY}}, at_once: 3}",
    ] {
        assert_eq!(usual, digest(same, &supported), "{same}");
    }
    for other in [
        "{openai: {base_url: \"https://a.example/v1\", model: m-2}}",
        "{openai: {base_url: \"https://a.example/v1\", model: m-1, temperature: 0}}",
        "{openai: {base_url: \"https://a.example/v1\", model: m-1, seed: 7}}",
        "{openai: {base_url: \"https://a.example/v1\", model: m-1, body: {reasoning_effort: low}}}",
        "{anthropic: {model: m-1}}",
        "{program: {command: [./judge]}}",
    ] {
        assert_ne!(usual, digest(other, &supported), "{other}");
    }
    let reworded = rubric(&SUPPORTED.replace("every claim", "each claim"));
    assert_ne!(usual, digest("{openai: {base_url: \"https://a.example/v1\", model: m-1}}", &reworded));
}
