//! How fast production's logs become traffic, and in how much memory, beside parsing the same bytes: `bench traffic`.
//!
//! in      the built binary; how often each is measured
//! out     for each kind of log, at two sizes: time, megabytes a second, times parsing alone, memory; and the same once more, when all of it
//!         is there already
//! errors  an import that ends with a fault, or keeps another number of requests than the log holds
//! note    each import starts with nothing kept. What memory may not do is grow with the log: the two sizes stand beside each other

use super::measure::{Spread, Usage, run};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;

/// Megabytes of the logs.
const SIZES: [u64; 2] = [20, 400];
/// 2026-11-01 at midnight, in nanoseconds, and a week of them.
const START: u64 = 1_793_491_200_000_000_000;
const WEEK: u64 = 7 * 86_400 * 1_000_000_000;
/// Spans of one export.
const BATCH: u64 = 60;

struct Log {
    name: &'static str,
    mapping: Option<&'static str>,
    /// Writes the requests from here on, a line or a few, and says how many.
    write: fn(&mut dyn Write, u64) -> io::Result<u64>,
}

const LOGS: [Log; 2] = [
    Log { name: "otlp", mapping: None, write: export },
    Log {
        name: "json-lines",
        mapping: Some(
            "plimsoll_mapping: 1\nmap:\n  id: $.response.id\n  at: started_at\n  conversation: key\n  input.messages: $.request.messages\n  \
             answer.text: $.response.choices[0].message.content\n  answer.latency_ms: latency_ms\n",
        ),
        write: call,
    },
];

pub fn bench(binary: &Path, home: &Path, runs: usize) -> Result<(), String> {
    println!("traffic, imported with nothing kept, and again when all of it is there");
    for log in &LOGS {
        let mut peaks = Vec::new();
        for size in SIZES {
            let folder = home.join("traffic").join(format!("{}-{size}", log.name));
            let failed = |error: io::Error| format!("cannot write in {}: {error}", folder.display());
            fs::create_dir_all(&folder).map_err(failed)?;
            let requests = corpus(&folder, log, size).map_err(failed)?;
            let measured = measure(binary, &folder, log, requests, runs)?;
            println!("{}", line(log.name, size, requests, &measured));
            peaks.push(measured.peak_mb.middle);
        }
        println!("  memory at {} MB is {:.2} times that at {} MB", SIZES[1], peaks[1] / peaks[0], SIZES[0]);
    }
    Ok(())
}

struct Measured {
    wall: Spread,
    peak_mb: Spread,
    again: Usage,
    parsing: f64,
}

fn measure(binary: &Path, folder: &Path, log: &Log, requests: u64, runs: usize) -> Result<Measured, String> {
    let (mut usages, mut parsing, mut again) = (Vec::new(), Vec::new(), None);
    for _ in 0..runs {
        parsing.push(parsed(folder)?);
        let state = folder.join(".plimsoll");
        if state.exists() {
            fs::remove_dir_all(&state).map_err(|error| format!("cannot remove {}: {error}", state.display()))?;
        }
        usages.push(imported(binary, folder, log, ("kept", requests))?);
        again = Some(imported(binary, folder, log, ("before", requests))?);
    }
    let of = |figures: Vec<f64>| Spread::of(figures).ok_or_else(|| "nothing was measured".to_owned());
    Ok(Measured {
        wall: of(usages.iter().map(|usage| usage.wall).collect())?,
        peak_mb: of(usages.iter().map(|usage| usage.peak_mb).collect())?,
        again: again.ok_or("nothing was measured")?,
        parsing: of(parsing)?.middle,
    })
}

fn imported(binary: &Path, folder: &Path, log: &Log, (counted, requests): (&str, u64)) -> Result<Usage, String> {
    let mut command = Command::new(binary);
    command.args(["import", "traffic", "log.jsonl", "--as", "json"]).current_dir(folder);
    if log.mapping.is_some() {
        command.args(["--mapping", "mapping.yaml"]);
    }
    let output = folder.join("imported.json");
    let usage =
        run(&mut command, &output, |_| {}).map_err(|error| format!("cannot run {}: {error}", binary.display()))?;
    let made: Value = serde_json::from_str(&super::text(&output)).unwrap_or_default();
    match usage.code {
        Some(0) if made[counted].as_u64() == Some(requests) => Ok(usage),
        code => Err(format!(
            "of {requests} requests {} are counted as {counted}, and the import ended with {code:?}:\n{}",
            made[counted],
            super::text(&output.with_extension("err"))
        )),
    }
}

/// Seconds of reading the log and parsing each line into a document.
fn parsed(folder: &Path) -> Result<f64, String> {
    let mut command = Command::new(super::own()?);
    command.args(["bench", "lines"]).arg(folder.join("log.jsonl"));
    let output = folder.join("parsed.txt");
    let usage = run(&mut command, &output, |_| {}).map_err(|error| error.to_string())?;
    if usage.code == Some(0) { Ok(usage.wall) } else { Err(super::text(&output.with_extension("err"))) }
}

fn line(name: &str, size: u64, requests: u64, measured: &Measured) -> String {
    let wall = &measured.wall;
    format!(
        "  {name:<10} {size:>4} MB, {requests} requests: {:.2} s [{:.2}, {:.2}], {:.1} MB a second, {:.1} times parsing; peak {:.0} MB\n  \
         {:<10} again: {:.2} s; peak {:.0} MB",
        wall.middle,
        wall.least,
        wall.most,
        size as f64 / wall.middle,
        wall.middle / measured.parsing,
        measured.peak_mb.middle,
        "",
        measured.again.wall,
        measured.again.peak_mb
    )
}

/// A log of so many megabytes, and how many requests it holds.
fn corpus(folder: &Path, log: &Log, size: u64) -> io::Result<u64> {
    fs::write(folder.join("plimsoll.yaml"), "plimsoll: 1\nname: traffic\n")?;
    fs::write(folder.join("mapping.yaml"), log.mapping.unwrap_or_default())?;
    let mut out = Counted { out: BufWriter::new(fs::File::create(folder.join("log.jsonl"))?), bytes: 0 };
    let mut requests = 0;
    while out.bytes < size << 20 {
        requests += (log.write)(&mut out, requests)?;
    }
    out.flush()?;
    Ok(requests)
}

struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn asked(at: u64) -> String {
    let context = "The record of the ticket says what was bought, when, by whom, and what was promised. ".repeat(8);
    format!("What is the state of ticket {at}? My address is customer{at}@mail.example.\n{context}")
}

/// When a request came in: spread over a week, however many there are, and not in order.
fn nanoseconds(at: u64) -> u64 {
    START + at.wrapping_mul(0x9e37_79b9_7f4a_7c15) % WEEK
}

/// One batch as a collector exports it: calls of a model, each within an agent's span and beside a tool's.
fn export(out: &mut dyn Write, from: u64) -> io::Result<u64> {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let said =
        |role: &str, says: &str| json!([{"role": role, "parts": [{"type": "text", "content": says}]}]).to_string();
    let mut spans = Vec::new();
    for at in from..from + BATCH / 3 {
        let (start, trace) = (nanoseconds(at), format!("{:032x}", at + 1));
        let span = |id: u64, parent: u64, attributes: Vec<Value>| {
            json!({
                "traceId": trace, "spanId": format!("{:016x}", at * 3 + id), "name": "step",
                "parentSpanId": if parent == 0 { String::new() } else { format!("{:016x}", at * 3 + parent) },
                "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 250_000_000).to_string(), "attributes": attributes,
            })
        };
        spans.push(span(
            1,
            0,
            vec![text("gen_ai.operation.name", "invoke_agent"), text("session.id", &format!("s-{}", at / 4))],
        ));
        spans.push(span(
            2,
            1,
            vec![text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", "find_ticket")],
        ));
        spans.push(span(
            3,
            1,
            vec![
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.response.model", "m-2"),
                text("gen_ai.input.messages", &said("user", &asked(at))),
                text("gen_ai.output.messages", &said("assistant", &format!("Ticket {at}: the request is approved."))),
            ],
        ));
    }
    let resource = json!({"attributes": [text("service.name", "support")]});
    writeln!(out, "{}", json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}))?;
    Ok(BATCH / 3)
}

/// One call with the whole request and the whole response.
fn call(out: &mut dyn Write, at: u64) -> io::Result<u64> {
    let line = json!({
        "key": format!("k-{}", at / 4), "started_at": nanoseconds(at) / 1_000_000, "latency_ms": 250.0,
        "request": {"model": "m-2", "messages": [{"role": "user", "content": asked(at)}]},
        "response": {"id": format!("r-{at}"), "choices": [{"message": {"role": "assistant", "content": format!("Ticket {at}: approved.")}}]},
    });
    writeln!(out, "{line}")?;
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_its_size_and_says_how_many_requests_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        for log in &LOGS {
            let requests = corpus(folder.path(), log, 1).unwrap();
            let text = super::super::text(&folder.path().join("log.jsonl"));
            assert!((1 << 20..(1 << 20) + (1 << 17)).contains(&text.len()), "{}", text.len());
            let asked = text.matches("What is the state of ticket").count() as u64;
            assert_eq!(asked, requests, "{}", log.name);
        }
    }
}
