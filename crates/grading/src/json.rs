//! JSON validity and JSON Schema, drafts 4 to 2020-12, without ever fetching anything.

use crate::GraderFault;
use crate::numeral::rounding;
use crate::prepared::Prepared;
use crate::text::part_of;
use crate::written::shortened;
use domain::failure_class::FORMAT;
use domain::format::json::rounded;
use domain::grader::Part;
use domain::score::Verdict;
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::Value;
use std::collections::BTreeMap;

pub struct Check {
    schema: Option<Validator>,
    part: Part,
}

/// Nesting of a schema, which compiling follows by recursion.
const DEEPEST: usize = 64;

/// Schemas that one value is held against, beyond which grading would not end: each reference can double what is asked.
const MOST_ASKED: u32 = 100_000;

/// References that lead from one to the next for one value, which compiling follows by recursion too.
const LONGEST_CHAIN: usize = 256;

/// How many schemas a value is held against at once: by references, alternatives and conditions.
struct Asked<'s> {
    whole: &'s Value,
    /// By reference. One that leads back to itself asks no more than it did.
    referred: BTreeMap<&'s str, u32>,
    /// References that are being followed, one by the other.
    following: usize,
}

impl<'s> Asked<'s> {
    /// The most, of all schemas in a schema.
    fn most(schema: &'s Value) -> u32 {
        Asked { whole: schema, referred: BTreeMap::new(), following: 0 }.most_in(schema)
    }

    fn most_in(&mut self, schema: &'s Value) -> u32 {
        let inside = match schema {
            Value::Array(items) => items.iter().map(|item| self.most_in(item)).max(),
            Value::Object(fields) => fields.values().map(|value| self.most_in(value)).max(),
            _ => None,
        };
        self.of(schema).max(inside.unwrap_or(0))
    }

    fn of(&mut self, schema: &'s Value) -> u32 {
        let Value::Object(fields) = schema else { return 1 };
        fields.iter().fold(1, |sum: u32, (key, value)| {
            sum.saturating_add(match (key.as_str(), value) {
                ("$ref", Value::String(to)) => self.referred(to),
                ("allOf" | "anyOf" | "oneOf", Value::Array(all)) => {
                    all.iter().fold(0, |sum: u32, one| sum.saturating_add(self.of(one)))
                }
                ("not" | "if" | "then" | "else", one) => self.of(one),
                _ => 0,
            })
        })
    }

    fn referred(&mut self, to: &'s str) -> u32 {
        if let Some(known) = self.referred.get(to) {
            return *known;
        }
        let whole = self.whole;
        let Some(schema) = to.strip_prefix('#').and_then(|pointer| whole.pointer(pointer)) else { return 1 };
        if self.following == LONGEST_CHAIN {
            return MOST_ASKED + 1;
        }
        self.referred.insert(to, 1);
        self.following += 1;
        let asked = self.of(schema);
        self.following -= 1;
        self.referred.insert(to, asked);
        asked
    }
}

/// Refuses every reference to the outside.
struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("reference to {uri}").into())
    }
}

/// A validator for a schema. Formats are checked unless the contract says otherwise, as whoever writes `format: date`
/// expects.
pub fn validator(schema: &Value, formats: bool) -> Result<Validator, GraderFault> {
    if depth(schema) > DEEPEST {
        return Err(GraderFault::Schema(format!("it is nested deeper than {DEEPEST} levels")));
    }
    if Asked::most(schema) > MOST_ASKED {
        let what = format!("its references and alternatives hold one value against more than {MOST_ASKED} schemas");
        return Err(GraderFault::Schema(what));
    }
    if let Some(number) = compared(schema).and_then(rounded) {
        return Err(GraderFault::Schema(rounding(number)));
    }
    jsonschema::options().with_retriever(Nothing).should_validate_formats(formats).build(schema).map_err(|error| {
        let message = error.to_string();
        match message
            .split("reference to ")
            .nth(1)
            .or_else(|| message.strip_prefix("Resource '").and_then(|rest| rest.split('\'').next()))
        {
            Some(uri) => GraderFault::RemoteReference(shortened(uri)),
            None => GraderFault::Schema(shortened(&message)),
        }
    })
}

/// The value of a schema's `const` or `enum` with a number that would be compared with others that are not it.
fn compared(schema: &Value) -> Option<&Value> {
    match schema {
        Value::Array(items) => items.iter().find_map(compared),
        Value::Object(fields) => fields.iter().find_map(|(key, value)| match key.as_str() {
            "const" | "enum" => rounded(value).map(|_| value),
            _ => compared(value),
        }),
        _ => None,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

impl Check {
    pub fn validity(part: Part) -> Self {
        Check { schema: None, part }
    }

    pub fn of(schema: &Value, part: Part, formats: bool) -> Result<Self, GraderFault> {
        Ok(Check { schema: Some(validator(schema, formats)?), part })
    }

    pub fn grade(&self, answer: &Prepared) -> Verdict {
        let extracted;
        let value = match &self.part {
            Part::Text => match answer.json() {
                Ok(value) => value,
                Err(reason) => return Verdict::failed_as(FORMAT, format!("not JSON: {}", shortened(reason))),
            },
            part => match part_of(answer, part) {
                Some(value) => {
                    extracted = value;
                    &extracted
                }
                None => return Verdict::failed_as(FORMAT, "the structured output is missing"),
            },
        };
        let Some(schema) = &self.schema else { return Verdict::passed("") };
        if schema.is_valid(value) {
            return Verdict::passed("");
        }
        let reason = schema.iter_errors(value).next().map_or_else(String::new, |error| {
            let path = error.instance_path().to_string();
            let path = if path.is_empty() { "the whole".to_owned() } else { path };
            format!("{path}: {}", shortened(&error.to_string()))
        });
        Verdict::failed_as(FORMAT, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    /// Each definition asks for the next one twice.
    fn doubling(times: usize) -> Value {
        let asks =
            |at: usize| json!({"allOf": [{"$ref": format!("#/$defs/a{at}")}, {"$ref": format!("#/$defs/a{at}")}]});
        let mut all: Map<String, Value> = (0..times).map(|at| (format!("a{at}"), asks(at + 1))).collect();
        all.insert(format!("a{times}"), json!({"type": "integer"}));
        json!({"$defs": all, "properties": {"n": {"$ref": "#/$defs/a0"}}})
    }

    #[test]
    fn a_schema_that_would_never_be_through_is_refused() {
        assert!(validator(&doubling(8), true).is_ok());
        let refused = validator(&doubling(40), true).err().map(|fault| fault.to_string());
        assert!(refused.as_ref().is_some_and(|what| what.contains("more than 100000 schemas")), "{refused:?}");
        // What leads back to itself ends with the value.
        let tree = json!({"$defs": {"t": {"properties": {"l": {"$ref": "#/$defs/t"}, "r": {"$ref": "#/$defs/t"}}}}, "$ref": "#/$defs/t"});
        assert!(validator(&tree, true).is_ok_and(|tree| tree.is_valid(&json!({"l": {"r": {}}}))));
        assert!(validator(&json!({"anyOf": [{"$ref": "#"}, {"type": "string"}]}), true).is_ok());
    }
}
