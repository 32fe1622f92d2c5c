//! Dawid and Skene: how reliable each reviewer is and what each item truly is, from their answers alone.
//!
//! in      answers (item, reviewer, label), counted from 0; labels known to be true (gold); how many rounds, how small a
//!         probability may be
//! out     per item the posterior of each label, the labels' shares, per reviewer the probability of each label given the true one
//! errors  `NoData` without answers; `OutOfDomain` for a label that is none
//! source  Dawid & Skene 1979; from vote shares, one round is E then M, exactly as many as asked (as `crowd-kit` computes it).
//!         A label that a reviewer never gave stays at probability 0 and takes no part
//! not for a ground truth inside a gate, fewer than three reviewers, or a majority of bad ones

use crate::Undefined;
use libm::{exp, log};

/// One reviewer's label of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub item: usize,
    pub reviewer: usize,
    pub label: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Consensus {
    /// Per item, the probability of each label. Each is at least `least`, so a row may exceed 1 by as much.
    pub posterior: Vec<Vec<f64>>,
    pub priors: Vec<f64>,
    /// Per reviewer, [label given][true label].
    pub confusion: Vec<Vec<Vec<f64>>>,
}

/// `gold` holds (item, true label).
pub fn dawid_skene(
    answers: &[Answer],
    labels: usize,
    gold: &[(usize, usize)],
    rounds: u32,
    least: f64,
) -> Result<Consensus, Undefined> {
    if answers.is_empty() {
        return Err(Undefined::NoData);
    }
    let known = gold.iter().map(|&(_, label)| label);
    if answers.iter().map(|answer| answer.label).chain(known).any(|label| label >= labels) {
        return Err(Undefined::OutOfDomain);
    }
    let items = answers.iter().map(|answer| answer.item + 1).max().unwrap_or(0);
    let reviewers = answers.iter().map(|answer| answer.reviewer + 1).max().unwrap_or(0);
    let study = Study { answers, labels, gold, items, reviewers, least };
    let mut posterior = study.votes();
    let (mut priors, mut confusion) = (study.priors(&posterior), study.confusion(&posterior));
    for _ in 0..rounds {
        posterior = study.posterior(&priors, &confusion);
        priors = study.priors(&posterior);
        confusion = study.confusion(&posterior);
    }
    posterior.iter_mut().flatten().for_each(|share| *share = share.max(least));
    Ok(Consensus { posterior, priors, confusion })
}

struct Study<'a> {
    answers: &'a [Answer],
    labels: usize,
    gold: &'a [(usize, usize)],
    items: usize,
    reviewers: usize,
    least: f64,
}

impl Study<'_> {
    /// Shares of votes per item.
    fn votes(&self) -> Vec<Vec<f64>> {
        let mut votes = vec![vec![0.0; self.labels]; self.items];
        for answer in self.answers {
            votes[answer.item][answer.label] += 1.0;
        }
        for row in &mut votes {
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|vote| *vote /= total.max(1.0));
        }
        self.clamp(votes)
    }

    /// What is known is certain.
    fn clamp(&self, mut posterior: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        for &(item, label) in self.gold.iter().filter(|(item, _)| *item < self.items) {
            posterior[item] = (0..self.labels).map(|at| f64::from(u8::from(at == label))).collect();
        }
        posterior
    }

    fn priors(&self, posterior: &[Vec<f64>]) -> Vec<f64> {
        (0..self.labels).map(|at| posterior.iter().map(|row| row[at]).sum::<f64>() / self.items as f64).collect()
    }

    fn confusion(&self, posterior: &[Vec<f64>]) -> Vec<Vec<Vec<f64>>> {
        let mut confusion = vec![vec![vec![0.0; self.labels]; self.labels]; self.reviewers];
        let mut given = vec![vec![false; self.labels]; self.reviewers];
        for answer in self.answers {
            given[answer.reviewer][answer.label] = true;
            let row = &mut confusion[answer.reviewer][answer.label];
            row.iter_mut().zip(&posterior[answer.item]).for_each(|(sum, share)| *sum += share);
        }
        for (table, given) in confusion.iter_mut().zip(&given) {
            let used = || labels_given(given);
            let mut totals = vec![0.0; self.labels];
            for row in used() {
                table[row].iter_mut().for_each(|p| *p = p.max(self.least));
                totals.iter_mut().zip(&table[row]).for_each(|(total, p)| *total += p);
            }
            used().for_each(|row| table[row].iter_mut().zip(&totals).for_each(|(p, total)| *p /= total));
        }
        confusion
    }

    fn posterior(&self, priors: &[f64], confusion: &[Vec<Vec<f64>>]) -> Vec<Vec<f64>> {
        let start: Vec<f64> = priors.iter().map(|&prior| log(prior)).collect();
        let mut logs = vec![start; self.items];
        for answer in self.answers {
            let given = &confusion[answer.reviewer][answer.label];
            logs[answer.item].iter_mut().zip(given).for_each(|(sum, &p)| *sum += log(p));
        }
        for row in &mut logs {
            let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|log_p| *log_p = exp(*log_p - highest));
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|share| *share /= total);
        }
        self.clamp(logs)
    }
}

/// The labels that a reviewer gave.
fn labels_given(given: &[bool]) -> impl Iterator<Item = usize> {
    given.iter().enumerate().filter(|(_, given)| **given).map(|(label, _)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reviewer_who_disagrees_with_all_is_found() {
        let answers: Vec<Answer> = (0..20)
            .flat_map(|item| (0..4).map(move |reviewer| (item, reviewer)))
            .map(|(item, reviewer)| {
                let truth = item % 2;
                Answer { item, reviewer, label: if reviewer == 3 { 1 - truth } else { truth } }
            })
            .collect();
        let consensus = dawid_skene(&answers, 2, &[], 10, 1e-10).unwrap();
        assert!(consensus.posterior.iter().enumerate().all(|(item, row)| row[item % 2] > 0.99));
        assert!(consensus.confusion[3][0][0] < 0.01 && consensus.confusion[0][0][0] > 0.99);
        assert_eq!(dawid_skene(&[], 2, &[], 1, 1e-10), Err(Undefined::NoData));
    }
}
