//! The fingerprint of the scores and measures that a run's files really hold, row by row.

use crate::LakeError;
use crate::guarded::guarded;
use camino::Utf8Path;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, UInt32Type};
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use domain::digest::Digest;
use domain::reference_set::{ReferenceSet, Row};
use domain::score::{Counted, Fingerprint, Measured, State, Summing};
use std::fs::File;

const BATCH: usize = 65_536;

/// Reads every row of `scores.parquet` and `answers.parquet`; `NotARun` where one is none that Plimsoll writes.
pub fn fingerprint(folder: &Utf8Path) -> Result<Fingerprint, LakeError> {
    guarded(folder, || read(folder))
}

fn read(folder: &Utf8Path) -> Result<Fingerprint, LakeError> {
    let set = crate::read_set(folder)?;
    let mut summing = Summing::default();
    each_batch(folder, "scores.parquet", &[], |batch| add(batch, &set, &mut summing))?;
    let mut whole = summing.whole;
    each_batch(folder, "answers.parquet", &[], |batch| add_measured(batch, &set, &mut whole))?;
    Ok(whole)
}

/// Shows every batch of a file without some of its columns; `NotARun` where one is none that Plimsoll writes.
pub(crate) fn each_batch(
    folder: &Utf8Path,
    name: &str,
    left_out: &[&str],
    mut add: impl FnMut(&RecordBatch) -> Option<()>,
) -> Result<(), LakeError> {
    let path = folder.join(name);
    let file = File::open(&path).map_err(|cause| LakeError::Read { path, cause })?;
    // A damaged Arrow schema makes its reader panic, and it is not needed here.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?;
    let fields = reader.schema().fields().iter().enumerate();
    let wanted = fields.filter(|(_, field)| !left_out.contains(&field.name().as_str())).map(|(at, _)| at);
    let wanted = ProjectionMask::roots(reader.parquet_schema(), wanted.collect::<Vec<_>>());
    for batch in reader.with_projection(wanted).with_batch_size(BATCH).build()? {
        add(&batch?).ok_or_else(|| LakeError::NotARun(folder.to_owned()))?;
    }
    Ok(())
}

fn add_measured(batch: &RecordBatch, set: &ReferenceSet, whole: &mut Fingerprint) -> Option<()> {
    let column = |name: &str, kind: &DataType| cast(batch.column_by_name(name)?, kind).ok();
    let systems = column("system", &DataType::Utf8)?;
    let (examples, repeats) = (column("example_index", &DataType::UInt32)?, column("repeat", &DataType::UInt32)?);
    let (latencies, spends) = (column("latency_ms", &DataType::Float64)?, column("spend", &DataType::Float64)?);
    let systems = systems.as_string_opt::<i32>()?;
    let (examples, repeats) = (examples.as_primitive_opt::<UInt32Type>()?, repeats.as_primitive_opt::<UInt32Type>()?);
    let value = |column: &ArrayRef, row: usize| {
        let column = column.as_primitive_opt::<Float64Type>()?;
        (!column.is_null(row)).then(|| column.value(row))
    };
    for row in 0..batch.num_rows() {
        whole.add_measured(&Measured {
            example: set.rows.get(examples.value(row) as usize)?.id.as_str(),
            system: systems.value(row),
            repeat: repeats.value(row),
            latency_ms: value(&latencies, row),
            spend: value(&spends, row),
        });
    }
    Some(())
}

fn add(batch: &RecordBatch, set: &ReferenceSet, summing: &mut Summing) -> Option<()> {
    let column = |name: &str, kind: &DataType| cast(batch.column_by_name(name)?, kind).ok();
    let texts = |name: &str| -> Option<StringArray> { Some(column(name, &DataType::Utf8)?.as_string::<i32>().clone()) };
    let (examples, digests, systems) = (texts("example")?, texts("example_digest")?, texts("system")?);
    let (criteria, graders, states) = (texts("criterion")?, texts("grader")?, texts("state")?);
    let classes = texts("failure_class")?;
    let (repeats, indexes) = (column("repeat", &DataType::UInt32)?, column("example_index", &DataType::UInt32)?);
    let indexes = indexes.as_primitive_opt::<UInt32Type>()?;
    let values = column("value", &DataType::Float64)?;
    let (repeats, values) = (repeats.as_primitive_opt::<UInt32Type>()?, values.as_primitive_opt::<Float64Type>()?);
    for row in 0..batch.num_rows() {
        // Questions are asked by position: it must be that of the example which the row names.
        let digest = Digest::parse(digests.value(row))?;
        let is_it = |example: &&Row| example.id.as_str() == examples.value(row) && example.digest == digest;
        set.rows.get(indexes.value(row) as usize).filter(is_it)?;
        let grader = Digest::parse(graders.value(row));
        summing.add(&Counted {
            example: examples.value(row),
            example_digest: &digest,
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
