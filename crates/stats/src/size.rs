//! How many independent clusters a decision needs at the very least: what the best possible record could show.

use crate::special::normal_quantile;
use libm::log;

/// The fewest clusters with which a record without any discordance certifies a margin: g >= t^2 (1 - m) / m, with the
/// normal quantile for t. `None` for margins outside (0, 1).
pub fn least_clusters_for_margin(margin: f64, level: f64) -> Option<u64> {
    if !(0.0..1.0).contains(&margin) || margin == 0.0 {
        return None;
    }
    let t = normal_quantile(1.0 - level);
    Some((t * t * (1.0 - margin) / margin).ceil() as u64)
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

    #[test]
    fn pre_flight_sizes_are_those_of_the_method() {
        let sizes = |level| [0.01, 0.02, 0.03, 0.05].map(|margin| least_clusters_for_margin(margin, level).unwrap());
        assert_eq!(sizes(0.025), [381, 189, 125, 73]);
        assert_eq!(sizes(0.05), [268, 133, 88, 52]);
        assert_eq!(least_clusters_for_floor(0.9, 0.05), Some(29));
        assert_eq!(least_clusters_for_margin(0.0, 0.05), None);
    }
}
