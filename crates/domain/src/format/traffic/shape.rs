//! What a line of traffic may hold.

use crate::format::answers::shape::FIELDS as ANSWER;
use crate::format::examples::shape::INPUT;
use crate::format::shape::{Fields, Shape, may, must};

pub static HEADER: Shape = Shape::Fields(&Fields {
    what: "a header",
    fields: &[must("plimsoll_traffic", Shape::Version(1), "The version of the format: 1")],
    open: false,
});

pub static LINE: Shape = Shape::Fields(&Fields {
    what: "a request",
    open: false,
    fields: &[
        must("id", Shape::Name, "Names the request: its trace and span, or what the log calls it"),
        may("at", Shape::Moment, "When it came in, in UTC; left out where the log does not say"),
        may("trace", Shape::Name, "The trace that it is part of"),
        may("conversation", Shape::Name, "What requests share that are not independent of one another"),
        may(
            "task",
            Shape::Name,
            "What kind of work it was, as the log calls it; any word is kept, and the contract's tasks are meant",
        ),
        may("system", Shape::Name, "The system that answered, as the log calls it"),
        may("attributes", Shape::Keyed(&Shape::Single), "What segments are cut by, compared as text"),
        may("signals", Shape::Keyed(&Shape::Single), "What tells of a failure: error, thumbs, escalated, ..."),
        must("input", INPUT, "What was asked, as the input of an example"),
        may(
            "answer",
            Shape::Fields(&Fields { what: "an answer", open: false, fields: ANSWER.split_at(2).1 }),
            "What was answered, as a line of recorded answers without `example` and `repeat`",
        ),
    ],
});
