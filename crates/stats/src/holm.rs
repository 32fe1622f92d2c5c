//! Holm's step-down correction, with the level at which each hypothesis was really tested.
//!
//! in      p values (a family of m), the family's level
//! out     per p value: adjusted p, whether it is rejected, and its level: level/(m - rank + 1) in rising order of p up to
//!         and including the first that is not rejected, and that same level for all after it
//! errors  none
//! source  Holm 1979, Scand. J. Statist. 6:65; ties keep the order given, which changes no decision

/// How one hypothesis of a family was tested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    pub level: f64,
    pub adjusted: f64,
    pub rejected: bool,
}

pub fn holm(p: &[f64], level: f64) -> Vec<Tested> {
    let family = p.len();
    let mut order: Vec<usize> = (0..family).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut tested = vec![Tested { level, adjusted: 1.0, rejected: false }; family];
    let (mut adjusted, mut stopped_at) = (0.0f64, None);
    for (rank, &at) in order.iter().enumerate() {
        let left = (family - rank) as f64;
        adjusted = adjusted.max((p[at] * left).min(1.0));
        let own = stopped_at.unwrap_or(level / left);
        let rejected = stopped_at.is_none() && p[at] <= own;
        if !rejected {
            stopped_at = Some(own);
        }
        tested[at] = Tested { level: own, adjusted, rejected };
    }
    tested
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_widen_until_the_first_that_is_not_rejected() {
        let tested = holm(&[0.04, 0.001, 0.03], 0.05);
        assert_eq!(tested[1], Tested { level: 0.05 / 3.0, adjusted: 0.003, rejected: true });
        assert_eq!(tested[2], Tested { level: 0.025, adjusted: 0.06, rejected: false });
        // Tested at its own rank it would pass at 0.05: the step-down has stopped before it.
        assert_eq!(tested[0], Tested { level: 0.025, adjusted: 0.06, rejected: false });
    }

    #[test]
    fn a_family_of_one_keeps_its_level_and_none_is_fine() {
        assert_eq!(holm(&[0.05], 0.05), [Tested { level: 0.05, adjusted: 0.05, rejected: true }]);
        assert!(holm(&[], 0.05).is_empty());
    }
}
