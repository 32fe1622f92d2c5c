//! The folder that data is read from, and the folder that an eval is written to.

use super::Refused;
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

pub struct From {
    folder: PathBuf,
}

impl From {
    pub fn at(folder: &Path) -> Self {
        From { folder: folder.to_owned() }
    }

    pub fn text(&self, name: &str) -> Result<String, Refused> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).map_err(|error| {
            Refused::new(
                format!("cannot read `{}`: {error}", path.display()),
                "name the folder that holds the data set; docs/guides/real-data.md says where each comes from",
            )
        })
    }

    /// A file that is one JSON document.
    pub fn json(&self, name: &str) -> Result<Value, Refused> {
        serde_json::from_str(&self.text(name)?).map_err(|error| self.odd(name, error.line(), &error.to_string()))
    }

    /// A file of JSON lines.
    pub fn lines(&self, name: &str) -> Result<Vec<Line>, Refused> {
        let text = self.text(name)?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| match serde_json::from_str(line) {
                Ok(value) => Ok(Line { place: format!("{name}:{}", at + 1), value }),
                Err(error) => Err(self.odd(name, at + 1, &error.to_string())),
            })
            .collect()
    }

    fn odd(&self, name: &str, line: usize, what: &str) -> Refused {
        Refused::new(format!("{}:{line}: {what}", self.folder.join(name).display()), "fetch the data set again")
    }
}

/// One line of a data set.
pub struct Line {
    pub place: String,
    pub value: Value,
}

impl Line {
    /// A field that the data set's schema promises as text.
    pub fn text(&self, field: &str) -> Result<&str, Refused> {
        self.value[field].as_str().ok_or_else(|| self.lacks(field, "text"))
    }

    pub fn list(&self, field: &str) -> Result<&Vec<Value>, Refused> {
        self.value[field].as_array().ok_or_else(|| self.lacks(field, "a list"))
    }

    pub fn lacks(&self, field: &str, what: &str) -> Refused {
        Refused::new(format!("{}: `{field}` is not {what}", self.place), "the data set's schema says that it is")
    }
}

pub struct To {
    folder: PathBuf,
}

impl To {
    pub fn at(folder: &Path) -> Self {
        To { folder: folder.to_owned() }
    }

    /// Writes a file that is not there yet.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Refused> {
        let path = self.folder.join(name);
        let failed = |error: std::io::Error| {
            Refused::new(
                format!("cannot write `{}`: {error}", path.display()),
                "name a new folder; nothing is ever overwritten",
            )
        };
        fs::create_dir_all(path.parent().unwrap_or(&self.folder)).map_err(failed)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        let mut out = BufWriter::new(file);
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(failed)
    }

    /// Writes JSON lines.
    pub fn lines<'v>(&self, name: &str, values: impl IntoIterator<Item = &'v Value>) -> Result<(), Refused> {
        let mut text = String::new();
        for value in values {
            text.push_str(&value.to_string());
            text.push('\n');
        }
        self.write(name, &text)
    }
}
