//! What a line of outcomes may hold.

use crate::format::shape::{Fields, Shape, may, must};

pub static HEADER: Shape = Shape::Fields(&Fields {
    what: "a header",
    fields: &[must("plimsoll_outcomes", Shape::Version(1), "The version of the format: 1")],
    open: false,
});

pub static LINE: Shape = Shape::Fields(&Fields {
    what: "an outcome",
    open: false,
    fields: &[
        may("record", Shape::Name, "The record of the decision that it came after"),
        may(
            "candidate",
            Shape::Name,
            "Instead of the record: what the contract says that the candidate is, of the last decision up to `at`",
        ),
        must("at", Shape::Moment, "When it was seen"),
        must(
            "metric",
            Shape::Name,
            "resolved, reopened, refunded, escalated, thumbs (those up), ticket, rollback, or a name of your own",
        ),
        may("better", Shape::Word(&["higher", "lower"]), "Of a metric of your own: which way is better"),
        may("criterion", Shape::Name, "The criterion of the contract that foretells the metric"),
        may("segment", Shape::Name, "The segment of the contract that it was seen in; everything when left out"),
        may("attributes", Shape::Keyed(&Shape::Single), "What segments are cut by"),
        may("arm", Shape::Word(&["candidate", "production", "fallback"]), "Who answered"),
        may("conversation", Shape::Name, "What is not independent of one another; counts as one"),
        may("incident", Shape::Name, "The incident that it is part of"),
        may("n", Shape::Whole(u64::MAX), "Of how many"),
        may("count", Shape::Whole(u64::MAX), "How many of them"),
        may("value", Shape::Amount, "Instead of `n` and `count`: one value from 0 to 1"),
    ],
});
