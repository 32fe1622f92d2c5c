//! OTLP however it was written to a file: recognised by what it holds, never by its name.
//!
//! in      a stream: JSON as `otlp` reads it; protobuf records with four bytes of length before each, as a collector's file exporter
//!         writes them; one message of protobuf alone. Each of these whole in gzip or zstd, or each record in zstd
//! out     every span, as `otlp` hands them on; the place is a line, and of records their number
//! errors  records longer than 64 MB, packed or not; what is neither; a record that breaks off; what `otlp` refuses
//! source  opentelemetry-collector-contrib `exporter/fileexporter` (length as 32 bits, the first byte the highest); opentelemetry-proto

use super::otlp::{self, Broken, Item, Span, Wanted};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData};
use opentelemetry_proto::tonic::trace::v1::{TracesData, span::Event};
use prost::Message;
use serde_json::{Map, Value};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

const LONGEST_RECORD: usize = 64 << 20;
const BREAKS_OFF: &str = "this record breaks off";
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What is handed on, with its place.
type Each<'e> = dyn FnMut(Item, u32) + 'e;

/// The stream without its packing, from its first byte that is no white space or byte order mark where it is text.
pub fn unpacked<'r>(reader: impl Read + 'r) -> io::Result<Box<dyn BufRead + 'r>> {
    // A file is packed once, or twice by mistake.
    let mut reader: Box<dyn BufRead + 'r> = Box::new(BufReader::with_capacity(1 << 20, reader));
    for _ in 0..2 {
        let (head, whole) = peeked(reader, 4)?;
        reader = if head.starts_with(&GZIP) {
            Box::new(BufReader::with_capacity(1 << 20, flate2::bufread::MultiGzDecoder::new(whole)))
        } else if head.starts_with(&ZSTD) {
            Box::new(BufReader::with_capacity(1 << 20, zstd::stream::read::Decoder::with_buffer(whole)?))
        } else {
            return Ok(whole);
        };
    }
    Ok(reader)
}

/// The first bytes, and the stream with them.
pub fn peeked<'r>(mut reader: Box<dyn BufRead + 'r>, count: usize) -> io::Result<(Vec<u8>, Box<dyn BufRead + 'r>)> {
    let mut head = Vec::new();
    reader.by_ref().take(count as u64).read_to_end(&mut head)?;
    let whole = Cursor::new(head.clone()).chain(reader);
    Ok((head, Box::new(whole)))
}

/// Hands on every span of a stream.
pub fn items(reader: impl Read, each: &mut Each) -> Result<(), Broken> {
    read(reader, Wanted::Spans, each)
}

/// Hands on every span of a stream, and every record of a log.
pub fn spans_and_records(reader: impl Read, each: &mut Each) -> Result<(), Broken> {
    read(reader, Wanted::SpansAndRecords, each)
}

fn read(reader: impl Read, wanted: Wanted, each: &mut Each) -> Result<(), Broken> {
    let reader = unpacked(reader).map_err(Broken::Unreadable)?;
    let (head, mut reader) = peeked(reader, 64).map_err(Broken::Unreadable)?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    match (head.first(), first) {
        (None, _) => Ok(()),
        // The length of a record that is short enough begins so.
        (Some(0..=4), _) => records(&mut reader, wanted, each),
        (Some(0x0a), Some(byte)) if !matches!(byte, b'{' | b'[') => alone(&mut reader, wanted, each),
        _ => {
            let marked = head.len() - text.len();
            io::copy(&mut reader.by_ref().take(marked as u64), &mut io::sink()).map_err(Broken::Unreadable)?;
            otlp::items(reader, wanted, each)
        }
    }
}

fn records(reader: &mut dyn BufRead, wanted: Wanted, each: &mut Each) -> Result<(), Broken> {
    let mut number = 0;
    loop {
        if reader.fill_buf().map_err(Broken::Unreadable)?.is_empty() {
            return Ok(());
        }
        number += 1;
        let broken = |what: String| at(number, what);
        let mut length = [0; 4];
        let whole = read_whole(reader, &mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if !whole || length > LONGEST_RECORD {
            return Err(if whole {
                too_long(number, "this record says that it is")
            } else {
                broken(BREAKS_OFF.to_owned())
            });
        }
        let mut record = Vec::new();
        (&mut *reader).take(length as u64).read_to_end(&mut record).map_err(Broken::Unreadable)?;
        if record.len() < length {
            return Err(broken(BREAKS_OFF.to_owned()));
        }
        if record.starts_with(&ZSTD) {
            record = unzipped(&record).map_err(|error| broken(format!("this record cannot be unpacked: {error}")))?;
        }
        if record.first() == Some(&b'{') {
            otlp::items(record.as_slice(), wanted, &mut |item, _| each(item, number)).map_err(|found| match found {
                Broken::At { what, help, .. } => Broken::At { line: number, column: 1, what, help },
                other => other,
            })?;
        } else {
            message(&record, number, wanted, each).map_err(broken)?;
        }
    }
}

/// False where the stream ends before.
fn read_whole(reader: &mut dyn BufRead, into: &mut [u8]) -> Result<bool, Broken> {
    match reader.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(Broken::Unreadable(error)),
    }
}

fn unzipped(record: &[u8]) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    let reader = zstd::stream::read::Decoder::with_buffer(record)?;
    reader.take(LONGEST_RECORD as u64 + 1).read_to_end(&mut whole)?;
    if whole.len() > LONGEST_RECORD { Err(io::Error::other("it is longer than 64 MB")) } else { Ok(whole) }
}

/// One message without a length.
fn alone(reader: &mut dyn BufRead, wanted: Wanted, each: &mut Each) -> Result<(), Broken> {
    let mut whole = Vec::new();
    reader.take(LONGEST_RECORD as u64 + 1).read_to_end(&mut whole).map_err(Broken::Unreadable)?;
    if whole.len() > LONGEST_RECORD {
        return Err(too_long(1, "this message of protobuf is"));
    }
    message(&whole, 1, wanted, each).map_err(|what| at(1, what))
}

fn at(number: u32, what: String) -> Broken {
    Broken::At { line: number, column: 1, what, help: None }
}

/// A message of protobuf is read as a whole.
fn too_long(number: u32, what: &str) -> Broken {
    let help = "let the collector write smaller batches (`send_batch_max_size`), or JSON, which is read span by span";
    Broken::At { line: number, column: 1, what: format!("{what} longer than 64 MB"), help: Some(help) }
}

/// A request of an exporter is written as data of traces are: both hold their resources as the first field.
fn message(bytes: &[u8], number: u32, wanted: Wanted, each: &mut Each) -> Result<(), String> {
    let traces = TracesData::decode(bytes);
    if wanted == Wanted::SpansAndRecords
        && !traces.as_ref().is_ok_and(is_of_spans)
        && let Ok(data) = LogsData::decode(bytes)
    {
        records_of(data, number, each);
        return Ok(());
    }
    spans_of(traces.map_err(|error| format!("neither JSON nor protobuf of OpenTelemetry: {error}"))?, number, each);
    Ok(())
}

/// Logs are written alike down to their records: what may be read as spans without ids is none.
fn is_of_spans(data: &TracesData) -> bool {
    let mut spans = data.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|scope| &scope.spans).peekable();
    spans.peek().is_none() || spans.any(|span| id(&span.trace_id, 16).is_some() && id(&span.span_id, 8).is_some())
}

fn records_of(data: LogsData, number: u32, each: &mut Each) {
    for of_resource in data.resource_logs {
        let resource = of_resource.resource.map(|resource| entries(resource.attributes)).unwrap_or_default();
        let resource = Rc::new(resource);
        for record in of_resource.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
            let LogRecord {
                time_unix_nano, observed_time_unix_nano, attributes, trace_id, span_id, event_name, ..
            } = record;
            let attributes = entries(attributes);
            let named = attributes.get("event.name").and_then(Value::as_str).unwrap_or_default();
            let read = Span {
                trace: id(&trace_id, 16).unwrap_or(0),
                id: id(&span_id, 8).unwrap_or(0) as u64,
                name: if event_name.is_empty() { named.to_owned() } else { event_name },
                start: if time_unix_nano > 0 { time_unix_nano } else { observed_time_unix_nano },
                attributes,
                resource: resource.clone(),
                ..Span::default()
            };
            each(Item::Record(Box::new(read)), number);
        }
    }
}

fn spans_of(data: TracesData, number: u32, each: &mut Each) {
    let mut spans: u64 = 0;
    for of_resource in data.resource_spans {
        let resource = of_resource.resource.map(|resource| entries(resource.attributes)).unwrap_or_default();
        let resource = Rc::new(resource);
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans += 1;
            let (Some(trace), Some(id)) = (id(&span.trace_id, 16), id(&span.span_id, 8)) else {
                each(Item::Unread(otlp::WITHOUT_IDS), number);
                continue;
            };
            let status = span.status.unwrap_or_default();
            let read = Span {
                trace,
                id: id as u64,
                parent: self::id(&span.parent_span_id, 8).map(|parent| parent as u64),
                name: span.name,
                start: span.start_time_unix_nano,
                end: span.end_time_unix_nano,
                attributes: entries(span.attributes),
                resource: resource.clone(),
                events: span
                    .events
                    .into_iter()
                    .map(|Event { name, attributes, .. }| (name, entries(attributes)))
                    .collect(),
                failed: (status.code == 2).then_some(status.message),
                linked: span.links.first().and_then(|link| self::id(&link.trace_id, 16)),
            };
            each(Item::Span(Box::new(read)), number);
        }
    }
    if spans == 0 {
        each(Item::Unread(otlp::WITHOUT_TRACES), number);
    }
}

/// An id of so many bytes that are not all zeros.
fn id(bytes: &[u8], length: usize) -> Option<u128> {
    let id = bytes.iter().fold(0, |id: u128, byte| id << 8 | u128::from(*byte));
    (bytes.len() == length && id != 0).then_some(id)
}

fn entries(list: Vec<KeyValue>) -> Map<String, Value> {
    list.into_iter().map(|entry| (entry.key, value(entry.value))).collect()
}

fn value(wrapped: Option<AnyValue>) -> Value {
    match wrapped.and_then(|wrapped| wrapped.value) {
        Some(any_value::Value::StringValue(text)) => text.into(),
        Some(any_value::Value::BoolValue(flag)) => flag.into(),
        Some(any_value::Value::IntValue(number)) => number.into(),
        Some(any_value::Value::DoubleValue(number)) => number.into(),
        Some(any_value::Value::ArrayValue(list)) => list.values.into_iter().map(|item| value(Some(item))).collect(),
        Some(any_value::Value::KvlistValue(list)) => Value::Object(entries(list.values)),
        Some(any_value::Value::BytesValue(bytes)) => String::from_utf8(bytes).map_or(Value::Null, Value::from),
        _ => Value::Null,
    }
}
