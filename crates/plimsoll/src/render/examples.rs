//! The reference set for a terminal, at most 80 columns wide, and as JSON.

mod list;
mod retire;
mod show;
mod stats;
mod waiting;

pub use list::{list_json, list_text};
pub use retire::{history_json, history_text, proposal_text, retirements_json, retirements_text, together_text};
pub use show::{show_json, show_text};
pub use stats::{stats_json, stats_text};
pub use waiting::{proposals_json, proposals_text, sample_json, sample_text};

use super::read::{grouped, plain};
use super::width::broken;
use anstyle::Style;
use domain::provenance::Weight;
use std::fmt::Write;

const WIDTH: usize = 80;
/// Width of the labels on the left.
const LABEL: usize = 11;

/// A labelled text, wrapped.
fn row(out: &mut String, label: &str, text: &str) {
    let style = Style::new().bold();
    let mut label = label;
    for line in text.split('\n') {
        for line in broken(&plain(line.trim_end_matches('\r')), WIDTH - LABEL - 1) {
            let _ = writeln!(out, " {style}{label:<LABEL$}{style:#}{line}");
            label = "";
        }
    }
}

/// At most so wide; what is cut ends in dots.
fn cut(text: &str, most: usize) -> String {
    super::width::cut(&plain(text), most)
}

/// A number as people write it: at most three digits behind the point.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    grouped(text)
}

fn weight_text(weight: Weight) -> String {
    match weight {
        Weight::Sampled(amount) => number(amount.get()),
        Weight::Assumed => "1?".to_owned(),
        Weight::None => "0".to_owned(),
    }
}
