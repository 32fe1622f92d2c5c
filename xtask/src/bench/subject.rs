//! Measures the binary: its start, and whole runs from files to a sealed decision; and the floor on the same files.

use super::corpus::{CRITERIA, expected};
use super::measure::{Spread, Usage, peak_mb, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// How often a start is measured, and whole runs of few records.
const STARTS: usize = 20;
/// Exit codes of a run that decided.
const DECIDED: [i32; 5] = [0, 10, 20, 30, 40];

pub struct Started {
    pub what: &'static str,
    pub wall: Spread,
}

/// What runs at one size took.
pub struct Measured {
    pub records: u32,
    /// Bytes of the files that are read.
    pub bytes: u64,
    pub decision: String,
    /// For each criterion how many of the candidate's answers pass.
    pub passes: [u64; 5],
    pub known: bool,
    pub cpu: Spread,
    pub wall: Spread,
    /// CPU of grading alone, to the hundredth of a second, and the rest: deciding and the record.
    pub grading: Spread,
    pub deciding: Spread,
    pub peak_grading_mb: Spread,
    pub peak_mb: Spread,
    /// CPU of parsing the same files alone: into types, and into documents.
    pub floor: Spread,
    pub documents: Spread,
    /// CPU of parsing them into types and of the calls of libraries that the checks are.
    pub checks: Spread,
    pub state_bytes: u64,
}

/// How long the binary takes to say its version and its help.
pub fn starts(binary: &Path, home: &Path) -> Result<Vec<Started>, String> {
    fs::create_dir_all(home).map_err(|error| error.to_string())?;
    ["--version", "--help"]
        .into_iter()
        .map(|what| {
            let runs: Result<Vec<Usage>, String> = (0..STARTS)
                .map(|_| {
                    let start = std::time::Instant::now();
                    let ended = Command::new(binary).arg(what).output().map_err(|error| error.to_string())?;
                    if !ended.status.success() {
                        return Err(format!("`plimsoll {what}` failed"));
                    }
                    Ok(Usage { wall: start.elapsed().as_secs_f64(), cpu: 0.0, peak_mb: 0.0, code: Some(0) })
                })
                .collect();
            let wall = Spread::of(runs?.iter().map(|usage| usage.wall)).ok_or("nothing was started")?;
            Ok(Started { what, wall })
        })
        .collect()
}

/// Measures runs of one size, floor and binary in turn.
pub fn measure(binary: &Path, folder: &Path, records: u32, runs: usize) -> Result<Measured, String> {
    let (mut floors, mut documents, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    let (mut whole, mut until_graded) = (Vec::new(), Vec::new());
    let record = folder.join("run.json");
    for _ in 0..runs {
        floors.push(floor(folder, "types")?);
        documents.push(floor(folder, "documents")?);
        checks.push(floor(folder, "checks")?);
        let (usage, graded) = decided(binary, folder, &record)?;
        whole.push(usage);
        until_graded.push(graded);
    }
    let shown: Value = serde_json::from_str(&super::text(&record)).map_err(|error| format!("the record: {error}"))?;
    let passes = passes(&shown, records)?;
    let counted = super::text(&folder.join("floor.txt"));
    if counted.trim() != passes.map(|passes| passes.to_string()).join(" ") {
        return Err(format!("{passes:?} answers pass {CRITERIA:?}, and the checks alone count {counted}"));
    }
    let known = expected(records);
    if known.is_some_and(|known| known != passes) {
        return Err(format!("{passes:?} answers pass {CRITERIA:?}, and peers count {known:?}"));
    }
    let spread = |figures: Vec<f64>| Spread::of(figures).ok_or_else(|| "nothing was measured".to_owned());
    let of = |figure: fn(&Usage) -> f64| spread(whole.iter().map(figure).collect());
    let rest = whole.iter().zip(&until_graded).map(|(usage, graded)| (usage.cpu - graded.cpu).max(0.0));
    Ok(Measured {
        records,
        bytes: ["examples.jsonl", "candidate.jsonl", "production.jsonl"]
            .map(|name| size(&folder.join(name)))
            .iter()
            .sum(),
        decision: shown["decision"].as_str().unwrap_or("?").to_owned(),
        passes,
        known: known.is_some(),
        cpu: of(|usage| usage.cpu)?,
        wall: of(|usage| usage.wall)?,
        grading: spread(until_graded.iter().map(|graded| graded.cpu).collect())?,
        deciding: spread(rest.collect())?,
        peak_grading_mb: spread(until_graded.iter().map(|graded| graded.peak_mb).collect())?,
        peak_mb: of(|usage| usage.peak_mb)?,
        floor: spread(floors)?,
        documents: spread(documents)?,
        checks: spread(checks)?,
        state_bytes: size(&folder.join(".plimsoll")),
    })
}

fn floor(folder: &Path, as_what: &str) -> Result<f64, String> {
    let mut command = Command::new(super::own()?);
    command.args(["bench", "floor"]).arg(folder).arg(as_what);
    let usage = run(&mut command, &folder.join("floor.txt"), |_| {}).map_err(|error| error.to_string())?;
    if usage.code == Some(0) { Ok(usage.cpu) } else { Err(super::text(&folder.join("floor.err"))) }
}

/// What a run had taken when its scores were sealed.
#[derive(Clone, Copy, Default)]
struct UntilGraded {
    cpu: f64,
    peak_mb: f64,
}

/// One whole run without any state from before.
fn decided(binary: &Path, folder: &Path, record: &Path) -> Result<(Usage, UntilGraded), String> {
    let state = folder.join(".plimsoll");
    if state.exists() {
        fs::remove_dir_all(&state).map_err(|error| format!("cannot remove {}: {error}", state.display()))?;
    }
    let mut graded = UntilGraded::default();
    let mut is_sealed = false;
    let watch = |process| {
        if is_sealed {
            return;
        }
        if let (Some(cpu), Some(peak_mb)) = (cpu_so_far(process), peak_mb(process)) {
            graded = UntilGraded { cpu, peak_mb };
        }
        is_sealed = has_a_sealed_run(&state);
    };
    let mut command = Command::new(binary);
    command.arg("run").arg(folder).args(["--as", "json"]);
    let usage =
        run(&mut command, record, watch).map_err(|error| format!("cannot run {}: {error}", binary.display()))?;
    if usage.code.is_some_and(|code| DECIDED.contains(&code)) {
        Ok((usage, graded))
    } else {
        Err(format!("the run ended with {:?}:\n{}", usage.code, super::text(&record.with_extension("err"))))
    }
}

/// A run gets its name when it is whole; before, it starts with a dot.
fn has_a_sealed_run(state: &Path) -> bool {
    let Ok(entries) = fs::read_dir(state.join("runs")) else { return false };
    entries.flatten().any(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
}

/// CPU seconds of a running process, by the hundredth.
fn cpu_so_far(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is a name in parentheses that may hold anything; user and system ticks are fields 14 and 15.
    let mut ticks = stat.rsplit(") ").next()?.split(' ').skip(11).map(str::parse::<f64>);
    Some((ticks.next()?.ok()? + ticks.next()?.ok()?) / 100.0)
}

/// Of the gates on all answers whose estimate is a pass rate, the counts.
fn passes(record: &Value, records: u32) -> Result<[u64; 5], String> {
    let findings = record["findings"].as_array().ok_or("the record has no findings")?;
    let mut passes = [0; 5];
    for (at, criterion) in CRITERIA.iter().enumerate() {
        let gate = format!("{criterion}-rate");
        let finding = findings.iter().find(|finding| finding["gate"] == *gate && finding["arm"] == "candidate");
        let rate = finding.and_then(|finding| number(&finding["estimate"]));
        let rate = rate.ok_or_else(|| format!("the record has no estimate of `{gate}`"))?;
        passes[at] = (rate * f64::from(records)).round() as u64;
    }
    Ok(passes)
}

/// Records may hold decimals as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// Bytes of a file, or of all files in a folder.
fn size(path: &Path) -> u64 {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| size(&entry.path())).sum(),
        Err(_) => fs::metadata(path).map_or(0, |file| file.len()),
    }
}
