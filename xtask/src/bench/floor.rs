//! The least that the same work can cost: reading the same files and parsing each line into types, texts borrowed; and the
//! same with each line parsed into a JSON document, as whoever does not know its fields must.
//!
//! in      the folder of an eval
//! out     how many lines and bytes were read
//! note    a process of its own, built as the binary is, so that it is measured as the binary is

use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

#[derive(Deserialize)]
pub(super) struct Example<'a> {
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    #[serde(borrow)]
    input: Input<'a>,
    #[serde(borrow)]
    pub expected: Expected<'a>,
    #[serde(borrow)]
    attributes: Attributes<'a>,
    #[serde(borrow)]
    cluster: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(borrow)]
    context: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Expected<'a> {
    #[serde(borrow)]
    pub answer: Cow<'a, str>,
    #[serde(borrow)]
    pub ticket: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow)]
    segment: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub example: Cow<'a, str>,
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

/// Reads and parses the files of an eval.
pub fn main(folder: &str, as_documents: bool) -> io::Result<()> {
    if as_documents {
        return documents(folder);
    }
    let mut seen = (0u64, 0u64);
    let mut add = |length: usize| seen = (seen.0 + 1, seen.1 + length as u64);
    each_line(&Path::new(folder).join("examples.jsonl"), |line| {
        let example: Example = serde_json::from_str(line)?;
        let texts = [&example.id, &example.input.context, &example.expected.answer, &example.expected.ticket];
        let said = example.input.messages.iter().map(|message| message.role.len() + message.content.len());
        let rest = example.attributes.segment.len() + example.cluster.len() + said.sum::<usize>();
        add(std::hint::black_box(texts.map(|text| text.len()).iter().sum::<usize>() + rest));
        Ok(())
    })?;
    for name in ["candidate.jsonl", "production.jsonl"] {
        each_line(&Path::new(folder).join(name), |line| {
            let answer: Answer = serde_json::from_str(line)?;
            add(std::hint::black_box(answer.example.len() + answer.text.len()));
            Ok(())
        })?;
    }
    println!("{} lines, {} bytes of text", seen.0, seen.1);
    Ok(())
}

fn documents(folder: &str) -> io::Result<()> {
    for name in ["examples.jsonl", "candidate.jsonl", "production.jsonl"] {
        lines(&Path::new(folder).join(name))?;
    }
    Ok(())
}

/// Reads a file and parses each line into a document.
pub fn lines(path: &Path) -> io::Result<()> {
    each_line(path, |line| {
        std::hint::black_box(serde_json::from_str::<serde_json::Value>(line)?);
        Ok(())
    })
}

pub(super) fn each_line(path: &Path, mut take: impl FnMut(&str) -> serde_json::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        take(line.trim_end())?;
        line.clear();
    }
    Ok(())
}
