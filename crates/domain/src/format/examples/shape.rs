//! What a line of examples may hold.

use crate::format::shape::{Field, Fields, Shape, may, must};

pub static HEADER: Shape = Shape::Fields(&Fields {
    what: "a header",
    fields: &[must("plimsoll_examples", Shape::Version(1), "The version of the format: 1")],
    open: false,
});

pub static LINE: Shape = Shape::Fields(&Fields {
    what: "an example",
    open: false,
    fields: &[
        may(
            "id",
            Shape::Name,
            "What answers and variants refer to; without it, the content's digest names the example",
        ),
        may("task", Shape::Name, "One of the contract's tasks; also an attribute"),
        must(
            "input",
            INPUT,
            "What the system is asked: text, or an object with messages, context, sources, account, tools",
        ),
        may("expected", Shape::Fields(&EXPECTED), "What a right answer does and says; graders read it as `expected.*`"),
        may("provenance", Shape::Fields(&PROVENANCE), "Where the example came from, and how it was drawn"),
        may("attributes", Shape::Keyed(&Shape::Single), "What segments are cut by, compared as text"),
        may("cluster", Shape::Name, "What examples that are not independent share, such as a conversation"),
        may(
            "depends_on",
            Shape::List(&Shape::Fields(&DEPENDENCY)),
            "Documents, in the version that the expectation rests on",
        ),
        may("review_by", Shape::Date, "The day after which the example is stale"),
        may("owner", Shape::Name, "The role that looks after the example"),
        may("labels", Shape::Any, "What reviewers said; no part of the example's identity"),
        may(
            "status",
            STATUS,
            "active (also when left out), proposed, quarantined or retired, the last two with a reason",
        ),
        may("guard", GUARD, "true: must not fail again once any system has passed it; \"armed\": from now on"),
        may("variant_of", Shape::Name, "The id of the example that this one is a variant of"),
        may("expect", EXPECT, "Of a variant: the same decision, a changed one, or no failure at all"),
        may("never", Shape::Flag, "Whether any failure on this example is a failed never rule"),
    ],
});

pub const INPUT: Shape = Shape::Either(&[
    Shape::Text,
    Shape::Fields(&Fields {
        what: "an input",
        open: true,
        fields: &[
            may("messages", Shape::Some(&Shape::Fields(&MESSAGE)), "The conversation so far"),
            may("context", Shape::Any, "What else the system is given"),
            may("sources", Shape::List(&Shape::Fields(&SOURCE)), "Documents that come with the input"),
            may("account", Shape::Keyed(&Shape::Any), "The state of the customer's account"),
            may("tools", Shape::List(&Shape::Fields(&TOOL)), "Tools on offer"),
        ],
    }),
]);

const MESSAGE: Fields = Fields {
    what: "a message",
    open: true,
    fields: &[
        must("role", Shape::Name, "Who speaks: system, user, assistant, tool"),
        may("content", Shape::Either(&[Shape::Text, Shape::List(&Shape::Any)]), "What is said, as text or in parts"),
    ],
};

const SOURCE: Fields = Fields {
    what: "a source",
    open: true,
    fields: &[
        must("id", Shape::Name, "What citations name"),
        may("version", Shape::Name, "The document's version"),
        may("date", Shape::Date, "The day the document is from"),
        may("quality", Shape::Name, "A word of the team's own, such as current, stale or disputed"),
        may("text", Shape::Text, "What the document says"),
    ],
};

const TOOL: Fields = Fields {
    what: "a tool",
    open: true,
    fields: &[
        must("name", Shape::Name, "What tool calls name"),
        may("description", Shape::Text, "What the system is told of it"),
        may("parameters", Shape::Keyed(&Shape::Any), "A JSON Schema of its arguments"),
    ],
};

const NAMES: &[Shape] = &[Shape::Name, Shape::List(&Shape::Name)];

const EXPECTED: Fields = Fields {
    what: "an expectation",
    open: true,
    fields: &[
        may(
            "behaviour",
            Shape::Either(NAMES),
            "answer, ask, escalate, refuse, cite, call a tool, stop, or the product's own word",
        ),
        may("answer", Shape::Any, "The answer, or what it is compared with"),
        may("any_of", Shape::List(&Shape::Any), "Answers of which each is right"),
        may("sections", Shape::Either(NAMES), "What must be cited"),
    ],
};

const PROVENANCE: Fields = Fields {
    what: "a provenance",
    open: false,
    fields: &[
        must(
            "source",
            Shape::Word(&["traffic", "incident", "edge_case", "policy_case", "synthetic", "demo"]),
            "traffic, incident, edge_case, policy_case, synthetic or demo",
        ),
        may("rule", Shape::Text, "How it was chosen"),
        may("probability", Shape::Chance, "The chance with which it was drawn; its inverse is the weight"),
        may("weight", Shape::Weight, "What it counts toward a rate, where the chance is not known as such"),
        may("captured_at", Shape::Moment, "When it was captured"),
        may("trace", Shape::Name, "The trace that it was taken from"),
        may("incident", Shape::Name, "The incident that it came from"),
        may("author", Shape::Name, "Who wrote it"),
    ],
};

const DEPENDENCY: Fields = Fields {
    what: "a dependency",
    open: false,
    fields: &[
        must("source", Shape::Name, "The document"),
        must("version", Shape::Name, "The version that the expectation rests on"),
    ],
};

const STATUS: Shape = Shape::Either(&[
    Shape::Word(STATES),
    Shape::Fields(&Fields {
        what: "a status",
        open: false,
        fields: &[must("state", Shape::Word(STATES), "active, proposed, quarantined or retired"), REASON],
    }),
]);

const STATES: &[&str] = &["active", "proposed", "quarantined", "retired"];
const REASON: Field = may("reason", Shape::Text, "Why; quarantined and retired need one");

const GUARD: Shape = Shape::Either(&[Shape::Flag, Shape::Word(&["armed"])]);

const EXPECT: Shape = Shape::Either(&[
    Shape::Word(&["same", "changed", "never"]),
    Shape::Fields(&Fields {
        what: "an expected change",
        open: false,
        fields: &[must(
            "changed",
            Shape::Name,
            "The value that must result, or for a number up, down, not_up or not_down",
        )],
    }),
]);
