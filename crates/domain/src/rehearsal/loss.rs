//! Power: how much worse a candidate must be before a gate sees it.
//!
//! in      a draw on which candidate and production are the same system, and a loss: each pass of the candidate in the gate's
//!         segment turns into a failure with the same chance, so that the rate falls by so many points on average
//! out     for each row the smallest loss at which the gate does not hold (*blocks*), and at which it says harm (*calls*)
//! note    the numbers that losses are drawn with are the same for every loss, so that a larger one takes all that a smaller one
//!         took; the smallest that is caught is then found by halving, and the share caught at each loss by counting

use super::asked::Asked;
use super::draw::{Chance, Drawn, at};
use super::{Row, Stage};
use crate::evidence::{questions_of, weighed_as};
use crate::finding::{Facts, Heard, State, is_never};
use crate::gate::{Gate, Measure, Rule};
use crate::layout::Layout;
use crate::question::{Compared, Question, ValueOf};
use crate::system::Arm;

/// Losses that are tried, after none at all: points, or per cent of an amount.
pub const TRIED: [u32; 35] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42,
    44, 46, 48, 50,
];
/// The share of rehearsals in which a loss must be caught.
pub const POWER: f64 = 0.8;

/// What a loss is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Hundredths of a share.
    Points,
    /// Hundredths of the amount itself.
    Percent,
}

/// What becomes of the candidate's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    /// Some turn into 0.
    Fewer,
    /// Some turn into 1.
    More,
    /// All grow, or shrink.
    Larger,
    Smaller,
}

/// A loss on one row, ready to be drawn.
pub(super) struct Lossy {
    harm: Harm,
    /// Columns that change.
    columns: Vec<usize>,
    /// Positions of the questions about the candidate whose answer may change with it.
    touched: Vec<usize>,
    /// The candidate's own value on the segment: what can be lost.
    own: Asked,
    /// Examples count whatever their weight.
    unweighted: bool,
}

/// At which step of losses a row was first caught, 0 being no loss; `None` where at none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caught {
    pub blocks: Option<usize>,
    pub calls: Option<usize>,
}

/// Counts over rehearsals for one row; those of two parts add up to those of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    pub rehearsals: u64,
    /// Rehearsals in which nothing of the candidate could be lost: it passed nothing, or nothing could be estimated.
    pub nothing_to_lose: u64,
    /// First caught at this step.
    pub blocks: [u64; TRIED.len() + 1],
    pub calls: [u64; TRIED.len() + 1],
}

impl Default for Power {
    fn default() -> Self {
        Power { rehearsals: 0, nothing_to_lose: 0, blocks: [0; TRIED.len() + 1], calls: [0; TRIED.len() + 1] }
    }
}

impl Power {
    pub fn add(&mut self, caught: Option<Caught>) {
        let Some(caught) = caught else {
            self.nothing_to_lose += 1;
            return;
        };
        self.rehearsals += 1;
        for (counts, step) in [(&mut self.blocks, caught.blocks), (&mut self.calls, caught.calls)] {
            if let Some(step) = step {
                counts[step] += 1;
            }
        }
    }

    pub fn merge(&mut self, other: &Power) {
        self.rehearsals += other.rehearsals;
        self.nothing_to_lose += other.nothing_to_lose;
        for (own, others) in [(&mut self.blocks, &other.blocks), (&mut self.calls, &other.calls)] {
            own.iter_mut().zip(others).for_each(|(own, other)| *own += other);
        }
    }
}

/// The loss of a step.
pub fn loss_of(step: usize) -> u32 {
    step.checked_sub(1).map_or(0, |at| TRIED[at])
}

/// Rehearsals that were caught at a step or before.
pub fn caught_by(counts: &[u64], step: usize) -> u64 {
    counts.iter().take(step + 1).sum()
}

/// The first step at which enough rehearsals were caught.
pub fn smallest(counts: &[u64], rehearsals: u64) -> Option<usize> {
    (0..counts.len()).find(|step| rehearsals > 0 && caught_by(counts, *step) as f64 >= POWER * rehearsals as f64)
}

/// The losses of a contract's rows, in their order.
pub(super) fn lossy(stage: &Stage, layout: &Layout) -> Vec<Option<Lossy>> {
    let of = |row: &Row| {
        let (gate, segment) = (&stage.play.contract.gates[row.gate], &stage.play.segments[row.segment]);
        let asked = questions_of(stage.play.contract, gate, segment, Arm::Candidate).into_iter().next()?;
        let own = Question { compared: Compared::Alone(Arm::Candidate), ..asked };
        let columns = columns(stage, &own);
        let (harm, unweighted) = (harm(gate, own.value), is_never(gate));
        let own = Asked::new(own, &stage.keys, stage.play.set, layout)?;
        Some(Lossy { harm, touched: touched(stage, &columns, &own), columns, own, unweighted })
    };
    stage.rows.iter().map(of).collect()
}

/// A lost pass is lost however the criterion is read; an amount is only read as itself.
fn columns(stage: &Stage, own: &Question) -> Vec<usize> {
    let same = |(measure, value): &(Measure, ValueOf)| {
        *measure == own.measure && (*value == own.value || matches!(measure, Measure::Criterion(_)))
    };
    (0..stage.keys.len()).filter(|at| same(&stage.keys[*at])).collect()
}

/// Questions about the candidate that read one of these columns on some example of the segment.
fn touched(stage: &Stage, columns: &[usize], own: &Asked) -> Vec<usize> {
    let mut inside = vec![false; stage.clusters.len()];
    own.examples().for_each(|example| inside[example as usize] = true);
    let touches = |asked: &Asked| {
        asked.of == at(Arm::Candidate)
            && columns.contains(&asked.column)
            && asked.examples().any(|example| inside[example as usize])
    };
    stage.asked.iter().enumerate().filter(|(_, asked)| touches(asked)).map(|(at, _)| at).collect()
}

fn harm(gate: &Gate, value: ValueOf) -> Harm {
    let of_amount = matches!(value, ValueOf::Amount | ValueOf::Cost(_));
    match (&gate.rule, &gate.measure) {
        (Rule::AtLeast(_), _) if of_amount => Harm::Smaller,
        _ if of_amount => Harm::Larger,
        (Rule::AtMost(_), _) | (_, Measure::GraderErrors | Measure::Disagreement(_)) => Harm::More,
        _ => Harm::Fewer,
    }
}

/// What a row's losses are counted in.
pub fn unit(gate: &Gate) -> Unit {
    match (&gate.measure, &gate.rule) {
        (Measure::Criterion(_) | Measure::GraderErrors | Measure::Disagreement(_), _) | (_, Rule::Within { .. }) => {
            Unit::Points
        }
        _ => Unit::Percent,
    }
}

impl Lossy {
    /// The chance with which one value is lost, or by what amounts are multiplied, for a loss; `None` where nothing can be lost.
    fn strength(&self, drawn: &Drawn, loss: u32) -> Option<f64> {
        let own = self.own_value(drawn)?;
        let loss = f64::from(loss) / 100.0;
        let room = match self.harm {
            Harm::Fewer => own,
            Harm::More => 1.0 - own,
            Harm::Larger | Harm::Smaller => return (own != 0.0).then_some(loss),
        };
        (room > 0.0).then(|| (loss / room).min(1.0))
    }

    /// The candidate's mean on the segment, as the gate weighs it; never rules count every example alike.
    fn own_value(&self, drawn: &Drawn) -> Option<f64> {
        if self.unweighted {
            return self.own.plain_mean(drawn);
        }
        let clusters = self.own.tally(drawn).clusters;
        Some(stats::weigh(&clusters, self.own.strata(), weighed_as(&self.own.question)).ok()?.estimate())
    }

    fn lose(&self, drawn: &mut Drawn, strength: f64, fractions: &[f64]) {
        for column in &self.columns {
            let entries = drawn.entries_mut(*column, at(Arm::Candidate));
            for example in self.own.examples() {
                let scored = &mut entries[example as usize].scored;
                let is_lost = fractions[example as usize] < strength;
                match self.harm {
                    Harm::Fewer if is_lost => scored.sum = 0.0,
                    Harm::More if is_lost => scored.sum = f64::from(scored.known),
                    Harm::Fewer | Harm::More => {}
                    Harm::Larger => scored.sum *= 1.0 + strength,
                    Harm::Smaller => scored.sum *= 1.0 - strength,
                }
            }
        }
    }
}

impl Stage<'_> {
    /// For each row, where its losses on this draw are first caught; `None` where the candidate has nothing to lose.
    pub fn caught(&self, mut drawn: Drawn, chance: &mut impl Chance) -> Vec<Option<Caught>> {
        let fractions: Vec<f64> = (0..self.clusters.len()).map(|_| chance.fraction()).collect();
        let evidence = self.evidence_on(&drawn, self.asked.iter().filter(|asked| asked.of == at(Arm::Candidate)));
        let facts = self.facts(&drawn);
        let heard = self.heard(Arm::Candidate, &evidence, &facts);
        let mut base = Base { stage: self, heard, facts };
        (0..self.rows.len()).map(|row| base.caught(row, &mut drawn, &fractions)).collect()
    }

    /// A draw after a loss on one row: what `caught` searches among, seen directly. `None` where there is nothing to lose.
    pub fn after_loss(&self, row: usize, mut drawn: Drawn, loss: u32, chance: &mut impl Chance) -> Option<Drawn> {
        let fractions: Vec<f64> = (0..self.clusters.len()).map(|_| chance.fraction()).collect();
        let lossy = self.lossy.get(row)?.as_ref()?;
        let strength = lossy.strength(&drawn, loss)?;
        lossy.lose(&mut drawn, strength, &fractions);
        Some(drawn)
    }
}

/// A draw that was heard, of which one row after the other loses something.
struct Base<'a> {
    stage: &'a Stage<'a>,
    heard: Heard<'a>,
    facts: Facts,
}

impl Base<'_> {
    fn caught(&mut self, row: usize, drawn: &mut Drawn, fractions: &[f64]) -> Option<Caught> {
        let lossy = self.stage.lossy[row].as_ref()?;
        lossy.strength(drawn, 0)?;
        let mut known: Vec<Option<Option<State>>> = vec![None; TRIED.len() + 1];
        let mut state =
            |step: usize| *known[step].get_or_insert_with(|| self.state(row, lossy, drawn, loss_of(step), fractions));
        let blocks = first(|step| state(step) != Some(State::Holds));
        let says_harm = [State::Breached, State::FailedNever, State::FailedGuard].map(Some);
        let calls = first(|step| says_harm.contains(&state(step)));
        Some(Caught { blocks, calls })
    }

    fn state(&self, row: usize, lossy: &Lossy, drawn: &mut Drawn, loss: u32, fractions: &[f64]) -> Option<State> {
        let Row { gate, segment, .. } = self.stage.rows[row];
        let segment = &self.stage.play.segments[segment];
        if loss == 0 {
            return self.heard.state(gate, segment, &self.facts);
        }
        let strength = lossy.strength(drawn, loss)?;
        let candidate = at(Arm::Candidate);
        let whole: Vec<_> = lossy.columns.iter().map(|column| drawn.entries(*column, candidate).to_vec()).collect();
        lossy.lose(drawn, strength, fractions);
        let touched = lossy.touched.iter().map(|at| &self.stage.asked[*at]);
        let (evidence, facts) = (self.stage.evidence_on(drawn, touched), self.stage.facts(drawn));
        let state = self.heard.again(&evidence, &facts).state(gate, segment, &facts);
        for (column, entries) in lossy.columns.iter().zip(whole) {
            *drawn.entries_mut(*column, candidate) = entries;
        }
        state
    }
}

/// The first step at which something is so, given that it stays so.
fn first(mut is_so: impl FnMut(usize) -> bool) -> Option<usize> {
    if is_so(0) {
        return Some(0);
    }
    let (mut low, mut high) = (0, TRIED.len());
    if !is_so(high) {
        return None;
    }
    while high - low > 1 {
        let middle = (low + high) / 2;
        if is_so(middle) { high = middle } else { low = middle }
    }
    Some(high)
}
