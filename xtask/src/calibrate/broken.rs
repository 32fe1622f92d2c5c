//! What breaks the assumptions, and how much damage it does: no bar, since no interval promises anything here.

use super::Extent;
use super::draw::{Discordance, Shape, pairs};
use super::gates::{DISCORDANT, MARGIN};
use super::grid::{Bar, Cell, Figure, Row};
use super::judged::{self, Choice, Judge};
use super::rates::{ONE_SIDED, truth_of};
use super::release::{Gate, Rule};
use stats::{Cluster, Kind, Strata, weigh};

/// Labels picked because of what they show.
pub fn picked_labels(extent: Extent) -> Row {
    let by_hand = |passes, failures| Choice::ByHand { passes, failures };
    let choices = [
        (Choice::Random, "labels at random"),
        (by_hand(1.0, 0.5), "passes picked twice as often as failures"),
        (by_hand(1.0, 0.1), "passes picked ten times as often"),
        (by_hand(0.5, 1.0), "failures picked twice as often as passes"),
        (by_hand(0.1, 1.0), "failures picked ten times as often"),
    ];
    let judge = Judge { sensitivity: 0.95, specificity: 0.9 };
    let mut cells = Vec::new();
    for &labels in extent.of(&[200][..], &[100, 400]) {
        for p in [0.9, 0.95] {
            for (choice, words) in choices {
                cells.push(Cell::of(format!("{words}: labels={labels} p={p}"), move |chance, _| {
                    judged::missed(judged::one_rate(chance, labels, judge, p, choice), p)
                }));
            }
        }
    }
    Row { id: "X1", what: "judged rate, labels picked by hand", figures: judged::figures(Bar::None), cells, part: 0.2 }
}

/// The candidate gets worse while the run goes on: what is measured is the run's mean, and not what is true at its end.
pub fn drift(extent: Extent) -> Row {
    let mut cells = Vec::new();
    for &clusters in extent.of(&[400u32][..], &[250, 400, 1000]) {
        for at_the_end in [MARGIN, 2.0 * MARGIN] {
            let gate = Gate::of(1, 1, Rule::NotWorse { margin: MARGIN }, true);
            let name = format!("clusters={clusters} loss rises from 0 to {at_the_end}");
            cells.push(Cell::of(name, move |chance, _| {
                let lost = |at: u32| at_the_end * f64::from(at) / f64::from(clusters - 1);
                let drawn: Vec<Cluster> = (0..clusters)
                    .flat_map(|at| pairs(chance, 1, Discordance::around(DISCORDANT, -lost(at)), &Shape::INDEPENDENT))
                    .collect();
                let lower = weigh(&drawn, &Strata::none(), Kind::Difference).map(|w| w.interval(ONE_SIDED).lower).ok();
                let ships = gate.decide(&[vec![drawn]], 1)[0].ships;
                let above = |truth: f64| lower.map(|lower| truth_of(lower > truth));
                [above(-0.5 * at_the_end), above(-at_the_end), Some(truth_of(ships)), None]
            }));
        }
    }
    Row {
        id: "X2",
        what: "drift inside the run: worse with every conversation",
        figures: vec![
            Figure::of("lower 95 % bound lies above the run's mean", Bar::None),
            Figure::of("lower 95 % bound lies above what is true at its end", Bar::None),
            Figure::of("ships, margin 3 points", Bar::None),
        ],
        cells,
        part: 0.2,
    }
}

/// A judge that does not see a share of what happens, in either arm; the candidate is worse by exactly the margin.
pub fn shared_judge_failure(extent: Extent) -> Row {
    const CLUSTERS: u32 = 1000;
    const LABELS: usize = 400;
    const ACCURACY: f64 = 0.97;
    let mut cells = Vec::new();
    for blind in [0.0, 0.1, 0.3, 0.5, 0.9].into_iter().step_by(extent.of(2, 1)) {
        let gate = Gate::of(1, 1, Rule::NotWorse { margin: MARGIN }, true);
        cells.push(Cell::of(format!("judge blind on {blind} of the pairs"), move |chance, _| {
            let truth = Discordance::around(DISCORDANT, -MARGIN);
            let seen = Discordance { gained: truth.gained * (1.0 - blind), lost: truth.lost * (1.0 - blind) };
            let ships = gate.decide(&[vec![pairs(chance, CLUSTERS, seen, &Shape::INDEPENDENT)]], 1)[0].ships;
            let labelled = judged::one_difference(chance, LABELS, ACCURACY, blind, truth);
            let [lower, upper, ..] = judged::missed(labelled, truth.difference());
            [Some(truth_of(ships)), lower, upper, None]
        }));
    }
    Row {
        id: "X3",
        what: "a judge that fails the same way on both arms, candidate worse by exactly the margin",
        figures: vec![
            Figure::of("ships on the judge's word alone, 1000 conversations", Bar::None),
            Figure::of("with 400 labels: lower 95 % bound lies above the truth", Bar::None),
            Figure::of("with 400 labels: upper 95 % bound lies below the truth", Bar::None),
        ],
        cells,
        part: 0.2,
    }
}
