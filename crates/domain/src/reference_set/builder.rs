//! Builds a reference set one example at a time and checks what only the whole can show.
//!
//! in      examples with their places
//! out     the set; or every fault: ids given twice, variants of nothing, circles of variants
//! note    a variant's cluster is its base's; its weight is 0 unless it was sampled itself

use super::{Column, ExampleIndex, Kept, NO_VALUE, ReferenceSet, Row, RowState};
use crate::digest::Digest;
use crate::example::{Example, Status};
use crate::fault::{Fault, Faults, Place, closest};
use crate::name::{Attribute, ExampleId};
use crate::provenance::{Sampled, Weight, weight};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Builder {
    simulated: bool,
    set: ReferenceSet,
    by_id: BTreeMap<ExampleId, ExampleIndex>,
    value_of: BTreeMap<Attribute, BTreeMap<String, u32>>,
    bases: Vec<(ExampleIndex, ExampleId)>,
    faults: Vec<Fault>,
}

impl Builder {
    pub fn new(simulated: bool) -> Self {
        Builder { simulated, ..Builder::default() }
    }

    /// A file that the next examples come from.
    pub fn file(&mut self, path: &Utf8Path) -> u16 {
        self.set.files.push(path.to_owned());
        (self.set.files.len() - 1) as u16
    }

    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub fn faults(&self) -> usize {
        self.faults.len()
    }

    pub fn add(&mut self, example: &Example, kept: Kept) {
        let index = ExampleIndex(self.set.rows.len() as u32);
        if let Some(first) = self.by_id.get(&example.id) {
            let first = self.place(self.set.rows[first.0 as usize].kept);
            let what = format!("the id `{}` is given twice, first at {first}", example.id);
            self.tell(kept, example.id.as_str(), what, "ids are unique in a set: rename one, or remove it");
            return;
        }
        self.by_id.insert(example.id.clone(), index);
        if let Some(pair) = &example.pair {
            self.bases.push((index, pair.base.clone()));
        }
        self.note_attributes(example);
        self.set.rows.push(self.row(example, kept));
    }

    fn row(&self, example: &Example, kept: Kept) -> Row {
        let provenance = example.provenance.as_ref();
        let known = provenance.is_none_or(|provenance| provenance.sampled != Sampled::Unknown);
        let weighs = match (&example.pair, provenance) {
            (Some(_), None) => Weight::None,
            _ => weight(provenance, self.simulated),
        };
        Row {
            id: example.id.clone(),
            digest: example.digest,
            cluster: example.cluster.clone(),
            weight: weighs,
            source: provenance.map(|provenance| provenance.source),
            guard: example.guard,
            never: example.never,
            state: match example.status {
                Status::Active => RowState::Active,
                Status::Proposed => RowState::Proposed,
                Status::Quarantined { .. } => RowState::Quarantined,
                Status::Retired { .. } => RowState::Retired,
            },
            pair: example.pair.as_ref().map(|pair| Box::new((ExampleIndex(u32::MAX), pair.expect.clone()))),
            kept,
            input: first_bytes(&example.input_digest),
            expectation: first_bytes(&example.expected_digest),
            owned: example.owner.is_some() || provenance.is_some_and(|provenance| provenance.author.is_some()),
            review_by: example.review_by.as_deref().map(Into::into),
            depends_on: (!example.depends_on.is_empty()).then(|| example.depends_on.clone().into_boxed_slice()),
            probability_known: known,
        }
    }

    fn note_attributes(&mut self, example: &Example) {
        let row = self.set.rows.len();
        for (attribute, value) in &example.attributes {
            let column = self.set.attributes.entry(attribute.clone()).or_default();
            let known = self.value_of.entry(attribute.clone()).or_default();
            let position = match known.get(value) {
                Some(position) => *position,
                None => {
                    let position = column.values.len() as u32;
                    column.values.push(value.clone());
                    known.insert(value.clone(), position);
                    position
                }
            };
            pad(column, row);
            column.of_row.push(position);
        }
    }

    fn place(&self, kept: Kept) -> Place {
        let file = self.set.files.get(kept.file as usize).cloned().unwrap_or_else(|| Utf8PathBuf::from("?"));
        Place { file, line: kept.line, column: 1 }
    }

    fn tell(&mut self, kept: Kept, found: &str, what: String, help: &str) {
        let place = self.place(kept);
        self.faults.push(Fault { place, found: found.to_owned(), what, help: help.to_owned() });
    }

    /// The set, once every example is in.
    pub fn finish(mut self) -> Result<ReferenceSet, Faults> {
        let rows = self.set.rows.len();
        self.set.attributes.values_mut().for_each(|column| pad(column, rows));
        self.join_variants();
        Faults::none_or(std::mem::take(&mut self.faults))?;
        self.set.digest = digest(&self.set);
        Ok(self.set)
    }

    fn join_variants(&mut self) {
        let bases = std::mem::take(&mut self.bases);
        for (variant, base) in &bases {
            let kept = self.set.rows[variant.0 as usize].kept;
            match self.by_id.get(base).copied() {
                Some(found) => {
                    if let Some(pair) = &mut self.set.rows[variant.0 as usize].pair {
                        pair.0 = found;
                    }
                }
                None => {
                    let near = closest(base.as_str(), self.by_id.keys().map(ExampleId::as_str));
                    let help = near.map_or_else(
                        || "add the base, or mend the id".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.tell(
                        kept,
                        base.as_str(),
                        format!("`variant_of` names `{base}`, and no example has that id"),
                        &help,
                    );
                }
            }
        }
        for (variant, base) in &bases {
            match self.root(*variant) {
                Some(root) => {
                    self.set.rows[variant.0 as usize].cluster = self.set.rows[root.0 as usize].cluster.clone()
                }
                None => {
                    let kept = self.set.rows[variant.0 as usize].kept;
                    let what = format!("`variant_of` runs in a circle through `{base}`");
                    self.tell(kept, base.as_str(), what, "one example of the circle must be the base");
                }
            }
        }
    }

    /// The example that a chain of variants starts from; `None` where it is a circle.
    fn root(&self, from: ExampleIndex) -> Option<ExampleIndex> {
        let mut at = from;
        for _ in 0..=self.set.rows.len() {
            match &self.set.rows[at.0 as usize].pair {
                Some(pair) if (pair.0.0 as usize) < self.set.rows.len() => at = pair.0,
                _ => return Some(at),
            }
        }
        None
    }
}

fn pad(column: &mut Column, rows: usize) {
    column.of_row.resize(rows, NO_VALUE);
}

/// Over ids and digests of all active examples, sorted; `None` for an empty set.
pub fn digest(set: &ReferenceSet) -> Option<Digest> {
    let mut active: Vec<(&ExampleId, &Digest)> = set.active().map(|(_, row)| (&row.id, &row.digest)).collect();
    if active.is_empty() {
        return None;
    }
    active.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"plimsoll.reference_set.v1\n");
    for (id, digest) in active {
        hasher.update(&(id.as_str().len() as u64).to_le_bytes());
        hasher.update(id.as_str().as_bytes());
        hasher.update(digest.as_bytes());
    }
    Some(Digest::from_bytes(*hasher.finalize().as_bytes()))
}

fn first_bytes(digest: &Digest) -> u64 {
    let mut first = [0u8; 8];
    first.copy_from_slice(&digest.as_bytes()[..8]);
    u64::from_le_bytes(first)
}
