//! What fails outright in a draw: never rules, guards, and examples that must never fail.

use super::draw::{Drawn, at};
use super::held::Entry;
use crate::contract::Contract;
use crate::example::Guard;
use crate::finding::{Facts, FailedBy, FailedExample, Failures, GuardFact, NeverFact, is_never};
use crate::gate::Measure;
use crate::name::CriterionName;
use crate::question::ValueOf;
use crate::reference_set::{ExampleIndex, ReferenceSet, Row};
use crate::share::Share;
use crate::system::Arm;
use std::collections::BTreeSet;

pub(super) struct Outright {
    /// What a finding says of each example, where one may have to; else `None`.
    named: Vec<Option<FailedExample>>,
    /// Criteria of never gates, each with its column.
    never: Vec<(CriterionName, usize)>,
    /// Criteria that a blocking gate names, and all of them, each with its column.
    blocking: Vec<(CriterionName, usize)>,
    all: Vec<(CriterionName, usize)>,
    /// Guards, and whether each was armed by hand.
    guards: Vec<(ExampleIndex, bool)>,
    never_examples: Vec<ExampleIndex>,
}

impl Outright {
    pub fn of(contract: &Contract, set: &ReferenceSet, keys: &[(Measure, ValueOf)]) -> Self {
        let column = |criterion: &crate::criterion::Criterion| {
            let mark = ValueOf::Reaches(criterion.pass_at.unwrap_or(Share::ONE));
            keys.iter()
                .position(|(measure, value)| *measure == Measure::Criterion(criterion.name.clone()) && *value == mark)
        };
        let of_criteria = |wanted: &dyn Fn(&crate::gate::Gate) -> bool| -> Vec<(CriterionName, usize)> {
            let gated = |name: &CriterionName| {
                contract.gates.iter().any(|gate| wanted(gate) && gate.measure == Measure::Criterion(name.clone()))
            };
            let criteria = contract.criteria.iter().filter(|criterion| gated(&criterion.name));
            criteria.filter_map(|criterion| Some((criterion.name.clone(), column(criterion)?))).collect()
        };
        let never = of_criteria(&is_never);
        let active = |wanted: &dyn Fn(&Row) -> bool| -> Vec<ExampleIndex> {
            set.active().filter(|(_, row)| wanted(row)).map(|(example, _)| example).collect()
        };
        let guards = active(&|row| row.guard != Guard::No);
        let never_examples = active(&|row| row.never);
        let may_fail =
            |example: ExampleIndex| !never.is_empty() || guards.contains(&example) || never_examples.contains(&example);
        let named = (0..set.rows.len() as u32).map(ExampleIndex);
        Outright {
            named: named.map(|example| FailedExample::of(set, example).filter(|_| may_fail(example))).collect(),
            never,
            blocking: of_criteria(&|gate| gate.blocking),
            all: contract
                .criteria
                .iter()
                .filter_map(|criterion| Some((criterion.name.clone(), column(criterion)?)))
                .collect(),
            guards: guards.into_iter().map(|at| (at, set.rows[at.0 as usize].guard == Guard::Armed)).collect(),
            never_examples,
        }
    }

    pub fn facts(&self, drawn: &Drawn, arms: &BTreeSet<Arm>) -> Facts {
        let failures = |fails: fn(&Entry) -> bool| -> Vec<Failures> {
            let of = |(criterion, column): &(CriterionName, usize), arm: Arm| {
                let entries = drawn.entries(*column, at(arm)).iter().zip(&self.named);
                let mut examples: Vec<FailedExample> =
                    entries.filter(|(entry, _)| fails(entry)).filter_map(|(_, named)| named.clone()).collect();
                examples.sort();
                (!examples.is_empty()).then(|| Failures { criterion: criterion.clone(), arm, examples })
            };
            self.never.iter().flat_map(|never| arms.iter().filter_map(move |arm| of(never, *arm))).collect()
        };
        let failed_by = |columns: &[(CriterionName, usize)], example: &ExampleIndex| -> FailedBy {
            let fails = |arm: Arm| {
                let failed = columns
                    .iter()
                    .filter(move |(_, column)| drawn.entries(*column, at(arm))[example.0 as usize].fails_somehow());
                failed.map(|(criterion, _)| criterion.clone()).collect::<BTreeSet<CriterionName>>()
            };
            arms.iter().map(|arm| (*arm, fails(*arm))).filter(|(_, criteria)| !criteria.is_empty()).collect()
        };
        let seen_by = |example: &ExampleIndex| -> BTreeSet<Arm> {
            let seen = |arm: &&Arm| {
                self.all
                    .iter()
                    .any(|(_, column)| drawn.entries(*column, at(**arm))[example.0 as usize].scored.known > 0)
            };
            arms.iter().filter(seen).copied().collect()
        };
        let missing_by = |columns: &[(CriterionName, usize)], example: &ExampleIndex| -> BTreeSet<Arm> {
            let missing = |arm: &&Arm| {
                columns
                    .iter()
                    .any(|(_, column)| drawn.entries(*column, at(**arm))[example.0 as usize].scored.missing > 0)
            };
            arms.iter().filter(missing).copied().collect()
        };
        let named = |example: &ExampleIndex| self.named[example.0 as usize].clone();
        let guards = self.guards.iter().filter_map(|(example, by_hand)| {
            let (failed_by, seen_by) = (failed_by(&self.blocking, example), seen_by(example));
            // A fix exists once any system has passed it.
            let missing_by = missing_by(&self.blocking, example);
            let passed = |arm: &Arm| !failed_by.contains_key(arm) && !missing_by.contains(arm);
            let armed = *by_hand || seen_by.iter().any(passed);
            Some(GuardFact { example: named(example)?, armed, failed_by, seen_by, missing_by })
        });
        let never_examples = self.never_examples.iter().filter_map(|example| {
            let (failed_by, seen_by) = (failed_by(&self.all, example), seen_by(example));
            let missing_by = missing_by(&self.all, example);
            Some(NeverFact { example: named(example)?, failed_by, seen_by, missing_by })
        });
        Facts {
            failures: failures(Entry::fails),
            system_faults: failures(|entry| entry.faults > 0),
            guards: guards.collect(),
            never_examples: never_examples.collect(),
            ..Facts::default()
        }
    }
}
