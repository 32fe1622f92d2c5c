//! One line of a JSON-lines file, and what may be wrong with it.

use crate::fault::{Fault, Place, closest};
use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;

/// Longest line that is read, in bytes; a longer one is a fault.
pub const LONGEST_LINE: usize = 16 << 20;

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub struct LinePlace<'a> {
    pub file: &'a Utf8Path,
    pub line: u32,
}

impl LinePlace<'_> {
    pub fn fault(&self, column: u32, found: &str, what: impl Into<String>, help: impl Into<String>) -> Fault {
        const SHOWN: usize = 60;
        let found = if found.chars().count() > SHOWN {
            found.chars().take(SHOWN).chain("...".chars()).collect()
        } else {
            found.to_owned()
        };
        let place = Place { file: Utf8PathBuf::from(self.file), line: self.line, column };
        Fault { place, found, what: what.into(), help: help.into() }
    }

    pub fn too_long(&self) -> Fault {
        self.fault(
            1,
            "",
            "this line is longer than 16 MB",
            "keep one record a line; put long documents into files of their own",
        )
    }

    /// The text of a line.
    pub fn text<'t>(&self, bytes: &'t [u8]) -> Result<&'t str, Box<Fault>> {
        std::str::from_utf8(bytes).map_err(|error| {
            let column = error.valid_up_to() as u32 + 1;
            Box::new(self.fault(column, "", "this line is not UTF-8", "write the file as UTF-8"))
        })
    }

    /// What serde says of a line, with the column and what to write.
    pub fn json_fault(&self, text: &str, error: &serde_json::Error) -> Fault {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        let column = error.column().max(1);
        if !text.trim_start().starts_with('{') {
            return self.fault(1, text, "this line is no JSON object", "write one JSON object a line");
        }
        let found: String = text.chars().skip(column.saturating_sub(20)).take(40).collect();
        let help = if let Some(rest) = message.strip_prefix("unknown field `") {
            unknown_field_help(rest)
        } else if message.contains("number out of range") {
            "write a finite number".to_owned()
        } else if message.contains("surrogate") {
            "escape characters outside the basic plane as a pair, or write them as UTF-8".to_owned()
        } else if error.is_eof() {
            "the line ends too early: keep one whole JSON object a line".to_owned()
        } else if error.is_data() {
            "compare the field with the format's description".to_owned()
        } else {
            "write one JSON object a line".to_owned()
        };
        self.fault(
            column as u32,
            found.trim(),
            format!("this line cannot be read: {}", message.split(", expected one of").next().unwrap_or(&message)),
            help,
        )
    }
}

/// `nmae`, expected one of `name`, `id`: the suggestion and the list.
fn unknown_field_help(rest: &str) -> String {
    let field = rest.split('`').next().unwrap_or("");
    let known: Vec<&str> = rest
        .split('`')
        .skip(1)
        .filter(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .collect();
    let list = known.join(", ");
    match closest(field, known.iter().copied()) {
        Some(known) => format!("did you mean `{known}`? fields: {list}"),
        None => format!("fields: {list}"),
    }
}

/// A whole line as an owned value.
pub fn read<T: DeserializeOwned>(place: LinePlace, text: &str) -> Result<T, Box<Fault>> {
    serde_json::from_str(text).map_err(|error| Box::new(place.json_fault(text, &error)))
}
