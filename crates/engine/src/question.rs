//! What a system is asked about an example.
//!
//! in      an example as its line has it, which repeat
//! out     a `Question`: messages, tools, and what templates see
//! errors  none: the reference set was read already, and what is not there is left out
//! note    the expectation, labels, provenance and attributes are never part of it: a system that sees them is not measured

use crate::provider::{Message, Question, Tool};
use serde_json::{Map, Value, json};

/// The question of an example. An input without messages is one message of the user: its text, else its JSON.
pub fn question(document: &Value, repeat: u32) -> Question {
    let field = |key: &str| document.get(key).cloned().unwrap_or(Value::Null);
    let input = field("input");
    let messages = match (&input, input.get("messages")) {
        (_, Some(Value::Array(messages))) => messages.iter().map(message).collect(),
        (Value::String(text), _) => vec![from_user(text.clone())],
        (other, _) => vec![from_user(other.to_string())],
    };
    let tools = match input.get("tools") {
        Some(Value::Array(tools)) => tools.iter().filter_map(tool).collect(),
        _ => Vec::new(),
    };
    let example = json!({"id": field("id"), "task": field("task"), "input": input, "repeat": repeat});
    Question { example, messages, tools, schema: None }
}

fn from_user(text: String) -> Message {
    Message { role: "user".to_owned(), content: Value::String(text), rest: Map::new() }
}

fn message(value: &Value) -> Message {
    let mut rest = value.as_object().cloned().unwrap_or_default();
    let role = match rest.shift_remove("role") {
        Some(Value::String(role)) => role,
        _ => "user".to_owned(),
    };
    let content = rest.shift_remove("content").unwrap_or(Value::Null);
    Message { role, content, rest }
}

/// A tool as the example offers it, or in the wrapping of the chat API: `{type: function, function: {...}}`.
fn tool(value: &Value) -> Option<Tool> {
    let value = value.get("function").filter(|function| function.is_object()).unwrap_or(value);
    let given = |key: &str| value.get(key).filter(|given| !given.is_null()).cloned();
    Some(Tool {
        name: value.get("name")?.as_str()?.to_owned(),
        description: value.get("description").and_then(Value::as_str).map(str::to_owned),
        parameters: given("parameters").or_else(|| given("input_schema")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_the_user_says_and_other_inputs_are_their_json() {
        let asked = question(&json!({"id": "a", "input": "Why twice?"}), 2);
        assert_eq!(asked.messages, [from_user("Why twice?".to_owned())]);
        assert_eq!(asked.example, json!({"id": "a", "task": null, "input": "Why twice?", "repeat": 2}));
        let asked = question(&json!({"input": {"account": {"n": 1}}}), 0);
        assert_eq!(asked.messages, [from_user(r#"{"account":{"n":1}}"#.to_owned())]);
    }

    #[test]
    fn messages_and_tools_are_as_the_example_has_them() {
        let called = json!([{"id": "c1", "name": "find", "arguments": {}}]);
        let document = json!({"input": {
            "messages": [{"role": "assistant", "content": null, "tool_calls": called}],
            "tools": [{"name": "find", "parameters": {"type": "object"}},
                      {"type": "function", "function": {"name": "pay", "description": "Pays."}}, {"no": "name"}],
        }});
        let asked = question(&document, 0);
        assert_eq!(asked.messages[0].role, "assistant");
        assert_eq!(asked.messages[0].rest["tool_calls"], called);
        let names: Vec<&str> = asked.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["find", "pay"]);
    }

    #[test]
    fn what_is_expected_is_never_asked() {
        let secret = "only graders know";
        let hidden = json!({"expected": secret, "labels": [secret], "provenance": {"rule": secret}, "attributes": {"a": secret},
            "owner": secret, "input": "Why?", "id": "a", "cluster": secret});
        assert!(!format!("{:?}", question(&hidden, 0)).contains(secret));
    }
}
