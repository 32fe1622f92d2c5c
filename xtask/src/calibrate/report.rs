//! What a run of simulations says, as lines.

use super::grid::{Bar, Cell, Figure, Fold, Measured, Run, Sum};

/// A row's heading, and per figure its worst cell beside its bar.
pub fn worst(run: &Run) -> Vec<String> {
    let figure = |(at, figure): (usize, &Figure)| {
        let Some((cell, worst, taken)) = run.worst(at) else { return format!("    {:<60} never taken", figure.what) };
        let among = match (taken, figure.fold, run.mean(at)) {
            (1, ..) => "the only cell".to_owned(),
            (_, Fold::Mean, Some(mean)) => format!("worst of {taken} cells, whose mean is {mean:.4}"),
            _ => format!("worst of {taken} cells"),
        };
        let value = value(&worst, figure);
        let name = &run.row.cells[cell].name;
        format!("    {:<60} {value:<18}  {}\n        {among}: {name}", figure.what, told(run, at))
    };
    std::iter::once(heading(run)).chain(run.row.figures.iter().enumerate().map(figure)).collect()
}

/// Every cell of a row, with all of its figures.
pub fn each(run: &Run) -> Vec<String> {
    let of_cell = |(cell, sums): (&Cell, &[Sum; 4])| {
        let seen = run.row.figures.iter().zip(sums).filter_map(|(figure, sum)| {
            Some(format!("        {:<56} {}\n", figure.what, value(&Measured::of(sum, figure.fold)?, figure)))
        });
        format!("    {}\n{}", cell.name, seen.collect::<String>().trim_end())
    };
    run.row.cells.iter().zip(&run.cells).map(of_cell).collect()
}

/// What was simulated, in how many cells, and how often.
pub fn heading(run: &Run) -> String {
    let cells = match run.cells.len() {
        1 => "1 cell".to_owned(),
        count => format!("{count} cells"),
    };
    let times = match run.repetitions {
        1 => "computed once".to_owned(),
        times => format!("{times} times each"),
    };
    format!("{}  {} ({cells}, {times})", run.row.id, run.row.what)
}

fn value(measured: &Measured, figure: &Figure) -> String {
    match figure.fold {
        Fold::Mean => format!("{:.4} (se {:.4})", measured.value, measured.error),
        Fold::Largest if measured.value == 0.0 => "0".to_owned(),
        Fold::Largest => format!("{:.1e}", measured.value),
    }
}

fn told(run: &Run, figure: usize) -> String {
    let bar = match run.row.figures[figure].bar {
        Bar::AtMost(bar) if bar > 0.0 && bar < 1e-3 => format!("at most {bar:.0e}"),
        Bar::AtMost(bar) => format!("at most {bar}"),
        Bar::AtLeast(bar) => format!("at least {bar}"),
        Bar::Within(low, high) => format!("{low} to {high}"),
        Bar::None => return "no bar".to_owned(),
    };
    match run.missing(figure) {
        0 => format!("{bar}: met"),
        missing => format!("{bar}: MISSED in {missing}"),
    }
}
