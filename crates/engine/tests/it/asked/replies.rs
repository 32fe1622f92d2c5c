//! What comes back: each API's reply, part by part.

use super::server::{Play, Server, json, says};
use super::{World, chat, plain};
use engine::provider::{Question, Reply, TroubleKind};
use proptest::prelude::*;
use serde_json::{Value, json};

fn reply(api: &str, said: Value, schema: Option<Value>) -> Reply {
    let server = Server::new(vec![json(said.clone())]);
    let url = server.url();
    let system = match api {
        "messages" => format!("{{anthropic: {{base_url: \"{url}\", model: m}}, time_limit: 20s}}"),
        api => format!("{{openai: {{base_url: \"{url}\", model: m, api: {api}}}, time_limit: 20s}}"),
    };
    let attempt = World::new().ready(&system).ask(&Question { schema, ..plain() });
    assert_eq!(attempt.status, Some(200));
    assert!(attempt.first_byte.unwrap() <= attempt.latency);
    let reply = attempt.got.unwrap();
    assert_eq!(reply.raw, said.to_string());
    Reply { raw: String::new(), ..reply }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_chat_completion_is_read() {
    let said = json!({
        "model": "m-2", "usage": {"prompt_tokens": 30, "completion_tokens": 5, "cost": 0.25},
        "choices": [{"finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "See.", "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example"}}],
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "find", "arguments": "{\"n\": 1}"}},
                           {"id": "d", "type": "function", "function": {"name": "odd", "arguments": "{\"n\": "}},
                           {"id": "e", "type": "function", "function": {"name": "none", "arguments": ""}}]}}],
    });
    let expected = Reply {
        text: text("See."),
        tool_calls: Some(vec![
            ("find".to_owned(), json!({"n": 1})),
            ("odd".to_owned(), json!("{\"n\": ")),
            ("none".to_owned(), json!({})),
        ]),
        citations: Some(vec!["https://a.example".to_owned()]),
        finish_reason: text("tool_calls"),
        model: text("m-2"),
        tokens_in: Some(30),
        tokens_out: Some(5),
        spend: Some(0.25),
        ..Reply::default()
    };
    assert_eq!(reply("chat", said, None), expected);
}

/// The calls that a reply tells.
fn called(api: &str, said: Value) -> Option<Vec<(String, Value)>> {
    reply(api, said, None).tool_calls
}

/// Why a reply cannot be read.
fn unreadable(api: &str, said: Value) -> String {
    let server = Server::new(vec![json(said)]);
    let url = server.url();
    let system = match api {
        "messages" => format!("{{anthropic: {{base_url: \"{url}\", model: m}}, time_limit: 20s}}"),
        api => format!("{{openai: {{base_url: \"{url}\", model: m, api: {api}}}, time_limit: 20s}}"),
    };
    let trouble = World::new().ready(&system).ask(&plain()).got.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable);
    trouble.message
}

fn call(name: &str, arguments: Value) -> (String, Value) {
    (name.to_owned(), arguments)
}

#[test]
fn every_form_of_a_call_in_a_chat_completion_is_read_and_none_counts_as_no_call() {
    let of = |message: Value| json!({"choices": [{"message": message, "finish_reason": "stop"}]});
    let custom = json!([{"id": "c", "type": "custom", "custom": {"name": "shell", "input": "rm -r"}}]);
    assert_eq!(called("chat", of(json!({"tool_calls": custom}))), Some(vec![call("shell", json!("rm -r"))]));
    let one = json!({"type": "function", "function": {"name": "find", "arguments": "{}"}});
    assert_eq!(called("chat", of(json!({"tool_calls": one}))), Some(vec![call("find", json!({}))]));
    let earlier = json!({"content": null, "function_call": {"name": "find", "arguments": "{\"n\": 1}"}});
    assert_eq!(called("chat", of(earlier)), Some(vec![call("find", json!({"n": 1}))]));
    assert_eq!(called("chat", of(json!({"content": "a", "tool_calls": []}))), Some(vec![]));
    assert_eq!(called("chat", of(json!({"content": "a", "tool_calls": null, "function_call": null}))), Some(vec![]));
    for odd in
        [json!([{"type": "function", "function": {"arguments": "{}"}}]), json!({}), json!(["find"]), json!("find")]
    {
        let told = unreadable("chat", of(json!({"content": "a", "tool_calls": odd})));
        assert_eq!(told, "the reply has a tool call without a name", "{odd}");
    }
    let only_said = json!({"choices": [{"message": {"content": "a"}, "finish_reason": "tool_calls"}]});
    assert_eq!(called("chat", only_said), None, "it says that it called something");
}

#[test]
fn every_kind_of_call_in_a_response_is_read_and_an_unknown_item_leaves_open_what_was_called() {
    let message = json!({"type": "message", "content": [{"type": "output_text", "text": "Done."}]});
    let of = |item: Value| json!({"status": "completed", "output": [{"type": "reasoning"}, item, message]});
    let calls = [
        (json!({"type": "custom_tool_call", "name": "shell", "input": "rm -r"}), call("shell", json!("rm -r"))),
        (
            json!({"type": "mcp_call", "name": "pay", "server_label": "bank", "arguments": "{\"n\":1}"}),
            call("pay", json!({"n": 1})),
        ),
        (json!({"type": "mcp_approval_request", "name": "pay", "arguments": "{}"}), call("pay", json!({}))),
        (
            json!({"type": "local_shell_call", "id": "i", "call_id": "c", "status": "completed", "action": {"command": ["ls"]}}),
            call("local_shell", json!({"command": ["ls"]})),
        ),
        (json!({"type": "web_search_call", "id": "i", "status": "completed"}), call("web_search", json!({}))),
        (
            json!({"type": "file_search_call", "id": "i", "queries": ["a"], "results": null}),
            call("file_search", json!({"queries": ["a"]})),
        ),
        (json!({"type": "computer_call", "action": {"type": "click"}}), call("computer", json!({"type": "click"}))),
        (
            json!({"type": "code_interpreter_call", "code": "1", "container_id": "k", "outputs": []}),
            call("code_interpreter", json!({"code": "1", "container_id": "k"})),
        ),
    ];
    for (item, expected) in calls {
        assert_eq!(called("responses", of(item.clone())), Some(vec![expected]), "{item}");
    }
    for nothing in
        [json!({"type": "mcp_list_tools", "tools": []}), json!({"type": "custom_tool_call_output", "output": "x"})]
    {
        assert_eq!(called("responses", of(nothing.clone())), Some(vec![]), "{nothing}");
    }
    let unknown = reply("responses", of(json!({"type": "robot_arm", "name": "pay"})), None);
    assert_eq!((unknown.tool_calls, unknown.text), (None, text("Done.")));
    assert_eq!(
        unreadable("responses", of(json!({"type": "mcp_call", "arguments": "{}"}))),
        "the reply has a tool call without a name"
    );
}

#[test]
fn every_kind_of_call_in_a_message_is_read_and_an_unknown_block_leaves_open_what_was_called() {
    let of = |block: Value| json!({"stop_reason": "end_turn", "content": [block, {"type": "text", "text": "Done."}]});
    for kind in ["tool_use", "server_tool_use", "mcp_tool_use"] {
        let block = json!({"type": kind, "id": "t", "name": "pay", "input": {"n": 1}});
        assert_eq!(called("messages", of(block)), Some(vec![call("pay", json!({"n": 1}))]), "{kind}");
        let unnamed = unreadable("messages", of(json!({"type": kind, "input": {}})));
        assert_eq!(unnamed, "the reply has a tool call without a name", "{kind}");
    }
    for kind in ["thinking", "mcp_tool_result", "web_search_tool_result"] {
        assert_eq!(called("messages", of(json!({"type": kind}))), Some(vec![]), "{kind}");
    }
    assert_eq!(called("messages", of(json!({"type": "robot_arm", "name": "pay"}))), None);
    let only_said = json!({"stop_reason": "tool_use", "content": [{"type": "text", "text": "Done."}]});
    assert_eq!(called("messages", only_said), None, "it says that it called something");
}

#[test]
fn a_choice_that_is_an_error_is_no_answer_and_the_first_choice_is_that_of_index_0() {
    let broke = |choice: Value| unreadable("chat", json!({"choices": [choice]}));
    let error =
        json!({"message": {"content": ""}, "error": {"code": 502, "message": "no reply"}, "finish_reason": "error"});
    assert_eq!(broke(error), "the reply is an error: no reply");
    assert_eq!(
        broke(json!({"message": {"content": "Y"}, "finish_reason": "error"})),
        "the reply broke off with an error"
    );
    let said = |index: u32, text: &str| json!({"index": index, "message": {"content": text}});
    let got = reply("chat", json!({"choices": [said(1, "second"), said(0, "first")]}), None);
    assert_eq!(got.text, text("first"));
    let got = reply("chat", json!({"choices": [{"message": {"content": "only"}, "error": null}]}), None);
    assert_eq!(got.text, text("only"));
}

#[test]
fn what_gives_a_key_twice_says_two_things_and_is_not_read() {
    let said = |body: &str| Play::Say(200, vec![], body.as_bytes().to_vec());
    let twice = r#"{"choices":[{"message":{"content":"no","content":"yes"}}]}"#;
    let server = Server::new(vec![said(twice)]);
    let trouble = World::new().ready(&chat(&server)).ask(&plain()).got.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable);
    assert!(trouble.message.starts_with("the reply gives a key twice"), "{}", trouble.message);
    let server = Server::new(vec![said(&("[".repeat(500) + &"]".repeat(500)))]);
    let trouble = World::new().ready(&chat(&server)).ask(&plain()).got.unwrap_err();
    assert!(trouble.message.starts_with("the reply cannot be read, recursion limit"), "{}", trouble.message);
    let server = Server::new(vec![said("\u{feff}{\"choices\":[{\"message\":{\"content\":\"Yes.\"}}]}")]);
    assert_eq!(
        World::new().ready(&chat(&server)).ask(&plain()).got.unwrap().text,
        text("Yes."),
        "with a mark before it"
    );
    let of = |content: &str| json!({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]});
    let got = reply("chat", of(r#"{"ok": false, "ok": true}"#), Some(json!({"type": "object"})));
    assert_eq!((got.structured, got.text), (None, text(r#"{"ok": false, "ok": true}"#)));
    let calls = json!([{"function": {"name": "pay", "arguments": "{\"n\": 1, \"n\": 2}"}}]);
    let got = called("chat", json!({"choices": [{"message": {"tool_calls": calls}}]}));
    assert_eq!(got, Some(vec![call("pay", json!("{\"n\": 1, \"n\": 2}"))]));
}

#[test]
fn a_structured_answer_is_a_value_and_a_refusal_a_behaviour() {
    let of = |message: Value| json!({"choices": [{"message": message, "finish_reason": "stop"}]});
    let schema = Some(json!({"type": "object"}));
    let got = reply("chat", of(json!({"content": "{\"ok\": true}"})), schema.clone());
    assert_eq!((got.structured, got.text), (Some(json!({"ok": true})), text("{\"ok\": true}")));
    let got = reply("chat", of(json!({"content": "{\"ok\": true}"})), None);
    assert_eq!(got.structured, None, "nobody asked for it");
    let got = reply("chat", of(json!({"content": "not JSON"})), schema);
    assert_eq!((got.structured, got.text), (None, text("not JSON")));
    let got = reply("chat", of(json!({"content": null, "refusal": "I can't."})), None);
    assert_eq!((got.behaviour, got.text), (text("refuse"), text("I can't.")));
    let got = reply("chat", of(json!({"content": null})), None);
    assert_eq!((got.behaviour, got.text), (None, text("")), "an answer that says nothing is an empty one");
}

#[test]
fn a_response_is_read() {
    let said = json!({
        "status": "completed", "error": null, "model": "m-2",
        "usage": {"input_tokens": 30, "output_tokens": 50, "output_tokens_details": {"reasoning_tokens": 40}},
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": [
                {"type": "output_text", "text": "{\"ok\":", "annotations": [{"type": "url_citation", "url": "https://a.example"}]},
                {"type": "output_text", "text": "1}", "annotations": [{"type": "file_citation", "file_id": "f1"}]}]},
            {"type": "function_call", "name": "find", "call_id": "c", "arguments": "{\"n\": 1}"}],
    });
    let expected = Reply {
        text: text("{\"ok\":1}"),
        structured: Some(json!({"ok": 1})),
        tool_calls: Some(vec![("find".to_owned(), json!({"n": 1}))]),
        citations: Some(vec!["https://a.example".to_owned(), "f1".to_owned()]),
        finish_reason: text("completed"),
        model: text("m-2"),
        tokens_in: Some(30),
        tokens_out: Some(50),
        ..Reply::default()
    };
    assert_eq!(reply("responses", said, Some(json!({"type": "object"}))), expected);
    let refused = json!({"status": "completed", "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]});
    let got = reply("responses", refused, None);
    assert_eq!((got.behaviour, got.text), (text("refuse"), text("No.")));
    let cut = json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []});
    let got = reply("responses", cut, None);
    assert_eq!((got.finish_reason, got.text), (text("max_output_tokens"), text("")));
}

#[test]
fn a_message_is_read() {
    let said = json!({
        "type": "message", "model": "m-2", "stop_reason": "tool_use",
        "usage": {"input_tokens": 10, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 20, "output_tokens": 5},
        "content": [
            {"type": "thinking", "thinking": "hm"},
            {"type": "text", "text": "See ", "citations": [{"type": "web_search_result_location", "url": "https://a.example"}]},
            {"type": "text", "text": "there."},
            {"type": "tool_use", "id": "t", "name": "find", "input": {"n": 1}},
            {"type": "tool_use", "id": "u", "name": "give_answer", "input": {"ok": true}}],
    });
    let expected = Reply {
        text: text("See there."),
        structured: Some(json!({"ok": true})),
        tool_calls: Some(vec![("find".to_owned(), json!({"n": 1}))]),
        citations: Some(vec!["https://a.example".to_owned()]),
        finish_reason: text("tool_use"),
        model: text("m-2"),
        tokens_in: Some(33),
        tokens_out: Some(5),
        ..Reply::default()
    };
    assert_eq!(reply("messages", said.clone(), Some(json!({"type": "object"}))), expected);
    let unasked = reply("messages", said, None);
    assert_eq!(
        (unasked.structured, unasked.tool_calls.map_or(0, |calls| calls.len())),
        (None, 2),
        "a tool of that name may be the example's"
    );
    let only = json!({"content": [{"type": "tool_use", "id": "u", "name": "give_answer", "input": {"ok": true}}]});
    assert_eq!(reply("messages", only, Some(json!({}))).text, text("{\"ok\":true}"));
    let refused = reply("messages", json!({"content": [], "stop_reason": "refusal"}), None);
    assert_eq!((refused.behaviour, refused.text), (text("refuse"), text("")));
}

#[test]
fn the_parts_of_any_reply_are_found_by_their_paths() {
    let paths = "{text: $.a.text, structured: $.a.data, tool_calls: \"$.calls\", citations: \"$.sources[*].id\", behaviour: $.did, \
        finish_reason: $.why, tokens_in: $.n.in, tokens_out: $.n.out, spend: $.n.cost}";
    let said = json!({"a": {"text": "Yes.", "data": {"ok": 1}}, "calls": [{"name": "find", "arguments": {"n": 1}}],
        "sources": [{"id": "s1"}, {"id": 2}], "did": "answer", "why": "end", "n": {"in": 3, "out": 4, "cost": 0.5}});
    let server = Server::new(vec![json(said), json(json!({"a": {"text": null}}))]);
    let ready = World::new().ready(&format!("{{http: {{url: \"{}/\", reply: {paths}}}}}", server.url()));
    let reply = ready.ask(&plain()).got.unwrap();
    let expected = Reply {
        text: text("Yes."),
        structured: Some(json!({"ok": 1})),
        tool_calls: Some(vec![("find".to_owned(), json!({"n": 1}))]),
        citations: Some(vec!["s1".to_owned(), "2".to_owned()]),
        behaviour: text("answer"),
        finish_reason: text("end"),
        tokens_in: Some(3),
        tokens_out: Some(4),
        spend: Some(0.5),
        raw: reply.raw.clone(),
        ..Reply::default()
    };
    assert_eq!(reply, expected);
    let trouble = ready.ask(&plain()).got.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unreadable);
    assert_eq!(trouble.message, "the reply has no answer at $.a.text, $.a.data, $.calls, $.did");
}

#[test]
fn an_expression_over_the_reply_is_as_good_as_a_path() {
    let said = json!({"parts": [{"t": "Yes, "}, {"t": "we do."}], "handed_over": true, "usage": [3, 4]});
    let server = Server::new(vec![json(said), json(json!({"parts": 1}))]);
    let paths = "{text: \"$.parts[*].t\", behaviour: \"reply.handed_over ? 'escalate' : 'answer'\", tokens_in: \"reply.usage[0] + reply.usage[1]\", \
        citations: \"reply.parts.map(p, p.t)\"}";
    let ready = World::new().ready(&format!("{{http: {{url: \"{}/\", reply: {paths}}}}}", server.url()));
    let reply = ready.ask(&plain()).got.unwrap();
    assert_eq!((reply.text, reply.behaviour, reply.tokens_in), (text("Yes, we do."), text("escalate"), Some(7)));
    assert_eq!(reply.citations.unwrap(), ["Yes, ", "we do."]);
    assert_eq!(ready.ask(&plain()).got.unwrap_err().kind, TroubleKind::Unreadable);
    let told = World::new().refused("{http: {url: \"http://127.0.0.1/\", reply: {text: answer.text}}}");
    assert!(told.ends_with("cannot be used: `answer` is not known; there is reply"), "{told}");
}

#[test]
fn a_body_is_the_answer_where_no_path_is_given_unless_it_is_a_page() {
    let of = |kind: &str, body: &str| Play::Say(200, vec![("content-type", kind.to_owned())], body.as_bytes().to_vec());
    let server =
        Server::new(vec![of("text/plain", "Yes.\n"), of("text/html", "<!DOCTYPE html><title>Sign in</title>")]);
    let ready = World::new().ready(&format!("{{http: {{url: \"{}/\"}}}}", server.url()));
    assert_eq!(ready.ask(&plain()).got.unwrap().text, text("Yes.\n"));
    assert_eq!(ready.ask(&plain()).got.unwrap_err().kind, TroubleKind::Unreadable);
}

#[test]
fn a_success_that_holds_no_answer_is_unreadable() {
    let odd = [
        json!({}),
        json!([]),
        json!({"choices": []}),
        json!({"choices": [{}]}),
        json!({"choices": [{"message": null}]}),
        json!({"choices": 1}),
        json!({"error": {"message": "The server had an error"}}),
        json!({"error": "out of order"}),
    ];
    for said in odd {
        let server = Server::new(vec![json(said.clone())]);
        let trouble = World::new().ready(&chat(&server)).ask(&plain()).got.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Unreadable, "{said}");
    }
    let limited = json!({"error": {"code": 429, "message": "slow down"}});
    let server = Server::new(vec![json(limited), says(200, json!({"error": {"code": "insufficient_quota"}}))]);
    let ready = World::new().ready(&chat(&server));
    assert_eq!(ready.ask(&plain()).got.unwrap_err().kind, TroubleKind::RateLimited);
    assert_eq!(ready.ask(&plain()).got.unwrap_err().kind, TroubleKind::Forbidden);
}

/// Replies that are nearly right: every shape of JSON with the keys that are looked at.
fn nearly() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z{}\"\\\\]{0,6}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "choices",
        "message",
        "content",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "error",
        "usage",
        "output",
        "type",
        "text",
        "input",
        "status",
        "annotations",
        "finish_reason",
    ]);
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_bytes_are_a_reply_or_a_trouble(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            nearly().prop_map(|value| value.to_string().into_bytes()),
        ],
        status in prop_oneof![Just(200), 100u16..600],
        raw in any::<bool>(),
    ) {
        let plays = (0..4).map(|_| if raw { Play::Bytes(bytes.clone()) } else { Play::Say(status, vec![], bytes.clone()) });
        let server = Server::new(plays.collect());
        let url = server.url();
        let systems = [
            format!("{{openai: {{base_url: \"{url}\", model: m}}, time_limit: 500ms}}"),
            format!("{{openai: {{base_url: \"{url}\", model: m, api: responses}}, time_limit: 500ms}}"),
            format!("{{anthropic: {{base_url: \"{url}\", model: m}}, time_limit: 500ms}}"),
            format!("{{http: {{url: \"{url}\", reply: {{text: $..text, tool_calls: $..tool_calls}}}}, time_limit: 500ms}}"),
        ];
        for system in systems {
            let attempt = World::new().ready(&system).ask(&plain());
            prop_assert!(attempt.got.map_or_else(|trouble| !trouble.message.is_empty(), |_| true));
        }
    }
}
