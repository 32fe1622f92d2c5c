//! Labels as rows of CSV or TSV, under a header of the keys that a line has.
//!
//! in      the cells of the header, then those of each row, with the place of a cell where somebody asks
//! out     a `Label` of each row; or every fault, each at its cell
//! note    an empty cell is as good as none; further columns are faults, as further keys of a line are

use super::super::lines::LinePlace;
use super::super::shape::{Fields, Shape, admits};
use super::{Label, broken, build, shape};
use crate::fault::{Fault, Faults, closest};
use crate::share::plural;
use camino::Utf8Path;
use serde_json::{Map, Value, json};

/// Which column holds which key.
#[derive(Debug)]
pub struct Table {
    keys: Vec<&'static str>,
}

/// A row of a table, or its header.
pub struct Row<'a> {
    pub file: &'a Utf8Path,
    pub line: u32,
    pub cells: Vec<&'a str>,
    /// Line and column of a cell.
    pub place: &'a dyn Fn(usize) -> (u32, u32),
}

impl Row<'_> {
    fn fault(&self, cell: usize, what: impl Into<String>, help: impl Into<String>) -> Fault {
        let (line, column) = if cell < self.cells.len() { (self.place)(cell) } else { (self.line, 1) };
        let found = self.cells.get(cell).and_then(|cell| cell.lines().next()).unwrap_or("");
        LinePlace { file: self.file, line }.fault(column, found, what, help)
    }

    fn whole(&self, what: impl Into<String>, help: impl Into<String>) -> Fault {
        self.fault(usize::MAX, what, help)
    }
}

impl Table {
    /// Reads the header.
    pub fn of(header: &Row) -> Result<Self, Faults> {
        let known: Vec<&'static str> = fields().fields.iter().map(|field| field.name).collect();
        let (mut keys, mut faults) = (Vec::new(), Vec::new());
        for (at, name) in header.cells.iter().map(|cell| cell.trim()).enumerate() {
            match known.iter().find(|key| **key == name) {
                Some(key) if keys.contains(key) => {
                    faults.push(header.fault(at, format!("there are two columns `{key}`"), "keep one of the two"));
                }
                Some(key) => keys.push(*key),
                None => {
                    let near = closest(name, known.iter().copied()).map(|key| format!("did you mean `{key}`? "));
                    let help = format!("{}columns: {}", near.unwrap_or_default(), known.join(", "));
                    faults.push(header.fault(at, format!("a label has no `{name}`"), help));
                }
            }
        }
        for field in fields().fields.iter().filter(|field| field.required && !keys.contains(&field.name)) {
            let help = format!("add it to the first line: {}", field.about);
            faults.push(header.whole(format!("there is no column `{}`", field.name), help));
        }
        Faults::none_or(faults)?;
        Ok(Table { keys })
    }

    /// Which column holds a key.
    pub fn column(&self, key: &str) -> Option<usize> {
        self.keys.iter().position(|known| *known == key)
    }

    /// A fault of what a key says in a row.
    pub fn fault(&self, row: &Row, key: &str, what: impl Into<String>, help: impl Into<String>) -> Fault {
        row.fault(self.column(key).unwrap_or(usize::MAX), what, help)
    }

    pub fn label(&self, row: &Row) -> Result<Label, Faults> {
        if row.cells.len() != self.keys.len() {
            let what = format!(
                "this row has {}, and the header has {}",
                plural(row.cells.len() as u64, "cell"),
                self.keys.len()
            );
            let help = "put quotes around cells that hold a separator, a quote or a line end";
            return Err(row.whole(what, help).into());
        }
        let mut faults = Vec::new();
        let mut line = Map::new();
        for (at, (key, cell)) in self.keys.iter().zip(&row.cells).enumerate() {
            let Some(field) = fields().fields.iter().find(|field| field.name == *key) else { continue };
            let cell = cell.trim();
            if cell.is_empty() {
                if field.required {
                    faults.push(row.fault(at, format!("`{key}` is empty"), field.shape.help()));
                }
                continue;
            }
            let value = match field.shape {
                Shape::Whole(_) => cell.parse::<u64>().map_or_else(|_| json!(cell), |whole| json!(whole)),
                _ => json!(cell),
            };
            if !admits(&field.shape, &value) {
                let what = format!("`{key}` must be {}, and this is `{cell}`", field.shape.wanted());
                faults.push(row.fault(at, what, field.shape.help()));
            }
            line.insert((*key).to_owned(), value);
        }
        let line = Value::Object(line);
        faults.extend(broken(&line).into_iter().map(|wrong| {
            let at = self.column(&wrong.path).unwrap_or(usize::MAX);
            row.fault(at, wrong.what, wrong.help)
        }));
        Faults::none_or(faults)?;
        Ok(build(&line))
    }
}

fn fields() -> &'static Fields {
    const NONE: &Fields = &Fields { what: "a label", fields: &[], open: false };
    match &shape::LINE {
        Shape::Fields(fields) => fields,
        _ => NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Says;
    use super::*;

    /// A cell stands in the column that is ten times its number.
    const PLACE: &dyn Fn(usize) -> (u32, u32) = &|cell| (2, 10 * cell as u32 + 1);

    fn row<'a>(cells: &[&'a str]) -> Row<'a> {
        Row { file: Utf8Path::new("labels.csv"), line: 2, cells: cells.to_vec(), place: PLACE }
    }

    fn table() -> Table {
        Table::of(&row(&["example", "system", "repeat", "criterion", "label", "by", "kind", "note"])).unwrap()
    }

    #[test]
    fn a_row_says_what_a_line_says() {
        let read = table().label(&row(&["e1", "v2", "1", "grounded", "fail", "reviewer-1", "", "a, b"])).unwrap();
        assert_eq!((read.example.as_str(), read.repeat, read.says), ("e1", 1, Says::Fail));
        let read = table().label(&row(&["e1", "v2", "", "grounded", "pass", "reviewer-1", "human", ""])).unwrap();
        assert_eq!((read.repeat, read.says, read.sample), (0, Says::Pass, None));
    }

    #[test]
    fn every_fault_stands_at_its_cell() {
        let told = table().label(&row(&["e1", "", "x", "grounded", "good", "m", "model", ""])).unwrap_err();
        let at: Vec<u32> = told.iter().map(|fault| fault.place.column).collect();
        assert_eq!(at, [11, 21, 41, 61], "{told:?}");
        let told = table().label(&row(&["e1", "v2"])).unwrap_err();
        assert!(told.iter().next().unwrap().what.contains("2 cells, and the header has 8"));
    }

    #[test]
    fn a_header_names_the_keys_of_a_line_and_nothing_else() {
        let told = Table::of(&row(&["exampel", "system", "system", "criterion", "label"])).unwrap_err();
        let what: Vec<&str> = told.iter().map(|fault| fault.what.as_str()).collect();
        assert_eq!(what.len(), 4, "{what:?}");
        assert!(told.iter().any(|fault| fault.help.contains("did you mean `example`?")));
    }
}
