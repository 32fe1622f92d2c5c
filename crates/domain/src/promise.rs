//! The promise: what work the product does, for whom, on what evidence, under which constraints, and what happens
//! when the answer is not ready. Written before any metric.

/// The promise as its owner wrote it. A field left out is empty; `check` says what is missing or vague and why.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Promise {
    pub work: String,
    pub for_whom: String,
    pub evidence: Vec<String>,
    pub constraints: Vec<String>,
    pub when_not_ready: String,
}
