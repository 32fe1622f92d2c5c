//! C7 and C8: a judge's verdicts calibrated by people's labels.

use super::Extent;
use super::chance::Chance;
use super::draw::Discordance;
use super::grid::{Bar, Cell, Figure, Row, Seen};
use super::rates::{ONE_SIDED, truth_of};
use stats::judge::{Calibrated, Labels, PairedVerdict, judged_difference, judged_rate};

/// A judge and whom it judges.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    pub sensitivity: f64,
    pub specificity: f64,
}

/// How rows are chosen for labelling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice {
    /// At random among all.
    Random,
    /// Half of the labels on each verdict, at random within it.
    HalfEach,
    /// Rows that people pass, and rows that they fail, are taken with these chances when somebody comes by them.
    ByHand { passes: f64, failures: f64 },
}

const JUDGED: usize = 2000;

pub fn rate(extent: Extent) -> Row {
    let labels: &[usize] = extent.of(&[20, 200], &[20, 50, 100, 200, 400, 700, 1000]);
    let judges = [(0.95, 0.9), (0.9, 0.7), (0.8, 0.8), (0.99, 0.6)]
        .map(|(sensitivity, specificity)| Judge { sensitivity, specificity });
    let shares: &[f64] = extent.of(&[0.9, 0.99], &[0.7, 0.9, 0.95, 0.99]);
    let mut cells = Vec::new();
    for &labels in labels {
        for judge in judges.into_iter().take(extent.of(2, 4)) {
            for &p in shares {
                for choice in [Choice::Random, Choice::HalfEach] {
                    let words = format!("labels={labels} se={} sp={}", judge.sensitivity, judge.specificity);
                    let name = format!("{words} p={p} {choice:?}");
                    cells.push(Cell::of(name, move |chance, _| missed(one_rate(chance, labels, judge, p, choice), p)));
                }
            }
        }
    }
    Row { id: "C7", what: "judged rate, labelled at random", figures: figures(Bar::AtMost(0.06)), cells, part: 1.0 }
}

pub fn figures(bar: Bar) -> Vec<Figure> {
    vec![
        Figure::of("lower 95 % bound lies above the truth", bar),
        Figure::of("upper 95 % bound lies below the truth", bar),
    ]
}

pub fn missed(calibrated: Option<Calibrated>, truth: f64) -> Seen {
    let ends = calibrated.map(|calibrated| calibrated.interval);
    [ends.map(|ends| truth_of(ends.lower > truth)), ends.map(|ends| truth_of(ends.upper < truth)), None, None]
}

/// Rows are drawn one by one, so that the first of a verdict are a random choice of it.
pub fn one_rate(chance: &mut Chance, labels: usize, judge: Judge, p: f64, choice: Choice) -> Option<Calibrated> {
    let rows: Vec<(bool, bool)> = (0..JUDGED)
        .map(|_| {
            let passes = chance.is(p);
            let says = chance.is(if passes { judge.sensitivity } else { 1.0 - judge.specificity });
            (passes, says)
        })
        .collect();
    let judge_passed = rows.iter().filter(|(_, says)| *says).count();
    let mut left = match choice {
        Choice::HalfEach => {
            let of_fails = (labels / 2).min(JUDGED - judge_passed);
            [of_fails, labels - of_fails]
        }
        Choice::Random | Choice::ByHand { .. } => [labels, labels],
    };
    let mut all_left = labels;
    let mut found = [Labels { passed: 0, failed: 0 }; 2];
    for (passes, says) in rows {
        let favoured = match choice {
            Choice::ByHand { passes: taken, failures } => chance.is(if passes { taken } else { failures }),
            Choice::Random | Choice::HalfEach => true,
        };
        let quota = &mut left[usize::from(says)];
        if favoured && *quota > 0 && all_left > 0 {
            *quota -= 1;
            all_left -= 1;
            let labels = &mut found[usize::from(says)];
            if passes { labels.passed += 1 } else { labels.failed += 1 }
        }
    }
    judged_rate(found[1], found[0], judge_passed as u64, JUDGED as u64, ONE_SIDED).ok()
}

pub fn difference(extent: Extent) -> Row {
    let truths: &[(f64, f64)] = extent.of(
        &[(0.08, -0.03), (0.08, 0.0)],
        &[
            (0.04, -0.03),
            (0.08, -0.03),
            (0.16, -0.03),
            (0.04, 0.0),
            (0.08, 0.0),
            (0.16, 0.0),
            (0.08, 0.02),
            (0.16, -0.05),
        ],
    );
    let mut cells = Vec::new();
    for labels in [60, 150, 400] {
        for accuracy in [0.9, 0.97] {
            for &(discordant, difference) in truths {
                let truth = Discordance::around(discordant, difference);
                let name =
                    format!("labels={labels} accuracy={accuracy} discordant={discordant} difference={difference}");
                cells.push(Cell::of(name, move |chance, _| {
                    missed(one_difference(chance, labels, accuracy, 0.0, truth), truth.difference())
                }));
            }
        }
    }
    Row {
        id: "C8",
        what: "judged paired difference, half of the labels on disagreements",
        figures: figures(Bar::AtMost(0.065)),
        cells,
        part: 1.0,
    }
}

/// On a share of pairs the judge is `blind`: it says the same of both arms, whatever they did.
pub fn one_difference(
    chance: &mut Chance,
    labels: usize,
    accuracy: f64,
    blind: f64,
    truth: Discordance,
) -> Option<Calibrated> {
    /// Of the pairs that are not discordant, so many pass twice.
    const PASS_TWICE: f64 = 0.9;
    let rows: Vec<(i8, i8)> = (0..JUDGED)
        .map(|_| {
            let unit = chance.unit();
            let (candidate, production) = if unit < truth.gained {
                (true, false)
            } else if unit < truth.gained + truth.lost {
                (false, true)
            } else {
                let both = chance.is(PASS_TWICE);
                (both, both)
            };
            let is_blind = blind > 0.0 && chance.is(blind);
            let mut judged = |passes: bool| i8::from(chance.is(accuracy) == passes);
            let verdict = if is_blind { 0 } else { judged(candidate) - judged(production) };
            (i8::from(candidate) - i8::from(production), verdict)
        })
        .collect();
    let judged = [-1, 0, 1].map(|verdict| rows.iter().filter(|(_, judged)| *judged == verdict).count());
    let disagreements = judged[0] + judged[2];
    let on_disagreements = (labels / 2).min(disagreements);
    // Between better and worse in proportion, the rest on ties.
    let on_worse = on_disagreements * judged[0] / disagreements.max(1);
    let left = [on_worse, labels - on_disagreements, on_disagreements - on_worse];
    let mut verdicts =
        judged.map(|judged| PairedVerdict { judged: judged as u64, labelled: 0, improved: 0, regressed: 0 });
    for (difference, verdict) in rows {
        let at = (verdict + 1) as usize;
        if verdicts[at].labelled < left[at] as u64 {
            verdicts[at].labelled += 1;
            verdicts[at].improved += u64::from(difference > 0);
            verdicts[at].regressed += u64::from(difference < 0);
        }
    }
    judged_difference(&verdicts, ONE_SIDED).ok()
}
