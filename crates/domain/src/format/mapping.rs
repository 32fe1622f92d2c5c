//! How the columns of a table become fields of examples. See `docs/formats/examples.md`.
//!
//! in      entries (a field and the column, or the value, that it is from), the names of a table's columns, rows of cells
//! out     for each row a line of the examples format, read by the reader of examples
//! errors  fields that the format does not have, columns that the table does not have, fields given twice or lacking: all at
//!         once, before a row is read; then whatever a row's cells cannot be, each with its cell
//! note    an empty cell leaves its field out; an item of a list whose cells are all empty is left out with its constants

mod cell;
mod file;
mod row;
#[cfg(test)]
mod tests;

pub use file::parse;
pub use row::Refused;

use super::examples::shape::LINE;
use super::shape::{NoPath, Shape, Step, admits, lacking, steps_as_text, walk};
use crate::fault::{Fault, Faults, Place, closest};
use serde_json::Value;

/// A mapping as it is given.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    pub entries: Vec<Entry>,
    pub rest: Rest,
}

/// One field and where it is from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As `input.messages.0.content`.
    pub field: String,
    pub from: From,
    pub place: Place,
    /// As it was written.
    pub said: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Column {
        name: String,
        read: Read,
    },
    Value(Value),
    /// A value as it is written on a command line: read as a cell would be; where the field holds others, as JSON.
    Text(String),
}

/// How the cells of a column are read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Read {
    /// As the field takes it: text, a number, true or false.
    #[default]
    AsField,
    Json,
    /// Several values with this between them.
    List(String),
    /// A date, or a time, written this way: `%d.%m.%Y`.
    Date(String),
}

/// What becomes of columns that the mapping does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Rest {
    #[default]
    LeftOut,
    Attributes,
}

/// A mapping that fits a table.
#[derive(Clone, Debug)]
pub struct Fitted {
    fields: Vec<Field>,
    /// How many columns the table has.
    pub columns: usize,
    /// Names of columns that nothing is read from.
    pub left_out: Vec<String>,
}

#[derive(Clone, Debug)]
struct Field {
    steps: Vec<Step>,
    shape: &'static Shape,
    from: Source,
    /// Fields with a column that share the innermost, then the next list's item with this one.
    items: Vec<Vec<usize>>,
}

#[derive(Clone, Debug)]
enum Source {
    Column { at: usize, name: String, read: Read },
    Value(Value),
}

impl Fitted {
    /// Each field with the column that it is from; `None` where it has one value for all.
    pub fn fields(&self) -> impl Iterator<Item = (String, Option<&str>)> {
        self.fields.iter().map(|field| {
            let column = match &field.from {
                Source::Column { name, .. } => Some(name.as_str()),
                Source::Value(_) => None,
            };
            (steps_as_text(&field.steps), column)
        })
    }
}

impl Mapping {
    /// Looks every field and column up. `whole` is where a fault of the mapping as a whole is told.
    pub fn fit(&self, columns: &[String], whole: &Place) -> Result<Fitted, Faults> {
        let mut fitting = Fitting { columns, faults: Vec::new(), used: vec![false; columns.len()], fields: Vec::new() };
        self.entries.iter().for_each(|entry| fitting.entry(entry));
        let left_out = fitting.rest(self.rest, whole);
        fitting.lacking(whole);
        Faults::none_or(fitting.faults)?;
        let mut fields = fitting.fields;
        let order = |field: &Field| match (&LINE, field.steps.first()) {
            (Shape::Fields(line), Some(Step::Key(key))) => line.fields.iter().position(|known| known.name == key),
            _ => None,
        };
        fields.sort_by_cached_key(order);
        let items = (0..fields.len()).map(|at| items_of(&fields, at)).collect::<Vec<_>>();
        fields.iter_mut().zip(items).for_each(|(field, items)| field.items = items);
        Ok(Fitted { fields, columns: columns.len(), left_out })
    }
}

/// For each item of a list that a field lies in: the fields there that are from columns.
fn items_of(fields: &[Field], at: usize) -> Vec<Vec<usize>> {
    let steps = &fields[at].steps;
    let inside = |length: usize| {
        let prefix = &steps[..length];
        let alike = fields.iter().enumerate().filter(|(_, other)| other.steps.starts_with(prefix));
        alike.filter(|(_, other)| matches!(other.from, Source::Column { .. })).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let ends = steps.iter().enumerate().filter(|(_, step)| matches!(step, Step::Item(_)));
    ends.map(|(at, _)| inside(at + 1)).collect()
}

struct Fitting<'m> {
    columns: &'m [String],
    faults: Vec<Fault>,
    used: Vec<bool>,
    fields: Vec<Field>,
}

impl Fitting<'_> {
    fn fault(&mut self, entry: &Entry, what: impl Into<String>, help: impl Into<String>) {
        let (place, found) = (entry.place.clone(), entry.said.clone());
        self.faults.push(Fault { place, found, what: what.into(), help: help.into() });
    }

    fn entry(&mut self, entry: &Entry) {
        let field = walk(&LINE, &entry.field);
        let from = match &entry.from {
            From::Column { name, read } => {
                self.column(entry, name).map(|at| Source::Column { at, name: name.clone(), read: read.clone() })
            }
            From::Value(value) => Some(Source::Value(value.clone())),
            From::Text(_) => None,
        };
        let (steps, shape) = match field {
            Ok(field) => field,
            Err(NoPath { what, help }) => return self.fault(entry, what, help),
        };
        let from = match &entry.from {
            From::Text(text) => match cell::value(shape, &cell::written_as(shape), text) {
                Ok(value) => Some(Source::Value(value)),
                Err((what, help)) => return self.fault(entry, format!("`{}`: {what}", entry.field), help),
            },
            _ => from,
        };
        let Some(from) = from else { return };
        if let Err((what, help)) = takes(&entry.field, shape, &from) {
            return self.fault(entry, what, help);
        }
        let clash = self.fields.iter().find(|known| known.steps.starts_with(&steps) || steps.starts_with(&known.steps));
        if let Some(clash) = clash {
            let other = steps_as_text(&clash.steps);
            let what = match other == entry.field {
                true => format!("`{other}` is given twice"),
                false => format!("`{}` and `{other}` cannot both be given: one lies within the other", entry.field),
            };
            return self.fault(entry, what, "keep one of the two");
        }
        self.fields.push(Field { steps, shape, from, items: Vec::new() });
    }

    fn column(&mut self, entry: &Entry, name: &str) -> Option<usize> {
        let mut at = self.columns.iter().enumerate().filter(|(_, known)| known.as_str() == name).map(|(at, _)| at);
        match (at.next(), at.next()) {
            (Some(at), None) => {
                self.used[at] = true;
                Some(at)
            }
            (Some(_), Some(_)) => {
                let what = format!("the table has two columns `{name}`");
                self.fault(entry, what, "give one of them another name in the table's first line");
                None
            }
            (None, _) => {
                let near = closest(name, self.columns.iter().map(String::as_str));
                let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                let list = self.columns.join(", ");
                self.fault(entry, format!("the table has no column `{name}`"), format!("{near}columns: {list}"));
                None
            }
        }
    }

    /// Takes the columns that are left for attributes where that is asked for.
    fn rest(&mut self, rest: Rest, whole: &Place) -> Vec<String> {
        let left: Vec<usize> = (0..self.columns.len()).filter(|at| !self.used[*at]).collect();
        if rest == Rest::LeftOut {
            return left.into_iter().map(|at| self.columns[at].clone()).collect();
        }
        for at in left {
            let name = self.columns[at].clone();
            let entry = Entry {
                field: format!("attributes.{name}"),
                from: From::Column { name: name.clone(), read: Read::AsField },
                place: whole.clone(),
                said: name.clone(),
            };
            if name.trim().is_empty() {
                self.fault(&entry, "a column without a name is no attribute", "name it in the table's first line");
            } else {
                self.entry(&entry);
            }
        }
        Vec::new()
    }

    fn lacking(&mut self, whole: &Place) {
        let paths: Vec<&[Step]> = self.fields.iter().map(|field| field.steps.as_slice()).collect();
        let mut lacking = match paths.is_empty() {
            true => vec![("input".to_owned(), "What the system is asked")],
            false => lacking(&LINE, &paths),
        };
        // What could not be looked up is not lacking as well.
        if !self.faults.is_empty() {
            lacking.clear();
        }
        for (path, about) in lacking {
            let what = format!("nothing gives `{path}`: {}", lower(about));
            let help = format!("write `--map {path}=COLUMN`, or `--set {path}=VALUE` for one value in every example");
            self.faults.push(Fault { place: whole.clone(), found: String::new(), what, help });
        }
    }
}

fn lower(about: &str) -> String {
    let mut chars = about.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Whether a field can be from there at all.
fn takes(field: &str, shape: &'static Shape, from: &Source) -> Result<(), (String, String)> {
    match from {
        Source::Value(value) if !admits(shape, value) => {
            Err((format!("`{field}` must be {}", shape.wanted()), shape.help()))
        }
        Source::Value(_) => Ok(()),
        Source::Column { name, read: Read::AsField, .. } if !cell::is_single(shape) => Err((
            format!("`{field}` must be {}, and a cell is a single value", shape.wanted()),
            format!("map a field below it, or say how the cells are read: `--json {name}`, or `--list '{name}=;'`"),
        )),
        Source::Column { read: Read::List(_), .. } if !cell::is_list(shape) => Err((
            format!("`{field}` must be {}, and is no list", shape.wanted()),
            "take the `--list` of its column out".to_owned(),
        )),
        Source::Column { read: Read::Date(format), .. } => cell::check_date_format(format).map_err(|why| {
            (format!("`{format}` is no way to write a date: {why}"), "write it as `%d.%m.%Y`".to_owned())
        }),
        Source::Column { .. } => Ok(()),
    }
}
