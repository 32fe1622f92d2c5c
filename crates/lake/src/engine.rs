//! The one place that sets up the query engine.

use crate::LakeError;
use camino::Utf8Path;
use datafusion::arrow::array::RecordBatch;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::StreamExt;

pub struct Engine {
    context: SessionContext,
    runtime: tokio::runtime::Runtime,
}

impl Engine {
    /// One partition, so that sums are taken in one order.
    pub fn new() -> Result<Self, LakeError> {
        let config = SessionConfig::new().with_target_partitions(1).with_information_schema(false);
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
