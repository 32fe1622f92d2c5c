//! Outcomes as rows of a table, under a header of the keys that a line has.
//!
//! in      the cells of the header, then those of each row, with the place of each cell
//! out     an `Outcome` of each row; or every fault, each at its cell
//! note    an empty cell leaves its key out; what segments are cut by has a column each, `attributes.task`

use super::{NUMBERS, TEXTS, broken, build, shape};
use crate::fault::{Fault, Faults, closest};
use crate::format::lines::LinePlace;
use crate::format::shape::{Field, Shape, admits};
use crate::outcome::Outcome;
use crate::share::plural;
use serde_json::{Map, Number, Value, json};

/// A row of a table, or its header.
pub struct Row<'a> {
    pub place: LinePlace<'a>,
    pub cells: Vec<&'a str>,
    /// Line and column of a cell.
    pub cell: &'a dyn Fn(usize) -> (u32, u32),
}

/// Which column holds which key.
#[derive(Debug)]
pub struct Table {
    keys: Vec<String>,
}

impl Row<'_> {
    /// A fault at a cell; at the beginning of the row where it has none.
    fn fault(&self, cell: Option<usize>, what: impl Into<String>, help: impl Into<String>) -> Fault {
        let at = cell.filter(|cell| *cell < self.cells.len());
        let (line, column) = at.map_or((self.place.line, 1), |cell| (self.cell)(cell));
        let found = at.and_then(|cell| self.cells[cell].trim().lines().next()).unwrap_or("");
        LinePlace { file: self.place.file, line }.fault(column, found, what, help)
    }
}

impl Table {
    /// Reads the header; `renamed` gives the key of a column that is called otherwise.
    pub fn of<'k>(header: &Row, renamed: impl Fn(&str) -> Option<&'k str>) -> Result<Self, Faults> {
        let known = || TEXTS.into_iter().chain(NUMBERS);
        let (mut keys, mut faults): (Vec<String>, _) = (Vec::new(), Vec::new());
        for (at, name) in header.cells.iter().map(|cell| cell.trim()).enumerate() {
            let key = renamed(name).unwrap_or(name);
            if keys.iter().any(|other| other == key) {
                faults.push(header.fault(Some(at), format!("there are two columns `{key}`"), "keep one of the two"));
            } else if !known().any(|known| known == key) && !key.starts_with("attributes.") {
                let near = closest(key, known()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                let known: Vec<&str> = known().collect();
                let known = known.join(", ");
                let help = format!(
                    "{near}columns: {known}, attributes.NAME; `--map KEY=COLUMN` reads a key from a column of another name"
                );
                faults.push(header.fault(Some(at), format!("an outcome has no `{key}`"), help));
            }
            keys.push(key.to_owned());
        }
        for field in fields().iter().filter(|field| field.required && !keys.iter().any(|key| key == field.name)) {
            let help = format!("add it to the first line: {}", field.about);
            faults.push(header.fault(None, format!("there is no column `{}`", field.name), help));
        }
        Faults::none_or(faults)?;
        Ok(Table { keys })
    }

    /// A fault at the cell of a key; at the beginning of the row where no column has it.
    pub fn fault(&self, row: &Row, key: &str, what: impl Into<String>, help: impl Into<String>) -> Fault {
        row.fault(self.keys.iter().position(|known| known == key), what, help)
    }

    pub fn outcome(&self, row: &Row) -> Result<Outcome, Faults> {
        if row.cells.len() != self.keys.len() {
            let what = format!(
                "this row has {}, and the header has {}",
                plural(row.cells.len() as u64, "cell"),
                self.keys.len()
            );
            let help = "put quotes around cells that hold a separator, a quote or a line end";
            return Err(row.fault(None, what, help).into());
        }
        let (mut line, mut attributes, mut faults) = (Map::new(), Map::new(), Vec::new());
        for (at, (key, cell)) in self.keys.iter().zip(&row.cells).enumerate() {
            let cell = cell.trim();
            let field = fields().iter().find(|field| field.name == key);
            match (key.strip_prefix("attributes."), field) {
                (_, Some(field)) if cell.is_empty() && field.required => {
                    faults.push(row.fault(Some(at), format!("`{key}` is empty"), field.shape.help()));
                }
                _ if cell.is_empty() => {}
                (Some(name), _) => drop(attributes.insert(name.to_owned(), json!(cell))),
                (None, Some(field)) => match value(field, cell) {
                    Some(value) => drop(line.insert(key.clone(), value)),
                    None => {
                        let what = format!("`{key}` must be {}, and this is `{cell}`", field.shape.wanted());
                        faults.push(row.fault(Some(at), what, field.shape.help()));
                    }
                },
                (None, None) => {}
            }
        }
        if !attributes.is_empty() {
            line.insert("attributes".to_owned(), Value::Object(attributes));
        }
        let line = Value::Object(line);
        if faults.is_empty() {
            let at = |key: &str| self.keys.iter().position(|known| known == key);
            faults.extend(broken(&line).into_iter().map(|wrong| row.fault(at(&wrong.path), wrong.what, wrong.help)));
        }
        Faults::none_or(faults)?;
        let unreadable =
            || row.fault(None, "this row cannot be read", "compare it with docs/formats/outcomes.md").into();
        build(&line).ok_or_else(unreadable)
    }
}

/// A cell as the value that a line would hold, where it may.
fn value(field: &Field, cell: &str) -> Option<Value> {
    let number = NUMBERS.contains(&field.name).then(|| serde_json::from_str::<Number>(cell).ok()).flatten();
    let value = number.map_or_else(|| json!(cell), Value::Number);
    admits(&field.shape, &value).then_some(value)
}

fn fields() -> &'static [Field] {
    match &shape::LINE {
        Shape::Fields(fields) => fields.fields,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8Path;

    /// A cell stands in the column that is ten times its number.
    const PLACE: &dyn Fn(usize) -> (u32, u32) = &|cell| (2, 10 * cell as u32 + 1);

    fn row<'a>(cells: &[&'a str]) -> Row<'a> {
        Row { place: LinePlace { file: Utf8Path::new("seen.csv"), line: 2 }, cells: cells.to_vec(), cell: PLACE }
    }

    fn faults(told: &Faults) -> Vec<(u32, &str)> {
        told.iter().map(|fault| (fault.place.column, fault.what.as_str())).collect()
    }

    #[test]
    fn every_fault_of_a_table_stands_at_its_cell() {
        let header = row(&["record", "seen", "metric", "n", "count", "attributes.task"]);
        let table = Table::of(&header, |name| (name == "seen").then_some("at")).unwrap();
        let read = table.outcome(&row(&["r1", "2026-11-03", "resolved", "3", "2", "pay"])).unwrap();
        assert_eq!((read.at.as_str(), read.attributes["task"].as_str()), ("2026-11-03", "pay"));
        let told = table.outcome(&row(&["r1", "soon", "", "x", "2", ""])).unwrap_err();
        let at: Vec<u32> = faults(&told).into_iter().map(|(column, _)| column).collect();
        assert_eq!(at, [11, 21, 31], "{told:?}");
        let told = table.outcome(&row(&["r1", "2026-11-03", "resolved", "3", "4", ""])).unwrap_err();
        assert_eq!(faults(&told), [(41, "4 were counted of 3: more than there are")]);
        let told = table.outcome(&row(&["r1", "2026-11-03"])).unwrap_err();
        assert_eq!(faults(&told), [(1, "this row has 2 cells, and the header has 6")]);
    }

    #[test]
    fn a_header_is_told_whole() {
        let told = Table::of(&row(&["recrod", "metric", "metric", "colour"]), |_| None).unwrap_err();
        let mut told = faults(&told);
        told.sort_unstable();
        assert_eq!(
            told,
            [
                (1, "an outcome has no `recrod`"),
                (1, "there is no column `at`"),
                (21, "there are two columns `metric`"),
                (31, "an outcome has no `colour`"),
            ]
        );
    }
}
