//! Judges: from a rubric and an answer to what a judge is asked, and from its reply to a verdict. Asking is done elsewhere.
//!
//! in      a rubric, an example, one answer or two; what a judge replied
//! out     the questions that one verdict takes (`asks`), each as a `Question`; judgements; the verdict that they give together
//! errors  a reply that cannot be read is told as text: unknown, asked again, and never a pass
//! note    what is judged is data: fenced by a mark that it cannot hold, and escaped. A judge that obeys it all the same is
//!         found by canaries before anything is judged, and refused

mod canary;
mod identity;
mod panel;
mod prompt;
mod quote;
mod verdict;

pub use canary::{Answered, Canary, Refusal, Style, canaries, obeyed, refused};
pub use identity::identity;
pub use panel::{changed_with_the_order, combine, differ, from_the_other_side, how};
pub use prompt::{Instructions, VERSION, blocks};
pub use verdict::read;

use domain::answer::Answer;
use domain::name::{ClassName, SystemName};
use domain::rubric::{Kind, Mark, Rubric};
use serde_json::Value;

/// What a judge is shown. What of it a rubric lets through is the rubric's to say.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The example's document, as graders see it.
    pub document: &'a Value,
    pub answers: Answers<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum Answers<'a> {
    One(&'a Answer<'a>),
    /// For a rubric that compares: the system's answer and production's, the latter first where they are swapped.
    Two {
        own: &'a Answer<'a>,
        production: &'a Answer<'a>,
        swapped: bool,
    },
}

/// One question of those that a verdict takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// Which judge, by its place in the criterion's list.
    pub judge: usize,
    /// Production's answer comes first.
    pub swapped: bool,
}

/// What one judge said to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub said: Said,
    pub class: Option<ClassName>,
    /// Each occurs in what was judged.
    pub quotes: Vec<String>,
    pub reasoning: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Mark(Mark),
    /// About the system's own answer beside production's, whatever the order was.
    Beside(Outcome),
    /// No verdict: unknown, and never a pass.
    CannotTell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Win,
    Tie,
    Loss,
}

/// What must be asked for one verdict: every judge, and each in both orders where two answers are compared.
pub fn asks(judges: &[SystemName], rubric: &Rubric) -> Vec<Ask> {
    let orders: &[bool] = if rubric.kind == Kind::Pairwise { &[false, true] } else { &[false] };
    (0..judges.len()).flat_map(|judge| orders.iter().map(move |&swapped| Ask { judge, swapped })).collect()
}

impl<'a> Shown<'a> {
    /// What is shown for this question; `production` is its answer to the same example in the same repeat.
    pub fn new(document: &'a Value, own: &'a Answer<'a>, production: Option<&'a Answer<'a>>, ask: Ask) -> Self {
        let answers = match production {
            Some(production) => Answers::Two { own, production, swapped: ask.swapped },
            None => Answers::One(own),
        };
        Shown { document, answers }
    }

    /// The answers in the order in which they are shown.
    fn in_order(&self) -> Vec<&'a Answer<'a>> {
        match self.answers {
            Answers::One(own) => vec![own],
            Answers::Two { own, production, swapped: false } => vec![own, production],
            Answers::Two { own, production, swapped: true } => vec![production, own],
        }
    }
}
