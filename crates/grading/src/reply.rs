//! CEL expressions over a reply: where the parts of an answer are in it.
//!
//! in      an expression over `reply`, compiled once; a reply's JSON
//! out     the value that it gives, as JSON
//! errors  `GraderFault` where it cannot be compiled; in words, where it cannot be told for this reply
//! note    the limits of expressions hold here too: a reply is from outside

use crate::GraderFault;
use crate::expression::{compile, run};
use cel::objects::Key;
use cel::{Program, Value as Cel};
use serde_json::{Number, Value};

pub struct ReplyExpression {
    program: Program,
}

impl ReplyExpression {
    pub fn of(text: &str) -> Result<Self, GraderFault> {
        Ok(ReplyExpression { program: compile(text, &[("reply", &[])])? })
    }

    pub fn value(&self, reply: &Value) -> Result<Value, String> {
        as_json(&run(&self.program, &[("reply", reply)])?)
    }
}

fn as_json(value: &Cel) -> Result<Value, String> {
    Ok(match value {
        Cel::Null => Value::Null,
        Cel::Bool(truth) => Value::Bool(*truth),
        Cel::Int(whole) => (*whole).into(),
        Cel::UInt(whole) => (*whole).into(),
        Cel::Float(number) => {
            let number = Number::from_f64(*number).ok_or_else(|| "the expression gives no finite number".to_owned())?;
            Value::Number(number)
        }
        Cel::String(text) => Value::String(text.to_string()),
        Cel::List(items) => items.iter().map(as_json).collect::<Result<Value, _>>()?,
        Cel::Map(fields) => {
            let fields = fields.map.iter().map(|(key, value)| Ok((as_text(key), as_json(value)?)));
            let mut fields: Vec<(String, Value)> = fields.collect::<Result<_, String>>()?;
            // What a map holds has no order, and equal replies give equal answers.
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(fields.into_iter().collect())
        }
        _ => return Err("the expression gives what JSON cannot hold".to_owned()),
    })
}

fn as_text(key: &Key) -> String {
    match key {
        Key::Int(whole) => whole.to_string(),
        Key::Uint(whole) => whole.to_string(),
        Key::Bool(truth) => truth.to_string(),
        Key::String(text) => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Result<Value, String> {
        let reply =
            json!({"a": {"text": "Yes.", "n": 3, "x": 1.5}, "sources": [{"id": "s1"}, {"id": "s2"}], "none": null});
        ReplyExpression::of(text).map_err(|fault| fault.to_string())?.value(&reply)
    }

    #[test]
    fn parts_are_picked_and_made() {
        assert_eq!(value("reply.a.text"), Ok(json!("Yes.")));
        assert_eq!(value("reply.sources.map(s, s.id)"), Ok(json!(["s1", "s2"])));
        assert_eq!(value("reply.a.n + 1"), Ok(json!(4)));
        assert_eq!(value("reply.a"), Ok(json!({"n": 3, "text": "Yes.", "x": 1.5})));
        assert_eq!(value("reply.none"), Ok(Value::Null));
        assert_eq!(value("has(reply.b) ? 'escalate' : 'answer'"), Ok(json!("answer")));
    }

    #[test]
    fn what_is_not_there_or_not_known_is_told() {
        assert!(value("reply.b.c").is_err());
        assert!(value("reply.a.n /").unwrap_err().starts_with("the expression cannot be used: "));
        let told = "the expression cannot be used: `answer` is not known; there is reply";
        assert_eq!(value("answer.text").unwrap_err(), told);
        assert!(value("1.0 / 0.0").is_err());
        assert!(value("sise(reply.sources)").unwrap_err().ends_with("`sise` is no function; did you mean `size`?"));
        assert!(
            value("reply.l. map(a, reply.l. map(b, reply.l .map(c, c)))").unwrap_err().contains("3 comprehensions")
        );
    }
}
