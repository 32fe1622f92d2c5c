//! One line of a JSON-lines file, and what may be wrong with it.

use super::json;
use super::shape::{self, Shape};
use super::yaml::{Node, NodeKind, Spot};
use crate::fault::{Fault, Faults, Place};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use std::borrow::Cow;

/// Longest line that is read, in bytes; a longer one is a fault.
pub const LONGEST_LINE: usize = 16 << 20;

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
pub struct LinePlace<'a> {
    pub file: &'a Utf8Path,
    pub line: u32,
}

/// A broken rule about the value at a path: `provenance.weight`, `input.tools.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub path: Cow<'static, str>,
    pub what: String,
    pub help: &'static str,
}

impl LinePlace<'_> {
    pub fn fault(&self, column: u32, found: &str, what: impl Into<String>, help: impl Into<String>) -> Fault {
        const SHOWN: usize = 60;
        let found = if found.chars().nth(SHOWN).is_some() {
            found.chars().take(SHOWN).chain("...".chars()).collect()
        } else {
            found.to_owned()
        };
        let place = Place { file: Utf8PathBuf::from(self.file), line: self.line, column };
        Fault { place, found, what: what.into(), help: help.into() }
    }

    /// A fault at the value of a field of this line, or at the nearest around it.
    pub fn fault_at(&self, text: &str, path: &str, what: impl Into<String>, help: impl Into<String>) -> Fault {
        let at = json::tree(*self, text).ok().map(|node| spot(&node, path));
        let (column, found) = at.map_or((1, text), |at| (at.column, text.get(at.start..at.end).unwrap_or("")));
        self.fault(column, found, what, help)
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
    pub fn text<'t>(&self, bytes: &'t [u8]) -> Result<&'t str, Faults> {
        std::str::from_utf8(bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let column = before.chars().count() as u32 + 1;
            let found: String = before.chars().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect();
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or(0);
            let what = format!("this line is not UTF-8: byte 0x{byte:02x} after the text shown");
            self.fault(column, &found, what, "write the file as UTF-8").into()
        })
    }

    /// Everything that is wrong with a line which was refused: its JSON, else its shape, else its rules.
    pub fn faults(&self, text: &str, shape: &Shape, rules: fn(&Value) -> Vec<Wrong>) -> Faults {
        let node = match json::tree(*self, text) {
            Ok(node) => node,
            Err(fault) => return (*fault).into(),
        };
        let mut faults = shape::faults(shape, &node, *self, text);
        for wrong in rules(&node.to_json()) {
            let at = spot(&node, &wrong.path);
            let found = text.get(at.start..at.end).unwrap_or("");
            // What has not its shape breaks rules that say nothing more.
            let shape_is_wrong =
                |fault: &Fault| (at.column..at.column + found.chars().count() as u32).contains(&fault.place.column);
            if !faults.iter().any(shape_is_wrong) {
                faults.push(self.fault(at.column, found, wrong.what, wrong.help));
            }
        }
        match Faults::none_or(faults) {
            Err(faults) => faults,
            Ok(()) => {
                self.fault(1, text, "this line cannot be read", "compare it with the format's description").into()
            }
        }
    }
}

/// Where the value at a path stands, or the nearest around it.
fn spot(node: &Node, path: &str) -> Spot {
    let mut at = node;
    for part in path.split('.') {
        let below = match &at.kind {
            NodeKind::Map(entries) => entries.iter().find(|(key, _)| key.text == part).map(|(_, value)| value),
            NodeKind::List(items) => part.parse().ok().and_then(|position: usize| items.get(position)),
            _ => None,
        };
        match below {
            Some(value) => at = value,
            None => break,
        }
    }
    at.at
}
