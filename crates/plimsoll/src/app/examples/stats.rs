//! `examples stats`: what the set is made of, what of it counts toward a production rate, and what is due.

use super::read;
use crate::app::eval::Eval;
use crate::cli::Failure;
use domain::contract::Contract;
use domain::example::{Expect, Guard};
use domain::name::Attribute;
use domain::provenance::{SourceKind, Weight};
use domain::reference_set::{ExampleIndex, NO_VALUE, ReferenceSet, Row, RowState};
use domain::segment::{Segmentation, Shares};
use jiff::ToSpan;
use std::collections::{BTreeMap, HashMap};

/// Values of one attribute that are told; the rest is counted.
pub const MOST_VALUES: usize = 30;
/// Days within which a review is due.
const SOON: i64 = 30;

/// Examples that lie somewhere, and what they weigh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    pub examples: u64,
    pub clusters: u64,
    pub weight: f64,
    squared: f64,
}

impl Part {
    /// Independent, equally weighted examples that would tell as much; nothing where nothing weighs.
    pub fn effective(&self) -> Option<f64> {
        (self.squared > 0.0).then(|| self.weight * self.weight / self.squared)
    }

    fn add(&mut self, row: &Row) {
        let weight = row.weight.get();
        self.examples += 1;
        self.weight += weight;
        self.squared += weight * weight;
    }
}

/// Why active examples do not count toward a production rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counts {
    Sampled,
    Assumed,
    Made,
    Chosen,
    ChanceUnknown,
    Variant,
}

#[derive(Default)]
pub struct Stats {
    pub states: BTreeMap<RowState, u64>,
    /// Active examples by source; no source is an unknown one.
    pub sources: BTreeMap<Option<SourceKind>, Part>,
    pub counts: BTreeMap<Counts, u64>,
    /// For each attribute value or named segment that the contract cuts by: its part, and its examples by source.
    pub segments: Vec<(String, Part, BTreeMap<Option<SourceKind>, u64>)>,
    /// Segments that are not told.
    pub more_segments: u64,
    pub tasks: Vec<(String, BTreeMap<Option<SourceKind>, u64>)>,
    pub all: Part,
    /// The clusters' own weights, squared and summed.
    pub effective_clusters: Option<f64>,
    pub largest_cluster: Option<(String, u64)>,
    pub guards: BTreeMap<Guard, u64>,
    pub never: u64,
    /// Pairs that expect the same, and a change.
    pub variants: (u64, u64),
    pub overdue: u64,
    pub due_soon: u64,
    pub without_review: u64,
    pub unowned: u64,
    pub outdated_documents: u64,
    /// Groups of examples that ask the same, those that expect different things among them, and their examples.
    pub duplicates: (u64, u64, u64),
    pub files: u64,
    /// Scripted examples stand for traffic.
    pub simulated: bool,
    pub digest: Option<String>,
}

pub fn stats(eval: &Eval) -> Result<Stats, Failure> {
    let set = read(eval, |_, _| {})?;
    let mut stats = Stats {
        files: set.files.len() as u64,
        simulated: eval.contract.simulated,
        digest: set.digest.map(|digest| digest.to_string()),
        ..Stats::default()
    };
    for row in &set.rows {
        *stats.states.entry(row.state).or_default() += 1;
    }
    let clusters = Clusters::of(&set);
    stats.rows(&set, &eval.contract);
    stats.all.clusters = clusters.count(set.active().map(|(index, _)| index));
    for (source, part) in &mut stats.sources {
        part.clusters = clusters.count(set.active().filter(|(_, row)| row.source == *source).map(|(index, _)| index));
    }
    stats.clusters(&set, &clusters);
    stats.segments(&set, &eval.contract, &clusters);
    for same in set.same_inputs() {
        stats.duplicates.0 += 1;
        stats.duplicates.1 += u64::from(same.conflict);
        stats.duplicates.2 += same.examples.len() as u64;
    }
    Ok(stats)
}

/// Why an active example counts, or does not.
fn counts(row: &Row) -> Counts {
    match (row.weight, row.source) {
        (Weight::Sampled(_), _) => Counts::Sampled,
        (Weight::Assumed, _) => Counts::Assumed,
        (Weight::None, Some(SourceKind::Traffic)) => Counts::ChanceUnknown,
        (Weight::None, Some(SourceKind::Synthetic | SourceKind::Demo)) => Counts::Made,
        (Weight::None, Some(_)) => Counts::Chosen,
        (Weight::None, None) => Counts::Variant,
    }
}

impl Stats {
    fn rows(&mut self, set: &ReferenceSet, contract: &Contract) {
        let today = jiff::Zoned::now().date();
        let soon = today.checked_add(SOON.days()).unwrap_or(today);
        for (index, row) in set.active() {
            self.all.add(row);
            self.sources.entry(row.source).or_default().add(row);
            *self.counts.entry(counts(row)).or_default() += 1;
            *self.guards.entry(row.guard).or_default() += 1;
            self.never += u64::from(row.never);
            match row.pair.as_ref().map(|pair| &pair.1) {
                Some(Expect::Same) => self.variants.0 += 1,
                Some(Expect::Changed { .. }) => self.variants.1 += 1,
                None => {}
            }
            let Some(facts) = set.facts(index) else { continue };
            match facts.review_by {
                Some(date) if date < today => self.overdue += 1,
                Some(date) if date <= soon => self.due_soon += 1,
                Some(_) => {}
                None => self.without_review += 1,
            }
            self.unowned += u64::from(!facts.owned);
            let is_old = |(name, version): &(domain::name::SourceId, String)| {
                contract.documents.iter().any(|(known, now)| known == name.as_str() && now != version)
            };
            self.outdated_documents += u64::from(set.depends_on(index).iter().any(is_old));
        }
    }

    fn clusters(&mut self, set: &ReferenceSet, clusters: &Clusters) {
        let mut sizes = vec![(0u64, 0.0); clusters.known];
        for (index, row) in set.active() {
            let size = &mut sizes[clusters.of_row[index.0 as usize] as usize];
            size.0 += 1;
            size.1 += row.weight.get();
        }
        let squared: f64 = sizes.iter().map(|(_, weight)| weight * weight).sum();
        self.effective_clusters = (squared > 0.0).then(|| self.all.weight * self.all.weight / squared);
        let largest = sizes.iter().enumerate().max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(&a.0)));
        let largest = largest.filter(|(_, (examples, _))| *examples > 1);
        self.largest_cluster = largest.and_then(|(at, (examples, _))| {
            let row = clusters.of_row.iter().position(|cluster| *cluster as usize == at)?;
            Some((set.rows[row].cluster.to_string(), *examples))
        });
    }

    fn segments(&mut self, set: &ReferenceSet, contract: &Contract, clusters: &Clusters) {
        let task = Attribute::new("task");
        let mut tasks = by_value(set, &task);
        for task in &contract.tasks {
            tasks.entry(task.to_string()).or_default();
        }
        self.tasks = tasks.into_iter().map(|(value, examples)| (value, by_source(set, &examples))).collect();
        for segmentation in &contract.segments {
            let parts = match segmentation {
                Segmentation::By { attribute, shares, .. } => {
                    let mut parts = by_value(set, attribute);
                    if *attribute == task {
                        for task in &contract.tasks {
                            parts.entry(task.to_string()).or_default();
                        }
                    }
                    if let Shares::Declared(shares) = shares {
                        for value in shares.keys() {
                            parts.entry(value.clone()).or_default();
                        }
                    }
                    parts.into_iter().map(|(value, examples)| (format!("{attribute}={value}"), examples)).collect()
                }
                Segmentation::Where { name, conditions, .. } => {
                    let inside = set.active().map(|(index, _)| index).filter(|index| set.lies_in(conditions, *index));
                    vec![(name.to_string(), inside.collect())]
                }
            };
            self.more_segments += parts.len().saturating_sub(MOST_VALUES) as u64;
            for (name, examples) in parts.into_iter().take(MOST_VALUES) {
                let mut part = Part::default();
                examples.iter().for_each(|index| part.add(&set.rows[index.0 as usize]));
                part.clusters = clusters.count(examples.iter().copied());
                self.segments.push((name, part, by_source(set, &examples)));
            }
        }
    }
}

fn by_source(set: &ReferenceSet, examples: &[ExampleIndex]) -> BTreeMap<Option<SourceKind>, u64> {
    let mut sources = BTreeMap::new();
    for index in examples {
        *sources.entry(set.rows[index.0 as usize].source).or_default() += 1;
    }
    sources
}

/// Active examples by the value of an attribute, sorted; those without one are left out.
fn by_value(set: &ReferenceSet, attribute: &Attribute) -> BTreeMap<String, Vec<ExampleIndex>> {
    let Some(column) = set.attributes.get(attribute) else { return BTreeMap::new() };
    let mut by_code: Vec<Vec<ExampleIndex>> = vec![Vec::new(); column.values.len()];
    for (index, _) in set.active() {
        match column.of_row.get(index.0 as usize) {
            Some(&code) if code != NO_VALUE => by_code[code as usize].push(index),
            _ => {}
        }
    }
    column.values.iter().cloned().zip(by_code).filter(|(_, examples)| !examples.is_empty()).collect()
}

/// Each row's cluster as a number.
struct Clusters {
    of_row: Vec<u32>,
    known: usize,
}

impl Clusters {
    fn of(set: &ReferenceSet) -> Self {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let of_row = set.rows.iter().map(|row| {
            let next = numbers.len() as u32;
            *numbers.entry(row.cluster.as_str()).or_insert(next)
        });
        let of_row: Vec<u32> = of_row.collect();
        Clusters { of_row, known: numbers.len() }
    }

    fn count(&self, examples: impl Iterator<Item = ExampleIndex>) -> u64 {
        let mut numbers: Vec<u32> = examples.map(|index| self.of_row[index.0 as usize]).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len() as u64
    }
}
