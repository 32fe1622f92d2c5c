//! CEL expressions over `example` and `answer`.
//!
//! in      an expression; an example and an answer
//! out     true, false or a number in [0, 1]; anything else is a grader error, as is an evaluation that fails
//! limits  4,000 characters, 40 levels of brackets, two comprehensions, lists and texts of at most 20,000
//!         items, so that the dearest expression ends soon (CEL itself has no loops and its patterns are linear)

mod scope;

use crate::GraderFault;
use crate::prepared::Prepared;
use crate::written::shortened;
use cel::objects::{Key, Map};
use cel::{Context, Program, Value as Cel};
use domain::grader::Reading;
use domain::score::Verdict;
use domain::share::Share;
use scope::Known;
use serde_json::{Value, json};
use std::sync::Arc;

pub struct Check {
    program: Program,
    text: String,
    reading: Reading,
    uses_example: bool,
}

/// The keys of an answer as expressions see it.
const ANSWER: [&str; 10] = [
    "text",
    "structured",
    "tool_calls",
    "citations",
    "behaviour",
    "finish_reason",
    "latency_ms",
    "spend",
    "attempts",
    "tokens",
];
const LONGEST: usize = 4_000;
const DEEPEST: usize = 40;
const COMPREHENSIONS: usize = 2;
const MOST_ITEMS: usize = 20_000;
/// What one comprehension inside another may look at.
const MOST_NESTED_ITEMS: usize = 300;

impl Check {
    pub fn of(text: &str, reading: Reading) -> Result<Self, GraderFault> {
        let known: [Known; 5] = [
            ("example", &["id", "task", "input", "expected", "attributes"]),
            ("answer", &ANSWER),
            ("input", &[]),
            ("expected", &[]),
            ("attributes", &[]),
        ];
        let program = compile(text, &known)?;
        let uses_example = program.references().variables().iter().any(|name| *name != "answer");
        Ok(Check { program, text: text.to_owned(), reading, uses_example })
    }

    pub fn grade(&self, document: &Value, answer: &Prepared) -> Verdict {
        let value = match self.evaluate(document, answer) {
            Ok(value) => value,
            Err(reason) => return Verdict::GraderError { reason },
        };
        let number = match value {
            Cel::Bool(true) => return Verdict::passed(""),
            Cel::Bool(false) => return Verdict::failed(format!("`{}` is false", shortened(&self.text))),
            Cel::Int(number) => number as f64,
            Cel::UInt(number) => number as f64,
            Cel::Float(number) => number,
            _ => {
                return Verdict::GraderError {
                    reason: "the expression gives neither a truth value nor a number".to_owned(),
                };
            }
        };
        match (Share::new(number), self.reading) {
            (Err(_), _) => {
                Verdict::GraderError { reason: format!("the expression gives {number}, which is not between 0 and 1") }
            }
            (Ok(value), Reading::Graded) => Verdict::Graded { value, class: None, reason: format!("{number}") },
            (Ok(value), Reading::PassAt(mark)) if value >= mark => Verdict::passed(""),
            (Ok(_), Reading::PassAt(mark)) => Verdict::failed(format!("{number}, at least {} asked", mark.get())),
        }
    }

    /// Whether the expression is true; the reason where it cannot be told.
    pub fn holds(&self, document: &Value, answer: &Prepared) -> Result<bool, String> {
        match self.evaluate(document, answer)? {
            Cel::Bool(truth) => Ok(truth),
            _ => Err(format!("`{}` gives no truth value", shortened(&self.text))),
        }
    }

    fn evaluate(&self, document: &Value, answer: &Prepared) -> Result<Cel, String> {
        let answer = answer_value(answer);
        let mut values = vec![("answer", &answer)];
        if self.uses_example {
            values.push(("example", document));
            let parts = ["input", "expected", "attributes"];
            values.extend(parts.map(|part| (part, document.get(part).unwrap_or(&Value::Null))));
        }
        run(&self.program, &values)
    }
}

/// An expression within the limits, over these names alone.
pub fn compile(text: &str, known: &[Known]) -> Result<Program, GraderFault> {
    let refuse = |why: String| Err(GraderFault::Expression(why));
    if text.len() > LONGEST {
        return refuse(format!("it is longer than {LONGEST} characters"));
    }
    if nesting(text) > DEEPEST {
        return refuse(format!("its brackets are nested deeper than {DEEPEST} levels"));
    }
    let program = match Program::compile(text) {
        Ok(program) => program,
        Err(errors) => return refuse(shortened(&errors.to_string().replace('\n', " "))),
    };
    let comprehensions = scope::comprehensions(program.expression());
    if comprehensions > COMPREHENSIONS {
        return refuse(format!(
            "it has {comprehensions} comprehensions (map, filter, all, exists); at most {COMPREHENSIONS} are run"
        ));
    }
    match scope::unknown(program.expression(), known) {
        Some(odd) => refuse(odd),
        None => Ok(program),
    }
}

/// What an expression gives, over these values by their names.
pub fn run(program: &Program, values: &[(&str, &Value)]) -> Result<Cel, String> {
    let limit = if scope::comprehensions(program.expression()) > 1 { MOST_NESTED_ITEMS } else { MOST_ITEMS };
    if values.iter().any(|(_, value)| largest(value) > limit) {
        return Err(format!("a list or text has more than {limit} items"));
    }
    let mut context = Context::default();
    for (name, value) in values {
        context.add_variable_from_value(*name, as_cel(value));
    }
    add_functions(&mut context).map_err(|error| format!("the expression fails: {error}"))?;
    program.execute(&context).map_err(|error| format!("the expression fails: {}", shortened(&error.to_string())))
}

/// A JSON value as expressions see it. A whole number is an `int`, so that it can be counted with: `expected.n + 1`.
fn as_cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(truth) => Cel::Bool(*truth),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Cel::Int(whole),
            (None, Some(large)) => Cel::UInt(large),
            (None, None) => Cel::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(as_cel).collect())),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (Key::from(key.as_str()), as_cel(value)));
            Cel::Map(Map { map: Arc::new(fields.collect()) })
        }
    }
}

/// Functions that plain CEL lacks; all linear in their text.
fn add_functions(context: &mut Context) -> Result<(), String> {
    type Text = Arc<String>;
    let told = |error: &dyn std::fmt::Debug| format!("{error:?}");
    context.add_function("words", |text: Text| text.split_whitespace().count() as i64).map_err(|e| told(&e))?;
    context.add_function("sentences", |text: Text| crate::limits::sentences(&text) as i64).map_err(|e| told(&e))?;
    context.add_function("lines", |text: Text| text.lines().count() as i64).map_err(|e| told(&e))?;
    context.add_function("paragraphs", |text: Text| paragraphs(&text)).map_err(|e| told(&e))?;
    context.add_function("count", |text: Text, part: Text| count(&text, &part)).map_err(|e| told(&e))?;
    context.add_function("lower", |text: Text| text.to_lowercase()).map_err(|e| told(&e))?;
    context.add_function("upper", |text: Text| text.to_uppercase()).map_err(|e| told(&e))?;
    context.add_function("trim", |text: Text| text.trim().to_owned()).map_err(|e| told(&e))?;
    context.add_function("unfenced", |text: Text| unfenced(&text).to_owned()).map_err(|e| told(&e))?;
    context.add_function("is_json", |text: Text| is_json(&text)).map_err(|e| told(&e))?;
    Ok(())
}

/// Runs of lines that are not blank.
fn paragraphs(text: &str) -> i64 {
    let blank: Vec<bool> = std::iter::once(true).chain(text.lines().map(|line| line.trim().is_empty())).collect();
    blank.windows(2).filter(|pair| pair[0] && !pair[1]).count() as i64
}

fn count(text: &str, part: &str) -> i64 {
    if part.is_empty() { 0 } else { text.matches(part).count() as i64 }
}

/// What stands in a fence of three backticks, where the whole text is one; else the text.
fn unfenced(text: &str) -> &str {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    // The first line may name the language of what follows; what stands on one line is all that there is.
    inner.map_or(trimmed, |inner| inner.split_once('\n').map_or(inner, |(_, body)| body).trim())
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The answer as expressions see it; what was not recorded is null.
fn answer_value(answer: &Prepared) -> Value {
    let answer = answer.answer;
    json!({
        "text": answer.text.as_deref().unwrap_or(""),
        "structured": answer.structured,
        "tool_calls": answer.tool_calls_as_json(),
        "citations": answer.citations.as_ref().map(|citations| citations.iter().map(|text| Value::from(text.as_ref())).collect::<Vec<_>>()).unwrap_or_default(),
        "behaviour": answer.behaviour,
        "finish_reason": answer.finish_reason,
        "latency_ms": answer.latency_ms.map(|amount| amount.get()),
        "spend": answer.spend.map(|amount| amount.get()),
        "attempts": answer.attempts,
        "tokens": {"input": answer.tokens_in, "output": answer.tokens_out},
    })
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    // Runs of unary operators and of chained operators nest the tree too.
    let unary = text.split(|c| c != '!' && c != '-').map(str::len).max().unwrap_or(0);
    deepest.max(unary)
}

/// The longest list or object, at any depth. Texts do not count: CEL walks them in linear time.
fn largest(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(largest).max().unwrap_or(0).max(items.len()),
        Value::Object(fields) => fields.values().map(largest).max().unwrap_or(0).max(fields.len()),
        _ => 0,
    }
}
