//! What graders look at of the examples, while answers are graded: kept as text where the set is small, read again from
//! its files where not, and compared with what was there before. Fields that no grader reads are passed over.

use domain::criterion::Criterion;
use domain::digest::quick_hash;
use domain::example::Example;
use domain::format::examples::document;
use domain::json_text::{write_as_is, write_text};
use domain::reference_set::{ExampleIndex, ReferenceSet};
use serde_json::Value;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;

/// Bytes of text that are kept, well below what the places of their ends can name.
const KEPT_BYTES: usize = 64 << 20;
const FIELDS: [&str; 5] = ["id", "task", "input", "expected", "attributes"];

pub struct Documents<'s> {
    set: &'s ReferenceSet,
    kept: Keeper,
    files: Mutex<Vec<Option<std::sync::Arc<File>>>>,
}

/// Collects what graders look at while a set is read: the text as long as it is little, and a hash of it.
pub struct Keeper {
    fields: Vec<&'static str>,
    texts: String,
    /// Where each example's text ends.
    ends: Vec<u32>,
    hashes: Vec<u32>,
    /// Bytes of text up to which all is kept.
    most: usize,
    /// There was more than is kept.
    full: bool,
}

impl Keeper {
    /// For the graders of these criteria.
    pub fn new(criteria: &[Criterion]) -> Self {
        Self::up_to(KEPT_BYTES, criteria)
    }

    /// What questions are made of. What of it a system or a judge may see is settled where its question is made.
    pub fn for_questions() -> Self {
        Keeper {
            fields: FIELDS.to_vec(),
            texts: String::new(),
            ends: Vec::new(),
            hashes: Vec::new(),
            most: KEPT_BYTES,
            full: false,
        }
    }

    /// Keeps no more than so many bytes; 0 keeps nothing.
    pub fn up_to(most: usize, criteria: &[Criterion]) -> Self {
        let read = |field: &&str| criteria.iter().any(|criterion| criterion.grader.reads(field));
        let fields = FIELDS.into_iter().filter(read).collect();
        Keeper { fields, texts: String::new(), ends: Vec::new(), hashes: Vec::new(), most, full: false }
    }

    /// Keeps what is looked at of the next example of the set.
    pub fn keep(&mut self, example: &Example) {
        if self.fields.is_empty() {
            return;
        }
        let start = self.texts.len();
        write(&self.fields, &example.document, &mut self.texts);
        self.hashes.push(hash(&self.texts.as_bytes()[start..]));
        if self.full {
            self.texts.clear();
            return;
        }
        self.ends.push(self.texts.len() as u32);
        if self.texts.len() > self.most {
            (self.texts, self.ends, self.full) = (String::new(), Vec::new(), true);
        }
    }

    fn text(&self, at: usize) -> Option<&str> {
        let start = if at == 0 { 0 } else { *self.ends.get(at - 1)? as usize };
        self.texts.get(start..*self.ends.get(at)? as usize)
    }
}

/// Some fields of a document as JSON.
fn write(fields: &[&str], document: &Value, text: &mut String) {
    let mut separator = '{';
    for field in fields {
        if let Some(value) = document.get(field) {
            text.push(separator);
            write_text(field, text);
            text.push(':');
            write_as_is(value, text);
            separator = ',';
        }
    }
    text.push_str(if separator == '{' { "{}" } else { "}" });
}

fn hash(text: &[u8]) -> u32 {
    quick_hash(text) as u32
}

impl<'s> Documents<'s> {
    pub fn new(set: &'s ReferenceSet, kept: Keeper) -> Self {
        let files = Mutex::new(set.files.iter().map(|_| None).collect());
        Documents { set, kept, files }
    }

    /// What graders look at of an example; `None` where its file has changed under us.
    pub fn get(&self, index: ExampleIndex) -> Option<Value> {
        if self.kept.fields.is_empty() {
            return Some(Value::Null);
        }
        match self.kept.full {
            false => serde_json::from_str(self.kept.text(index.0 as usize)?).ok(),
            true => self.read(index),
        }
    }

    fn read(&self, index: ExampleIndex) -> Option<Value> {
        let row = self.set.rows.get(index.0 as usize)?;
        let file = self.file(row.kept.file as usize)?;
        let mut bytes = vec![0; row.kept.length as usize];
        file.read_exact_at(&mut bytes, row.kept.offset).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let document = document(text, &row.id, &self.kept.fields)?;
        let mut looked_at = String::with_capacity(bytes.len());
        write(&self.kept.fields, &document, &mut looked_at);
        (self.kept.hashes.get(index.0 as usize) == Some(&hash(looked_at.as_bytes()))).then_some(document)
    }

    fn file(&self, at: usize) -> Option<std::sync::Arc<File>> {
        let mut files = self.files.lock().ok()?;
        let slot = files.get_mut(at)?;
        if slot.is_none() {
            *slot = Some(std::sync::Arc::new(File::open(&self.set.files[at]).ok()?));
        }
        slot.clone()
    }
}
