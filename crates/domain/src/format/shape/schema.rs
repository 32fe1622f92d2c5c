//! A shape as JSON Schema, draft 2020-12, for editors and other programs.

use super::{Fields, LONGEST_NAME, Shape};
use crate::share::{LARGEST_AMOUNT, LEAST_CHANCE, WEIGHTS};
use serde_json::{Map, Value, json};

/// More than blanks, and no control character.
const NAME: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// The schema of one record.
pub fn schema(title: &str, about: &str, shape: &Shape) -> Value {
    let mut schema = of(shape);
    if let Some(entries) = schema.as_object_mut() {
        let mut whole = Map::new();
        whole.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        whole.insert("title".into(), title.into());
        whole.insert("description".into(), about.into());
        whole.append(entries);
        return Value::Object(whole);
    }
    schema
}

/// The schema of a line of a file: a record, or the header that says the format's version and nothing else.
pub fn schema_of_lines(title: &str, about: &str, line: &Shape, header: &Shape) -> Value {
    let mut whole = schema(title, about, line);
    let header = of(header);
    if let Some(Value::Object(version)) = header.get("properties").cloned()
        && let Some(Value::Object(properties)) = whole.get_mut("properties")
    {
        properties.extend(version);
    }
    if let Some(entries) = whole.as_object_mut() {
        let of_record = entries.remove("required").unwrap_or_else(|| json!([]));
        let of_header = &header["required"];
        let record = json!({"required": of_record, "not": {"required": of_header}});
        let alone = json!({"required": of_header, "maxProperties": 1});
        entries.insert("anyOf".into(), json!([record, alone]));
    }
    whole
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Any => json!({}),
        Shape::Text => json!({"type": "string"}),
        Shape::Name => {
            json!({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": NAME})
        }
        Shape::Date => json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Shape::Moment => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].*)?$"}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Whole(most) => json!({"type": "integer", "minimum": 0, "maximum": most}),
        Shape::Version(known) => json!({"const": known}),
        Shape::Amount => json!({"type": "number", "minimum": 0, "maximum": LARGEST_AMOUNT}),
        Shape::Weight => json!({
            "type": "number",
            "minimum": 0,
            "maximum": WEIGHTS.end(),
            "not": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": WEIGHTS.start()},
        }),
        Shape::Chance => json!({"type": "number", "minimum": LEAST_CHANCE, "maximum": 1}),
        Shape::Single => json!({"type": ["string", "number", "boolean"]}),
        Shape::Word(words) => json!({"enum": words}),
        Shape::List(item) => json!({"type": "array", "items": of(item)}),
        Shape::Some(item) => json!({"type": "array", "minItems": 1, "items": of(item)}),
        Shape::Keyed(own) => {
            json!({"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": nullable(of(own))})
        }
        Shape::Fields(fields) => object(fields),
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(of).collect::<Vec<_>>()}),
    }
}

fn object(fields: &Fields) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut one_name = Vec::new();
    for field in fields.fields {
        let mut property = of(&field.shape);
        if !field.required {
            property = nullable(property);
        }
        if let Some(entries) = property.as_object_mut() {
            entries.insert("description".into(), field.about.into());
        }
        if let Some(alias) = field.alias {
            properties.insert(alias.into(), property.clone());
            one_name.push(json!({"not": {"required": [field.name, alias]}}));
        }
        properties.insert(field.name.into(), property);
        if field.required {
            required.push(field.name);
        }
    }
    let mut object = Map::new();
    object.insert("type".into(), "object".into());
    if !required.is_empty() {
        object.insert("required".into(), required.into());
    }
    if !one_name.is_empty() {
        object.insert("allOf".into(), one_name.into());
    }
    if !properties.is_empty() {
        object.insert("properties".into(), Value::Object(properties));
    }
    if !fields.open {
        object.insert("additionalProperties".into(), false.into());
    }
    Value::Object(object)
}

/// The schema, or null.
fn nullable(mut schema: Value) -> Value {
    let Some(entries) = schema.as_object_mut() else { return schema };
    match entries.get_mut("type") {
        Some(Value::String(kind)) => {
            let kinds = json!([kind, "null"]);
            entries.insert("type".into(), kinds);
            schema
        }
        Some(Value::Array(kinds)) => {
            kinds.push("null".into());
            schema
        }
        _ => {
            if let Some(Value::Array(words)) = entries.get_mut("enum") {
                words.push(Value::Null);
                return schema;
            }
            if let Some(Value::Array(shapes)) = entries.get_mut("anyOf") {
                shapes.push(json!({"type": "null"}));
            }
            schema
        }
    }
}
