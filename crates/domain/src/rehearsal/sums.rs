//! The sums that answer one question, made from the entries of a draw as `lake` makes them from the scores with SQL.

use super::draw::{Drawn, at};
use super::held::{Entry, Held};
use crate::gate::Measure;
use crate::question::{Compared, Counts, Question, Tally, ValueOf};
use crate::reference_set::ReferenceSet;
use stats::Cluster;

/// A question with everything that does not change between draws.
pub(super) struct Asked {
    pub question: Question,
    pub column: usize,
    pub of: usize,
    pub with: Option<usize>,
    /// What the opponent's value is multiplied by.
    factor: f64,
    strata: stats::Strata,
    /// Active examples of the segment, in the order of clusters and strata.
    members: Vec<Member>,
}

#[derive(Clone, Copy)]
struct Member {
    example: u32,
    cluster: u32,
    stratum: u32,
    weight: f64,
}

/// How missing grades are read.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    AsGraded,
    Best,
    Worst,
}

impl Asked {
    /// `None` where no column answers it.
    pub fn new(
        question: Question,
        keys: &[(Measure, ValueOf)],
        set: &ReferenceSet,
        held: &Held,
        strata: stats::Strata,
    ) -> Option<Self> {
        let column =
            keys.iter().position(|(measure, value)| *measure == question.measure && *value == question.value)?;
        let (of, with, factor) = match question.compared {
            Compared::Alone(arm) => (at(arm), None, 0.0),
            Compared::Paired { of, with, margin } => (at(of), Some(at(with)), margin.map_or(1.0, |margin| margin.0)),
        };
        let mut members: Vec<Member> = set
            .active()
            .filter(|(example, _)| set.lies_in(&question.segment.conditions, *example))
            .map(|(example, row)| Member {
                example: example.0,
                cluster: held.clusters.get(example.0 as usize).copied().unwrap_or(0),
                stratum: held.strata.get(example.0 as usize).copied().unwrap_or(0),
                weight: row.weight.get(),
            })
            .collect();
        members.sort_by_key(|member| (member.cluster, member.stratum, member.example));
        Some(Asked { question, column, of, with, factor, strata, members })
    }

    pub fn strata(&self) -> &stats::Strata {
        &self.strata
    }

    /// Examples of the segment.
    pub fn examples(&self) -> impl Iterator<Item = u32> {
        self.members.iter().map(|member| member.example)
    }

    /// The mean over examples with a value, each counting as one; `None` where there are none.
    pub fn plain_mean(&self, drawn: &Drawn) -> Option<f64> {
        let entries = drawn.entries(self.column, self.of);
        let values = self.examples().filter_map(|example| value(&entries[example as usize], Reading::AsGraded, false));
        let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    pub fn tally(&self, drawn: &Drawn) -> Tally {
        let of = drawn.entries(self.column, self.of);
        let with = self.with.map(|with| drawn.entries(self.column, with));
        let (counts, opponent) = self.counts(of, with);
        let lacks = |counts: &Counts| counts.grader_errors + counts.not_run > 0;
        let bounded = !matches!(self.question.value, ValueOf::Amount | ValueOf::Cost);
        let missing = bounded && (lacks(&counts) || lacks(&opponent));
        let read = |reading| self.clusters(of, with, reading);
        Tally {
            counts,
            opponent,
            clusters: read(Reading::AsGraded),
            strata: self.strata.clone(),
            best: missing.then(|| read(Reading::Best)),
            worst: missing.then(|| read(Reading::Worst)),
        }
    }

    fn counts(&self, of: &[Entry], with: Option<&[Entry]>) -> (Counts, Counts) {
        let (mut own, mut opponent) = (Counts::default(), Counts::default());
        let mut last = [None; 2];
        for member in &self.members {
            let entry = of[member.example as usize];
            count(&mut own, &entry, member, &mut last[0]);
            if let Some(with) = with {
                let other = with[member.example as usize];
                count(&mut opponent, &other, member, &mut last[1]);
                own.paired += u64::from(entry.known > 0 && other.known > 0);
            }
        }
        match with {
            Some(_) => opponent.paired = own.paired,
            None => own.paired = own.graded,
        }
        (own, opponent)
    }

    fn clusters(&self, of: &[Entry], with: Option<&[Entry]>, reading: Reading) -> Vec<Cluster> {
        let mut clusters: Vec<Cluster> = Vec::new();
        let mut last = None;
        for member in self.members.iter().filter(|member| member.weight > 0.0) {
            let Some(own) = value(&of[member.example as usize], reading, false) else { continue };
            let other = with.map(|with| value(&with[member.example as usize], reading, true));
            if other == Some(None) {
                continue;
            }
            if last != Some((member.cluster, member.stratum)) {
                last = Some((member.cluster, member.stratum));
                clusters.push(Cluster { stratum: member.stratum, ..Cluster::default() });
            }
            if let Some(cluster) = clusters.last_mut() {
                self.add(cluster, member.weight, own, other.flatten());
            }
        }
        clusters
    }

    fn add(&self, cluster: &mut Cluster, weight: f64, own: f64, other: Option<f64>) {
        cluster.rows += 1;
        cluster.weight += weight;
        cluster.weight_squared += weight * weight;
        let Some(other) = other else {
            cluster.value += weight * own;
            cluster.some_fail |= own < 1.0;
            cluster.some_pass |= own > 0.0;
            return;
        };
        let (gain, loss) = (own * (1.0 - other), (1.0 - own) * other);
        cluster.value += weight * (own - self.factor * other);
        cluster.gain += weight * gain;
        cluster.loss += weight * loss;
        let discordant = gain > 0.0 || loss > 0.0;
        cluster.some_fail |= discordant;
        cluster.some_pass |= discordant;
    }
}

fn count(counts: &mut Counts, entry: &Entry, member: &Member, last: &mut Option<u32>) {
    if entry.planned > 0 {
        counts.planned += 1;
        counts.answered += u64::from(entry.not_run == 0 && entry.system_errors == 0);
        counts.weighted += u64::from(member.weight > 0.0);
        counts.clusters += u64::from(*last != Some(member.cluster));
        *last = Some(member.cluster);
    }
    counts.graded += u64::from(entry.known > 0 && entry.system_errors == 0);
    counts.system_errors += u64::from(entry.system_errors > 0 && entry.grader_errors == 0 && entry.not_run == 0);
    counts.grader_errors += u64::from(entry.grader_errors > 0 && entry.not_run == 0);
    counts.not_run += u64::from(entry.not_run > 0);
}

/// An arm's value on an example under a reading; `None` where there is none.
fn value(entry: &Entry, reading: Reading, flipped: bool) -> Option<f64> {
    let (known, all) = (f64::from(entry.known), f64::from(entry.known + entry.missing));
    match reading {
        Reading::AsGraded if entry.known > 0 => Some(entry.sum / known),
        Reading::AsGraded => None,
        _ if entry.known + entry.missing == 0 => None,
        reading if (reading == Reading::Best) != flipped => Some((entry.sum + f64::from(entry.missing)) / all),
        _ => Some(entry.sum / all),
    }
}
