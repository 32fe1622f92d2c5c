//! What the tests of a finding's sentence start from.

use super::{Estimate, Method};

/// 100 conversations, 81 % and 95 % around 90 %, at least 80 %.
pub fn estimate() -> Estimate {
    Estimate {
        value: 0.9,
        lower: 0.81,
        upper: 0.95,
        level: 0.025,
        p: 0.01,
        p_adjusted: 0.01,
        p_harm: None,
        p_harm_adjusted: None,
        margin: 0.8,
        effective_n: 100.0,
        clusters: 100,
        kish_clusters: 100.0,
        unmeasured: 0.0,
        method: Method::Rate,
        more_needed: None,
        spotless: false,
        judged: None,
        difference: None,
    }
}
