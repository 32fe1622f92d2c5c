//! Rehearsals: the contract's own gates, put to scores of which the answer is known, because they were made from stored ones.
//!
//! in      a contract, its reference set and segments; what a run holds, example by example; the look; chance, as an argument
//! out     a `Stage`: draws of scores, and for each what the gates say: on systems that are identical (`identical`), on a candidate
//!         that lost a known share of what it passed (`loss`), on a record in which one thing is otherwise (`decisive`)
//! errors  none: what cannot be rehearsed is said by a value
//! note    scores are changed here, thousands of times a second; what is made of them is made by `tally`, `stats::weigh`,
//!         `finding::Heard` and `routing`, which decide real releases too. There is no second rule

mod asked;
pub mod decisive;
mod draw;
mod held;
pub mod identical;
pub mod loss;
mod outright;

pub use draw::{Chance, Drawn};
pub use held::{Answered, Column, Held, columns};

use crate::contract::Contract;
use crate::digest::Digest;
use crate::evidence::{Evidence, Weighing, in_scope, questions_of};
use crate::finding::{Facts, Failures, Findings, Heard, State, Subject, joined};
use crate::layout::Layout;
use crate::qualification::Judged;
use crate::question::{Question, ValueOf};
use crate::reference_set::ReferenceSet;
use crate::routing::{Cell, Outcome, cells, outcome, route};
use crate::segment::Segment;
use crate::share::Share;
use crate::system::Arm;
use asked::Asked;
use held::{Entry, summed};
use loss::Lossy;
use outright::Outright;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is rehearsed.
#[derive(Clone, Copy)]
pub struct Play<'a> {
    pub contract: &'a Contract,
    pub set: &'a ReferenceSet,
    pub segments: &'a [Segment],
    pub arms: &'a BTreeSet<Arm>,
    /// The look at whose level the gates are tested; unknown is the first.
    pub look: Option<u32>,
    /// What calibration showed of the judges when it was decided.
    pub judges: &'a Arc<[Judged]>,
    /// What reviewers are split on, as the scores have it.
    pub disputed: &'a Arc<[Failures]>,
}

/// One gate on one segment, as it judges the candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Position of the gate in the contract.
    pub gate: usize,
    /// Position of the segment.
    pub segment: usize,
    pub blocking: bool,
}

/// Everything that stays the same from rehearsal to rehearsal.
pub struct Stage<'a> {
    play: Play<'a>,
    /// Of each example its cluster, as a number below `cluster_count`.
    clusters: Vec<u32>,
    cluster_count: usize,
    keys: Vec<(crate::gate::Measure, ValueOf)>,
    real: Drawn,
    /// Production's repeats by halves, where it was asked more than once: even repeats and odd ones.
    halves: Option<[Vec<Vec<Entry>>; 2]>,
    asked: Vec<Asked>,
    rows: Vec<Row>,
    /// For each row what a loss on it is.
    lossy: Vec<Option<Lossy>>,
    cells: Vec<Cell>,
    outright: Outright,
}

/// What the gates say of one draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    pub outcome: Outcome,
    /// The candidate's state on each row of the stage.
    pub states: Vec<State>,
    /// The candidate's states on guards and never examples, where there are any.
    pub outright: Vec<(Subject, State)>,
    /// For each cell who answers, at what share, and whether to stop accepting.
    pub routes: Vec<(Arm, Share, bool)>,
}

/// The questions that the gates of a contract rest on, each once.
pub fn questions(contract: &Contract, segments: &[Segment], arms: &BTreeSet<Arm>) -> Vec<Question> {
    let mut all: Vec<Question> = Vec::new();
    for gate in &contract.gates {
        for segment in in_scope(gate, segments, contract) {
            for arm in arms {
                for question in questions_of(contract, gate, segment, *arm) {
                    if !all.contains(&question) {
                        all.push(question);
                    }
                }
            }
        }
    }
    all
}

impl<'a> Stage<'a> {
    /// From what a run holds for `columns` of this play.
    pub fn new(play: Play<'a>, held: &Held) -> Self {
        let layout = Layout::of(play.contract, play.set);
        let rows_of_set = play.set.rows.len();
        let keys: Vec<_> = held.columns.iter().map(|column| (column.measure.clone(), column.value)).collect();
        let real = Drawn::of(
            held.columns
                .iter()
                .map(|column| Arm::ALL.map(|arm| summed(play.contract, column, arm, rows_of_set, |_| true)))
                .collect(),
        );
        let asked = questions(play.contract, play.segments, play.arms)
            .into_iter()
            .filter_map(|question| Asked::new(question, &keys, play.set, &layout))
            .collect();
        let halves = held.is_repeated(Arm::Production).then(|| {
            [0, 1].map(|half| {
                let of =
                    |column| summed(play.contract, column, Arm::Production, rows_of_set, |repeat| repeat % 2 == half);
                held.columns.iter().map(of).collect()
            })
        });
        let mut stage = Stage {
            clusters: layout.clusters().to_vec(),
            cluster_count: layout.clusters().iter().max().map_or(0, |most| *most as usize + 1),
            rows: rows(play.contract, play.segments),
            cells: cells(play.contract, play.set, play.segments),
            outright: Outright::of(play.contract, play.set, &keys),
            play,
            keys,
            real,
            halves,
            asked,
            lossy: Vec::new(),
        };
        stage.lossy = loss::lossy(&stage, &layout);
        stage
    }

    pub fn play(&self) -> &Play<'a> {
        &self.play
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The scores as they are.
    pub fn real(&self) -> &Drawn {
        &self.real
    }

    /// Whether production was asked more than once, and can be laid beside itself.
    pub fn is_repeated(&self) -> bool {
        self.halves.is_some()
    }

    /// Clusters with an active example.
    pub fn active_clusters(&self) -> usize {
        self.clusters_of(|_| true)
    }

    /// Clusters with an active example of weight above 0.
    pub fn weighted_clusters(&self) -> usize {
        self.clusters_of(|row| row.weight.get() > 0.0)
    }

    fn clusters_of(&self, wanted: impl Fn(&crate::reference_set::Row) -> bool) -> usize {
        let active = self.play.set.active().filter(|(_, row)| wanted(row));
        active.map(|(example, _)| self.clusters[example.0 as usize]).collect::<BTreeSet<u32>>().len()
    }

    /// The evidence of a draw, whole.
    fn evidence(&self, drawn: &Drawn) -> Evidence {
        self.evidence_on(drawn, self.asked.iter())
    }

    fn evidence_on<'b>(&self, drawn: &Drawn, wanted: impl Iterator<Item = &'b Asked>) -> Evidence {
        let answered = wanted.map(|asked| {
            let question = asked.question.clone();
            let tally = asked.tally(drawn);
            let weighing =
                Weighing::of(&question, &tally).judged(self.play.contract, &question, &tally, self.play.judges);
            (question, weighing)
        });
        Evidence::new(answered.collect())
    }

    /// What failed outright in a draw. Whoever answers as production did is disputed where production was.
    fn facts(&self, drawn: &Drawn) -> Facts {
        let of_production = self.play.disputed.iter().filter(|disputed| disputed.arm == Arm::Production);
        let everywhere = of_production
            .flat_map(|disputed| self.play.arms.iter().map(|arm| Failures { arm: *arm, ..disputed.clone() }));
        Facts {
            look: self.play.look,
            judges: Arc::clone(self.play.judges),
            disputed: everywhere.collect(),
            ..self.outright.facts(drawn, self.play.arms)
        }
    }

    /// The findings on the scores as they are, with their estimates and sentences, as a record has them; `decided_under` as in
    /// `Facts`.
    pub fn findings(&self, decided_under: Option<Digest>) -> Findings {
        let (evidence, facts) = (self.evidence(&self.real), self.facts(&self.real));
        let facts = Facts { decided_under, disputed: Arc::clone(self.play.disputed), ..facts };
        crate::finding::find(self.play.contract, self.play.segments, self.play.arms, &evidence, &facts)
    }

    fn heard<'b>(&'b self, arm: Arm, evidence: &'b Evidence, facts: &Facts) -> Heard<'b> {
        Heard::of(self.play.contract, self.play.segments, arm, evidence, facts)
    }

    /// Decides on a draw.
    pub fn decide(&self, drawn: &Drawn) -> Decided {
        let (evidence, facts) = (self.evidence(drawn), self.facts(drawn));
        let arms = self.play.arms.iter();
        let of_arms = arms.map(|arm| (*arm, self.heard(*arm, &evidence, &facts).bare(&facts))).collect();
        self.routed(of_arms, &facts)
    }

    /// Routes what the arms' findings allow.
    fn routed(&self, of_arms: Vec<(Arm, Vec<crate::finding::Finding>)>, facts: &Facts) -> Decided {
        let Play { contract, segments, .. } = self.play;
        let candidate = of_arms.iter().find(|(arm, _)| *arm == Arm::Candidate);
        let states = candidate.map_or(Vec::new(), |(_, found)| found.iter().map(|finding| finding.state).collect());
        let findings = joined(contract, of_arms, facts);
        let outright = findings.iter().filter(|finding| finding.arm == Arm::Candidate);
        let outright = outright.filter(|finding| !matches!(finding.subject, Subject::Gate(_)));
        let routes = route(contract, &self.cells, segments, &findings);
        Decided {
            outcome: outcome(contract, &routes, segments, &findings),
            states,
            outright: outright.map(|finding| (finding.subject.clone(), finding.state)).collect(),
            routes: routes.iter().map(|route| (route.system, route.share, route.stop_accepting)).collect(),
        }
    }
}

impl Decided {
    /// Whether a blocking gate says that the candidate does harm.
    pub fn is_breached(&self, rows: &[Row]) -> bool {
        rows.iter().zip(&self.states).any(|(row, state)| row.blocking && *state == State::Breached)
    }

    /// Whether a never rule, a guard or a never example failed outright.
    pub fn is_failed(&self, rows: &[Row]) -> bool {
        let failed = |state: &State| matches!(state, State::FailedNever | State::FailedGuard);
        rows.iter().zip(&self.states).any(|(row, state)| row.blocking && failed(state))
            || self.outright.iter().any(|(_, state)| failed(state))
    }
}

/// In the order in which the candidate's gates are heard.
fn rows(contract: &Contract, segments: &[Segment]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, gate) in contract.gates.iter().enumerate() {
        for segment in in_scope(gate, segments, contract) {
            let judged = !questions_of(contract, gate, segment, Arm::Candidate).is_empty();
            let position = segments.iter().position(|known| known == segment);
            rows.extend(position.filter(|_| judged).map(|segment| Row { gate: at, segment, blocking: gate.blocking }));
        }
    }
    rows
}
