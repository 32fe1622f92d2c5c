//! Tallies: from what each example scored to counts, and sums per cluster.
//!
//! in      of each example and arm the sum over its repeats, and what is missing of them; the members of a segment
//! out     the `Tally` that answers a question
//! note    clusters come in the order of their ids, and within one examples in the order of the set, so that neither the order in
//!         which scores were read nor the number of partitions changes a bit

use crate::question::{Counts, Question, Tally, ValueOf};
use stats::{Cluster, Strata};

/// One measure on one example in one arm, over all repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// Over repeats with a value.
    pub sum: f64,
    pub known: u32,
    /// Repeats whose value is unknown.
    pub missing: u32,
    pub planned: u32,
    pub system_errors: u32,
    pub grader_errors: u32,
    pub not_run: u32,
}

/// Examples that are fetched at a time.
const TOGETHER: usize = 16;

/// How missing values are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    AsGraded,
    /// Every missing value is the most that it can be.
    Highest(f64),
    /// Every missing value is 0.
    Lowest,
}

impl Scored {
    /// The mean over repeats; `None` where there is nothing to take it of.
    pub fn mean(&self, reading: Reading) -> Option<f64> {
        let (sum, count) = match reading {
            Reading::AsGraded => (self.sum, self.known),
            Reading::Highest(most) => (self.sum + f64::from(self.missing) * most, self.known + self.missing),
            Reading::Lowest => (self.sum, self.known + self.missing),
        };
        (count > 0).then(|| sum / f64::from(count))
    }
}

impl AsRef<Scored> for Scored {
    fn as_ref(&self) -> &Scored {
        self
    }
}

/// An active example where it lies: the rank of its cluster's id, and its stratum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    pub example: u32,
    pub cluster: u32,
    pub stratum: u32,
    pub weight: f64,
}

/// Answers a question from what the arms it compares scored, by example, on the members of its segment in their order.
pub fn tally<S: AsRef<Scored>>(
    question: &Question,
    of: &[S],
    with: Option<&[S]>,
    members: &[Member],
    strata: &Strata,
) -> Tally {
    let pairs = Pairs { of, with, factor: question.compared.factor(), members };
    let (mut own, mut opponent) = (Counting::default(), Counting::default());
    let mut paired = 0;
    let (clusters, ranks) = pairs.clusters(Reading::AsGraded, Reading::AsGraded, |member, scored, other| {
        own.add(scored, member);
        if let Some(other) = other {
            opponent.add(other, member);
            paired += u64::from((scored.known > 0) & (other.known > 0));
        }
    });
    let (mut counts, mut opponent) = (own.counts, opponent.counts);
    match with {
        None => counts.paired = counts.graded,
        Some(_) => (counts.paired, opponent.paired) = (paired, paired),
    }
    let lacks = |counts: &Counts| counts.grader_errors + counts.not_run > 0;
    // Of money and milliseconds nothing says how much a missing one could be.
    let most = match question.value {
        ValueOf::Amount => None,
        ValueOf::Cost(most) => Some(most.get()),
        _ => Some(1.0),
    };
    let most = most.filter(|_| lacks(&counts) || lacks(&opponent));
    let read = |own: Reading, opponent: Reading| pairs.clusters(own, opponent, |_, _, _| {}).0;
    // What is best for the one that is asked about is worst for its opponent; of costs the least is best.
    let highest = most.map(|most| read(Reading::Highest(most), Reading::Lowest));
    let lowest = most.map(|most| read(Reading::Lowest, Reading::Highest(most)));
    let (best, worst) = match question.value {
        ValueOf::Cost(_) => (lowest, highest),
        _ => (highest, lowest),
    };
    Tally { counts, opponent, clusters, ranks, strata: asked_about(of, members, strata), best, worst }
}

/// The strata without those whose examples are asked nothing: what does not apply there leaves nothing unmeasured.
fn asked_about<S: AsRef<Scored>>(of: &[S], members: &[Member], strata: &Strata) -> Strata {
    if strata.is_empty() {
        return strata.clone();
    }
    let (mut has, mut asks) = (vec![false; strata.len()], vec![false; strata.len()]);
    for member in members.iter().filter(|member| member.weight > 0.0 && (member.stratum as usize) < strata.len()) {
        let planned = of.get(member.example as usize).is_some_and(|scored| scored.as_ref().planned > 0);
        has[member.stratum as usize] = true;
        asks[member.stratum as usize] |= planned;
    }
    let idle: Vec<u32> = (0..strata.len() as u32).filter(|&at| has[at as usize] && !asks[at as usize]).collect();
    if idle.is_empty() { strata.clone() } else { strata.without(&idle) }
}

#[derive(Default)]
struct Counting {
    counts: Counts,
    /// The cluster of the last example that was planned.
    last: Option<u32>,
}

impl Counting {
    /// Counts an example, which is in the state of its worst repeat. Nearly without branches: every example is another.
    fn add(&mut self, scored: &Scored, member: &Member) {
        let counts = &mut self.counts;
        let planned = scored.planned > 0;
        let (failed, lost, unasked) = (scored.system_errors > 0, scored.grader_errors > 0, scored.not_run > 0);
        counts.planned += u64::from(planned);
        counts.answered += u64::from(planned & !unasked & !failed);
        counts.graded += u64::from((scored.known > 0) & !failed);
        counts.system_errors += u64::from(failed & !lost & !unasked);
        counts.grader_errors += u64::from(lost & !unasked);
        counts.not_run += u64::from(unasked);
        counts.weighted += u64::from(planned & (member.weight > 0.0));
        counts.grades += u64::from(scored.planned);
        counts.missing += u64::from(scored.missing);
        if planned {
            counts.clusters += u64::from(self.last != Some(member.cluster));
            self.last = Some(member.cluster);
        }
    }
}

/// What one arm scored, alone or beside another.
struct Pairs<'a, S> {
    of: &'a [S],
    with: Option<&'a [S]>,
    /// What the opponent's value is multiplied by before it is taken off.
    factor: f64,
    members: &'a [Member],
}

impl<S: AsRef<Scored>> Pairs<'_, S> {
    /// What members scored: it lies far apart, and is fetched of several at a time.
    fn scored(&self, members: &[Member]) -> [(Scored, Option<Scored>); TOGETHER] {
        let mut together = [(Scored::default(), None); TOGETHER];
        for (place, member) in together.iter_mut().zip(members) {
            let at = member.example as usize;
            *place = (*self.of[at].as_ref(), self.with.map(|with| *with[at].as_ref()));
        }
        together
    }

    /// Sums of the examples that have a value, in a reading of each arm, and the rank of each cluster; every example is shown
    /// first.
    fn clusters(
        &self,
        own: Reading,
        opponent: Reading,
        mut see: impl FnMut(&Member, &Scored, Option<&Scored>),
    ) -> (Vec<Cluster>, Vec<u32>) {
        let (mut clusters, mut ranks): (Vec<Cluster>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut last = None;
        for members in self.members.chunks(TOGETHER) {
            for (member, (scored, other)) in members.iter().zip(self.scored(members)) {
                see(member, &scored, other.as_ref());
                let Some(y) = scored.mean(own).filter(|_| member.weight > 0.0) else { continue };
                let z = match other.map(|other| other.mean(opponent)) {
                    None => None,
                    Some(None) => continue,
                    Some(known) => known,
                };
                let place = (member.cluster, member.stratum);
                if last != Some(place) {
                    clusters.push(Cluster { stratum: member.stratum, ..Cluster::default() });
                    ranks.push(member.cluster);
                    last = Some(place);
                }
                if let Some(cluster) = clusters.last_mut() {
                    add(cluster, member.weight, y, z, self.factor);
                }
            }
        }
        (clusters, ranks)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Measure;
    use crate::question::Compared;
    use crate::segment::Segment;
    use crate::share::Amount;
    use crate::system::Arm;

    fn member(example: u32, stratum: u32) -> Member {
        Member { example, cluster: example, stratum, weight: 1.0 }
    }

    fn question(value: ValueOf, compared: Compared) -> Question {
        Question { measure: Measure::FailureCost, value, segment: Segment::all(), compared }
    }

    #[test]
    fn the_least_cost_is_best_and_the_most_is_what_an_answer_can_cost() {
        let asked = question(
            ValueOf::Cost(Amount::new(40.0).expect("an amount")),
            Compared::Paired { of: Arm::Candidate, with: Arm::Production, margin: None },
        );
        let known = Scored { sum: 10.0, known: 1, planned: 1, ..Scored::default() };
        let lost = Scored { missing: 1, planned: 1, grader_errors: 1, ..Scored::default() };
        let answered =
            tally(&asked, &[known, lost], Some(&[known, lost]), &[member(0, 0), member(1, 0)], &Strata::none());
        let values = |clusters: &Option<Vec<Cluster>>| -> Vec<f64> {
            clusters.iter().flatten().map(|cluster| cluster.value).collect()
        };
        assert_eq!(answered.clusters.len(), 1, "what is not known is in no sum");
        assert_eq!(values(&answered.best), [0.0, -40.0]);
        assert_eq!(values(&answered.worst), [0.0, 40.0]);
    }

    #[test]
    fn of_an_example_that_lacks_one_of_five_grades_one_of_five_is_missing() {
        let asked = question(ValueOf::Grade, Compared::Alone(Arm::Candidate));
        let lacks_one = Scored { sum: 4.0, known: 4, missing: 1, planned: 5, grader_errors: 1, ..Scored::default() };
        let counts = tally(&asked, &[lacks_one], None, &[member(0, 0)], &Strata::none()).counts;
        assert_eq!((counts.planned, counts.grader_errors, counts.grades, counts.missing), (1, 1, 5, 1));
    }

    #[test]
    fn what_does_not_apply_in_a_stratum_leaves_nothing_unmeasured_there() {
        let asked = question(ValueOf::Grade, Compared::Alone(Arm::Candidate));
        let graded = Scored { sum: 1.0, known: 1, planned: 1, ..Scored::default() };
        // Of the second stratum nothing is asked, of the third there is no example.
        let of = [graded, graded, Scored::default()];
        let members = [member(0, 0), member(1, 0), member(2, 1)];
        let answered = tally(&asked, &of, None, &members, &Strata::declared(vec![0.6, 0.3, 0.1]));
        let weighed = stats::weigh(&answered.clusters, &answered.strata, stats::Kind::Rate).expect("two clusters");
        assert!((weighed.unmeasured() - 0.1 / 0.7).abs() < 1e-12, "{}", weighed.unmeasured());
    }
}
