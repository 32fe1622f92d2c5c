//! Failures on standard error: `error:` says what, `help:` says what now. Faults in files are shown in place.

use crate::cli::Failure;
use std::io::Write;

/// Writes to standard error; a closed one changes nothing.
pub fn print(failure: &Failure) {
    let mut out = anstream::stderr().lock();
    let _ = match failure {
        Failure::Faults(faults) => faults.iter().try_for_each(|fault| {
            writeln!(out, "error: {}", fault.what)
                .and_then(|()| writeln!(out, "  --> {}", fault.place))
                .and_then(|()| writeln!(out, " help: {}", fault.help))
        }),
        Failure::Yours { what, help } | Failure::Ours { what, help } => {
            writeln!(out, "error: {what}").and_then(|()| writeln!(out, " help: {help}"))
        }
    };
}
