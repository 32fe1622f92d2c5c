//! What is sent: each API's request, whole.

use super::server::{Server, json};
use super::{World, plain, question};
use engine::provider::Question;
use serde_json::{Value, json};

/// Several turns, an image, a call and what the tool said, tools on offer.
fn rich() -> Question {
    question(json!({
        "id": "e1", "task": "refund", "expected": {"answer": "never sent"},
        "input": {
            "messages": [
                {"role": "system", "content": "Be brief.", "note": "own keys stay behind"},
                {"role": "user", "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://img.example/a.png", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{\"n\":1}"}},
                    {"name": "look", "arguments": {"at": "b"}}]},
                {"role": "tool", "tool_call_id": "c1", "content": "one"},
                {"role": "tool", "content": {"two": 2}},
                {"role": "user", "content": "And?"}],
            "tools": [{"name": "find", "description": "Finds.", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}},
                      {"name": "look"}],
        },
    }))
}

const SETTINGS: &str = "temperature: 0, top_p: 0.5, max_tokens: 80, body: {extra: {deep: 1}, top_p: null}";
const SCHEMA: &str =
    "answer_schema: {type: object, properties: {ok: {type: boolean}}, required: [ok], additionalProperties: false}";

fn closed() -> Value {
    json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": false})
}

fn find() -> Value {
    json!({"type": "object", "properties": {"n": {"type": "integer"}}})
}

#[test]
fn a_chat_completion_is_asked_with_all_of_the_question() {
    let world = World::new().file("prompt.md", "Task {{ task }}, repeat {{ repeat }}.\n");
    let system = format!(
        "{{openai: {{base_url: \"http://127.0.0.1:9/v1\", model: m, prompt: prompt.md, seed: 7, stop: [END], {SETTINGS}, {SCHEMA}}}}}"
    );
    let ready = world.ready(&system);
    let expected = json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "Task refund, repeat 0."},
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://img.example/a.png", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{\"n\":1}"}},
                {"id": "call_2", "type": "function", "function": {"name": "look", "arguments": "{\"at\":\"b\"}"}}]},
            {"role": "tool", "content": "one", "tool_call_id": "c1"},
            {"role": "tool", "content": "{\"two\":2}", "tool_call_id": "call_2"},
            {"role": "user", "content": "And?"}],
        "tools": [
            {"type": "function", "function": {"name": "find", "description": "Finds.", "parameters": find()}},
            {"type": "function", "function": {"name": "look"}}],
        "temperature": 0.0, "max_tokens": 80, "seed": 7, "stop": ["END"],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": closed(), "strict": true}},
        "extra": {"deep": 1},
    });
    assert_eq!(ready.body(&rich()), expected);
}

#[test]
fn a_response_is_asked_with_items_in_place_of_messages() {
    let system =
        format!("{{openai: {{base_url: \"http://127.0.0.1:9/v1\", model: m, api: responses, {SETTINGS}, {SCHEMA}}}}}");
    let open = json!({"type": "object", "properties": {}});
    let expected = json!({
        "model": "m",
        "input": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": "https://img.example/a.png", "detail": "low"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"}]},
            {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{\"n\":1}"},
            {"type": "function_call", "call_id": "call_2", "name": "look", "arguments": "{\"at\":\"b\"}"},
            {"type": "function_call_output", "call_id": "c1", "output": "one"},
            {"type": "function_call_output", "call_id": "call_2", "output": "{\"two\":2}"},
            {"role": "user", "content": "And?"}],
        "store": false,
        "tools": [
            {"type": "function", "name": "find", "description": "Finds.", "parameters": find(), "strict": false},
            {"type": "function", "name": "look", "parameters": open, "strict": false}],
        "temperature": 0.0, "max_output_tokens": 80,
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": closed(), "strict": true}},
        "extra": {"deep": 1},
    });
    assert_eq!(World::new().ready(&system).body(&rich()), expected);
}

#[test]
fn a_message_is_asked_with_its_system_apart_and_output_through_a_tool() {
    let system = format!("{{anthropic: {{model: m, stop: [END], {SETTINGS}, {SCHEMA}}}}}");
    let open = json!({"type": "object", "properties": {}});
    let expected = json!({
        "model": "m",
        "max_tokens": 80,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image", "source": {"type": "url", "url": "https://img.example/a.png"}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "c1", "name": "find", "input": {"n": 1}},
                {"type": "tool_use", "id": "call_2", "name": "look", "input": {"at": "b"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "one"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "{\"two\":2}"}]},
            {"role": "user", "content": "And?"}],
        "tools": [
            {"name": "find", "description": "Finds.", "input_schema": find()},
            {"name": "look", "input_schema": open},
            {"name": "give_answer", "description": "Gives the answer.", "input_schema": closed()}],
        "tool_choice": {"type": "any"},
        "temperature": 0.0, "stop_sequences": ["END"],
        "extra": {"deep": 1},
    });
    assert_eq!(World::new().ready(&system).body(&rich()), expected);
    let alone = World::new().ready(&format!("{{anthropic: {{model: m, {SCHEMA}}}}}")).body(&plain());
    assert_eq!(alone["tool_choice"], json!({"type": "tool", "name": "give_answer"}));
    assert_eq!(alone["max_tokens"], 4096);
}

#[test]
fn the_schema_of_the_question_comes_before_the_systems_own_and_an_open_one_is_not_strict() {
    let system = format!("{{openai: {{base_url: \"http://127.0.0.1:9\", model: m, {SCHEMA}}}}}");
    let asked = Question { schema: Some(json!({"type": "object"})), ..plain() };
    let expected = json!({"name": "answer", "schema": {"type": "object"}, "strict": false});
    assert_eq!(World::new().ready(&system).body(&asked)["response_format"]["json_schema"], expected);
}

#[test]
fn a_seed_differs_between_repeats_and_openai_itself_gets_the_newer_name_of_a_limit() {
    let ready =
        World::new().ready("{openai: {base_url: \"https://api.openai.com/v1\", model: m, seed: 7, max_tokens: 5}}");
    let body =
        |repeat| -> Value { serde_json::from_slice(&ready.provider.prepare(&plain(), repeat).unwrap().body).unwrap() };
    assert_eq!((&body(0)["seed"], &body(2)["seed"]), (&json!(7), &json!(9)));
    assert_eq!((&body(0)["max_completion_tokens"], body(0).get("max_tokens")), (&json!(5), None));
    // The same question is the same request.
    assert_eq!(ready.provider.prepare(&plain(), 1), ready.provider.prepare(&plain(), 1));
    assert_ne!(ready.provider.prepare(&plain(), 1), ready.provider.prepare(&plain(), 2));
}

#[test]
fn a_role_that_no_api_knows_and_a_name_that_a_prompt_lacks_are_told() {
    let ready = World::new().ready("{openai: {base_url: \"http://127.0.0.1:9\", model: m}}");
    let odd = question(json!({"input": {"messages": [{"role": "customer", "content": "Hi"}]}}));
    let told = ready.provider.prepare(&odd, 0).unwrap_err();
    assert_eq!(told, "message 1 has the role `customer`; known are system, developer, user, assistant and tool");
    let world = World::new().file("p.md", "{{ input.messages[0].content }}\n{{ input.policy.text }}");
    let ready = world.ready("{openai: {base_url: \"http://127.0.0.1:9\", model: m, prompt: p.md}}");
    assert_eq!(
        ready.provider.prepare(&odd, 0).unwrap_err(),
        "prompt `p.md:2`: undefined value in `{{ input.policy.text }}`"
    );
    let blind = world.file("p.md", "{{ expected.answer }}");
    let ready = blind.ready("{openai: {base_url: \"http://127.0.0.1:9\", model: m, prompt: p.md}}");
    assert!(ready.provider.prepare(&rich(), 0).is_err(), "no prompt sees what is expected");
}

#[test]
fn headers_and_keys_are_sent_as_each_api_wants_them() {
    let server = Server::new(vec![json(json!({})), json(json!({}))]);
    let world = World::new().with("OPENAI_API_KEY", "sk-usual").with("TEAM", "billing").with("MY_KEY", "sk-mine");
    let url = server.url();
    let ready =
        world.ready(&format!("{{openai: {{base_url: \"{url}/v1\", model: m, headers: {{x-team: \"${{TEAM}}\"}}}}}}"));
    ready.ask(&plain());
    let asked = server.asked();
    assert_eq!(asked.line, "POST /v1/chat/completions HTTP/1.1");
    let version = env!("CARGO_PKG_VERSION");
    for header in ["authorization: Bearer sk-usual", "x-team: billing", "content-type: application/json"] {
        assert!(asked.headers.iter().any(|sent| sent == header), "{header} in {:?}", asked.headers);
    }
    assert!(asked.headers.contains(&format!("user-agent: plimsoll/{version}")));
    assert_eq!(serde_json::from_slice::<Value>(&asked.body).unwrap(), ready.body(&plain()));

    let ready = world.ready(&format!("{{anthropic: {{base_url: \"{url}\", model: m, key: {{env: MY_KEY}}}}}}"));
    ready.ask(&plain());
    let asked = server.asked();
    assert_eq!(asked.line, "POST /v1/messages HTTP/1.1");
    for header in ["x-api-key: sk-mine", "anthropic-version: 2023-06-01"] {
        assert!(asked.headers.iter().any(|sent| sent == header), "{header} in {:?}", asked.headers);
    }
    assert!(!asked.headers.iter().any(|sent| sent.starts_with("authorization")));
}

#[test]
fn an_endpoint_is_asked_by_templates() {
    let server = Server::new(vec![json(json!({"answer": "Yes."}))]);
    let world =
        World::new().with("HOST", &format!("{}/api", server.url())).with("APP_KEY", "k-123456").with("PIN", "p-654321");
    let system = "{http: {url: \"${HOST}/ask/{{ task }}?q={{ input.q }}&key=${APP_KEY}\", headers: {x-id: \"{{ id }}\", x-pin: \"${PIN}\"},\
        body: {question: \"{{ input.q }}\", says: \"ask: {{ input.q }}\", all: [\"{{ input }}\", 1], n: \"{{ input.n + 1 }}\"}, reply: {text: $.answer}}}";
    let ready = world.ready(system);
    let asked = question(json!({"id": "e1", "task": "a/../b", "input": {"q": "x&y ${PIN} {{ id }}", "n": 2.5}}));
    assert_eq!(ready.ask(&asked).got.unwrap().text.as_deref(), Some("Yes."));
    let sent = server.asked();
    let line = "POST /api/ask/a%2F..%2Fb?q=x%26y%20%24%7BPIN%7D%20%7B%7B%20id%20%7D%7D&key=k-123456 HTTP/1.1";
    assert_eq!(sent.line, line);
    for header in ["x-id: e1", "x-pin: p-654321", "content-type: application/json"] {
        assert!(sent.headers.iter().any(|sent| sent == header), "{header} in {:?}", sent.headers);
    }
    let q = "x&y ${PIN} {{ id }}";
    let body = json!({"question": q, "says": format!("ask: {q}"), "all": [{"q": q, "n": 2.5}, 1], "n": 3.5});
    assert_eq!(serde_json::from_slice::<Value>(&sent.body).unwrap(), body);
    // What names the request says which keys, and not the keys.
    let request = ready.request(&asked);
    assert!(request.content.contains("key=${APP_KEY}\nx-id: e1\nx-pin: ${PIN}\n\n{"), "{}", request.content);
    assert!(!format!("{request:?}").contains("654321") && !format!("{request:?}").contains("123456"), "{request:?}");
    assert_eq!(ready.provider.address(), format!("{}/api/ask/", server.url()));
}

#[test]
fn a_variable_fills_a_body_and_is_no_part_of_what_names_the_request() {
    let server = Server::new(vec![json(json!({"answer": "Yes, p-654321."}))]);
    let world = World::new().with("PIN", "p-654321");
    let system = |url: &str| {
        format!(
            "{{http: {{url: \"{url}\", body: {{pin: \"${{PIN}}\", costs: \"${{{{ input }}}}\", of: [\"a ${{PIN}}\"]}}, reply: {{text: $.answer}}}}}}"
        )
    };
    let ready = world.ready(&system(&server.url()));
    let asked = question(json!({"id": "e1", "input": "5 of ${PIN}"}));
    assert_eq!(ready.ask(&asked).got.unwrap().text.as_deref(), Some("Yes, [secret]."));
    let body = json!({"pin": "p-654321", "costs": "$5 of ${PIN}", "of": ["a p-654321"]});
    assert_eq!(serde_json::from_slice::<Value>(&server.asked().body).unwrap(), body);
    let other = World::new().with("PIN", "p-777777").ready(&system(&server.url()));
    assert_eq!(ready.request(&asked).digest(), other.request(&asked).digest(), "another key is no other request");
    assert!(!ready.request(&asked).content.contains("654321"));
    assert!(
        World::new()
            .refused(&system("http://127.0.0.1:9/a"))
            .contains("needs the variable `PIN` of the environment for its `body`")
    );
}

#[test]
fn an_endpoint_without_a_body_is_sent_the_question() {
    let ready = World::new().ready("{http: {url: \"http://127.0.0.1:9/a\"}}");
    let messages = json!([{"role": "user", "content": "Why twice?"}]);
    let expected = json!({"example": "e1", "task": "refund", "input": "Why twice?", "messages": messages, "repeat": 0});
    assert_eq!(ready.body(&plain()), expected);
    let ready = World::new().ready("{http: {url: \"http://127.0.0.1:9/a?q={{ input }}\", method: get}}");
    assert_eq!(ready.request(&plain()).body, b"");
}

#[test]
fn no_question_leads_an_endpoint_to_another_host() {
    let world = World::new();
    assert_eq!(world.refused("{http: {url: \"http://{{ input.host }}/a\"}}"), "the `url` of `candidate` is no address");
    let told = world.refused("{http: {url: \"http://127.0.0.1{{ input.host }}/a\"}}");
    assert_eq!(told, "the `url` of `candidate` has a template in its host, which no question may choose");
    let ready = world.ready("{http: {url: \"http://127.0.0.1/{{ input|safe }}\", method: GET}}");
    let request = ready.request(&question(json!({"input": "@evil.example/"})));
    assert!(request.content.starts_with("GET http://127.0.0.1/@evil.example/\n"), "{}", request.content);
}

#[test]
fn a_tool_that_has_the_name_of_structured_output_is_told() {
    let ready = World::new().ready(&format!("{{anthropic: {{model: m, {SCHEMA}}}}}"));
    let asked = question(json!({"input": {"messages": [], "tools": [{"name": "give_answer"}]}}));
    assert!(ready.provider.prepare(&asked, 0).unwrap_err().starts_with("the tool `give_answer` has the name"));
}

#[test]
fn attempts_may_be_made_from_any_thread() {
    fn sent<T: Send>(_: T) {}
    fn shared<T: Sync>(_: &T) {}
    let ready = World::new().ready("{program: {command: [python3]}}");
    shared(&ready.provider);
    let request = ready.request(&plain());
    sent(ready.provider.attempt(&request, &ready.secrets));
}

#[test]
fn an_image_beside_the_examples_is_sent_whole_and_nothing_from_outside() {
    let world = World::new().file("notes.txt", "no image");
    std::fs::write(world.folder().join("receipt.png"), b"\x89PNG\r\n\x1a\n...").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", world.folder().join("out.png")).unwrap();
    std::fs::File::create(world.folder().join("large.png")).unwrap().set_len((20 << 20) + 1).unwrap();
    let asked = |system: &str, path: &str| {
        let content = json!([{"type": "image_url", "image_url": {"url": path}}]);
        let question = question(json!({"id": "e", "input": {"messages": [{"role": "user", "content": content}]}}));
        let request = world.ready(system).provider.prepare(&question, 0)?;
        Ok::<Value, String>(serde_json::from_slice(&request.body).unwrap())
    };
    let chat = "{openai: {base_url: \"http://127.0.0.1:9/v1\", model: m}}";
    let sent = "data:image/png;base64,iVBORw0KGgouLi4=";
    let body = asked(chat, "receipt.png").unwrap();
    assert_eq!(body["messages"][0]["content"][0]["image_url"]["url"], sent);
    let body = asked("{anthropic: {base_url: \"http://127.0.0.1:9\", model: m}}", "./receipt.png").unwrap();
    assert_eq!(
        body["messages"][0]["content"][0]["source"],
        json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgouLi4="})
    );
    for (path, told) in [
        ("notes.txt", "the image `notes.txt` is neither PNG, JPEG, GIF nor WebP"),
        ("absent.png", "the image `absent.png` cannot be read: No such file or directory (os error 2)"),
        ("out.png", "the image `out.png` leads out of the eval's folder"),
        ("/etc/hostname", "the image `/etc/hostname` leads out of the eval's folder"),
        ("large.png", "the image `large.png` is larger than 20 MB"),
        (".", "the image `.` is no file"),
    ] {
        assert_eq!(asked(chat, path).unwrap_err(), told);
    }
}
