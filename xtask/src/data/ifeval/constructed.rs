//! Answers that are constructed from what an instruction asks: they say nothing, in the form that is asked or not asked.

use serde_json::Value;

/// What an instruction asks, read without ceremony: the converter has seen that the data set is as its schema says.
struct Asked<'v>(&'v Value);

impl<'v> Asked<'v> {
    fn count(&self, field: &str) -> usize {
        self.0[field].as_u64().unwrap_or(0) as usize
    }

    fn text(&self, field: &str) -> &'v str {
        self.0[field].as_str().unwrap_or("")
    }

    fn words(&self, field: &str) -> Vec<&'v str> {
        self.0[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// How many there must be to obey, and how many do not obey, where `relation` is `at least` or `less than`.
    fn counts(&self, relation: &str, field: &str) -> (usize, usize) {
        let (few, many) = (self.count(field).saturating_sub(1), self.count(field));
        if self.text(relation) == "at least" { (many, few) } else { (few, many) }
    }
}

pub fn obeying(kind: &str, arguments: &Value) -> String {
    both(kind, &Asked(arguments)).0
}

pub fn disobeying(kind: &str, arguments: &Value) -> String {
    both(kind, &Asked(arguments)).1
}

/// `make` of how many are asked for, and of how many are not.
fn by(counts: (usize, usize), make: impl Fn(usize) -> String) -> (String, String) {
    (make(counts.0), make(counts.1))
}

/// An answer that obeys and one that does not.
fn both(kind: &str, asked: &Asked) -> (String, String) {
    let texts = |obeys: &str, does_not: &str| (obeys.to_owned(), does_not.to_owned());
    let times = |field: &str, part: &str| by((asked.count(field), asked.count(field) - 1), |n| part.repeat(n));
    match kind {
        "no_comma" => texts("A line of plain words.", "A line, of plain words."),
        "english_capital" => texts("THIS IS SAID ALOUD.", "This is not."),
        "english_lowercase" => texts("this is said quietly.", "This is not."),
        "capital_word_frequency" => {
            by(asked.counts("capital_relation", "capital_frequency"), |n| format!("quietly {}", "LOUD ".repeat(n)))
        }
        "repeat_prompt" => (format!("{}\nHere it is.", asked.text("prompt_to_repeat")), "Here it is.".to_owned()),
        "two_responses" => texts("One way.\n******\nAnother way.", "One way.\n******\nOne way.\n"),
        "number_placeholders" => times("num_placeholders", "Dear [name], "),
        "postscript" => (format!("A letter.\n\n{} And more.", asked.text("postscript_marker")), "A letter.".to_owned()),
        "constrained_response" => texts("My answer is maybe.", "Perhaps."),
        "json_format" => texts("```json\n{\"answer\": [1, 2]}\n```", "{answer: 1"),
        "multiple_sections" => by((asked.count("num_sections"), asked.count("num_sections") - 1), |n| {
            (1..=n).map(|at| format!("{} {at}\nWords.\n", asked.text("section_spliter"))).collect()
        }),
        "number_bullet_lists" => {
            by((asked.count("num_bullets"), asked.count("num_bullets") + 1), |n| "* a point\n".repeat(n))
        }
        "number_highlighted_sections" => times("num_highlights", "*a part* of it, "),
        "title" => texts("<<A title>>\nWords.", "A title\nWords."),
        "existence" => {
            let words = asked.words("keywords");
            (words.join(" "), words[1..].join(" "))
        }
        "forbidden_words" => {
            let words = asked.words("forbidden_words");
            (words.iter().map(|word| format!("{word}ly ")).collect(), format!("So {} it is.", words[0]))
        }
        "frequency" => by(asked.counts("relation", "frequency"), |n| {
            format!("1 {}", format!("{} ", asked.text("keyword")).repeat(n))
        }),
        "letter_frequency" => {
            by(asked.counts("let_relation", "let_frequency"), |n| format!("1 {}", asked.text("letter").repeat(n)))
        }
        "response_language" => {
            (asked.text("sentence").to_owned(), "This is the answer of an English speaker.".to_owned())
        }
        "nth_paragraph_first_word" => paragraphs(asked),
        "number_paragraphs" => by((asked.count("num_paragraphs"), asked.count("num_paragraphs") + 1), |n| {
            vec!["A paragraph."; n].join("\n***\n")
        }),
        "number_sentences" => by(asked.counts("relation", "num_sentences"), |n| "It is so. ".repeat(n)),
        "number_words" => by(asked.counts("relation", "num_words"), |n| "word ".repeat(n)),
        "end_checker" => (format!("It is so. {}", asked.text("end_phrase")), "It is so.".to_owned()),
        "quotation" => texts("\"It is so.\"", "It is \"so\"."),
        _ => (String::new(), String::new()),
    }
}

/// Paragraphs of which the one asked for begins with the word asked for, and of which it does not.
fn paragraphs(asked: &Asked) -> (String, String) {
    let text = |word: &str| -> String {
        let one = |at: usize| {
            let first = if at == asked.count("nth_paragraph") { word } else { "Another" };
            format!("{first} begins this one.\nIt goes on.")
        };
        (1..=asked.count("num_paragraphs")).map(one).collect::<Vec<_>>().join("\n\n")
    };
    (text(asked.text("first_word")), text("Nothing"))
}
