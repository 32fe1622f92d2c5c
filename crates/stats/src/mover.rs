//! Primitive 3, MOVER: an interval for a sum whose terms each have one of their own.
//!
//! in      independent terms, each an estimate within an interval
//! out     the sum and its interval: distances to the ends add in squares
//! errors  none
//! source  Zou & Donner 2008, Statist. Med. 27:1693

use crate::Interval;
use libm::sqrt;

/// One term, already multiplied by its coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    pub estimate: f64,
    pub interval: Interval,
}

impl Term {
    /// `coefficient` times a quantity; a negative one swaps its ends.
    pub fn times(coefficient: f64, estimate: f64, interval: Interval) -> Self {
        let (a, b) = (coefficient * interval.lower, coefficient * interval.upper);
        Term { estimate: coefficient * estimate, interval: Interval { lower: a.min(b), upper: a.max(b) } }
    }

    pub(crate) fn below(&self) -> f64 {
        self.estimate - self.interval.lower
    }

    pub(crate) fn above(&self) -> f64 {
        self.interval.upper - self.estimate
    }
}

/// The interval of an estimate from its terms; `also` is a variance that every end carries besides.
pub fn mover(estimate: f64, terms: &[Term], also: f64) -> Interval {
    let root =
        |distance: fn(&Term) -> f64| sqrt(also + terms.iter().map(|term| distance(term) * distance(term)).sum::<f64>());
    Interval { lower: estimate - root(Term::below), upper: estimate + root(Term::above) }
}
