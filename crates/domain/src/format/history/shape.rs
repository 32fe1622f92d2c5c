//! What a line of a history may hold.

use crate::format::shape::{Fields, Shape, may, must};

pub static HEADER: Shape = Shape::Fields(&Fields {
    what: "a header",
    fields: &[must("plimsoll_history", Shape::Version(1), "The version of the format: 1")],
    open: false,
});

pub static END: Shape = Shape::Fields(&Fields {
    what: "the last line",
    fields: &[must("end", Shape::Whole(u64::MAX), "How many entries stand before it")],
    open: false,
});

pub static ENTRY: Shape = Shape::Fields(&Fields {
    what: "an entry",
    open: false,
    fields: &[
        must("number", Shape::Whole(u64::MAX), "Its place in the history, from 1 on"),
        must(
            "noun",
            Shape::Word(&["example", "queue", "item", "incident", "outcome", "decision", "duty"]),
            "What it is about",
        ),
        must("subject", Shape::Text, "Which one"),
        must("version", Shape::Whole(u32::MAX as u64), "Its place among the entries of its subject, from 1 on"),
        must("what", Shape::Name, "What was done"),
        must("at", Shape::Moment, "When"),
        must("author", Shape::Text, "Who did it"),
        may("why", Shape::Text, "Why"),
        must("body", Shape::Any, "What else was said"),
        must("digest", Shape::Text, "Over all of it and the digest of the entry before"),
    ],
});

static OF_SEAT: Fields = Fields {
    what: "a seat",
    open: false,
    fields: &[
        must("queue", Shape::Text, "The queue"),
        must("item", Shape::Text, "The item"),
        must("place", Shape::Whole(u32::MAX as u64), "Which of the item's seats, from 1 on"),
        may("reviewer", Shape::Text, "Who sits there"),
        may("until", Shape::Moment, "Until when it is held"),
        must("done", Shape::Flag, "Whether the label was given"),
    ],
};

pub static SEAT: Shape = Shape::Fields(&Fields {
    what: "a seat",
    open: false,
    fields: &[must("seat", Shape::Fields(&OF_SEAT), "Who may label an item")],
});
