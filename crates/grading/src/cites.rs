//! Citations: the required ones are there, all are allowed, all come from the sources that were given.

use crate::prepared::Prepared;
use crate::text::names;
use crate::written::shortened;
use domain::grader::Operand;
use domain::score::Verdict;
use serde_json::Value;

pub struct Check {
    pub require: Option<Operand>,
    pub allow: Option<Operand>,
    pub given_sources_only: bool,
}

impl Check {
    pub fn grade(&self, document: &Value, answer: &Prepared) -> Verdict {
        self.judge(document, answer).unwrap_or_else(|verdict| verdict)
    }

    fn judge(&self, document: &Value, answer: &Prepared) -> Result<Verdict, Verdict> {
        let none = Vec::new();
        let cited = answer.answer.citations.as_ref().unwrap_or(&none);
        if let Some(require) = &self.require {
            let wanted = names(require, document)?;
            let missing: Vec<String> =
                wanted.into_iter().filter(|wanted| !cited.iter().any(|cited| cited == wanted)).collect();
            if !missing.is_empty() {
                return Ok(Verdict::failed_as(
                    "missing_source",
                    format!("does not cite {}", shortened(&missing.join(", "))),
                ));
            }
        }
        if let Some(allow) = &self.allow {
            let allowed = names(allow, document)?;
            if let Some(odd) = cited.iter().find(|cited| !allowed.iter().any(|allowed| allowed == cited.as_ref())) {
                return Ok(Verdict::failed_as(
                    "wrong_source",
                    format!("cites {}, which is not allowed", shortened(odd)),
                ));
            }
        }
        let sources = document.pointer("/input/sources").and_then(Value::as_array);
        let given = |cited: &str| sources.into_iter().flatten().any(|source| source["id"] == *cited);
        if let (true, Some(odd)) = (self.given_sources_only, cited.iter().find(|cited| !given(cited))) {
            return Ok(Verdict::failed_as("wrong_source", format!("cites {}, which was not given", shortened(odd))));
        }
        Ok(Verdict::passed(""))
    }
}
