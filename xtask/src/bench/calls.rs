//! How fast the binary asks a live system, beside a bare client and other tools, on one server that answers in 200 ms: `bench calls`.
//!
//! in      the built binary; how often each is measured
//! out     wall time beside the ideal, CPU of a call, memory, calls in flight; under faults what was lost; with thousands at once
//! errors  a run that ends with a fault, an answer that is missing
//! note    the server is a process of its own, so that its CPU is not counted

use super::measure::{Spread, Usage, run};
use super::peers::{Client, Took};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CALLS: u32 = 5_000;
const DELAY_MS: u32 = 200;
const AT_ONCE: [u32; 2] = [100, 500];
/// The mix that `peers.md` measured: 10 % turned away, 3 % broken, 2 % truncated, 0.3 % stalled.
const FAULTS: &[&str] =
    &["--turned-away", "0.1", "--broken", "0.03", "--truncated", "0.02", "--stalled", "0.003", "--stall-ms", "60000"];

pub fn bench(binary: &Path, home: &Path, runs: usize) -> Result<(), String> {
    let folder = home.join("calls");
    fs::create_dir_all(&folder).map_err(|error| format!("cannot write in {}: {error}", folder.display()))?;
    println!("{CALLS} calls of {DELAY_MS} ms");
    for at_once in AT_ONCE {
        let ideal = f64::from(CALLS) * f64::from(DELAY_MS) / 1000.0 / f64::from(at_once);
        println!(" at {at_once} at once, ideal {ideal:.1} s");
        let server = Server::start(&[])?;
        corpus(&folder, CALLS).map_err(|error| error.to_string())?;
        let bare = several(runs, || bare(&folder, &server, at_once))?;
        println!("{}", line("bare client", &bare, ideal, CALLS));
        let ours = several(runs, || ours(binary, &folder, &server, at_once, CALLS, "60s"))?;
        println!("{}", line("plimsoll", &ours, ideal, CALLS));
        println!("  times the bare client {:.3}", ours.wall.middle / bare.wall.middle);
        for client in super::peers::clients(home) {
            match client.measure(&folder, &server.base_url, at_once) {
                Ok(Some(took)) => println!("{}, {}", peer(&client, &took, ideal), beside(&ours, &took)),
                Ok(None) => println!("  {:<20} not installed, not run", client.name),
                Err(what) => println!("  {:<20} {}", client.name, what.chars().take(200).collect::<String>()),
            }
        }
    }
    println!("{CALLS} judgements of {DELAY_MS} ms on recorded answers");
    for at_once in AT_ONCE {
        let ideal = f64::from(CALLS) * f64::from(DELAY_MS) / 1000.0 / f64::from(at_once);
        let server = Server::start(&[])?;
        corpus(&folder, CALLS).map_err(|error| error.to_string())?;
        let judged = several(runs, || judged(binary, &folder, &server, at_once))?;
        println!(" at {at_once} at once, ideal {ideal:.1} s, and one round more to try the judge out");
        println!("{}", line("plimsoll", &judged, ideal, CALLS));
    }
    let server = Server::start(FAULTS)?;
    corpus(&folder, 1_000).map_err(|error| error.to_string())?;
    let usage = ours(binary, &folder, &server, 100, 1_000, "5s")?;
    let stats = server.stats()?;
    println!(
        " 1,000 calls at 100 at once where 15 % of the attempts go wrong and 0.3 % stall for 60 s (time limit 5 s)\n  \
         plimsoll             {:.1} s, {} lost, {} asked again before they might, answered twice {}",
        usage.wall, stats["never_answered"], stats["too_early"], stats["answered_again"]
    );
    let server = Server::start(&[])?;
    corpus(&folder, 20_000).map_err(|error| error.to_string())?;
    let usage = ours(binary, &folder, &server, 2_000, 20_000, "60s")?;
    println!(
        " 20,000 calls at 2,000 at once, ideal 2.0 s\n  plimsoll             {:.2} s, CPU {:.3} ms a call, peak {:.0} MB, in flight {}",
        usage.wall,
        usage.cpu * 1000.0 / 20_000.0,
        usage.peak_mb,
        server.stats()?["most_in_flight"]
    );
    Ok(())
}

struct Runs {
    wall: Spread,
    cpu: Spread,
    peak_mb: Spread,
}

fn several(runs: usize, mut one: impl FnMut() -> Result<Usage, String>) -> Result<Runs, String> {
    let usages: Vec<Usage> = (0..runs).map(|_| one()).collect::<Result<_, _>>()?;
    let of = |what: fn(&Usage) -> f64| Spread::of(usages.iter().map(what)).ok_or_else(|| "nothing was run".to_owned());
    Ok(Runs { wall: of(|usage| usage.wall)?, cpu: of(|usage| usage.cpu)?, peak_mb: of(|usage| usage.peak_mb)? })
}

fn line(name: &str, runs: &Runs, ideal: f64, calls: u32) -> String {
    let wall = &runs.wall;
    let cpu = runs.cpu.per(f64::from(calls) / 1000.0);
    format!(
        "  {name:<20} {:.2} s [{:.2}, {:.2}], {:.3} times ideal; CPU {:.3} ms a call [{:.3}, {:.3}]; peak {:.0} MB",
        wall.middle,
        wall.least,
        wall.most,
        wall.middle / ideal,
        cpu.middle,
        cpu.least,
        cpu.most,
        runs.peak_mb.middle
    )
}

fn peer(client: &Client, took: &Took, ideal: f64) -> String {
    format!(
        "  {:<20} {:.1} s, {:.1} times ideal; CPU {:.1} ms a call; peak {:.0} MB",
        client.name,
        took.wall.middle,
        took.wall.middle / ideal,
        took.cpu.middle * 1000.0 / f64::from(CALLS),
        took.peak_mb.middle
    )
}

fn beside(ours: &Runs, took: &Took) -> String {
    format!(
        "{:.1} times our time and {:.0} times our CPU",
        took.wall.middle / ours.wall.middle,
        took.cpu.middle / ours.cpu.middle
    )
}

/// Questions with the tag that the server knows them by.
fn corpus(folder: &Path, calls: u32) -> std::io::Result<()> {
    let mut examples = std::io::BufWriter::new(fs::File::create(folder.join("examples.jsonl"))?);
    for at in 0..calls {
        let context = "The record of the ticket says what was bought, when, by whom, and what was promised. ".repeat(8);
        let line = serde_json::json!({
            "id": format!("r{at:06}"), "task": (["billing", "delivery"][at as usize % 2]),
            "input": format!("[id:r{at:06}] What is the state of ticket {at}?\n{context}"),
            "provenance": {"source": "traffic", "rule": "all", "probability": 1.0},
        });
        writeln!(examples, "{line}")?;
    }
    examples.flush()
}

fn ours(binary: &Path, folder: &Path, server: &Server, at_once: u32, calls: u32, limit: &str) -> Result<Usage, String> {
    let contract = include_str!("calls.yaml")
        .replace("AT_ONCE", &at_once.to_string())
        .replace("BASE_URL", &server.base_url)
        .replace("TIME_LIMIT", limit);
    let (usage, said) = decided(binary, folder, server, &contract)?;
    let stats = server.stats()?;
    let answered = stats["keys"].as_u64().zip(stats["never_answered"].as_u64()).map(|(keys, never)| keys - never);
    if answered != Some(u64::from(calls)) {
        return Err(format!("{answered:?} of {calls} calls were answered:\n{said}"));
    }
    Ok(usage)
}

/// One run from nothing to a decision; what it took and what it said.
fn decided(binary: &Path, folder: &Path, server: &Server, contract: &str) -> Result<(Usage, String), String> {
    let failed = |error: std::io::Error| error.to_string();
    fs::write(folder.join("plimsoll.yaml"), contract).map_err(failed)?;
    let state = folder.join(".plimsoll");
    if state.exists() {
        fs::remove_dir_all(&state).map_err(failed)?;
    }
    server.reset()?;
    let output = folder.join("run.json");
    let mut command = Command::new(binary);
    command.args(["run", "--as", "json", "--exit-zero"]).current_dir(folder).env_remove("http_proxy");
    let usage = run(&mut command, &output, |_| {}).map_err(failed)?;
    let said = super::text(&output.with_extension("err"));
    if usage.code != Some(0) {
        return Err(format!("plimsoll ended with {:?}:\n{said}", usage.code));
    }
    Ok((usage, said))
}

/// Recorded answers, each judged once, by a judge that is tried out first.
fn judged(binary: &Path, folder: &Path, server: &Server, at_once: u32) -> Result<Usage, String> {
    let failed = |error: std::io::Error| error.to_string();
    let answer = |at: u32| {
        let said = format!("Ticket {at}: the request is approved.");
        format!("{}\n", serde_json::json!({"example": format!("r{at:06}"), "text": said}))
    };
    fs::write(folder.join("answers.jsonl"), (0..CALLS).map(answer).collect::<String>()).map_err(failed)?;
    fs::write(folder.join("rubric.md"), include_str!("calls.md")).map_err(failed)?;
    let contract = include_str!("calls.yaml")
        .replace("TIME_LIMIT", "60s")
        .replace("grade: {contains: \"request is\"}", "grade: {judge: rubric.md, with: judge}");
    let contract = contract.replace("  candidate:", "  candidate: {recorded: answers.jsonl}\n  judge:");
    let contract = contract.replace("AT_ONCE", &at_once.to_string()).replace("BASE_URL", &server.base_url);
    let (usage, said) = decided(binary, folder, server, &contract)?;
    let answered = server.stats()?["answered"].as_u64();
    if answered.is_none_or(|answered| answered < u64::from(CALLS)) {
        return Err(format!("{answered:?} of {CALLS} judgements were made:\n{said}"));
    }
    Ok(usage)
}

fn bare(folder: &Path, server: &Server, at_once: u32) -> Result<Usage, String> {
    server.reset()?;
    let mut command = Command::new(super::own()?);
    command.args(["bench", "bare", &server.base_url, &at_once.to_string()]).arg(folder.join("examples.jsonl"));
    let output = folder.join("bare.txt");
    let usage = run(&mut command, &output, |_| {}).map_err(|error| error.to_string())?;
    match usage.code {
        Some(0) => Ok(usage),
        code => Err(format!("the bare client ended with {code:?}: {}", super::text(&output.with_extension("err")))),
    }
}

/// The server that fails as told, in a process of its own.
struct Server {
    process: Child,
    base_url: String,
}

impl Server {
    fn start(faults: &[&str]) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the server cannot be started: {error}");
        let mut command = Command::new(super::own()?);
        command.args(["faulty", "--delay-ms", &DELAY_MS.to_string()]).args(faults);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut base_url = String::new();
        if let Some(output) = &mut process.stdout {
            BufReader::new(output).read_line(&mut base_url).map_err(failed)?;
        }
        Ok(Server { process, base_url: base_url.trim().to_owned() })
    }

    fn say(&self, request: &str) -> Result<String, String> {
        let failed = |error: std::io::Error| format!("the server does not answer: {error}");
        let host = self.base_url.trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = TcpStream::connect(host).map_err(failed)?;
        write!(stream, "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            .map_err(failed)?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).map_err(failed)?;
        Ok(reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    fn reset(&self) -> Result<(), String> {
        self.say("POST /reset").map(|_| ())
    }

    fn stats(&self) -> Result<Value, String> {
        serde_json::from_str(&self.say("GET /stats")?).map_err(|error| error.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
