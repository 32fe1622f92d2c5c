//! Counts and sums per cluster, of what each example scored.
//!
//! note    clusters come in the order of their ids, and within one examples in the order of the set

use super::layout::Layout;
use super::per_example::{OfExample, PerExample, Reading};
use domain::question::{Compared, Counts, Question, Tally, ValueOf};
use stats::{Cluster, Strata};

/// Answers one question from the examples that lie in its segment; `None` where its measure is not held.
pub(super) fn tally(
    held: &PerExample,
    layout: &Layout,
    inside: &[u32],
    strata: &Strata,
    question: &Question,
) -> Option<Tally> {
    let key = (question.measure.clone(), question.value);
    let (of, with, factor) = match question.compared {
        Compared::Alone(of) => (of, None, 0.0),
        Compared::Paired { of, with, margin } => (of, Some(with), margin.map_or(1.0, |margin| margin.0)),
    };
    let of = held.of(&key, of)?;
    let with = with.map(|with| held.of(&key, with)).map_or(Some(None), |entries| entries.map(Some))?;
    let pairs = Pairs { of, with, factor, layout, inside };
    let (mut counts, mut opponent) = (Counts::default(), Counts::default());
    let clusters = pairs.clusters(Reading::AsGraded, Reading::AsGraded, |pair| {
        count(&mut counts, pair.own, pair.weight > 0.0);
        if let Some(entry) = pair.opponent {
            count(&mut opponent, entry, pair.weight > 0.0);
            counts.paired += u64::from((pair.own.known > 0) & (entry.known > 0));
        }
    });
    counts.clusters = pairs.clusters_planned(of);
    match with {
        None => counts.paired = counts.graded,
        Some(with) => (opponent.paired, opponent.clusters) = (counts.paired, pairs.clusters_planned(with)),
    }
    let lacks = |counts: &Counts| counts.grader_errors + counts.not_run > 0;
    let bounded = !matches!(question.value, ValueOf::Amount | ValueOf::Cost);
    let unknown = bounded && (lacks(&counts) || lacks(&opponent));
    Some(Tally {
        counts,
        opponent,
        clusters,
        strata: strata.clone(),
        // What is best for the one that is asked about is worst for its opponent.
        best: unknown.then(|| pairs.clusters(Reading::Highest, Reading::Lowest, |_| {})),
        worst: unknown.then(|| pairs.clusters(Reading::Lowest, Reading::Highest, |_| {})),
    })
}

/// Counts an example, which is in the state of its worst repeat. Without branches: every answer is another.
fn count(counts: &mut Counts, entry: &OfExample, weighted: bool) {
    let planned = entry.planned > 0;
    let (failed, lost, unasked) = (entry.system_errors > 0, entry.grader_errors > 0, entry.not_run > 0);
    counts.planned += u64::from(planned);
    counts.answered += u64::from(planned & !unasked & !failed);
    counts.graded += u64::from((entry.known > 0) & !failed);
    counts.system_errors += u64::from(failed & !lost & !unasked);
    counts.grader_errors += u64::from(lost & !unasked);
    counts.not_run += u64::from(unasked);
    counts.weighted += u64::from(planned & weighted);
}

/// What one arm scored, alone or beside another.
struct Pairs<'a> {
    of: &'a [OfExample],
    with: Option<&'a [OfExample]>,
    /// What the opponent's value is multiplied by before it is taken off.
    factor: f64,
    layout: &'a Layout,
    inside: &'a [u32],
}

/// One example as it is summed.
struct Pair<'a> {
    own: &'a OfExample,
    opponent: Option<&'a OfExample>,
    weight: f64,
}

impl Pairs<'_> {
    /// Clusters with an example that the measure was planned for.
    fn clusters_planned(&self, entries: &[OfExample]) -> u64 {
        let mut last = None;
        let planned = self.inside.iter().filter(|example| entries[**example as usize].planned > 0);
        planned.filter(|example| last.replace(self.layout.cluster(**example)) != last).count() as u64
    }

    /// Sums of the examples that have a value, in a reading of each arm; every example is shown first.
    fn clusters(&self, own: Reading, opponent: Reading, mut see: impl FnMut(&Pair)) -> Vec<Cluster> {
        let mut clusters: Vec<Cluster> = Vec::new();
        let mut last = None;
        for &example in self.inside {
            let at = example as usize;
            let entries = (&self.of[at], self.with.map(|with| &with[at]));
            let pair = Pair { own: entries.0, opponent: entries.1, weight: self.layout.weight(example) };
            see(&pair);
            let Some(y) = pair.own.mean(own).filter(|_| pair.weight > 0.0) else { continue };
            let z = match pair.opponent.map(|entry| entry.mean(opponent)) {
                None => None,
                Some(None) => continue,
                Some(known) => known,
            };
            let place = (self.layout.cluster(example), self.layout.stratum(example));
            if last != Some(place) {
                clusters.push(Cluster { stratum: place.1, ..Cluster::default() });
                last = Some(place);
            }
            if let Some(cluster) = clusters.last_mut() {
                add(cluster, pair.weight, y, z, self.factor);
            }
        }
        clusters
    }
}

fn add(cluster: &mut Cluster, weight: f64, y: f64, z: Option<f64>, factor: f64) {
    cluster.rows += 1;
    cluster.weight += weight;
    cluster.weight_squared += weight * weight;
    match z {
        None => {
            cluster.value += weight * y;
            cluster.some_fail |= y < 1.0;
            cluster.some_pass |= y > 0.0;
        }
        Some(z) => {
            let (gain, loss) = (y * (1.0 - z), (1.0 - y) * z);
            cluster.value += weight * (y - factor * z);
            cluster.gain += weight * gain;
            cluster.loss += weight * loss;
            cluster.some_fail |= gain > 0.0 || loss > 0.0;
            cluster.some_pass = cluster.some_fail;
        }
    }
}
