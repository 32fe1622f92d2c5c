//! The corpus that is graded: made-up tickets, the same at every size and on every machine.
//!
//! out     records of about a kilobyte: a question with context, the reference answer, and a recorded answer that is JSON in
//!         most cases. 4 % of the answers are broken JSON, 3 % lack a field, 8 % are far from the reference, 3 % lack the
//!         ticket, 2 % are too long
//! note    the candidate's answers and the order of draws are those of the generator that peers were measured with, so that
//!         counts of verdicts compare; production answers the same questions, drawn from a stream of its own

use super::twister::Twister;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

const CANDIDATE: u32 = 20_240_611;
const PRODUCTION: u32 = 20_240_612;
const PER_CLUSTER: u32 = 8;
const SEGMENTS: [&str; 10] =
    ["billing", "shipping", "returns", "warranty", "login", "upgrade", "network", "cancel", "tax", "other"];
const WORDS: &str = "the a of to in for on with by from order refund invoice ticket customer account plan payment shipping \
    address policy warranty device battery screen update network password billing cycle support agent \
    delivery carrier tracking number return window days business hours status pending approved declined \
    subscription renewal cancel upgrade downgrade discount coupon region tax receipt contract service level \
    priority escalation engineer manager replacement repair store online purchase credit card bank transfer";

/// Criteria of the contract, in its order.
pub const CRITERIA: [&str; 5] = ["ticket", "phrase", "shaped", "close", "short"];

/// How many of the candidate's answers pass each criterion, as four other tools count them.
pub fn expected(records: u32) -> Option<[u64; 5]> {
    match records {
        1_000 => Some([958, 875, 924, 902, 980]),
        10_000 => Some([9_610, 8_798, 9_300, 8_989, 9_802]),
        100_000 => Some([96_065, 88_326, 93_034, 90_282, 97_995]),
        _ => None,
    }
}

pub struct Record {
    pub id: String,
    pub segment: &'static str,
    pub cluster: String,
    pub question: String,
    pub context: String,
    pub expected: String,
    pub ticket: String,
    pub candidate: String,
    pub production: String,
}

pub struct Corpus {
    words: Vec<&'static str>,
    candidate: Twister,
    production: Twister,
    drawn: u32,
}

impl Corpus {
    pub fn new() -> Self {
        let words = WORDS.split_whitespace().collect();
        Corpus { words, candidate: Twister::seeded(CANDIDATE), production: Twister::seeded(PRODUCTION), drawn: 0 }
    }
}

impl Iterator for Corpus {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let (words, chance, at) = (&self.words, &mut self.candidate, self.drawn);
        self.drawn += 1;
        let ticket = format!("TCK-{:06}", chance.below(1_000_000));
        let what = chance.one_of(&["refund", "return", "repair", "transfer"]);
        let state = chance.one_of(&["approved", "pending", "declined"]);
        let expected = format!("Your {what} request {ticket} is {state} within {} days.", 1 + chance.below(30));
        let candidate = answer(words, chance, &expected, &ticket);
        Some(Record {
            id: format!("r{at:06}"),
            segment: SEGMENTS[chance.below(SEGMENTS.len() as u32) as usize],
            cluster: format!("c{:06}", at / PER_CLUSTER),
            question: format!("What is the state of {ticket}: {}?", sentence(words, chance, 9)),
            context: sentence(words, chance, 58),
            production: answer(words, &mut self.production, &expected, &ticket),
            expected,
            ticket,
            candidate,
        })
    }
}

fn sentence(words: &[&str], chance: &mut Twister, count: usize) -> String {
    (0..count).map(|_| chance.one_of(words)).collect::<Vec<_>>().join(" ")
}

fn answer(words: &[&str], chance: &mut Twister, expected: &str, ticket: &str) -> String {
    let kind = chance.fraction();
    let mut text = if kind < 0.45 {
        expected.to_owned()
    } else if kind < 0.92 {
        let said = expected.replace("within", chance.one_of(&["in about", "within", "after"]));
        format!("{}{}", said.trim_end_matches('.'), chance.one_of(&[".", "!", " now."]))
    } else {
        format!("I am not sure about {ticket}, {}.", sentence(words, chance, 14))
    };
    if chance.fraction() < 0.03 {
        text = text.replace(ticket, "your ticket");
    }
    let cited = 1 + chance.below(3);
    let citations: Vec<String> = (0..cited).map(|_| format!("\"doc-{}\"", 1 + chance.below(4_999))).collect();
    let confidence: f64 = format!("{:.3}", chance.fraction()).parse().unwrap_or_default();
    let notes = if chance.fraction() > 0.02 { 22 } else { 90 };
    let mut fields = vec![
        ("answer", format!("\"{text}\"")),
        ("citations", format!("[{}]", citations.join(", "))),
        ("confidence", format!("{confidence:?}")),
        ("language", "\"en\"".to_owned()),
        ("notes", format!("\"{}\"", sentence(words, chance, notes))),
    ];
    if chance.fraction() < 0.03 {
        let lacks = chance.one_of(&["citations", "confidence", "answer"]);
        fields.retain(|(name, _)| *name != lacks);
    }
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    let mut whole = format!("{{{}}}", fields.join(", "));
    if chance.fraction() < 0.04 {
        whole.truncate((whole.len() as f64 * 0.8) as usize);
    }
    whole
}

impl Record {
    /// As an example of the reference set.
    pub fn example(&self) -> Value {
        json!({
            "id": self.id,
            "input": {"messages": [{"role": "user", "content": self.question}], "context": self.context},
            "expected": {"answer": self.expected, "ticket": self.ticket},
            "attributes": {"segment": self.segment},
            "cluster": self.cluster,
        })
    }

    /// As the line of a corpus that peers read: question, reference and recorded answer in one.
    pub fn line(&self) -> Value {
        json!({
            "id": self.id, "segment": self.segment, "cluster": self.cluster, "question": self.question,
            "context": self.context, "expected": self.expected, "output": self.candidate, "must_contain": self.ticket,
        })
    }
}

/// Writes an eval of so many records into a folder, and `corpus.jsonl` for peers; the contract comes last, so that a folder
/// which has it is whole.
pub fn write(folder: &Path, records: u32) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let (mut examples, mut corpus) = (file("examples.jsonl")?, file("corpus.jsonl")?);
    let (mut candidate, mut production) = (file("candidate.jsonl")?, file("production.jsonl")?);
    for record in Corpus::new().take(records as usize) {
        writeln!(examples, "{}", record.example())?;
        writeln!(corpus, "{}", record.line())?;
        writeln!(candidate, "{}", json!({"example": record.id, "text": record.candidate}))?;
        writeln!(production, "{}", json!({"example": record.id, "text": record.production}))?;
    }
    for file in [examples, corpus, candidate, production] {
        file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    }
    fs::write(folder.join("plimsoll.yaml"), include_str!("contract.yaml"))
}

#[cfg(test)]
mod tests;
