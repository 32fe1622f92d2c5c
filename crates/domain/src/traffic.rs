//! Traffic: what production was asked and answered, one request at a time, as it was logged and after it was redacted.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One logged request of production.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// Unique in the traffic: trace and span, or what the log calls it.
    pub id: String,
    /// When it came in: instant, RFC 3339 in UTC; unknown where the log does not say.
    pub at: Option<String>,
    pub trace: Option<String>,
    /// What requests share that are not independent of one another, such as a conversation.
    pub conversation: Option<String>,
    pub task: Option<String>,
    /// What segments are cut by, compared as text.
    pub attributes: BTreeMap<String, String>,
    /// What was asked, shaped as the `input` of an example.
    pub input: Value,
    /// What was answered, shaped as a line of recorded answers without `example` and `repeat`; `None` where the log does not say.
    pub answer: Option<Map<String, Value>>,
    /// The system that answered, as the log calls it: a model, a release, an arm.
    pub system: Option<String>,
    /// What tells of a failure: `error`, `thumbs`, `escalated`, or whatever the log has; compared as text.
    pub signals: BTreeMap<String, String>,
}
