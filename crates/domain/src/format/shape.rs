//! What a record of a JSON-lines format may hold, said once: its faults and its JSON Schema both come from here.
//!
//! in      a shape, and a record as a tree with or without places
//! out     every place where they differ, with what to write; or the JSON Schema
//! note    a null is as good as nothing where a field need not be given

mod check;
mod path;
mod schema;
#[cfg(test)]
mod tests;

pub use check::{admits, faults};
pub use path::{NoPath, Step, lacking, steps_as_text, walk};
pub use schema::{schema, schema_of_lines};

/// What a value must be.
#[derive(Debug)]
pub enum Shape {
    Any,
    Text,
    /// Text that names something: not empty, without control characters, at most `LONGEST_NAME` characters.
    Name,
    /// `2027-01-31`
    Date,
    /// `2027-01-31`, or with a time and a zone
    Moment,
    Flag,
    /// A whole number from 0 up to this.
    Whole(u64),
    /// The version of a format that is known here.
    Version(u64),
    /// A number from 0 to `LARGEST_AMOUNT`.
    Amount,
    /// 0, or a number in `WEIGHTS`.
    Weight,
    /// A number from `LEAST_CHANCE` to 1.
    Chance,
    /// Text, a number, true or false.
    Single,
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Shape),
    /// A list with at least one item.
    Some(&'static Shape),
    /// An object with keys of the writer's own, each a name.
    Keyed(&'static Shape),
    Fields(&'static Fields),
    /// The first of these that is of the value's JSON kind.
    Either(&'static [Shape]),
}

/// An object with fields.
#[derive(Debug)]
pub struct Fields {
    /// What it is, for messages: `an example`.
    pub what: &'static str,
    pub fields: &'static [Field],
    /// Whether fields of the writer's own may stand beside these.
    pub open: bool,
}

#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// Another name that is read as this one.
    pub alias: Option<&'static str>,
    pub required: bool,
    pub shape: Shape,
    /// One sentence for people, in the schema.
    pub about: &'static str,
}

pub const LONGEST_NAME: usize = 512;

/// A field that may be left out.
pub const fn may(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, alias: None, required: false, shape, about }
}

/// A field that must be given.
pub const fn must(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, alias: None, required: true, shape, about }
}

impl Field {
    pub const fn or(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }
}

impl Fields {
    fn find(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name || field.alias == Some(name))
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }
}

impl Shape {
    /// What must be written, after "must be".
    pub(super) fn wanted(&self) -> String {
        match self {
            Shape::Any => "any value".to_owned(),
            Shape::Text | Shape::Name => "text".to_owned(),
            Shape::Date => "a date".to_owned(),
            Shape::Moment => "a date or a time".to_owned(),
            Shape::Flag => "true or false".to_owned(),
            Shape::Whole(most) if *most >= u64::from(u32::MAX) => "a whole number from 0 up".to_owned(),
            Shape::Whole(most) => format!("a whole number from 0 to {most}"),
            Shape::Version(known) => format!("{known}, the version of the format"),
            Shape::Amount => "a number from 0 to 1e15".to_owned(),
            Shape::Weight => "0, or a number from 1e-9 to 1e9".to_owned(),
            Shape::Chance => "a number from 1e-9 to 1".to_owned(),
            Shape::Single => "text, a number, true or false".to_owned(),
            Shape::Word(words) => format!("one of {}", words.join(", ")),
            Shape::List(_) | Shape::Some(_) => "a list".to_owned(),
            Shape::Keyed(_) | Shape::Fields(_) => "an object".to_owned(),
            Shape::Either(shapes) => {
                let wanted: Vec<String> = shapes.iter().map(Shape::wanted).collect();
                wanted.join(" or ")
            }
        }
    }

    /// What to write instead.
    pub(super) fn help(&self) -> String {
        match self {
            Shape::Any => "write any JSON value".to_owned(),
            Shape::Text | Shape::Name => "write text in double quotes".to_owned(),
            Shape::Date => "write it as \"2027-01-31\"".to_owned(),
            Shape::Moment => "write it as \"2027-01-31\" or \"2027-01-31T08:00:00Z\"".to_owned(),
            Shape::Flag => "write true or false, without quotes".to_owned(),
            Shape::Whole(_) => "write a number without quotes, point or sign".to_owned(),
            Shape::Version(known) => format!("write {known}, or use a Plimsoll that knows the version"),
            Shape::Amount => "write a number without quotes, or leave the field out".to_owned(),
            Shape::Weight => "write how many requests it stands for, or leave the field out".to_owned(),
            Shape::Chance => "write the chance that this was drawn, such as 0.02".to_owned(),
            Shape::Single => "write a single value".to_owned(),
            Shape::Word(words) if words.len() == 1 => format!("write \"{}\"", words[0]),
            Shape::Word(words) => format!("write one of {}", words.join(", ")),
            Shape::List(_) => "write [...]".to_owned(),
            Shape::Some(_) => "write [...], with one item or more".to_owned(),
            Shape::Keyed(_) => "write {\"name\": value, ...}".to_owned(),
            Shape::Fields(fields) if fields.fields.is_empty() => "write {\"name\": value, ...}".to_owned(),
            Shape::Fields(fields) => {
                let shown: Vec<String> = fields.names().take(3).map(|name| format!("\"{name}\": ...")).collect();
                format!("write {{{}}}", shown.join(", "))
            }
            Shape::Either(shapes) => {
                let helps: Vec<String> = shapes.iter().map(Shape::help).collect();
                helps.join(", or ")
            }
        }
    }
}
