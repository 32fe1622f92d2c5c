//! What a judge is, as one digest: what was shown about a judge holds for this digest and no other.
//!
//! in      a rubric, the systems of the panel in their order
//! out     a digest over the rubric, the words of the prompt, and everything that decides how each system judges
//! note    without keys, headers and hosts: the same model behind another address is the same judge

use super::prompt::VERSION;
use domain::digest::Digest;
use domain::rubric::Rubric;
use domain::system::System;
use serde_json::{Value, json};

pub fn identity(rubric: &Rubric, judges: &[&System]) -> Digest {
    let judges: Vec<Value> =
        judges.iter().map(|system| system.live().map_or(Value::Null, |live| live.speaks.settings())).collect();
    let content = json!({"rubric": rubric.digest.to_string(), "prompt": VERSION, "judges": judges});
    Digest::of_value("plimsoll.judge.v1", &content)
}
