//! What stands in front of a rubric, for its JSON Schema.

use crate::format::shape::{Fields, Shape, may, must};

pub const HEAD: Shape = Shape::Fields(&Fields {
    what: "a rubric",
    fields: &[
        must("plimsoll_rubric", Shape::Version(1), "The version of the format."),
        must("question", Shape::Text, "What is asked about an answer; one thing that can be seen in it."),
        may(
            "sees",
            Shape::Either(&[SEEN, Shape::Some(&SEEN)]),
            "What a judge is shown; input, sources and answer, if left out.",
        ),
        may(
            "classes",
            Shape::Either(&[Shape::Name, Shape::Some(&Shape::Name)]),
            "Failure classes that a judge may name, beside those that the section Fail names.",
        ),
        may("scale", SCALE, "An answer is put on one of these levels, in place of pass and fail."),
        may("pairwise", Shape::Flag, "The candidate's answer is compared with production's, in both orders."),
    ],
    open: false,
});

const SEEN: Shape = Shape::Word(&["input", "context", "sources", "expected", "answer", "tool_calls"]);

const SCALE: Shape = Shape::Fields(&Fields {
    what: "a scale",
    fields: &[
        must("levels", Shape::Some(&Shape::Single), "From the worst to the best."),
        may("pass_at", Shape::Single, "The level from which an answer passes."),
        may("interval", Shape::Flag, "Steps are equal, or as wide as the numbers say, so that means are meaningful."),
    ],
    open: false,
});
