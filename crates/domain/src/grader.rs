//! Graders: what scores a criterion. This is what the contract asks for; the crate `grading` carries out those that
//! need no model, `engine` those that need a program.

mod content;

use crate::name::SystemName;
use crate::share::{Amount, Share};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use std::collections::BTreeMap;

/// A value given in the contract, or looked up in the example: `expected.sections`.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Literal(Value),
    /// A path into the example, from one of its top-level fields: `expected.answer`, `input.account.tier`.
    Path(Vec<String>),
}

/// The part of an answer that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text,
    Behaviour,
    /// A path into the structured output, empty for the whole.
    Structured(Vec<String>),
}

/// A JSON Schema, inline or in a file of the eval's folder that whoever prepares a run reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Schema {
    Inline(Value),
    File(Utf8PathBuf),
}

/// What is made equal before texts are compared. Nothing unless declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Normalisation {
    /// Unicode NFKC.
    pub unicode: bool,
    pub ignore_case: bool,
    /// Runs of white space become one blank; ends are trimmed.
    pub spaces: bool,
    pub ignore_punctuation: bool,
    /// English articles `a`, `an`, `the` are dropped, as in SQuAD.
    pub ignore_articles: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSimilarity {
    /// 1 - distance / longer length, in characters.
    Levenshtein,
    /// 1 where at most so many characters are inserted, deleted or replaced, else 0.
    EditsWithin(u32),
    /// F-measure over word n-grams.
    RougeN(u8),
    /// Sentence BLEU up to 4-grams, with add-one smoothing above unigrams.
    Bleu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthUnit {
    Characters,
    Words,
    Sentences,
    Lines,
}

/// What may, must and must not be called.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ToolRules {
    /// Calls that must occur: names, or `{name, arguments}` where each argument given must match (a list of accepted
    /// values where the operand holds `{argument: [values]}`).
    pub require: Option<Operand>,
    /// Names that must not be called, unless the expression holds.
    pub forbid: Option<Operand>,
    /// CEL over example and answer; where it holds, `forbid` does not apply.
    pub unless: Option<String>,
    /// If given, nothing else may be called.
    pub allow: Option<Operand>,
    /// Calls must be to tools that the example offers, with arguments valid against the tool's parameter schema.
    pub as_offered: bool,
    /// Required calls must occur in the order given.
    pub in_order: bool,
    pub at_least: Option<u32>,
    pub at_most: Option<u32>,
}

/// What the numeric result of an expression or similarity means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// Passes from this value up.
    PassAt(Share),
    /// The value itself is the score.
    Graded,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Grader {
    Equals {
        part: Part,
        to: Operand,
        normalise: Normalisation,
    },
    OneOf {
        part: Part,
        of: Operand,
        normalise: Normalisation,
    },
    Contains {
        all: Option<Operand>,
        any: Option<Operand>,
        none: Option<Operand>,
        normalise: Normalisation,
    },
    Regex {
        pattern: String,
        matches: bool,
    },
    /// Valid JSON; with a schema, valid against it.
    Json {
        schema: Option<Schema>,
        part: Part,
        /// `format` is checked; else it is an annotation, as draft 2020-12 has it by default.
        formats: bool,
    },
    Number {
        to: Operand,
        within: Amount,
        relative: bool,
    },
    Similar {
        to: Operand,
        by: TextSimilarity,
        reading: Reading,
        normalise: Normalisation,
    },
    Cites {
        require: Option<Operand>,
        allow: Option<Operand>,
        given_sources_only: bool,
    },
    Behaviour {
        is: Operand,
    },
    Tools(ToolRules),
    Length {
        unit: LengthUnit,
        at_least: Option<u32>,
        at_most: Option<u32>,
    },
    FinishReason {
        one_of: Vec<String>,
    },
    Latency {
        at_most_ms: Amount,
    },
    Spend {
        at_most: Amount,
    },
    /// A boolean or a number in [0, 1] from a CEL expression over `example` and `answer`.
    Cel {
        expression: String,
        reading: Reading,
    },
    /// Any program that reads JSON lines and writes verdicts.
    Process {
        command: Vec<String>,
        time_limit_ms: u64,
        settings: BTreeMap<String, Value>,
    },
    /// The verdict about a behaviour pair: the variant's answer against its base's.
    Pair {
        part: Part,
        normalise: Normalisation,
    },
    /// Judges with a rubric: one, or a panel whose majority counts. Never empty, and no judge sits twice.
    Judge {
        rubric: Utf8PathBuf,
        with: Vec<SystemName>,
    },
    /// People who hold answers against a rubric: what they said is kept in the catalog.
    Reviewers {
        rubric: Utf8PathBuf,
    },
    /// Grades come from elsewhere: `plimsoll run --scores`, `plimsoll import scores`.
    Imported,
}

impl Grader {
    /// What it compares answers with, in the order in which it looks, and grades nothing without. What an expression or a program looks up
    /// is known once it is asked.
    pub fn operands(&self) -> Vec<&Operand> {
        match self {
            Grader::Equals { to, .. } | Grader::Number { to, .. } | Grader::Similar { to, .. } => vec![to],
            Grader::OneOf { of, .. } => vec![of],
            Grader::Behaviour { is } => vec![is],
            Grader::Contains { all, any, none, .. } => [all, any, none].into_iter().flatten().collect(),
            Grader::Cites { require, allow, .. } => [require, allow].into_iter().flatten().collect(),
            Grader::Tools(rules) => [&rules.forbid, &rules.allow, &rules.require].into_iter().flatten().collect(),
            Grader::Regex { .. }
            | Grader::Json { .. }
            | Grader::Length { .. }
            | Grader::FinishReason { .. }
            | Grader::Latency { .. }
            | Grader::Spend { .. }
            | Grader::Cel { .. }
            | Grader::Process { .. }
            | Grader::Pair { .. }
            | Grader::Judge { .. }
            | Grader::Reviewers { .. }
            | Grader::Imported => Vec::new(),
        }
    }

    /// Whether it looks at this field of the example: `input`, `expected`, `attributes`, `task` or `id`.
    pub fn reads(&self, field: &str) -> bool {
        let in_field = |operand: &Operand| match operand {
            Operand::Literal(_) => false,
            Operand::Path(path) => match path.first().map(String::as_str) {
                Some("context") => field == "input",
                first => first == Some(field),
            },
        };
        let besides = match self {
            Grader::Cites { given_sources_only, .. } => *given_sources_only && field == "input",
            Grader::Tools(rules) => rules.as_offered && field == "input" || rules.unless.is_some(),
            // What a judge sees is in its rubric.
            Grader::Cel { .. } | Grader::Process { .. } | Grader::Judge { .. } => true,
            _ => false,
        };
        besides || self.operands().into_iter().any(in_field)
    }

    /// The file with the rubric that answers are held against, where there is one.
    pub fn rubric(&self) -> Option<&Utf8Path> {
        match self {
            Grader::Judge { rubric, .. } | Grader::Reviewers { rubric } => Some(rubric),
            _ => None,
        }
    }

    /// Whether it lays the answer's words beside a reference.
    pub fn compares_texts(&self) -> bool {
        use Grader::{Behaviour, Contains, Equals, OneOf, Similar};
        matches!(self, Equals { .. } | OneOf { .. } | Contains { .. } | Similar { .. } | Behaviour { .. })
    }

    /// The word by which the contract names this kind of grader.
    pub fn kind(&self) -> &'static str {
        match self {
            Grader::Equals { .. } => "equals",
            Grader::OneOf { .. } => "one_of",
            Grader::Contains { .. } => "contains",
            Grader::Regex { .. } => "regex",
            Grader::Json { .. } => "json",
            Grader::Number { .. } => "number",
            Grader::Similar { .. } => "similar",
            Grader::Cites { .. } => "cites",
            Grader::Behaviour { .. } => "behaviour",
            Grader::Tools(_) => "tools",
            Grader::Length { .. } => "length",
            Grader::FinishReason { .. } => "finish_reason",
            Grader::Latency { .. } => "latency",
            Grader::Spend { .. } => "spend",
            Grader::Cel { .. } => "cel",
            Grader::Process { .. } => "process",
            Grader::Pair { .. } => "same_as_base",
            Grader::Judge { .. } => "judge",
            Grader::Reviewers { .. } => "reviewers",
            Grader::Imported => "imported",
        }
    }
}
