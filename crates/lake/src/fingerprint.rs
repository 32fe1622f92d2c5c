//! The fingerprint of the scores that a run's file really holds, row by row.

use crate::LakeError;
use camino::Utf8Path;
use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, UInt32Type};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use domain::digest::Digest;
use domain::score::{Counted, Fingerprint, State};
use std::fs::File;

const BATCH: usize = 65_536;

/// Reads every row of `scores.parquet`; `NotARun` where a row is none that Plimsoll writes.
pub fn fingerprint(folder: &Utf8Path) -> Result<Fingerprint, LakeError> {
    let path = folder.join("scores.parquet");
    let file = File::open(&path).map_err(|cause| LakeError::Read { path, cause })?;
    let mut whole = Fingerprint::default();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(BATCH).build()? {
        add(&batch?, &mut whole).ok_or_else(|| LakeError::NotARun(folder.to_owned()))?;
    }
    Ok(whole)
}

fn add(batch: &RecordBatch, whole: &mut Fingerprint) -> Option<()> {
    let column = |name: &str, kind: &DataType| cast(batch.column_by_name(name)?, kind).ok();
    let texts = |name: &str| -> Option<StringArray> { Some(column(name, &DataType::Utf8)?.as_string::<i32>().clone()) };
    let (examples, digests, systems) = (texts("example")?, texts("example_digest")?, texts("system")?);
    let (criteria, graders, states) = (texts("criterion")?, texts("grader")?, texts("state")?);
    let classes = texts("failure_class")?;
    let repeats = column("repeat", &DataType::UInt32)?;
    let values = column("value", &DataType::Float64)?;
    let (repeats, values) = (repeats.as_primitive_opt::<UInt32Type>()?, values.as_primitive_opt::<Float64Type>()?);
    for row in 0..batch.num_rows() {
        let grader = Digest::parse(graders.value(row));
        whole.add(&Counted {
            example: examples.value(row),
            example_digest: &Digest::parse(digests.value(row))?,
            system: systems.value(row),
            repeat: repeats.value(row),
            criterion: criteria.value(row),
            grader: grader.as_ref().map_or(graders.value(row).as_bytes(), |digest| digest.as_bytes()),
            state: State::parse(states.value(row))?,
            value: (!values.is_null(row)).then(|| values.value(row)),
            class: (!classes.is_null(row)).then(|| classes.value(row)),
        });
    }
    Some(())
}
