//! What a line of answers may hold.

use crate::format::shape::{Field, Fields, Shape, may, must};

pub static HEADER: Shape = Shape::Fields(&Fields {
    what: "a header",
    fields: &[must("plimsoll_answers", Shape::Version(1), "The version of the format: 1")],
    open: false,
});

const MOST: u64 = u32::MAX as u64;

pub static LINE: Shape = Shape::Fields(&Fields { what: "an answer", open: false, fields: FIELDS });

/// The first two say what is answered.
pub const FIELDS: &[Field] = &[
    must("example", Shape::Text, "The id of the example that is answered"),
    may("repeat", Shape::Whole(MOST), "Which of several answers to the example, from 0; 0 when left out"),
    may("text", Shape::Text, "What the system said").or("answer"),
    may("structured", Shape::Any, "What it said as JSON"),
    may("tool_calls", Shape::List(&Shape::Fields(&CALL)), "The tools it called, in order; [] says that it called none"),
    may("citations", Shape::List(&Shape::Text), "The sources it cited; [] says that it cited none"),
    may("behaviour", Shape::Text, "What it decided: answer, ask, escalate, refuse, ..., or the product's own word"),
    may("finish_reason", Shape::Text, "Why it stopped, in the provider's word"),
    may("latency_ms", Shape::Amount, "From question to whole answer, in milliseconds"),
    may("cached", Shape::Flag, "Whether it came from a cache: its latency is then no latency"),
    may("tokens", Shape::Fields(&TOKENS), "Tokens read and written"),
    may("spend", Shape::Amount, "What the answer cost, in the contract's currency").or("cost"),
    may(
        "attempts",
        Shape::Either(&[Shape::Whole(MOST), Shape::List(&Shape::Fields(&ATTEMPT))]),
        "How often it was asked until it answered: a count, or an entry for each",
    ),
    may(
        "error",
        Shape::Either(&[Shape::Text, Shape::Fields(&ERROR)]),
        "Why there is no answer: counts as a failure of every criterion",
    ),
    may("asked", Shape::Any, "How it was asked for, where `plimsoll run` asked: request, time, model, reply"),
    may("crc", Shape::Text, "CRC-32 of the rest of the line, where `plimsoll run` wrote it"),
];

const CALL: Fields = Fields {
    what: "a tool call",
    open: false,
    fields: &[must("name", Shape::Text, "The tool"), may("arguments", Shape::Any, "An object, or its JSON as text")],
};

const TOKENS: Fields = Fields {
    what: "a count of tokens",
    open: false,
    fields: &[may("input", Shape::Whole(u64::MAX), "Read"), may("output", Shape::Whole(u64::MAX), "Written")],
};

const ATTEMPT: Fields = Fields {
    what: "an attempt",
    open: false,
    fields: &[
        may("error", Shape::Text, "Why it failed"),
        may("latency_ms", Shape::Amount, "How long it took, in milliseconds"),
    ],
};

const ERROR: Fields = Fields {
    what: "an error",
    open: false,
    fields: &[
        may("class", Shape::Text, "timeout, or the product's own word"),
        may("message", Shape::Text, "What the system said instead"),
    ],
};
