//! Room for many calls at once, before the first of them goes out.
//!
//! in      the systems that are asked, and how often each is at most
//! out     the limit of open files raised as far as it may be, and the kernel's table of them as large as they need
//! errors  fewer files may be open than calls go out at once
//! note    by itself that table doubles again and again while connections open, and each time all threads wait for the kernel (RCU):
//!         40 ms for 500

use crate::asking::{AskError, LiveSystem};
use domain::system::Speaks;
use rustix::io::fcntl_dupfd_cloexec;
use std::fs::File;

/// Files that are open besides those of calls: as many as there may be, and as few as will do.
const OTHERS: u64 = 100;
const FEWEST_OTHERS: u64 = 32;

pub fn for_calls(systems: &[LiveSystem], asks: usize) -> Result<(), AskError> {
    let files: u64 = systems.iter().map(|system| files_of(system, asks)).sum();
    let wanted = files.saturating_add(OTHERS);
    // Where no limit can be read, none is known to be too low.
    let may = rlimit::increase_nofile_limit(wanted).unwrap_or(wanted);
    if may < files.saturating_add(FEWEST_OTHERS) {
        return Err(AskError::Files { needed: files.saturating_add(FEWEST_OTHERS), may });
    }
    let highest = i32::try_from(wanted.min(may).saturating_sub(1));
    if let (Ok(highest), Ok(file)) = (highest, File::open("/dev/null")) {
        // The table stays as large when the file at its end is closed.
        drop(fcntl_dupfd_cloexec(&file, highest));
    }
    Ok(())
}

/// A connection is a file; a program that runs is three.
fn files_of(system: &LiveSystem, asks: usize) -> u64 {
    let each = if matches!(system.live.speaks, Speaks::Program(_)) { 3 } else { 1 };
    u64::from(system.live.limits.at_once).min(asks as u64) * each
}
