//! Lines of a file with their numbers and places, in bounded memory.
//!
//! A line longer than the limit is passed over without being kept, and said.

use domain::format::lines::LONGEST_LINE;
use std::io::{self, BufRead};

/// One line without its end.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub number: u32,
    pub offset: u64,
    pub bytes: &'a [u8],
    /// The line was longer than the limit; `bytes` is empty.
    pub too_long: bool,
}

pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u32,
    offset: u64,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R) -> Self {
        Lines { reader, buffer: Vec::new(), number: 0, offset: 0 }
    }

    /// The next line that holds more than white space. (Not an iterator: lines borrow the buffer.)
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let mut offset = self.offset;
            let too_long = self.fill()?;
            if self.offset == offset {
                return Ok(None);
            }
            self.number += 1;
            if self.number == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
                self.buffer.drain(..3);
                offset += 3;
            }
            if too_long {
                return Ok(Some(Line { number: self.number, offset, bytes: &[], too_long }));
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Line { number: self.number, offset, bytes: self.buffer.trim_ascii_end(), too_long }));
            }
        }
    }

    /// Reads up to and with the next line feed; true where the line was too long to keep.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        let mut too_long = false;
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok(too_long);
            }
            let end = memchr::memchr(b'\n', available);
            let taken = end.map_or(available.len(), |at| at + 1);
            if self.buffer.len() + taken > LONGEST_LINE {
                too_long = true;
                self.buffer.clear();
            }
            if !too_long {
                self.buffer.extend_from_slice(&available[..taken]);
            }
            self.reader.consume(taken);
            self.offset += taken as u64;
            if end.is_some() {
                return Ok(too_long);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_marks_are_passed_over_and_numbers_and_offsets_kept() {
        let mut lines = Lines::new("\u{feff}{a}\r\n\n  \n{b}".as_bytes());
        let first = lines.next().unwrap().unwrap();
        assert_eq!((first.number, first.offset, first.bytes), (1, 3, b"{a}".as_slice()));
        let second = lines.next().unwrap().unwrap();
        assert_eq!((second.number, second.bytes), (4, b"{b}".as_slice()));
        assert!(lines.next().unwrap().is_none());
    }

    #[test]
    fn a_line_of_fifty_megabytes_is_said_and_not_kept() {
        let mut text = vec![b'x'; 50 << 20];
        text.extend_from_slice(b"\n{}\n");
        let mut lines = Lines::new(text.as_slice());
        assert!(lines.next().unwrap().unwrap().too_long);
        assert!(lines.buffer.capacity() <= LONGEST_LINE * 2);
        assert_eq!(lines.next().unwrap().unwrap().number, 2);
    }
}
