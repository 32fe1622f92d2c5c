//! Files that somebody may have forged, read without a panic: the reader of Parquet has some on damaged bytes.
//!
//! in      what reads the files of a run
//! out     what it read; `NotARun` where the reader panicked, and nothing of the panic is printed

use crate::LakeError;
use camino::Utf8Path;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread reads such files just now.
    static READING: Cell<bool> = const { Cell::new(false) };
}

static HOOKED: Once = Once::new();

/// For the files of a run.
pub fn guarded<T>(folder: &Utf8Path, read: impl FnOnce() -> Result<T, LakeError>) -> Result<T, LakeError> {
    unless_panicked(read).unwrap_or_else(|| Err(LakeError::NotARun(folder.to_owned())))
}

/// `None` where it panicked.
pub fn unless_panicked<T>(read: impl FnOnce() -> T) -> Option<T> {
    HOOKED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !READING.get() {
                before(panic);
            }
        }));
    });
    let outer = READING.replace(true);
    // Nothing of what was being read outlives a panic.
    let ended = catch_unwind(AssertUnwindSafe(read));
    READING.set(outer);
    ended.ok()
}
