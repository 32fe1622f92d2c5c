//! The lines that faults stand in, read from their files once more; a line that cannot be had is left out.

use camino::{Utf8Path, Utf8PathBuf};
use domain::fault::{Faults, Place};
use domain::format::yaml::line_of;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// A longer line is not shown: its place and what was found say more.
const LONGEST: usize = 16 << 10;
/// A file of more bytes is read line by line.
const WHOLE: u64 = 4 << 20;

pub struct Lines(BTreeMap<(Utf8PathBuf, u32), String>);

impl Lines {
    pub fn of(faults: &Faults) -> Self {
        let mut wanted: BTreeMap<&Utf8Path, BTreeSet<u32>> = BTreeMap::new();
        for fault in faults.iter() {
            wanted.entry(&fault.place.file).or_default().insert(fault.place.line);
        }
        let mut lines = BTreeMap::new();
        for (file, numbers) in wanted {
            let found = read(file, &numbers).unwrap_or_default();
            lines.extend(found.into_iter().map(|(number, text)| ((file.to_owned(), number), text)));
        }
        Lines(lines)
    }

    pub fn get(&self, place: &Place) -> Option<&str> {
        self.0.get(&(place.file.clone(), place.line)).map(String::as_str)
    }
}

/// Nothing but a file on disk is opened: a pipe would wait, and was read already.
fn read(file: &Utf8Path, numbers: &BTreeSet<u32>) -> std::io::Result<Vec<(u32, String)>> {
    let about = std::fs::metadata(file)?;
    // Of Parquet a place is a row, and the bytes there say nothing to people.
    if !about.is_file() || file.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("parquet")) {
        return Ok(Vec::new());
    }
    let mut reader = BufReader::new(File::open(file)?);
    if about.len() > WHOLE || file.extension() == Some("jsonl") {
        return streamed(&mut reader, numbers);
    }
    let mut bytes = Vec::new();
    reader.take(WHOLE).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let line = |number: &u32| (*number, line_of(text, *number).to_owned());
    Ok(numbers.iter().map(line).filter(|(_, line)| line.len() <= LONGEST).collect())
}

fn streamed(reader: &mut impl BufRead, numbers: &BTreeSet<u32>) -> std::io::Result<Vec<(u32, String)>> {
    let mut lines = Vec::new();
    let mut number = 0;
    for wanted in numbers {
        while number + 1 < *wanted {
            if reader.skip_until(b'\n')? == 0 {
                return Ok(lines);
            }
            number += 1;
        }
        let mut line = Vec::new();
        reader.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut line)?;
        number += 1;
        if line.len() > LONGEST && line.last() != Some(&b'\n') {
            reader.skip_until(b'\n')?;
            continue;
        }
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
        lines.push((*wanted, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)));
    }
    Ok(lines)
}
