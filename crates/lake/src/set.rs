//! The reference set as a run saw it: `examples.parquet`.

use crate::LakeError;
use crate::guarded::guarded;
use crate::write::digest_of;
use camino::Utf8Path;
use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use domain::digest::Digest;
use domain::example::{Expect, Guard};
use domain::name::{Attribute, ClusterId, ExampleId};
use domain::provenance::{SourceKind, Weight};
use domain::reference_set::{ExampleIndex, Kept, NO_VALUE, ReferenceSet, Row, RowState};
use domain::share::Amount;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

const NAME: &str = "examples.parquet";
const BATCH: usize = 65_536;

/// Writes the set beside a run's scores; returns its name and digest. Paths of its files are kept as they are seen from the
/// eval's folder, so that the same set gives the same bytes wherever the eval lies.
pub fn write_set(folder: &Utf8Path, set: &ReferenceSet, home: &Utf8Path) -> Result<(String, Digest), LakeError> {
    let path = folder.join(NAME);
    let partial = folder.join(format!("{NAME}.partial"));
    let write = |cause| LakeError::Write { path: path.clone(), cause };
    let mut fields = vec![
        Field::new("id", DataType::Utf8, false),
        Field::new("digest", DataType::Utf8, false),
        Field::new("cluster_id", DataType::Utf8, false),
        Field::new("weight", DataType::Float64, false),
        Field::new("weighed", DataType::Utf8, false),
        Field::new("source", DataType::Utf8, true),
        Field::new("guard", DataType::Utf8, false),
        Field::new("never", DataType::Boolean, false),
        Field::new("state", DataType::Utf8, false),
        Field::new("base", DataType::UInt32, true),
        Field::new("expect", DataType::Utf8, true),
        Field::new("file", DataType::UInt32, false),
        Field::new("line", DataType::UInt32, false),
        Field::new("line_offset", DataType::Float64, false),
        Field::new("line_length", DataType::UInt32, false),
    ];
    fields.extend(set.attributes.keys().map(|name| Field::new(format!("attribute:{name}"), DataType::Utf8, true)));
    // Where the examples' lines were read from, for showing them again.
    let seen_from = |path| Utf8Path::strip_prefix(path, home).unwrap_or(path).as_str();
    let files: Vec<&str> = set.files.iter().map(|path| seen_from(path)).collect();
    let files = serde_json::to_string(&files).unwrap_or_default();
    let schema = Arc::new(Schema::new_with_metadata(fields, [("plimsoll.files".to_owned(), files)].into()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(131_072))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_dictionary_enabled("id".into(), false)
        .set_column_dictionary_enabled("digest".into(), false)
        .set_created_by("plimsoll".to_owned())
        .build();
    let unwritten = |cause| LakeError::Unwritten { path: path.clone(), cause };
    let mut writer = ArrowWriter::try_new(File::create(&partial).map_err(write)?, schema.clone(), Some(properties))?;
    for start in (0..set.rows.len()).step_by(BATCH) {
        let end = (start + BATCH).min(set.rows.len());
        let batch = RecordBatch::try_new(schema.clone(), columns(set, start, end))?;
        writer.write(&batch).map_err(unwritten)?;
    }
    writer.into_inner().map_err(unwritten)?.sync_all().map_err(write)?;
    std::fs::rename(&partial, &path).map_err(write)?;
    digest_of(folder, &path)
}

fn columns(set: &ReferenceSet, start: usize, end: usize) -> Vec<ArrayRef> {
    let rows = &set.rows[start..end];
    let text = |of: fn(&Row) -> Cow<str>| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
    let maybe =
        |of: &dyn Fn(&Row) -> Option<String>| -> ArrayRef { Arc::new(StringArray::from_iter(rows.iter().map(of))) };
    let mut columns: Vec<ArrayRef> = vec![
        text(|row| row.id.as_str().into()),
        text(|row| row.digest.to_string().into()),
        text(|row| row.cluster.as_str().into()),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.weight.get()))),
        text(|row| weighed(row.weight).into()),
        maybe(&|row| row.source.map(|source| source.as_str().to_owned())),
        text(|row| guard(row.guard).into()),
        Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.never)))),
        text(|row| state(row.state).into()),
        Arc::new(UInt32Array::from_iter(rows.iter().map(|row| row.pair.as_ref().map(|pair| pair.0.0)))),
        maybe(&|row| row.pair.as_ref().map(|pair| expect(&pair.1))),
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| u32::from(row.kept.file)))),
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.kept.line))),
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.kept.offset as f64))),
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.kept.length))),
    ];
    for column in set.attributes.values() {
        let values = column.of_row[start..end].iter().map(|&at| column.values.get(at as usize).map(String::as_str));
        columns.push(Arc::new(StringArray::from_iter(values)));
    }
    columns
}

fn weighed(weight: Weight) -> &'static str {
    match weight {
        Weight::Sampled(_) => "sampled",
        Weight::Assumed => "assumed",
        Weight::None => "none",
    }
}

fn guard(guard: Guard) -> &'static str {
    match guard {
        Guard::No => "no",
        Guard::WhenFixed => "when_fixed",
        Guard::Armed => "armed",
    }
}

fn state(state: RowState) -> &'static str {
    match state {
        RowState::Active => "active",
        RowState::Proposed => "proposed",
        RowState::Quarantined => "quarantined",
        RowState::Retired => "retired",
    }
}

fn expect(expect: &Expect) -> String {
    match expect {
        Expect::Same => "same".to_owned(),
        Expect::Changed { direction: None } => "changed".to_owned(),
        Expect::Changed { direction: Some(direction) } => format!("changed:{direction}"),
    }
}

/// Reads the set that a run saw. (What only `check` needs is not kept.)
pub fn read_set(folder: &Utf8Path) -> Result<ReferenceSet, LakeError> {
    guarded(folder, || read(folder))
}

fn read(folder: &Utf8Path) -> Result<ReferenceSet, LakeError> {
    let path = folder.join(NAME);
    let file = File::open(&path).map_err(|cause| LakeError::Read { path: path.clone(), cause })?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let mut set = ReferenceSet::default();
    if let Some(files) = reader.schema().metadata().get("plimsoll.files") {
        set.files = serde_json::from_str(files).unwrap_or_default();
    }
    let mut known: BTreeMap<Attribute, BTreeMap<String, u32>> = BTreeMap::new();
    for batch in reader.with_batch_size(BATCH).build()? {
        read_batch(&batch?, &mut set, &mut known).ok_or_else(|| LakeError::NotARun(folder.to_owned()))?;
    }
    if !is_whole(&set) {
        return Err(LakeError::NotARun(folder.to_owned()));
    }
    set.digest = domain::reference_set::digest(&set);
    Ok(set)
}

/// Where the examples of a run's set were read from, as it is written: a JSON list of paths.
pub(crate) fn files(folder: &Utf8Path) -> Result<String, LakeError> {
    let path = folder.join(NAME);
    let file = File::open(&path).map_err(|cause| LakeError::Read { path, cause })?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?;
    Ok(reader.schema().metadata().get("plimsoll.files").cloned().unwrap_or_default())
}

/// Bases are among the examples, and each example has its place in every attribute.
fn is_whole(set: &ReferenceSet) -> bool {
    let count = set.rows.len();
    set.rows.iter().all(|row| row.pair.as_ref().is_none_or(|pair| (pair.0.0 as usize) < count))
        && set.attributes.values().all(|column| column.of_row.len() == count)
}

fn read_batch(
    batch: &RecordBatch,
    set: &mut ReferenceSet,
    known: &mut BTreeMap<Attribute, BTreeMap<String, u32>>,
) -> Option<()> {
    let text = |name: &str| batch.column_by_name(name)?.as_any().downcast_ref::<StringArray>();
    let whole = |name: &str| batch.column_by_name(name)?.as_any().downcast_ref::<UInt32Array>();
    let number = |name: &str| batch.column_by_name(name)?.as_any().downcast_ref::<Float64Array>();
    let (ids, digests, clusters) = (text("id")?, text("digest")?, text("cluster_id")?);
    let (weights, weighed, sources) = (number("weight")?, text("weighed")?, text("source")?);
    let (guards, states, expects) = (text("guard")?, text("state")?, text("expect")?);
    let (bases, files, lines, lengths) = (whole("base")?, whole("file")?, whole("line")?, whole("line_length")?);
    let offsets = number("line_offset")?;
    let never = batch.column_by_name("never")?.as_any().downcast_ref::<BooleanArray>()?;
    for at in 0..batch.num_rows() {
        set.rows.push(Row {
            id: ExampleId::new(ids.value(at)),
            digest: Digest::parse(digests.value(at))?,
            cluster: ClusterId::new(clusters.value(at)),
            weight: match weighed.value(at) {
                "sampled" => Weight::Sampled(Amount::new(weights.value(at)).ok()?),
                "assumed" => Weight::Assumed,
                "none" => Weight::None,
                _ => return None,
            },
            source: if sources.is_null(at) { None } else { Some(SourceKind::parse(sources.value(at))?) },
            guard: match guards.value(at) {
                "when_fixed" => Guard::WhenFixed,
                "armed" => Guard::Armed,
                "no" => Guard::No,
                _ => return None,
            },
            never: never.value(at),
            state: match states.value(at) {
                "active" => RowState::Active,
                "proposed" => RowState::Proposed,
                "quarantined" => RowState::Quarantined,
                "retired" => RowState::Retired,
                _ => return None,
            },
            pair: (!bases.is_null(at))
                .then(|| Box::new((ExampleIndex(bases.value(at)), read_expect(expects.value(at))))),
            kept: Kept {
                file: files.value(at) as u16,
                line: lines.value(at),
                offset: offsets.value(at) as u64,
                length: lengths.value(at),
            },
        });
    }
    for (at, field) in batch.schema().fields().iter().enumerate() {
        let Some(name) = field.name().strip_prefix("attribute:") else { continue };
        let attribute = Attribute::new(name);
        let values = batch.column(at).as_any().downcast_ref::<StringArray>()?;
        let column = set.attributes.entry(attribute.clone()).or_default();
        let known = known.entry(attribute).or_default();
        for row in 0..values.len() {
            column.of_row.push(if values.is_null(row) {
                NO_VALUE
            } else {
                position(values.value(row), &mut column.values, known)
            });
        }
    }
    Some(())
}

fn position(value: &str, values: &mut Vec<String>, known: &mut BTreeMap<String, u32>) -> u32 {
    if let Some(position) = known.get(value) {
        return *position;
    }
    let position = values.len() as u32;
    values.push(value.to_owned());
    known.insert(value.to_owned(), position);
    position
}

fn read_expect(text: &str) -> Expect {
    match text.split_once(':') {
        Some((_, direction)) => Expect::Changed { direction: Some(direction.to_owned()) },
        None if text == "changed" => Expect::Changed { direction: None },
        None => Expect::Same,
    }
}
