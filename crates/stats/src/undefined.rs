//! Why a figure does not exist.
//!
//! in      nothing
//! out     one word for each reason; it stands wherever a library would answer NaN
//! errors  it is one

/// The reason for which data or settings do not define a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    #[error("there are no observations")]
    NoData,
    #[error("there are too few independent observations")]
    TooFew,
    #[error("every observation is the same, so there is nothing to compare with")]
    NoVariation,
    #[error("the settings lie outside the domain of the method")]
    OutOfDomain,
    #[error("the observations do not belong together")]
    Mismatched,
}
