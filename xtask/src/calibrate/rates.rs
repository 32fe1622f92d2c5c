//! C1 to C4: a rate, alone, in clusters, weighted, in strata; how often its interval misses the truth.

use super::Extent;
use super::chance::Chance;
use super::draw::{Shape, Sizes, rates};
use super::grid::{Bar, Cell, Figure, Row, Seen};
use stats::{Cluster, Kind, Strata, weigh};

/// One-sided levels: of the bounds that a gate uses, and of the two that make up 95 %.
pub const ONE_SIDED: f64 = 0.05;
pub const TWO_SIDED: f64 = 0.025;
/// So many first repetitions of a cell compute the interval itself, beside the p values that say the same.
const WITH_INTERVAL: usize = 5;
/// Ends of intervals are found by bisection: what lies this close to the truth is on neither side.
const ON_THE_END: f64 = 1e-7;

pub const SHARES: [f64; 6] = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999];

/// Whether an interval misses the truth, told by p values: a bound lies beyond the truth exactly where the truth is refused.
pub fn misses(weighed: &stats::Weighed, truth: f64, repetition: usize) -> Seen {
    let (above, below) = (weighed.p_at_most(truth), weighed.p_at_least(truth));
    let covered = above >= TWO_SIDED && below >= TWO_SIDED;
    let disagrees = (repetition < WITH_INTERVAL).then(|| {
        let interval = weighed.interval(ONE_SIDED);
        let differs =
            |end: f64, misses: bool, p: f64| (end > 0.0) != misses && end.abs() > ON_THE_END && p != ONE_SIDED;
        let lower = differs(interval.lower - truth, above < ONE_SIDED, above);
        truth_of(lower || differs(truth - interval.upper, below < ONE_SIDED, below))
    });
    [Some(truth_of(covered)), Some(truth_of(above < ONE_SIDED)), Some(truth_of(below < ONE_SIDED)), disagrees]
}

pub fn truth_of(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// Coverage, both misses, and that the interval and the p values are one function.
fn figures(coverage: Bar, miss: Bar) -> Vec<Figure> {
    vec![
        Figure::of("two-sided 95 % interval holds the truth", coverage),
        Figure::of("lower 95 % bound lies above the truth", miss),
        Figure::of("upper 95 % bound lies below the truth", miss),
        Figure::of("interval and p value disagree", Bar::AtMost(0.0)),
    ]
}

fn seen(clusters: &[Cluster], strata: &Strata, truth: f64, repetition: usize) -> Seen {
    weigh(clusters, strata, Kind::Rate).map_or([None; 4], |weighed| misses(&weighed, truth, repetition))
}

pub fn independent(extent: Extent) -> Row {
    let sizes: &[u32] = extent.of(&[20, 100, 500], &[20, 50, 100, 500, 5000]);
    let shares: &[f64] = extent.of(&[0.8, 0.95, 0.999], &SHARES);
    let cells = sizes.iter().flat_map(|&n| shares.iter().map(move |&p| cell(n, p, Shape::INDEPENDENT))).collect();
    Row {
        id: "C1",
        what: "rate, independent examples",
        figures: figures(Bar::AtLeast(0.95), Bar::AtMost(0.05)),
        cells,
        part: 1.0,
    }
}

pub fn clustered(extent: Extent) -> Row {
    let sizes = [Sizes::Fixed(10), Sizes::Skewed];
    let in_clusters = sizes.iter().flat_map(|&sizes| [0.0, 0.1, 0.3].map(|rho| Shape::of(sizes, rho)));
    let shapes: Vec<Shape> =
        [0.0, 0.1, 0.3].map(|rho| Shape::of(Sizes::Fixed(1), rho)).into_iter().chain(in_clusters).collect();
    Row {
        id: "C2",
        what: "rate, clusters",
        figures: figures(Bar::AtLeast(0.945), Bar::AtMost(0.065)),
        cells: cells(extent, &shapes),
        part: 1.0,
    }
}

pub fn weighted(extent: Extent) -> Row {
    const LOG_SD: f64 = 0.5;
    let sizes = [Sizes::Fixed(10), Sizes::Skewed, Sizes::UpTo(60)];
    let in_clusters = sizes.iter().flat_map(|&sizes| [0.0, 0.1, 0.3, 0.6].map(|rho| Shape::of(sizes, rho)));
    let alone = [LOG_SD, 2.0 * LOG_SD].map(|log_sd| Shape::INDEPENDENT.weighted(log_sd));
    let shapes: Vec<Shape> = alone.into_iter().chain(in_clusters.map(|shape| shape.weighted(LOG_SD))).collect();
    Row {
        id: "C3",
        what: "rate, clusters with lognormal weights, up to 60 rows, correlation up to .6",
        figures: figures(Bar::AtLeast(0.93), Bar::AtMost(0.09)),
        cells: cells(extent, &shapes),
        part: 1.0,
    }
}

fn cells(extent: Extent, shapes: &[Shape]) -> Vec<Cell> {
    let clusters: &[u32] = extent.of(&[5, 50, 200], &[5, 10, 20, 50, 100, 200, 500]);
    let shares: &[f64] = extent.of(&[0.9, 0.99], &SHARES);
    let shapes = shapes.iter().skip(extent.of(2, 0)).step_by(extent.of(3, 1));
    let of_shape = |shape: &Shape| {
        let shape = *shape;
        clusters.iter().flat_map(move |&count| shares.iter().map(move |&p| cell(count, p, shape)))
    };
    shapes.flat_map(of_shape).collect()
}

fn cell(clusters: u32, p: f64, shape: Shape) -> Cell {
    let name = format!("clusters={clusters} p={p} {}", shape.words());
    Cell::of(name, move |chance, repetition| seen(&rates(chance, clusters, p, &shape), &Strata::none(), p, repetition))
}

/// Three strata with these traffic shares, the rare ones sampled far beyond their shares.
pub fn stratified(extent: Extent) -> Row {
    const SHARES_OF_STRATA: [f64; 3] = [0.85, 0.12, 0.03];
    let clusters: &[[u32; 3]] =
        extent.of(&[[30, 30, 30], [200, 60, 30]], &[[30, 30, 30], [60, 60, 60], [200, 60, 30], [400, 100, 100]]);
    let mixes: [[f64; 3]; 5] =
        [[0.95, 0.9, 0.7], [0.99, 0.95, 0.8], [0.9, 0.9, 0.9], [0.999, 0.98, 0.9], [0.97, 0.8, 0.5]];
    let shapes = [Shape::INDEPENDENT, Shape::of(Sizes::Fixed(5), 0.1), Shape::of(Sizes::Fixed(5), 0.3)];
    let mut cells = Vec::new();
    for &clusters in clusters {
        for p in mixes.into_iter().take(extent.of(2, 5)) {
            for shape in shapes {
                let name = format!("clusters={clusters:?} p={p:?} {}", shape.words());
                cells.push(Cell::of(name, move |chance, repetition| {
                    let strata = Strata::declared(SHARES_OF_STRATA.to_vec());
                    let truth = SHARES_OF_STRATA.iter().zip(p).map(|(share, p)| share * p).sum();
                    seen(&in_strata(chance, clusters, p, &shape), &strata, truth, repetition)
                }));
            }
        }
    }
    Row {
        id: "C4",
        what: "rate, strata of .85, .12 and .03 of the traffic",
        figures: figures(Bar::None, Bar::AtMost(0.06)),
        cells,
        part: 1.0,
    }
}

fn in_strata(chance: &mut Chance, clusters: [u32; 3], p: [f64; 3], shape: &Shape) -> Vec<Cluster> {
    let mut all = Vec::new();
    for (stratum, (count, p)) in (0u32..).zip(clusters.into_iter().zip(p)) {
        all.extend(rates(chance, count, p, shape).into_iter().map(|cluster| Cluster { stratum, ..cluster }));
    }
    all
}
