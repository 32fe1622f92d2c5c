//! Two texts as one, word by word: what is the same, what was, what is now.

use similar::utils::diff_words;
use similar::{Algorithm, ChangeTag};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Same(String),
    Before(String),
    Now(String),
}

/// Words that only white space parts are one part, and what was comes before what is.
pub fn word_diff(before: &str, now: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut was, mut is) = (String::new(), String::new());
    // White space that both have, of which it is not known yet whether a change follows.
    let mut between = String::new();
    for (tag, text) in diff_words(Algorithm::Myers, before, now) {
        if tag == ChangeTag::Equal && text.trim().is_empty() && !(was.is_empty() && is.is_empty()) {
            between.push_str(text);
            continue;
        }
        match tag {
            ChangeTag::Equal => {
                end(&mut parts, &mut was, &mut is);
                parts.push(Part::Same(std::mem::take(&mut between) + text));
            }
            ChangeTag::Delete | ChangeTag::Insert => {
                was.push_str(&between);
                is.push_str(&between);
                between.clear();
                if tag == ChangeTag::Delete { was.push_str(text) } else { is.push_str(text) }
            }
        }
    }
    end(&mut parts, &mut was, &mut is);
    if !between.is_empty() {
        parts.push(Part::Same(between));
    }
    parts
}

fn end(parts: &mut Vec<Part>, was: &mut String, is: &mut String) {
    if !was.trim().is_empty() {
        parts.push(Part::Before(std::mem::take(was)));
    }
    if !is.trim().is_empty() {
        parts.push(Part::Now(std::mem::take(is)));
    }
    was.clear();
    is.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(before: &str, now: &str) -> String {
        let part = |part| match part {
            Part::Same(text) => text,
            Part::Before(text) => format!("[-{text}-]"),
            Part::Now(text) => format!("{{+{text}+}}"),
        };
        word_diff(before, now).into_iter().map(part).collect()
    }

    #[test]
    fn words_that_changed_together_stand_together() {
        assert_eq!(written("see section 4.1", "see section 4.1"), "see section 4.1");
        assert_eq!(
            written("The annual add-on was added", "The storage pack was added"),
            "The [-annual add-on-]{+storage pack+} was added"
        );
        assert_eq!(written("it is billed", "it is billed monthly, as agreed"), "it is billed{+ monthly, as agreed+}");
        assert_eq!(written("", "all new"), "{+all new+}");
        assert_eq!(written("all gone", ""), "[-all gone-]");
    }

    #[test]
    fn either_text_can_be_read_out_of_it() {
        let (before, now) = ("a b  c d e", "a x c  d y z e f");
        let parts = word_diff(before, now);
        let side = |keep: fn(&Part) -> Option<&str>| parts.iter().filter_map(keep).collect::<String>();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let was = side(|part| match part {
            Part::Same(text) | Part::Before(text) => Some(text),
            Part::Now(_) => None,
        });
        let is = side(|part| match part {
            Part::Same(text) | Part::Now(text) => Some(text),
            Part::Before(_) => None,
        });
        assert_eq!((words(&was), words(&is)), (words(before), words(now)));
    }
}
