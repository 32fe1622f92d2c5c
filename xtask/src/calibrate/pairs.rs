//! C5: a paired difference; how often its bounds miss the truth.

use super::Extent;
use super::draw::{Discordance, Shape, Sizes, pairs};
use super::grid::{Bar, Cell, Figure, Row};
use super::rates::{misses, truth_of};
use stats::{Kind, Strata, weigh};

/// Shares gained and lost: differences from -.05 to +.03.
const TRUTHS: [(f64, f64); 14] = [
    (0.0, 0.01),
    (0.0, 0.03),
    (0.0, 0.05),
    (0.01, 0.02),
    (0.005, 0.035),
    (0.02, 0.05),
    (0.05, 0.1),
    (0.1, 0.15),
    (0.01, 0.01),
    (0.04, 0.04),
    (0.125, 0.125),
    (0.02, 0.01),
    (0.15, 0.12),
    (0.03, 0.0),
];

pub fn differences(extent: Extent) -> Row {
    let clusters: &[u32] = extent.of(&[50, 200], &[20, 50, 100, 200, 500]);
    let shapes = [
        Shape::INDEPENDENT,
        Shape::of(Sizes::Fixed(5), 0.1),
        Shape::of(Sizes::Fixed(5), 0.3),
        Shape::of(Sizes::Fixed(10), 0.1),
        Shape::of(Sizes::Fixed(10), 0.3),
        Shape::of(Sizes::Skewed, 0.1),
        Shape::of(Sizes::Skewed, 0.3),
    ];
    let mut cells = Vec::new();
    for &clusters in clusters {
        for shape in shapes.into_iter().step_by(extent.of(3, 1)) {
            for (gained, lost) in TRUTHS.into_iter().step_by(extent.of(2, 1)) {
                cells.push(cell(clusters, Discordance { gained, lost }, shape));
            }
        }
    }
    Row {
        id: "C5",
        what: "paired difference, independent and in clusters",
        figures: vec![
            Figure::of("lower 95 % bound lies above a true loss", Bar::AtMost(0.065)),
            Figure::of("lower 95 % bound lies above the truth", Bar::AtMost(0.09)),
            Figure::of("upper 95 % bound lies below the truth", Bar::AtMost(0.09)),
            Figure::of("interval and p value disagree", Bar::AtMost(0.0)),
        ],
        cells,
        part: 1.0,
    }
}

fn cell(clusters: u32, truth: Discordance, shape: Shape) -> Cell {
    let name = format!("clusters={clusters} gained={} lost={} {}", truth.gained, truth.lost, shape.words());
    Cell::of(name, move |chance, repetition| {
        let drawn = pairs(chance, clusters, truth, &shape);
        let Ok(weighed) = weigh(&drawn, &Strata::none(), Kind::Difference) else { return [None; 4] };
        let [_, lower, upper, disagrees] = misses(&weighed, truth.difference(), repetition);
        let of_loss = lower.filter(|_| truth_of(truth.gained < truth.lost) > 0.0);
        [of_loss, lower, upper, disagrees]
    })
}
