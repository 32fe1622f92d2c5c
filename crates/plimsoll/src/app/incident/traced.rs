//! What stored traffic knows of the request that failed, by its trace.
//!
//! in      what is said of the failure; the traffic that is kept beside the eval
//! out     the same with what was asked, by whom, when, and what was answered, where that was not said; the digest of a copy of the request, so
//!         that it outlives its day; what somebody should know
//! errors  traffic that cannot be read
//! note    a trace of several calls asks what its first call asks, and answers as docs/formats/traces.md says: the last text, all calls of tools.
//!         Everything is as it was kept: redacted

use super::open::{Failed, Request as Asked};
use crate::app::eval::Eval;
use crate::app::logged::{Window, copy_source, each};
use crate::app::run::Progress;
use crate::cli::Failure;
use domain::digest::Digest;
use domain::traffic::Request;
use serde_json::{Map, Value, json};

/// Requests between two signs of life.
const SIGN: u64 = 500;

/// What is known now.
pub struct Completed {
    pub failed: Failed,
    pub source: Option<Digest>,
    pub notes: Vec<String>,
}

/// Completes what was said, where a trace was named and nothing else says what was asked.
pub fn completed(eval: &Eval, failed: &Failed, progress: &mut dyn Progress) -> Result<Completed, Failure> {
    let mut done = Completed { failed: failed.clone(), source: None, notes: Vec::new() };
    let (Some(trace), None) = (&failed.trace, &failed.request) else { return Ok(done) };
    let requests = of_trace(eval, trace, progress)?;
    let Some(first) = requests.first() else {
        done.notes.push(format!(
            "`{trace}` is not in the traffic that is kept here, so that no example is proposed: where its log is still there, keep it with \
             `plimsoll import traffic` for the next time; add an example that asks what was asked, and link it"
        ));
        return Ok(done);
    };
    done.source = Some(copy_source(&eval.state(), first)?);
    done.notes.push(match requests.len() {
        1 => format!("what was asked is from traffic, as it was kept: redacted; request {}", first.id),
        many => format!(
            "what was asked is from traffic, as it was kept: redacted; the first of {many} requests of the trace, {}, and the answer is what they \
             came to; `--trace` takes the id of another",
            first.id
        ),
    });
    let known = first.task.as_ref().filter(|task| {
        let tasks = &eval.contract.tasks;
        tasks.is_empty() || tasks.iter().any(|known| known.as_str() == task.as_str())
    });
    if let (Some(task), None, None) = (&first.task, known, &failed.task) {
        done.notes
            .push(format!("traffic calls its task `{task}`, which the contract does not have: say it with --task"));
    }
    done.failed.task = failed.task.clone().or_else(|| known.cloned());
    done.failed.at = failed.at.clone().or_else(|| first.at.clone());
    done.failed.trace = first.trace.clone().or_else(|| failed.trace.clone());
    done.failed.request = Some(Asked::Example(line(first)));
    done.failed.answer = failed.answer.clone().or_else(|| answer(&requests).map(Value::Object));
    Ok(done)
}

/// The requests of a trace in the order in which they came in, or the one that is named.
fn of_trace(eval: &Eval, trace: &str, progress: &mut dyn Progress) -> Result<Vec<Request>, Failure> {
    progress.step("looking for the trace in traffic: requests");
    let (mut found, mut seen) = (Vec::new(), 0);
    each(&eval.state(), &Window::default(), &mut |request| {
        seen += 1;
        if u64::is_multiple_of(seen, SIGN) {
            progress.count(seen, 0);
        }
        let of_it = request.trace.as_ref().is_some_and(|of| of.eq_ignore_ascii_case(trace));
        if of_it || request.id.eq_ignore_ascii_case(trace) {
            found.push(request);
        }
        Ok(())
    })?;
    // Those that do not say when stay in their order, at the end.
    found.sort_by_key(|request| (request.at.is_none(), request.at.clone()));
    Ok(found)
}

/// What an example takes from a request.
fn line(request: &Request) -> Value {
    let mut line = Map::from_iter([("input".to_owned(), request.input.clone())]);
    let attributes = request.attributes.iter().filter(|(name, _)| name.as_str() != "task");
    let attributes: Map<String, Value> = attributes.map(|(name, value)| (name.clone(), json!(value))).collect();
    if !attributes.is_empty() {
        line.insert("attributes".to_owned(), Value::Object(attributes));
    }
    if let Some(conversation) = &request.conversation {
        line.insert("cluster".to_owned(), json!(conversation));
    }
    Value::Object(line)
}

/// What the requests came to; `None` where none of them has an answer.
fn answer(requests: &[Request]) -> Option<Map<String, Value>> {
    let answers: Vec<&Map<String, Value>> = requests.iter().filter_map(|request| request.answer.as_ref()).collect();
    let calls = |answer: &Map<String, Value>| answer.get("tool_calls").and_then(Value::as_array).cloned();
    let says = |answer: &&&Map<String, Value>| {
        answer.get("text").is_some_and(|text| !text.is_null()) || calls(answer).is_some_and(|calls| !calls.is_empty())
    };
    let last = answers.iter().rev().find(says).or(answers.last())?;
    let mut whole = (*last).clone();
    if answers.len() > 1 {
        // These are of one call alone.
        ["latency_ms", "tokens"].iter().for_each(|key| drop(whole.shift_remove(*key)));
        let calls: Vec<Value> = answers.iter().filter_map(|answer| calls(answer)).flatten().collect();
        if whole.contains_key("tool_calls") || !calls.is_empty() {
            whole.insert("tool_calls".to_owned(), Value::Array(calls));
        }
    }
    Some(whole)
}
