//! `examples show`: everything about one example, and what the set says of it.

use super::{meant, read};
use crate::app::eval::Eval;
use crate::app::kept;
use crate::app::logged::source_at;
use crate::cli::Failure;
use camino::Utf8PathBuf;
use domain::entry::Noun;
use domain::evidence::segments;
use domain::example::{Example, Expect};
use domain::fault::closest;
use domain::reference_set::{ExampleIndex, ReferenceSet, Row};
use serde_json::Value;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Ids that are listed where several begin alike.
const LISTED: usize = 8;
/// Ids up to which a mistyped one is compared with all.
const COMPARED: usize = 20_000;

/// A document that the expectation rests on.
pub struct Document {
    pub name: String,
    pub version: String,
    /// The version that is in force, where the contract says so.
    pub in_force: Option<String>,
}

pub struct Shown {
    pub example: Example,
    pub row: Row,
    pub file: Utf8PathBuf,
    /// The line as it stands in the file.
    pub line: Value,
    pub base: Option<(String, Expect)>,
    pub variants: Vec<(String, Expect)>,
    /// Other active examples in its cluster.
    pub cluster_mates: u64,
    /// Names of the contract's segments that it lies in, but for `all`.
    pub segments: Vec<String>,
    pub documents: Vec<Document>,
    /// Other active examples with the same input.
    pub same_input: Vec<String>,
    /// They, or some of them, expect something else.
    pub conflict: bool,
    /// The day after which it is stale is past.
    pub overdue: bool,
    /// The copy of what it was taken from, where one was kept.
    pub source: Option<Utf8PathBuf>,
}

/// The example with this id, or the only one whose id begins so.
pub fn show(eval: &Eval, id: &str) -> Result<Shown, Failure> {
    let mut exact = None;
    let (mut begin, mut count) = (None, 0u64);
    let mut alike: Vec<String> = Vec::new();
    let set = read(eval, |index, example| {
        if example.id.as_str() == id {
            exact = Some((index, example));
        } else if example.id.as_str().starts_with(id) {
            count += 1;
            if alike.len() < LISTED {
                alike.push(example.id.to_string());
            }
            begin.get_or_insert((index, example));
        }
    })?;
    match (exact, begin) {
        (Some((index, example)), _) => about(eval, &set, index, example),
        (None, Some((index, example))) if count == 1 => about(eval, &set, index, example),
        (None, Some(_)) => {
            let more = if count > LISTED as u64 { ", ..." } else { "" };
            Err(Failure::yours(
                format!("{count} examples begin with `{id}`"),
                format!("write more of the id: {}{more}", alike.join(", ")),
            ))
        }
        (None, None) => {
            let near = (set.rows.len() <= COMPARED).then(|| closest(id, set.rows.iter().map(|row| row.id.as_str())));
            let help = format!("{}`plimsoll examples list` shows the ids", meant(near.flatten()));
            Err(Failure::yours(format!("no example has the id `{id}`"), help))
        }
    }
}

fn about(eval: &Eval, set: &ReferenceSet, index: ExampleIndex, example: Example) -> Result<Shown, Failure> {
    let row = set.rows[index.0 as usize].clone();
    let name = |index: ExampleIndex| set.rows.get(index.0 as usize).map(|row| row.id.to_string()).unwrap_or_default();
    let base =
        example.variant_of.as_ref().zip(row.pair.as_ref()).map(|(base, pair)| (base.to_string(), pair.1.clone()));
    let variants = set.rows.iter().filter_map(|other| {
        let pair = other.pair.as_ref().filter(|pair| pair.0 == index)?;
        Some((other.id.to_string(), pair.1.clone()))
    });
    let in_force = |name: &str| {
        let known = eval.contract.documents.iter().find(|(known, _)| known == name);
        known.map(|(_, version)| version.clone())
    };
    let same = set.same_inputs().into_iter().find(|same| same.examples.contains(&index));
    let today = jiff::Zoned::now().date();
    let file = set.files.get(usize::from(row.kept.file)).cloned().unwrap_or_default();
    Ok(Shown {
        line: line_of(&file, &row)?,
        file,
        base,
        variants: variants.collect(),
        cluster_mates: set.active().filter(|(other, of)| *other != index && of.cluster == row.cluster).count() as u64,
        segments: segments(&eval.contract, set)
            .iter()
            .filter(|segment| !segment.is_all() && set.lies_in(&segment.conditions, index))
            .map(|segment| segment.name.to_string())
            .collect(),
        documents: example
            .depends_on
            .iter()
            .map(|(name, version)| Document {
                name: name.to_string(),
                version: version.clone(),
                in_force: in_force(name.as_str()),
            })
            .collect(),
        conflict: same.as_ref().is_some_and(|same| same.conflict),
        same_input: same
            .iter()
            .flat_map(|same| &same.examples)
            .filter(|other| **other != index)
            .map(|other| name(*other))
            .collect(),
        overdue: set.facts(index).and_then(|facts| facts.review_by).is_some_and(|date| date < today),
        source: source_of(eval, example.id.as_str())?,
        example,
        row,
    })
}

fn source_of(eval: &Eval, id: &str) -> Result<Option<Utf8PathBuf>, Failure> {
    let entries = kept::entries(eval, Noun::Example)?;
    let digest = entries.iter().filter(|entry| entry.subject == id).find_map(|entry| entry.body["source"].as_str());
    Ok(digest.map(|digest| source_at(&eval.state(), digest)))
}

/// The line itself: labels are no part of the example that is read from it.
fn line_of(file: &camino::Utf8Path, row: &Row) -> Result<Value, Failure> {
    let changed = || Failure::yours(format!("`{file}` changed while it was read"), "ask again");
    let mut bytes = vec![0; row.kept.length as usize];
    File::open(file).and_then(|file| file.read_exact_at(&mut bytes, row.kept.offset)).map_err(|_| changed())?;
    serde_json::from_slice(&bytes).map_err(|_| changed())
}
