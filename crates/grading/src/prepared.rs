//! An answer with what several graders derive from it, derived once.

use domain::answer::Answer;
use serde_json::Value;
use std::cell::OnceCell;

pub struct Prepared<'a> {
    pub answer: &'a Answer<'a>,
    json: OnceCell<Result<Value, String>>,
}

impl<'a> Prepared<'a> {
    pub fn new(answer: &'a Answer<'a>) -> Self {
        Prepared { answer, json: OnceCell::new() }
    }

    /// The text of the answer; empty where none was given.
    pub fn text(&self) -> &str {
        self.answer.text.as_deref().unwrap_or("")
    }

    /// The text read as JSON, or why it is none.
    pub fn json(&self) -> Result<&Value, &str> {
        // serde_json refuses nesting beyond 127 levels, so a deep text is invalid and never a stack overflow.
        let parsed = self.json.get_or_init(|| serde_json::from_str(self.text()).map_err(|error| error.to_string()));
        parsed.as_ref().map_err(String::as_str)
    }
}
