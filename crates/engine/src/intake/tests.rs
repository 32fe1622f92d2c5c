use super::*;
use crate::set::read_set;
use domain::reference_set::Builder;
use serde_json::json;

/// A file of traces, as one would be collected.
fn span(trace: u32, id: u32, parent: u32, seconds: (u64, u64), attributes: Value) -> Value {
    let wrapped = |value: &Value| match value {
        Value::Number(number) if number.is_u64() => json!({"intValue": number.to_string()}),
        Value::Array(items) => {
            let values: Vec<Value> = items.iter().map(|item| json!({"stringValue": item})).collect();
            json!({"arrayValue": {"values": values}})
        }
        other => json!({"stringValue": other}),
    };
    let attributes: Vec<Value> = attributes
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| json!({"key": key, "value": wrapped(value)}))
        .collect();
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{id:016x}"),
        "parentSpanId": if parent == 0 { String::new() } else { format!("{parent:016x}") }, "name": "chat",
        "startTimeUnixNano": (seconds.0 * 1_000_000_000).to_string(), "endTimeUnixNano": (seconds.1 * 1_000_000_000).to_string(),
        "attributes": attributes,
    })
}

fn document(spans: &[Value]) -> Value {
    json!({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"scope": {"name": "t"}, "spans": spans}]}]})
}

/// What a model was asked and said, as the current conventions write it.
fn said(text: &str) -> Value {
    json!({
        "gen_ai.operation.name": "chat", "gen_ai.response.model": "m-2", "gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 4,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.system_instructions": r#"[{"type": "text", "content": "Be brief."}]"#,
        "gen_ai.input.messages": r#"[{"role": "user", "parts": [{"type": "text", "content": "Refund me."}]}]"#,
        "gen_ai.output.messages": json!([{"role": "assistant", "parts": [{"type": "text", "content": text}], "finish_reason": "stop"}]).to_string(),
    })
}

fn with(mut attributes: Value, key: &str, value: Value) -> Value {
    attributes[key] = value;
    attributes
}

struct Told {
    outcome: Result<Intake, IntakeError>,
    lines: Vec<Value>,
}

/// The examples `a` and `b`; `b` was taken from trace 2.
fn told(texts: &[&str]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    let set = concat!(
        r#"{"id": "a", "task": "t", "input": {"messages": [{"role": "user", "content": "x"}]}}"#,
        "\n",
        r#"{"id": "b", "task": "t", "input": {"messages": [{"role": "user", "content": "y"}]}, "#,
        r#""provenance": {"source": "traffic", "trace": "00000000000000000000000000000002"}}"#,
    );
    std::fs::write(root.join("set.jsonl"), set).unwrap();
    let mut taken = Taken::default();
    let note = |example: Example, count: u64| taken.note(&example, ExampleIndex(count as u32 - 1));
    let set = read_set(root, &["set.jsonl".into()], Builder::new(false), note).unwrap();
    let mut files = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        files.push(root.join(format!("{at}.jsonl")));
        std::fs::write(&files[at], text).unwrap();
    }
    let mut out = Vec::new();
    let outcome = answers_of(&files, &set, &taken, &mut out);
    let text = String::from_utf8(out).unwrap();
    let lines = text.lines().skip(1).map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let asked = line.as_object_mut().unwrap().remove("asked").unwrap();
        let known = [None, Some("m-2")].contains(&asked["model"].as_str());
        assert!(known && asked["at"].as_str().unwrap().starts_with("1970-01-01T00:00:"), "{asked}");
        line
    });
    Told { outcome, lines: lines.collect() }
}

fn faults(told: &Told) -> String {
    match &told.outcome {
        Err(IntakeError::Faults(faults)) => faults
            .iter()
            .map(|fault| {
                format!(
                    "{}:{} {} | {}\n",
                    fault.place.file.file_name().unwrap_or(""),
                    fault.place.line,
                    fault.what,
                    fault.help
                )
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_belongs_to_the_example_that_its_span_names_or_that_was_taken_from_its_trace() {
    let named = with(said("Done."), "plimsoll.example.id", "a".into());
    let told = told(&[&document(&[
        span(1, 1, 0, (10, 12), named),
        span(2, 2, 0, (20, 23), said("Sorry.")),
        span(3, 3, 0, (1, 2), said("?")),
    ])
    .to_string()]);
    let line = |example: &str, text: &str, latency: f64| json!({"example": example, "text": text, "tool_calls": [], "finish_reason": "stop", "latency_ms": latency, "tokens": {"input": 30, "output": 4}});
    assert_eq!(told.lines, [line("a", "Done.", 2000.0), line("b", "Sorry.", 3000.0)]);
    let intake = told.outcome.unwrap();
    assert_eq!((intake.spans, intake.traces, intake.answers), (3, 3, 2));
    assert_eq!((intake.left_out[0].what, intake.left_out[0].count), ("traces that belong to no example", 1));
    for line in &told.lines {
        let place = domain::format::lines::LinePlace { file: Utf8Path::new("x"), line: 1 };
        domain::format::answers::parse(place, &line.to_string()).unwrap();
    }
}

#[test]
fn an_agents_answer_is_what_its_model_said_last_with_all_its_calls_and_tokens_and_its_whole_time() {
    let calls = r#"[{"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "refund", "arguments": {"n": 2}}]}]"#;
    let agent =
        json!({"gen_ai.operation.name": "invoke_agent", "plimsoll.example.id": "a", "gen_ai.usage.input_tokens": 60});
    let tool = json!({"gen_ai.operation.name": "execute_tool", "output.value": "no answer"});
    let spans = [
        span(1, 9, 1, (14, 15), said("Refunded.")),
        span(1, 3, 1, (12, 16), tool),
        span(1, 2, 1, (11, 12), with(said(""), "gen_ai.output.messages", calls.into())),
        span(1, 10, 9, (14, 15), said("Told again by a wrapped client.")),
        span(1, 1, 0, (10, 17), agent),
    ];
    let told = told(&[&document(&spans).to_string()]);
    let calls = json!([{"name": "refund", "arguments": {"n": 2}}]);
    let line = json!({"example": "a", "text": "Refunded.", "tool_calls": calls, "finish_reason": "stop", "latency_ms": 7000.0, "tokens": {"input": 60, "output": 8}});
    assert_eq!(told.lines, [line]);
}

/// The calls of the only answer.
fn calls_of(spans: &[Value]) -> Value {
    let told = told(&[&document(spans).to_string()]);
    assert_eq!(told.lines.len(), 1, "{:?}", told.lines);
    told.lines[0].get("tool_calls").cloned().unwrap_or(Value::Null)
}

#[test]
fn a_tool_that_was_run_is_a_call_of_the_answer_that_it_lies_under_and_counts_once() {
    let agent =
        || span(1, 1, 0, (10, 19), json!({"gen_ai.operation.name": "invoke_agent", "plimsoll.example.id": "a"}));
    let tool = |id: u32, parent: u32, at: u64, more: Value| {
        let mut attributes = json!({"gen_ai.operation.name": "execute_tool"});
        attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        span(1, id, parent, (at, at + 1), attributes)
    };
    let pay = |id: u32, at: u64| {
        tool(id, 1, at, json!({"gen_ai.tool.name": "pay", "gen_ai.tool.call.arguments": "{\"n\": 2}"}))
    };
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    let paid = call("pay", json!({"n": 2}));
    assert_eq!(calls_of(&[agent(), span(1, 2, 1, (15, 16), said("Paid.")), pay(3, 12)]), json!([paid]));
    assert_eq!(
        calls_of(&[agent(), span(1, 2, 1, (15, 16), said("Paid.")), pay(3, 13), pay(4, 12)]),
        json!([paid, paid])
    );
    // What the model's span tells, too, counts once; by its id, else by its name.
    let asks = |id: Value| {
        let parts = json!([{"type": "tool_call", "id": id, "name": "pay", "arguments": {"n": 1}}]);
        let output = json!([{"role": "assistant", "parts": parts}]).to_string();
        span(1, 5, 1, (11, 12), with(said(""), "gen_ai.output.messages", output.into()))
    };
    let done = || span(1, 2, 1, (15, 16), said("Paid."));
    let asked = call("pay", json!({"n": 1}));
    assert_eq!(calls_of(&[agent(), asks("c".into()), pay(3, 13), done()]), json!([asked]));
    let other = tool(3, 1, 13, json!({"gen_ai.tool.name": "pay", "gen_ai.tool.call.id": "d"}));
    assert_eq!(calls_of(&[agent(), asks("c".into()), other, done()]), json!([asked, call("pay", json!({}))]));
    let wrapped = tool(6, 3, 13, json!({"gen_ai.tool.name": "pay"}));
    assert_eq!(calls_of(&[agent(), pay(3, 13), wrapped, done()]), json!([paid]), "one instrumentation in another");
    let mut named = tool(3, 1, 13, json!({}));
    named["name"] = "execute_tool pay".into();
    assert_eq!(calls_of(&[agent(), named, done()]), json!([call("pay", json!({}))]));
    assert_eq!(
        calls_of(&[agent(), tool(3, 1, 13, json!({})), done()]),
        Value::Null,
        "a tool without a name may be any"
    );
    let kinds = [
        json!({"openinference.span.kind": "TOOL", "tool.name": "pay", "input.value": "{\"n\": 2}"}),
        json!({"ai.operationId": "ai.toolCall", "ai.toolCall.name": "pay", "ai.toolCall.args": "{\"n\": 2}"}),
        json!({"traceloop.span.kind": "tool", "traceloop.entity.name": "pay", "traceloop.entity.input": "{\"n\": 2}"}),
    ];
    for kind in kinds {
        assert_eq!(calls_of(&[agent(), span(1, 3, 1, (12, 13), kind.clone()), done()]), json!([paid]), "{kind}");
    }
}

#[test]
fn where_no_models_span_tells_what_was_called_is_unknown_unless_tools_have_spans() {
    let around = || span(1, 1, 0, (10, 19), json!({"plimsoll.example.id": "a", "output.value": "Paid."}));
    let silent = || span(1, 2, 1, (11, 12), json!({"gen_ai.operation.name": "chat"}));
    assert_eq!(calls_of(&[around()]), Value::Null);
    assert_eq!(calls_of(&[around(), silent()]), Value::Null);
    assert_eq!(
        calls_of(&[around(), silent(), span(1, 3, 1, (13, 14), said("Paid."))]),
        Value::Null,
        "one of two is silent"
    );
    let stopped = with(said("One moment."), "gen_ai.response.finish_reasons", json!(["tool_calls"]));
    assert_eq!(
        calls_of(&[around(), span(1, 3, 1, (13, 14), stopped)]),
        Value::Null,
        "it says that it called something"
    );
    let tool = span(1, 4, 1, (12, 13), json!({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay"}));
    assert_eq!(calls_of(&[around(), silent(), tool.clone()]), json!([{"name": "pay", "arguments": {}}]));
    assert_eq!(calls_of(&[around(), span(1, 3, 1, (13, 14), said("Paid."))]), json!([]));
    // A tool alone is no answer.
    let named = with(json!({"gen_ai.operation.name": "invoke_agent"}), "plimsoll.example.id", "a".into());
    let told = told(&[&document(&[span(1, 1, 0, (10, 19), named), tool]).to_string()]);
    assert!(
        told.lines.is_empty() && told.outcome.unwrap().left_out[0].what.starts_with("traces of examples that hold no")
    );
}

#[test]
fn repeats_are_numbered_by_time_around_those_that_say_theirs_and_spans_count_once() {
    let spans = |trace: u32, start: u64, repeat: Option<u64>| {
        let named = with(said(&format!("at {start}")), "plimsoll.example.id", "a".into());
        let named = repeat.map_or(named.clone(), |repeat| with(named, "plimsoll.repeat", repeat.into()));
        document(&[span(trace, trace, 0, (start, start + 1), named)]).to_string()
    };
    let first = [spans(1, 30, None), spans(4, 10, None), spans(5, 20, Some(0))].join("\n");
    let told = told(&[&first, &spans(4, 10, None)]);
    let seen: Vec<(u64, &str)> =
        told.lines.iter().map(|line| (line["repeat"].as_u64().unwrap_or(0), line["text"].as_str().unwrap())).collect();
    assert_eq!(seen, [(0, "at 20"), (1, "at 10"), (2, "at 30")]);
    assert_eq!(told.outcome.unwrap().twice, 1);
}

#[test]
fn two_answers_to_one_repeat_and_examples_that_are_not_there_are_told_with_their_places() {
    let named = |trace: u32, example: &str| {
        let named = with(with(said("x"), "plimsoll.example.id", example.into()), "plimsoll.repeat", 1.into());
        document(&[span(trace, trace, 0, (10, 11), named)]).to_string()
    };
    let told = told(&[&named(1, "a"), &format!("\n{}\n{}", named(7, "a"), named(8, "zz"))]);
    let expected = "1.jsonl:2 a second answer to example `a` in repeat 1 | the first is in FOLDER/0.jsonl:1; give each its own `plimsoll.repeat`, or leave it out to number them by time\n\
                    1.jsonl:3 example `zz` is not in the set | mend `plimsoll.example.id` on the span or its resource, or add the example to the set\n";
    let shown = faults(&told);
    let folder = shown.split("the first is in ").nth(1).and_then(|rest| rest.split("/0.jsonl").next()).unwrap();
    assert_eq!(shown.replace(folder, "FOLDER"), expected);
    assert!(told.lines.is_empty());
}

#[test]
fn a_failed_span_is_an_answer_that_failed_and_a_silent_one_is_none() {
    let mut failed = span(
        1,
        1,
        0,
        (10, 11),
        json!({"gen_ai.operation.name": "chat", "plimsoll.example.id": "a", "error.type": "TimeoutError"}),
    );
    failed["status"] = json!({"code": 2, "message": "no reply"});
    let silent = span(2, 2, 0, (10, 11), json!({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5}));
    let told = told(&[&document(&[failed, silent]).to_string()]);
    assert_eq!(
        told.lines,
        [json!({"example": "a", "error": {"class": "timeout", "message": "no reply"}, "latency_ms": 1000.0})]
    );
    let intake = told.outcome.unwrap();
    assert!(intake.left_out[0].what.starts_with("traces of examples that hold no answer"), "{intake:?}");
}

#[test]
fn the_layout_of_a_document_does_not_matter_and_what_is_no_trace_is_counted() {
    let document = document(&[span(2, 2, 0, (10, 11), said("One."))]);
    let pretty = serde_json::to_string_pretty(&document).unwrap();
    let mut turned = document.clone();
    let resource = turned["resourceSpans"][0].as_object_mut().unwrap().shift_remove("resource").unwrap();
    turned["resourceSpans"][0]["resource"] = resource;
    for text in [
        pretty,
        format!("[{document}]"),
        format!("\u{feff}{document}{{}}{{\"resourceLogs\": [1]}}"),
        turned.to_string(),
    ] {
        let told = told(&[&text]);
        assert_eq!(told.lines.len(), 1, "{text}");
    }
    let told = told(&[r#"{"resourceLogs": []}{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "no ids"}]}]}]}"#]);
    let left: Vec<(&str, u64)> =
        told.outcome.as_ref().unwrap().left_out.iter().map(|left| (left.what, left.count)).collect();
    let logs = "documents that hold no traces, such as logs and metrics";
    assert_eq!(left, [(logs, 1), ("spans without the ids of a trace and a span, in hex digits", 1)]);
}

#[test]
fn a_file_that_breaks_off_is_told_with_its_place() {
    let whole = document(&[span(2, 2, 0, (10, 11), said("One."))]).to_string();
    let told = told(&[&format!("{whole}\n{}", &whole[..60]), "[[3]]"]);
    let shown = faults(&told);
    assert!(shown.starts_with("0.jsonl:2 no trace of OpenTelemetry can be read here: EOF while parsing"), "{shown}");
    assert!(
        shown.contains("1.jsonl:1 no trace of OpenTelemetry can be read here: invalid type: integer `3`"),
        "{shown}"
    );
}

/// The dialects say the same of the same conversation.
#[test]
fn three_dialects_and_the_earlier_events_tell_the_same_messages() {
    let events = |list: &[(&str, Value)]| {
        let mut told = span(1, 1, 0, (1, 2), json!({"gen_ai.operation.name": "chat"}));
        let list = list.iter().map(|(name, attributes)| json!({"name": name, "attributes": span(1, 1, 0, (1, 2), attributes.clone())["attributes"]}));
        told["events"] = list.collect();
        told
    };
    let call = r#"[{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"n\": 1}"}}]"#;
    let current = json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": r#"[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]"#,
        "gen_ai.output.messages": r#"[{"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "Yes"}, {"type": "tool_call", "id": "c", "name": "f", "arguments": {"n": 1}}]}]"#,
    });
    let indexed = json!({
        "llm.request.type": "chat", "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": r#"[{"type": "text", "text": "Hi"}]"#,
        "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "Yes", "gen_ai.completion.0.tool_calls.0.id": "c",
        "gen_ai.completion.0.tool_calls.0.name": "f", "gen_ai.completion.0.tool_calls.0.arguments": "{\"n\": 1}",
    });
    let inference = json!({
        "openinference.span.kind": "LLM", "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.contents.0.message_content.type": "text", "llm.input_messages.0.message.contents.0.message_content.text": "Hi",
        "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": "Yes",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c", "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "f",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{\"n\": 1}", "input.value": "other",
    });
    let plain = |attributes| span(1, 1, 0, (1, 2), attributes);
    let operation = json!({"gen_ai.input.messages": current["gen_ai.input.messages"], "gen_ai.output.messages": current["gen_ai.output.messages"]});
    let spans = [
        plain(current),
        plain(indexed),
        plain(inference),
        events(&[
            ("gen_ai.user.message", json!({"content": "Hi"})),
            ("gen_ai.choice", json!({"message": format!(r#"{{"content": "Yes", "tool_calls": {call}}}"#)})),
        ]),
        events(&[
            ("gen_ai.user.message", json!({"content": "Hi"})),
            ("gen_ai.choice", json!({"content": "Yes", "tool_calls": call})),
        ]),
        events(&[("gen_ai.client.inference.operation.details", operation)]),
    ];
    for (at, span) in spans.iter().enumerate() {
        let (input, output, unread) = conversation(&document(std::slice::from_ref(span)).to_string());
        assert_eq!(input, [json!({"role": "user", "content": "Hi"})], "{at}");
        let call = json!([{"id": "c", "name": "f", "arguments": {"n": 1}}]);
        assert_eq!(output, [json!({"role": "assistant", "content": "Yes", "tool_calls": call})], "{at}");
        assert_eq!(unread, 0, "{at}");
    }
}

/// Input of the current conventions whose one message has these parts: what is kept of it, and how many parts are not.
fn kept_of(parts: Value) -> (Drawn, u32) {
    let asked = json!([{"role": "user", "parts": parts}]).to_string();
    let text = document(&[span(1, 1, 0, (1, 2), with(said("x"), "gen_ai.input.messages", asked.into()))]).to_string();
    let mut unread = 0;
    let drawn = drawn(&written::spans(text.as_bytes())[0], &[], &mut unread);
    (drawn, unread)
}

fn question(drawn: Drawn) -> Value {
    let Drawn::Asked(request) = drawn else { panic!("{drawn:?}") };
    request.input["messages"].as_array().unwrap().last().unwrap()["content"].clone()
}

#[test]
fn parts_of_a_message_stay_apart_and_what_is_no_text_is_counted_and_not_kept() {
    let text = |text: &str| json!({"type": "text", "content": text});
    let blob = json!({"type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBORw0KGgo="});
    let (drawn, unread) = kept_of(json!([text("Meine Karte ist 4111 1111 1111 1111"), &blob]));
    assert_eq!((question(drawn), unread), (json!("Meine Karte ist 4111 1111 1111 1111"), 1));
    let (drawn, unread) = kept_of(json!([text("mail a@b.de"), text("Danke"), text(" sehr")]));
    assert_eq!((question(drawn), unread), (json!("mail a@b.de\nDanke sehr"), 0));
    let uri = json!({"type": "uri", "modality": "image", "uri": "https://x.example/a.png"});
    let own = json!({"type": "blinking", "content": "AAAA"});
    let (drawn, unread) = kept_of(json!([&uri, text("What is this?"), own]));
    assert_eq!((question(drawn), unread), (json!("What is this?"), 2));
    for part in [json!({"type": "file", "file_id": "f-1"}), blob, uri] {
        let (drawn, unread) = kept_of(json!([&part]));
        assert_eq!((drawn, unread), (Drawn::LeftOut(requests::EMPTY), 1), "{part}");
    }
}

#[test]
fn parts_of_a_tools_result_and_of_instructions_are_kept_alike() {
    let image = json!({"type": "image", "source": {"type": "base64", "data": "iVBORw0KGgo="}});
    let result = json!([{"type": "text", "text": "Two of"}, image, {"type": "text", "text": "three"}]);
    let (drawn, unread) = kept_of(json!([{"type": "tool_result", "tool_use_id": "c", "content": result}]));
    assert_eq!((question(drawn), unread), (json!("Two of\nthree"), 1));
    let rows = json!([{"type": "order", "id": 3}]);
    let (drawn, unread) = kept_of(json!([{"type": "tool_call_response", "id": "c", "response": rows}]));
    assert_eq!((question(drawn), unread), (json!(r#"[{"type":"order","id":3}]"#), 0));
    let instructions = json!([{"type": "blob", "content": "iVBORw0KGgo="}, {"type": "text", "content": "Be brief."}]);
    let told = span(1, 1, 0, (1, 2), with(said("x"), "gen_ai.system_instructions", instructions.to_string().into()));
    let (input, _, unread) = conversation(&document(&[told]).to_string());
    assert_eq!((&input[0], unread), (&json!({"role": "system", "content": "Be brief."}), 1));
}

/// Messages of the first span of a document.
fn conversation(text: &str) -> (Vec<Value>, Vec<Value>, u32) {
    let mut found = None;
    otlp::items(text.as_bytes(), otlp::Wanted::Spans, &mut |item, _| {
        if let Item::Span(span) = item {
            found.get_or_insert(super::told(&span));
        }
    })
    .unwrap();
    let told = found.unwrap();
    let json = |list: &[Message]| list.iter().map(Message::to_json).collect();
    (json(&told.input), json(&told.output), told.unread)
}

mod recorded;
mod written;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever stands in a file, reading it ends without a panic.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        let _ = otlp::items(bytes.as_slice(), otlp::Wanted::SpansAndRecords, &mut |_, _| ());
    }

    /// And so do documents that are nearly right, with any bytes changed.
    #[test]
    fn damaged_documents_are_read_or_refused(changes in proptest::collection::vec((0usize..1500, proptest::prelude::any::<u8>()), 0..12)) {
        let spans = [span(1, 1, 2, (1, 2), said("x")), span(1, 2, 1, (1, 2), with(said("y"), "plimsoll.example.id", "a".into()))];
        let mut bytes = document(&spans).to_string().into_bytes();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let mut gathered = Gathered::default();
        let _ = otlp::items(bytes.as_slice(), otlp::Wanted::SpansAndRecords, &mut |item, line| {
            if let Item::Span(span) = item {
                gathered.add(&span, Spot { file: 0, line }, &mut 0);
            }
        });
        gathered.answers();
    }

    /// Any JSON under the keys that messages are read from.
    #[test]
    fn any_message_is_read_or_counted(text in r#"[\[\]{}":,a-c0-9 ]{0,80}"#, key in 0usize..4) {
        let key = ["gen_ai.output.messages", "gen_ai.completion.0.content", "llm.output_messages.0.message", "output.value"][key];
        let told = span(1, 1, 0, (1, 2), json!({key: text}));
        conversation(&document(&[told]).to_string());
    }
}
