//! The one place that sets up the query engine.

use crate::LakeError;
use camino::Utf8Path;
use datafusion::arrow::array::RecordBatch;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::StreamExt;

/// How rows are cut for reading. No answer depends on it, but for the last bit of a mean over an example's repeats.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub partitions: usize,
    /// At a time.
    pub rows: usize,
}

impl Default for Cut {
    /// One partition: repeats are added in one order too, and a record has the same bytes everywhere.
    fn default() -> Self {
        Cut { partitions: 1, rows: 8192 }
    }
}

pub struct Engine {
    context: SessionContext,
    runtime: tokio::runtime::Runtime,
}

impl Engine {
    /// Rows are read in so many partitions, so many at a time.
    pub fn new(cut: Cut) -> Result<Self, LakeError> {
        let config = SessionConfig::new()
            .with_target_partitions(cut.partitions)
            .with_batch_size(cut.rows)
            .with_information_schema(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|cause| LakeError::Write { path: "runtime".into(), cause })?;
        Ok(Engine { context: SessionContext::new_with_config(config), runtime })
    }

    pub fn parquet(&self, name: &str, path: &Utf8Path) -> Result<(), LakeError> {
        let options = ParquetReadOptions::default();
        Ok(self.runtime.block_on(self.context.register_parquet(name, path.as_str(), options))?)
    }

    /// Hands on what a query answers, batch by batch.
    pub fn each(&self, sql: &str, mut take: impl FnMut(RecordBatch) -> Result<(), LakeError>) -> Result<(), LakeError> {
        self.runtime.block_on(async {
            let mut batches = self.context.sql(sql).await?.execute_stream().await?;
            while let Some(batch) = batches.next().await {
                take(batch?)?;
            }
            Ok(())
        })
    }

    pub fn ask(&self, sql: &str) -> Result<Vec<RecordBatch>, LakeError> {
        self.runtime.block_on(async { Ok(self.context.sql(sql).await?.collect().await?) })
    }
}
