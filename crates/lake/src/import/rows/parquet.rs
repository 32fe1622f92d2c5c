//! Parquet: columns of text, numbers and truth values; places are rows, counted from 1.

use super::super::column::{Column, Known};
use super::super::gather::{At, Gather};
use crate::guarded::unless_panicked;
use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use std::collections::BTreeMap;
use std::fs::File;

const BATCH: usize = 8192;

pub fn read(file: File, gather: &mut Gather) -> Result<(), ArrowError> {
    // The Arrow schema that some writers put beside their own is not needed, and its reader panics where it is damaged.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let durations = durations(&file);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)?;
    let fields = reader.schema().fields().clone();
    let names: Vec<String> = fields.iter().map(|field| field.name().trim().to_owned()).collect();
    let complete = gather.header(&names, (1, 1));
    let mut columns = Vec::with_capacity(names.len());
    let mut is_told_whole = complete;
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            gather.fault((1, 1), name, format!("the column `{name}` is given twice"), "remove or rename one of them");
        }
        let column = gather.column(name, (1, 1));
        let kind = durations.get(name).unwrap_or(fields[at].data_type());
        let readable = is_single(kind);
        if !readable && column != Column::LeftOut {
            let what = format!("the column `{name}` holds {kind}");
            let help = match kind {
                DataType::Duration(_) => "write durations as numbers, such as milliseconds, or leave the column out",
                _ => "keep text, numbers and truth values, or leave the column out",
            };
            gather.fault((1, 1), name, what, help);
            // Without such a column every row would be told as well.
            is_told_whole &= !matches!(column, Column::Known(known) if Known::REQUIRED.contains(&known));
        }
        columns.push(if readable { column } else { Column::LeftOut });
    }
    if !is_told_whole {
        return Ok(());
    }
    let mut row = 0u32;
    for batch in reader.with_batch_size(BATCH).build()? {
        let batch = batch?;
        let mut texts: Vec<Option<StringArray>> = Vec::with_capacity(columns.len());
        for (column, values) in columns.iter().zip(batch.columns()) {
            texts.push(match column {
                Column::LeftOut => None,
                _ => Some(cast(values, &DataType::Utf8)?.as_string::<i32>().clone()),
            });
        }
        for at in 0..batch.num_rows() {
            row = row.saturating_add(1);
            let cell = |texts: &'_ Option<StringArray>| texts.as_ref().is_some_and(|texts| !texts.is_null(at));
            let cells: Vec<(Column, &str)> = columns
                .iter()
                .zip(&texts)
                .map(|(column, texts)| {
                    let text = if cell(texts) { texts.as_ref().map_or("", |texts| texts.value(at)) } else { "" };
                    (*column, text.trim())
                })
                .collect();
            gather.row(&At { line: row, locate: &|_| (row, 1) }, &cells);
        }
        if gather.is_full() {
            break;
        }
    }
    Ok(())
}

/// Columns of durations by their names. Parquet has no such kind, and keeps whole numbers of a unit that only the Arrow schema tells which some writers put
/// beside their own. Nothing else is taken from that.
fn durations(file: &File) -> BTreeMap<String, DataType> {
    let schema = || ArrowReaderMetadata::load(file, ArrowReaderOptions::new()).ok().map(|read| read.schema().clone());
    let schema = unless_panicked(schema).flatten();
    let fields = schema.iter().flat_map(|schema| schema.fields().iter());
    fields
        .filter(|field| matches!(field.data_type(), DataType::Duration(_)))
        .map(|field| (field.name().trim().to_owned(), field.data_type().clone()))
        .collect()
}

/// One value a cell, which can be written as text.
fn is_single(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_single(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean | DataType::Null => true,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => true,
        kind => kind.is_numeric(),
    }
}
