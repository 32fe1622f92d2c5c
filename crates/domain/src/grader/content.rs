//! A grader as one value: what names it, whatever builds the program.
//!
//! in      a grader
//! out     every setting of it as JSON, and the digest that score rows carry
//! note    a setting that is new here changes digests: then the version in front does, too

use super::{Grader, LengthUnit, Normalisation, Operand, Part, Reading, Schema, TextSimilarity, ToolRules};
use crate::digest::Digest;
use serde_json::{Value, json};

impl Grader {
    /// Equal exactly where every setting is.
    pub fn digest(&self) -> Digest {
        Digest::of_value("plimsoll.grader.v2", &json!({(self.kind()): self.content()}))
    }

    fn content(&self) -> Value {
        match self {
            Grader::Equals { part, to, normalise } => {
                json!({"part": of_part(part), "to": operand(to), "normalise": made_equal(*normalise)})
            }
            Grader::OneOf { part, of, normalise } => {
                json!({"part": of_part(part), "of": operand(of), "normalise": made_equal(*normalise)})
            }
            Grader::Contains { all, any, none, normalise } => {
                let [all, any, none] = [all, any, none].map(optional);
                json!({"all": all, "any": any, "none": none, "normalise": made_equal(*normalise)})
            }
            Grader::Regex { pattern, matches } => json!({"pattern": pattern, "matches": matches}),
            Grader::Json { schema, part, formats } => {
                json!({"schema": schema.as_ref().map(Schema::content), "part": of_part(part), "formats": formats})
            }
            Grader::Number { to, within, relative } => {
                json!({"to": operand(to), "within": within.get(), "relative": relative})
            }
            Grader::Similar { to, by, reading, normalise } => json!({
                "to": operand(to),
                "by": similarity(*by),
                "reading": read_as(*reading),
                "normalise": made_equal(*normalise),
            }),
            Grader::Cites { require, allow, given_sources_only } => {
                json!({"require": optional(require), "allow": optional(allow), "given_sources_only": given_sources_only})
            }
            Grader::Behaviour { is } => json!({"is": operand(is)}),
            Grader::Tools(rules) => tools(rules),
            Grader::Length { unit, at_least, at_most } => {
                json!({"unit": counted(*unit), "at_least": at_least, "at_most": at_most})
            }
            Grader::FinishReason { one_of } => json!({"one_of": one_of}),
            Grader::Latency { at_most_ms } => json!({"at_most_ms": at_most_ms.get()}),
            Grader::Spend { at_most } => json!({"at_most": at_most.get()}),
            Grader::Cel { expression, reading } => json!({"expression": expression, "reading": read_as(*reading)}),
            Grader::Process { command, time_limit_ms, settings } => {
                json!({"command": command, "time_limit_ms": time_limit_ms, "settings": settings})
            }
            Grader::Pair { part, normalise } => json!({"part": of_part(part), "normalise": made_equal(*normalise)}),
            Grader::Judge { rubric, with } => {
                let with: Vec<&str> = with.iter().map(|name| name.as_str()).collect();
                json!({"rubric": rubric.as_str(), "with": with})
            }
            Grader::Reviewers { rubric } => json!({"rubric": rubric.as_str()}),
            Grader::Imported => Value::Null,
        }
    }
}

impl Schema {
    /// One in a file by its path.
    pub fn content(&self) -> Value {
        match self {
            Schema::Inline(schema) => json!({ "inline": schema }),
            Schema::File(path) => json!({"file": path.as_str()}),
        }
    }
}

fn operand(operand: &Operand) -> Value {
    match operand {
        Operand::Literal(value) => json!({ "literal": value }),
        Operand::Path(path) => json!({ "path": path }),
    }
}

fn optional(given: &Option<Operand>) -> Option<Value> {
    given.as_ref().map(operand)
}

fn of_part(part: &Part) -> Value {
    match part {
        Part::Text => json!("text"),
        Part::Behaviour => json!("behaviour"),
        Part::Structured(path) => json!({ "structured": path }),
    }
}

fn made_equal(normalise: Normalisation) -> Value {
    let Normalisation { unicode, ignore_case, spaces, ignore_punctuation, ignore_articles } = normalise;
    json!({
        "unicode": unicode,
        "ignore_case": ignore_case,
        "spaces": spaces,
        "ignore_punctuation": ignore_punctuation,
        "ignore_articles": ignore_articles,
    })
}

fn similarity(by: TextSimilarity) -> Value {
    match by {
        TextSimilarity::Levenshtein => json!("levenshtein"),
        TextSimilarity::EditsWithin(edits) => json!({ "edits_within": edits }),
        TextSimilarity::RougeN(words) => json!({ "rouge_n": words }),
        TextSimilarity::Bleu => json!("bleu"),
    }
}

fn read_as(reading: Reading) -> Value {
    match reading {
        Reading::PassAt(share) => json!({"pass_at": share.get()}),
        Reading::Graded => json!("graded"),
    }
}

fn counted(unit: LengthUnit) -> &'static str {
    match unit {
        LengthUnit::Characters => "characters",
        LengthUnit::Words => "words",
        LengthUnit::Sentences => "sentences",
        LengthUnit::Lines => "lines",
    }
}

fn tools(rules: &ToolRules) -> Value {
    let ToolRules { require, forbid, unless, allow, as_offered, in_order, at_least, at_most } = rules;
    json!({
        "require": optional(require),
        "forbid": optional(forbid),
        "unless": unless,
        "allow": optional(allow),
        "as_offered": as_offered,
        "in_order": in_order,
        "at_least": at_least,
        "at_most": at_most,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::Share;

    /// Values that must stay: rows, runs and records name graders by them.
    #[test]
    fn a_digest_is_over_settings_as_they_are_written() {
        let grader = Grader::Equals {
            part: Part::Structured(vec!["price".to_owned()]),
            to: Operand::Path(vec!["expected".to_owned(), "price".to_owned()]),
            normalise: Normalisation { spaces: true, ..Normalisation::default() },
        };
        let written = "{\"equals\":{\"normalise\":{\"ignore_articles\":false,\"ignore_case\":false,\"ignore_punctuation\":false,\
                       \"spaces\":true,\"unicode\":false},\"part\":{\"structured\":[\"price\"]},\"to\":{\"path\":[\"expected\",\"price\"]}}}";
        assert_eq!(grader.digest(), Digest::of_canonical("plimsoll.grader.v2", written));
        let imported = Digest::of_canonical("plimsoll.grader.v2", "{\"imported\":null}");
        assert_eq!(Grader::Imported.digest(), imported);
    }

    #[test]
    fn every_setting_changes_the_digest() {
        let literal = |text: &str| Operand::Literal(json!(text));
        let path = |name: &str| Operand::Path(vec!["expected".to_owned(), name.to_owned()]);
        let similar = |by, reading| Grader::Similar { to: path("a"), by, reading, normalise: Normalisation::default() };
        let half = Share::new(0.5).expect("a share");
        let graders = [
            Grader::Behaviour { is: literal("expected.a") },
            Grader::Behaviour { is: path("a") },
            Grader::Regex { pattern: "a".to_owned(), matches: true },
            Grader::Regex { pattern: "a".to_owned(), matches: false },
            similar(TextSimilarity::Levenshtein, Reading::Graded),
            similar(TextSimilarity::EditsWithin(2), Reading::Graded),
            similar(TextSimilarity::RougeN(2), Reading::Graded),
            similar(TextSimilarity::RougeN(2), Reading::PassAt(half)),
            Grader::Tools(ToolRules::default()),
            Grader::Tools(ToolRules { in_order: true, ..ToolRules::default() }),
            Grader::Tools(ToolRules { at_most: Some(0), ..ToolRules::default() }),
            Grader::Reviewers { rubric: "a.md".into() },
            Grader::Judge { rubric: "a.md".into(), with: Vec::new() },
        ];
        for (at, one) in graders.iter().enumerate() {
            for (other_at, other) in graders.iter().enumerate() {
                assert_eq!(one.digest() == other.digest(), at == other_at, "{one:?} {other:?}");
            }
        }
    }
}
