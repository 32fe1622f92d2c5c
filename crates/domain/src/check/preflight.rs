//! What the best possible record could decide, before anything is spent on answers.
//!
//! in      a contract and its reference set
//! out     `PLM008` for each gate on each segment that not even that record clears, with the conversations that it takes;
//!         `PLM026` where a gate's criterion is asked of no example
//! note    the levels are those of the look that a run would be, corrected as findings are: Holm's, over the segments at their best;
//!         the best record is weighed as the real one will be
//! not for differences in the candidate's favour: a candidate that gains can clear a margin with fewer conversations

use super::{CheckFinding, Ungraded, finding};
use crate::contract::{Contract, Looks};
use crate::evidence::{Weighing, in_scope, questions_of, segments, weighed_as};
use crate::finding::figures::{of_traffic, plural};
use crate::finding::{best_p, is_never, look_level};
use crate::gate::{Gate, Margin, Measure, Rule};
use crate::grader::Grader;
use crate::layout::{Layout, strata_named};
use crate::name::CriterionName;
use crate::question::Compared;
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use crate::segment::Segment;
use crate::system::Arm;
use crate::tally::{Member, Scored, tally};
use stats::Strata;

/// `look` is the number of the look that a run would be.
pub(super) fn preflight(
    contract: &Contract,
    set: &ReferenceSet,
    ungraded: &[Ungraded],
    look: u32,
) -> Vec<CheckFinding> {
    let mut found = Vec::from_iter(spent(contract, look));
    // Where there is one look only, its level is the level.
    let look = if contract.looks == Looks::One { 1 } else { look };
    let segments = segments(contract, set);
    let asking = Asking { contract, set, ungraded };
    let bests = bests(&asking, &segments);
    let levels = Levels::at_best(contract, &bests, look);
    for (at, gate) in contract.gates.iter().enumerate() {
        let place = || format!("gates[{at}]");
        for Best { segment, record, .. } in bests.iter().filter(|best| best.gate == at) {
            if let Some(criterion) = asking.unasked(gate, segment) {
                let what = format!("`{}` on {}: `{criterion}` applies to no example there", gate.name, segment.name);
                let help = "limit the gate with `in` to where its criterion applies, or widen the criterion's `when`";
                found.push(finding("PLM026", place(), what, help));
                continue;
            }
            if asking.is_ungraded(gate, segment) {
                // Said of the criterion: no number of conversations would help.
                continue;
            }
            found.extend(record.short_of(contract, gate, segment, &levels).map(|short| {
                let what = format!("`{}` on {}: {}", gate.name, segment.name, short.what);
                finding("PLM008", place(), what, short.remedy)
            }));
        }
    }
    found
}

/// The one look that is allowed, taken before.
fn spent(contract: &Contract, look: u32) -> Option<CheckFinding> {
    (contract.looks == Looks::One && look > 1).then(|| {
        finding(
            "PLM008",
            "looks",
            "the contract allows one look (`looks: 1`), and this candidate was decided on before with some of these examples",
            "draw a fresh reference set, with no example that was decided on before, or leave `looks` out before the next release",
        )
    })
}

/// The best record of a gate, by its position, on a segment.
struct Best<'s> {
    gate: usize,
    segment: &'s Segment,
    record: Record,
}

fn bests<'s>(asking: &Asking, segments: &'s [Segment]) -> Vec<Best<'s>> {
    let Asking { contract, set, .. } = *asking;
    let layout = Layout::of(contract, set);
    let inside = layout.inside(set, &segments.iter().collect::<Vec<_>>());
    let mut bests = Vec::new();
    for (at, gate) in contract.gates.iter().enumerate() {
        let scored = asking.perfect(gate);
        let in_scope = in_scope(gate, segments, contract);
        for (segment, members) in inside.iter().filter(|(segment, _)| in_scope.contains(segment)) {
            let strata = layout.strata_of(segment, members);
            let record = Record::of(contract, gate, segment, &scored, members, &strata);
            bests.push(Best { gate: at, segment, record });
        }
    }
    bests
}

/// Which examples a gate's measure is taken of.
struct Asking<'a> {
    contract: &'a Contract,
    set: &'a ReferenceSet,
    ungraded: &'a [Ungraded],
}

impl Asking<'_> {
    /// What each example would score if nothing failed: where it can be graded, 1.
    fn perfect(&self, gate: &Gate) -> Vec<Scored> {
        let mut scored = vec![Scored::default(); self.set.rows.len()];
        let can_pass =
            |(example, row): &(ExampleIndex, &Row)| self.is_asked(gate, *example, row) && !self.lacks(gate, *example);
        for (example, _) in self.set.active().filter(can_pass) {
            scored[example.0 as usize] = Scored { sum: 1.0, known: 1, planned: 1, ..Scored::default() };
        }
        scored
    }

    /// The gate's criterion, where a segment has examples and it is asked of none of them.
    fn unasked<'g>(&self, gate: &'g Gate, segment: &Segment) -> Option<&'g CriterionName> {
        let Measure::Criterion(name) = &gate.measure else { return None };
        let mut inside = self.inside(segment).peekable();
        inside.peek()?;
        (!inside.any(|(example, row)| self.is_asked(gate, example, row))).then_some(name)
    }

    /// Whether what the criterion compares with is missing on all examples that it is asked of there.
    fn is_ungraded(&self, gate: &Gate, segment: &Segment) -> bool {
        let mut asked = self.inside(segment).filter(|(example, row)| self.is_asked(gate, *example, row)).peekable();
        asked.peek().is_some() && asked.all(|(example, _)| self.lacks(gate, example))
    }

    fn inside(&self, segment: &Segment) -> impl Iterator<Item = (ExampleIndex, &Row)> {
        self.set.active().filter(|(example, _)| self.set.lies_in(&segment.conditions, *example))
    }

    /// Where its criterion applies and what it compares with is not null, and of pairs on the variant.
    fn is_asked(&self, gate: &Gate, example: ExampleIndex, row: &Row) -> bool {
        let Measure::Criterion(name) = &gate.measure else { return true };
        let is_null = || self.of(gate).is_some_and(|ungraded| ungraded.null.binary_search(&example).is_ok());
        self.contract.criterion(name.as_str()).is_none_or(|criterion| {
            let is_pair = matches!(criterion.grader, Grader::Pair { .. });
            self.set.lies_in(&criterion.applies, example) && (!is_pair || row.pair.is_some()) && !is_null()
        })
    }

    /// An example that no answer can be graded on.
    fn lacks(&self, gate: &Gate, example: ExampleIndex) -> bool {
        self.of(gate).is_some_and(|ungraded| ungraded.missing.binary_search(&example).is_ok())
    }

    fn of(&self, gate: &Gate) -> Option<&Ungraded> {
        let Measure::Criterion(name) = &gate.measure else { return None };
        self.ungraded.iter().find(|ungraded| ungraded.criterion == *name)
    }
}

/// The levels at which claims are tested where every record is the best possible.
struct Levels<'a> {
    number: u32,
    look: f64,
    /// Of never rules, at every look.
    never: f64,
    of_segments: Vec<(&'a Segment, f64)>,
}

impl<'a> Levels<'a> {
    fn at_best(contract: &Contract, bests: &[Best<'a>], number: u32) -> Self {
        let look = look_level(contract, number);
        // A segment's p is the largest of its blocking gates; segments that none tests are not in the family.
        let mut family: Vec<(&Segment, f64)> = Vec::new();
        let tested = bests.iter().filter(|best| !best.segment.is_all() && is_in_family(&contract.gates[best.gate]));
        for Best { segment, record, .. } in tested {
            match family.iter_mut().find(|(known, _)| known == segment) {
                Some((_, p)) => *p = p.max(record.p),
                None => family.push((segment, record.p)),
            }
        }
        let p: Vec<f64> = family.iter().map(|(_, p)| *p).collect();
        let tested = stats::holm(&p, look);
        Levels {
            number,
            look,
            never: contract.alpha.get(),
            of_segments: family.iter().zip(tested).map(|((segment, _), tested)| (*segment, tested.level)).collect(),
        }
    }

    fn of(&self, gate: &Gate, segment: &Segment) -> f64 {
        if is_never(gate) {
            return self.never;
        }
        let corrected = || self.of_segments.iter().find(|(known, _)| *known == segment).map(|(_, level)| *level);
        Some(gate).filter(|gate| is_in_family(gate)).and_then(|_| corrected()).unwrap_or(self.look)
    }

    /// ` at look 2`, where it is not the first and matters.
    fn at_look(&self, gate: &Gate) -> String {
        if self.number > 1 && !is_never(gate) { format!(" at look {}", self.number) } else { String::new() }
    }
}

fn is_in_family(gate: &Gate) -> bool {
    gate.blocking && !is_never(gate)
}

/// What the best possible record shows of one gate on one segment.
struct Record {
    /// Those that weigh something.
    conversations: u64,
    /// All that would be graded.
    seen: u64,
    /// p of the claim; 0 where nothing bounds how good a record may be, 1 where there is too little for any.
    p: f64,
    /// The same if the traffic that cannot be weighed here did not count.
    p_measured: f64,
    kind: stats::Kind,
    weighing: Option<Weighing>,
}

/// What is missing for a decision.
struct Short {
    what: String,
    remedy: String,
}

impl Record {
    fn of(
        contract: &Contract,
        gate: &Gate,
        segment: &Segment,
        scored: &[Scored],
        members: &[Member],
        strata: &Strata,
    ) -> Self {
        let Some(question) = questions_of(contract, gate, segment, Arm::Candidate).into_iter().next() else {
            return Record {
                conversations: 0,
                seen: 0,
                p: 1.0,
                p_measured: 1.0,
                kind: stats::Kind::Rate,
                weighing: None,
            };
        };
        let with = matches!(question.compared, Compared::Paired { .. }).then_some(scored);
        let tally = tally(&question, scored, with, members, strata);
        let weighing = Weighing::of(&question, &tally);
        let carrying = tally.clusters.iter().filter(|cluster| cluster.weight > 0.0).count() as u64;
        let (p, p_measured) = match &weighing.graded {
            // Of money and milliseconds nothing bounds what was not measured.
            Ok(weighed) if weighed.kind() == stats::Kind::Mean && weighed.unmeasured() > 0.0 => (1.0, 0.0),
            Ok(weighed) => {
                let best = |weighed: &stats::Weighed| match gate.rule {
                    // Counted, not tested: how many it takes is told of what is measured.
                    Rule::Never { max_rate: Some(rate) } if weighed.unmeasured() > 0.0 => {
                        stats::zero_failure_p(weighed.clusters(), weighed.rate_of_rest(rate.get()))
                    }
                    _ => best_p(gate, weighed).unwrap_or(0.0),
                };
                (best(weighed), best(&weighed.measured_only()))
            }
            Err(_) => (1.0, 1.0),
        };
        let conversations = weighing.graded.as_ref().map_or(carrying, stats::Weighed::clusters);
        let seen = weighing.counts.graded.min(weighing.counts.clusters);
        Record { conversations, seen, p, p_measured, kind: weighed_as(&question), weighing: Some(weighing) }
    }

    fn short_of(&self, contract: &Contract, gate: &Gate, segment: &Segment, levels: &Levels) -> Option<Short> {
        let level = levels.of(gate, segment);
        if let Some(short) = never_shown(gate).filter(|_| self.p > level) {
            return Some(short);
        }
        // A never rule without a rate sees every example, whatever it weighs.
        let have = match gate.rule {
            Rule::Never { max_rate: None } => self.seen,
            _ => self.conversations,
        };
        let or = asking_for_less(&gate.rule);
        let best = match gate.rule {
            Rule::NotWorse { .. } => "not even equal answers show",
            _ => "not even a perfect record shows",
        };
        let best = format!("{best}{}", levels.at_look(gate));
        let asked = self.least(gate, level).unwrap_or(2).max(self.fewest(&gate.rule));
        let needed = asked.max(u64::from(segment.minimum.0));
        if have < needed {
            let or = if have >= asked { "lower its `min_examples`" } else { or };
            return Some(Short {
                what: format!(
                    "with {} {best} that it holds; at least {needed} are needed",
                    plural(have, "conversation")
                ),
                remedy: format!("sample {} there, or {or}", plural(needed - have, "more conversation")),
            });
        }
        if self.p <= level || is_never(gate) && self.p_measured > level {
            return None;
        }
        Some(match self.unmeasured(contract, segment).filter(|_| self.p_measured <= level) {
            Some(unmeasured) => Short {
                what: format!("{unmeasured} has no examples, or too few to weigh, so {best} that it holds"),
                remedy: format!("sample there, or {or}"),
            },
            None => Short {
                what: format!("with {have} conversations of such unequal weight {best} that it holds"),
                remedy: format!("sample more conversations there, of more equal weight, or {or}"),
            },
        })
    }

    /// Conversations of equal weight with which the best record holds; `None` where nothing is counted so.
    fn least(&self, gate: &Gate, level: f64) -> Option<u64> {
        match gate.rule {
            Rule::NotWorse { by: Margin::Absolute(margin), .. } if is_a_share(&gate.measure) => {
                stats::least_clusters_for_margin(margin, level)
            }
            Rule::AtLeast(floor) => self.least_for_floor(floor, level),
            Rule::AtMost(most) => self.least_for_floor(1.0 - most, level),
            Rule::Within { share, .. } => self.least_for_floor(share.get(), level),
            Rule::Never { max_rate } => max_rate.map(|rate| stats::zero_failure_n(rate.get(), level)),
            Rule::NotWorse { .. } | Rule::Better { .. } => None,
        }
    }

    /// Conversations of equal weight with which a spotless record clears a floor; a limit from above is a floor on the rest.
    fn least_for_floor(&self, floor: f64, level: f64) -> Option<u64> {
        match self.kind {
            stats::Kind::Rate => stats::least_clusters_for_floor(floor, level),
            stats::Kind::Graded => stats::least_clusters_for_margin(1.0 - floor, level),
            _ => None,
        }
    }

    /// With fewer conversations nothing of the kind is tested; never rules are counted, not tested.
    fn fewest(&self, rule: &Rule) -> u64 {
        match (self.kind, rule) {
            (stats::Kind::Rate | stats::Kind::Difference, _) | (_, Rule::Never { .. }) => 2,
            _ => stats::LEAST_CLUSTERS_OF_A_MEAN,
        }
    }

    /// `7.0 % of the traffic (voice)`, where so much cannot be weighed.
    fn unmeasured(&self, contract: &Contract, segment: &Segment) -> Option<String> {
        let weighing = self.weighing.as_ref()?;
        let share = weighing.graded.as_ref().ok()?.unmeasured();
        (share > 0.0).then(|| of_traffic(share, &strata_named(contract, &weighing.unmeasured), segment))
    }
}

/// What may be done instead of sampling more.
fn asking_for_less(rule: &Rule) -> &'static str {
    match rule {
        Rule::NotWorse { .. } => "widen the margin",
        Rule::Better { .. } => "ask for less of a gain",
        Rule::AtLeast(_) | Rule::Within { .. } => "ask for a lower share",
        Rule::AtMost(_) => "allow more",
        Rule::Never { max_rate: Some(_) } => "allow a higher rate",
        Rule::Never { max_rate: None } => "ask it of a larger segment",
    }
}

fn is_a_share(measure: &Measure) -> bool {
    matches!(measure, Measure::Criterion(_) | Measure::GraderErrors | Measure::Disagreement(_))
}

/// A claim that no number of conversations shows, however good.
fn never_shown(gate: &Gate) -> Option<Short> {
    let (what, remedy) = match gate.rule {
        Rule::AtLeast(floor) if floor >= 1.0 => (
            "no number of conversations shows a share of all of them",
            "write a share below 100 %, such as `at_least: 99%`, or `never: true`, which one failure breaks",
        ),
        Rule::AtMost(most) if most <= 0.0 && is_a_share(&gate.measure) => {
            ("no number of conversations shows a share of none", "write a share above 0 %, such as `at_most: 1%`")
        }
        Rule::NotWorse { by: Margin::Absolute(by), .. } if by <= 0.0 && is_a_share(&gate.measure) => (
            "with a margin of 0 equal answers never show that it holds, however many",
            "write the loss that would still be acceptable, such as `by: 1%`, or `better_than` where a gain is expected",
        ),
        _ => return None,
    };
    Some(Short { what: what.to_owned(), remedy: remedy.to_owned() })
}
