//! Slips of the pen: small changes of a text that was right.

use proptest::prelude::*;

/// One change of a text.
#[derive(Clone, Debug)]
pub enum Slip {
    Drop { at: usize, length: usize },
    Put { at: usize, text: &'static str },
    Repeat { at: usize, length: usize },
}

pub fn slip() -> impl Strategy<Value = Slip> {
    let put = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\t",
        "#",
        " #",
        "\"",
        "'",
        "|",
        ">",
        "&a ",
        "*a",
        "!!str ",
        "%",
        "~",
        "null",
        "1e999",
        ".nan",
        "-1",
        "true",
        "\u{1b}[31m",
        "\u{202e}",
        "é",
        "\u{0}",
        "\r",
        "? ",
        "<<: ",
        "---\n",
        "expected.",
        "{literal: 1}",
        "[]",
        "{}",
        "10%",
        "4s for 95%",
        "../x",
        ",",
        ";",
        "\\",
        "\\ud800",
        "NaN",
        "\"\"",
        "{\"id\":1}",
        "\u{feff}",
        "${HOME}",
    ]);
    prop_oneof![
        (any::<usize>(), 1..40usize).prop_map(|(at, length)| Slip::Drop { at, length }),
        (any::<usize>(), put).prop_map(|(at, text)| Slip::Put { at, text }),
        (any::<usize>(), 1..120usize).prop_map(|(at, length)| Slip::Repeat { at, length }),
    ]
}

pub fn slipped(text: &str, slips: &[Slip]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for slip in slips {
        let place = |at: usize| at % (chars.len() + 1);
        match *slip {
            Slip::Drop { at, length } => {
                let (from, to) = (place(at), (place(at) + length).min(chars.len()));
                chars.drain(from..to);
            }
            Slip::Put { at, text } => {
                let at = place(at);
                chars.splice(at..at, text.chars());
            }
            Slip::Repeat { at, length } => {
                let (from, to) = (place(at), (place(at) + length).min(chars.len()));
                let piece: Vec<char> = chars[from..to].to_vec();
                chars.splice(from..from, piece);
            }
        }
    }
    chars.into_iter().collect()
}
