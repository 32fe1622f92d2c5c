//! Numbers in, numbers out: intervals, tests and sizes for shares, paired differences and means of clustered, weighted,
//! stratified data; and what else a decision rests on: judges, reviewers, drift, repeats, looks. Knows no noun of the product;
//! no clock, no file, no randomness.
//!
//! Every `alpha` and `level` here is one-sided. Sums are taken in the order given, so the same input gives the same bits. What
//! does not exist is an error with a reason, never NaN.

pub mod agreement;
pub mod backtest;
pub mod binomial;
mod clustered;
pub mod drift;
pub mod epochs;
mod exact;
mod holm;
pub mod judge;
mod mcnemar;
pub mod mover;
pub mod multiplicity;
pub mod power;
mod ppi;
pub mod proportion;
mod quantile;
pub mod scan;
pub mod sequential;
mod size;
pub mod special;
pub mod spending;
mod survey;
mod tango;
mod undefined;
pub mod verdict;
mod weigh;

pub use clustered::{ClusterSum, ClusteredMean, Spread, clustered_mean, kish};
pub use exact::{fisher_exact, zero_failure_n, zero_failure_p, zero_failure_upper};
pub use holm::{Tested, holm};
pub use mcnemar::{McNemar, mcnemar};
pub use ppi::{Powered, ppi_mean};
pub use quantile::{Ordered, QuantileBounds, quantile_bounds};
pub use size::{least_clusters_for_floor, least_clusters_for_margin};
pub use survey::{Hajek, hajek};
pub use tango::{Pairs, newcombe};
pub use undefined::Undefined;
pub use weigh::{Cluster, Interval, Kind, LEAST_CLUSTERS_OF_A_MEAN, Strata, TooFew, Weighed, weigh};
