//! Writes a run: `scores.parquet`, the long table, and `answers.parquet`, one row a planned answer.
//!
//! Files get their names when they are whole. The same rows in the same order give the same bytes.

use crate::LakeError;
use camino::{Utf8Path, Utf8PathBuf};
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, RecordBatch, StringBuilder, StringDictionaryBuilder, UInt32Builder,
    UInt64Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use domain::digest::Digest;
use domain::score::State;
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
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut File::open(path).map_err(read)?, &mut hasher).map_err(read)?;
    let name = path.strip_prefix(folder).unwrap_or(path).to_string();
    Ok((name, Digest::from_bytes(*hasher.finalize().as_bytes())))
}

/// Columns under construction.
trait Columns {
    fn schema() -> Schema;
    fn len(&self) -> usize;
    fn finish(&mut self) -> Vec<ArrayRef>;
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
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(131_072))
            .set_created_by("plimsoll".to_owned())
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
        Ok(Table { path: path.to_owned(), partial, writer, schema, columns })
    }

    fn flush(&mut self, at: usize) -> Result<(), LakeError> {
        if self.columns.len() < at {
            return Ok(());
        }
        let batch = RecordBatch::try_new(self.schema.clone(), self.columns.finish())?;
        Ok(self.writer.write(&batch)?)
    }

    fn finish(mut self) -> Result<Utf8PathBuf, LakeError> {
        self.flush(1)?;
        let file = self.writer.into_inner()?;
        let write = |cause| LakeError::Write { path: self.path.clone(), cause };
        file.sync_all().map_err(write)?;
        std::fs::rename(&self.partial, &self.path).map_err(write)?;
        Ok(self.path)
    }
}

type Words = StringDictionaryBuilder<Int32Type>;

fn word(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), nullable)
}

#[derive(Default)]
struct Scores {
    rows: usize,
    example: Words,
    index: UInt32Builder,
    example_digest: Words,
    system: Words,
    repeat: UInt32Builder,
    criterion: Words,
    grader: Words,
    state: Words,
    value: Float64Builder,
    class: Words,
    reason: StringBuilder,
}

impl Scores {
    fn push(&mut self, row: &ScoreIn) {
        self.rows += 1;
        self.example.append_value(row.example);
        self.index.append_value(row.index);
        self.example_digest.append_value(row.example_digest);
        self.system.append_value(row.system);
        self.repeat.append_value(row.repeat);
        self.criterion.append_value(row.criterion);
        self.grader.append_value(row.grader);
        self.state.append_value(row.state.as_str());
        self.value.append_option(row.value);
        self.class.append_option(row.class);
        self.reason.append_option((!row.reason.is_empty()).then_some(row.reason));
    }
}

impl Columns for Scores {
    fn schema() -> Schema {
        Schema::new(vec![
            word("example", false),
            Field::new("example_index", DataType::UInt32, false),
            word("example_digest", false),
            word("system", false),
            Field::new("repeat", DataType::UInt32, false),
            word("criterion", false),
            word("grader", false),
            word("state", false),
            Field::new("value", DataType::Float64, true),
            word("failure_class", true),
            Field::new("reason", DataType::Utf8, true),
        ])
    }

    fn len(&self) -> usize {
        self.rows
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        vec![
            Arc::new(self.example.finish()),
            Arc::new(self.index.finish()),
            Arc::new(self.example_digest.finish()),
            Arc::new(self.system.finish()),
            Arc::new(self.repeat.finish()),
            Arc::new(self.criterion.finish()),
            Arc::new(self.grader.finish()),
            Arc::new(self.state.finish()),
            Arc::new(self.value.finish()),
            Arc::new(self.class.finish()),
            Arc::new(self.reason.finish()),
        ]
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
        self.system.append_value(row.system);
        self.repeat.append_value(row.repeat);
        self.state.append_value(row.state.as_str());
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

    fn finish(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        vec![
            Arc::new(self.index.finish()),
            Arc::new(self.system.finish()),
            Arc::new(self.repeat.finish()),
            Arc::new(self.state.finish()),
            Arc::new(self.latency_ms.finish()),
            Arc::new(self.spend.finish()),
            Arc::new(self.cached.finish()),
            Arc::new(self.attempts.finish()),
            Arc::new(self.file.finish()),
            Arc::new(self.offset.finish()),
            Arc::new(self.length.finish()),
        ]
    }
}
