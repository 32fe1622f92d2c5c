//! A release decided as the product decides it: a contract read from its text, findings and routes by `domain`. Beside it the
//! naive gate, a straw man, which shows that the bars can be missed.
//!
//! in      how many segments and criteria, the rule of every gate; per segment and criterion the sums of its clusters
//! out     per segment whether it goes to the candidate, whether harm is said to be done, and whether anything odd was said
//! note    there is no rule of a gate in here; where `domain` changes its mind, so do the figures

use camino::Utf8Path;
use domain::contract::Contract;
use domain::evidence::{Evidence, Weighing, questions_of};
use domain::finding::{Facts, FailedExample, Failures, State, find};
use domain::name::{Attribute, ExampleId};
use domain::question::{Counts, Question, Tally};
use domain::routing::{Cell, route};
use domain::segment::{Minimum, Segment};
use domain::share::Share;
use domain::system::Arm;
use stats::{Cluster, Kind, Strata, weigh};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    NotWorse { margin: f64 },
    Never { max_rate: f64 },
}

/// What became of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub ships: bool,
    pub harmed: bool,
    /// A never rule failed, or something was unfit, in error or without data.
    pub odd: bool,
}

/// Sums by segment, then by criterion.
pub type Drawn = [Vec<Vec<Cluster>>];

pub struct Gate {
    contract: Contract,
    segments: Vec<Segment>,
    cells: Vec<Cell>,
    /// By segment, then by criterion: what the gate's claim and harm rest on.
    questions: Vec<Vec<Question>>,
}

impl Gate {
    /// One gate for each criterion, on each of so many tasks. One look takes all of alpha (.05); else look k takes alpha * 2^-k.
    pub fn of(segments: usize, criteria: usize, rule: Rule, one_look: bool) -> Self {
        let contract = contract(segments, criteria, rule, one_look);
        let task = Attribute::new("task");
        let segments: Vec<Segment> =
            contract.tasks.iter().map(|name| Segment::of_value(&task, name.as_str(), Minimum::default())).collect();
        let cells = segments.iter().enumerate().map(|(at, segment)| Cell {
            values: segment
                .conditions
                .iter()
                .map(|(name, values)| (name.clone(), values.iter().cloned().collect()))
                .collect(),
            share: None,
            declared: false,
            segments: BTreeSet::from([at]),
        });
        let cells = cells.collect();
        let first = |gate, segment| questions_of(&contract, gate, segment, Arm::Candidate).swap_remove(0);
        let questions =
            segments.iter().map(|segment| contract.gates.iter().map(|gate| first(gate, segment)).collect()).collect();
        Gate { contract, segments, cells, questions }
    }

    pub fn decide(&self, drawn: &Drawn, look: u32) -> Vec<Verdict> {
        let answered = self.questions.iter().flatten().zip(drawn.iter().flatten());
        let entries = answered.map(|(question, clusters)| (question.clone(), Weighing::of(question, &tally(clusters))));
        let evidence = Evidence::new(entries.collect());
        let facts = Facts { look: Some(look), failures: self.failures(drawn), ..Facts::default() };
        let arms = BTreeSet::from([Arm::Candidate]);
        let findings = find(&self.contract, &self.segments, &arms, &evidence, &facts);
        let routes = route(&self.contract, &self.cells, &self.segments, &findings);
        let of_segment = |segment: &Segment| {
            let states = findings.iter().filter(|finding| finding.segment == *segment).map(|finding| finding.state);
            let states: Vec<State> = states.collect();
            let odd = |state: &State| !matches!(state, State::Holds | State::NotShown | State::Breached);
            (states.contains(&State::Breached), states.iter().any(odd))
        };
        let verdicts = self.segments.iter().zip(&routes).map(|(segment, route)| {
            let (harmed, odd) = of_segment(segment);
            Verdict { ships: route.system == Arm::Candidate && route.share == Share::ONE, harmed, odd }
        });
        verdicts.collect()
    }

    /// For never rules: an example that failed, in each segment where one did.
    fn failures(&self, drawn: &Drawn) -> Vec<Failures> {
        let never = |at: usize| matches!(self.contract.gates[at].rule, domain::gate::Rule::Never { .. });
        let of_criterion = |(at, criterion): (usize, &domain::criterion::Criterion)| Failures {
            criterion: criterion.name.clone(),
            arm: Arm::Candidate,
            examples: self
                .cells
                .iter()
                .zip(drawn)
                .filter(|(_, of_segment)| of_segment[at].iter().any(|cluster| cluster.some_fail))
                .map(|(cell, _)| FailedExample {
                    id: ExampleId::new("failed"),
                    attributes: cell.values.clone(),
                    from_production: true,
                })
                .collect(),
        };
        self.contract.criteria.iter().enumerate().filter(|(at, _)| never(*at)).map(of_criterion).collect()
    }
}

fn tally(clusters: &[Cluster]) -> Tally {
    let rows = clusters.iter().map(|cluster| cluster.rows).sum();
    let counts = Counts {
        planned: rows,
        answered: rows,
        graded: rows,
        paired: rows,
        clusters: clusters.len() as u64,
        weighted: rows,
        ..Counts::default()
    };
    Tally { counts, opponent: counts, clusters: clusters.to_vec(), ..Tally::default() }
}

fn contract(segments: usize, criteria: usize, rule: Rule, one_look: bool) -> Contract {
    let rule = match rule {
        Rule::NotWorse { margin } => format!("not_worse_than: production, by: {margin}"),
        Rule::Never { max_rate } => format!("never: true, max_rate: {max_rate}"),
    };
    let names = |letter: char, count: usize| (0..count).map(move |at| format!("{letter}{at}"));
    let tasks: Vec<String> = names('t', segments).collect();
    let asked: String = names('c', criteria)
        .map(|name| format!("  {name}: {{protects: [wrong_source], grade: {{behaviour: expected.behaviour}}}}\n"))
        .collect();
    let gates: String = names('c', criteria)
        .map(|name| format!("  - {{criterion: {name}, in: task, {rule}, else: repair it, owner: release}}\n"))
        .collect();
    let looks = if one_look { "looks: 1\n" } else { "" };
    let text = format!(
        "plimsoll: 1\nname: simulated\npromise:\n  work: answer billing questions\n  for: customers\n  evidence: [policy]\n  \
         constraints: [cite it]\n  when_not_ready: escalate\nrelease: replace v1 by v2\nowners: {{release: whoever simulates}}\n\
         tasks: [{}]\nfailures:\n  wrong_source: {{cost: 10, owner: release}}\nexamples: [examples.jsonl]\n\
         segments:\n  - {{by: task, routable: true}}\ncriteria:\n{asked}\
         systems:\n  candidate: {{recorded: c.jsonl}}\n  production: {{recorded: p.jsonl}}\ngates:\n{gates}alpha: 0.05\n{looks}",
        tasks.join(", ")
    );
    match domain::format::contract::parse(Utf8Path::new("simulated.yaml"), &text) {
        Ok(parsed) => parsed.contract,
        // The text is ours: where the format has moved on, this must follow it.
        Err(faults) => panic!("{:?}", faults.iter().map(|fault| &fault.what).collect::<Vec<_>>()),
    }
}

/// What many do: ship where no estimate is worse than the margin; cry harm where any cell's z test, by itself, says so.
pub fn naive(drawn: &Drawn, margin: f64) -> Vec<Verdict> {
    const Z_OF_5_PERCENT: f64 = 1.644_853_626_951_472_7;
    let estimate = |clusters: &Vec<Cluster>| {
        let sum = |of: fn(&Cluster) -> f64| clusters.iter().map(of).sum::<f64>();
        let (n, gained, lost) =
            (sum(|cluster| cluster.weight), sum(|cluster| cluster.gain), sum(|cluster| cluster.loss));
        let difference = (gained - lost) / n;
        let error = libm::sqrt(((gained + lost) / n - difference * difference).max(0.0) / n);
        (difference, difference < -Z_OF_5_PERCENT * error)
    };
    let of_segment = |criteria: &Vec<Vec<Cluster>>| Verdict {
        ships: criteria.iter().all(|clusters| estimate(clusters).0 >= -margin),
        harmed: criteria.iter().any(|clusters| estimate(clusters).1),
        odd: false,
    };
    drawn.iter().map(of_segment).collect()
}

/// Clusters with which the product says that a margin would be shown with 80 % power at .05, had it seen data like these.
pub fn clusters_asked_for(pilot: &[Cluster], margin: f64) -> Option<u64> {
    weigh(pilot, &Strata::none(), Kind::Difference).ok()?.clusters_needed(margin, super::rates::ONE_SIDED)
}
