//! What a line of labels may hold.

use crate::format::shape::{Fields, Shape, may, must};

pub static HEADER: Shape = Shape::Fields(&Fields {
    what: "a header",
    fields: &[must("plimsoll_labels", Shape::Version(1), "The version of the format: 1")],
    open: false,
});

pub static LINE: Shape = Shape::Fields(&Fields {
    what: "a label",
    open: false,
    fields: &[
        must("example", Shape::Name, "The id of the example that was answered"),
        must("system", Shape::Name, "The arm that answered it, or the system's name in the scores"),
        may(
            "repeat",
            Shape::Whole(u32::MAX as u64),
            "Which of several answers to the example, from 0; 0 when left out",
        ),
        must("criterion", Shape::Name, "The criterion that the answer was looked at for"),
        must("label", Shape::Word(&["pass", "fail", "cannot_tell"]), "What the person found"),
        must("by", Shape::Name, "Who labelled"),
        may("kind", Shape::Word(&["human", "model"]), "Who made the label; what a model made is refused"),
        may("at", Shape::Moment, "When"),
        may("note", Shape::Text, "Why"),
        may(
            "sample",
            Shape::Word(&["random", "enriched", "paired", "hand_picked"]),
            "How the answer was chosen: at random; at random within each verdict, more of one; with the other system's, at random within each \
             paired verdict; because of what it is",
        ),
        may("answer_digest", Shape::Text, "The digest of the answer that was seen"),
        may("rubric_digest", Shape::Text, "The digest of the rubric that the answer was held against"),
    ],
});
