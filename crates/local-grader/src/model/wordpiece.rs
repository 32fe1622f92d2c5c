//! Text as the pieces of words that a BERT model knows.
//!
//! in      a vocabulary, one piece a line; a text
//! out     the numbers of its pieces
//! errors  a vocabulary that lacks the pieces which frame a text
//! source  the tokenizer of BERT (Devlin et al. 2019): cleaned, accents taken off with the case, split at space and punctuation, then
//!         the longest known pieces from the left

use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words longer than this are unknown.
const LONGEST_WORD: usize = 100;

pub struct Pieces {
    numbers: HashMap<String, u32>,
    lower: bool,
    unknown: u32,
    first: u32,
    last: u32,
}

impl Pieces {
    pub fn new(vocabulary: &str, lower: bool) -> Result<Self, &'static str> {
        let numbers: HashMap<String, u32> =
            vocabulary.lines().enumerate().map(|(at, piece)| (piece.to_owned(), at as u32)).collect();
        let number = |piece: &str| numbers.get(piece).copied().ok_or("it lacks [UNK], [CLS] or [SEP]");
        let (unknown, first, last) = (number("[UNK]")?, number("[CLS]")?, number("[SEP]")?);
        Ok(Pieces { numbers, lower, unknown, first, last })
    }

    pub fn count(&self) -> usize {
        self.numbers.values().max().map_or(0, |most| *most as usize + 1)
    }

    /// The pieces of a text, without the frame.
    pub fn of(&self, text: &str) -> Vec<u32> {
        let mut pieces = Vec::new();
        for word in words(text, self.lower) {
            self.word(&word, &mut pieces);
        }
        pieces
    }

    pub fn framed(&self, pieces: &[u32]) -> Vec<u32> {
        std::iter::once(self.first).chain(pieces.iter().copied()).chain([self.last]).collect()
    }

    fn word(&self, word: &str, pieces: &mut Vec<u32>) {
        let before = pieces.len();
        let mut rest = word;
        while !rest.is_empty() && word.chars().count() <= LONGEST_WORD {
            let follows = rest.len() < word.len();
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let longest = ends.filter_map(|end| Some((end, self.number(&rest[..end], follows)?))).next();
            match longest {
                Some((end, number)) => {
                    pieces.push(number);
                    rest = &rest[end..];
                }
                None => break,
            }
        }
        if !rest.is_empty() {
            pieces.truncate(before);
            pieces.push(self.unknown);
        }
    }

    fn number(&self, piece: &str, follows: bool) -> Option<u32> {
        match follows {
            true => self.numbers.get(&format!("##{piece}")).copied(),
            false => self.numbers.get(piece).copied(),
        }
    }
}

fn words(text: &str, lower: bool) -> Vec<String> {
    let cleaned = text.chars().filter(|c| *c != '\0' && *c != '\u{fffd}' && (c.is_whitespace() || !is_control(*c)));
    let text: String = match lower {
        true => cleaned.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect(),
        false => cleaned.collect(),
    };
    let mut words = vec![String::new()];
    for c in text.chars() {
        if c.is_whitespace() {
            words.push(String::new());
        } else if is_punctuation(c) || is_ideograph(c) {
            words.extend([c.to_string(), String::new()]);
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Control characters and those that only shape text.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// All of ASCII that is neither letter nor digit, and the blocks of punctuation beyond.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            c,
            '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{55a}'
                ..='\u{55f}' | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{964}' | '\u{965}'
        )
        || matches!(c, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{2e00}'..='\u{2e5d}' | '\u{3001}'..='\u{3003}')
        || matches!(c, '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}' | '\u{ff1b}' | '\u{ff1f}')
}

/// The characters that BERT reads one by one.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fall_into_the_longest_pieces_from_the_left() {
        let pieces = Pieces::new("[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\n##a\n##ble\n,\ncafe\n東", true).unwrap();
        assert_eq!(pieces.of("Unaffable, CAFÉ東x\u{200b} un\u{0}"), [3, 4, 5, 8, 9, 10, 0, 3]);
        assert_eq!(pieces.framed(&[3]), [1, 3, 2]);
        assert_eq!(pieces.of(&"un".repeat(51)), [0]);
        assert!(Pieces::new("a\nb", true).is_err());
    }
}
