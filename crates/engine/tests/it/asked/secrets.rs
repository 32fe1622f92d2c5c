//! No key in anything that is kept or printed, whatever a server does with it.

use super::server::{Play, Server, json, says};
use super::{Ready, World, plain};
use serde_json::json;

const KEY: &str = "sk-live/4f+9\"c1\u{7e}";
const GATEWAY: &str = "gw-77xx88bb";
const QUERY: &str = "q-55zz778899";

/// Whether a text holds a key or a half of one, in letters that no digest has.
fn leaks(text: &str) -> bool {
    ["sk-live", "4f+9", "4f%2B9", "77xx", "55zz77"].iter().any(|part| text.contains(part))
}

fn systems(server: &Server) -> Vec<Ready> {
    let world = World::new().with("KEY", KEY).with("GATEWAY", GATEWAY).with("QUERY", QUERY);
    let url = server.url();
    let with = "key: {env: KEY}, headers: {x-gateway: \"Bearer ${GATEWAY}\"}";
    vec![
        world.ready(&format!("{{openai: {{base_url: \"{url}/v1?k=${{QUERY}}\", model: m, {with}}}, time_limit: 20s}}")),
        world.ready(&format!(
            "{{openai: {{base_url: \"{url}?k=${{QUERY}}\", api: responses, model: m, {with}}}, time_limit: 20s}}"
        )),
        world.ready(&format!("{{anthropic: {{base_url: \"{url}?k=${{QUERY}}\", model: m, {with}}}, time_limit: 20s}}")),
        world.ready(&format!("{{http: {{url: \"{url}/?k=${{QUERY}}\", {with}}}, time_limit: 20s}}")),
    ]
}

#[test]
fn a_server_that_echoes_what_it_was_sent_leaks_nothing() {
    let answer = |text: &str| {
        let call = json!({"function": {"name": text, "arguments": json!({text: text}).to_string()}});
        let message = json!({"content": text, "tool_calls": [call], "refusal": text});
        json!({"choices": [{"message": message, "finish_reason": text}], "model": text, "status": "completed",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
            "content": [{"type": "text", "text": text}, {"type": "tool_use", "name": text, "input": {text: [text]}}]})
    };
    let all = format!("{KEY} {GATEWAY} {QUERY}");
    let escaped: String = all.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    // The cut of a long message falls into the key.
    let long = format!("{}{all}", "x".repeat(290));
    let plays = || {
        vec![
            Play::Echo,
            says(400, json!({"error": {"message": long}})),
            Play::Say(500, vec![], long.clone().into_bytes()),
            Play::Say(200, vec![("content-type", "text/plain".to_owned())], long.clone().into_bytes()),
            Play::Say(200, vec![], format!("{}{all}", "x".repeat(70)).into_bytes()),
            json(answer(&all)),
            json(json!({"error": all.clone()})),
            // Spelled with escapes throughout.
            Play::Say(
                200,
                vec![("content-type", "application/json".to_owned())],
                answer("KEYS").to_string().replace("KEYS", &escaped).into_bytes(),
            ),
        ]
    };
    let mut kept = 0;
    for at in 0..4 {
        for play in plays() {
            let server = Server::new(vec![play]);
            let ready = systems(&server).swap_remove(at);
            let request = ready.request(&plain());
            let attempt = ready.ask(&plain());
            let sent = format!("{:?}", server.asked());
            assert!(leaks(&sent), "the key was sent: {sent}");
            for text in [
                format!("{attempt:?}"),
                format!("{request:?}"),
                ready.provider.address().to_owned(),
                ready.provider.shares(),
            ] {
                assert!(!leaks(&text), "system {at}: {text}");
            }
            kept += usize::from(format!("{attempt:?}").contains("[secret]"));
        }
    }
    assert!(kept >= 20, "what was echoed is shown without the key, {kept}");
}

#[test]
fn what_a_variable_puts_into_a_path_is_shown_nowhere_whatever_it_is_called() {
    for value in ["77xx88bb", "a/77xx88bb", "77xx88bb?q=77xx99cc"] {
        for (kind, rest) in [("openai", ", model: m"), ("anthropic", ", model: m"), ("http", "")] {
            let server = Server::new(vec![Play::Echo, says(400, json!({"error": {"message": format!("no {value}")}}))]);
            let place = if kind == "http" { "url" } else { "base_url" };
            let system =
                format!("{{{kind}: {{{place}: \"{}/hooks/${{HOOK_TOKEN}}\"{rest}}}, time_limit: 20s}}", server.url());
            // What it is called says nothing, and neither does another name.
            for name in ["HOOK_TOKEN", "HOOK"] {
                let ready = World::new().with(name, value).ready(&system.replace("HOOK_TOKEN", name));
                let (request, attempt) = (ready.request(&plain()), ready.ask(&plain()));
                assert!(leaks(&format!("{:?}", server.asked())), "it was sent");
                for text in [format!("{attempt:?}"), request.content.clone(), ready.provider.address().to_owned()] {
                    assert!(!leaks(&text), "{kind} {name} {value}: {text}");
                }
                let other = World::new().with(name, "77cc88dd").ready(&system.replace("HOOK_TOKEN", name));
                assert_ne!(request.digest(), other.request(&plain()).digest(), "another place is another request");
            }
        }
    }
}

#[test]
fn a_word_in_a_header_is_not_taken_out_of_answers() {
    let server = Server::new(vec![json(json!({"choices": [{"message": {"content": "Your billing is fine."}}]}))]);
    let world = World::new().with("TEAM", "billing");
    let ready = world.ready(&format!(
        "{{openai: {{base_url: \"{}\", model: m, headers: {{x-team: \"${{TEAM}}\"}}}}}}",
        server.url()
    ));
    assert_eq!(ready.ask(&plain()).got.unwrap().text.as_deref(), Some("Your billing is fine."));
}
