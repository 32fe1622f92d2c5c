//! Spans brought together to answers, whatever order and files they came in.
//!
//! in      spans
//! out     one answer for each trace, example and repeat that spans name
//! note    held: 64 bytes a span, what models said, and what was called. Never the spans themselves

mod called;

use super::dialect::{Step, Told, told};
use super::message::Call;
use super::otlp::Span;
use super::{Spot, text_of};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// What is known of every span.
struct Known {
    parent: u64,
    /// Position among the claims that were seen.
    claim: Option<u32>,
    is_model: bool,
    start: u64,
    end: u64,
}

/// The example and the repeat that a span says it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Claim {
    pub example: Option<String>,
    pub repeat: Option<u32>,
}

/// Something that may be an answer, or part of one.
struct Piece {
    span: u64,
    at: Spot,
    step: Step,
    start: u64,
    end: u64,
    text: Option<String>,
    /// Of a tool's span, what was run.
    tool_calls: Vec<Call>,
    /// Whether it says what was called, be it nothing.
    tells_calls: bool,
    finish_reason: Option<String>,
    model: Option<String>,
    tokens: (Option<u64>, Option<u64>),
    behaviour: Option<String>,
    citations: Option<Vec<String>>,
    failed: Option<(String, String)>,
}

#[derive(Default)]
pub struct Gathered {
    known: HashMap<(u128, u64), Known>,
    pieces: BTreeMap<u128, Vec<Piece>>,
    first: HashMap<u128, Spot>,
    claims: Vec<Claim>,
    claimed: HashMap<Claim, u32>,
}

/// An answer of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Gleaned {
    pub trace: u128,
    pub claim: Claim,
    pub at: Spot,
    /// Nanoseconds since 1970; 0 where no span says it.
    pub start: u64,
    /// No model's span and none around says anything.
    pub silent: bool,
    pub text: Option<String>,
    /// `None` where no span tells what was called.
    pub tool_calls: Option<Vec<Call>>,
    pub behaviour: Option<String>,
    pub citations: Option<Vec<String>>,
    pub finish_reason: Option<String>,
    pub model: Option<String>,
    pub latency_ms: Option<f64>,
    pub tokens: (Option<u64>, Option<u64>),
    /// Class and message, where nothing was said and a span failed.
    pub failed: Option<(String, String)>,
}

impl Gleaned {
    pub fn says_nothing(&self) -> bool {
        self.silent && self.behaviour.is_none() && self.failed.is_none()
    }
}

impl Gathered {
    /// Adds a span; false where it was there before. `unread` is told of messages whose form is not known.
    pub fn add(&mut self, span: &Span, at: Spot, unread: &mut u32) -> bool {
        if self.known.contains_key(&(span.trace, span.id)) {
            return false;
        }
        let told = told(span);
        let (parent, claim) = (span.parent.unwrap_or(0), self.claim(span));
        let (start, end, is_model) = (span.start, span.end, told.step == Step::Model);
        self.known.insert((span.trace, span.id), Known { parent, claim, is_model, start, end });
        self.first.entry(span.trace).or_insert(at);
        if told.step != Step::Aside {
            if is_model {
                *unread += told.unread;
            }
            let pieces = self.pieces.entry(span.trace).or_default();
            pieces.extend(piece(span, told, at));
        }
        true
    }

    pub fn traces(&self) -> usize {
        self.first.len()
    }

    fn claim(&mut self, span: &Span) -> Option<u32> {
        let find = |key: &str| span.attributes.get(key).or_else(|| span.resource.get(key));
        let example = find("plimsoll.example.id").and_then(text_of);
        let repeat = find("plimsoll.repeat").and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        let claim = Claim { example, repeat: repeat.and_then(|repeat| u32::try_from(repeat).ok()) };
        if claim == Claim::default() {
            return None;
        }
        let next = self.claims.len() as u32;
        let at = *self.claimed.entry(claim.clone()).or_insert(next);
        if at == next {
            self.claims.push(claim);
        }
        Some(at)
    }

    /// The answers, by trace.
    pub fn answers(mut self) -> Vec<Gleaned> {
        let mut all = Vec::new();
        let traces: std::collections::BTreeSet<u128> = self.first.keys().copied().collect();
        for trace in traces {
            let mut of_claim: BTreeMap<Claim, Vec<Piece>> = BTreeMap::new();
            for piece in self.pieces.remove(&trace).unwrap_or_default() {
                of_claim.entry(self.belongs(trace, piece.span)).or_default().push(piece);
            }
            // A trace in which one example is named is all of that example.
            let mut named = of_claim.keys().filter(|claim| claim.example.is_some());
            if let (Some(only), None) = (named.next().cloned(), named.next()) {
                let rest = of_claim.remove(&Claim::default()).unwrap_or_default();
                of_claim.entry(only).or_default().extend(rest);
            }
            // A tool that was run is no answer by itself.
            of_claim.retain(|_, pieces| pieces.iter().any(|piece| piece.step != Step::Tool));
            if of_claim.is_empty() {
                of_claim.insert(Claim::default(), Vec::new());
            }
            for (claim, pieces) in of_claim {
                let at = pieces.first().map_or(self.first[&trace], |piece| piece.at);
                all.push(self.answer(trace, claim, pieces, at));
            }
        }
        all
    }

    /// What the span or the nearest around it claims.
    fn belongs(&self, trace: u128, span: u64) -> Claim {
        let claim = self.around(trace, span).find_map(|(_, known)| known.claim);
        claim.map_or_else(Claim::default, |claim| self.claims[claim as usize].clone())
    }

    /// A span and those around it, from within; spans that lie in each other end it.
    fn around(&self, trace: u128, span: u64) -> impl Iterator<Item = (u64, &Known)> {
        const DEEPEST: usize = 1_000;
        let known = move |id: u64| self.known.get(&(trace, id)).map(|known| (id, known));
        std::iter::successors(known(span), move |(_, at)| known(at.parent)).take(DEEPEST)
    }

    fn answer(&self, trace: u128, claim: Claim, mut pieces: Vec<Piece>, at: Spot) -> Gleaned {
        pieces.sort_by_key(|piece| (piece.end, piece.start, piece.span));
        let (tools, pieces): (Vec<Piece>, Vec<Piece>) = pieces.into_iter().partition(|piece| piece.step == Step::Tool);
        let inner = |piece: &Piece| self.around(trace, piece.span).skip(1).any(|(_, around)| around.is_model);
        // Where one instrumentation wraps another, the outer span tells what the inner does.
        let asked: Vec<&Piece> = pieces.iter().filter(|piece| piece.step == Step::Model && !inner(piece)).collect();
        let around = pieces.iter().filter(|piece| piece.step == Step::Around);
        let said: Vec<&Piece> = match asked.iter().any(|piece| piece.says()) {
            true => asked.iter().copied().filter(|piece| piece.says()).collect(),
            false => around.rev().filter(|piece| piece.says()).take(1).collect(),
        };
        let last = said.last();
        let sum = |part: fn(&Piece) -> Option<u64>| {
            let counts: Option<Vec<u64>> = asked.iter().map(|piece| part(piece)).collect();
            counts
                .filter(|counts| !counts.is_empty())
                .map(|counts| counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count)))
        };
        let whole = |part: fn(&Piece) -> Option<u64>| {
            sum(part).or_else(|| pieces.last().filter(|_| asked.is_empty()).and_then(part))
        };
        let (start, latency_ms) = self.lasted(trace, &claim, &pieces);
        let failed = pieces.iter().rev().find_map(|piece| piece.failed.clone());
        let silent = last.is_none_or(|piece| piece.text.is_none() && piece.tool_calls.is_empty());
        Gleaned {
            trace,
            claim,
            at,
            start,
            silent,
            text: last.and_then(|piece| piece.text.clone()),
            tool_calls: self.called(trace, &asked, &said, &tools),
            behaviour: pieces.iter().rev().find_map(|piece| piece.behaviour.clone()),
            citations: pieces.iter().rev().find_map(|piece| piece.citations.clone()),
            finish_reason: last.and_then(|piece| piece.finish_reason.clone()),
            model: last.and_then(|piece| piece.model.clone()),
            latency_ms,
            tokens: (whole(|piece| piece.tokens.0), whole(|piece| piece.tokens.1)),
            failed: failed.filter(|_| silent),
        }
    }

    /// When the outermost span of an answer began, and how long it took: from the first that began to the last that ended, if there
    /// are several.
    fn lasted(&self, trace: u128, claim: &Claim, pieces: &[Piece]) -> (u64, Option<f64>) {
        let named = claim.example.is_some();
        let mut outermost = BTreeMap::new();
        for piece in pieces {
            let within = self.around(trace, piece.span);
            let within = within
                .take_while(|(_, known)| !named || known.claim.is_none_or(|at| self.claims[at as usize] == *claim));
            // Of a trace that holds several examples, the outer spans belong to none.
            let claimed: Vec<(u64, &Known)> = within.collect();
            let outer = claimed.iter().rev().find(|(_, known)| known.claim.is_some()).or(claimed.last());
            if let Some((id, known)) = outer {
                outermost.insert(*id, (known.start, known.end));
            }
        }
        let known = outermost.values().filter(|(start, end)| *start > 0 && end >= start);
        let start = known.clone().map(|(start, _)| *start).min();
        let end = known.map(|(_, end)| *end).max();
        let lasted = start.zip(end).map(|(start, end)| (end - start) as f64 / 1e6);
        (start.unwrap_or(0), lasted)
    }
}

impl Piece {
    fn says(&self) -> bool {
        self.text.is_some() || !self.tool_calls.is_empty()
    }
}

/// What a span gives to an answer; `None` where it is nothing.
fn piece(span: &Span, told: Told, at: Spot) -> Option<Piece> {
    if told.step == Step::Tool {
        // What came out of a tool, or went wrong in it, is not the system's answer.
        return Some(Piece {
            span: span.id,
            at,
            step: Step::Tool,
            start: span.start,
            end: span.end,
            text: None,
            tells_calls: told.called.is_some(),
            tool_calls: told.called.into_iter().collect(),
            finish_reason: None,
            model: None,
            tokens: (None, None),
            behaviour: None,
            citations: None,
            failed: None,
        });
    }
    let spoken = told.output.into_iter().filter(|message| message.role != "user" && message.role != "system");
    let (mut text, mut tool_calls) = (None, Vec::new());
    for message in spoken {
        if message.role != "tool" {
            text = message.text;
            tool_calls.extend(message.tool_calls);
        }
    }
    let own = |key: &str| span.attributes.get(key);
    let citations = own("plimsoll.citations").and_then(Value::as_array);
    let piece = Piece {
        span: span.id,
        at,
        step: told.step,
        start: span.start,
        end: span.end,
        text,
        tool_calls,
        tells_calls: told.tells_calls,
        finish_reason: told.finish_reason,
        model: told.model,
        tokens: (told.tokens_in, told.tokens_out),
        behaviour: own("plimsoll.behaviour").and_then(text_of),
        citations: citations.map(|list| list.iter().filter_map(text_of).collect()),
        failed: span.failed.as_ref().map(|message| failure(span, message)),
    };
    let counts = piece.step == Step::Model || piece.says() || piece.failed.is_some() || piece.behaviour.is_some();
    (counts || piece.citations.is_some() || span.parent.is_none()).then_some(piece)
}

/// Class and message of a span that failed.
pub(super) fn failure(span: &Span, message: &str) -> (String, String) {
    let exception = span.events.iter().find(|(name, _)| name == "exception").map(|(_, attributes)| attributes);
    let raised = |key: &str| exception.and_then(|attributes| attributes.get(key)?.as_str().map(str::to_owned));
    let class = span.attributes.get("error.type").and_then(text_of).or_else(|| raised("exception.type"));
    let message = if message.is_empty() { raised("exception.message").unwrap_or_default() } else { message.to_owned() };
    let timed = |text: &str| ["timeout", "timed out", "deadline"].iter().any(|word| text.to_lowercase().contains(word));
    let class = class.unwrap_or_else(|| "error".to_owned());
    (if timed(&class) || timed(&message) { "timeout".to_owned() } else { class }, message)
}
