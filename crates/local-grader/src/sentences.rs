//! The sentences of a text: what stands between ends of lines and the marks that end a sentence.

/// Sentences that hold a letter or a digit, without the space around them.
pub fn sentences(text: &str) -> Vec<&str> {
    text.lines().flat_map(of_line).filter(|sentence| sentence.chars().any(char::is_alphanumeric)).collect()
}

fn of_line(line: &str) -> Vec<&str> {
    let (mut found, mut start) = (Vec::new(), 0);
    for (at, mark) in line.char_indices() {
        let end = at + mark.len_utf8();
        if matches!(mark, '.' | '!' | '?' | '。' | '！' | '？') && ends(&line[start..at], mark, &line[end..]) {
            found.push(line[start..end].trim());
            start = end;
        }
    }
    found.push(line[start..].trim());
    found
}

/// A mark ends a sentence where space follows and no small letter after it. What stands before a full stop may not be a lone
/// letter or a number of a list.
fn ends(before: &str, mark: char, after: &str) -> bool {
    if matches!(mark, '。' | '！' | '？') {
        return true;
    }
    let after = after.trim_start_matches(['"', '\'', ')', '”', '’', ']']);
    let spaced = after.is_empty() || after.starts_with(char::is_whitespace);
    let small = after.trim_start().starts_with(char::is_lowercase);
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let whole = before.trim() == word.trim() && word.chars().all(|c| c.is_ascii_digit());
    let lone = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    spaced && !small && !(mark == '.' && (whole || lone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_marks_and_lines_but_not_in_numbers_and_names() {
        let text = "It costs 3.50 a day. J. Smith says so! 1. Pay it\n- Really?\n---\n2. Or not, e.g. later.";
        let expected =
            ["It costs 3.50 a day.", "J. Smith says so!", "1. Pay it", "- Really?", "2. Or not, e.g. later."];
        assert_eq!(sentences(text), expected);
        assert!(sentences(" \n...").is_empty());
    }
}
