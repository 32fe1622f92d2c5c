//! Evidence and decision over more than a million scores in Parquet, beside the paired cluster bootstraps that Python makes
//! of the same table: `cargo xtask bench statistics`.
//!
//! in      100,000 made-up examples in clusters of eight and ten segments, six criteria, two systems; the same numbers everywhere
//! out     CPU and clock time of `plimsoll decide` from sealed Parquet to the sealed record; of the intervals alone, from the same
//!         sums per cluster that the bootstraps start from; ratios; and how far the bounds of one criterion lie apart
//! note    a bootstrap here is of one criterion, overall and in ten segments, 10,000 resamples, percentiles. It is run where a
//!         Python has scipy: `python3`, or an environment in the folder that `LAB` names

use super::measure::{Spread, run};
use super::peers::python_with;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;
use stats::{Cluster, Kind, Strata};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const EXAMPLES: usize = 100_000;
const PER_CLUSTER: usize = 8;
const SEGMENTS: usize = 10;
const CRITERIA: usize = 6;
const SEED: u64 = 7;
/// The whole, and one-sided misses of a two-sided interval of 95 %.
const LEVEL: f64 = 0.025;
/// How often the intervals alone are made: once is too short to measure.
const AGAIN: u32 = 100;
const SCRIPT: &str = include_str!("peers/bootstrap.py");

/// What both systems scored on one example, by criterion.
struct Scored {
    segment: usize,
    candidate: [u8; CRITERIA],
    production: [u8; CRITERIA],
}

/// The table: candidate and production pass and fail together more often than by chance, and so do the examples of a cluster.
fn table() -> Vec<Scored> {
    let mut chance = ChaCha8Rng::seed_from_u64(SEED);
    let chance_of = |logit: f64| 1.0 / (1.0 + libm::exp(-logit));
    let mut effects = [0.0f64; CRITERIA];
    (0..EXAMPLES)
        .map(|at| {
            if at % PER_CLUSTER == 0 {
                effects = std::array::from_fn(|_| 0.5 * Distribution::<f64>::sample(&StandardNormal, &mut chance));
            }
            let segment = chance.random_range(0..SEGMENTS);
            let (mut candidate, mut production) = ([0; CRITERIA], [0; CRITERIA]);
            for criterion in 0..CRITERIA {
                let (shared, own): (f64, f64) = (chance.random(), chance.random());
                production[criterion] = u8::from(shared < chance_of(1.0 + effects[criterion]));
                candidate[criterion] = u8::from(shared * 0.8 + own * 0.2 < chance_of(1.05 + effects[criterion]));
            }
            Scored { segment, candidate, production }
        })
        .collect()
}

/// Writes the eval, its scores, and what the bootstraps read: cluster, segment and difference on the first criterion.
fn write(folder: &Path, table: &[Scored]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let criteria: String =
        (0..CRITERIA).map(|at| format!("  c{at}: {{protects: unsupported_claim, grade: imported}}\n")).collect();
    let gates: String = (0..CRITERIA)
        .map(|at| {
            format!("  - {{criterion: c{at}, in: [all, segment], not_worse_than: production, by: 5%, else: repair, owner: release}}\n")
        })
        .collect();
    let contract = include_str!("contract.yaml");
    let promise = contract.split("promise:").nth(1).and_then(|rest| rest.split("examples:").next()).unwrap_or("");
    fs::write(
        folder.join("plimsoll.yaml"),
        format!(
            "plimsoll: 1\nname: statistics\nsimulated: true\npromise:{promise}segments:\n  - {{by: segment, routable: true}}\n\
             criteria:\n{criteria}systems:\n  candidate: {{imported: candidate}}\n  production: {{imported: production}}\ngates:\n{gates}"
        ),
    )?;
    let mut scores = BufWriter::new(File::create(folder.join("scores.csv"))?);
    let mut pairs = BufWriter::new(File::create(folder.join("pairs.csv"))?);
    writeln!(scores, "example,system,criterion,value,cluster,segment")?;
    for (at, scored) in table.iter().enumerate() {
        let (cluster, segment) = (at / PER_CLUSTER, scored.segment);
        for (system, values) in [("candidate", &scored.candidate), ("production", &scored.production)] {
            for (criterion, value) in values.iter().enumerate() {
                writeln!(scores, "e{at:06},{system},c{criterion},{value},k{cluster:05},s{segment}")?;
            }
        }
        let difference = i32::from(scored.candidate[0]) - i32::from(scored.production[0]);
        writeln!(pairs, "{cluster},{segment},{difference}")?;
    }
    scores.flush()?;
    pairs.flush()
}

/// Sums per cluster of the first criterion: of the whole, then of each segment.
fn sums(table: &[Scored]) -> Vec<Vec<Cluster>> {
    let mut all: Vec<Vec<Cluster>> = vec![Vec::new(); SEGMENTS + 1];
    let mut last = [usize::MAX; SEGMENTS + 1];
    for (at, scored) in table.iter().enumerate() {
        let (y, z) = (f64::from(scored.candidate[0]), f64::from(scored.production[0]));
        for place in [0, scored.segment + 1] {
            if last[place] != at / PER_CLUSTER {
                last[place] = at / PER_CLUSTER;
                all[place].push(Cluster::default());
            }
            let Some(cluster) = all[place].last_mut() else { continue };
            cluster.rows += 1;
            cluster.weight += 1.0;
            cluster.weight_squared += 1.0;
            cluster.value += y - z;
            cluster.gain += y * (1.0 - z);
            cluster.loss += (1.0 - y) * z;
            cluster.some_fail |= y != z;
            cluster.some_pass = cluster.some_fail;
        }
    }
    all
}

type Bounds = Vec<(f64, f64)>;

fn intervals(sums: &[Vec<Cluster>]) -> Bounds {
    let interval = |clusters: &Vec<Cluster>| {
        let weighed = stats::weigh(clusters, &Strata::none(), Kind::Difference);
        weighed.map_or((f64::NAN, f64::NAN), |weighed| {
            let interval = weighed.interval(LEVEL);
            (interval.lower, interval.upper)
        })
    };
    sums.iter().map(interval).collect()
}

/// Measures and tells.
pub fn bench(binary: &Path, home: &Path, runs: usize) -> Result<String, String> {
    let folder = home.join("statistics");
    let table = table();
    write(&folder, &table).map_err(|error| format!("cannot write in {}: {error}", folder.display()))?;
    let decided = decide(binary, &folder, runs)?;
    let sums = sums(&table);
    let start = Instant::now();
    let mut own = Bounds::new();
    for _ in 0..AGAIN {
        own = intervals(std::hint::black_box(&sums));
    }
    let alone = start.elapsed().as_secs_f64() / f64::from(AGAIN);
    let mut told = vec![
        format!(
            "{} scores in Parquet: {EXAMPLES} examples, {} clusters, {SEGMENTS} segments, {CRITERIA} criteria, 2 systems",
            EXAMPLES * CRITERIA * 2,
            EXAMPLES / PER_CLUSTER
        ),
        format!("  evidence, decision, record    {} s, {} CPU s", written(decided.0, 2), written(decided.1, 2)),
        format!("  11 intervals of one criterion {:.5} CPU s, from sums per cluster", alone),
    ];
    match python_with("scipy, numpy") {
        None => told.push("  scipy and numpy are not installed, not run".to_owned()),
        Some(python) => told.extend(beside(&python, &folder, &own, alone)?),
    }
    Ok(told.join("\n") + "\n")
}

fn written(spread: Spread, digits: usize) -> String {
    format!("{:.digits$} [{:.digits$}, {:.digits$}]", spread.middle, spread.least, spread.most)
}

/// Imports the table once, then decides on it; clock and CPU of deciding.
fn decide(binary: &Path, folder: &Path, runs: usize) -> Result<(Spread, Spread), String> {
    let state = folder.join(".plimsoll");
    if state.exists() {
        fs::remove_dir_all(&state).map_err(|error| error.to_string())?;
    }
    let output = folder.join("decide.txt");
    let ended = |what: &str, command: &mut Command| {
        let usage = run(command, &output, |_| {}).map_err(|error| error.to_string())?;
        match usage.code {
            Some(0 | 10 | 20 | 30 | 40) => Ok(usage),
            code => Err(format!("{what} ended with {code:?}:\n{}", super::text(&output.with_extension("err")))),
        }
    };
    let mut import = Command::new(binary);
    ended("the import", import.args(["import", "scores"]).arg(folder.join("scores.csv")).arg(folder))?;
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let usage = ended("deciding", Command::new(binary).arg("decide").arg(folder).args(["--as", "json"]))?;
        wall.push(usage.wall);
        cpu.push(usage.cpu);
    }
    Spread::of(wall).zip(Spread::of(cpu)).ok_or_else(|| "nothing was measured".to_owned())
}

/// The bootstraps, each with its ratio and how far its bounds lie from ours at most.
fn beside(python: &Path, folder: &Path, own: &Bounds, alone: f64) -> Result<Vec<String>, String> {
    let script = folder.join("bootstrap.py");
    fs::write(&script, SCRIPT).map_err(|error| error.to_string())?;
    let output = folder.join("bootstrap.txt");
    let mut command = Command::new(python);
    let usage = run(command.arg(&script).arg(folder.join("pairs.csv")), &output, |_| {}).map_err(|e| e.to_string())?;
    if usage.code != Some(0) {
        return Err(format!("the bootstraps failed:\n{}", super::text(&output.with_extension("err"))));
    }
    let told = super::text(&output);
    told.lines().map(|line| compared(line, own, alone)).collect()
}

/// One line of the script: `{"what": ..., "cpu": ..., "bounds": [[lower, upper], ...]}`.
fn compared(line: &str, own: &Bounds, alone: f64) -> Result<String, String> {
    let one: Value = serde_json::from_str(line).map_err(|error| format!("the bootstraps: {error}: {line}"))?;
    let (what, cpu) = (one["what"].as_str().unwrap_or("?"), one["cpu"].as_f64().unwrap_or(f64::NAN));
    let bounds = one["bounds"].as_array().map(Vec::as_slice).unwrap_or_default();
    let bound = |at: usize, side: usize| bounds.get(at).and_then(|both| both[side].as_f64());
    let apart = own.iter().enumerate().map(|(at, (lower, upper))| {
        let (low, high) = bound(at, 0).zip(bound(at, 1))?;
        Some(((low - lower).abs().max((high - upper).abs()), (upper - lower) / (high - low)))
    });
    let apart: Option<Vec<(f64, f64)>> = apart.collect();
    let apart = apart.ok_or_else(|| format!("the bootstraps left a bound out: {line}"))?;
    let furthest = apart.iter().map(|(apart, _)| *apart).fold(0.0, f64::max);
    let (narrow, wide) = apart.iter().fold((f64::MAX, 0.0f64), |(n, w), (_, ratio)| (n.min(*ratio), w.max(*ratio)));
    Ok(format!(
        "  {what:<29} {cpu:.2} CPU s: {:.0} times ours; bounds at most {:.2} points apart, ours {narrow:.2} to {wide:.2} times as wide",
        cpu / alone,
        furthest * 100.0
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_apart_is_told_in_points_and_widths() {
        let line = r#"{"what": "numpy", "cpu": 1.0, "bounds": [[-0.01, 0.03]]}"#;
        let told = compared(line, &vec![(-0.012, 0.032)], 0.01).unwrap();
        assert!(
            told.contains("100 times ours; bounds at most 0.20 points apart, ours 1.10 to 1.10 times as wide"),
            "{told}"
        );
        assert!(compared(line, &vec![(0.0, 0.1), (0.0, 0.1)], 0.01).is_err());
    }

    #[test]
    fn every_example_is_in_the_whole_and_in_its_segment() {
        let sums = sums(&table());
        let rows = |clusters: &[Cluster]| clusters.iter().map(|cluster| cluster.rows).sum::<u64>();
        assert_eq!((rows(&sums[0]), sums[0].len()), (EXAMPLES as u64, EXAMPLES / PER_CLUSTER));
        assert_eq!(sums[1..].iter().map(|clusters| rows(clusters)).sum::<u64>(), EXAMPLES as u64);
    }
}
