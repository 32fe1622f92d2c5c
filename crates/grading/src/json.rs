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

pub struct Check {
    schema: Option<Validator>,
    part: Part,
}

/// Nesting of a schema, which compiling follows by recursion.
const DEEPEST: usize = 64;

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
