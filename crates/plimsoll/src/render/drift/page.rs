//! Drift as one page that needs nothing else: no script, no font, no picture from elsewhere.

use super::{name, of_again, of_content, of_mix, of_unmeasured, percent, shown};
use crate::app::drift::Drifted;
use crate::cli::Failure;
use crate::render::read::plain;
use askama::Template;
use domain::drift::Group;

#[derive(Template)]
#[template(path = "drift.html")]
struct Page {
    name: String,
    tone: &'static str,
    word: &'static str,
    summary: String,
    mixes: Vec<Picture>,
    content: String,
    groups: Vec<(&'static str, Vec<Said>)>,
    again: Vec<String>,
    next: Vec<String>,
}

struct Picture {
    attribute: String,
    tone: &'static str,
    said: String,
    unmeasured: Option<String>,
    bars: Vec<Bar>,
    height: usize,
    left: usize,
}

/// Two bars of one value; lengths of 360.
struct Bar {
    name: String,
    y: usize,
    set: String,
    traffic: String,
    set_length: u32,
    traffic_length: u32,
}

struct Said {
    words: String,
    set: String,
    traffic: String,
    text: String,
}

pub fn html(drifted: &Drifted, days: &str) -> Result<String, Failure> {
    let said = |group: &Group| Said {
        words: plain(&group.words.join(", ")),
        set: percent(group.in_set),
        traffic: percent(group.in_traffic),
        text: plain(group.text.trim()).chars().take(300).collect(),
    };
    let groups = drifted.content.iter().flat_map(|content| {
        [
            ("Traffic says more often", content.lacking.iter().map(said).collect::<Vec<_>>()),
            ("The set says more often", content.over.iter().map(said).collect()),
        ]
    });
    let page = Page {
        name: plain(&drifted.contract),
        tone: if drifted.warns() { "open" } else { "good" },
        word: if drifted.warns() { "Drifted" } else { "No drift shown" },
        summary: plain(&super::text::summary(drifted, days)),
        mixes: drifted.mixes.iter().map(picture).collect(),
        content: of_content(drifted.content.as_ref()),
        groups: groups.filter(|(_, said)| !said.is_empty()).collect(),
        again: of_again(&drifted.again).iter().map(|said| plain(said)).collect(),
        next: drifted.next.iter().map(|next| plain(&next.line)).collect(),
    };
    page.render().map_err(|error| Failure::ours(format!("the page cannot be written: {error}"), "report it"))
}

fn picture(mix: &domain::drift::Mix) -> Picture {
    let (values, left) = shown(mix);
    let most = values.iter().map(|value| value.in_set.max(value.in_traffic)).fold(0.0, f64::max).max(1e-9);
    let length = |share: f64| (360.0 * share / most).round() as u32;
    let bars: Vec<Bar> = values
        .iter()
        .enumerate()
        .map(|(at, value)| Bar {
            name: plain(&name(value)).chars().take(34).collect(),
            y: at * 34,
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
        height: bars.len() * 34 + 4,
        bars,
        left,
    }
}
