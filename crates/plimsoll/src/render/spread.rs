//! What repeats tell, and how latency and spend spread, as short tables for every form of a decision; it rests on neither.
//!
//! in      a record
//! out     a table each, where the record has it; cells are words, in which outside text is as it was

use super::read::Shown;
use domain::finding::figures::{Rounding, money, percent, percent_between};
use serde_json::Value;

const NOT_ENOUGH: &str = "not enough data";

pub struct Table {
    /// What a terminal has before it.
    pub label: &'static str,
    pub title: &'static str,
    pub note: &'static str,
    pub columns: Vec<String>,
    /// A cell a column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Each row as a sentence: what it is of, then every column with its cell.
    pub fn told(&self) -> Vec<String> {
        let told = |row: &Vec<String>| {
            let (of, cells) = row.split_at(2);
            let cells = self.columns.iter().skip(2).zip(cells).map(|(column, cell)| format!("{column} {cell}"));
            format!("{}: {}", of.join(", "), cells.collect::<Vec<_>>().join("; "))
        };
        self.rows.iter().map(told).collect()
    }
}

pub fn tables(shown: &Shown) -> Vec<Table> {
    [repeats(shown), quantiles(shown)].into_iter().flatten().collect()
}

fn repeats(shown: &Shown) -> Option<Table> {
    let all = shown.list("repeats");
    let k = all.first()?["k"].as_u64()?;
    let row = |of: &Value| {
        let n = &of["pass_at_k"]["n"];
        let mean_square = |key: &str| of[key].as_f64().map_or_else(|| NOT_ENOUGH.to_owned(), |it| format!("{it:.4}"));
        vec![
            word(&of["criterion"]),
            word(&of["arm"]),
            share(&of["pass_at_k"]),
            share(&of["pass_all_k"]),
            format!("{} of {}", n["graded"], n["planned"]),
            mean_square("mean_square_between"),
            mean_square("mean_square_within"),
            of["icc"].as_f64().map_or_else(|| "not defined".to_owned(), |icc| format!("{icc:.2}")),
        ]
    };
    let (any, every) = (format!("pass@{k}"), format!("pass^{k}"));
    let columns = ["criterion", "arm", &any, &every, "examples", "mean square between", "within examples", "ICC"];
    Some(Table {
        label: "repeats",
        title: "Across repeats",
        note: "pass@k: at least one of k tries passes; pass^k: all of them do. A high intraclass correlation (ICC): examples differ, their repeats \
               hardly do. Verdicts of a judge are as it gave them. Repeats are not examples, and no decision rests on this.",
        columns: columns.map(str::to_owned).to_vec(),
        rows: all.iter().map(row).collect(),
    })
}

fn quantiles(shown: &Shown) -> Option<Table> {
    let all = shown.list("quantiles");
    let unit = |measure: &Value, value: f64, rounding: Rounding| match measure.as_str() {
        Some("latency") => format!("{} ms", rounding.write(value, 0)),
        _ => format!("{} {}", money(value, rounding), shown.currency()).trim_end().to_owned(),
    };
    let row = |of: &Value| {
        let quantile = |key: &str| interval(&of[key], &|value, rounding| unit(&of["measure"], value, rounding));
        vec![word(&of["measure"]), word(&of["arm"]), quantile("p50"), quantile("p95"), of["answers"].to_string()]
    };
    (!all.is_empty()).then(|| Table {
        label: "spread",
        title: "Latency and spend",
        note: "p50 and p95: what half, and 95 %, of the answers do not exceed, with the 95 % interval. What failed has neither latency nor \
               spend, and what came from a cache no latency. No decision rests on this.",
        columns: ["measure", "arm", "p50", "p95", "answers"].map(str::to_owned).to_vec(),
        rows: all.iter().map(row).collect(),
    })
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn share(of: &Value) -> String {
    match [&of["estimate"], &of["lower"], &of["upper"]].map(Value::as_f64) {
        [Some(share), Some(lower), Some(upper)] => format!("{} ({})", percent(share), percent_between(lower, upper)),
        _ => NOT_ENOUGH.to_owned(),
    }
}

/// A figure with its ends, of which either may be unknown.
fn interval(of: &Value, unit: &dyn Fn(f64, Rounding) -> String) -> String {
    let figure = |key: &str, rounding: Rounding| of[key].as_f64().map(|value| unit(value, rounding));
    let Some(value) = figure("estimate", Rounding::Nearest) else { return NOT_ENOUGH.to_owned() };
    match (figure("lower", Rounding::Down), figure("upper", Rounding::Up)) {
        (Some(lower), Some(upper)) => format!("{value} ({lower} to {upper})"),
        (Some(lower), None) => format!("{value} (from {lower}; upper bound: {NOT_ENOUGH})"),
        (None, Some(upper)) => format!("{value} (up to {upper}; lower bound: {NOT_ENOUGH})"),
        (None, None) => format!("{value} (bounds: {NOT_ENOUGH})"),
    }
}
