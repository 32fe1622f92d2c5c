//! One row of a table as a line of the examples format; what is wrong with it, cell by cell.

use super::{Field, Fitted, Source, cell};
use crate::example::Example;
use crate::fault::Fault;
use crate::format::examples::{self, Read};
use crate::format::json;
use crate::format::lines::LinePlace;
use crate::format::shape::Step;
use crate::format::yaml::{Node, NodeKind};
use serde_json::{Map, Value};

/// What a cell, or a row where no cell is named, cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Position of the column.
    pub column: Option<usize>,
    pub what: String,
    pub help: String,
}

impl Fitted {
    /// The line of a row, and the example that the reader of examples makes of it.
    pub fn example(&self, place: LinePlace, cells: &[&str]) -> Result<(String, Box<Example>), Vec<Refused>> {
        let line = Value::Object(self.record(cells)?).to_string();
        match examples::parse(place, &line) {
            Ok(Read::Example(example)) => Ok((line, example)),
            Ok(Read::Header) => Err(vec![whole("this row says nothing", "fill its cells, or take the row out")]),
            Err(faults) => {
                let tree = json::tree(place, &line).ok();
                Err(faults.into_iter().map(|fault| self.refused(tree.as_ref(), fault)).collect())
            }
        }
    }

    fn record(&self, cells: &[&str]) -> Result<Map<String, Value>, Vec<Refused>> {
        let filled = |at: &usize| match &self.fields[*at].from {
            Source::Column { at, .. } => cells.get(*at).is_some_and(|cell| !cell.trim().is_empty()),
            Source::Value(_) => true,
        };
        let (mut record, mut refused) = (Value::Object(Map::new()), Vec::new());
        let asks = |at: &usize| {
            let field = &self.fields[*at];
            field.steps.first() == Some(&Step::Key("input".into())) && matches!(field.from, Source::Column { .. })
        };
        let questions: Vec<usize> = (0..self.fields.len()).filter(asks).collect();
        if !questions.is_empty() && !questions.iter().any(filled) {
            return Err(vec![whole("no cell of this row says what is asked", "fill one in, or take the row out")]);
        }
        for (at, field) in self.fields.iter().enumerate() {
            let is_hollow = |item: &Vec<usize>| !item.is_empty() && !item.iter().any(filled);
            if !filled(&at) || field.items.iter().any(is_hollow) {
                continue;
            }
            match field.value(cells) {
                Ok(value) => put(&mut record, &field.steps, value),
                Err(wrong) => refused.push(wrong),
            }
        }
        self.fields.iter().for_each(|field| close_gaps(&mut record, &field.steps));
        match record {
            Value::Object(record) if refused.is_empty() => Ok(record),
            _ => Err(refused),
        }
    }

    /// A fault of the line as a fault of the cell that the value is from.
    fn refused(&self, tree: Option<&Node>, fault: Fault) -> Refused {
        let path = tree.and_then(|tree| path_at(tree, fault.place.column)).unwrap_or_default();
        let lies_in = |field: &&Field| path.starts_with(&field.steps) || field.steps.starts_with(&path);
        let mut columns = self.fields.iter().filter(lies_in).filter_map(|field| match &field.from {
            Source::Column { at, .. } => Some(*at),
            Source::Value(_) => None,
        });
        let column = if path.is_empty() { None } else { columns.next() };
        Refused { column, what: fault.what, help: fault.help }
    }
}

fn whole(what: &str, help: &str) -> Refused {
    Refused { column: None, what: what.to_owned(), help: help.to_owned() }
}

impl Field {
    fn value(&self, cells: &[&str]) -> Result<Value, Refused> {
        match &self.from {
            Source::Value(value) => Ok(value.clone()),
            Source::Column { at, read, .. } => cell::value(self.shape, read, cells.get(*at).copied().unwrap_or(""))
                .map_err(|(what, help)| Refused { column: Some(*at), what, help }),
        }
    }
}

/// Puts a value at a path; lists are filled up with nulls on the way.
fn put(record: &mut Value, steps: &[Step], value: Value) {
    let Some((step, rest)) = steps.split_first() else {
        *record = value;
        return;
    };
    let inner = match step {
        Step::Key(key) => {
            if !record.is_object() {
                *record = Value::Object(Map::new());
            }
            &mut record[key.as_str()]
        }
        Step::Item(at) => {
            if !record.is_array() {
                *record = Value::Array(Vec::new());
            }
            if let Value::Array(items) = record
                && items.len() <= *at
            {
                items.resize(at + 1, Value::Null);
            }
            &mut record[*at]
        }
    };
    put(inner, rest, value);
}

/// Takes out the nulls that stand for items which were left out, in every list on the way of a path.
fn close_gaps(record: &mut Value, steps: &[Step]) {
    let mut at = record;
    for step in steps {
        if let (Value::Array(items), Step::Item(_)) = (&mut *at, step) {
            items.retain(|item| !item.is_null());
            // Items have moved: every one of them may hold the rest of the path.
            return items.iter_mut().for_each(|item| close_gaps(item, after_item(steps)));
        }
        let next = match step {
            Step::Key(key) => at.get_mut(key.as_str()),
            Step::Item(_) => None,
        };
        match next {
            Some(next) => at = next,
            None => return,
        }
    }
}

fn after_item(steps: &[Step]) -> &[Step] {
    let first = steps.iter().position(|step| matches!(step, Step::Item(_)));
    first.map_or(&[], |at| &steps[at + 1..])
}

/// The path of the innermost value, or key, that begins at a column.
fn path_at(node: &Node, column: u32) -> Option<Vec<Step>> {
    match &node.kind {
        NodeKind::Map(entries) => {
            let entries = entries.iter().take_while(|(key, _)| key.at.column <= column);
            let (key, inner) = entries.last()?;
            let mut path = vec![Step::Key(key.text.clone())];
            if key.at.column != column {
                path.extend(path_at(inner, column).unwrap_or_default());
            }
            Some(path)
        }
        NodeKind::List(items) => {
            let (at, inner) = items.iter().enumerate().take_while(|(_, item)| item.at.column <= column).last()?;
            let mut path = vec![Step::Item(at)];
            path.extend(path_at(inner, column).unwrap_or_default());
            Some(path)
        }
        _ => None,
    }
}
