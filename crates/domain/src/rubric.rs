//! Rubrics: what a judge, or a person who labels, holds an answer against, and what a judge is shown.
//!
//! note    the digest is over everything that a judge is told of it; layout and remarks of the file do not count

use crate::digest::Digest;
use crate::name::ClassName;
use crate::share::Share;
use serde_json::{Value, json};

/// What a judge may always say.
pub const CANNOT_TELL: &str = "cannot_tell";

/// One question about an answer, with what settles it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rubric {
    /// What is asked about the answer; one thing.
    pub question: String,
    /// What stands before the first section; may be empty.
    pub about: String,
    /// What a judge is shown, in the order in which it is shown.
    pub sees: Vec<Seen>,
    pub kind: Kind,
    /// When an answer passes, or is the better one; empty on a scale, whose levels say it.
    pub good: Guide,
    /// When an answer fails, or is the worse one.
    pub bad: Guide,
    /// The failure classes that a judge may name; where there is none, a failure is of the criterion's first.
    pub classes: Vec<ClassName>,
    pub boundary: Vec<Boundary>,
    /// The same where two answers are compared.
    pub pairs: Vec<Pair>,
    /// When a judge should say that it cannot tell; may be empty.
    pub cannot_tell: String,
    pub digest: Digest,
}

/// A part of the example or the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    Input,
    Context,
    Sources,
    /// What the example expects. Only where declared: a judge that sees it compares, and no longer judges.
    Expected,
    Answer,
    ToolCalls,
}

impl Seen {
    pub const ALL: [Seen; 6] =
        [Seen::Input, Seen::Context, Seen::Sources, Seen::Expected, Seen::Answer, Seen::ToolCalls];
    /// What is shown where a rubric does not say.
    pub const USUAL: [Seen; 3] = [Seen::Input, Seen::Sources, Seen::Answer];

    pub fn as_str(self) -> &'static str {
        match self {
            Seen::Input => "input",
            Seen::Context => "context",
            Seen::Sources => "sources",
            Seen::Expected => "expected",
            Seen::Answer => "answer",
            Seen::ToolCalls => "tool_calls",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|seen| seen.as_str() == text)
    }
}

/// What a judge may say.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Pass or fail.
    Binary,
    /// One of these levels, from the worst to the best.
    Scale { levels: Vec<Level>, reading: ScaleReading },
    /// Which of two answers is better, the candidate's or production's.
    Pairwise,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub name: String,
    pub means: String,
    /// The score of an answer on this level.
    pub value: Share,
}

/// What the levels of a scale are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleReading {
    /// Levels have an order and no distance: from this one up, an answer passes.
    PassAt(usize),
    /// Steps are as wide as their numbers say, so that means are meaningful.
    Interval,
}

/// Text, and the conditions that follow it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Guide {
    pub lead: String,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The failure class that this condition describes.
    pub class: Option<ClassName>,
    pub text: String,
}

/// An answer close to where verdicts part, and on which side it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    pub input: Option<String>,
    pub answer: String,
    pub mark: Mark,
    pub class: Option<ClassName>,
    pub why: Option<String>,
}

/// Two answers close to where a preference begins, and what is said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub input: Option<String>,
    /// The better one and the worse one, where one is; else two of which neither is.
    pub answers: [String; 2],
    pub is_tie: bool,
    /// Of the worse one.
    pub class: Option<ClassName>,
    pub why: Option<String>,
}

/// What is right about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Passes,
    Fails,
    /// A position among the levels.
    Level(usize),
}

impl Rubric {
    /// The same with the digest of what it says.
    pub fn sealed(mut self) -> Self {
        self.digest = Digest::of_value("plimsoll.rubric.v1", &self.content());
        self
    }

    pub fn shows(&self, seen: Seen) -> bool {
        self.sees.contains(&seen)
    }

    /// What an answer with this mark scores.
    pub fn value(&self, mark: Mark) -> Share {
        match (mark, &self.kind) {
            (Mark::Passes, _) => Share::ONE,
            (Mark::Level(at), Kind::Scale { levels, .. }) => levels.get(at).map_or(Share::ZERO, |level| level.value),
            (Mark::Fails | Mark::Level(_), _) => Share::ZERO,
        }
    }

    /// Everything that a judge is told, as one value.
    fn content(&self) -> Value {
        let classes = |classes: &[ClassName]| classes.iter().map(|class| class.as_str().into()).collect::<Vec<Value>>();
        let class = |class: &Option<ClassName>| class.as_ref().map(ClassName::as_str).map(str::to_owned);
        let guide = |guide: &Guide| {
            let one = |condition: &Condition| json!({"class": class(&condition.class), "text": condition.text});
            json!({"lead": guide.lead, "conditions": guide.conditions.iter().map(one).collect::<Vec<_>>()})
        };
        let mark = |mark: &Mark| match mark {
            Mark::Passes => json!("passes"),
            Mark::Fails => json!("fails"),
            Mark::Level(at) => json!(at),
        };
        let boundary = |boundary: &Boundary| {
            json!({
                "input": boundary.input,
                "answer": boundary.answer,
                "mark": mark(&boundary.mark),
                "class": class(&boundary.class),
                "why": boundary.why,
            })
        };
        let level = |level: &Level| json!({"name": level.name, "means": level.means, "value": level.value.get()});
        let kind = match &self.kind {
            Kind::Binary => json!("binary"),
            Kind::Pairwise => json!("pairwise"),
            Kind::Scale { levels, reading } => json!({
                "levels": levels.iter().map(level).collect::<Vec<_>>(),
                "pass_at": match reading {
                    ScaleReading::PassAt(at) => Some(at),
                    ScaleReading::Interval => None,
                },
            }),
        };
        let pair = |pair: &Pair| {
            json!({
                "input": pair.input,
                "answers": pair.answers,
                "tie": pair.is_tie,
                "class": class(&pair.class),
                "why": pair.why,
            })
        };
        let mut content = json!({
            "question": self.question,
            "about": self.about,
            "sees": self.sees.iter().map(|seen| seen.as_str()).collect::<Vec<_>>(),
            "kind": kind,
            "good": guide(&self.good),
            "bad": guide(&self.bad),
            "classes": classes(&self.classes),
            "boundary": self.boundary.iter().map(boundary).collect::<Vec<_>>(),
            "cannot_tell": self.cannot_tell,
        });
        // Rubrics without pairs keep the digest that they had before there were any.
        if !self.pairs.is_empty() {
            content["pairs"] = self.pairs.iter().map(pair).collect();
        }
        content
    }
}
