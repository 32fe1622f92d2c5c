//! M1: what must not matter does not, and what is worse is not taken for better.

use super::Extent;
use super::chance::Chance;
use super::draw::{Shape, Sizes};
use super::grid::{Bar, Cell, Figure, Fold, Row, Seen};
use super::rates::ONE_SIDED;
use stats::{Cluster, Kind, Strata, Weighed, weigh};

/// One example in both arms.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Example {
    cluster: usize,
    weight: f64,
    candidate: bool,
    production: bool,
}

/// Sums to this are the same sums.
const SAME: f64 = 1e-9;
const PASSING: f64 = 0.93;
const AGREEING: f64 = 0.92;

fn examples(chance: &mut Chance, clusters: usize, shape: &Shape) -> Vec<Example> {
    let mut all = Vec::new();
    for cluster in 0..clusters {
        let size = match shape.sizes {
            Sizes::Fixed(size) | Sizes::UpTo(size) => size,
            Sizes::Skewed => 1 + chance.geometric(0.125),
        };
        let share = |chance: &mut Chance, mean| if shape.rho > 0.0 { chance.share(mean, shape.rho) } else { mean };
        let (passing, agreeing) = (share(chance, PASSING), share(chance, AGREEING));
        let weight = if shape.log_sd > 0.0 { chance.log_normal(shape.log_sd) } else { 1.0 };
        all.extend((0..size).map(|_| {
            let production = chance.is(passing);
            let candidate = if chance.is(agreeing) { production } else { !production };
            Example { cluster, weight, candidate, production }
        }));
    }
    all
}

/// The sums of each cluster, as the rows come.
fn sums(examples: &[Example], kind: Kind) -> Vec<Cluster> {
    let count = examples.iter().map(|example| example.cluster + 1).max().unwrap_or(0);
    let mut clusters = vec![Cluster::default(); count];
    for example in examples {
        let [candidate, production] = [example.candidate, example.production].map(|passes| f64::from(u8::from(passes)));
        let cluster = &mut clusters[example.cluster];
        // A row without weight is in no sum; its cluster may still stand there, empty.
        if example.weight <= 0.0 {
            continue;
        }
        let w = example.weight;
        cluster.rows += 1;
        cluster.weight += w;
        cluster.weight_squared += w * w;
        if kind == Kind::Rate {
            cluster.value += w * candidate;
            cluster.some_fail |= !example.candidate;
            cluster.some_pass |= example.candidate;
        } else {
            let (gain, loss) = (w * candidate * (1.0 - production), w * (1.0 - candidate) * production);
            cluster.value += gain - loss;
            cluster.gain += gain;
            cluster.loss += loss;
            cluster.some_fail |= gain + loss > 0.0;
            cluster.some_pass |= gain + loss > 0.0;
        }
    }
    clusters
}

/// Partial sums of one cluster from two partitions.
fn merged(a: &Cluster, b: &Cluster) -> Cluster {
    Cluster {
        stratum: a.stratum,
        rows: a.rows + b.rows,
        weight: a.weight + b.weight,
        weight_squared: a.weight_squared + b.weight_squared,
        value: a.value + b.value,
        gain: a.gain + b.gain,
        loss: a.loss + b.loss,
        some_fail: a.some_fail || b.some_fail,
        some_pass: a.some_pass || b.some_pass,
    }
}

fn of(examples: &[Example], kind: Kind) -> Option<Weighed> {
    weigh(&sums(examples, kind), &Strata::none(), kind).ok()
}

fn shapes() -> [Shape; 4] {
    [
        Shape::INDEPENDENT,
        Shape::of(Sizes::Fixed(5), 0.1),
        Shape::of(Sizes::Fixed(5), 0.3),
        Shape::of(Sizes::Skewed, 0.3),
    ]
}

fn cells(extent: Extent, log_sd: f64, seen: fn(&mut Chance, &[Example]) -> Seen) -> Vec<Cell> {
    let clusters: &[usize] = extent.of(&[60], &[60, 120, 200]);
    let grid = clusters.iter().flat_map(|&count| shapes().map(move |shape| (count, shape.weighted(log_sd))));
    grid.map(|(count, shape)| {
        Cell::of(format!("clusters={count} {}", shape.words()), move |chance, _| {
            let drawn = examples(chance, count, &shape);
            seen(chance, &drawn)
        })
    })
    .collect()
}

fn largest(what: &'static str, most: f64) -> Figure {
    Figure { what, bar: Bar::AtMost(most), fold: Fold::Largest }
}

/// A pass turned into a fail.
pub fn worse(extent: Extent) -> Row {
    let seen = |chance: &mut Chance, drawn: &[Example]| {
        let passing: Vec<usize> = (0..drawn.len()).filter(|&at| drawn[at].candidate).collect();
        let mut flipped = drawn.to_vec();
        if !passing.is_empty() {
            flipped[passing[chance.at(passing.len())]].candidate = false;
        }
        let [rate, difference] = KINDS.map(|kind| rises(drawn, &flipped, kind));
        [rate, difference, None, None]
    };
    Row {
        id: "M1",
        what: "a pass turned into a fail",
        figures: vec![
            largest("lower bound of a rate rises by", 0.005),
            largest("lower bound of a difference rises by", 0.005),
        ],
        cells: cells(extent, 0.0, seen),
        part: 1.0,
    }
}

/// Every row twice. Where clusters vary less than independent rows would, the cap of the effective number at the number of rows
/// binds, and twice as many rows lift it: that cannot be told from twice as many examples, and what it does to a bound is asked.
pub fn twice(extent: Extent) -> Row {
    let seen = |_: &mut Chance, drawn: &[Example]| {
        let twice: Vec<Example> = drawn.iter().flat_map(|example| [*example; 2]).collect();
        let grows = |kind| {
            let (one, two) = (of(drawn, kind)?, of(&twice, kind)?);
            (one.design_effect_seen() > 1.0).then(|| (two.effective_n() / one.effective_n() - 1.0).max(0.0))
        };
        let [rate, difference] = KINDS.map(|kind| rises(drawn, &twice, kind));
        [grows(Kind::Rate), grows(Kind::Difference), rate, difference]
    };
    Row {
        id: "M1",
        what: "every row twice inside its cluster",
        figures: vec![
            largest("effective number of a rate grows by, no cap binding", SAME),
            largest("effective number of a difference grows by, no cap binding", SAME),
            Figure { bar: Bar::None, ..largest("lower bound of a rate rises by, cap lifted", 0.0) },
            Figure { bar: Bar::None, ..largest("lower bound of a difference rises by, cap lifted", 0.0) },
        ],
        cells: cells(extent, 0.0, seen),
        part: 1.0,
    }
}

const KINDS: [Kind; 2] = [Kind::Rate, Kind::Difference];

/// By how much the lower bound is better than it was.
fn rises(before: &[Example], after: &[Example], kind: Kind) -> Option<f64> {
    let lower = |examples: &[Example]| Some(of(examples, kind)?.interval(ONE_SIDED).lower);
    Some((lower(after)? - lower(before)?).max(0.0))
}

/// The same data told otherwise: the largest change of estimate, bounds and p values.
pub fn same(extent: Extent) -> Row {
    let seen = |chance: &mut Chance, drawn: &[Example]| {
        KINDS.map(|kind| otherwise(chance, drawn, kind)).into_iter().fold([None; 4], |all, these| {
            std::array::from_fn(|at| match (all[at], these[at]) {
                (Some(a), Some(b)) => Some(f64::max(a, b)),
                (a, b) => a.or(b),
            })
        })
    };
    Row {
        id: "M1",
        what: "the same data told otherwise, as the largest change of a bound",
        figures: vec![
            largest("rows permuted, clusters split over partitions", SAME),
            largest("rows without weight added", SAME),
            largest("weights scaled", SAME),
            largest("arms relabelled: the difference is mirrored", SAME),
        ],
        cells: cells(extent, 0.5, seen),
        part: 1.0,
    }
}

fn otherwise(chance: &mut Chance, drawn: &[Example], kind: Kind) -> Seen {
    let base = of(drawn, kind);
    let differs = |other: Option<Weighed>| {
        let (a, b) = (base?, other?);
        let (one, two) = (a.interval(ONE_SIDED), b.interval(ONE_SIDED));
        let ends = (one.lower - two.lower).abs().max((one.upper - two.upper).abs());
        Some(ends.max((a.estimate() - b.estimate()).abs()).max((a.effective_n() / b.effective_n() - 1.0).abs()))
    };
    let mut shuffled = drawn.to_vec();
    chance.shuffle(&mut shuffled);
    let cut = chance.at(shuffled.len());
    let (mut first, mut second) = (sums(&shuffled[..cut], kind), sums(&shuffled[cut..], kind));
    let most = first.len().max(second.len());
    first.resize(most, Cluster::default());
    second.resize(most, Cluster::default());
    let partitioned: Vec<Cluster> = first.iter().zip(&second).map(|(a, b)| merged(a, b)).collect();
    let partitioned = weigh(&partitioned, &Strata::none(), kind).ok();

    let unweighted = drawn.iter().enumerate().map(|(at, example)| Example {
        weight: 0.0,
        candidate: !example.candidate,
        cluster: if at % 2 == 0 { example.cluster } else { example.cluster + drawn.len() },
        ..*example
    });
    let more: Vec<Example> = drawn.iter().copied().chain(unweighted).collect();
    let scale = 0.01 + 100.0 * chance.unit();
    let scaled: Vec<Example> =
        drawn.iter().map(|example| Example { weight: example.weight * scale, ..*example }).collect();
    let relabelled: Vec<Example> = drawn
        .iter()
        .map(|example| Example { candidate: example.production, production: example.candidate, ..*example })
        .collect();
    let mirrored = (kind == Kind::Difference).then(|| {
        let (one, two) = (base?.interval(ONE_SIDED), of(&relabelled, kind)?.interval(ONE_SIDED));
        Some((one.lower + two.upper).abs().max((one.upper + two.lower).abs()))
    });
    [differs(partitioned), differs(of(&more, kind)), differs(of(&scaled, kind)), mirrored.flatten()]
}
