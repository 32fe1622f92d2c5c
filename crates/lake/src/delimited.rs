//! Rows of CSV and TSV with the place of every cell; quoted cells may hold separators, quotes and line ends.
//!
//! in      bytes
//! out     rows of cells, each with its line; the line and column of a cell where somebody asks
//! errors  a row longer than a line may be; a quote that the file closes nowhere, which would take all rows below for one cell
//! note    blank lines are passed over, a byte order mark too. Memory: the row at hand and what is read ahead

use domain::format::lines::LONGEST_LINE;
use std::io::{self, Read};

/// Bytes that are read ahead.
const AHEAD: usize = 1 << 16;

pub struct Rows<R> {
    reader: csv::Reader<Window<R>>,
    record: csv::ByteRecord,
    separator: u8,
}

/// One row.
pub struct Row<'r, R> {
    rows: &'r Rows<R>,
    pub line: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum RowError {
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    #[error("the row that begins on line {line} is longer than 16 MB")]
    TooLong { line: u32 },
    #[error("the quote on line {line}, column {column} is never closed")]
    OpenQuote { line: u32, column: u32 },
}

impl RowError {
    /// Where the table is broken, what is wrong there and what to do; nothing of a table that cannot be read at all.
    pub fn fault(&self) -> Option<((u32, u32), &'static str, &'static str)> {
        match *self {
            RowError::Unreadable(_) => None,
            RowError::TooLong { line } => {
                let help = "look for a quote that is not closed; keep long documents in files of their own";
                Some(((line, 1), "this row is longer than 16 MB", help))
            }
            RowError::OpenQuote { line, column } => {
                let help = "close it, or write a quote that belongs to the text as two inside of quotes: \"\"";
                Some(((line, column), "this quote is never closed, and takes all that follows into its cell", help))
            }
        }
    }
}

/// A reader that keeps what was read since the row at hand began.
struct Window<R> {
    reader: R,
    kept: Vec<u8>,
    /// Offset of the first byte that is kept.
    from: u64,
    /// Where the row at hand begins.
    row: u64,
    /// Whether nothing is left to read. That is only known while the last row is read.
    ended: bool,
}

impl<R> Window<R> {
    fn begin(&mut self, row: u64) {
        self.row = row;
        let passed = row.saturating_sub(self.from) as usize;
        // Moving the rest costs; it is done once for many rows.
        if passed > 4 * AHEAD {
            self.kept.drain(..passed.min(self.kept.len()));
            self.from = row;
        }
    }

    fn row(&self) -> &[u8] {
        self.kept.get(self.row.saturating_sub(self.from) as usize..).unwrap_or(&[])
    }
}

impl<R: Read> Read for Window<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.row().len() > LONGEST_LINE + AHEAD {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let count = self.reader.read(buffer)?;
        self.ended |= count == 0;
        self.kept.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

impl<R: Read> Rows<R> {
    pub fn new(reader: R, separator: u8) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .buffer_capacity(AHEAD)
            .from_reader(Window { reader, kept: Vec::new(), from: 0, row: 0, ended: false });
        Rows { reader, record: csv::ByteRecord::new(), separator }
    }

    /// The next row; `None` at the end. (Not an iterator: rows borrow what is read.)
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Row<'_, R>>, RowError> {
        let begins = self.reader.position().byte();
        let line = self.reader.position().line() as u32;
        self.reader.get_mut().begin(begins);
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let line = self.record.position().map_or(line, |position| position.line() as u32);
                // What is left of the line end before, and blank lines, stand before the row.
                let before = self.reader.get_ref().row().iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
                let line = line + before.filter(|byte| **byte == b'\n').count() as u32;
                match self.open_quote(line) {
                    Some((line, column)) => Err(RowError::OpenQuote { line, column }),
                    None => Ok(Some(Row { rows: self, line })),
                }
            }
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => RowError::TooLong { line },
                csv::ErrorKind::Io(error) => RowError::Unreadable(error),
                other => RowError::Unreadable(io::Error::other(format!("{other:?}"))),
            }),
        }
    }
}

impl<R: Read> Rows<R> {
    /// The row at hand as it stands in the file, and whatever of the rows after it was read.
    fn text(&self) -> String {
        let raw = String::from_utf8_lossy(self.reader.get_ref().row());
        raw.trim_start_matches('\u{feff}').to_owned()
    }

    /// Where a quote opens that nothing closes: such a cell goes to the end of the file.
    fn open_quote(&self, line: u32) -> Option<(u32, u32)> {
        if !self.reader.get_ref().ended {
            return None;
        }
        let last = cells_of(&self.text(), char::from(self.separator), line).pop()?;
        last.is_open.then_some(last.begins)
    }
}

impl<R: Read> Row<'_, R> {
    /// How many cells the row has.
    pub fn len(&self) -> usize {
        self.rows.record.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn cells(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.record.iter()
    }

    /// Line and column of a cell.
    pub fn place(&self, cell: usize) -> (u32, u32) {
        place_in(&self.rows.text(), char::from(self.rows.separator), self.line, cell)
    }
}

/// Names of the columns, as the first row has them; another separator that was probably meant.
pub fn names<R: Read>(header: &Row<R>) -> Result<Vec<String>, char> {
    let names: Vec<String> = header
        .cells()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    match names.as_slice() {
        [only] => match [';', '\t', ',', '|'].into_iter().find(|other| only.contains(*other)) {
            Some(other) if other != char::from(header.rows.separator) => Err(other),
            _ => Ok(names),
        },
        _ => Ok(names),
    }
}

fn place_in(text: &str, separator: char, line: u32, cell: usize) -> (u32, u32) {
    cells_of(text, separator, line).get(cell).map_or((line, 1), |cell| cell.begins)
}

/// A cell in the text of its row.
struct CellAt {
    begins: (u32, u32),
    /// Within quotes that were not closed.
    is_open: bool,
}

/// The cells of the row that a text begins with.
fn cells_of(text: &str, separator: char, line: u32) -> Vec<CellAt> {
    let mut characters = text.chars().peekable();
    // Line ends before the row are counted in its line already.
    while characters.next_if(|c| matches!(c, '\n' | '\r')).is_some() {}
    let mut here = (line, 1);
    let mut cells = Vec::new();
    let mut opens = characters.peek() == Some(&'"');
    let mut cell = CellAt { begins: here, is_open: opens };
    while let Some(character) = characters.next() {
        here = if character == '\n' { (here.0 + 1, 1) } else { (here.0, here.1 + 1) };
        if cell.is_open {
            let doubled = character == '"' && !opens && characters.peek() == Some(&'"');
            if doubled {
                characters.next();
                here.1 += 1;
            } else if character == '"' && !opens {
                cell.is_open = false;
            }
            opens = false;
        } else if character == separator {
            opens = characters.peek() == Some(&'"');
            cells.push(std::mem::replace(&mut cell, CellAt { begins: here, is_open: opens }));
        } else if matches!(character, '\n' | '\r') {
            break;
        }
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_behind_quotes_and_line_ends() {
        let text = "a,\"b, \"\"c\"\"\nd\",é,1\nnext,row";
        assert_eq!(place_in(text, ',', 7, 0), (7, 1));
        assert_eq!(place_in(text, ',', 7, 1), (7, 3));
        assert_eq!(place_in(text, ',', 7, 2), (8, 4));
        assert_eq!(place_in(text, ',', 7, 3), (8, 6));
        assert_eq!(place_in(text, ',', 7, 9), (7, 1));
        assert_eq!(place_in("5\" pipe,2", ',', 1, 1), (1, 9), "a quote inside a cell opens nothing");
        assert_eq!(place_in("\"\",x", ',', 1, 1), (1, 4));
    }

    #[test]
    fn rows_know_their_lines_and_the_places_of_their_cells() {
        let text = "\u{feff}a,b\r\n\r\n1,\"two\r\nlines\"\r\n\n3,\"4\"\n";
        let mut rows = Rows::new(text.as_bytes(), b',');
        let mut seen = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            seen.push((row.line, row.place(0), row.place(1), row.len()));
        }
        assert_eq!(seen, [(1, (1, 1), (1, 3), 2), (3, (3, 1), (3, 3), 2), (6, (6, 1), (6, 3), 2)]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_where_it_opens() {
        let open = |text: &str| {
            let mut rows = Rows::new(text.as_bytes(), b',');
            loop {
                match rows.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => return None,
                    Err(RowError::OpenQuote { line, column }) => return Some((line, column)),
                    Err(error) => panic!("{error}"),
                }
            }
        };
        assert_eq!(open("a,b\n1,\"er sagt\n2,x\n3,y\n"), Some((2, 3)));
        assert_eq!(open("a,b\n1,\"er sagt"), Some((2, 3)));
        assert_eq!(open("a,b\n1,\"two\nlines\",\"\"\"\n"), Some((3, 8)));
        assert_eq!(open("a,b\n1,\""), Some((2, 3)));
        assert_eq!(open("\u{feff}\"a,b\n"), Some((1, 1)));
        for closed in [
            "a,b\n1,\"x\"",
            "a,b\n1,\"x\n\"\n",
            "a,b\n1,5\" pipe",
            "a,b\n1,\"say \"\"x\"\"\"\n\n",
            "a,b\n\"\",\"\"",
            "",
        ] {
            assert_eq!(open(closed), None, "{closed:?}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_no_row_of_fifty_megabytes() {
        let mut text = b"a,b\n1,\"".to_vec();
        text.resize(50 << 20, b'x');
        let mut rows = Rows::new(text.as_slice(), b',');
        assert!(rows.next().unwrap().is_some());
        assert!(matches!(rows.next(), Err(RowError::TooLong { line: 2 })));
        assert!(rows.reader.get_ref().kept.capacity() < 3 * LONGEST_LINE);
    }

    #[test]
    fn many_rows_are_passed_without_being_kept() {
        let text = "some,cells\n".repeat(200_000);
        let mut rows = Rows::new(text.as_bytes(), b',');
        let mut count = 0;
        while let Some(row) = rows.next().unwrap() {
            count += 1;
            assert_eq!(row.line, count);
        }
        assert_eq!(count, 200_000);
        assert!(rows.reader.get_ref().kept.capacity() < 1 << 20);
    }
}
