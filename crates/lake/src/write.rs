//! Writes a run: `scores.parquet`, the long table, and `answers.parquet`, one row a planned answer.
//!
//! Files get their names when they are whole. The same rows in the same order give the same bytes.

use crate::LakeError;
use camino::{Utf8Path, Utf8PathBuf};
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, DictionaryArray, Float64Builder, Int32Builder, RecordBatch, StringArray, StringBuilder,
    UInt32Builder, UInt64Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;
use domain::digest::Digest;
use domain::score::{HowJudged, State};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

/// Rows buffered before they become a batch.
const BATCH: usize = 8192;

/// One row of the long table.
pub struct ScoreIn<'a> {
    pub example: &'a str,
    pub index: u32,
    pub example_digest: &'a str,
    pub system: &'a str,
    pub repeat: u32,
    pub criterion: &'a str,
    pub grader: &'a str,
    pub state: State,
    pub value: Option<f64>,
    pub class: Option<&'a str>,
    pub reason: &'a str,
    pub how: HowJudged,
}

pub struct AnswerIn<'a> {
    pub index: u32,
    pub system: &'a str,
    pub repeat: u32,
    pub state: State,
    pub latency_ms: Option<f64>,
    pub spend: Option<f64>,
    pub cached: bool,
    pub attempts: Option<u32>,
    /// File, offset and length of the answer's line.
    pub kept: Option<(u16, u64, u32)>,
}

/// The files of a run and their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub files: Vec<(String, Digest)>,
}

pub struct RunWriter {
    folder: Utf8PathBuf,
    scores: Table<Scores>,
    answers: Table<Answers>,
}

impl RunWriter {
    /// Starts in a folder that exists.
    pub fn create(folder: &Utf8Path) -> Result<Self, LakeError> {
        Ok(RunWriter {
            folder: folder.to_owned(),
            scores: Table::create(&folder.join("scores.parquet"), Scores::default())?,
            answers: Table::create(&folder.join("answers.parquet"), Answers::default())?,
        })
    }

    /// Notes which table imported grades were taken from.
    pub fn imported_from(&mut self, table: &Digest) {
        self.scores.writer.append_key_value_metadata(crate::source::noted(table));
    }

    pub fn score(&mut self, row: &ScoreIn) -> Result<(), LakeError> {
        self.scores.columns.push(row);
        self.scores.flush(BATCH)
    }

    pub fn answer(&mut self, row: &AnswerIn) -> Result<(), LakeError> {
        self.answers.columns.push(row);
        self.answers.flush(BATCH)
    }

    /// Completes both files.
    pub fn finish(self) -> Result<Sealed, LakeError> {
        let files = [self.scores.finish()?, self.answers.finish()?];
        let files = files.into_iter().map(|path| digest_of(&self.folder, &path)).collect::<Result<_, _>>()?;
        Ok(Sealed { files })
    }
}

/// Name and digest of a file.
pub(crate) fn digest_of(folder: &Utf8Path, path: &Utf8Path) -> Result<(String, Digest), LakeError> {
    let read = |cause| LakeError::Read { path: path.to_owned(), cause };
    let name = path.strip_prefix(folder).unwrap_or(path).to_string();
    Ok((name, crate::file_digest(path).map_err(read)?))
}

/// Columns under construction.
trait Columns {
    /// Columns of text that stay the same for rows in a row.
    const REPEATED: &[&str];
    /// Columns of whole numbers that hardly differ from row to row.
    const COUNTED: &[&str];

    fn schema() -> Schema;
    fn len(&self) -> usize;
    fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError>;
}

struct Table<C> {
    path: Utf8PathBuf,
    partial: Utf8PathBuf,
    writer: ArrowWriter<File>,
    schema: Arc<Schema>,
    columns: C,
}

impl<C: Columns> Table<C> {
    fn create(path: &Utf8Path, columns: C) -> Result<Self, LakeError> {
        let partial = Utf8PathBuf::from(format!("{path}.partial"));
        let file = File::create(&partial).map_err(|cause| LakeError::Write { path: partial.clone(), cause })?;
        let schema = Arc::new(C::schema());
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(131_072))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_created_by("plimsoll".to_owned());
        // Written once for each criterion in turn: cheaper as "the same as before" than looked up in a dictionary.
        for column in C::REPEATED.iter().map(|name| ColumnPath::from(*name)) {
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BYTE_ARRAY);
        }
        // Numbers that go up, or stay: their differences are small.
        for column in C::COUNTED.iter().map(|name| ColumnPath::from(*name)) {
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        }
        let properties = properties.build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
        Ok(Table { path: path.to_owned(), partial, writer, schema, columns })
    }

    fn flush(&mut self, at: usize) -> Result<(), LakeError> {
        if self.columns.len() < at {
            return Ok(());
        }
        let batch = RecordBatch::try_new(self.schema.clone(), self.columns.finish()?)?;
        self.writer.write(&batch).map_err(|cause| LakeError::Unwritten { path: self.path.clone(), cause })
    }

    fn finish(mut self) -> Result<Utf8PathBuf, LakeError> {
        self.flush(1)?;
        let unwritten = |cause| LakeError::Unwritten { path: self.path.clone(), cause };
        let file = self.writer.into_inner().map_err(unwritten)?;
        let write = |cause| LakeError::Write { path: self.path.clone(), cause };
        file.sync_all().map_err(write)?;
        std::fs::rename(&self.partial, &self.path).map_err(write)?;
        Ok(self.path)
    }
}

/// A column of few words.
#[derive(Default)]
struct Words {
    known: Vec<Arc<str>>,
    places: BTreeMap<Arc<str>, usize>,
    keys: Int32Builder,
    /// Where the last word stands among the known.
    last: usize,
}

impl Words {
    fn push(&mut self, word: Option<&str>) {
        let Some(word) = word else { return self.keys.append_null() };
        let is = |at: &usize| self.known.get(*at).is_some_and(|known| **known == *word);
        // Words come again, or in turns.
        let found = [self.last, self.last + 1, 0].into_iter().find(is);
        self.last = found.or_else(|| self.places.get(word).copied()).unwrap_or_else(|| {
            let new: Arc<str> = word.into();
            self.known.push(new.clone());
            self.places.insert(new, self.known.len() - 1);
            self.known.len() - 1
        });
        self.keys.append_value(self.last as i32);
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let words = StringArray::from_iter_values(&self.known);
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(self.keys.finish(), Arc::new(words))?))
    }
}

fn word(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), nullable)
}

#[derive(Default)]
struct Scores {
    rows: usize,
    example: StringBuilder,
    index: UInt32Builder,
    example_digest: StringBuilder,
    system: Words,
    repeat: UInt32Builder,
    criterion: Words,
    grader: Words,
    state: Words,
    value: Float64Builder,
    class: Words,
    reason: StringBuilder,
    panel_differs: BooleanBuilder,
    order_changed: BooleanBuilder,
    level: UInt32Builder,
}

impl Scores {
    fn push(&mut self, row: &ScoreIn) {
        self.rows += 1;
        self.example.append_value(row.example);
        self.index.append_value(row.index);
        self.example_digest.append_value(row.example_digest);
        self.system.push(Some(row.system));
        self.repeat.append_value(row.repeat);
        self.criterion.push(Some(row.criterion));
        self.grader.push(Some(row.grader));
        self.state.push(Some(row.state.as_str()));
        self.value.append_option(row.value);
        self.class.push(row.class);
        self.reason.append_option((!row.reason.is_empty()).then_some(row.reason));
        self.panel_differs.append_option(row.how.panel_differs);
        self.order_changed.append_option(row.how.order_changed);
        self.level.append_option(row.how.level);
    }
}

impl Columns for Scores {
    const REPEATED: &[&str] = &["example", "example_digest"];
    const COUNTED: &[&str] = &["example_index", "repeat"];

    fn schema() -> Schema {
        Schema::new(vec![
            Field::new("example", DataType::Utf8, false),
            Field::new("example_index", DataType::UInt32, false),
            Field::new("example_digest", DataType::Utf8, false),
            word("system", false),
            Field::new("repeat", DataType::UInt32, false),
            word("criterion", false),
            word("grader", false),
            word("state", false),
            Field::new("value", DataType::Float64, true),
            word("failure_class", true),
            Field::new("reason", DataType::Utf8, true),
            Field::new("panel_differs", DataType::Boolean, true),
            Field::new("order_changed", DataType::Boolean, true),
            Field::new("level", DataType::UInt32, true),
        ])
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        self.rows = 0;
        Ok(vec![
            Arc::new(self.example.finish()),
            Arc::new(self.index.finish()),
            Arc::new(self.example_digest.finish()),
            self.system.finish()?,
            Arc::new(self.repeat.finish()),
            self.criterion.finish()?,
            self.grader.finish()?,
            self.state.finish()?,
            Arc::new(self.value.finish()),
            self.class.finish()?,
            Arc::new(self.reason.finish()),
            Arc::new(self.panel_differs.finish()),
            Arc::new(self.order_changed.finish()),
            Arc::new(self.level.finish()),
        ])
    }
}

#[derive(Default)]
struct Answers {
    rows: usize,
    index: UInt32Builder,
    system: Words,
    repeat: UInt32Builder,
    state: Words,
    latency_ms: Float64Builder,
    spend: Float64Builder,
    cached: BooleanBuilder,
    attempts: UInt32Builder,
    file: UInt32Builder,
    offset: UInt64Builder,
    length: UInt32Builder,
}

impl Answers {
    fn push(&mut self, row: &AnswerIn) {
        self.rows += 1;
        self.index.append_value(row.index);
        self.system.push(Some(row.system));
        self.repeat.append_value(row.repeat);
        self.state.push(Some(row.state.as_str()));
        self.latency_ms.append_option(row.latency_ms);
        self.spend.append_option(row.spend);
        self.cached.append_value(row.cached);
        self.attempts.append_option(row.attempts);
        self.file.append_option(row.kept.map(|kept| u32::from(kept.0)));
        self.offset.append_option(row.kept.map(|kept| kept.1));
        self.length.append_option(row.kept.map(|kept| kept.2));
    }
}

impl Columns for Answers {
    const REPEATED: &[&str] = &[];
    const COUNTED: &[&str] = &["example_index", "repeat", "line_offset", "line_length"];

    fn schema() -> Schema {
        Schema::new(vec![
            Field::new("example_index", DataType::UInt32, false),
            word("system", false),
            Field::new("repeat", DataType::UInt32, false),
            word("state", false),
            Field::new("latency_ms", DataType::Float64, true),
            Field::new("spend", DataType::Float64, true),
            Field::new("cached", DataType::Boolean, false),
            Field::new("attempts", DataType::UInt32, true),
            Field::new("file", DataType::UInt32, true),
            Field::new("line_offset", DataType::UInt64, true),
            Field::new("line_length", DataType::UInt32, true),
        ])
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn finish(&mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        self.rows = 0;
        Ok(vec![
            Arc::new(self.index.finish()),
            self.system.finish()?,
            Arc::new(self.repeat.finish()),
            self.state.finish()?,
            Arc::new(self.latency_ms.finish()),
            Arc::new(self.spend.finish()),
            Arc::new(self.cached.finish()),
            Arc::new(self.attempts.finish()),
            Arc::new(self.file.finish()),
            Arc::new(self.offset.finish()),
            Arc::new(self.length.finish()),
        ])
    }
}
