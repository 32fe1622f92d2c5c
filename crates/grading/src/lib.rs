//! Graders that need no model: pure, total functions of example and answer.
//!
//! in      a grader as the contract asks for it, compiled once; an example; an answer that arrived
//! out     a `Verdict`, whatever the answer holds; never a panic
//! errors  `GraderFault` when a grader cannot be compiled: a bad pattern, expression or schema
//! note    a path that an example lacks is a grader error and not a pass: what was not compared is unknown. An explicit null
//!         there means that the criterion does not apply to the example.

mod behaviour;
mod cites;
mod expression;
mod json;
mod limits;
mod matching;
mod number;
mod numeral;
mod operand;
mod pair;
mod prepared;
mod reply;
mod similarity;
mod text;
mod tools;
mod written;

pub use pair::{Side, grade_pair, side};
pub use prepared::Prepared;
pub use reply::ReplyExpression;
pub use similarity::{bleu, levenshtein, rouge_n};

use domain::grader::{Grader, Operand, Schema};
use domain::score::Verdict;
use serde_json::Value;

/// Why a grader cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraderFault {
    #[error("the pattern cannot be used: {0}")]
    Pattern(String),
    #[error("the expression cannot be used: {0}")]
    Expression(String),
    #[error("the schema cannot be used: {0}")]
    Schema(String),
    #[error("the schema refers to `{0}`, and nothing outside the schema is ever fetched")]
    RemoteReference(String),
    #[error("of `{0}` nothing is left to compare once what is ignored is taken away")]
    Blank(String),
    #[error("`{0}` is not graded here")]
    Elsewhere(&'static str),
}

/// Why no answer to an example can be graded, whatever it says: what the example lacks of what the grader looks up there; `None` where it
/// lacks nothing, or where that is only known once an answer is graded.
pub fn lacks(grader: &Grader, document: &Value) -> Option<String> {
    grader.operands().into_iter().find_map(|operand| match operand::resolve(operand, document) {
        Err(Verdict::GraderError { reason } | Verdict::NotApplicable { reason }) => Some(reason),
        _ => None,
    })
}

/// A grader that is ready for any number of answers.
pub struct Compiled(Kind);

enum Kind {
    Text(text::Check),
    Regex(text::Pattern),
    Json(json::Check),
    Number(number::Check),
    Similar(similarity::Check),
    Cites(cites::Check),
    Behaviour(behaviour::Check),
    Tools(Box<tools::Check>),
    Limits(limits::Check),
    Expression(Box<expression::Check>),
}

/// Prepares a grader. Schemas in files must have been read in already.
pub fn compile(grader: &Grader) -> Result<Compiled, GraderFault> {
    let compiled = Compiled(kind(grader)?);
    // Without an example only what the contract itself gives is there.
    compiled.blank(&Value::Null).map_or(Ok(compiled), |text| Err(GraderFault::Blank(text)))
}

fn kind(grader: &Grader) -> Result<Kind, GraderFault> {
    Ok(match grader {
        Grader::Equals { .. } | Grader::OneOf { .. } | Grader::Contains { .. } => Kind::Text(text::Check::of(grader)?),
        Grader::Regex { pattern, matches } => Kind::Regex(text::Pattern::of(pattern, *matches)?),
        Grader::Json { schema: None, part, .. } => Kind::Json(json::Check::validity(part.clone())),
        Grader::Json { schema: Some(Schema::Inline(schema)), part, formats } => {
            Kind::Json(json::Check::of(schema, part.clone(), *formats)?)
        }
        Grader::Json { schema: Some(Schema::File(_)), .. } => return Err(GraderFault::Elsewhere("a schema in a file")),
        Grader::Number { to, within, relative } => Kind::Number(number::Check::of(to, *within, *relative)),
        Grader::Similar { to, by, reading, normalise } => {
            Kind::Similar(similarity::Check { to: to.clone(), by: *by, reading: *reading, normalise: *normalise })
        }
        Grader::Cites { require, allow, given_sources_only } => Kind::Cites(cites::Check {
            require: require.clone(),
            allow: allow.clone(),
            given_sources_only: *given_sources_only,
        }),
        Grader::Behaviour { is } => Kind::Behaviour(behaviour::Check { is: is.clone() }),
        Grader::Tools(rules) => Kind::Tools(Box::new(tools::Check::of(rules)?)),
        Grader::Length { unit, at_least, at_most } => {
            Kind::Limits(limits::Check::Length { unit: *unit, at_least: *at_least, at_most: *at_most })
        }
        Grader::FinishReason { one_of } => Kind::Limits(limits::Check::FinishReason(one_of.clone())),
        Grader::Latency { at_most_ms } => Kind::Limits(limits::Check::Latency(*at_most_ms)),
        Grader::Spend { at_most } => Kind::Limits(limits::Check::Spend(*at_most)),
        Grader::Cel { expression, reading } => Kind::Expression(Box::new(expression::Check::of(expression, *reading)?)),
        Grader::Process { .. }
        | Grader::Pair { .. }
        | Grader::Judge { .. }
        | Grader::Reviewers { .. }
        | Grader::Imported => {
            return Err(GraderFault::Elsewhere(grader.kind()));
        }
    })
}

/// What an example has not that a grader compares answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// No answer to it can be graded: the path is not there.
    Missing(String),
    /// The criterion does not apply to it: the path is null there.
    Null,
}

/// What the example lacks first, in the order in which the grader looks.
pub fn lack(grader: &Grader, document: &Value) -> Option<Lack> {
    grader.operands().into_iter().find_map(|operand| {
        let lack = match operand::resolve(operand, document).err()? {
            Verdict::NotApplicable { .. } => Lack::Null,
            Verdict::GraderError { .. } | Verdict::Graded { .. } => match operand {
                Operand::Path(path) => Lack::Missing(path.join(".")),
                Operand::Literal(_) => return None,
            },
        };
        Some(lack)
    })
}

impl Compiled {
    /// The reference that an example or the contract gives, as text, where nothing of it is left to compare any answer with: every answer
    /// fails, or none can be graded.
    pub fn blank(&self, document: &Value) -> Option<String> {
        let reference = match &self.0 {
            Kind::Text(check) => check.blank(document)?,
            Kind::Similar(check) => check.blank(document)?,
            Kind::Behaviour(check) => check.blank(document)?,
            _ => return None,
        };
        Some(written::value(reference))
    }

    /// Grades one answer.
    pub fn grade(&self, document: &Value, answer: &Prepared) -> Verdict {
        match &self.0 {
            Kind::Text(check) => check.grade(document, answer),
            Kind::Regex(pattern) => pattern.grade(answer),
            Kind::Json(check) => check.grade(answer),
            Kind::Number(check) => check.grade(document, answer),
            Kind::Similar(check) => check.grade(document, answer),
            Kind::Cites(check) => check.grade(document, answer),
            Kind::Behaviour(check) => check.grade(document, answer),
            Kind::Tools(check) => check.grade(document, answer),
            Kind::Limits(check) => check.grade(answer),
            Kind::Expression(check) => check.grade(document, answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::grader::{Operand, ToolRules};
    use serde_json::json;

    #[test]
    fn what_an_example_lacks_is_known_before_there_is_an_answer() {
        let behaviour = Grader::Behaviour { is: Operand::Path(vec!["expected".into(), "behaviour".into()]) };
        assert_eq!(lacks(&behaviour, &json!({"expected": {"behaviour": "answer"}})), None);
        let why = lacks(&behaviour, &json!({"input": "Why?"}));
        assert_eq!(why.as_deref(), Some("the example has no `expected.behaviour`"));
        assert!(lacks(&behaviour, &json!({"expected": {"behaviour": null}})).is_some(), "it does not apply");
        let forbid = Some(Operand::Literal(json!(["issue_refund"])));
        assert_eq!(lacks(&Grader::Tools(ToolRules { forbid, ..ToolRules::default() }), &json!({})), None);
    }
}
