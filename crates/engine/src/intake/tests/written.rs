//! The same spans however they were written: JSON and protobuf, in records or alone, packed or not.

use super::{document, said, span, with};
use crate::intake::{Broken, Drawn, Item, Span, drawn, items, spans_and_records};
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value as Any};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Wire, Status, TracesData, span::Event};
use prost::Message;
use serde_json::{Value, json};
use std::io::{Read, Write};

pub fn spans(bytes: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    items(bytes, &mut |item, _| {
        if let Item::Span(span) = item {
            spans.push(*span);
        }
    })
    .unwrap();
    spans
}

fn wrapped(value: &Value) -> AnyValue {
    let any = match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Any::BoolValue(*flag)),
        Value::Number(number) => {
            Some(number.as_i64().map_or_else(|| Any::DoubleValue(number.as_f64().unwrap()), Any::IntValue))
        }
        Value::String(text) => Some(Any::StringValue(text.clone())),
        Value::Array(list) => Some(Any::ArrayValue(ArrayValue { values: list.iter().map(wrapped).collect() })),
        Value::Object(map) => Some(Any::KvlistValue(KeyValueList { values: entries(map) })),
    };
    AnyValue { value: any }
}

fn entries(map: &serde_json::Map<String, Value>) -> Vec<KeyValue> {
    map.iter()
        .map(|(key, value)| KeyValue { key: key.clone(), value: Some(wrapped(value)), ..KeyValue::default() })
        .collect()
}

/// What an exporter would have sent.
pub fn protobuf(spans: &[Span]) -> Vec<u8> {
    let wire = |span: &Span| Wire {
        trace_id: span.trace.to_be_bytes().to_vec(),
        span_id: span.id.to_be_bytes().to_vec(),
        parent_span_id: span.parent.map(|parent| parent.to_be_bytes().to_vec()).unwrap_or_default(),
        name: span.name.clone(),
        start_time_unix_nano: span.start,
        end_time_unix_nano: span.end,
        attributes: entries(&span.attributes),
        events: span
            .events
            .iter()
            .map(|(name, map)| Event { name: name.clone(), attributes: entries(map), ..Event::default() })
            .collect(),
        status: span.failed.as_ref().map(|message| Status { code: 2, message: message.clone() }),
        ..Wire::default()
    };
    let of_resource = |span: &Span| ResourceSpans {
        resource: Some(Resource { attributes: entries(&span.resource), ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans: vec![wire(span)], ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    };
    TracesData { resource_spans: spans.iter().map(of_resource).collect() }.encode_to_vec()
}

fn record(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn two() -> String {
    let mut failed = span(
        1,
        2,
        1,
        (12, 13),
        json!({"gen_ai.operation.name": "execute_tool", "n": 3, "list": ["a", 1.5], "ok": true}),
    );
    failed["status"] = json!({"code": 2, "message": "no"});
    failed["events"] =
        json!([{"name": "exception", "attributes": [{"key": "exception.type", "value": {"stringValue": "E"}}]}]);
    document(&[span(1, 1, 0, (10, 14), with(said("Done."), "session.id", "s".into())), failed]).to_string()
}

#[test]
fn spans_are_the_same_however_they_were_written() {
    let text = two();
    let expected = spans(text.as_bytes());
    assert_eq!(expected.len(), 2);
    let whole = protobuf(&expected);
    let records: Vec<u8> = expected.iter().flat_map(|span| record(&protobuf(std::slice::from_ref(span)))).collect();
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    let pretty = format!("\n{}", serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap());
    let twice = [gzip(text.as_bytes()), gzip(b"\n")].concat();
    let ways: Vec<(&str, Vec<u8>)> = vec![
        ("protobuf alone", whole.clone()),
        ("records", records.clone()),
        ("records in zstd", record(&zstd(&whole))),
        ("records of JSON in zstd", record(&zstd(text.as_bytes()))),
        ("gzip of several members", twice),
        ("gzip of records", gzip(&records)),
        ("zstd of JSON", zstd(text.as_bytes())),
        ("zstd of protobuf", zstd(&whole)),
        ("laid out", pretty.into_bytes()),
        ("with a mark", format!("\u{feff}{text}").into_bytes()),
    ];
    for (way, bytes) in ways {
        assert_eq!(spans(&bytes), expected, "{way}");
    }
    assert!(spans(b"").is_empty());
}

/// Spans and records of logs, each said to be which.
fn heard(bytes: &[u8]) -> Vec<(bool, Span)> {
    let mut heard = Vec::new();
    spans_and_records(bytes, &mut |item, _| match item {
        Item::Span(span) => heard.push((false, *span)),
        Item::Record(span) => heard.push((true, *span)),
        Item::Unread(what) => panic!("{what}"),
    })
    .unwrap();
    heard
}

#[test]
fn records_of_logs_are_the_same_in_protobuf() {
    let attributes = json!({"session.id": "s-7", "gen_ai.evaluation.score.label": "thumbs_up"});
    let listed = [("session.id", "s-7"), ("gen_ai.evaluation.score.label", "thumbs_up")]
        .map(|(key, text)| json!({"key": key, "value": {"stringValue": text}}));
    let json = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [
        {"timeUnixNano": "7000000000", "eventName": "gen_ai.evaluation.result", "attributes": listed},
        {"observedTimeUnixNano": "8000000000", "traceId": format!("{:032x}", 9), "spanId": format!("{:016x}", 4), "attributes": listed},
    ]}]}]})
    .to_string();
    let attributes = entries(attributes.as_object().unwrap());
    let log_records = vec![
        LogRecord {
            time_unix_nano: 7_000_000_000,
            event_name: "gen_ai.evaluation.result".into(),
            attributes: attributes.clone(),
            ..LogRecord::default()
        },
        LogRecord {
            observed_time_unix_nano: 8_000_000_000,
            trace_id: 9u128.to_be_bytes().to_vec(),
            span_id: 4u64.to_be_bytes().to_vec(),
            attributes,
            ..LogRecord::default()
        },
    ];
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let logs = LogsData { resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }] }.encode_to_vec();
    let expected = heard(json.as_bytes());
    assert_eq!((expected.len(), expected.iter().all(|(is_record, _)| *is_record)), (2, true));
    assert_eq!(heard(&logs), expected, "alone");
    assert_eq!(heard(&record(&logs)), expected, "as a record");
    // Traces stay traces, whether or not logs are wanted.
    let traces = protobuf(&spans(two().as_bytes()));
    let own: Vec<Span> = heard(&traces).into_iter().map(|(_, span)| span).collect();
    assert_eq!(own, spans(&traces));
    let both = [record(&traces), record(&logs)].concat();
    assert_eq!(heard(&both).len(), own.len() + 2);
}

#[test]
fn records_that_break_off_or_are_too_long_are_told_with_their_number() {
    let one = record(&protobuf(&spans(two().as_bytes())));
    let told = |bytes: &[u8]| match items(bytes, &mut |_, _| ()) {
        Err(Broken::At { line, what, .. }) => format!("{line}: {what}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&[&one[..], &one[..20]].concat()), "2: this record breaks off");
    assert_eq!(told(&[&one[..], &[4, 0, 0, 1]].concat()), "2: this record says that it is longer than 64 MB");
    assert!(told(&record(b"not at all")).starts_with("1: neither JSON nor protobuf of OpenTelemetry"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_read_or_refused(head in 0usize..6, bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let heads: [&[u8]; 6] = [b"", &[0, 0, 0, 40], &[0x1f, 0x8b, 8], &[0x28, 0xb5, 0x2f, 0xfd], &[0x0a, 12], b"{"];
        let _ = items([heads[head], &bytes].concat().as_slice(), &mut |_, _| ());
    }
}

#[test]
fn a_call_of_a_model_is_a_request_with_its_conversation_and_what_it_took() {
    let tools = r#"[{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]"#;
    let more = with(with(said("Done."), "session.id", "s".into()), "gen_ai.tool.definitions", tools.into());
    let asked = r#"[{"role": "user", "parts": [{"type": "text", "content": "Where?"}]}]"#;
    let more = with(with(more, "gen_ai.input.messages", asked.into()), "gen_ai.response.model", "m-2".into());
    let text = document(&[span(1, 1, 0, (10, 12), with(more, "app.language", "de".into()))]).to_string();
    let wanted = [("language".to_owned(), "app.language".to_owned())];
    let Drawn::Asked(request) = drawn(&spans(text.as_bytes())[0], &wanted, &mut 0) else { panic!() };
    assert_eq!(
        request.input["messages"],
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where?"}])
    );
    assert_eq!(request.input["tools"], json!([{"name": "find", "parameters": {"type": "object"}}]));
    let answer = request.answer.as_ref().unwrap();
    assert_eq!((&answer["text"], &answer["latency_ms"]), (&json!("Done."), &json!(2000.0)));
    assert_eq!((request.conversation.as_deref(), request.system.as_deref()), (Some("s"), Some("m-2")));
    assert_eq!(request.attributes["language"], "de");
    let line = domain::format::traffic::write(&request);
    let place = domain::format::lines::LinePlace { file: camino::Utf8Path::new("t"), line: 1 };
    assert_eq!(domain::format::traffic::parse(place, &line).unwrap(), Some(*request));
}

#[test]
fn what_runs_around_is_a_request_only_where_it_says_what_came_in_and_went_out() {
    let around = span(1, 1, 0, (1, 2), json!({"input.value": "Hi", "output.value": "Hello"}));
    let within = span(1, 2, 1, (1, 2), json!({"input.value": "Hi", "output.value": "Hello"}));
    let silent = span(1, 3, 1, (1, 2), json!({"gen_ai.operation.name": "chat"}));
    let spans = spans(document(&[around, within, silent]).to_string().as_bytes());
    assert!(matches!(drawn(&spans[0], &[], &mut 0), Drawn::Around(_)));
    assert_eq!(drawn(&spans[1], &[], &mut 0), Drawn::Step);
    assert!(matches!(drawn(&spans[2], &[], &mut 0), Drawn::LeftOut(_)));
}

/// A document of one line that is never whole in memory: spans of so many bytes of text, and their resource before or after them.
fn one_line(spans: u32, bytes: u64, resource_first: bool) -> impl Read {
    let resource = r#""resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]}"#;
    let (before, after) = match resource_first {
        true => (format!("{resource}, "), String::new()),
        false => (String::new(), format!(", {resource}")),
    };
    let head = format!("{{\"resourceSpans\": [{{{before}\"scopeSpans\": [{{\"spans\": [");
    let mut whole: Box<dyn Read> = Box::new(std::io::Cursor::new(head.into_bytes()));
    for id in 1..=spans {
        let comma = if id > 1 { "," } else { "" };
        let start = format!("{comma}{{\"traceId\": \"{id:032x}\", \"spanId\": \"{id:016x}\", \"name\": \"");
        let text = std::io::repeat(b'x').take(bytes);
        whole = Box::new(whole.chain(std::io::Cursor::new(start.into_bytes())).chain(text).chain(&b"\"}"[..]));
    }
    whole.chain(std::io::Cursor::new(format!("]}}]{after}}}]}}\n").into_bytes()))
}

#[test]
fn one_line_may_hold_any_number_of_spans_where_their_resource_comes_first() {
    let count = |reader: &mut dyn Read| {
        let mut services = 0;
        let read = items(reader, &mut |item, line| match item {
            Item::Span(span) if line == 1 => services += u32::from(span.resource.contains_key("service.name")),
            other => panic!("{other:?}"),
        });
        read.map(|()| services)
    };
    assert_eq!(count(&mut one_line(9, 8 << 20, true)).unwrap(), 9);
    assert_eq!(count(&mut one_line(6, 8 << 20, false)).unwrap(), 6);
    let Err(Broken::At { line: 1, what, help, .. }) = count(&mut one_line(9, 8 << 20, false)) else { panic!() };
    assert_eq!(what, "more than 64 MB of spans come before the resource that they are of");
    assert_eq!(help, Some("let `resource` come before `scopeSpans`, or export fewer spans at a time"));
    let Err(Broken::At { what, .. }) = count(&mut one_line(1, 17 << 20, true)) else { panic!() };
    assert_eq!(what, "a span or a resource is longer than 16 MB");
    // What is not read may be of any length.
    let mut logs = (&b"{\"resourceLogs\": [\""[..]).chain(std::io::repeat(b'x').take(20 << 20)).chain(&b"\"]}"[..]);
    let mut told = Vec::new();
    items(&mut logs, &mut |item, _| told.push(format!("{item:?}"))).unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
}
