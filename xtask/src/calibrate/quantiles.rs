//! Q1: the median and the 95th percentile of what was measured; how often their intervals hold the truth.
//!
//! in      how much is simulated
//! out     a row: latencies that are lognormal, and alike within a conversation as far as `rho` says
//! note    what a record shows is called (`domain::evidence::measured`); a side without a bound misses nothing

use super::Extent;
use super::chance::Chance;
use super::grid::{Bar, Cell, Figure, Row, Seen};
use super::rates::truth_of;
use domain::evidence::measured::{Measured, Quantile};
use domain::gate::Measure;
use domain::question::{Compared, Question, ValueOf};
use domain::reference_set::ExampleIndex;
use domain::segment::Segment;
use domain::system::Arm;
use domain::tally::Member;
use stats::Strata;

/// Of a normal distribution.
const PERCENTILE_95: f64 = 1.644_853_626_951_472_2;

pub fn spread(extent: Extent) -> Row {
    let clusters: &[u32] = extent.of(&[80, 200], &[80, 200, 500]);
    let shapes: &[(u32, f64)] = extent.of(&[(1, 0.0), (5, 0.6)], &[(1, 0.0), (5, 0.0), (5, 0.3), (5, 0.6), (5, 0.9)]);
    let cells = clusters.iter().flat_map(|&count| shapes.iter().map(move |&(size, rho)| cell(count, size, rho)));
    Row {
        id: "Q1",
        what: "median and 95th percentile of latencies, by order statistics at the effective number",
        figures: vec![
            Figure::of("two-sided 95 % interval of the median holds it", Bar::AtLeast(0.945)),
            Figure::of("two-sided 95 % interval of p95 holds it", Bar::AtLeast(0.945)),
            Figure::of("p95 is bounded from above", Bar::None),
        ],
        cells: cells.collect(),
        part: 0.5,
    }
}

fn cell(clusters: u32, size: u32, rho: f64) -> Cell {
    let name = format!("clusters={clusters} size={size} rho={rho}");
    Cell::of(name, move |chance, _| seen(chance, clusters, size, rho))
}

fn seen(chance: &mut Chance, clusters: u32, size: u32, rho: f64) -> Seen {
    let question = Question {
        measure: Measure::Latency,
        value: ValueOf::Amount,
        segment: Segment::all(),
        compared: Compared::Alone(Arm::Candidate),
    };
    let members: Vec<Member> = (0..clusters * size)
        .map(|example| Member { example, cluster: example / size, stratum: 0, weight: 1.0 })
        .collect();
    let of_clusters: Vec<f64> = (0..clusters).map(|_| chance.log_normal(libm::sqrt(rho))).collect();
    let value = |member: &Member| {
        let own = chance.log_normal(libm::sqrt(1.0 - rho));
        (ExampleIndex(member.example), of_clusters[member.cluster as usize] * own)
    };
    let values: Vec<(ExampleIndex, f64)> = members.iter().map(value).collect();
    Measured::of(&question, &values, &members, &Strata::none()).map_or([None; 4], |of| {
        let held = [holds(of.p50, 1.0), holds(of.p95, libm::exp(PERCENTILE_95))];
        [Some(truth_of(held[0])), Some(truth_of(held[1])), Some(truth_of(of.p95.upper.is_some())), None]
    })
}

fn holds(of: Quantile, truth: f64) -> bool {
    of.lower.is_none_or(|lower| lower <= truth) && of.upper.is_none_or(|upper| truth <= upper)
}
