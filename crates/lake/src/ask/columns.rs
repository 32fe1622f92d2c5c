//! Columns of an answer, whatever Arrow type the engine gave them.

use crate::LakeError;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, UInt32Type};

/// Whole numbers; 0 where there is none.
pub(super) fn whole(batch: &RecordBatch, at: usize) -> Result<Vec<u32>, LakeError> {
    let column = cast(batch.column(at), &DataType::UInt32)?;
    Ok(column.as_primitive::<UInt32Type>().iter().map(|number| number.unwrap_or(0)).collect())
}

pub(super) fn numbers(batch: &RecordBatch, at: usize) -> Result<Vec<Option<f64>>, LakeError> {
    let column = cast(batch.column(at), &DataType::Float64)?;
    Ok(column.as_primitive::<Float64Type>().iter().collect())
}

/// Sums; 0 where nothing was added up.
pub(super) fn sums(batch: &RecordBatch, at: usize) -> Result<Vec<f64>, LakeError> {
    Ok(numbers(batch, at)?.into_iter().map(|sum| sum.unwrap_or(0.0)).collect())
}

pub(super) fn texts(batch: &RecordBatch, at: usize) -> Result<Vec<Option<String>>, LakeError> {
    let column = cast(batch.column(at), &DataType::Utf8)?;
    Ok(column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect())
}
