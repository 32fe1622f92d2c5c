//! `plimsoll-local`: a program that grades with a sentence-embedding model in a folder, without a key and without a network.
//!
//! in      requests as JSON lines, by the protocol of `docs/formats/process-grader.md`; the settings name the model's folder
//! out     a verdict a line: how similar an answer is to a text, or which share of its sentences the sources support
//! errors  each row's own, in its reply; the program ends when its input does
//! source  `docs/guides/local-models.md`

mod ask;
mod model;
mod sentences;

use ask::Models;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut models = Models::default();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let reply = match serde_json::from_str::<Value>(&line?) {
            Ok(request) => ask::reply(&mut models, &request),
            Err(error) => json!({"error": format!("this request is no JSON: {error}")}),
        };
        writeln!(out, "{reply}")?;
        out.flush()?;
    }
    Ok(())
}
