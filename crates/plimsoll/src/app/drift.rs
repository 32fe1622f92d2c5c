//! `drift`: the reference set against a window of traffic.
//!
//! in      the eval, a window of kept traffic or a file of it
//! out     mixes of each attribute that segments are cut by, content, what to sample next, and the last decision under today's mix
//! errors  no traffic, no example; what stands in the way of deciding again is told and fails nothing
//! note    texts of at most some thousand conversations are held, chosen by a key of the conversation; counts are of all

mod again;
mod meaning;
mod next;

pub use again::Again;
pub use meaning::Model;
pub use next::{Declare, Next};

use super::eval::Eval;
use super::logged::{self, Seen, Window};
use super::run::Progress;
use crate::cli::Failure;
use camino::Utf8PathBuf;
use domain::agenda::Command;
use domain::content::text_of;
use domain::digest::Digest;
use domain::drift::{ContentDrift, FEWEST, MOST, Mix, Point, Spoken, content, mix, weigh};
use domain::name::Attribute;
use domain::sampling::{unit, value};
use domain::segment::Segmentation;
use next::Size;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;

/// Letters of a text that are held.
const TEXT: usize = 2_000;

pub struct Orders {
    pub window: Window,
    /// A file of traffic instead of what is kept.
    pub against: Option<Utf8PathBuf>,
    pub seed: u64,
    /// What texts mean, besides the words that they use.
    pub model: Option<Model>,
}

pub struct Drifted {
    pub contract: String,
    pub seen: Seen,
    /// Active examples, and those that count toward a rate.
    pub examples: u64,
    pub counted: u64,
    pub mixes: Vec<Mix>,
    /// `None` where a side is too small.
    pub content: Option<ContentDrift>,
    /// Of the model, where one was given and there was enough to ask it about.
    pub model: Option<String>,
    pub next: Vec<Next>,
    /// `None` where the mix is as decisions weigh it, or no segment is cut by what drifted.
    pub declare: Option<Declare>,
    pub again: Again,
}

impl Drifted {
    pub fn warns(&self) -> bool {
        self.mixes.iter().any(Mix::warns) || self.content.as_ref().is_some_and(ContentDrift::warns)
    }
}

pub fn drift(eval: &Eval, orders: &Orders, progress: &mut dyn Progress) -> Result<Drifted, Failure> {
    progress.step("reading the reference set");
    let names = attributes(eval);
    let mut set = points(eval, &names)?;
    let examples = set.len() as u64;
    let counted = set.iter().filter(|point| point.weight > 0.0).count() as u64;
    if examples == 0 {
        return Err(Failure::yours("the reference set has no active example", "add examples first"));
    }
    if counted == 0 {
        set.iter_mut().for_each(|point| point.weight = 1.0);
    }
    weigh(&eval.contract, &mut set);
    let mut traffic = Vec::new();
    let mut heard = Heard { points: Vec::new(), rate: u64::MAX };
    let mut take = |request: domain::traffic::Request| -> Result<(), Failure> {
        let mut point = Point {
            id: request.id.clone(),
            cluster: unit(&request).to_owned(),
            weight: 1.0,
            attributes: names
                .iter()
                .filter_map(|name| Some((name.to_string(), value(&request, name)?.to_owned())))
                .collect(),
            text: String::new(),
        };
        traffic.push(point.clone());
        point.text = text_of(&request.input).chars().take(TEXT).collect();
        heard.add(point);
        Ok(())
    };
    progress.step("reading traffic");
    let seen = match &orders.against {
        Some(file) => logged::of_one(file, &mut take)?,
        None => logged::each(&eval.state(), &orders.window, &mut take)?,
    };
    if seen.requests == 0 {
        return Err(Failure::yours(
            "there is no traffic in this window",
            "bring it in with `plimsoll import traffic`, or name other days with `--window`",
        ));
    }
    let mixes = names.iter().map(|name| mix(name.as_str(), &set, &traffic));
    // What neither side has is no attribute of this eval.
    let mixes: Vec<Mix> = mixes.filter(|mix| mix.values.iter().any(|value| !value.name.is_empty())).collect();
    let spoken = Spoken::of(&set, &heard.points, orders.seed);
    let model = orders.model.as_ref().filter(|_| spoken.set >= FEWEST && spoken.traffic >= FEWEST);
    let vectors = model.map(|model| meaning::vectors(&spoken, model, progress)).transpose()?;
    progress.step("laying texts beside each other");
    let mut chance = ChaCha8Rng::seed_from_u64(orders.seed);
    let content = content(&spoken, vectors.as_deref(), &mut || chance.next_u64());
    progress.step("deciding again");
    let size = Size { examples, counted };
    let next = next::next(&eval.contract, &mixes, content.as_ref(), size, &|rule| draws(eval, orders, &seen, rule));
    let again = again::again(eval, &mixes)?;
    let declare = next::declare(&eval.contract, &mixes, &again.otherwise_under());
    let model = model.map(|model| model.folder.to_string());
    let contract = eval.contract.name.clone();
    Ok(Drifted { contract, seen, examples, counted, mixes, content, model, next, declare, again })
}

/// The command that draws by a rule from the days that were looked at, where they are kept.
fn draws(eval: &Eval, orders: &Orders, seen: &Seen, rule: &str) -> String {
    let days = seen.first.zip(seen.last).filter(|_| orders.against.is_none());
    let days = days.map(|(first, last)| format!("{first}..{last}"));
    let mut words = vec!["examples", "sample", "--rule", rule];
    words.extend(days.iter().flat_map(|days| ["--window", days]));
    Command::of_eval(&words).line(&eval.named, "")
}

/// What segments are cut by, and the task.
fn attributes(eval: &Eval) -> BTreeSet<Attribute> {
    let mut names = BTreeSet::from([Attribute::new("task")]);
    for cut in &eval.contract.segments {
        match cut {
            Segmentation::By { attribute, .. } => drop(names.insert(attribute.clone())),
            Segmentation::Where { conditions, .. } => names.extend(conditions.keys().cloned()),
        }
    }
    names
}

/// The active examples.
fn points(eval: &Eval, names: &BTreeSet<Attribute>) -> Result<Vec<Point>, Failure> {
    let mut texts = Vec::new();
    let set = super::examples::read(eval, |_, example| {
        texts.push(text_of(&example.document["input"]).chars().take(TEXT).collect::<String>());
    })?;
    let point = |(index, row): (domain::reference_set::ExampleIndex, &domain::reference_set::Row)| Point {
        id: row.id.to_string(),
        cluster: row.cluster.to_string(),
        weight: row.weight.get(),
        attributes: names
            .iter()
            .filter_map(|name| Some((name.to_string(), set.value(name, index)?.to_owned())))
            .collect(),
        text: std::mem::take(&mut texts[index.0 as usize]),
    };
    Ok(set.active().map(point).collect())
}

/// Texts of conversations whose key is low enough; the bar falls as they become too many.
struct Heard {
    points: Vec<Point>,
    rate: u64,
}

impl Heard {
    fn add(&mut self, point: Point) {
        if key(&point.cluster) <= self.rate {
            self.points.push(point);
        }
        while self.points.len() > 8 * MOST && self.rate > 1 {
            self.rate /= 2;
            self.points.retain(|point| key(&point.cluster) <= self.rate);
        }
    }
}

fn key(conversation: &str) -> u64 {
    let bytes = *Digest::of_bytes(conversation.as_bytes()).as_bytes();
    u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
}
