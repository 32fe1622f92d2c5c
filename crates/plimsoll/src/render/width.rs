//! Text laid out for a terminal. Width is counted in columns and not in characters: one of Chinese, Japanese or Korean takes two,
//! an accent that is written on its own takes none.
//!
//! in      text that is `plain`, and so many columns
//! out     lines, beginnings or cells of at most that width
//! errors  none; a word of narrow letters that is longer than a line stays whole in `wrap`, so that it can be copied
//! source  Unicode Standard Annexes 11 (width) and 29 (what a reader takes for one character)

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Lines, broken at blanks, and within words of scripts that write none.
pub fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        for (at, part) in parts(word).into_iter().enumerate() {
            let gap = if at == 0 && !line.is_empty() { " " } else { "" };
            if line.is_empty() || width(&line) + gap.len() + width(part) <= most {
                line.push_str(gap);
                line.push_str(part);
            } else {
                lines.push(std::mem::replace(&mut line, part.to_owned()));
            }
        }
    }
    lines.push(line);
    lines
}

/// A word where a line may break: before a letter or digit, where it or what stands before it is wide. No line begins with a comma.
fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut after_wide) = (0, false);
    for (at, character) in word.grapheme_indices(true) {
        let is_wide = width(character) > 1 && !character.is_ascii();
        if at > 0 && (is_wide || after_wide) && character.starts_with(char::is_alphanumeric) {
            parts.push(&word[from..at]);
            from = at;
        }
        after_wide = is_wide;
    }
    parts.push(&word[from..]);
    parts
}

/// Lines, broken at blanks; a longer word is broken wherever the line ends.
pub fn broken(text: &str, most: usize) -> Vec<String> {
    wrap(text, most).into_iter().flat_map(|line| chunks(&line, most)).collect()
}

fn chunks(line: &str, most: usize) -> Vec<String> {
    let mut chunks = Vec::new();
    let mut chunk = String::new();
    for character in line.graphemes(true) {
        if !chunk.is_empty() && width(&chunk) + width(character) > most {
            chunks.push(std::mem::take(&mut chunk));
        }
        chunk.push_str(character);
    }
    chunks.push(chunk);
    chunks
}

/// The beginning of a text, as much of it as fits.
pub fn start(text: &str, most: usize) -> &str {
    let fits = |end: &usize| width(&text[..*end]) <= most;
    let ends = text.grapheme_indices(true).map(|(at, character)| at + character.len());
    &text[..ends.take_while(fits).last().unwrap_or(0)]
}

/// A text, where it is too long its beginning and dots.
pub fn cut(text: &str, most: usize) -> String {
    if width(text) <= most { text.to_owned() } else { format!("{}..", start(text, most.saturating_sub(2))) }
}

/// A text with blanks behind it up to a width.
pub fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JAPANESE: &str = "日本語の長い区分名テスト日本語の長い区分名テスト日本語の長い区分名テスト日本語";

    #[test]
    fn width_is_counted_in_columns() {
        assert_eq!(width("refund"), 6);
        assert_eq!(width("日本語"), 6, "two columns each");
        assert_eq!(width("환불"), 4);
        assert_eq!(width("cafe\u{301}"), 4, "the accent takes none");
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        let text = format!("seg={JAPANESE} (25.0 % of this set) -> production, stop accepting");
        for most in [12, 24, 55, 68] {
            let lines = wrap(&text, most);
            assert!(lines.iter().all(|line| width(line) <= most), "{most}: {lines:?}");
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(&text), "{most}: nothing is lost");
        }
        assert_eq!(wrap(&text, 30)[0], "seg=日本語の長い区分名テスト日", "a line is filled");
    }

    #[test]
    fn words_of_narrow_letters_stay_whole() {
        assert_eq!(wrap("a refund is due", 8), ["a refund", "is due"]);
        assert_eq!(wrap("see 01a22a0c-1a8f-72c3 now", 8), ["see", "01a22a0c-1a8f-72c3", "now"]);
        assert_eq!(wrap("a  b", 8), ["a  b"], "blanks stay as they are");
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("ключ ключ", 5), ["ключ", "ключ"]);
    }

    #[test]
    fn no_line_begins_with_a_comma() {
        assert_eq!(wrap("返金、解約", 5), ["返", "金、", "解約"]);
        assert_eq!(wrap("返金, 解約", 4), ["返", "金,", "解約"]);
    }

    #[test]
    fn cells_are_as_wide_as_their_column() {
        for text in ["refund", "返金の依頼と解約の依頼", "한국어 환불 요청입니다", "e\u{301}e\u{301}e\u{301}", ""]
        {
            let cell = padded(&cut(text, 9), 9);
            assert_eq!(width(&cell), 9, "{cell:?}");
        }
        assert_eq!(cut("explain-charge", 9), "explain..");
        assert_eq!(start("日本語", 5), "日本", "never half a character");
        assert_eq!(start("e\u{301}e\u{301}", 1), "e\u{301}");
        assert_eq!(broken("aaaaaaaaaa 返金、返金", 6), ["aaaaaa", "aaaa", "返金、", "返金"]);
    }
}
