//! Progress on standard error, where a person waits at a terminal; silence elsewhere.

use crate::app::run::Progress;
use crate::render::read::plain;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;

pub struct Bar(ProgressBar);

/// A count, and how fast it grows; where a step says itself how it goes on, its words alone.
const COUNTED: &str = "{spinner} {msg} {human_pos} {per_sec} {elapsed}";
const SAID: &str = "{spinner} {wide_msg}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Bar {
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style(COUNTED));
        Bar(bar)
    }
}

impl Progress for Bar {
    fn step(&mut self, what: &str) {
        self.0.set_style(style(COUNTED));
        self.0.set_position(0);
        self.0.set_message(what.to_owned());
    }

    fn count(&mut self, done: u64, of: u64) {
        if of > 0 {
            self.0.set_length(of);
        }
        self.0.set_position(done);
    }

    fn say(&mut self, what: &str) {
        self.0.set_style(style(SAID));
        self.0.set_message(plain(what));
    }

    fn note(&mut self, what: &str) {
        self.0.suspend(|| {
            // A reader that left hears no note.
            let _ = writeln!(anstream::stderr().lock(), "note: {}", plain(what));
        });
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
