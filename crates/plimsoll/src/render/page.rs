//! Asks for the seven fields of the page in a terminal. Answers become the same YAML that a file of answers holds.

use crate::cli::Failure;
use dialoguer::{Confirm, Input};
use domain::failure_class::BUILT_IN;
use domain::promise::{Promise, Unclear};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use std::io::Write;

const RULES: &[&str] = &["not_worse_than", "at_least", "never"];

/// The page as YAML (JSON is YAML).
pub fn ask() -> Result<String, Failure> {
    say("Seven questions; what you write becomes a contract that you can change. Ctrl-C writes nothing.\n");
    let mut page = Map::new();
    heading(1, "The promise");
    page.insert("promise".into(), promise()?);
    heading(2, "The five most common tasks, as short names: refund-request");
    let tasks = lines("task", 5)?;
    page.insert("tasks".into(), json!(tasks.iter().map(|task| slug(task, '-')).collect::<Vec<_>>()));
    heading(3, "The five failures that cost most, and what one occurrence costs");
    let built_in: Vec<&str> = BUILT_IN.iter().map(|(name, ..)| *name).collect();
    say(&format!("  kinds that ship: {}; or a name of your own\n", built_in.join(", ")));
    let failures = failures()?;
    page.insert("failures".into(), Value::Object(failures.clone()));
    heading(4, "Where can real examples be sampled?");
    page.insert("sources".into(), json!(sources()?));
    heading(5, "The release decision that this eval must support");
    page.insert("release".into(), json!(line("release", "replace prompt v14 by v15 for all customers")?));
    heading(
        6,
        "Besides by task, which attributes cut the work into parts that may fail differently? (risk, channel, language)",
    );
    let segments: Vec<Value> = lines("attribute", 0)?.iter().map(|by| json!({"by": slug(by, '_')})).collect();
    page.insert("segments".into(), json!(segments));
    heading(7, "The gate that blocks: what must hold before this is released?");
    page.insert("gate".into(), gate(&failures)?);
    say("\nThe first ninety days can be planned: four stages, each of which changes one real decision.\n");
    page.extend(start()?.map(|day| ("start".to_owned(), json!(day.to_string()))));
    Ok(Value::Object(page).to_string())
}

/// The first of the first ninety days; nothing where they are not planned now.
fn start() -> Result<Option<Date>, Failure> {
    loop {
        let text = optional("from which day, such as 2027-01-04 (empty: not now)")?;
        match text.parse() {
            _ if text.is_empty() => return Ok(None),
            Ok(day) => return Ok(Some(day)),
            Err(_) => say("  that is no date\n"),
        }
    }
}

fn promise() -> Result<Value, Failure> {
    loop {
        let promise = Promise {
            work: line("what work does the product do", "answer billing questions from the customer's own account")?,
            for_whom: line("for whom", "customers on self-serve plans")?,
            evidence: lines("on what evidence", 0)?,
            constraints: lines("under which constraint", 0)?,
            when_not_ready: line("what happens when the answer is not ready", "hand the case to a billing agent")?,
        };
        let unclear = promise.unclear();
        if !unclear.is_empty() {
            say(&told(&unclear));
        }
        if unclear.is_empty() || !confirm("Answer the promise again?")? {
            return Ok(json!({
                "work": promise.work, "for": promise.for_whom, "evidence": promise.evidence,
                "constraints": promise.constraints, "when_not_ready": promise.when_not_ready,
            }));
        }
    }
}

/// What keeps a promise from being held to, one line a field.
pub fn told(unclear: &[Unclear]) -> String {
    unclear
        .iter()
        .map(|field| format!("  {}: {}; write for example: {}\n", field.field, field.why, field.good))
        .collect()
}

fn failures() -> Result<Map<String, Value>, Failure> {
    let mut failures = Map::new();
    while failures.len() < 5 {
        let name = optional(&format!("failure {} of 5 (empty: no more)", failures.len() + 1))?;
        if name.is_empty() {
            if failures.is_empty() {
                continue;
            }
            break;
        }
        let cost: f64 = Input::new()
            .with_prompt("  what one costs")
            .validate_with(
                |cost: &f64| if cost.is_finite() && *cost >= 0.0 { Ok(()) } else { Err("an amount, 0 or more") },
            )
            .interact_text()
            .map_err(stopped)?;
        failures.insert(slug(&name, '_'), json!({"cost": cost}));
    }
    Ok(failures)
}

fn sources() -> Result<Vec<Value>, Failure> {
    let mut sources = Vec::new();
    for (source, example) in [
        ("traffic", "200 a week, stratified by task"),
        ("incident", "all"),
        ("edge_case", "found in reviews"),
        ("policy_case", "one for each section of the policy"),
    ] {
        let rule = optional(&format!("{source}: by which rule (such as: {example}; empty: not from here)"))?;
        if !rule.is_empty() {
            sources.push(json!({"source": source, "rule": rule}));
        }
    }
    if sources.is_empty() {
        say("  none: examples that are made up never count toward a rate, so this eval will decide nothing\n");
        sources.push(json!({"source": "synthetic", "rule": "none yet"}));
    }
    Ok(sources)
}

fn gate(failures: &Map<String, Value>) -> Result<Value, Failure> {
    let names: Vec<&String> = failures.keys().collect();
    let class = dialoguer::Select::new()
        .with_prompt("it protects against")
        .items(&names)
        .default(0)
        .interact()
        .map_err(stopped)?;
    let rule = dialoguer::Select::new()
        .with_prompt("it asks that the candidate is")
        .items(["not worse than production by more than a margin", "right at least in a share of cases", "never wrong"])
        .default(0)
        .interact()
        .map_err(stopped)?;
    let mut gate = Map::new();
    gate.insert("protects".into(), json!(names[class]));
    gate.insert("in".into(), json!(["all", "task"]));
    match RULES[rule] {
        "not_worse_than" => {
            gate.insert("not_worse_than".into(), json!("production"));
            gate.insert("by".into(), json!(share("the margin, in points", "5%")?));
        }
        "at_least" => {
            gate.insert("at_least".into(), json!(share("the share of cases", "90%")?));
        }
        _ => {
            gate.insert("in".into(), json!("all"));
            gate.insert("never".into(), json!(true));
            gate.insert("max_rate".into(), json!(share("the rate of failures that must be ruled out", "1%")?));
        }
    }
    gate.insert("else".into(), json!(line("what follows when it does not hold", "repair retrieval")?));
    gate.insert("owner".into(), json!(slug(&line("whose work is that (a role)", "release")?, '-')));
    Ok(Value::Object(gate))
}

fn share(what: &str, such_as: &str) -> Result<String, Failure> {
    Input::new()
        .with_prompt(what)
        .default(such_as.to_owned())
        .validate_with(|text: &String| {
            let share = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            if share.is_some_and(|share| (0.0..=100.0).contains(&share)) {
                Ok(())
            } else {
                Err("a percentage, such as 5%")
            }
        })
        .interact_text()
        .map_err(stopped)
}

/// Lines until an empty one; `wanted` is how many are hoped for.
fn lines(what: &str, wanted: usize) -> Result<Vec<String>, Failure> {
    let mut lines: Vec<String> = Vec::new();
    loop {
        let of = if wanted > 0 { format!(" {} of {wanted}", lines.len() + 1) } else { String::new() };
        let text = optional(&format!("{what}{of} (empty: no more)"))?;
        match text.as_str() {
            "" if lines.is_empty() && wanted > 0 => continue,
            "" => return Ok(lines),
            _ if lines.contains(&text) => say("  that is listed already\n"),
            _ => lines.push(text),
        }
        if wanted > 0 && lines.len() == wanted {
            return Ok(lines);
        }
    }
}

fn line(what: &str, such_as: &str) -> Result<String, Failure> {
    loop {
        let prompt = format!("{what} (such as: {such_as})");
        let text: String = Input::new().with_prompt(prompt).interact_text().map_err(stopped)?;
        if !text.trim().is_empty() {
            return Ok(text.trim().to_owned());
        }
    }
}

fn optional(what: &str) -> Result<String, Failure> {
    let text: String = Input::new().with_prompt(what).allow_empty(true).interact_text().map_err(stopped)?;
    Ok(text.trim().to_owned())
}

fn confirm(what: &str) -> Result<bool, Failure> {
    Confirm::new().with_prompt(what).default(true).interact().map_err(stopped)
}

/// A short name of what was written freely.
fn slug(text: &str, dash: char) -> String {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join(&dash.to_string())
}

fn heading(number: u8, what: &str) {
    say(&format!("\n{number}. {what}\n"));
}

fn say(text: &str) {
    // A closed terminal is told by the next question.
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

fn stopped(error: dialoguer::Error) -> Failure {
    Failure::yours(
        format!("stopped before the last answer: {error}"),
        "nothing was written; start again, or use `--answers FILE`",
    )
}
