//! Examples: the cases of the reference set.

pub mod history;

use crate::digest::Digest;
use crate::name::{Attribute, ClusterId, ExampleId, OwnerRole, SourceId, TaskName};
use crate::provenance::Provenance;
use serde_json::Value;
use std::collections::BTreeMap;

/// One example, whole. A reference set keeps only what `reference_set::Row` keeps; the whole is read when it is graded
/// or shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub id: ExampleId,
    /// Over versioned canonical JSON without status, labels and review date.
    pub digest: Digest,
    /// A hash of the input alone, for this process: equal inputs are duplicates, or conflicts where the expectation differs.
    pub input_hash: u64,
    /// Of the expectation alone.
    pub expected_hash: u64,
    pub task: Option<TaskName>,
    /// The JSON object as graders and expressions see it, with `input`, `expected`, `attributes`, `task`, `id`.
    pub document: Value,
    pub sources: Vec<Source>,
    pub provenance: Option<Provenance>,
    /// The attributes that segments are cut by; `task` is one of them.
    pub attributes: BTreeMap<Attribute, String>,
    /// Its own id where none is given; a variant's is its base's.
    pub cluster: ClusterId,
    pub depends_on: Vec<(SourceId, String)>,
    /// ISO date.
    pub review_by: Option<String>,
    pub owner: Option<OwnerRole>,
    pub status: Status,
    pub guard: Guard,
    /// The base, whatever is expected of the variant.
    pub variant_of: Option<ExampleId>,
    /// What is compared with the base; `None` where the variant is judged by itself.
    pub pair: Option<Pair>,
    /// Any failure of any criterion on this example is a failed never.
    pub never: bool,
}

/// A document that came with the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub id: SourceId,
    pub version: Option<String>,
    pub date: Option<String>,
    pub quality: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Proposed,
    Active,
    /// Disputed label or unsettled policy.
    Quarantined {
        reason: String,
    },
    Retired {
        reason: String,
    },
}

/// A guard is an example that must not fail again. It is armed once a fix exists: any system has passed it, or the
/// contract's people said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    No,
    /// Arms itself when any system passes it.
    WhenFixed,
    /// Armed by hand: its incident is closed.
    Armed,
}

/// A behaviour test: this example is a variant of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub base: ExampleId,
    pub expect: Expect,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The wording changed; the decision must not.
    Same,
    /// The facts changed; the decision must, in this direction where one is given (the value that must result, or
    /// `up` / `down` for a number).
    Changed { direction: Option<String> },
}

/// Whether no answer can meet two expectations: under a name that both have, what they say has nothing in common. Of several values each may be
/// the right one, or one of those that must be there; a name that only one has, null or an empty list asks for nothing that the other forbids.
pub fn contradict(one: &Value, other: &Value) -> bool {
    if let (Value::Object(one), Value::Object(other)) = (one, other) {
        return one.iter().any(|(name, value)| other.get(name).is_some_and(|there| contradict(value, there)));
    }
    let items = |value: &Value| match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        single => vec![single.clone()],
    };
    let (one, other) = (items(one), items(other));
    let is_in_both = |item: &Value| other.iter().any(|there| !differ(item, there));
    !one.is_empty() && !other.is_empty() && !one.iter().any(is_in_both)
}

/// 2 and 2.0 are one number.
fn differ(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_ne(),
        _ => one != other,
    }
}

#[cfg(test)]
mod tests {
    use super::contradict;
    use serde_json::{Value, json};

    #[test]
    fn only_what_no_answer_can_meet_contradicts() {
        let pairs: &[(Value, Value, bool)] = &[
            (json!({"behaviour": "answer"}), json!({"behaviour": "refuse"}), true),
            (json!({"behaviour": ["answer", "ask"]}), json!({"behaviour": ["ask", "answer"]}), false),
            (json!({"behaviour": ["answer", "ask"]}), json!({"behaviour": "ask"}), false),
            (json!({"behaviour": ["answer", "ask"]}), json!({"behaviour": ["refuse", "stop"]}), true),
            (json!({"sections": ["1", "2"]}), json!({"sections": ["2", "1"]}), false),
            (json!({"answer": "x"}), json!({"answer": "x", "note": "seen twice"}), false),
            (json!({"answer": "x", "sections": ["1"]}), json!({"answer": "x", "sections": ["2"]}), true),
            (json!({"answer": "x"}), json!({"answer": null}), false),
            (json!({"sections": []}), json!({"sections": ["1"]}), false),
            (json!({"amount": 2}), json!({"amount": 2.0}), false),
            (json!({"answer": {"total": 2, "vat": 1}}), json!({"answer": {"total": 3}}), true),
            (json!({"answer": "x"}), json!({"behaviour": "refuse"}), false),
        ];
        for (one, other, expected) in pairs {
            assert_eq!(contradict(one, other), *expected, "{one} {other}");
            assert_eq!(contradict(other, one), *expected, "{other} {one}");
        }
    }
}
