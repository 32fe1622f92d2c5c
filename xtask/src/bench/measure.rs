//! Runs a program and tells what it took: time on the clock, CPU of all its threads and of the children it waited for, and
//! the most memory that it held.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What one run of a program took.
#[derive(Clone, Debug)]
pub struct Usage {
    pub wall: f64,
    pub cpu: f64,
    pub peak_mb: f64,
    pub code: Option<i32>,
}

/// Runs a program once, with its standard output in a file. `watch` is called every few milliseconds with its process id.
pub fn run(command: &mut Command, output: &Path, mut watch: impl FnMut(u32)) -> io::Result<Usage> {
    let errors = File::create(output.with_extension("err"))?;
    command.stdin(Stdio::null()).stdout(File::create(output)?).stderr(errors);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let used = loop {
        match child.try_wait4()? {
            Some(used) => break used,
            None => {
                watch(child.id());
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    };
    let (wall, cpu) = (start.elapsed(), used.rusage.utime + used.rusage.stime);
    Ok(Usage {
        wall: wall.as_secs_f64(),
        cpu: cpu.as_secs_f64(),
        peak_mb: used.rusage.maxrss as f64 / f64::from(1 << 20),
        code: used.status.code(),
    })
}

/// The most memory that a running process has held so far, in megabytes.
pub fn peak_mb(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()? / 1024.0)
}

/// The middle of several figures, the least and the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub middle: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    /// `None` of nothing.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let middle = (figures.get(figures.len().wrapping_sub(1) / 2)? + figures.get(figures.len() / 2)?) / 2.0;
        Some(Spread { middle, least: *figures.first()?, most: *figures.last()? })
    }

    pub fn per(self, count: f64) -> Self {
        Spread { middle: self.middle / count, least: self.least / count, most: self.most / count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0, 9.0]), Some(Spread { middle: 2.5, least: 1.0, most: 9.0 }));
        assert_eq!(Spread::of([7.0]).map(|spread| spread.middle), Some(7.0));
        assert_eq!(Spread::of([]), None);
    }
}
