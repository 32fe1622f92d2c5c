//! Plimsoll decides whether a change to an LLM product may be released.
//!
//! The command line only says verbs: `cli/<verb>.rs` reads arguments and prints, `app/<verb>.rs` does the work,
//! `render/<form>.rs` writes what a person or another program reads.

mod app;
mod cli;
mod render;

fn main() -> std::process::ExitCode {
    cli::main()
}
