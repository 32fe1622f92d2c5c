//! What the benchmark prints: figures in the middle of their runs, with least and most in brackets, and ratios.

use super::corpus::CRITERIA;
use super::measure::Spread;
use super::peers::{Peer, Took};
use super::subject::{Measured, Started};
use std::path::Path;

/// What is counted, and on what.
pub fn head(binary: Option<&Path>) -> String {
    let of = binary.map_or_else(|| "release profile".to_owned(), |binary| binary.display().to_string());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = super::text("/proc/loadavg".as_ref());
    format!(
        "plimsoll, {of}, {cores} cores, load {}\n\
         A record is one answer with its example. Half are the candidate's, half production's, so that there is a decision; both are\n\
         counted. Each is graded by five criteria: {}.\n\
         CPU is user and system time of all threads. Figures are the middle of the runs, in brackets the least and the most.\n",
        load.split(' ').next().unwrap_or("unknown"),
        CRITERIA.join(", "),
    )
}

pub fn started(started: &[Started]) -> String {
    let line = |started: &Started| {
        let ms = |seconds: f64| format!("{:.1}", seconds * 1e3);
        format!("plimsoll {:<10} {} ms\n", started.what, spread(started.wall, ms))
    };
    started.iter().map(line).collect()
}

pub fn graded(measured: &Measured) -> String {
    let answers = f64::from(measured.records) * 2.0;
    let thousands = answers / 1000.0;
    let per_thousand = |seconds: Spread| spread(seconds.per(thousands), |seconds| format!("{seconds:.5}"));
    let mb = |figure: Spread| spread(figure, |mb| format!("{mb:.0}"));
    let passes: Vec<String> =
        CRITERIA.iter().zip(measured.passes).map(|(criterion, passes)| format!("{criterion} {passes}")).collect();
    let bytes = measured.bytes as f64;
    [
        format!("{} records ({} for each system), {:.0} MB read\n", answers, measured.records, bytes / 1e6),
        format!("  decision            {}\n", measured.decision),
        format!(
            "  candidate passes    {}{}\n",
            passes.join(", "),
            if measured.known { ": as peers count" } else { "" }
        ),
        format!("  CPU s per 1,000     {}\n", per_thousand(measured.cpu)),
        format!("    until sealed      {}\n", per_thousand(measured.grading)),
        format!("    deciding          {}\n", per_thousand(measured.deciding)),
        format!("  parsing alone       {}\n", per_thousand(measured.floor)),
        format!("    into documents    {}\n", per_thousand(measured.documents)),
        format!(
            "    and the checks    {}, {:.1} times parsing\n",
            per_thousand(measured.checks),
            measured.checks.middle / measured.floor.middle
        ),
        format!(
            "  times parsing       {:.1}; until sealed {:.1}; times parsing into documents {:.1}\n",
            measured.cpu.middle / measured.floor.middle,
            measured.grading.middle / measured.floor.middle,
            measured.cpu.middle / measured.documents.middle
        ),
        format!("  seconds             {}\n", spread(measured.wall, |seconds| format!("{seconds:.2}"))),
        format!("  records a second    {:.0}\n", answers / measured.wall.middle),
        format!("  peak MB             {}, until sealed {}\n", mb(measured.peak_mb), mb(measured.peak_grading_mb)),
        format!("  kept on disk        {:.2} of what was read\n", measured.state_bytes as f64 / bytes),
    ]
    .concat()
}

/// A peer on the same candidate's answers.
pub fn beside(measured: &Measured, peer: &Peer, took: Option<Took>) -> String {
    let Some(took) = took else { return format!("  {:<19} {}", peer.name, peer.why_not(measured.records)) };
    let own = measured.cpu.middle / (f64::from(measured.records) * 2.0);
    let theirs = took.cpu.middle / f64::from(measured.records);
    format!(
        "  {:<19} {} CPU s per 1,000, {} MB, verdicts {}: {:.0} times ours",
        peer.name,
        spread(took.cpu.per(f64::from(measured.records) / 1000.0), |seconds| format!("{seconds:.4}")),
        spread(took.peak_mb, |mb| format!("{mb:.0}")),
        if took.agrees { "agree" } else { "DIFFER" },
        theirs / own,
    )
}

fn spread(spread: Spread, written: impl Fn(f64) -> String) -> String {
    format!("{} [{}, {}]", written(spread.middle), written(spread.least), written(spread.most))
}
