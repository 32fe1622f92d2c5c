//! One line with the vectors of some texts.

use domain::format::json;
use serde_json::{Map, Value};

/// What a line says of so many texts, of the request with this id: a vector each, all as long; else why it says nothing.
pub fn read(id: u64, texts: usize, line: &str) -> Result<Vec<Vec<f32>>, String> {
    let shown = || line.trim().chars().take(80).collect::<String>();
    let unreadable = |what: &str| format!("the reply {what}: {}", shown());
    let Some(Value::Object(fields)) = json::value(line) else {
        let is_object = serde_json::from_str::<Map<String, Value>>(line).is_ok();
        return Err(unreadable(if is_object { "gives a key twice" } else { "is no JSON object" }));
    };
    if fields.get("id").and_then(Value::as_u64) != Some(id) {
        return Err(unreadable(&format!("does not carry the request's id {id}")));
    }
    if let Some(error) = fields.get("error").and_then(Value::as_str) {
        return Err(error.chars().take(200).collect());
    }
    let vector = |vector: &Value| -> Option<Vec<f32>> {
        vector.as_array()?.iter().map(|part| part.as_f64().map(|part| part as f32)).collect()
    };
    let vectors = fields.get("vectors").and_then(Value::as_array).map(|vectors| vectors.iter().map(vector).collect());
    let vectors: Vec<Vec<f32>> = vectors.flatten().ok_or_else(|| unreadable("has no `vectors` of numbers"))?;
    if vectors.len() != texts {
        return Err(unreadable(&format!("has {} vectors for {texts} texts", vectors.len())));
    }
    let length = vectors.first().map_or(0, Vec::len);
    if vectors.iter().any(|vector| vector.len() != length || vector.is_empty()) {
        return Err(unreadable("has vectors of different lengths, or empty ones"));
    }
    vectors
        .into_iter()
        .map(|vector| at_length_one(vector).ok_or_else(|| unreadable("has numbers that are none")))
        .collect()
}

/// `None` where it has no length.
fn at_length_one(vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
    match length {
        0.0 => Some(vector),
        length if length.is_finite() => Some(vector.into_iter().map(|part| part / length).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_vector_for_each_text_is_read() {
        let read = |line: &str| read(7, 2, line);
        assert_eq!(read(r#"{"id":7,"vectors":[[3,4],[0,0]]}"#), Ok(vec![vec![0.6, 0.8], vec![0.0, 0.0]]));
        for (line, why) in [
            (r#"[]"#, "is no JSON object"),
            (r#"{"id":7,"vectors":[[1],[1]],"vectors":[[2],[2]]}"#, "gives a key twice"),
            (r#"{"id":8,"vectors":[[1],[1]]}"#, "does not carry the request's id 7"),
            (r#"{"id":7,"value":true}"#, "has no `vectors` of numbers"),
            (r#"{"id":7,"vectors":[[1],["a"]]}"#, "has no `vectors` of numbers"),
            (r#"{"id":7,"vectors":[[1]]}"#, "has 1 vectors for 2 texts"),
            (r#"{"id":7,"vectors":[[1],[1,2]]}"#, "has vectors of different lengths"),
            (r#"{"id":7,"vectors":[[],[]]}"#, "or empty ones"),
            (r#"{"id":7,"vectors":[[1e300],[1]]}"#, "has numbers that are none"),
            (r#"{"id":7,"error":"no such model"}"#, "no such model"),
        ] {
            assert!(read(line).is_err_and(|error| error.contains(why)), "{line}: {:?}", read(line));
        }
    }
}
