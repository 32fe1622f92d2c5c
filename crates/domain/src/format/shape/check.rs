//! Compares a record with its shape.

use super::{Fields, LONGEST_NAME, Shape};
use crate::fault::{Fault, closest};
use crate::format::lines::LinePlace;
use crate::format::yaml::{Key, Node, NodeKind, Spot};
use crate::share::{LEAST_CHANCE, is_measurable, is_weight};
use serde_json::{Map, Number, Value};

/// Whether a record has the shape.
pub fn admits(shape: &Shape, record: &Value) -> bool {
    let mut told = Told { faults: 0 };
    check(shape, record, &Path::Top, &mut told);
    told.faults == 0
}

/// Every difference between a line and its shape.
pub fn faults(shape: &Shape, record: &Node, place: LinePlace, line: &str) -> Vec<Fault> {
    let mut told = Placed { place, line, faults: Vec::new() };
    check(shape, record, &Path::Top, &mut told);
    told.faults
}

/// What a tree is made of, with or without places.
trait Tree: Sized {
    fn look(&self) -> Look<'_, Self>;
    fn entry(&self, key: &str) -> Option<&Self>;
    fn each(&self, see: &mut dyn FnMut(usize, &str, &Self));
}

enum Look<'t, T> {
    Null,
    Flag,
    Number(&'t Number),
    Text(&'t str),
    List(&'t [T]),
    Object,
}

impl<T> Look<'_, T> {
    fn describe(&self) -> &'static str {
        match self {
            Look::Null => "null",
            Look::Flag => "true or false",
            Look::Number(_) => "a number",
            Look::Text(_) => "text",
            Look::List(_) => "a list",
            Look::Object => "an object",
        }
    }
}

impl Tree for Value {
    fn look(&self) -> Look<'_, Value> {
        match self {
            Value::Null => Look::Null,
            Value::Bool(_) => Look::Flag,
            Value::Number(number) => Look::Number(number),
            Value::String(text) => Look::Text(text),
            Value::Array(items) => Look::List(items),
            Value::Object(_) => Look::Object,
        }
    }

    fn entry(&self, key: &str) -> Option<&Value> {
        self.get(key)
    }

    fn each(&self, see: &mut dyn FnMut(usize, &str, &Value)) {
        let entries = self.as_object().into_iter().flat_map(Map::iter);
        entries.enumerate().for_each(|(at, (key, value))| see(at, key, value));
    }
}

impl Tree for Node {
    fn look(&self) -> Look<'_, Node> {
        match &self.kind {
            NodeKind::Null => Look::Null,
            NodeKind::Bool(_) => Look::Flag,
            NodeKind::Number(number) => Look::Number(number),
            NodeKind::Text(text) => Look::Text(text),
            NodeKind::List(items) => Look::List(items),
            NodeKind::Map(_) => Look::Object,
        }
    }

    fn entry(&self, key: &str) -> Option<&Node> {
        keys(self).iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }

    fn each(&self, see: &mut dyn FnMut(usize, &str, &Node)) {
        keys(self).iter().enumerate().for_each(|(at, (key, node))| see(at, &key.text, node));
    }
}

fn keys(node: &Node) -> &[(Key, Node)] {
    match &node.kind {
        NodeKind::Map(entries) => entries,
        _ => &[],
    }
}

/// Takes the differences. Texts are only made where they are kept.
trait Tell<T> {
    fn at_value(&mut self, value: &T, said: &dyn Fn() -> (String, String));
    fn at_key(&mut self, object: &T, position: usize, said: &dyn Fn() -> (String, String));
    /// Something is missing in an object.
    fn within(&mut self, object: &T, said: &dyn Fn() -> (String, String));
}

struct Told {
    faults: usize,
}

impl Tell<Value> for Told {
    fn at_value(&mut self, _: &Value, _: &dyn Fn() -> (String, String)) {
        self.faults += 1;
    }

    fn at_key(&mut self, _: &Value, _: usize, _: &dyn Fn() -> (String, String)) {
        self.faults += 1;
    }

    fn within(&mut self, _: &Value, _: &dyn Fn() -> (String, String)) {
        self.faults += 1;
    }
}

struct Placed<'a> {
    place: LinePlace<'a>,
    line: &'a str,
    faults: Vec<Fault>,
}

impl Placed<'_> {
    fn push(&mut self, at: Spot, found: &str, (what, help): (String, String)) {
        self.faults.push(self.place.fault(at.column, found, what, help));
    }
}

impl Tell<Node> for Placed<'_> {
    fn at_value(&mut self, value: &Node, said: &dyn Fn() -> (String, String)) {
        let found = self.line.get(value.at.start..value.at.end).unwrap_or("");
        self.push(value.at, found, said());
    }

    fn at_key(&mut self, object: &Node, position: usize, said: &dyn Fn() -> (String, String)) {
        if let Some((key, _)) = keys(object).get(position) {
            self.push(key.at, self.line.get(key.at.start..key.at.end).unwrap_or(""), said());
        }
    }

    fn within(&mut self, object: &Node, said: &dyn Fn() -> (String, String)) {
        self.push(object.at, "", said());
    }
}

/// Where in a record: a chain of steps, written out only for a message.
enum Path<'p> {
    Top,
    Key(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl Path<'_> {
    fn write(&self) -> String {
        match self {
            Path::Top => String::new(),
            Path::Key(Path::Top, key) => shortened(key),
            Path::Key(around, key) => format!("{}.{}", around.write(), shortened(key)),
            Path::Item(around, position) => format!("{}[{position}]", around.write()),
        }
    }

    /// As the subject of a message.
    fn subject(&self) -> String {
        match self {
            Path::Top => "this line".to_owned(),
            _ => format!("`{}`", self.write()),
        }
    }
}

fn check<T: Tree>(shape: &Shape, value: &T, path: &Path, told: &mut impl Tell<T>) {
    let wrong = |told: &mut dyn Tell<T>| {
        told.at_value(value, &|| {
            let help = match (shape, value.look()) {
                (Shape::Text | Shape::Name | Shape::Word(_), Look::Number(_) | Look::Flag) => {
                    "put it in quotes".to_owned()
                }
                _ => shape.help(),
            };
            (format!("{} must be {}, and this is {}", path.subject(), shape.wanted(), value.look().describe()), help)
        });
    };
    match (shape, value.look()) {
        (Shape::Any, _) | (Shape::Text, Look::Text(_)) | (Shape::Flag, Look::Flag) => {}
        (Shape::Single, Look::Text(_) | Look::Number(_) | Look::Flag) => {}
        (Shape::Name, Look::Text(text)) => name(value, text, path, told),
        (Shape::Date, Look::Text(text)) => {
            if !is_date(text) {
                told.at_value(value, &|| (no(path, text, "date"), shape.help()));
            }
        }
        (Shape::Moment, Look::Text(text)) => {
            if !is_moment(text) {
                told.at_value(value, &|| (no(path, text, "date or time"), shape.help()));
            }
        }
        (Shape::Word(words), Look::Text(text)) => word(words, shape, value, text, path, told),
        (Shape::Version(known), Look::Number(number)) => {
            if number.as_u64() != Some(*known) {
                out_of_range(shape, value, number, path, told);
            }
        }
        (Shape::Whole(most), Look::Number(number)) => {
            if number.as_u64().is_none_or(|whole| whole > *most) {
                out_of_range(shape, value, number, path, told);
            }
        }
        (Shape::Amount, Look::Number(number)) => {
            if !number.as_f64().is_some_and(is_measurable) {
                out_of_range(shape, value, number, path, told);
            }
        }
        (Shape::Weight, Look::Number(number)) => {
            if !number.as_f64().is_some_and(is_weight) {
                out_of_range(shape, value, number, path, told);
            }
        }
        (Shape::Chance, Look::Number(number)) => {
            if !number.as_f64().is_some_and(|chance| (LEAST_CHANCE..=1.0).contains(&chance)) {
                out_of_range(shape, value, number, path, told);
            }
        }
        (Shape::Some(_), Look::List([])) => {
            told.at_value(value, &|| (format!("{} is empty", path.subject()), shape.help()));
        }
        (Shape::List(item) | Shape::Some(item), Look::List(items)) => {
            for (position, value) in items.iter().enumerate() {
                check(item, value, &Path::Item(path, position), told);
            }
        }
        (Shape::Keyed(own), Look::Object) => keyed(own, value, path, told),
        (Shape::Fields(fields), Look::Object) => object(fields, value, path, told),
        (Shape::Either(shapes), look) => match shapes.iter().find(|shape| of_kind(shape, &look)) {
            Some(Shape::Word(words)) => {
                if let Look::Text(text) = look {
                    word(words, shape, value, text, path, told);
                }
            }
            Some(shape) => check(shape, value, path, told),
            None => wrong(told),
        },
        _ => wrong(told),
    }
}

fn no(path: &Path, text: &str, what: &str) -> String {
    format!("{}: `{}` is no {what}", path.subject(), shortened(text))
}

fn out_of_range<T: Tree>(shape: &Shape, value: &T, number: &Number, path: &Path, told: &mut impl Tell<T>) {
    told.at_value(value, &|| {
        (format!("{} must be {}, and this is {number}", path.subject(), shape.wanted()), shape.help())
    });
}

fn name<T: Tree>(value: &T, text: &str, path: &Path, told: &mut impl Tell<T>) {
    if text.trim().is_empty() {
        told.at_value(value, &|| {
            (format!("{} is empty", path.subject()), "write it, or leave the field out".to_owned())
        });
    } else if let Some(control) = text.chars().find(|c| c.is_control()) {
        told.at_value(value, &|| {
            let what = format!("{} holds a control character, U+{:04X}", path.subject(), control as u32);
            (what, "take it out: names are printed and compared".to_owned())
        });
    } else if text.chars().nth(LONGEST_NAME).is_some() {
        told.at_value(value, &|| {
            let what = format!("{} is longer than {LONGEST_NAME} characters", path.subject());
            (what, "keep names short; content belongs into `input` or `expected`".to_owned())
        });
    }
}

/// `around` is the shape whose help lists all that may be written.
fn word<T: Tree>(words: &[&str], around: &Shape, value: &T, text: &str, path: &Path, told: &mut impl Tell<T>) {
    if !words.contains(&text) {
        told.at_value(value, &|| {
            let near = closest(text, words.iter().copied()).map(|word| format!("did you mean `{word}`? "));
            let help = format!("{}{}", near.unwrap_or_default(), around.help());
            (format!("{} cannot be `{}`", path.subject(), shortened(text)), help)
        });
    }
}

fn keyed<T: Tree>(own: &Shape, value: &T, path: &Path, told: &mut impl Tell<T>) {
    value.each(&mut |position, key, entry| {
        if key.trim().is_empty() || key.chars().any(char::is_control) {
            told.at_key(value, position, &|| {
                let what = format!("a name in {} is empty or holds a control character", path.subject());
                (what, "write a plain name".to_owned())
            });
        }
        if !matches!(entry.look(), Look::Null) {
            check(own, entry, &Path::Key(path, key), told);
        }
    });
}

fn object<T: Tree>(fields: &Fields, value: &T, path: &Path, told: &mut impl Tell<T>) {
    value.each(&mut |position, key, entry| match fields.find(key) {
        None if fields.open => {}
        None => told.at_key(value, position, &|| unknown(fields, key)),
        Some(field) => {
            let twice = field.alias.filter(|alias| key == *alias && value.entry(field.name).is_some());
            if let Some(alias) = twice {
                told.at_key(value, position, &|| {
                    let what = format!("`{alias}` and `{}` are the same field", field.name);
                    (what, "keep one of the two".to_owned())
                });
            }
            if field.required || !matches!(entry.look(), Look::Null) {
                check(&field.shape, entry, &Path::Key(path, key), told);
            }
        }
    });
    let given = |field: &super::Field| {
        value.entry(field.name).is_some() || field.alias.is_some_and(|alias| value.entry(alias).is_some())
    };
    for field in fields.fields.iter().filter(|field| field.required && !given(field)) {
        told.within(value, &|| {
            (
                format!("{} has no `{}`", fields.what, field.name),
                format!("add \"{}\": {}", field.name, lower(field.about)),
            )
        });
    }
}

fn lower(about: &str) -> String {
    let mut chars = about.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

pub(super) fn unknown(fields: &Fields, key: &str) -> (String, String) {
    let list = format!("fields here: {}", fields.names().collect::<Vec<_>>().join(", "));
    let help = match closest(key, fields.names()) {
        Some(known) => format!("did you mean `{known}`? {list}"),
        None => list,
    };
    (format!("`{}` is not a field of {}", shortened(key), fields.what), help)
}

fn of_kind<T>(shape: &Shape, look: &Look<T>) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Text | Shape::Name | Shape::Date | Shape::Moment | Shape::Word(_) => matches!(look, Look::Text(_)),
        Shape::Flag => matches!(look, Look::Flag),
        Shape::Whole(_) | Shape::Version(_) | Shape::Amount | Shape::Weight | Shape::Chance => {
            matches!(look, Look::Number(_))
        }
        Shape::Single => matches!(look, Look::Text(_) | Look::Number(_) | Look::Flag),
        Shape::List(_) | Shape::Some(_) => matches!(look, Look::List(_)),
        Shape::Keyed(_) | Shape::Fields(_) => matches!(look, Look::Object),
        Shape::Either(shapes) => shapes.iter().any(|shape| of_kind(shape, look)),
    }
}

/// `2027-01-31`, and nothing else that a calendar library would also take.
pub(crate) fn is_date(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.as_bytes().get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let written = text.len() == 10 && digits(0..4) && digits(5..7) && digits(8..10);
    written && text.as_bytes()[4] == b'-' && text.parse::<jiff::civil::Date>().is_ok()
}

/// A date, or a date with a time and a zone.
fn is_moment(text: &str) -> bool {
    is_date(text) || (text.get(..10).is_some_and(is_date) && text.parse::<jiff::Timestamp>().is_ok())
}

fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() > MOST { text.chars().take(MOST).chain("...".chars()).collect() } else { text.to_owned() }
}
