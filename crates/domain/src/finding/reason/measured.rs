//! The sentence of a finding that has an estimate: what was seen, what is ruled out, and the smallest thing that would decide.

use super::{Besides, split, torn};
use crate::contract::{Contract, Looks};
use crate::finding::figures::{Rounding, Unit, level, of_traffic, percent, plural};
use crate::finding::settlement::{Settlement, fewest};
use crate::finding::{Code, Difference, Estimate, Finding, State};
use crate::gate::{Gate, Measure, Rule};

/// A finding with an estimate, and the two halves that its sentence begins with.
pub(super) struct Measured<'a> {
    gate: &'a Gate,
    finding: &'a Finding,
    estimate: &'a Estimate,
    looks: Looks,
    unit: Unit,
    seen: String,
    asked: String,
}

impl<'a> Measured<'a> {
    pub fn of(contract: &Contract, gate: &'a Gate, finding: &'a Finding, estimate: &'a Estimate) -> Self {
        let unit = Unit::of(contract, gate).telling_apart(estimate);
        let asked = unit.asked(gate, estimate.margin);
        let seen = seen(&unit, estimate);
        let seen = match finding.code {
            // Their own sentences say it.
            Some(Code::Undecidable | Code::TooFewClusters) => seen,
            _ => match worth(estimate) {
                Some(worth) => format!("{seen}; {} conversations {worth}", estimate.clusters),
                None => seen,
            },
        };
        Measured { gate, finding, estimate, looks: contract.looks, unit, seen, asked }
    }

    pub fn sentence(&self, besides: &Besides) -> String {
        let Measured { gate, finding, estimate, unit, seen, asked, .. } = self;
        match finding.state {
            State::Holds if unit.compared && unit.is_worse(gate, estimate) => {
                format!("{seen}: measurably worse, inside {asked}{}", at_its_worst(finding, estimate))
            }
            State::Holds => format!("{seen}; asked: {asked}{}", at_its_worst(finding, estimate)),
            State::Breached if matches!(gate.measure, Measure::Disagreement(_)) => {
                format!("{seen}; asked: {asked}; reviewers differ on {}", finding.names())
            }
            State::Breached => format!("{seen}; asked: {asked}"),
            _ => self.not_shown(besides),
        }
    }

    fn not_shown(&self, besides: &Besides) -> String {
        let Measured { gate, finding, estimate, seen, asked, .. } = self;
        match finding.code {
            Some(Code::ReviewersDisagree) => format!("{seen}; asked: {asked}; {}", split(finding, self.unit.compared)),
            Some(Code::MissingGrades) => format!("{seen}; asked: {asked}; {}", torn(gate, finding, besides.readings)),
            Some(Code::Undecidable) => self.undecidable(),
            Some(Code::Unmeasured) => self.unmeasured(),
            Some(Code::Dominated) => format!(
                "{seen}; the result hinges on one of {} conversations: sample more, until no single one decides",
                estimate.clusters
            ),
            Some(Code::LooksSpent) => format!(
                "{seen}; {asked} would have been shown at the first look, and this is look {}, at a level of {}: start a fresh reference set{}",
                besides.facts.look.unwrap_or(1),
                level(estimate.level),
                self.settlement("; or ")
            ),
            Some(Code::JudgeUnproven) => format!(
                "{seen}; {asked} would be shown if the judge never erred, and its error does not rule the opposite out: {}",
                self.labels()
            ),
            Some(Code::TooFewClusters) => self.too_few(),
            _ => self.not_ruled_out(),
        }
    }

    fn undecidable(&self) -> String {
        let Measured { estimate, seen, asked, .. } = self;
        // A candidate that gains could clear a margin with as few.
        let best = if self.unit.compared { "not even equal answers" } else { "no result" };
        let have = estimate.clusters;
        let worth = worth(estimate).map_or_else(String::new, |worth| format!(", which {worth},"));
        let settlement = self.settlement(": ");
        format!("{seen}; with {have} conversations{worth} {best} could show {asked}{settlement}")
    }

    fn unmeasured(&self) -> String {
        let Measured { estimate, seen, asked, .. } = self;
        let unseen = of_traffic(estimate.unmeasured, &self.finding.unmeasured, &self.finding.segment);
        match self.leaves_no_room() {
            true => format!(
                "{seen}; {unseen} has no examples, or too few to weigh, so {asked} cannot be shown whatever the rest shows: sample there"
            ),
            false => format!(
                "{seen}; {unseen} has no examples, or too few to weigh, and counts at its worst: the rest alone would show {asked}; sample there"
            ),
        }
    }

    /// Whether what was not measured can, at its worst, be all that the rule allows.
    fn leaves_no_room(&self) -> bool {
        const ROUNDING: f64 = 1e-12;
        let (unmeasured, bound) = (self.estimate.unmeasured, self.estimate.margin);
        match (self.unit.is_bounded(), self.unit.compared, self.unit.less_is_worse(self.gate)) {
            (false, ..) => true,
            (true, true, true) => -bound <= unmeasured + ROUNDING,
            (true, true, false) => false,
            (true, false, true) => bound >= 1.0 - unmeasured - ROUNDING,
            (true, false, false) => bound <= unmeasured + ROUNDING,
        }
    }

    fn labels(&self) -> String {
        let (what, half) = match self.unit.compared {
            true => ("examples for both systems", "half of them where the judge sees a difference"),
            false => ("answers", "half of them judge-fails"),
        };
        match self.estimate.judged.and_then(|judged| judged.more_labels) {
            Some(more) => format!("label about {more} more {what}, {half}"),
            None => {
                "what people say of its verdicts is not what is asked, and more labels like these would not show it"
                    .to_owned()
            }
        }
    }

    fn too_few(&self) -> String {
        let Measured { estimate, seen, .. } = self;
        let worth = estimate.effective_n.floor();
        let equal = if worth + 1.0 < estimate.clusters as f64 {
            format!(", worth no more than {worth:.0} of equal weight,")
        } else {
            String::new()
        };
        format!(
            "{seen}; {} conversations{equal} are too few to tell: at least {} of equal weight are needed{}",
            estimate.clusters,
            fewest(estimate.method),
            estimate.more_needed.map_or_else(String::new, |_| self.settlement("; "))
        )
    }

    /// Why no number of conversations like these would show it; `None` where one would.
    fn out_of_reach(&self) -> Option<String> {
        let Measured { estimate, unit, .. } = self;
        let is_open = !estimate.lower.is_finite() && !estimate.upper.is_finite();
        if is_open && estimate.unmeasured > 0.0 {
            let unseen = of_traffic(estimate.unmeasured, &self.finding.unmeasured, &self.finding.segment);
            return Some(format!("{unseen} was not measured, and nothing bounds it there: sample there"));
        }
        if is_open && !unit.is_bounded() {
            return Some(
                "all conversations came out alike, and nothing says how far off another could be: ask for a limit on a share of the answers instead, as in `at_most: LIMIT for 95%`"
                    .to_owned(),
            );
        }
        estimate.difference.filter(|difference| difference.relative.is_none()).map(|_| {
            "the other's own is nothing, and a share of nothing is no margin: write `by` as an amount".to_owned()
        })
    }

    fn not_ruled_out(&self) -> String {
        let Measured { gate, estimate, unit, seen, asked, .. } = self;
        if let Some(why) = self.out_of_reach() {
            return format!("{seen}; {asked} is not shown: {why}");
        }
        let settlement = match (&gate.rule, estimate.more_needed) {
            (Rule::NotWorse { .. }, Some(0)) => {
                "; as many would show it with 80 % chance if there were truly no change: read what differs before more are collected"
                    .to_owned()
            }
            _ => match self.settlement("; ") {
                nothing if nothing.is_empty() && estimate.judged.is_some() => {
                    "; more conversations, and labels on them, would be needed".to_owned()
                }
                settlement => settlement,
            },
        };
        // Beside a relative margin the bound is of what is tested, and no difference that could be ruled out.
        if estimate.difference.is_some() {
            return format!("{seen}; {asked} is not shown{settlement}");
        }
        let (worst, rounding, or) = match unit.less_is_worse(gate) {
            true => (estimate.lower, Rounding::Down, "more"),
            false => (estimate.upper, Rounding::Up, "less"),
        };
        if !unit.rules_out(worst) {
            return format!("{seen}; {asked} is not shown: nothing is ruled out{settlement}");
        }
        let worst = unit.bound(worst, rounding);
        format!("{seen}; {asked} is not shown, only {worst} or {or}{settlement}")
    }

    /// After a mark, what would settle it; nothing where that cannot be counted.
    fn settlement(&self, mark: &str) -> String {
        settlement(mark, self.gate, self.estimate, self.looks)
    }
}

/// The same for whoever has no two halves.
pub(super) fn settlement(mark: &str, gate: &Gate, estimate: &Estimate, looks: Looks) -> String {
    Settlement::of(gate, estimate, looks).map_or_else(String::new, |settlement| format!("{mark}{settlement}"))
}

/// What a pass holds in spite of.
pub(super) fn at_its_worst(finding: &Finding, estimate: &Estimate) -> String {
    match estimate.unmeasured > 0.0 {
        true => format!(
            "; {} was not measured and counts at its worst",
            of_traffic(estimate.unmeasured, &finding.unmeasured, &finding.segment)
        ),
        false => String::new(),
    }
}

/// What their weights leave of the conversations, where that is under half.
pub(super) fn worth(estimate: &Estimate) -> Option<String> {
    let few = estimate.kish_clusters * 2.0 < estimate.clusters as f64;
    few.then(|| format!("count as {:.0} by their weights", estimate.kish_clusters.floor().max(1.0)))
}

/// What was seen, with its interval; beside a relative margin first the difference itself, and then what is tested of it.
fn seen(unit: &Unit, estimate: &Estimate) -> String {
    let with = |value: f64, lower: f64, upper: f64| format!("{} ({})", unit.signed(value), unit.interval(lower, upper));
    let tested = with(estimate.value, estimate.lower, estimate.upper);
    match estimate.difference {
        None => format!("{tested}{}", corrected(unit, estimate)),
        Some(Difference { value, lower, upper, relative, factor }) => {
            let share = relative.map_or_else(String::new, |share| {
                format!("{}{}, ", if share > 0.0 { "+" } else { "" }, percent(share))
            });
            // Differences that are all the same have no interval of their own.
            let bounded = lower.is_finite() && upper.is_finite();
            let own = if bounded { with(value, lower, upper) } else { unit.signed(value) };
            format!("{share}{own}; tested as candidate less {factor:.2} of the other: {tested}")
        }
    }
}

/// Of verdicts that were corrected: what the judge itself says, and on how many labels the correction rests.
fn corrected(unit: &Unit, estimate: &Estimate) -> String {
    estimate.judged.map_or_else(String::new, |judged| {
        format!(", corrected by {} from its judge's {}", plural(judged.labels, "label"), unit.signed(judged.value))
    })
}
