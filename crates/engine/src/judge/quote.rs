//! Text of others: shown so that it can be told from ours, and found again where a judge quotes it.

use domain::answer::Answer;
use domain::rubric::{Rubric, Seen};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

/// What chat templates take for the ends of messages, in the spellings of the families that are served locally. A backslash after the
/// first character makes them text.
const TOKENS: [&str; 10] =
    ["<|", "|>", "[INST]", "[/INST]", "<s>", "</s>", "<<SYS>>", "<</SYS>>", "<start_of_turn>", "<end_of_turn>"];

/// Letters and digits from which a quotation may begin or end within a word.
const TELLING: usize = 4;

/// Characters that are not seen, or that turn text around: they could carry orders that no person reads.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text as a judge is shown it.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            // A line ends in one way only.
            '\r' => {
                characters.next_if_eq(&'\n');
                shown.push('\n');
            }
            c if is_hidden(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    for token in TOKENS {
        if shown.contains(token) {
            let (first, rest) = token.split_at(1);
            shown = shown.replace(token, &format!("{first}\\{rest}"));
        }
    }
    shown
}

/// The parts of an answer that a rubric lets a judge see, each with what it is.
pub fn parts(rubric: &Rubric, answer: &Answer) -> Vec<(&'static str, String)> {
    let mut parts = Vec::new();
    if rubric.shows(Seen::Answer) {
        let text = answer.text.as_deref().unwrap_or("");
        // An answer that says nothing at all is shown as that.
        if !text.is_empty() || answer.structured.is_none() {
            parts.push(("answer", text.to_owned()));
        }
        parts.extend(answer.structured.as_ref().map(|value| ("answer as data", pretty(value))));
        parts.extend(answer.citations.as_ref().map(|cited| ("citations", cited.join("\n"))));
        parts.extend(answer.behaviour.as_ref().map(|behaviour| ("behaviour", behaviour.to_string())));
    }
    if rubric.shows(Seen::ToolCalls) {
        let call =
            |call: &domain::answer::ToolCall| json!({"name": call.name, "arguments": call.arguments}).to_string();
        parts.push(("tool calls", answer.calls().iter().map(call).collect::<Vec<_>>().join("\n")));
    }
    parts
}

pub fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => format!("{value:#}"),
    }
}

/// Whether a quotation occurs in one of these texts, as it is or as it was shown. White space, the kind of quotation mark and the form
/// of Unicode do not count; case does. A few letters are a quotation only where they are words: out of a word anybody can pick them.
pub fn occurs(quote: &str, texts: &[String]) -> bool {
    let quote = levelled(quote);
    let letters = quote.chars().filter(|c| c.is_alphanumeric()).count();
    let stands =
        |text: &str| letters >= TELLING || text.match_indices(&quote).any(|(at, _)| is_parted(text, at, &quote));
    let is_in = |text: &str| {
        let text = levelled(text);
        text.contains(&quote) && stands(&text)
    };
    let in_text = |text: &String| {
        let seen = || text.chars().filter(|c| !is_hidden(*c)).collect::<String>();
        is_in(text) || is_in(&escaped(text)) || is_in(&seen())
    };
    letters > 0 && texts.iter().any(in_text)
}

/// Whether what stands there begins and ends where words do.
fn is_parted(text: &str, at: usize, quote: &str) -> bool {
    let goes_on = |one: Option<char>, other: Option<char>| {
        let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_unparted(c));
        in_word(one) && in_word(other)
    };
    let (before, after) = (text[..at].chars().next_back(), text[at + quote.len()..].chars().next());
    !goes_on(before, quote.chars().next()) && !goes_on(quote.chars().next_back(), after)
}

/// Letters of scripts that put no blank between words, or that hang particles on them.
fn is_unparted(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{a4cf}')
        || matches!(c, '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// One form of Unicode, one blank for each run of white space, and one kind of each quotation mark.
fn levelled(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mark = |c: char| match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => '"',
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => '\'',
        c => c,
    };
    words.join(" ").nfc().map(mark).collect()
}
