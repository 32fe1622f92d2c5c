//! Whether the statistics err as rarely as they say: simulations of section 7 of the method, each figure beside its bar.
//!
//! in      `[--fast|--full] [--only C1,T2] [--seed N] [--repetitions N] [--threads N] [--each]`
//! out     per row the worst cell of each figure, its Monte-Carlo standard error and its bar; progress on standard error;
//!         passed when every bar is met and the naive gate (B1) misses its own: else the bars show nothing
//! errors  an option that is not known
//! note    what decides is called and not imitated: `stats` for C and M, `domain`'s findings and routes for T, what a record shows for Q

mod broken;
mod chance;
mod corrected;
mod draw;
mod exact;
mod gates;
mod grid;
mod judged;
mod looks;
mod metamorphic;
mod pairs;
mod quantiles;
mod rates;
mod release;
mod report;
#[cfg(test)]
mod tests;

use grid::{Row, Run};
use std::io::IsTerminal;
use std::time::Instant;

/// How much is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Some cells of every row, a few hundred times each: in every run of `cargo xtask ci`.
    Fast,
    /// Every cell, 10,000 times.
    Full,
}

impl Extent {
    fn of<T>(self, fast: T, full: T) -> T {
        match self {
            Extent::Fast => fast,
            Extent::Full => full,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Order {
    extent: Extent,
    only: Vec<String>,
    seed: u64,
    repetitions: usize,
    threads: usize,
    each: bool,
}

const SEED: u64 = 1876;

pub fn main(words: &[&str]) -> bool {
    match order(words) {
        Ok(order) => carry_out(&order),
        Err(what) => {
            eprintln!("error: {what}");
            false
        }
    }
}

fn order(words: &[&str]) -> Result<Order, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut order = Order { extent: Extent::Fast, only: Vec::new(), seed: SEED, repetitions: 0, threads, each: false };
    let mut rest = words.iter();
    while let Some(&word) = rest.next() {
        let mut number = |what: &str| {
            let number = rest.next().and_then(|number| number.parse::<u64>().ok());
            number.ok_or_else(|| format!("`{word}` takes {what}"))
        };
        match word {
            "--fast" => order.extent = Extent::Fast,
            "--full" => order.extent = Extent::Full,
            "--each" => order.each = true,
            "--seed" => order.seed = number("a number")?,
            "--repetitions" => order.repetitions = number("a number")? as usize,
            "--threads" => order.threads = number("a number of threads")?.clamp(1, 1024) as usize,
            "--only" => {
                let ids = rest.next().ok_or("`--only` takes rows, such as C1,T2")?;
                order.only = ids.split(',').map(|id| id.trim().to_uppercase()).collect();
            }
            _ => return Err(format!("`{word}` is no option of calibrate")),
        }
    }
    if order.repetitions == 0 {
        order.repetitions = order.extent.of(500, 10_000);
    }
    match order.only.iter().find(|id| !IDS.contains(&id.as_str())) {
        Some(id) => Err(format!("there is no row `{id}`; there are {}", IDS.join(", "))),
        None => Ok(order),
    }
}

const IDS: [&str; 21] = [
    "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "Q1", "T1", "T2", "T3", "T4", "T5", "T6", "M1", "B1", "X1",
    "X2", "X3",
];

type MakesRow = fn(Extent) -> Row;

/// Rows with bars, which must be met.
const BARRED: [(&str, MakesRow); 21] = [
    ("C1", rates::independent),
    ("C2", rates::clustered),
    ("C3", rates::weighted),
    ("C4", rates::stratified),
    ("C5", pairs::differences),
    ("C6", exact::degenerate),
    ("C7", judged::rate),
    ("C7", corrected::rate),
    ("C8", judged::difference),
    ("C8", corrected::difference),
    ("C9", exact::never),
    ("Q1", quantiles::spread),
    ("T1", gates::same),
    ("T2", gates::boundary),
    ("T3", gates::power),
    ("T4", gates::whole_gate),
    ("T5", looks::halving),
    ("T6", looks::betting),
    ("M1", metamorphic::worse),
    ("M1", metamorphic::twice),
    ("M1", metamorphic::same),
];

/// Rows without bars.
const BROKEN: [(&str, MakesRow); 3] =
    [("X1", broken::picked_labels), ("X2", broken::drift), ("X3", broken::shared_judge_failure)];

fn carry_out(order: &Order) -> bool {
    let start = Instant::now();
    println!(
        "calibrate: {}, seed {}, {} repetitions; `se` is the Monte-Carlo standard error\n",
        order.extent.of("some cells of every grid (--fast)", "every cell (--full)"),
        order.seed,
        order.repetitions
    );
    let wanted = |id: &str| order.only.is_empty() || order.only.iter().any(|only| only == id);
    let mut missed: Vec<&str> = Vec::new();
    for (id, row) in BARRED.iter().filter(|(id, _)| wanted(id)) {
        if !show(order, &row(order.extent), false) && missed.last() != Some(id) {
            missed.push(id);
        }
    }
    let mut toothless = false;
    if wanted("B1") {
        for row in gates::control(order.extent) {
            toothless |= show(order, &row, false);
        }
    }
    if BROKEN.iter().any(|(id, _)| wanted(id)) {
        println!("\nBroken assumptions: no bar, since no interval promises anything here\n");
    }
    for (_, row) in BROKEN.iter().filter(|(id, _)| wanted(id)) {
        show(order, &row(order.extent), true);
    }
    let took = start.elapsed().as_secs();
    let teeth = match (wanted("B1"), toothless) {
        (false, _) => "",
        (true, false) => "; the naive gate misses them, as it must",
        (true, true) => "; THE NAIVE GATE MEETS THEM: the bars show nothing, no teeth",
    };
    let bars =
        if missed.is_empty() { "every bar is met".to_owned() } else { format!("bars missed: {}", missed.join(", ")) };
    println!("\ncalibrate: {bars}{teeth} (seed {}, {} min {:02} s)", order.seed, took / 60, took % 60);
    missed.is_empty() && !toothless
}

/// Runs and prints a row; whether its bars are met.
fn show(order: &Order, row: &Row, each: bool) -> bool {
    // `each`: what has no bar is told cell by cell.
    let shown = std::io::stderr().is_terminal();
    let say = |tenths: usize| {
        if shown {
            eprint!("\r{} {:>3} % ", row.id, tenths * 10);
        } else if tenths.is_multiple_of(5) && order.extent == Extent::Full {
            eprintln!("{} {} %", row.id, tenths * 10);
        }
    };
    let run: Run = grid::run(row, order.seed, order.repetitions, order.threads, say);
    if shown {
        eprint!("\r          \r");
    }
    let lines = match (each, order.each) {
        (true, _) => [vec![report::heading(&run)], report::each(&run)].concat(),
        (false, true) => [report::worst(&run), report::each(&run)].concat(),
        (false, false) => report::worst(&run),
    };
    lines.iter().for_each(|line| println!("{line}"));
    run.meets()
}
