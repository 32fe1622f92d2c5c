//! Builds a reference set one example at a time and checks what only the whole can show.
//!
//! in      examples with their places
//! out     the set; or every fault: ids given twice, variants of nothing, circles of variants
//! note    a variant's cluster is its base's; its weight is 0 unless it was sampled itself

use super::facts::Facts;
use super::ids::Ids;
use super::texts::Texts;
use super::variants::Variants;
use super::{Column, ExampleIndex, Kept, NO_VALUE, ReferenceSet, Row, RowState};
use crate::content::asked;
use crate::digest::Digest;
use crate::example::{Example, Status};
use crate::fault::{Fault, Faults, Place, closest};
use crate::name::{Attribute, ClusterId, ExampleId, OwnerRole, SourceId};
use crate::provenance::{Sampled, Weight, weight};
use camino::{Utf8Path, Utf8PathBuf};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Rows up to which a mistyped base is compared with every id.
const SMALL: usize = 5000;

#[derive(Default)]
pub struct Builder {
    simulated: bool,
    /// Facts of the examples are left out: only what looks at the eval itself asks for them.
    rows_only: bool,
    set: ReferenceSet,
    ids: Ids,
    /// Clusters with long names by the first row that lies in each.
    clusters: Texts,
    values: BTreeMap<Attribute, Texts>,
    dependencies: BTreeMap<Box<[(SourceId, String)]>, u32>,
    owners: BTreeMap<OwnerRole, u32>,
    bases: Vec<(ExampleIndex, ExampleId)>,
    faults: Vec<Fault>,
}

impl Builder {
    pub fn new(simulated: bool) -> Self {
        Builder { simulated, ..Builder::default() }
    }

    /// A set without facts, to be graded and weighed.
    pub fn rows_only(simulated: bool) -> Self {
        Builder { simulated, rows_only: true, ..Builder::default() }
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
        if let Some(first) = self.ids.add(&self.set.rows, index, example.id.as_str()) {
            let first = self.place(self.set.rows[first.0 as usize].kept);
            let what = format!("the id `{}` is given twice, first at {}:{}", example.id, first.file, first.line);
            self.tell(kept, example.id.as_str(), what, "ids are unique in a set: rename one, or remove it");
            return;
        }
        if let Some(base) = &example.variant_of {
            self.bases.push((index, base.clone()));
        }
        self.note_attributes(example);
        if !self.rows_only {
            let facts = self.facts_of(example);
            self.set.facts.push(facts);
        }
        let row = self.row(example, kept);
        self.set.rows.push(row);
    }

    fn row(&mut self, example: &Example, kept: Kept) -> Row {
        let provenance = example.provenance.as_ref();
        let weight = match (&example.variant_of, provenance) {
            (Some(_), None) => Weight::None,
            _ => weight(provenance, self.simulated),
        };
        Row {
            id: example.id.clone(),
            digest: example.digest,
            cluster: self.cluster(example),
            weight,
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
        }
    }

    /// The cluster; a long text is shared with the first example that lies in it.
    fn cluster(&mut self, example: &Example) -> ClusterId {
        if example.cluster.as_str() == example.id.as_str() {
            return ClusterId::of(&example.id);
        }
        if !example.cluster.is_long() {
            return example.cluster.clone();
        }
        let rows = &self.set.rows;
        let text_at = |at: u32| rows.get(at as usize).map_or(example.cluster.as_str(), |row| row.cluster.as_str());
        match self.clusters.add(rows.len() as u32, example.cluster.as_str(), text_at) {
            Some(first) => rows[first as usize].cluster.clone(),
            None => example.cluster.clone(),
        }
    }

    fn facts_of(&mut self, example: &Example) -> Facts {
        let provenance = example.provenance.as_ref();
        let depends_on = (!example.depends_on.is_empty()).then(|| {
            let next = self.dependencies.len() as u32;
            *self.dependencies.entry(example.depends_on.clone().into_boxed_slice()).or_insert(next)
        });
        let depends_on = depends_on.unwrap_or(NO_VALUE);
        let owner = example.owner.as_ref().map_or(NO_VALUE, |owner| {
            let next = self.owners.len() as u32;
            *self.owners.entry(owner.clone()).or_insert(next)
        });
        Facts {
            asked: asked(&example.document["input"]),
            input: example.input_hash as u32,
            expected: example.expected_hash as u32,
            review_by: example.review_by.as_deref().and_then(date),
            owned: example.owner.is_some() || provenance.is_some_and(|provenance| provenance.author.is_some()),
            chance_known: provenance.is_none_or(|provenance| provenance.sampled != Sampled::Unknown),
            depends_on,
            owner,
        }
    }

    fn note_attributes(&mut self, example: &Example) {
        let row = self.set.rows.len();
        for (attribute, value) in &example.attributes {
            if !self.values.contains_key(attribute) {
                self.values.insert(attribute.clone(), Texts::default());
                self.set.attributes.insert(attribute.clone(), Column::default());
            }
            let (Some(column), Some(known)) = (self.set.attributes.get_mut(attribute), self.values.get_mut(attribute))
            else {
                continue;
            };
            let next = column.values.len() as u32;
            let position = known.add(next, value, |at| column.values.get(at as usize).map_or(value, String::as_str));
            if position.is_none() {
                column.values.push(value.clone());
            }
            pad(column, row);
            column.of_row.push(position.unwrap_or(next));
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
        let mut dependencies: Vec<_> = std::mem::take(&mut self.dependencies).into_iter().collect();
        dependencies.sort_unstable_by_key(|(_, position)| *position);
        self.set.dependencies = dependencies.into_iter().map(|(list, _)| list).collect();
        let mut owners: Vec<_> = std::mem::take(&mut self.owners).into_iter().collect();
        owners.sort_unstable_by_key(|(_, position)| *position);
        self.set.owners = owners.into_iter().map(|(owner, _)| owner).collect();
        self.set.digest = digest(&self.set);
        Ok(self.set)
    }

    fn join_variants(&mut self) {
        let mut joined = Vec::new();
        for (variant, base) in std::mem::take(&mut self.bases) {
            match self.ids.find(&self.set.rows, base.as_str()) {
                Some(found) => {
                    joined.push((variant, found));
                    if let Some(pair) = &mut self.set.rows[variant.0 as usize].pair {
                        pair.0 = found;
                    }
                }
                None => self.no_base(variant, &base),
            }
        }
        let (roots, circles) = Variants(&joined).roots();
        for ((variant, _), root) in joined.iter().zip(roots) {
            if let Some(root) = root {
                self.set.rows[variant.0 as usize].cluster = self.set.rows[root.0 as usize].cluster.clone();
            }
        }
        circles.iter().for_each(|circle| self.in_a_circle(circle));
    }

    fn no_base(&mut self, variant: ExampleIndex, base: &ExampleId) {
        let rows = &self.set.rows;
        let near = (rows.len() <= SMALL).then(|| closest(base.as_str(), rows.iter().map(|row| row.id.as_str())));
        let help = match near.flatten() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add the base, or mend the id".to_owned(),
        };
        let kept = rows[variant.0 as usize].kept;
        self.tell(kept, base.as_str(), format!("`variant_of` names `{base}`, and no example has that id"), &help);
    }

    fn in_a_circle(&mut self, circle: &[ExampleIndex]) {
        const SHOWN: usize = 8;
        let Some(first) = circle.first() else { return };
        let row = |index: &ExampleIndex| &self.set.rows[index.0 as usize];
        let mut chain: Vec<&str> = circle.iter().take(SHOWN).map(|index| row(index).id.as_str()).collect();
        if circle.len() > SHOWN {
            chain.push("...");
        }
        chain.push(row(first).id.as_str());
        let what = format!("`variant_of` runs in a circle: {}", chain.join(" -> "));
        let (kept, id) = (row(first).kept, row(first).id.clone());
        self.tell(kept, id.as_str(), what, "one example of the circle must be the base: take its `variant_of` out");
    }
}

fn pad(column: &mut Column, rows: usize) {
    column.of_row.resize(rows, NO_VALUE);
}

/// The day of a date or time that was found valid.
fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// Over ids and digests of all active examples, sorted; `None` for an empty set.
pub fn digest(set: &ReferenceSet) -> Option<Digest> {
    let mut active: Vec<u32> = set.active().map(|(index, _)| index.0).collect();
    if active.is_empty() {
        return None;
    }
    let row = |index: u32| &set.rows[index as usize];
    active.sort_unstable_by(|one, other| row(*one).id.cmp(&row(*other).id));
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"plimsoll.reference_set.v1\n");
    for index in active {
        let id = row(index).id.as_str();
        hasher.update(&(id.len() as u64).to_le_bytes());
        hasher.update(id.as_bytes());
        hasher.update(row(index).digest.as_bytes());
    }
    Some(Digest::from_bytes(*hasher.finalize().as_bytes()))
}
