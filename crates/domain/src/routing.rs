//! Routing: which system answers each cell of the traffic, given the findings that bear on it.
//!
//! in      the contract, its segments' cells, the findings
//! out     one `Route` a cell, and the decision that the table amounts to
//! note    cells are the disjoint combinations of the routable attributes; none routable = one cell

use crate::contract::Contract;
use crate::finding::{Finding, Findings, State, Subject};
use crate::gate::{Rule, Stage};
use crate::name::Attribute;
use crate::reference_set::{ExampleIndex, ReferenceSet};
use crate::segment::{ABSENT, Conditions, Segmentation};
use crate::share::Share;
use crate::system::Arm;
use std::collections::{BTreeMap, BTreeSet};

/// One combination of values of the routable attributes; empty for the one cell of a contract without any.
pub type Values = BTreeMap<Attribute, String>;

#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub values: Values,
    /// Share of the weight of the examples of the set, or of traffic as the contract declares it; `None` where none of the cell's carries
    /// weight, or none is declared.
    pub share: Option<Share>,
    /// Whether the contract declares the shares, so that they are of traffic whatever the set is.
    pub declared: bool,
    /// Positions of the concrete segments that have an example in this cell, or no example at all that could tell.
    pub segments: BTreeSet<usize>,
}

impl Cell {
    /// `task=refund-request, risk=high`, or `everything`.
    pub fn name(&self) -> String {
        if self.values.is_empty() {
            return "everything".to_owned();
        }
        let parts: Vec<String> = self.values.iter().map(|(attribute, value)| format!("{attribute}={value}")).collect();
        parts.join(", ")
    }

    /// Whether a request with these attributes could be in it.
    pub fn holds(&self, attributes: &BTreeMap<Attribute, String>) -> bool {
        // An example that lacks a routable attribute could be anywhere.
        self.values.iter().all(|(attribute, value)| attributes.get(attribute).is_none_or(|own| own == value))
    }
}

/// Where a cell's requests go, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub cell: Cell,
    pub system: Arm,
    /// 1, or the share of a stage; the rest stays with production.
    pub share: Share,
    /// Neither production nor the fallback holds here: stop accepting, or change policy.
    pub stop_accepting: bool,
    /// Positions of the findings that kept the candidate out, or that a stage is about.
    pub because: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ship,
    NarrowRollout,
    Hold,
    RollBack,
    CannotDecide,
}

impl Outcome {
    pub const ALL: [Outcome; 5] =
        [Outcome::Ship, Outcome::NarrowRollout, Outcome::Hold, Outcome::RollBack, Outcome::CannotDecide];

    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Ship => "ship",
            Outcome::NarrowRollout => "narrow_rollout",
            Outcome::Hold => "hold",
            Outcome::RollBack => "roll_back",
            Outcome::CannotDecide => "cannot_decide",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }

    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Ship => 0,
            Outcome::NarrowRollout => 10,
            Outcome::Hold => 20,
            Outcome::RollBack => 30,
            Outcome::CannotDecide => 40,
        }
    }
}

/// The share of a cell where `all` caps a rollout and no gate names a stage.
const CAPPED: f64 = 0.05;

/// The cells that the active examples, the tasks and declared shares make up.
pub fn cells(contract: &Contract, set: &ReferenceSet, segments: &[crate::segment::Segment]) -> Vec<Cell> {
    let routable: Vec<&Attribute> = contract
        .segments
        .iter()
        .filter_map(|cut| match cut {
            Segmentation::By { attribute, routable: true, .. } => Some(attribute),
            _ => None,
        })
        .collect();
    // One that lacks an attribute and counts toward a rate stands for traffic that nobody knows where to send.
    let values_of = |example, counts: bool| -> Option<Values> {
        let value = |attribute| set.value(attribute, example).or(counts.then_some(ABSENT));
        routable.iter().map(|&attribute| Some((attribute.clone(), value(attribute)?.to_owned()))).collect()
    };
    let mut weights: BTreeMap<Values, f64> = BTreeMap::new();
    let mut seen: BTreeMap<Values, BTreeSet<usize>> = BTreeMap::new();
    let mut populated: BTreeSet<usize> = BTreeSet::new();
    let mut uncounted: Vec<(Option<Values>, BTreeSet<usize>)> = Vec::new();
    for (example, weight) in alike(set) {
        let inside = (0..segments.len()).filter(|&at| set.lies_in(&segments[at].conditions, example));
        let inside: BTreeSet<usize> = inside.collect();
        populated.extend(&inside);
        match values_of(example, weight > 0.0) {
            Some(values) => {
                *weights.entry(values.clone()).or_insert(0.0) += weight;
                seen.entry(values).or_default().extend(inside);
            }
            None => uncounted.push((values_of(example, true), inside)),
        }
    }
    // One that lacks an attribute and counts for nothing makes up no cell, and lies in the one that others make up.
    for (values, inside) in uncounted {
        if let Some(known) = values.and_then(|values| seen.get_mut(&values)) {
            known.extend(inside);
        }
    }
    for &attribute in &routable {
        let unsampled = unsampled(attribute, routable.len(), segments, &seen);
        seen.extend(unsampled.into_iter().map(|values| (values, BTreeSet::new())));
    }
    if routable.is_empty() {
        seen.entry(Values::new()).or_default().extend(0..segments.len());
    }
    if seen.is_empty() {
        // Nothing tells any cell from another.
        let nowhere = routable.iter().map(|&attribute| (attribute.clone(), ABSENT.to_owned()));
        seen.entry(nowhere.collect()).or_default();
    }
    let declared = declared_shares(contract, &routable);
    let total: f64 = weights.values().sum();
    seen.into_iter()
        .map(|(values, mut inside)| {
            // Segments without any example touch every cell that they could touch.
            inside.extend(
                (0..segments.len())
                    .filter(|at| !populated.contains(at) && compatible(&segments[*at].conditions, &values)),
            );
            // Of what no example was sampled of, the share is not known, and not zero.
            let weighed = weights.get(&values).filter(|weight| **weight > 0.0).and_then(|w| Share::new(w / total).ok());
            let share = match declared {
                // Beside declared shares those of the set say nothing.
                Some(declared) => values.values().next().and_then(|value| declared.get(value).copied()),
                None => weighed,
            };
            Cell { values, share, declared: declared.is_some(), segments: inside }
        })
        .collect()
}

/// Cells of the values that nothing was sampled of, which are still routed: one beside each of what the other attributes were seen as.
fn unsampled(
    attribute: &Attribute,
    routable: usize,
    segments: &[crate::segment::Segment],
    seen: &BTreeMap<Values, BTreeSet<usize>>,
) -> Vec<Values> {
    let of_one = segments.iter().filter(|segment| segment.conditions.len() == 1);
    let named = of_one.filter_map(|segment| segment.conditions.get(attribute)).flatten();
    let is_seen = |value: &String| seen.keys().any(|values| values.get(attribute) == Some(value));
    let missing: BTreeSet<&String> = named.filter(|value| !is_seen(value)).collect();
    let others = |values: &Values| {
        let mut others = values.clone();
        others.remove(attribute);
        others
    };
    // An attribute on its own has nothing beside it.
    let beside: BTreeSet<Values> =
        if routable == 1 { BTreeSet::from([Values::new()]) } else { seen.keys().map(others).collect() };
    let with = |others: &Values, value: &str| {
        let mut values = others.clone();
        values.insert(attribute.clone(), value.to_owned());
        values
    };
    missing.iter().flat_map(|value| beside.iter().map(move |others| with(others, value))).collect()
}

/// Of active examples whose attributes are all the same one, with the weight of all of them: a set has few such kinds.
fn alike(set: &ReferenceSet) -> impl Iterator<Item = (ExampleIndex, f64)> {
    let mut kinds: BTreeMap<Vec<Option<u32>>, (ExampleIndex, f64)> = BTreeMap::new();
    let mut kind = Vec::new();
    for (example, row) in set.active() {
        kind.clear();
        kind.extend(set.attributes.values().map(|column| column.of_row.get(example.0 as usize).copied()));
        match kinds.get_mut(&kind) {
            Some((_, weight)) => *weight += row.weight.get(),
            None => drop(kinds.insert(kind.clone(), (example, row.weight.get()))),
        }
    }
    kinds.into_values()
}

/// Shares given by hand for the only routable attribute.
fn declared_shares<'a>(contract: &'a Contract, routable: &[&Attribute]) -> Option<&'a BTreeMap<String, Share>> {
    let [only] = routable else { return None };
    contract.segments.iter().find_map(|cut| match cut {
        Segmentation::By { attribute, shares: crate::segment::Shares::Declared(shares), .. } if attribute == *only => {
            Some(shares)
        }
        _ => None,
    })
}

fn compatible(conditions: &Conditions, values: &Values) -> bool {
    conditions.iter().all(|(attribute, allowed)| values.get(attribute).is_none_or(|value| allowed.contains(value)))
}

/// Sends each cell where the findings that bear on it allow.
pub fn route(
    contract: &Contract,
    cells: &[Cell],
    segments: &[crate::segment::Segment],
    findings: &Findings,
) -> Vec<Route> {
    let table = Table { contract, segments, findings };
    let mut routes: Vec<Route> = cells.iter().map(|cell| table.route(cell)).collect();
    let capped = table.capping();
    if !capped.is_empty() && routes.iter().all(|route| route.system == Arm::Candidate) {
        let share = table.cap_share(&capped);
        for route in routes.iter_mut().filter(|route| route.share == Share::ONE) {
            route.share = share;
            route.because.clone_from(&capped);
        }
    }
    routes
}

/// What the routing table amounts to: the first that applies.
pub fn outcome(
    contract: &Contract,
    routes: &[Route],
    segments: &[crate::segment::Segment],
    findings: &Findings,
) -> Outcome {
    let table = Table { contract, segments, findings };
    let candidate = |route: &Route| route.system == Arm::Candidate;
    if routes.iter().any(|route| route.system == Arm::Fallback) {
        Outcome::RollBack
    } else if routes.iter().all(|route| candidate(route) && route.share == Share::ONE) && table.capping().is_empty() {
        Outcome::Ship
    } else if routes.iter().any(candidate) {
        Outcome::NarrowRollout
    } else if table.nothing_shown_wrong() && routes.iter().all(|route| table.blocked_only_by_the_unknown(route)) {
        Outcome::CannotDecide
    } else {
        Outcome::Hold
    }
}

/// Whether a finding bears on the cells of its examples, and on no other.
fn by_examples(finding: &Finding) -> bool {
    let outright = matches!(finding.subject, Subject::Guards | Subject::NeverExamples);
    matches!(finding.state, State::FailedNever | State::FailedGuard)
        || (finding.state == State::Error || outright && finding.state != State::Holds) && !finding.examples.is_empty()
}

struct Table<'a> {
    contract: &'a Contract,
    segments: &'a [crate::segment::Segment],
    findings: &'a Findings,
}

impl Table<'_> {
    fn route(&self, cell: &Cell) -> Route {
        let bearing = self.bearing(cell, Arm::Candidate);
        let blocked: Vec<usize> = bearing.iter().copied().filter(|&at| !self.holds_in(at, cell)).collect();
        let to = |system, share, stop_accepting| Route {
            cell: cell.clone(),
            system,
            share,
            stop_accepting,
            because: blocked.clone(),
        };
        if blocked.is_empty() && !bearing.is_empty() {
            return to(Arm::Candidate, Share::ONE, false);
        }
        if !self.production_is_out(cell) {
            // What a stage leaves stays with production, which must be fit to keep it.
            return match self.staged(&blocked) {
                Some(share) => to(Arm::Candidate, share, false),
                None => to(Arm::Production, Share::ONE, false),
            };
        }
        if self.fallback_holds(cell) {
            return to(Arm::Fallback, Share::ONE, false);
        }
        to(Arm::Production, Share::ONE, true)
    }

    fn state(&self, at: usize) -> State {
        self.findings.0[at].state
    }

    /// Positions of the blocking findings of an arm that bear on a cell.
    fn bearing(&self, cell: &Cell, arm: Arm) -> Vec<usize> {
        let of_arm = || {
            let findings = self.findings.0.iter().enumerate();
            findings.filter(move |(_, finding)| finding.blocking && finding.arm == arm)
        };
        let mut bearing: Vec<usize> =
            of_arm().filter(|(_, finding)| self.bears(finding, cell)).map(|(at, _)| at).collect();
        // Where no tested finding of its own speaks for a cell, what is tested on `all` does: nothing is decided on nothing.
        let spoken_for = bearing.iter().any(|&at| self.is_tested(&self.findings.0[at]));
        if !spoken_for {
            let overall = of_arm().filter(|(_, finding)| self.is_overall(finding)).map(|(at, _)| at);
            bearing.extend(overall);
        }
        bearing.sort_unstable();
        bearing.dedup();
        bearing
    }

    /// Nothing against the arm in this cell: it holds, or what is against it lies in other cells alone.
    fn holds_in(&self, at: usize, cell: &Cell) -> bool {
        let finding = &self.findings.0[at];
        finding.state == State::Holds || by_examples(finding) && !self.bears(finding, cell)
    }

    fn bears(&self, finding: &Finding, cell: &Cell) -> bool {
        if by_examples(finding) {
            return finding.examples.iter().any(|example| cell.holds(&example.attributes));
        }
        if self.is_overall(finding) {
            // A contract without routable attributes has one cell, and `all` is that cell.
            return finding.state == State::Breached || cell.values.is_empty();
        }
        match self.segments.iter().position(|segment| *segment == finding.segment) {
            Some(at) => cell.segments.contains(&at),
            None => true,
        }
    }

    fn is_overall(&self, finding: &Finding) -> bool {
        finding.segment.is_all()
    }

    /// Rests on an estimate, and not only on the absence of outright failures.
    fn is_tested(&self, finding: &Finding) -> bool {
        match finding.subject {
            Subject::Gate(at) => !matches!(self.contract.gates[at].rule, Rule::Never { max_rate: None }),
            Subject::Guards | Subject::NeverExamples => false,
        }
    }

    /// The share of the stage, where everything that blocks is merely not shown and its gate names a stage.
    fn staged(&self, blocked: &[usize]) -> Option<Share> {
        let stage = |&at: &usize| (self.state(at) == State::NotShown).then(|| self.stage(at)).flatten();
        let shares: Option<Vec<Share>> = blocked.iter().map(|at| stage(at).map(|stage| stage.share)).collect();
        shares?.into_iter().reduce(|a, b| if b < a { b } else { a })
    }

    fn stage(&self, at: usize) -> Option<&Stage> {
        match self.findings.0[at].subject {
            Subject::Gate(gate) => self.contract.gates[gate].not_shown.as_ref(),
            Subject::Guards | Subject::NeverExamples => None,
        }
    }

    /// Breached on an absolute gate, or failed a never rule or armed guard on a traffic or incident example.
    fn production_is_out(&self, cell: &Cell) -> bool {
        let bearing = self.bearing(cell, Arm::Production);
        bearing.iter().map(|&at| &self.findings.0[at]).any(|finding| match finding.state {
            State::Breached => true,
            State::FailedNever | State::FailedGuard => {
                let mut examples = finding.examples.iter();
                examples.any(|example| example.from_production && cell.holds(&example.attributes))
            }
            _ => false,
        })
    }

    /// Its own absolute and never gates hold here, and there is at least one.
    fn fallback_holds(&self, cell: &Cell) -> bool {
        let bearing = self.bearing(cell, Arm::Fallback);
        !bearing.is_empty() && bearing.iter().all(|&at| self.holds_in(at, cell))
    }

    /// Blocking findings of the candidate on `all` that do not hold: they cap the decision at narrow.
    fn capping(&self) -> Vec<usize> {
        let findings = self.findings.0.iter().enumerate();
        findings
            .filter(|(_, finding)| finding.arm == Arm::Candidate && finding.blocking)
            .filter(|(_, finding)| self.is_overall(finding) && finding.state != State::Holds)
            .map(|(at, _)| at)
            .collect()
    }

    fn cap_share(&self, capping: &[usize]) -> Share {
        let staged = capping.iter().filter_map(|&at| self.stage(at)).map(|stage| stage.share);
        let smallest = staged.reduce(|a, b| if b < a { b } else { a });
        smallest.or(Share::new(CAPPED).ok()).unwrap_or(Share::ZERO)
    }

    /// Of the candidate, and of production that would keep the traffic; nobody asked for the fallback.
    fn nothing_shown_wrong(&self) -> bool {
        let wrong = [State::Breached, State::FailedNever, State::FailedGuard];
        let mut bearing = [Arm::Candidate, Arm::Production].into_iter().flat_map(|arm| self.findings.blocking(arm));
        !bearing.any(|finding| wrong.contains(&finding.state))
    }

    fn blocked_only_by_the_unknown(&self, route: &Route) -> bool {
        let unknown = [State::Unfit, State::Error, State::NoData];
        route.because.iter().all(|&at| unknown.contains(&self.state(at)))
    }
}
