//! Length, finish reason, latency and spend.

use crate::prepared::Prepared;
use domain::failure_class::LATENCY;
use domain::grader::LengthUnit;
use domain::score::Verdict;
use domain::share::Amount;
use unicode_segmentation::UnicodeSegmentation;

pub enum Check {
    Length { unit: LengthUnit, at_least: Option<u32>, at_most: Option<u32> },
    FinishReason(Vec<String>),
    Latency(Amount),
    Spend(Amount),
}

impl Check {
    pub fn grade(&self, answer: &Prepared) -> Verdict {
        match self {
            Check::Length { unit, at_least, at_most } => length(answer.text(), *unit, *at_least, *at_most),
            Check::FinishReason(one_of) => finish(answer, one_of),
            Check::Latency(at_most) => match answer.answer.latency_ms {
                None => Verdict::GraderError { reason: "the answer's latency is unknown".to_owned() },
                Some(latency) if latency <= *at_most => Verdict::passed(""),
                Some(latency) => {
                    Verdict::failed_as(LATENCY, format!("took {:.0} ms of {:.0}", latency.get(), at_most.get()))
                }
            },
            Check::Spend(at_most) => match answer.answer.spend {
                None => Verdict::GraderError { reason: "the answer's spend is unknown".to_owned() },
                Some(spend) if spend <= *at_most => Verdict::passed(""),
                Some(spend) => Verdict::failed(format!("spent {} of {}", spend.get(), at_most.get())),
            },
        }
    }
}

fn finish(answer: &Prepared, one_of: &[String]) -> Verdict {
    match answer.answer.finish_reason.as_deref() {
        None => Verdict::GraderError { reason: "the finish reason was not recorded".to_owned() },
        Some(reason) if one_of.iter().any(|known| known == reason) => Verdict::passed(""),
        Some(reason) => Verdict::failed(format!("finished with `{}`", crate::written::shortened(reason))),
    }
}

fn length(text: &str, unit: LengthUnit, at_least: Option<u32>, at_most: Option<u32>) -> Verdict {
    let (count, name) = match unit {
        LengthUnit::Characters => (text.chars().count(), "characters"),
        LengthUnit::Words => (words(text), "words"),
        LengthUnit::Sentences => (sentences(text), "sentences"),
        LengthUnit::Lines => (text.lines().count(), "lines"),
    };
    if at_least.is_some_and(|least| count < least as usize) {
        return Verdict::failed(format!("{count} {name}, at least {} asked", at_least.unwrap_or(0)));
    }
    if at_most.is_some_and(|most| count > most as usize) {
        return Verdict::failed(format!("{count} {name}, at most {} asked", at_most.unwrap_or(0)));
    }
    Verdict::passed("")
}

/// Runs of text between white space.
fn words(text: &str) -> usize {
    if !text.is_ascii() {
        return text.split_whitespace().count();
    }
    // A word starts where a byte that is no white space follows one that is. Without branches many bytes go at once.
    let is_blank = |byte: u8| (byte.wrapping_sub(b'\t') < 5) | (byte == b' ');
    let starts: usize =
        text.as_bytes().windows(2).map(|pair| usize::from(is_blank(pair[0]) & !is_blank(pair[1]))).sum();
    starts + usize::from(text.as_bytes().first().is_some_and(|&first| !is_blank(first)))
}

/// Sentences as Unicode tells them (UAX #29), those without a letter or digit left out. A line end ends one; a point before a digit or a small
/// letter does not, unless there are small letters alone.
pub fn sentences(text: &str) -> usize {
    let count = |text: &str| text.unicode_sentences().count();
    if text.chars().any(char::is_uppercase) { count(text) } else { count(&text.to_uppercase()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_people_end_them() {
        for (text, count) in [
            ("", 0),
            ("... !", 0),
            ("Take 2.5 mg. See www.example.org for more!", 2),
            ("Approx. 5 mg, e.g. in the morning.", 1),
            ("it is so. it is so. is it?", 3),
            ("A line\nwithout an end", 2),
            ("\u{4e00}\u{56de}\u{3002}\u{4e8c}\u{56de}\u{3002}", 2),
        ] {
            assert_eq!(sentences(text), count, "{text:?}");
        }
    }

    #[test]
    fn words_are_counted_alike_in_any_script_and_between_any_blanks() {
        for text in ["", " ", "a", " a  b\tc\n", "a\u{b}b\u{c}c\rd", "a\u{1c}b", "ä b\u{a0}c\u{2003}d", "\n\n x"] {
            assert_eq!(words(text), text.split_whitespace().count(), "{text:?}");
        }
    }
}
