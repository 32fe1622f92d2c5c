//! Numbers in, numbers out: intervals, tests and sizes for shares, paired differences and means of clustered, weighted,
//! stratified data. Knows no noun of the product; no clock, no file, no randomness.
//!
//! Every `alpha` and `level` here is one-sided. Sums are taken in the order given, so the same input gives the same bits.

mod exact;
mod holm;
mod size;
pub mod special;
mod weigh;

pub use exact::{fisher_exact, zero_failure_n, zero_failure_p, zero_failure_upper};
pub use holm::{Tested, holm};
pub use size::{least_clusters_for_floor, least_clusters_for_margin};
pub use weigh::{Cluster, Interval, Kind, Strata, TooFew, Weighed, weigh};
