//! Whole examples while answers are graded: kept in memory where the set is small, read again from their files where not.

use domain::example::Example;
use domain::format::examples::{Read, parse};
use domain::format::lines::LinePlace;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use std::borrow::Cow;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Mutex;

/// Bytes of example lines up to which all are kept parsed.
const KEPT_BYTES: u64 = 96 << 20;

pub struct Documents<'s> {
    set: &'s ReferenceSet,
    kept: Option<Vec<Example>>,
    files: Mutex<Vec<Option<std::sync::Arc<File>>>>,
}

/// Collects parsed examples while a set is read, as long as they are few.
#[derive(Default)]
pub struct Keeper {
    bytes: u64,
    examples: Vec<Example>,
}

impl Keeper {
    /// Keeps the next example of the set, unless there are too many.
    pub fn keep(&mut self, example: Example) {
        // The document's size in memory is not known; its line is a fair measure, and is not at hand: count fields.
        self.bytes += example.document.to_string().len() as u64;
        if self.bytes <= KEPT_BYTES {
            self.examples.push(example);
        } else {
            self.examples = Vec::new();
        }
    }
}

impl<'s> Documents<'s> {
    pub fn new(set: &'s ReferenceSet, keeper: Keeper) -> Self {
        let whole = keeper.examples.len() == set.rows.len() && !set.rows.is_empty();
        let files = Mutex::new(set.files.iter().map(|_| None).collect());
        Documents { set, kept: whole.then_some(keeper.examples), files }
    }

    /// The example; `None` where its file has changed under us.
    pub fn get(&self, index: ExampleIndex) -> Option<Cow<'_, Example>> {
        match &self.kept {
            Some(kept) => kept.get(index.0 as usize).map(Cow::Borrowed),
            None => self.read(index).map(Cow::Owned),
        }
    }

    fn read(&self, index: ExampleIndex) -> Option<Example> {
        let row = self.set.rows.get(index.0 as usize)?;
        let path = self.set.files.get(row.kept.file as usize)?;
        let file = self.file(row.kept.file as usize)?;
        let mut bytes = vec![0; row.kept.length as usize];
        file.read_exact_at(&mut bytes, row.kept.offset).ok()?;
        let place = LinePlace { file: path, line: row.kept.line };
        let text = std::str::from_utf8(&bytes).ok()?.trim_start_matches('\u{feff}');
        match parse(place, text) {
            Ok(Read::Example(example)) if example.digest == row.digest => Some(*example),
            _ => None,
        }
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
