//! JSON as text, byte for byte as `serde_json` writes it, in a fraction of the time.
//!
//! in      a value or a text
//! out     appended to what was written before

use serde_json::Value;

/// Appends a value, its keys in their own order.
pub fn write_as_is(value: &Value, text: &mut String) {
    write(value, false, text);
}

/// Appends a value, its keys sorted by their bytes.
pub(crate) fn write_by_key(value: &Value, text: &mut String) {
    write(value, true, text);
}

fn write(value: &Value, by_key: bool, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write(item, by_key, text);
            }
            text.push(']');
        }
        Value::Object(fields) if by_key => {
            let mut entries: Vec<(&String, &Value)> = fields.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            write_entries(entries.into_iter(), by_key, text);
        }
        Value::Object(fields) => write_entries(fields.iter(), by_key, text),
        Value::String(value) => write_text(value, text),
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_entries<'v>(entries: impl Iterator<Item = (&'v String, &'v Value)>, by_key: bool, text: &mut String) {
    text.push('{');
    for (position, (key, value)) in entries.enumerate() {
        if position > 0 {
            text.push(',');
        }
        write_text(key, text);
        text.push(':');
        write(value, by_key, text);
    }
    text.push('}');
}

/// Appends a JSON string.
pub fn write_text(value: &str, text: &mut String) {
    text.push('"');
    let mut rest = value;
    while let Some((plain, escaped)) = escape_at(rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
        text.push_str(plain);
        write_escape(escaped.as_bytes()[0], text);
        rest = &escaped[1..];
    }
    text.push_str(rest);
    text.push('"');
}

/// Where the first byte stands that needs an escape.
fn escape_at(bytes: &[u8]) -> Option<usize> {
    let needs_escape = |byte: &u8| (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    let (blocks, rest) = bytes.as_chunks::<32>();
    // All bytes of a block are looked at together, which takes less than stopping at the first that needs one: most blocks have none.
    let plain =
        blocks.iter().take_while(|block| !block.iter().fold(false, |needs, byte| needs | needs_escape(byte))).count();
    let from = plain * 32;
    let rest = if plain < blocks.len() { &blocks[plain][..] } else { rest };
    rest.iter().position(needs_escape).map(|at| from + at)
}

fn write_escape(byte: u8, text: &mut String) {
    let short = match byte {
        b'\n' => "\\n",
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\t' => "\\t",
        b'\r' => "\\r",
        0x08 => "\\b",
        0x0c => "\\f",
        other => return text.push_str(&format!("\\u{other:04x}")),
    };
    text.push_str(short);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_written_as_serde_json_writes_it() {
        let every: String = (0..=0x2030).filter_map(char::from_u32).collect();
        let texts = every.chars().map(String::from).chain([every.clone(), String::new()]);
        for value in texts.map(Value::from).chain([serde_json::json!({"b": [1, {"\n\"": null}], "a": -0.5})]) {
            let mut text = String::new();
            write_as_is(&value, &mut text);
            assert_eq!(text, value.to_string());
        }
    }

    #[test]
    fn an_escape_is_found_wherever_it_stands() {
        for length in 0..70 {
            for at in 0..length {
                let mut value = "é".repeat(length);
                value.replace_range(2 * at..2 * at + 2, "\n");
                let mut text = String::new();
                write_text(&value, &mut text);
                assert_eq!(text, Value::from(value).to_string());
            }
        }
    }
}
