//! How many independent clusters a decision needs at the very least: what the best possible record could show.

use crate::special::{normal_quantile, t_upper};
use libm::log;

/// The fewest clusters of equal weight with which a record without any discordance certifies a margin: g >= t^2 (1 - m) / m,
/// Student's t with g - 1 degrees of freedom, as the gate tests it. `None` for margins outside (0, 1).
pub fn least_clusters_for_margin(margin: f64, level: f64) -> Option<u64> {
    /// With as many clusters Student's t is the normal quantile.
    const NORMAL_FROM: f64 = 1e6;
    if !(0.0..1.0).contains(&margin) || margin == 0.0 {
        return None;
    }
    let asked = |t: f64| t * t * (1.0 - margin) / margin;
    let mut g = asked(-normal_quantile(level)).ceil().max(2.0);
    while g < NORMAL_FROM && asked(t_upper(level, g - 1.0)) > g {
        g += 1.0;
    }
    Some(g as u64)
}

/// The fewest clusters with which a record without failures clears a floor: level^(1/n) >= floor. `None` for floors
/// outside (0, 1).
pub fn least_clusters_for_floor(floor: f64, level: f64) -> Option<u64> {
    if !(0.0..1.0).contains(&floor) || floor == 0.0 {
        return None;
    }
    Some((log(level) / log(floor)).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cluster, Kind, Strata, weigh};

    #[test]
    fn pre_flight_sizes_are_those_of_the_method_but_for_students_t() {
        let sizes = |level| [0.01, 0.02, 0.03, 0.05].map(|margin| least_clusters_for_margin(margin, level).unwrap());
        // With the normal quantile for t, as the method prints them: 381, 189, 125, 73 and 268, 133, 88, 52.
        assert_eq!(sizes(0.025), [383, 191, 127, 76]);
        assert_eq!(sizes(0.05), [270, 135, 90, 54]);
        assert_eq!(least_clusters_for_floor(0.9, 0.05), Some(29));
        assert_eq!(least_clusters_for_margin(0.0, 0.05), None);
    }

    #[test]
    fn the_fewest_clusters_are_enough_and_one_less_is_not() {
        let best_p = |clusters: u64, margin: f64| {
            let alike = Cluster { rows: 1, weight: 1.0, weight_squared: 1.0, ..Cluster::default() };
            weigh(&vec![alike; clusters as usize], &Strata::none(), Kind::Difference).unwrap().best_p_above(-margin)
        };
        for (margin, level) in [(0.01, 0.05), (0.03, 0.025), (0.1, 0.005), (0.5, 0.025)] {
            let g = least_clusters_for_margin(margin, level).unwrap();
            assert!(best_p(g, margin) <= level && best_p(g - 1, margin) > level, "{margin} {level} {g}");
        }
    }
}
