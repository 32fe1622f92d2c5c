//! Text of others: shown so that it can be told from ours, and found again where a judge quotes it.

use domain::answer::Answer;
use domain::rubric::{Rubric, Seen};
use serde_json::{Value, json};

/// What chat templates take for the ends of messages, in the spellings of the families that are served locally. A backslash after the
/// first character makes them text.
const TOKENS: [&str; 10] =
    ["<|", "|>", "[INST]", "[/INST]", "<s>", "</s>", "<<SYS>>", "<</SYS>>", "<start_of_turn>", "<end_of_turn>"];

/// Characters that are not seen, or that turn text around: they could carry orders that no person reads.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text as a judge is shown it.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // A line ends in one way only.
    for c in text.replace("\r\n", "\n").replace('\r', "\n").chars() {
        match is_hidden(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
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

/// Whether a quotation occurs in one of these texts, as it is or as it was shown. White space and the kind of quotation mark
/// do not count; case does.
pub fn occurs(quote: &str, texts: &[String]) -> bool {
    let quote = levelled(quote);
    let in_text = |text: &String| {
        let seen: String = text.chars().filter(|c| !is_hidden(*c)).collect();
        [levelled(text), levelled(&escaped(text)), levelled(&seen)].iter().any(|text| text.contains(&quote))
    };
    quote.chars().any(char::is_alphanumeric) && texts.iter().any(in_text)
}

/// One blank for each run of white space, and one kind of each quotation mark.
fn levelled(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mark = |c: char| match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => '"',
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => '\'',
        c => c,
    };
    words.join(" ").chars().map(mark).collect()
}
