//! C7 and C8 as findings have them: a judge's verdicts on turns of conversations that weigh differently, corrected by people's labels.
//!
//! Labels are drawn at random within each verdict, turn by turn, so that a conversation may be labelled in part.

use super::Extent;
use super::chance::Chance;
use super::draw::{Discordance, Shape, Sizes, differences, pair, passes};
use super::grid::{Bar, Cell, Row};
use super::judged::{Judge, figures, missed};
use super::rates::ONE_SIDED;
use stats::judge::{Calibrated, Corrected};
use stats::{Cluster, Kind, Strata, Weighed, weigh};

const CLUSTERS: usize = 400;

fn shapes() -> [Shape; 4] {
    [
        Shape::INDEPENDENT,
        Shape::of(Sizes::Fixed(5), 0.1),
        Shape::of(Sizes::Fixed(5), 0.3),
        Shape::of(Sizes::UpTo(8), 0.1).weighted(0.5),
    ]
}

pub fn rate(extent: Extent) -> Row {
    let labels: &[usize] = extent.of(&[200], &[100, 200, 400]);
    let judges = [(0.95, 0.9), (0.9, 0.7)].map(|(sensitivity, specificity)| Judge { sensitivity, specificity });
    let shares: &[f64] = extent.of(&[0.9], &[0.7, 0.9, 0.97]);
    let mut cells = Vec::new();
    for &labels in labels {
        for judge in judges.into_iter().take(extent.of(1, 2)) {
            for &p in shares {
                for shape in shapes() {
                    let words = format!("labels={labels} se={} sp={}", judge.sensitivity, judge.specificity);
                    let name = format!("{words} p={p} {}", shape.words());
                    cells.push(Cell::of(name, move |chance, _| missed(one_rate(chance, labels, judge, p, &shape), p)));
                }
            }
        }
    }
    let what = "judged rate of weighted conversations, as a finding has it";
    Row { id: "C7", what, figures: figures(Bar::AtMost(0.065)), cells, part: 0.5 }
}

pub fn difference(extent: Extent) -> Row {
    let truths: &[(f64, f64)] = extent.of(&[(0.08, -0.03)], &[(0.08, -0.03), (0.16, -0.03), (0.08, 0.0), (0.16, 0.02)]);
    let mut cells = Vec::new();
    for labels in [150, 400] {
        for accuracy in [0.9, 0.97] {
            for &(discordant, difference) in truths {
                for shape in shapes() {
                    let truth = Discordance::around(discordant, difference);
                    let words = format!("labels={labels} accuracy={accuracy} discordant={discordant}");
                    let name = format!("{words} difference={difference} {}", shape.words());
                    cells.push(Cell::of(name, move |chance, _| {
                        missed(one_difference(chance, labels, accuracy, truth, &shape), truth.difference())
                    }));
                }
            }
        }
    }
    let what = "judged paired difference of weighted conversations, as a finding has it";
    Row { id: "C8", what, figures: figures(Bar::AtMost(0.065)), cells, part: 0.5 }
}

/// Turns of conversations: what people would say, and what the judge says.
struct Turns<T> {
    /// Weight of each turn of the conversation, and its turns.
    conversations: Vec<(f64, Vec<(T, T)>)>,
}

impl<T: Copy + PartialEq> Turns<T> {
    fn count(&self, verdict: T) -> usize {
        let turns = self.conversations.iter().flat_map(|(_, turns)| turns);
        turns.filter(|(_, says)| *says == verdict).count()
    }

    /// Sums of each conversation over so many of the turns with this verdict, drawn at random.
    fn labelled(
        &self,
        chance: &mut Chance,
        verdict: T,
        count: usize,
        sum: impl Fn(f64, &[T]) -> Cluster,
    ) -> Vec<Cluster> {
        // Selection sampling: each turn is taken with the chance that what is left to take has among what is left.
        let (mut left, mut take) = (self.count(verdict), count);
        let mut labelled = Vec::new();
        for (weight, turns) in &self.conversations {
            let mut found = Vec::new();
            for (truth, _) in turns.iter().filter(|(_, says)| *says == verdict) {
                if chance.unit() * (left as f64) < take as f64 {
                    take -= 1;
                    found.push(*truth);
                }
                left -= 1;
            }
            if !found.is_empty() {
                labelled.push(sum(*weight, &found));
            }
        }
        labelled
    }
}

fn sum_of_rate(weight: f64, turns: &[bool]) -> Cluster {
    super::draw::rate(turns.len() as u32, turns.iter().filter(|passed| **passed).count() as u32, weight)
}

fn sum_of_pairs(weight: f64, turns: &[i8]) -> Cluster {
    let of = |which: i8| turns.iter().filter(|turn| **turn == which).count() as u32;
    pair(turns.len() as u32, of(1), of(-1), weight)
}

/// `None` where fewer than two conversations are labelled, as a finding has it.
fn weighed(clusters: &[Cluster], kind: Kind) -> Option<Weighed> {
    if clusters.len() < 2 { None } else { weigh(clusters, &Strata::none(), kind).ok() }
}

fn one_rate(chance: &mut Chance, labels: usize, judge: Judge, p: f64, shape: &Shape) -> Option<Calibrated> {
    let says =
        |chance: &mut Chance, passes: bool| chance.is(if passes { judge.sensitivity } else { 1.0 - judge.specificity });
    let conversations = (0..CLUSTERS)
        .map(|_| {
            let (weight, rows) = passes(chance, p, shape);
            (weight, rows.into_iter().map(|passes| (passes, says(chance, passes))).collect())
        })
        .collect();
    let turns: Turns<bool> = Turns { conversations };
    let seen: Vec<Cluster> = turns
        .conversations
        .iter()
        .map(|(weight, turns)| sum_of_rate(*weight, &turns.iter().map(|(_, says)| *says).collect::<Vec<_>>()))
        .collect();
    let of_fails = (labels / 2).min(turns.count(false));
    let of_passes = (labels - of_fails).min(turns.count(true));
    let on_pass = turns.labelled(chance, true, of_passes, sum_of_rate);
    let on_fail = turns.labelled(chance, false, of_fails, sum_of_rate);
    let seen = weigh(&seen, &Strata::none(), Kind::Rate).ok()?;
    let corrected = Corrected::rate(seen, weighed(&on_pass, Kind::Rate), weighed(&on_fail, Kind::Rate)).ok()?;
    Some(Calibrated { estimate: corrected.estimate(), interval: corrected.interval(ONE_SIDED) })
}

fn one_difference(
    chance: &mut Chance,
    labels: usize,
    accuracy: f64,
    truth: Discordance,
    shape: &Shape,
) -> Option<Calibrated> {
    /// Of the pairs that are not discordant, so many pass twice.
    const PASS_TWICE: f64 = 0.9;
    let conversations = (0..CLUSTERS)
        .map(|_| {
            let (weight, rows) = differences(chance, truth, shape);
            let judged = rows.into_iter().map(|difference| {
                let (candidate, production) = match difference {
                    0 => {
                        let both = chance.is(PASS_TWICE);
                        (both, both)
                    }
                    difference => (difference > 0, difference < 0),
                };
                let mut says = |passes: bool| i8::from(chance.is(accuracy) == passes);
                (difference, says(candidate) - says(production))
            });
            (weight, judged.collect())
        })
        .collect();
    let turns: Turns<i8> = Turns { conversations };
    let seen: Vec<Cluster> = turns
        .conversations
        .iter()
        .map(|(weight, turns)| sum_of_pairs(*weight, &turns.iter().map(|(_, says)| *says).collect::<Vec<_>>()))
        .collect();
    let judged = [1, 0, -1].map(|verdict| turns.count(verdict));
    let disagreements = judged[0] + judged[2];
    let on_disagreements = (labels / 2).min(disagreements);
    let on_better = on_disagreements * judged[0] / disagreements.max(1);
    let quota = [on_better, (labels - on_disagreements).min(judged[1]), on_disagreements - on_better];
    let mut labelled = [None; 3];
    for (at, verdict) in [1, 0, -1].into_iter().enumerate() {
        labelled[at] = weighed(&turns.labelled(chance, verdict, quota[at], sum_of_pairs), Kind::Difference);
    }
    let weighed = weigh(&seen, &Strata::none(), Kind::Difference).ok()?;
    let corrected = Corrected::difference(weighed, &seen, &Strata::none(), labelled).ok()?;
    Some(Calibrated { estimate: corrected.estimate(), interval: corrected.interval(ONE_SIDED) })
}
