//! What was called in an answer: what models' spans say that they called, and what tools' spans say was run.
//!
//! in      the spans of models that were asked, those that say the answer, and those of tools
//! out     the calls in the order of time, each once; `None` where no span tells
//! note    a model's span that keeps nothing of what was said may have called anything. A tool's span is then what tells: an
//!         instrumentation that writes one writes one for each. Of a call that both tell, the model's span is taken

use super::{Call, Gathered, Piece};
use std::collections::BTreeMap;

impl Gathered {
    pub(super) fn called(&self, trace: u128, asked: &[&Piece], said: &[&Piece], tools: &[Piece]) -> Option<Vec<Call>> {
        let mut calls: Vec<(u64, Call)> = Vec::new();
        for piece in said {
            calls.extend(piece.tool_calls.iter().map(|call| (piece.end, call.clone())));
        }
        // A call that failed called nothing.
        let mut models = asked.iter().filter(|piece| piece.failed.is_none() || piece.says()).peekable();
        let by_models = models.peek().is_some() && models.all(|piece| piece.tells_calls);
        let around_tell = asked.is_empty() && !calls.is_empty();
        let mut is_known = by_models || around_tell || !tools.is_empty();
        // Calls of models that no tool's span was found for.
        let mut open: Vec<Call> = calls.iter().map(|(_, call)| call.clone()).collect();
        let names: BTreeMap<u64, &str> =
            tools.iter().filter_map(|tool| Some((tool.span, tool.tool_calls.first()?.name.as_str()))).collect();
        let (named, unnamed): (Vec<&Piece>, Vec<&Piece>) = tools.iter().partition(|tool| tool.tells_calls);
        for tool in named {
            let Some(call) = tool.tool_calls.first() else { continue };
            // Where one instrumentation wraps another, the outer span is the call.
            let mut around = self.around(trace, tool.span).skip(1);
            if around.any(|(span, _)| names.get(&span) == Some(&call.name.as_str())) {
                continue;
            }
            let same_id = |other: &Call| call.id.is_some() && other.id == call.id;
            let same_name = |other: &Call| other.name == call.name && (other.id.is_none() || call.id.is_none());
            match open.iter().position(same_id).or_else(|| open.iter().position(same_name)) {
                Some(at) => drop(open.remove(at)),
                None => calls.push((tool.start, call.clone())),
            }
        }
        for tool in unnamed {
            // It may be any of those that a model called; one beside them is nobody knows what.
            let within = self.around(trace, tool.span).skip(1).any(|(span, _)| names.contains_key(&span));
            match open.is_empty() {
                true => is_known &= within,
                false => drop(open.remove(0)),
            }
        }
        calls.sort_by_key(|(at, _)| *at);
        is_known.then(|| calls.into_iter().map(|(_, call)| call).collect())
    }
}
