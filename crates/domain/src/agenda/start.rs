//! The first ninety days: four stages, each of which changes one real decision.

use super::{Command, Due, List, Rhythm, Seen};
use camino::Utf8Path;
use jiff::ToSpan;
use jiff::civil::Date;

/// One stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub name: &'static str,
    /// The first and the last day, from 1 on.
    pub days: (i64, i64),
    pub what: &'static str,
    /// The decision that is made otherwise from then on.
    pub changes: &'static str,
    pub steps: &'static [&'static str],
    pub role: &'static str,
    /// The words after `plimsoll`.
    pub command: &'static [&'static str],
}

pub const STAGES: [Stage; 4] = [
    Stage {
        name: "first-gate",
        days: (1, 14),
        what: "one gate decides about one release",
        changes: "the next release goes out because a record says so, or does not go out",
        steps: &[
            "put real conversations in the place of the examples that init wrote",
            "record what production and the candidate answer to them",
            "mend every error that `plimsoll check` names",
            "rehearse the gate: would it see a loss that matters, and let an equal system pass?",
            "decide, and do what the record says",
        ],
        role: "release",
        command: &["run"],
    },
    Stage {
        name: "incidents-guard",
        days: (15, 28),
        what: "a failure of production becomes a guard",
        changes: "a release that fails again where production once failed is blocked, whatever its averages say",
        steps: &[
            "open the last failures that cost most as incidents",
            "cover each by an example that a gate sees",
            "decide the release that caused it again: an incident closes when it would now be blocked",
        ],
        role: "release",
        command: &["incident", "list"],
    },
    Stage {
        name: "judge-calibrated",
        days: (29, 60),
        what: "people's labels say what a judge is worth",
        changes: "a criterion that only people could see holds or blocks a gate, corrected for its judge's error",
        steps: &[
            "fill in the rubric, until two people who read it label alike",
            "label a random sample of answers, twice and blind",
            "settle what is disputed, and mend the rubric where it was the cause",
            "calibrate the judge, and let its gate block",
        ],
        role: "rubric",
        command: &["review", "calibrate", "--labels", "labels.jsonl"],
    },
    Stage {
        name: "drift-and-retirement",
        days: (61, 90),
        what: "the set follows production",
        changes: "what is sampled next, and what leaves the set, is decided by what production was asked",
        steps: &[
            "lay the set beside a month of traffic, and sample what it lacks",
            "retire what no longer serves, with its reason",
            "import what production did after each release, and lay past decisions beside it",
            "hand the agenda to its owners",
        ],
        role: "product",
        command: &["backtest"],
    },
];

impl Stage {
    /// Its command in the folder of the eval.
    pub fn line(&self) -> String {
        self.run().line(Utf8Path::new("."), self.role)
    }

    fn run(&self) -> Command {
        match self.command {
            ["incident", ..] => Command::of_eval(self.command),
            words => Command::on_eval(words),
        }
    }

    /// Its first and last day where the first of all is this one.
    pub fn dates(&self, start: Date) -> (Date, Date) {
        let day = |number: i64| start.checked_add((number - 1).days()).unwrap_or(start);
        (day(self.days.0), day(self.days.1))
    }
}

impl List<'_> {
    pub(super) fn first_ninety_days(&mut self, seen: &Seen, today: Date) {
        let Some(start) = seen.started else { return };
        for stage in &STAGES {
            let (from, to) = stage.dates(start);
            // What has not begun is not due yet.
            if today < from {
                continue;
            }
            let due = Due {
                name: format!("ninety-days-{}", stage.name),
                rhythm: Rhythm::FirstNinetyDays,
                what: stage.what.to_owned(),
                why: stage.changes.to_owned(),
                due: to,
                command: stage.run(),
            };
            self.add(&[stage.role], due);
        }
    }
}
