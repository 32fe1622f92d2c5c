//! What people said of the verdicts in one segment: sums by verdict and conversation, from which every figure is made.

use super::{LEAST_LABELS, LEAST_OF_EACH, Unproven};
use crate::name::{ClusterId, SegmentName};
use stats::agreement::{Agreement, TwoByTwo, two_raters, two_raters_of_all};
use stats::judge::{Corrected, LEAST_YOUDEN, Missing};
use stats::{Cluster, Kind, Strata, Undefined, weigh};
use std::collections::BTreeMap;

/// Labelled answers of one conversation on which the judge said the same. Each lies in it once for every system that gave one.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledCluster {
    pub cluster: ClusterId,
    pub labels: u64,
    /// Of these, people passed.
    pub passed: u64,
    /// Sums of the examples' weights over the labels, squared too, and over those passed.
    pub weight: f64,
    pub weight_squared: f64,
    pub weight_passed: f64,
}

/// Pairs of one conversation (candidate against another arm) labelled on both sides, on which the judge said the same.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPairs {
    pub cluster: ClusterId,
    pub pairs: u64,
    pub weight: f64,
    pub weight_squared: f64,
    /// Sums of weights of the pairs that people found better, and worse.
    pub better: f64,
    pub worse: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    pub segment: SegmentName,
    /// Verdicts of the run that was labelled: passes and fails.
    pub judged: (u64, u64),
    /// By conversation, where the judge passes, and where it fails.
    pub on_pass: Vec<LabelledCluster>,
    pub on_fail: Vec<LabelledCluster>,
    /// By conversation, where the judge finds the candidate better, the same, worse.
    pub pairs: [Vec<LabelledPairs>; 3],
}

impl Labelled {
    pub fn empty(segment: SegmentName) -> Self {
        Labelled { segment, judged: (0, 0), on_pass: Vec::new(), on_fail: Vec::new(), pairs: Default::default() }
    }

    pub fn labels(&self) -> u64 {
        self.on_pass.iter().chain(&self.on_fail).map(|cluster| cluster.labels).sum()
    }

    pub fn labelled_pairs(&self) -> u64 {
        self.pairs.iter().flatten().map(|cluster| cluster.pairs).sum()
    }

    /// Judge by human, of each conversation in the order of its id.
    pub fn tables(&self) -> Vec<TwoByTwo> {
        let mut tables: BTreeMap<&ClusterId, TwoByTwo> = BTreeMap::new();
        for cluster in &self.on_pass {
            let table = tables.entry(&cluster.cluster).or_default();
            table.both_pass += cluster.passed;
            table.only_first += cluster.labels.saturating_sub(cluster.passed);
        }
        for cluster in &self.on_fail {
            let table = tables.entry(&cluster.cluster).or_default();
            table.only_second += cluster.passed;
            table.both_fail += cluster.labels.saturating_sub(cluster.passed);
        }
        tables.into_values().collect()
    }

    /// The judge beside people on what was labelled, which may be more of one verdict than of the other; at the plain two-sided 95 %
    /// interval.
    pub fn agreement_on_labels(&self) -> Result<Agreement, Undefined> {
        two_raters(&self.tables(), 0.025)
    }

    /// The same on all that was judged: labels of a verdict stand for all that have it. Not known where a verdict that was given has no label.
    pub fn agreement(&self) -> Result<Agreement, Undefined> {
        two_raters_of_all(&self.tables(), self.judged, 0.025)
    }

    /// How much the judge tells, of all that it judged; of the labels alone where that is not known.
    fn youden(&self) -> Result<f64, Undefined> {
        self.agreement().or_else(|_| self.agreement_on_labels()).and_then(|found| found.youden)
    }

    /// Whether the labels can say anything of the judge, and the judge anything of the answers.
    pub(super) fn enough(&self) -> Result<(), Unproven> {
        let tables = self.tables();
        let all = tables.iter().fold(TwoByTwo::default(), |sum, table| sum.and(*table));
        let clusters = tables.len() as u64;
        if clusters < LEAST_LABELS && self.enough_pairs().is_ok() {
            return Err(Unproven::PairsAlone { pairs: self.labelled_pairs() });
        }
        if clusters < LEAST_LABELS {
            let agreed = all.both_pass + all.both_fail;
            return Err(Unproven::TooFew { labels: all.items(), clusters, agreed });
        }
        let of_each = (all.both_pass + all.only_second).min(all.both_fail + all.only_first);
        match self.youden() {
            Ok(youden) if youden < LEAST_YOUDEN && of_each >= LEAST_OF_EACH => Err(Unproven::TellsNothing { youden }),
            _ => Ok(()),
        }
    }

    pub(super) fn enough_pairs(&self) -> Result<(), Unproven> {
        let mut clusters: Vec<&ClusterId> = self.pairs.iter().flatten().map(|cluster| &cluster.cluster).collect();
        clusters.sort();
        clusters.dedup();
        let clusters = clusters.len() as u64;
        if clusters < LEAST_LABELS {
            return Err(Unproven::TooFewPairs { pairs: self.labelled_pairs(), clusters });
        }
        Ok(())
    }

    /// What people pass where the judge passes, and where it fails; `None` of a verdict with fewer than two labelled conversations.
    pub fn by_verdict(&self) -> [Option<stats::Weighed>; 2] {
        [&self.on_pass, &self.on_fail].map(|cell| rate_of(cell))
    }

    /// The judged rate of these verdicts, corrected.
    pub fn correct_rate(&self, seen: &stats::Weighed) -> Result<Corrected, Undefined> {
        let [on_pass, on_fail] = self.by_verdict();
        Corrected::rate(*seen, on_pass, on_fail)
    }

    /// The judged difference of these clusters, corrected.
    pub fn correct_difference(
        &self,
        seen: &stats::Weighed,
        clusters: &[Cluster],
        strata: &Strata,
    ) -> Result<Corrected, Undefined> {
        let cells = self.pairs.each_ref().map(|cell| difference_of(cell));
        Corrected::difference(*seen, clusters, strata, cells)
    }
}

/// What is missing of a run's verdicts, from the estimates with all of it at best and at worst.
pub fn with_missing(corrected: &Corrected, best: Option<f64>, worst: Option<f64>) -> [Option<Corrected>; 2] {
    let (Some(best), Some(worst)) = (best, worst) else { return [None, None] };
    let missing = (best - worst).clamp(0.0, 1.0);
    [Missing::Best, Missing::Worst].map(|read| Some(corrected.with_missing(missing, read)))
}

fn rate_of(cell: &[LabelledCluster]) -> Option<stats::Weighed> {
    let clusters: Vec<Cluster> = cell
        .iter()
        .filter(|cluster| cluster.weight > 0.0)
        .map(|cluster| Cluster {
            rows: cluster.labels,
            weight: cluster.weight,
            weight_squared: cluster.weight_squared,
            value: cluster.weight_passed,
            some_fail: cluster.passed < cluster.labels,
            some_pass: cluster.passed > 0,
            ..Cluster::default()
        })
        .collect();
    weigh(&clusters, &Strata::none(), Kind::Rate).ok()
}

fn difference_of(cell: &[LabelledPairs]) -> Option<stats::Weighed> {
    let clusters: Vec<Cluster> = cell
        .iter()
        .filter(|cluster| cluster.weight > 0.0)
        .map(|cluster| {
            let discordant = cluster.better + cluster.worse > 0.0;
            Cluster {
                rows: cluster.pairs,
                weight: cluster.weight,
                weight_squared: cluster.weight_squared,
                value: cluster.better - cluster.worse,
                gain: cluster.better,
                loss: cluster.worse,
                some_fail: discordant,
                some_pass: discordant,
                ..Cluster::default()
            }
        })
        .collect();
    weigh(&clusters, &Strata::none(), Kind::Difference).ok()
}
