//! Sums per cluster, one grouping for each way that segments are cut.

use super::{Scores, declared, letter};
use crate::LakeError;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use domain::question::{Compared, Counts, Question, Tally};
use domain::reference_set::NO_VALUE;
use domain::segment::Segment;
use domain::system::Arm;
use std::collections::BTreeMap;
use std::ops::Range;

/// How missing grades are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    AsGraded,
    Best,
    Worst,
}

/// One way of cutting: an SQL expression for the segment's code, and which code is which segment.
struct Cut {
    code: String,
    condition: String,
    segments: BTreeMap<i64, Segment>,
}

pub(super) fn tally(
    scores: &Scores,
    wanted: &[(usize, usize, &Question)],
    take: &mut impl FnMut(usize, Tally),
) -> Result<(), LakeError> {
    for cut in cuts(scores, wanted) {
        let here: Vec<&(usize, usize, &Question)> = wanted
            .iter()
            .filter(|(_, _, question)| cut.segments.values().any(|segment| *segment == question.segment))
            .collect();
        let mut compared: Vec<Compared> = Vec::new();
        for (_, _, question) in &here {
            if !compared.iter().any(|known| same_pair(known, &question.compared)) {
                compared.push(question.compared);
            }
        }
        let counts = counts(scores, &cut, &compared)?;
        // Where nothing is missing, best and worst are what was graded.
        let lacks = |counts: &Counts| counts.grader_errors + counts.not_run > 0;
        let some_missing = counts.values().flatten().any(|(own, opponent)| lacks(own) || lacks(opponent));
        let readings = if some_missing { &READINGS[..] } else { &READINGS[..1] };
        let sums = sums(scores, &cut, &compared, readings)?;
        for (at, key, question) in here {
            let Some(code) =
                cut.segments.iter().find(|(_, segment)| **segment == question.segment).map(|(code, _)| *code)
            else {
                continue;
            };
            let Some(pair) = compared.iter().position(|known| same_pair(known, &question.compared)) else { continue };
            let place = (*key as i64, code);
            let (own, opponent) = counts.get(&place).and_then(|all| all.get(pair)).copied().unwrap_or_default();
            let strata = strata(scores, &question.segment);
            let of = |reading: usize| sums.clusters(&place, pair * readings.len() + reading, &question.compared);
            let missing = lacks(&own) || lacks(&opponent);
            let bounded =
                !matches!(question.value, domain::question::ValueOf::Amount | domain::question::ValueOf::Cost);
            take(
                *at,
                Tally {
                    counts: own,
                    opponent,
                    clusters: of(0),
                    strata,
                    best: (missing && bounded).then(|| of(1)),
                    worst: (missing && bounded).then(|| of(2)),
                },
            );
        }
    }
    Ok(())
}

/// Relative margins of one pair are made from the same sums.
fn same_pair(a: &Compared, b: &Compared) -> bool {
    match (a, b) {
        (Compared::Alone(a), Compared::Alone(b)) => a == b,
        (Compared::Paired { of: a, with: b, .. }, Compared::Paired { of: c, with: d, .. }) => a == c && b == d,
        _ => false,
    }
}

fn cuts(scores: &Scores, wanted: &[(usize, usize, &Question)]) -> Vec<Cut> {
    let mut all: BTreeMap<String, Cut> = BTreeMap::new();
    for (_, _, question) in wanted {
        let segment = &question.segment;
        let (key, code, condition, value) = cut_of(scores, segment);
        let cut = all.entry(key).or_insert_with(|| Cut { code, condition, segments: BTreeMap::new() });
        cut.segments.insert(value, segment.clone());
    }
    all.into_values().collect()
}

/// `all`; one value of one attribute, grouped with its other values; or a condition of its own.
fn cut_of(scores: &Scores, segment: &Segment) -> (String, String, String, i64) {
    if segment.is_all() {
        return ("all".into(), "0".into(), "TRUE".into(), 0);
    }
    let column =
        |attribute: &domain::name::Attribute| scores.asked.set.attributes.keys().position(|known| known == attribute);
    let code = |attribute: &domain::name::Attribute, value: &String| {
        let column = scores.asked.set.attributes.get(attribute);
        column
            .and_then(|column| column.values.iter().position(|known| known == value))
            .map_or(i64::from(NO_VALUE) - 1, |at| at as i64)
    };
    if let (1, Some((attribute, values))) = (segment.conditions.len(), segment.conditions.iter().next())
        && let (1, Some(value), Some(at)) = (values.len(), values.iter().next(), column(attribute))
        && segment.name.as_str() == format!("{attribute}={value}")
    {
        return (format!("by {at}"), format!("CAST(a{at} AS BIGINT)"), "TRUE".into(), code(attribute, value));
    }
    let conditions: Vec<String> = segment
        .conditions
        .iter()
        .map(|(attribute, values)| match column(attribute) {
            Some(at) => {
                let codes: Vec<String> = values.iter().map(|value| code(attribute, value).to_string()).collect();
                format!("CAST(a{at} AS BIGINT) IN ({})", codes.join(", "))
            }
            None => "FALSE".to_owned(),
        })
        .collect();
    (format!("named {}", segment.name), "0".into(), conditions.join(" AND "), 0)
}

/// Traffic shares of the strata within a segment.
fn strata(scores: &Scores, segment: &Segment) -> stats::Strata {
    let Some((_, shares)) = declared(scores.asked.contract) else { return stats::Strata::none() };
    let shares: Vec<f64> = shares.values().map(|share| share.get()).collect();
    if segment.is_all() {
        return stats::Strata::declared(shares);
    }
    let stratum = scores.stratum_of_rows();
    let (mut whole, mut inside) = (vec![0.0; shares.len()], vec![0.0; shares.len()]);
    for (example, row) in scores.asked.set.active() {
        let at = stratum[example.0 as usize] as usize;
        if at < shares.len() {
            whole[at] += row.weight.get();
            if scores.asked.set.lies_in(&segment.conditions, example) {
                inside[at] += row.weight.get();
            }
        }
    }
    let parts: Vec<f64> =
        (0..shares.len()).map(|at| if whole[at] > 0.0 { shares[at] * inside[at] / whole[at] } else { 0.0 }).collect();
    let sum: f64 = parts.iter().sum();
    if sum > 0.0 {
        stats::Strata::declared(parts.into_iter().map(|part| part / sum).collect())
    } else {
        stats::Strata::declared(shares)
    }
}

type Place = (i64, i64);

/// Counts in examples, for each comparison.
fn counts(
    scores: &Scores,
    cut: &Cut,
    compared: &[Compared],
) -> Result<BTreeMap<Place, Vec<(Counts, Counts)>>, LakeError> {
    let mut columns: Vec<String> = Vec::new();
    for pair in compared {
        let (of, with) = arms_of(pair);
        for arm in [Some(of), with].into_iter().flatten() {
            columns.extend(counted(letter(arm)));
        }
        if let Some(with) = with {
            columns.push(format!("COUNT(CASE WHEN {}_k > 0 AND {}_k > 0 THEN 1 END)", letter(of), letter(with)));
        }
    }
    let sql =
        format!("SELECT k, {} AS seg{} FROM ex WHERE {} GROUP BY 1, 2", cut.code, listed(&columns), cut.condition);
    let mut found = BTreeMap::new();
    for batch in scores.engine.ask(&sql)? {
        let columns = integers(&batch)?;
        for row in 0..batch.num_rows() {
            let mut at = 2;
            let mut next = || {
                at += 1;
                columns[at - 1].get(row).copied().unwrap_or(0).max(0) as u64
            };
            let mut all = Vec::new();
            for pair in compared {
                let (_, with) = arms_of(pair);
                let mut own = read_counts(&mut next);
                let opponent = with.map(|_| {
                    let mut opponent = read_counts(&mut next);
                    own.paired = next();
                    opponent.paired = own.paired;
                    opponent
                });
                all.push((own, opponent.unwrap_or_default()));
            }
            found.insert((columns[0][row], columns[1][row]), all);
        }
    }
    Ok(found)
}

/// Expressions as further columns, each with a name of its own.
fn listed(columns: &[String]) -> String {
    columns.iter().enumerate().map(|(at, column)| format!(", {column} AS n{at}")).collect()
}

fn counted(arm: &str) -> Vec<String> {
    let count = |condition: &str| format!("COUNT(CASE WHEN {condition} THEN 1 END)");
    let applies = format!("{arm}_a > 0");
    vec![
        count(&applies),
        count(&format!("{applies} AND {arm}_r = 0 AND {arm}_e = 0")),
        count(&format!("{arm}_k > 0 AND {arm}_e = 0")),
        count(&format!("{arm}_e > 0 AND {arm}_g = 0 AND {arm}_r = 0")),
        count(&format!("{arm}_g > 0 AND {arm}_r = 0")),
        count(&format!("{arm}_r > 0")),
        count(&format!("{applies} AND w > 0")),
        format!("COUNT(DISTINCT CASE WHEN {applies} THEN c END)"),
    ]
}

fn read_counts(next: &mut impl FnMut() -> u64) -> Counts {
    let mut counts = Counts {
        planned: next(),
        answered: next(),
        graded: next(),
        system_errors: next(),
        grader_errors: next(),
        not_run: next(),
        weighted: next(),
        clusters: next(),
        paired: 0,
    };
    counts.paired = counts.graded;
    counts
}

fn arms_of(compared: &Compared) -> (Arm, Option<Arm>) {
    match compared {
        Compared::Alone(arm) => (*arm, None),
        Compared::Paired { of, with, .. } => (*of, Some(*with)),
    }
}

/// Sums of each cluster in each stratum: for each comparison and reading nine columns of numbers.
#[derive(Default)]
struct Sums {
    /// The rows of each question and segment: they stand together, in the order of cluster ids.
    places: BTreeMap<Place, Range<usize>>,
    strata: Vec<u32>,
    columns: Vec<Vec<f64>>,
}

/// Rows, weight, weight squared, own value, opponent's value, gain, loss, some fail, some pass.
const NUMBERS: usize = 9;
const READINGS: [Reading; 3] = [Reading::AsGraded, Reading::Best, Reading::Worst];

impl Sums {
    /// What the columns of one comparison in one reading say of a place's clusters.
    fn clusters(&self, place: &Place, at: usize, compared: &Compared) -> Vec<stats::Cluster> {
        let rows = self.places.get(place).cloned().unwrap_or_default();
        rows.filter_map(|row| self.cluster(row, at, compared)).collect()
    }

    fn cluster(&self, row: usize, at: usize, compared: &Compared) -> Option<stats::Cluster> {
        let columns = self.columns.get(at * NUMBERS..(at + 1) * NUMBERS)?;
        let n = |number: usize| columns[number].get(row).copied().unwrap_or(0.0);
        if n(0) <= 0.0 {
            return None;
        }
        let factor = match compared {
            Compared::Alone(_) => 0.0,
            Compared::Paired { margin: None, .. } => 1.0,
            Compared::Paired { margin: Some(margin), .. } => margin.0,
        };
        Some(stats::Cluster {
            stratum: self.strata.get(row).copied()?,
            rows: n(0) as u64,
            weight: n(1),
            weight_squared: n(2),
            value: n(3) - factor * n(4),
            gain: n(5),
            loss: n(6),
            some_fail: n(7) > 0.0,
            some_pass: n(8) > 0.0,
        })
    }

    /// Adds rows that follow in the order of places.
    fn add(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let keys = integers(&batch.project(&[0, 1, 2, 3])?)?;
        for ((&question, &segment), &stratum) in keys[0].iter().zip(&keys[1]).zip(&keys[3]) {
            let row = self.strata.len();
            self.strata.push(stratum as u32);
            self.places.entry((question, segment)).or_insert(row..row).end = row + 1;
        }
        for (at, sums) in self.columns.iter_mut().enumerate() {
            let column = cast(batch.column(at + 4), &DataType::Float64)?;
            sums.extend(column.as_primitive::<Float64Type>().iter().map(|sum| sum.unwrap_or(0.0)));
        }
        Ok(())
    }
}

fn sums(scores: &Scores, cut: &Cut, compared: &[Compared], readings: &[Reading]) -> Result<Sums, LakeError> {
    let columns: Vec<String> =
        compared.iter().flat_map(|pair| readings.iter().flat_map(|reading| summed(pair, *reading))).collect();
    let sql = format!(
        "SELECT CAST(k AS BIGINT), {} AS seg, CAST(c AS BIGINT), CAST(h AS BIGINT){} FROM ex WHERE w > 0 AND {} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        cut.code,
        listed(&columns),
        cut.condition
    );
    let mut sums = Sums { columns: vec![Vec::new(); columns.len()], ..Sums::default() };
    for batch in scores.engine.ask(&sql)? {
        sums.add(&batch)?;
    }
    Ok(sums)
}

/// An arm's value on an example under a reading, and the condition under which there is one.
fn value(arm: &str, reading: Reading, flipped: bool) -> (String, String) {
    let best = (reading == Reading::Best) != flipped;
    match reading {
        Reading::AsGraded => (format!("{arm}_s / {arm}_k"), format!("{arm}_k > 0")),
        _ if best => {
            (format!("(COALESCE({arm}_s, 0.0) + {arm}_m) / ({arm}_k + {arm}_m)"), format!("{arm}_k + {arm}_m > 0"))
        }
        _ => (format!("COALESCE({arm}_s, 0.0) / ({arm}_k + {arm}_m)"), format!("{arm}_k + {arm}_m > 0")),
    }
}

fn summed(compared: &Compared, reading: Reading) -> Vec<String> {
    let (of, with) = arms_of(compared);
    let (y, known) = value(letter(of), reading, false);
    let Some(with) = with else {
        let sum = |what: &str| format!("SUM(CASE WHEN {known} THEN {what} END)");
        let zero = || "SUM(0.0)".to_owned();
        return vec![
            format!("COUNT(CASE WHEN {known} THEN 1 END)"),
            sum("w"),
            sum("w * w"),
            sum(&format!("w * ({y})")),
            zero(),
            zero(),
            zero(),
            format!("MAX(CASE WHEN {known} AND ({y}) < 1.0 THEN 1 ELSE 0 END)"),
            format!("MAX(CASE WHEN {known} AND ({y}) > 0.0 THEN 1 ELSE 0 END)"),
        ];
    };
    let (z, other) = value(letter(with), reading, true);
    let both = format!("{known} AND {other}");
    let sum = |what: &str| format!("SUM(CASE WHEN {both} THEN {what} END)");
    let (gain, loss) = (format!("({y}) * (1.0 - ({z}))"), format!("(1.0 - ({y})) * ({z})"));
    let discordant = format!("MAX(CASE WHEN {both} AND ({gain} > 0.0 OR {loss} > 0.0) THEN 1 ELSE 0 END)");
    vec![
        format!("COUNT(CASE WHEN {both} THEN 1 END)"),
        sum("w"),
        sum("w * w"),
        sum(&format!("w * ({y})")),
        sum(&format!("w * ({z})")),
        sum(&format!("w * {gain}")),
        sum(&format!("w * {loss}")),
        discordant.clone(),
        discordant,
    ]
}

fn integers(batch: &RecordBatch) -> Result<Vec<Vec<i64>>, LakeError> {
    batch
        .columns()
        .iter()
        .map(|column| {
            let column = cast(column, &DataType::Int64)?;
            let column = column.as_primitive::<Int64Type>();
            Ok((0..column.len()).map(|row| if column.is_null(row) { 0 } else { column.value(row) }).collect())
        })
        .collect()
}
