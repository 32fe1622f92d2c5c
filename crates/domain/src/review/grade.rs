//! Labels as grades: what an answer scores by what people said of it.
//!
//! in      an item, with the labels of one answer
//! out     a score of its criterion, and whether its reviewers differ
//! rule    agreed or settled is a grade; split is unknown until somebody settles it, and decided both ways; what nobody labelled is not run

use super::{GivenLabel, Item, Reading, Says};
use crate::name::ClassName;
use crate::score::State;

/// The failure class of what reviewers are split on.
pub const DISAGREEMENT: &str = "reviewer_disagreement";

/// A score as people gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    pub state: State,
    pub value: Option<f64>,
    pub class: Option<ClassName>,
    pub reason: String,
}

impl Item {
    pub fn grade(&self) -> Grade {
        let (state, value, class, reason) = match self.reading() {
            Reading::Agreed(Says::CannotTell) => (State::GraderError, None, None, self.told("reviewers cannot tell")),
            Reading::Agreed(says) => (State::Graded, Some(value(says)), None, self.told("reviewers agree")),
            Reading::Settled(says) => {
                let by = self.settled.as_ref().map_or("", |settled| settled.by.as_str());
                (State::Graded, Some(value(says)), None, self.told(&format!("settled by {by}")))
            }
            Reading::Disputed => {
                let what = match self.disputed.last() {
                    Some(doubt) if self.agreed().is_some() => format!("{} doubts it ({})", doubt.by, doubt.why),
                    _ => "reviewers split".to_owned(),
                };
                (State::GraderError, None, Some(ClassName::new(DISAGREEMENT)), self.told(&what))
            }
            Reading::Unlabelled => (State::NotRun, None, None, "nobody has labelled it".to_owned()),
        };
        Grade { state, value, class, reason }
    }

    /// Whether those who said that it passes or fails did not all say the same; `None` where fewer than two did.
    pub fn differs(&self) -> Option<bool> {
        let (passes, fails) = self.votes();
        (passes + fails >= 2).then_some(passes > 0 && fails > 0)
    }

    fn told(&self, what: &str) -> String {
        let one = |label: &GivenLabel| format!("{} {}", label.by, label.says.as_str());
        let said: Vec<String> = self.labels.iter().map(one).collect();
        format!("{what}: {}", said.join(", "))
    }
}

fn value(says: Says) -> f64 {
    if says == Says::Pass { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(labels: &[(&str, Says)]) -> Item {
        let label = |(at, (by, says)): (usize, &(&str, Says))| GivenLabel {
            by: (*by).to_owned(),
            says: *says,
            at: None,
            rubric: None,
            note: None,
            sample: None,
            answer: None,
            queue: None,
            entry: at as u32 + 1,
        };
        Item { labels: labels.iter().enumerate().map(label).collect(), ..Item::default() }
    }

    #[test]
    fn what_people_are_split_on_is_unknown_and_what_they_agree_on_is_a_grade() {
        let (one, other) = (("reviewer-1", Says::Pass), ("reviewer-2", Says::Fail));
        let agreed = item(&[one, ("reviewer-3", Says::Pass)]).grade();
        assert_eq!((agreed.state, agreed.value), (State::Graded, Some(1.0)));
        let split = item(&[one, other]).grade();
        assert_eq!((split.state, split.value), (State::GraderError, None));
        assert_eq!(split.class, Some(ClassName::new(DISAGREEMENT)));
        assert_eq!(split.reason, "reviewers split: reviewer-1 pass, reviewer-2 fail");
        assert_eq!(item(&[]).grade().state, State::NotRun);
        let unsure = item(&[("reviewer-1", Says::CannotTell)]).grade();
        assert_eq!((unsure.state, unsure.class), (State::GraderError, None));
    }

    #[test]
    fn two_who_can_tell_differ_or_do_not() {
        let (one, other) = (("reviewer-1", Says::Pass), ("reviewer-2", Says::Fail));
        assert_eq!(item(&[one, other]).differs(), Some(true));
        assert_eq!(item(&[one, ("reviewer-2", Says::Pass)]).differs(), Some(false));
        assert_eq!(item(&[one, ("reviewer-2", Says::CannotTell)]).differs(), None);
    }
}
