//! Several judgements, one verdict.
//!
//! in      for each question that was asked, the judgement, or why there is none
//! out     the verdict: of one judge what it says; of a panel what more than half of all its judges say, those without a verdict counted;
//!         on an interval scale the median, where more than half have one
//! rules   a panel that is split is unknown; so is a judge whose judgement is missing, unreadable or `cannot_tell`. Two orders of one pair that
//!         do not agree are a tie

use super::verdict::shortened;
use super::{Ask, Judgement, Outcome, Said};
use domain::name::{ClassName, SystemName};
use domain::rubric::{Kind, Mark, Rubric, ScaleReading};
use domain::score::{HowJudged, Verdict};
use domain::share::Share;

/// Characters of a quotation, and of a whole reason.
const QUOTED: usize = 80;
const LONGEST: usize = 400;
const HALF: f64 = 0.5;

/// What one judge says of one answer, over all that it was asked about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Opinion {
    Scored { value: Share, class: Option<ClassName>, reason: String },
    Unknown(String),
}

/// Puts together what was said to all `asks` of one answer. What is not among them was not said.
pub fn combine(judges: &[SystemName], rubric: &Rubric, said: &[(Ask, Result<Judgement, String>)]) -> Verdict {
    let opinions: Vec<(&SystemName, Opinion)> =
        judges.iter().enumerate().map(|(at, name)| (name, opinion(rubric, at, said))).collect();
    match opinions.as_slice() {
        [] => Verdict::GraderError { reason: "nobody judges".to_owned() },
        [(_, Opinion::Unknown(why))] => Verdict::GraderError { reason: shortened(why, LONGEST) },
        [(_, Opinion::Scored { value, class, reason })] => {
            Verdict::Graded { value: *value, class: class.clone(), reason: shortened(reason, LONGEST) }
        }
        panel if matches!(rubric.kind, Kind::Scale { reading: ScaleReading::Interval, .. }) => median(panel),
        panel => majority(rubric, panel),
    }
}

/// How the judges came to this verdict.
pub fn how(
    judges: &[SystemName],
    rubric: &Rubric,
    said: &[(Ask, Result<Judgement, String>)],
    verdict: &Verdict,
) -> HowJudged {
    HowJudged {
        panel_differs: (judges.len() > 1).then(|| differ(judges, rubric, said)),
        order_changed: (rubric.kind == Kind::Pairwise).then(|| changed_with_the_order(judges, said) > 0),
        level: level(rubric, said, verdict),
    }
}

/// The middle one of the levels that give this verdict, the lower one of two.
fn level(rubric: &Rubric, said: &[(Ask, Result<Judgement, String>)], verdict: &Verdict) -> Option<u32> {
    let Kind::Scale { reading: ScaleReading::PassAt(_), .. } = rubric.kind else { return None };
    let Verdict::Graded { value, .. } = verdict else { return None };
    let of = |said: &Result<Judgement, String>| match said.as_ref().ok()?.said {
        Said::Mark(mark @ Mark::Level(at)) if rubric.value(mark) == *value => Some(at),
        _ => None,
    };
    let mut levels: Vec<usize> = said.iter().filter_map(|(_, said)| of(said)).collect();
    levels.sort_unstable();
    levels.get(levels.len().saturating_sub(1) / 2).map(|at| *at as u32)
}

/// Whether not all judges of a panel said the same of an answer.
pub fn differ(judges: &[SystemName], rubric: &Rubric, said: &[(Ask, Result<Judgement, String>)]) -> bool {
    let value = |at: usize| match opinion(rubric, at, said) {
        Opinion::Scored { value, .. } => Some(value),
        Opinion::Unknown(_) => None,
    };
    let first = value(0);
    (1..judges.len()).any(|at| value(at) != first)
}

/// How many judges said another thing of one pair once its order was another.
pub fn changed_with_the_order(judges: &[SystemName], said: &[(Ask, Result<Judgement, String>)]) -> usize {
    let of = |judge: usize, swapped: bool| {
        let found = said.iter().find(|(ask, _)| *ask == Ask { judge, swapped });
        match found.and_then(|(_, said)| said.as_ref().ok()).map(|judgement| judgement.said) {
            Some(Said::Beside(outcome)) => Some(outcome),
            _ => None,
        }
    };
    let changed = |judge: &usize| of(*judge, false).zip(of(*judge, true)).is_some_and(|(one, other)| one != other);
    (0..judges.len()).filter(changed).count()
}

/// A comparison as production's answer comes out of it: what the candidate's wins, this one loses. Where the candidate has no answer,
/// this one is the better.
pub fn from_the_other_side(candidate: Option<&Verdict>) -> Verdict {
    match candidate {
        None => Verdict::passed("the candidate's answer is not there to be compared"),
        Some(Verdict::Graded { value, reason, .. }) => {
            let value = Share::new(1.0 - value.get()).unwrap_or(Share::ZERO);
            Verdict::Graded { value, class: None, reason: format!("the candidate's answer beside it: {reason}") }
        }
        Some(unknown) => unknown.clone(),
    }
}

/// What one judge says.
pub fn opinion(rubric: &Rubric, judge: usize, said: &[(Ask, Result<Judgement, String>)]) -> Opinion {
    let of = |swapped: bool| {
        let found = said.iter().find(|(ask, _)| ask.judge == judge && ask.swapped == swapped);
        match found.map(|(_, judgement)| judgement) {
            None => Err("not judged".to_owned()),
            Some(Err(why)) => Err(why.clone()),
            Some(Ok(Judgement { said: Said::CannotTell, reasoning, .. })) => {
                Err(format!("the judge cannot tell: {}", shortened(reasoning, LONGEST)))
            }
            Some(Ok(judgement)) => Ok(judgement),
        }
    };
    if rubric.kind == Kind::Pairwise {
        return match (of(false), of(true)) {
            (Ok(one), Ok(other)) => beside(one, other),
            (Err(why), _) | (_, Err(why)) => Opinion::Unknown(why),
        };
    }
    match of(false) {
        Ok(judgement @ Judgement { said: Said::Mark(mark), class, .. }) => {
            Opinion::Scored { value: rubric.value(*mark), class: class.clone(), reason: reason(judgement) }
        }
        Ok(_) => Opinion::Unknown("the judgement is of another kind than the rubric".to_owned()),
        Err(why) => Opinion::Unknown(why),
    }
}

/// One pair in both orders. What changes with the order says nothing about the answers.
fn beside(one: &Judgement, other: &Judgement) -> Opinion {
    let outcome = |judgement: &Judgement| match judgement.said {
        Said::Beside(outcome) => Some(outcome),
        _ => None,
    };
    let (Some(first), Some(second)) = (outcome(one), outcome(other)) else {
        return Opinion::Unknown("the judgement is of another kind than the rubric".to_owned());
    };
    let half = Share::new(HALF).unwrap_or(Share::ZERO);
    if first != second {
        return Opinion::Scored {
            value: half,
            class: None,
            reason: format!("changed with the order: {}", reason(one)),
        };
    }
    let (value, class) = match first {
        Outcome::Win => (Share::ONE, None),
        Outcome::Tie => (half, None),
        // The class is that of the worse answer: only a loss is ours.
        Outcome::Loss => (Share::ZERO, one.class.clone().or_else(|| other.class.clone())),
    };
    Opinion::Scored { value, class, reason: reason(one) }
}

/// The first quotation, and why.
fn reason(judgement: &Judgement) -> String {
    match judgement.quotes.first() {
        Some(quote) => format!("\"{}\": {}", shortened(quote, QUOTED), judgement.reasoning),
        None => judgement.reasoning.clone(),
    }
}

/// What more than half of the panel say.
fn majority(rubric: &Rubric, panel: &[(&SystemName, Opinion)]) -> Verdict {
    let of = |value: Share| -> Vec<(&Option<ClassName>, &String)> {
        let agrees = |(_, opinion): &'_ (&SystemName, Opinion)| matches!(opinion, Opinion::Scored { value: own, .. } if *own == value);
        let agreeing = panel.iter().filter(|member| agrees(member));
        agreeing
            .filter_map(|(_, opinion)| match opinion {
                Opinion::Scored { class, reason, .. } => Some((class, reason)),
                Opinion::Unknown(_) => None,
            })
            .collect()
    };
    let half = Share::new(HALF).unwrap_or(Share::ZERO);
    let winner = [Share::ONE, half, Share::ZERO].into_iter().find(|value| 2 * of(*value).len() > panel.len());
    let Some(value) = winner else { return split(rubric, panel) };
    let agreeing = of(value);
    let classes: Vec<&ClassName> = agreeing.iter().filter_map(|(class, _)| class.as_ref()).collect();
    let count = |class: &ClassName| classes.iter().filter(|other| **other == class).count();
    // The one named most; the first named among those.
    let class = classes.iter().rev().max_by_key(|class| count(class)).map(|class| (*class).clone());
    let reason = agreeing.first().map(|(_, reason)| (*reason).clone()).unwrap_or_default();
    let dissent = if agreeing.len() == panel.len() { String::new() } else { format!(" ({})", told(rubric, panel)) };
    let reason = shortened(&reason, LONGEST.saturating_sub(dissent.chars().count())) + &dissent;
    Verdict::Graded { value, class, reason }
}

fn split(rubric: &Rubric, panel: &[(&SystemName, Opinion)]) -> Verdict {
    let reason = format!("the panel is split: {}", told(rubric, panel));
    Verdict::GraderError { reason: shortened(&reason, LONGEST) }
}

/// Who says what: `one: pass, other: fail, third: no verdict`.
fn told(rubric: &Rubric, panel: &[(&SystemName, Opinion)]) -> String {
    let word = |opinion: &Opinion| match (opinion, &rubric.kind) {
        (Opinion::Unknown(_), _) => "no verdict".to_owned(),
        (Opinion::Scored { value, .. }, Kind::Scale { reading: ScaleReading::Interval, .. }) => value.get().to_string(),
        (Opinion::Scored { value, .. }, Kind::Pairwise) if *value == Share::ONE => "better".to_owned(),
        (Opinion::Scored { value, .. }, Kind::Pairwise) if *value == Share::ZERO => "worse".to_owned(),
        (Opinion::Scored { .. }, Kind::Pairwise) => "tie".to_owned(),
        (Opinion::Scored { value, .. }, _) => if *value == Share::ONE { "pass" } else { "fail" }.to_owned(),
    };
    panel.iter().map(|(name, opinion)| format!("{name}: {}", word(opinion))).collect::<Vec<_>>().join(", ")
}

/// The middle of the values on an interval scale.
fn median(panel: &[(&SystemName, Opinion)]) -> Verdict {
    let mut scored: Vec<(Share, &Option<ClassName>, &String)> = Vec::new();
    let mut spread = Vec::new();
    for (name, opinion) in panel {
        match opinion {
            Opinion::Scored { value, class, reason } => {
                scored.push((*value, class, reason));
                spread.push(format!("{name}: {}", value.get()));
            }
            Opinion::Unknown(_) => spread.push(format!("{name}: no verdict")),
        }
    }
    if 2 * scored.len() <= panel.len() {
        let reason = format!("too few of the panel have a verdict: {}", spread.join(", "));
        return Verdict::GraderError { reason: shortened(&reason, LONGEST) };
    }
    scored.sort_by(|one, other| one.0.get().total_cmp(&other.0.get()));
    let (low, high) = (scored[(scored.len() - 1) / 2], scored[scored.len() / 2]);
    let value = Share::new((low.0.get() + high.0.get()) / 2.0).unwrap_or(Share::ZERO);
    let dissent = if spread.len() == scored.len() && scored.first().map(|one| one.0) == scored.last().map(|one| one.0) {
        String::new()
    } else {
        format!(" ({})", spread.join(", "))
    };
    let reason = shortened(low.2, LONGEST.saturating_sub(dissent.chars().count())) + &dissent;
    Verdict::Graded { value, class: low.1.clone(), reason }
}
