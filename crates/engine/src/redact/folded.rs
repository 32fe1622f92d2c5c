//! A text as its patterns read it: wide letters and signs, and digits of any script, as the plain ones that they stand for.
//!
//! in      text
//! out     the plain text; where in the text a part of it stands
//! source  Unicode: halfwidth and fullwidth forms (U+FF01 to U+FF5E) lie as ASCII does; decimal digits (Nd) lie in runs from 0 to 9

use std::borrow::Cow;
use std::ops::Range;

/// The zeros of scripts whose digits are not those of ASCII, in their order.
const ZEROS: [char; 21] = [
    '\u{660}', '\u{6F0}', '\u{7C0}', '\u{966}', '\u{9E6}', '\u{A66}', '\u{AE6}', '\u{B66}', '\u{BE6}', '\u{C66}',
    '\u{CE6}', '\u{D66}', '\u{DE6}', '\u{E50}', '\u{ED0}', '\u{F20}', '\u{1040}', '\u{17E0}', '\u{1810}', '\u{A9D0}',
    '\u{ABF0}',
];

pub struct Folded<'t> {
    pub text: Cow<'t, str>,
    /// Where each byte of the plain text stands in the text, and where it ends; empty where the two are the same.
    places: Vec<usize>,
}

impl<'t> Folded<'t> {
    pub fn of(text: &'t str) -> Self {
        if text.chars().all(|c| c.is_ascii() || plain(c) == c) {
            return Folded { text: Cow::Borrowed(text), places: Vec::new() };
        }
        let (mut folded, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
        for (at, c) in text.char_indices() {
            folded.push(plain(c));
            places.resize(folded.len(), at);
        }
        places.push(text.len());
        Folded { text: Cow::Owned(folded), places }
    }

    /// Where a part of the plain text stands in the text.
    pub fn place(&self, part: Range<usize>) -> Range<usize> {
        let at = |byte: usize| self.places.get(byte).copied().unwrap_or(byte);
        at(part.start)..at(part.end)
    }
}

fn plain(c: char) -> char {
    let is_digit_of = |zero: &char| (*zero..=offset(*zero, 9)).contains(&c);
    match c {
        '\u{FF01}'..='\u{FF5E}' => offset('!', u32::from(c) - 0xFF01),
        // Bold, double-struck, sans-serif and monospace ones, one run after the other.
        '\u{1D7CE}'..='\u{1D7FF}' => offset('0', (u32::from(c) - 0x1D7CE) % 10),
        '\u{660}'..='\u{ABF9}' => match ZEROS.into_iter().find(is_digit_of) {
            Some(zero) => offset('0', u32::from(c) - u32::from(zero)),
            None => c,
        },
        _ => c,
    }
}

fn offset(from: char, by: u32) -> char {
    char::from_u32(u32::from(from) + by).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_signs_and_digits_of_any_script_are_read_as_plain_ones_where_they_stand() {
        let text = "é ａ＠ｂ ٤٢ 🙂 ４२𝟗";
        let folded = Folded::of(text);
        assert_eq!(folded.text, "é a@b 42 🙂 429");
        for (plain, stands) in [("a@b", "ａ＠ｂ"), ("42 ", "٤٢ "), ("429", "４२𝟗"), ("é", "é")] {
            let at = folded.text.find(plain).unwrap();
            assert_eq!(&text[folded.place(at..at + plain.len())], stands);
        }
        assert!(matches!(Folded::of("plain, größer").text, Cow::Borrowed(_)));
        assert_eq!(Folded::of("größer").place(2..4), 2..4);
    }

    /// Every decimal digit that the regular expressions know.
    #[test]
    fn each_zero_begins_a_run_of_ten_digits() {
        let digit = regex::Regex::new(r"^\p{Nd}$").unwrap();
        for zero in ZEROS {
            for by in 0..10 {
                let c = offset(zero, by);
                assert!(digit.is_match(&c.to_string()), "{c:?}");
                assert_eq!(plain(c), char::from_digit(by, 10).unwrap());
            }
            assert!(!digit.is_match(&offset(zero, 10).to_string()) || ZEROS.contains(&offset(zero, 10)));
        }
    }
}
