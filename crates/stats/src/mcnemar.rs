//! McNemar's exact test: is there any difference between two arms on the same examples?
//!
//! in      discordant pairs: gained (candidate passes, production fails) and lost
//! out     two-sided p, its mid-p for display, and p of "the candidate is not worse"; 1 without any discordance
//! errors  none
//! source  McNemar 1947; Fagerland, Lydersen & Laake 2013 for mid-p
//! not for margins: a difference of interest is tested by `tango`

use crate::binomial::{binomial_cdf, binomial_pmf, binomial_tail};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    pub two_sided: f64,
    pub mid: f64,
    /// Small: the candidate is shown to be worse.
    pub candidate_worse: f64,
}

pub fn mcnemar(gained: u64, lost: u64) -> McNemar {
    let (discordant, fewer) = (gained.saturating_add(lost), gained.min(lost));
    let twice = 2.0 * binomial_cdf(fewer, discordant, 0.5);
    let (two_sided, mid) = if gained == lost {
        (1.0, 1.0)
    } else {
        (twice.min(1.0), (twice - binomial_pmf(fewer, discordant, 0.5)).min(1.0))
    };
    McNemar { two_sided, mid, candidate_worse: binomial_tail(lost, discordant, 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_discordance_is_no_difference() {
        assert_eq!(mcnemar(0, 0), McNemar { two_sided: 1.0, mid: 1.0, candidate_worse: 1.0 });
        assert!((mcnemar(0, 6).two_sided - 0.031_25).abs() < 1e-12);
        assert_eq!(mcnemar(u64::MAX, 1).candidate_worse, 1.0);
    }
}
