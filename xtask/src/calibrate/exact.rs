//! C6 and C9: what has a closed form must have it.

use super::Extent;
use super::draw::{pair, rate};
use super::grid::{Bar, Cell, Figure, Row, Seen};
use super::rates::truth_of;
use super::release::{Gate, Rule};
use libm::pow;
use stats::special::t_upper;
use stats::{Kind, Strata, TooFew, weigh};

/// Bisection ends within this.
const EXACT: f64 = 1e-9;

/// All pass, no discordance, one failing row, one cluster: equal to their closed forms, at every size and level.
pub fn degenerate(_: Extent) -> Row {
    let cells = [2u32, 5, 40, 1000].into_iter().flat_map(|clusters| {
        [0.05, 0.025, 0.001].map(move |level| {
            Cell::of(format!("clusters={clusters} level={level}"), move |_, _| closed_forms(clusters, level))
        })
    });
    Row {
        id: "C6",
        what: "degenerate records against their closed forms",
        figures: ["all pass", "no discordance", "one failing row", "one cluster"]
            .map(|what| Figure::of(what, Bar::AtMost(0.0)))
            .to_vec(),
        cells: cells.collect(),
        part: 0.0,
    }
}

fn closed_forms(clusters: u32, level: f64) -> Seen {
    let g = f64::from(clusters);
    let all = |count: u32, passed: u32| vec![rate(1, passed, 1.0); count as usize];
    let differs = |got: f64, want: f64| (got - want).abs() > EXACT;
    let of = |records: &[stats::Cluster], kind| weigh(records, &Strata::none(), kind).map(|w| w.interval(level));
    let passing = of(&all(clusters, 1), Kind::Rate)
        .is_ok_and(|interval| !differs(interval.lower, pow(level, 1.0 / g)) && interval.upper == 1.0);
    let t = t_upper(level, g - 1.0);
    let flat = t * t / (t * t + g);
    let agreeing = of(&vec![pair(1, 0, 0, 1.0); clusters as usize], Kind::Difference)
        .is_ok_and(|interval| !differs(interval.lower, -flat) && !differs(interval.upper, flat));
    // g - 1 of g: CR2 makes the design effect g / (g - 1), so that the upper end is that of so many trials; the lower end is no
    // better than that of a perfect record.
    let one_fails = [all(clusters - 1, 1), all(1, 0)].concat();
    let failing = weigh(&one_fails, &Strata::none(), Kind::Rate).is_ok_and(|weighed| {
        let interval = weighed.interval(level);
        let n = g - 1.0;
        let passed = n * (g - 1.0) / g;
        let lower = stats::special::beta_quantile(level, passed, n - passed + 1.0).min(pow(level, 1.0 / g));
        let upper = stats::special::beta_quantile(1.0 - level, passed + 1.0, n - passed).max(1.0 - pow(level, 1.0 / g));
        !differs(interval.lower, lower) && !differs(interval.upper, upper)
    });
    let alone = of(&[rate(50, 50, 1.0)], Kind::Rate) == Err(TooFew::OneCluster);
    [passing, agreeing, failing, alone].map(|holds| Some(truth_of(!holds)))
}

/// A never rule at its limit: none of n failed although the true rate is the highest allowed.
pub fn never(extent: Extent) -> Row {
    let cells = [(0.01, 299u32), (0.001, 2995)].into_iter().take(extent.of(1, 2)).map(|(max_rate, clusters)| {
        let gate = Gate::of(1, 1, Rule::Never { max_rate }, true);
        Cell::of(format!("max_rate={max_rate} clusters={clusters}"), move |chance, _| {
            let passed: Vec<u32> = (0..clusters).map(|_| u32::from(!chance.is(max_rate))).collect();
            let drawn: Vec<stats::Cluster> = passed.iter().map(|&passed| rate(1, passed, 1.0)).collect();
            let verdicts = gate.decide(&[vec![drawn]], 1);
            [Some(truth_of(verdicts[0].ships)), None, None, None]
        })
    });
    Row {
        id: "C9",
        what: "never rule with a limit, true rate at the limit",
        figures: vec![Figure::of("holds", Bar::AtMost(0.05))],
        cells: cells.collect(),
        part: 1.0,
    }
}
