//! How many rehearsals a minute the binary makes, beside the least that is asked for.
//!
//! in      the folder of a thousand examples with five criteria, decided on
//! out     whole decisions on identical systems a minute: by the clock with two threads, by CPU, start and reading included

use super::measure::{Spread, run};
use std::path::Path;
use std::process::Command;

/// Examples that a rehearsal is measured on.
pub const EXAMPLES: u32 = 1_000;
const REHEARSALS: u32 = 10_000;
/// Rehearsals a minute that a thousand examples with five criteria must allow.
const LEAST: f64 = 10_000.0;

pub struct Rehearsed {
    wall: Spread,
    cpu: Spread,
}

pub fn measure(binary: &Path, folder: &Path, runs: usize) -> Result<Rehearsed, String> {
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    let output = folder.join("rehearsed.txt");
    for _ in 0..runs {
        let mut command = Command::new(binary);
        command.arg("rehearse").arg(folder).args(["--only", "identical", "--rehearsals", &REHEARSALS.to_string()]);
        let usage = run(&mut command, &output, |_| {}).map_err(|error| error.to_string())?;
        if usage.code != Some(0) {
            return Err(super::text(&output.with_extension("err")));
        }
        wall.push(usage.wall);
        cpu.push(usage.cpu);
    }
    let spread = |figures: Vec<f64>| Spread::of(figures).ok_or_else(|| "nothing was measured".to_owned());
    Ok(Rehearsed { wall: spread(wall)?, cpu: spread(cpu)? })
}

pub fn told(rehearsed: &Rehearsed) -> String {
    let a_minute = |seconds: f64| f64::from(REHEARSALS) * 60.0 / seconds;
    let spread =
        |of: Spread| format!("{:.0} [{:.0}, {:.0}]", a_minute(of.middle), a_minute(of.most), a_minute(of.least));
    format!(
        "  rehearsals a minute {}; of one thread's CPU {}; {:.1} times the {LEAST:.0} asked for\n",
        spread(rehearsed.wall),
        spread(rehearsed.cpu),
        a_minute(rehearsed.wall.middle) / LEAST
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_in_ten_seconds_are_six_times_what_is_asked_for() {
        let seconds = |middle: f64| Spread { middle, least: middle / 2.0, most: middle * 2.0 };
        let told = told(&Rehearsed { wall: seconds(10.0), cpu: seconds(20.0) });
        assert!(told.contains("60000 [30000, 120000]; of one thread's CPU 30000 [15000, 60000]; 6.0 times"), "{told}");
    }
}
