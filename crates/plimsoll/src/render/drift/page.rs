//! Drift as one page that needs nothing else: no script, no font, no picture from elsewhere.

use super::{laid, name, of_again, of_declare, of_mix, of_unmeasured, p_said, percent, shown};
use crate::app::drift::Drifted;
use crate::cli::Failure;
use crate::render::read::{plain, unquoted};
use askama::Template;
use domain::drift::{Farthest, Patch};

/// The longest bar, in per cent: its figure stands behind it.
const LONGEST: f64 = 80.0;

#[derive(Template)]
#[template(path = "drift.html")]
struct Page {
    name: String,
    tone: &'static str,
    word: &'static str,
    summary: String,
    mixes: Vec<Picture>,
    laid: Vec<Laid>,
    again: Vec<(String, Vec<String>)>,
    /// Rules, each with the command that draws by it.
    next: Vec<(String, String)>,
    /// What is said of shares, and the line for the contract.
    declare: Option<(String, String)>,
}

struct Picture {
    attribute: String,
    tone: &'static str,
    said: String,
    unmeasured: Option<String>,
    bars: Vec<Bar>,
    left: usize,
}

/// Two bars of one value; lengths in per cent of the line.
struct Bar {
    name: String,
    set: String,
    traffic: String,
    set_length: u32,
    traffic_length: u32,
}

struct Laid {
    title: String,
    said: Vec<String>,
    more: Vec<(&'static str, Vec<Said>)>,
    far: Vec<Unlike>,
}

struct Said {
    words: String,
    set: String,
    traffic: String,
    p: String,
    text: String,
}

struct Unlike {
    text: String,
    example: String,
    similarity: String,
}

pub fn html(drifted: &Drifted, days: &str) -> Result<String, Failure> {
    let laid = laid(drifted).into_iter().map(|laid| Laid {
        title: plain(&laid.title),
        said: laid.said.iter().map(|said| plain(said)).collect(),
        more: laid
            .more
            .into_iter()
            .filter(|(_, patches)| !patches.is_empty())
            .map(|(title, patches)| (title, patches.iter().map(said).collect()))
            .collect(),
        far: laid.far.into_iter().map(unlike).collect(),
    });
    let page = Page {
        name: plain(&drifted.contract),
        tone: if drifted.warns() { "open" } else { "good" },
        word: super::text::verdict(drifted),
        summary: plain(&super::text::summary(drifted, days)),
        mixes: drifted.mixes.iter().map(picture).collect(),
        laid: laid.collect(),
        again: of_again(&drifted.again)
            .iter()
            .map(|(said, details)| (unquoted(said), details.iter().map(|detail| plain(detail)).collect()))
            .collect(),
        next: drifted.next.iter().map(|next| (plain(&next.line), plain(&next.command))).collect(),
        declare: drifted.declare.as_ref().map(|of| (unquoted(&of_declare(of)), plain(&of.line))),
    };
    page.render().map_err(|error| Failure::ours(format!("the page cannot be written: {error}"), "report it"))
}

fn said(patch: &Patch) -> Said {
    Said {
        words: plain(&patch.words.join(", ")),
        set: format!("{} ({})", patch.counts.0, percent(patch.in_set)),
        traffic: format!("{} ({})", patch.counts.1, percent(patch.in_traffic)),
        p: p_said(patch.p),
        text: excerpt(&patch.text),
    }
}

fn unlike(far: &Farthest) -> Unlike {
    let example =
        if far.similarity > 0.0 { excerpt(&far.example_text) } else { "(nothing in common with any)".to_owned() };
    Unlike { text: excerpt(&far.text), example, similarity: format!("{:.2}", far.similarity) }
}

fn excerpt(text: &str) -> String {
    plain(text.trim()).chars().take(300).collect()
}

fn picture(mix: &domain::drift::Mix) -> Picture {
    let (values, left) = shown(mix);
    let most = values.iter().map(|value| value.in_set.max(value.in_traffic)).fold(0.0, f64::max).max(1e-9);
    let length = |share: f64| (LONGEST * share / most).round() as u32;
    let bars: Vec<Bar> = values
        .iter()
        .map(|value| Bar {
            name: plain(&name(value)).chars().take(60).collect(),
            set: percent(value.in_set),
            traffic: percent(value.in_traffic),
            set_length: length(value.in_set),
            traffic_length: length(value.in_traffic),
        })
        .collect();
    Picture {
        attribute: plain(&mix.attribute),
        tone: if mix.warns() { "open" } else { "good" },
        said: of_mix(mix),
        unmeasured: of_unmeasured(mix).map(|said| plain(&said)),
        bars,
        left,
    }
}
