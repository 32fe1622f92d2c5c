//! Many facts only ever added: scores as a long table in Parquet, asked with SQL.
//!
//! in      rows of planned scores and answers; questions of `domain`
//! out     tallies per cluster, which `stats` weighs; failures, changes and counts by class
//! note    this crate alone names DataFusion. One partition and sorted groups: the same rows give the same bits.

mod ask;
pub mod delimited;
mod engine;
mod file_digest;
mod fingerprint;
mod guarded;
mod import;
mod set;
mod source;
mod values;
mod write;

pub use ask::{Asked, Changes, ClassCount, Coverage, Differing, Failing, KeptAnswer, Scores, Ungraded, Verdict};
pub use engine::Cut;
pub use file_digest::file_digest;
pub use fingerprint::fingerprint;
pub use import::{
    Grade, Grades, IMPORTED, Import, ImportError, Imported, Plan, import_scores, read_grades, scores_schema,
};
pub use set::{read_set, write_set};
pub use source::imported_from;
pub use values::values;
pub use write::{AnswerIn, RunWriter, ScoreIn, Sealed};

/// The files of a run.
pub const FILES: [&str; 3] = ["scores.parquet", "answers.parquet", "examples.parquet"];

/// Why the lake could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    #[error("cannot write `{path}`: {cause}")]
    Write { path: camino::Utf8PathBuf, cause: std::io::Error },
    #[error("cannot read `{path}`: {cause}")]
    Read { path: camino::Utf8PathBuf, cause: std::io::Error },
    #[error("the query engine failed: {0}")]
    Engine(#[from] datafusion::error::DataFusionError),
    #[error("the query engine failed: {0}")]
    Arrow(#[from] datafusion::arrow::error::ArrowError),
    #[error("cannot write `{path}`: {cause}")]
    Unwritten { path: camino::Utf8PathBuf, cause: datafusion::parquet::errors::ParquetError },
    #[error("the Parquet file cannot be used: {0}")]
    Parquet(#[from] datafusion::parquet::errors::ParquetError),
    #[error("`{0}` does not hold what a run holds")]
    NotARun(camino::Utf8PathBuf),
}
