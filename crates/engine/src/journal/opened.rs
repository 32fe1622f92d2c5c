//! Reads a file of a journal before it is written on.

use super::line::unsealed;
use crate::jsonl::Lines;
use camino::Utf8Path;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};

/// What a file of a journal held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Lines that are whole and of use.
    pub kept: u64,
    /// Lines that were never acknowledged and are torn.
    pub torn: u64,
    /// Whole lines that `keep` has no use for; they stand in the file beside, whose name ends in `.left.jsonl`.
    pub left: u64,
}

/// Shows each whole line, without its end, to `keep`, and leaves those that it keeps in the file. A file that does not exist
/// holds none.
pub fn open(path: &Utf8Path, mut keep: impl FnMut(&[u8]) -> bool) -> io::Result<Opened> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::default()),
        file => file?,
    };
    // What a run wrote that was killed before it could sync counts from here on, and may be graded: it is made durable first.
    file.sync_data()?;
    in_its_folder(path)?;
    let mut opened = Opened::default();
    let mut useful = Vec::new();
    let ended = ends_a_line(path)?;
    let mut lines = Lines::new(BufReader::with_capacity(1 << 20, file));
    let mut last = false;
    while let Some(line) = lines.next()? {
        let whole = !line.too_long && unsealed(line.bytes);
        last = whole;
        let kept = whole && keep(line.bytes);
        opened.kept += u64::from(kept);
        opened.torn += u64::from(!whole);
        opened.left += u64::from(whole && !kept);
        useful.push((whole, kept));
    }
    // A last line that is whole but for its end was not acknowledged, and its answer is as good as any.
    if opened.torn > 0 || opened.left > 0 || (last && !ended) {
        rewrite(path, &useful)?;
    }
    Ok(opened)
}

fn ends_a_line(path: &Utf8Path) -> io::Result<bool> {
    use std::os::unix::fs::FileExt;
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    Ok(last == *b"\n")
}

/// Writes the file again with the lines that are kept; whole ones that are not go to the file beside it first.
fn rewrite(path: &Utf8Path, useful: &[(bool, bool)]) -> io::Result<()> {
    let mut left = BufWriter::new(File::options().create(true).append(true).open(path.with_extension("left.jsonl"))?);
    let mut kept = BufWriter::new(tempfile::NamedTempFile::new_in(folder(path))?);
    let mut lines = Lines::new(BufReader::with_capacity(1 << 20, File::open(path)?));
    let mut useful = useful.iter();
    while let (Some(line), Some((whole, keep))) = (lines.next()?, useful.next()) {
        let to: &mut dyn Write = match (whole, keep) {
            (true, true) => &mut kept,
            (true, false) => &mut left,
            _ => continue,
        };
        to.write_all(line.bytes)?;
        to.write_all(b"\n")?;
    }
    left.flush()?;
    left.get_ref().sync_all()?;
    let kept = kept.into_inner().map_err(io::IntoInnerError::into_error)?;
    kept.as_file().sync_all()?;
    kept.persist(path)?;
    in_its_folder(path)
}

/// Makes the name of a file durable.
fn in_its_folder(path: &Utf8Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Utf8Path) -> &Utf8Path {
    path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."))
}
