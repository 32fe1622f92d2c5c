//! Live systems, told from outside: a server on loopback that counts what it is asked, and fails as told.

use super::{code, err, out};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;
use xtask::faulty::{Faults, Server};

const CONTRACT: &str = include_str!("../stories/contract.yaml");
pub(super) const KEY: &str = "sk-nobody-may-see-this";

/// An eval of so many examples of each of two tasks, both arms asked from one server.
pub fn eval(examples: usize, settings: &str, rest: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = CONTRACT.split("criteria:").next().expect("the head of a contract");
    let arm = |name: &str, model: &str| {
        format!(
            "  {name}: {{openai: {{base_url: \"${{ASSISTANT_URL}}\", model: {model}, key: {{env: ASSISTANT_KEY}}}}, {settings}}}\n"
        )
    };
    let contract = format!(
        "{kept}criteria:\n  right: {{protects: [wrong_source], grade: {{contains: Answer}}}}\nsystems:\n{}{}\
         examples: examples.jsonl\ngates:\n  - {{criterion: right, in: task, at_least: 50%, else: repair, owner: release}}\n{rest}",
        arm("candidate", "v15"),
        arm("production", "v14"),
    );
    std::fs::write(folder.path().join("plimsoll.yaml"), contract).expect("a contract");
    write_examples(folder.path(), examples, "what about it?");
    folder
}

fn write_examples(folder: &Path, examples: usize, what: &str) {
    let line = |at: usize| {
        let task = ["pay", "refund"][at % 2];
        let provenance = r#"{"source":"traffic","rule":"all","probability":1}"#;
        format!(r#"{{"id":"r{at:04}","task":"{task}","input":"[id:r{at:04}] {what}","provenance":{provenance}}}"#)
            + "\n"
    };
    std::fs::write(folder.join("examples.jsonl"), (0..2 * examples).map(line).collect::<String>()).expect("examples");
}

fn command(folder: &Path, server: &Server) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["run", "--as", "json"]).current_dir(folder);
    command.env("ASSISTANT_URL", server.base_url()).env("ASSISTANT_KEY", KEY).env_remove("http_proxy");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    command
}

pub fn run(folder: &Path, server: &Server) -> Output {
    command(folder, server).output().expect("the binary")
}

fn start(folder: &Path, server: &Server) -> Child {
    command(folder, server).stdout(Stdio::null()).spawn().expect("the binary")
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the process is there");
}

/// The answers that the journals hold: the key as the server knows it, and the line.
pub fn journaled(folder: &Path) -> BTreeMap<String, serde_json::Value> {
    let mut found = BTreeMap::new();
    for (arm, model) in [("candidate", "v15"), ("production", "v14")] {
        for entry in std::fs::read_dir(folder.join(".plimsoll/asked")).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(entry.path().join(format!("{arm}.jsonl"))).unwrap_or_default();
            for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
                // A torn line is not JSON, or its sum is wrong; the next run leaves it out.
                let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
                found.insert(format!("{model}/{}", line["example"].as_str().unwrap_or("?")), line);
            }
        }
    }
    found
}

fn asked(server: &Server) -> HashMap<String, u32> {
    server.counts().asked()
}

#[test]
fn a_low_limit_of_open_files_is_raised_for_as_many_calls_as_go_out_at_once() {
    let faults = Faults { delay: Duration::from_millis(300), ..Default::default() };
    let server = Server::start(faults, 0, None).expect("a server");
    let folder = eval(150, "at_once: 120", "");
    let limited = |limit: &str| {
        let script = format!(
            "ulimit {limit} -n 80; ASSISTANT_URL={} ASSISTANT_KEY={KEY} {} run",
            server.base_url(),
            env!("CARGO_BIN_EXE_plimsoll"),
        );
        Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().expect("a shell")
    };
    let refused = limited("");
    assert_eq!(code(&refused), 2, "{}", err(&refused));
    let said = err(&refused);
    assert!(said.contains("need 272 open files, and this process may have 80") && said.contains("at_once"), "{said}");
    assert_eq!(server.counts().asked().len(), 0);
    let ended = limited("-S");
    assert_eq!(code(&ended), 0, "{}{}", out(&ended), err(&ended));
    assert!(server.counts().most_in_flight.load(Ordering::Relaxed) > 200);
    assert!(server.counts().asked().values().all(|count| *count == 1), "no call failed for want of a file");
}

#[test]
fn live_systems_are_asked_and_decided_on_whatever_goes_wrong_in_between() {
    let faults = Faults {
        turned_away: 0.1,
        retry_after: Duration::from_millis(50),
        broken: 0.05,
        truncated: 0.03,
        page: 0.02,
        cut: 0.02,
        stalled: 0.01,
        dripping: 0.01,
        reset: 0.03,
        attempts: 3,
        seed: 7,
        ..Default::default()
    };
    let server = Server::start(faults, 0, None).expect("a server");
    let settings = "at_once: 16, time_limit: 1s, price: {input: 2, output: 10}";
    let folder = eval(60, settings, "");
    let ended = run(folder.path(), &server);
    assert_eq!(code(&ended), 0, "{}{}", out(&ended), err(&ended));
    let answers = server.counts().answers();
    assert_eq!(answers.len(), 240);
    assert!(answers.values().all(|count| *count == 1), "{answers:?}");
    assert_eq!(server.counts().too_early.load(Ordering::Relaxed), 0, "Retry-After is kept");
    assert!(server.counts().most_in_flight.load(Ordering::Relaxed) <= 32);
    let lines = journaled(folder.path());
    let attempts: usize = lines.values().map(|line| line["attempts"].as_array().map_or(1, Vec::len)).sum();
    assert_eq!(attempts as u64, server.counts().requests.load(Ordering::Relaxed), "every attempt is kept");
    assert!(lines.values().all(|line| line["spend"].as_f64().is_some_and(|spend| spend > 0.0)));
    let timed_out = |line: &&serde_json::Value| line["attempts"].to_string().contains("timeout: ");
    assert!(lines.values().filter(timed_out).count() > 0, "stalls end at the time limit");
    let reset = |line: &&serde_json::Value| line["attempts"].to_string().contains("Connection reset by peer");
    assert!(lines.values().filter(reset).count() > 0, "a connection that is reset is one more attempt");
    no_key_in(folder.path());
    let said = format!("{}{}", out(&ended), err(&ended));
    assert!(!said.contains(KEY) && said.contains("asking for 240 answers"), "{said}");
    let verified = super::plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
}

fn no_key_in(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            no_key_in(&entry.path());
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!found, "{} holds the key", entry.path().display());
    }
}

#[test]
fn a_run_killed_at_two_hundred_points_asks_for_no_answer_again_that_it_has() {
    const KILLS: u32 = 200;
    let server =
        Server::start(Faults { delay: Duration::from_millis(2), ..Default::default() }, 0, None).expect("a server");
    let folder = eval(1500, "at_once: 4, attempts: 2", "");
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut chance = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let (mut had, mut asked_then) = (BTreeMap::new(), HashMap::new());
    let (mut told, mut killed) = (0, 0);
    for _ in 0..KILLS {
        let before = server.counts().answered.load(Ordering::Relaxed);
        let mut child = start(folder.path(), &server);
        let points = chance(25);
        while server.counts().answered.load(Ordering::Relaxed) < before + points
            && child.try_wait().expect("a child").is_none()
        {
            std::thread::yield_now();
        }
        // And somewhere between one answer and the next.
        (0..chance(20_000)).for_each(|_| std::hint::spin_loop());
        killed += u32::from(child.kill().is_ok());
        let ended = child.wait_with_output().expect("an end");
        told += in_flight_said(&err(&ended));
        let asked_now = asked(&server);
        for key in had.keys() {
            assert_eq!(asked_now.get(key), asked_then.get(key), "`{key}` was there and was asked for again");
        }
        had = journaled(folder.path());
        asked_then = asked_now;
    }
    assert!(killed >= KILLS * 9 / 10, "it was killed {killed} times");
    let last = run(folder.path(), &server);
    assert_eq!(code(&last), 0, "{}", err(&last));
    told += in_flight_said(&err(&last));
    assert_eq!(journaled(folder.path()).len(), 6000);
    let answers = server.counts().answers();
    let repeated: u32 = answers.values().map(|count| count - 1).sum();
    println!("{killed} kills, {} answers, {repeated} repeated; told {told}", answers.len());
    assert_eq!(answers.len(), 6000);
    assert!(repeated <= told, "{repeated} calls were repeated, and {told} were said");
    assert!(told <= KILLS * 8, "no more than were in flight");
}

/// The number of a note that says how many answers were in flight.
fn in_flight_said(said: &str) -> u32 {
    let before = said.split(" were in flight").next().filter(|before| *before != said);
    before.and_then(|before| before.split_whitespace().last()?.parse().ok()).unwrap_or(0)
}

#[test]
fn a_disk_that_fills_loses_no_answer_that_was_kept() {
    let server = Server::start(Faults::default(), 0, None).expect("a server");
    let folder = eval(100, "at_once: 4", "");
    let script = format!(
        "ulimit -f 40; ASSISTANT_URL={} ASSISTANT_KEY={KEY} {} run",
        server.base_url(),
        env!("CARGO_BIN_EXE_plimsoll"),
    );
    let full = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().expect("a shell");
    assert_eq!(code(&full), 1, "{}", err(&full));
    assert!(err(&full).contains("cannot write the journal") && err(&full).contains("run again"), "{}", err(&full));
    let had = journaled(folder.path());
    assert!(!had.is_empty() && had.len() < 400);
    let before = asked(&server);
    let again = run(folder.path(), &server);
    assert_eq!(code(&again), 0, "{}", err(&again));
    let now = asked(&server);
    assert!(had.keys().all(|key| before.get(key) == now.get(key)));
    assert_eq!(journaled(folder.path()).len(), 400);
}

#[test]
fn two_runs_at_once_ask_once() {
    let server =
        Server::start(Faults { delay: Duration::from_millis(5), ..Default::default() }, 0, None).expect("a server");
    let folder = eval(60, "at_once: 4", "");
    let runs: Vec<Child> = (0..3).map(|_| start(folder.path(), &server)).collect();
    for run in runs {
        let ended = run.wait_with_output().expect("an end");
        assert_eq!(code(&ended), 0, "{}", err(&ended));
    }
    assert!(asked(&server).values().all(|count| *count == 1));
    // Later runs ask anew.
    assert_eq!(code(&run(folder.path(), &server)), 0);
    assert!(asked(&server).values().all(|count| *count == 2));
}

fn tokens(of: &serde_json::Map<String, serde_json::Value>) -> u64 {
    of.values().filter_map(serde_json::Value::as_u64).sum()
}

#[test]
fn a_budget_that_nothing_could_keep_is_refused_before_or_after_the_first_replies() {
    let server = Server::start(Faults::default(), 0, None).expect("a server");
    let folder = eval(60, "at_once: 1", "budget: {spend: 0.06}\n");
    let ended = run(folder.path(), &server);
    assert_eq!(code(&ended), 2, "{}", err(&ended));
    assert!(err(&ended).contains("do not say what they cost") && err(&ended).contains("price"), "{}", err(&ended));
    assert!(err(&ended).contains("what that costs is not known before"), "{}", err(&ended));
    assert!((3..=8).contains(&journaled(folder.path()).len()), "three of one system, and what was in flight");
    let path = folder.path().join("plimsoll.yaml");
    let contract = std::fs::read_to_string(&path).expect("a contract");
    let http = "{http: {url: \"${ASSISTANT_URL}\", reply: {text: $.answer}}";
    let at = contract.find("  candidate: {openai: ").expect("the candidate") + "  candidate: ".len();
    let end = at + contract[at..].find("}}").expect("its end") + 2;
    std::fs::write(&path, [&contract[..at], http, &contract[end..]].concat()).expect("a contract");
    let before = server.counts().requests.load(Ordering::Relaxed);
    for verb in [["run"], ["check"]] {
        let refused = super::plimsoll(folder.path(), &verb);
        let told = err(&refused);
        assert_eq!(code(&refused), 2, "{told}");
        assert!(told.contains("nothing says how much of it a call takes") && told.contains("plimsoll.yaml:"), "{told}");
    }
    assert_eq!(server.counts().requests.load(Ordering::Relaxed), before);
}

/// The next run asks anew, and what comes then are other scores: `check` says so before anybody pays for it.
#[test]
fn check_knows_that_what_is_asked_anew_is_a_further_look() {
    let server = Server::start(Faults::default(), 0, None).expect("a server");
    let folder = eval(60, "at_once: 8", "looks: 1\n");
    let is_spent = || {
        let checked = super::plimsoll(folder.path(), &["check", "--as", "json"]);
        out(&checked).contains("the contract allows one look")
    };
    assert!(!is_spent());
    let ended = run(folder.path(), &server);
    assert_ne!(code(&ended), 2, "{}", err(&ended));
    assert!(is_spent());
}

#[test]
fn a_budget_stops_a_run_that_goes_on_later() {
    let server = Server::start(Faults::default(), 0, None).expect("a server");
    let folder = eval(3, "at_once: 4", "budget: {tokens: 9}\n");
    let none = run(folder.path(), &server);
    assert!(err(&none).contains("the budget does not reach for one call: used 0 of 9 tokens"), "{}", err(&none));
    assert_eq!(server.counts().requests.load(Ordering::Relaxed), 0);
    let folder = eval(60, "at_once: 4, price: {input: 1, output: 1}", "budget: {tokens: 5000}\n");
    let short = run(folder.path(), &server);
    assert_eq!(code(&short), 2, "{}", err(&short));
    assert!(err(&short).contains("the budget will stop it"), "{}", err(&short));
    let lines = journaled(folder.path());
    let had = lines.len();
    let used: u64 = lines.values().map(|line| line["tokens"].as_object().map_or(0, tokens)).sum();
    assert!((4900..=5000).contains(&used), "{used}");
    assert!(err(&short).contains(&format!("the budget is used up: used {used} of 5000 tokens")), "{}", err(&short));
    let again = run(folder.path(), &server);
    assert_eq!((code(&again), journaled(folder.path()).len()), (2, had), "{}", err(&again));
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("a contract").replace("tokens: 5000", "tokens: 5000000");
    std::fs::write(&contract, text).expect("a contract");
    let ended = run(folder.path(), &server);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    assert!(err(&ended).contains(&format!("{had} answers are there")), "{}", err(&ended));
    assert!(asked(&server).values().all(|count| *count == 1));
}

#[test]
fn an_interrupt_finishes_what_is_in_flight_and_a_second_one_does_not() {
    let server =
        Server::start(Faults { delay: Duration::from_millis(300), ..Default::default() }, 0, None).expect("a server");
    let folder = eval(200, "at_once: 4", "");
    let child = start(folder.path(), &server);
    while server.counts().answered.load(Ordering::Relaxed) < 4 {
        std::thread::yield_now();
    }
    signal(&child, "-INT");
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(code(&ended), 2, "{}", err(&ended));
    assert!(err(&ended).contains("interrupted, and nothing was decided"), "{}", err(&ended));
    assert_eq!(journaled(folder.path()).len(), server.counts().answers().values().sum::<u32>() as usize);
    assert_eq!(asked(&server), server.counts().answers(), "what was in flight came back");

    let server =
        Server::start(Faults { delay: Duration::from_secs(50), ..Default::default() }, 0, None).expect("a server");
    let child = start(folder.path(), &server);
    while server.counts().in_flight.load(Ordering::Relaxed) < 8 {
        std::thread::yield_now();
    }
    signal(&child, "-INT");
    signal(&child, "-TERM");
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(code(&ended), 2, "{}", err(&ended));
    assert_eq!(server.counts().answered.load(Ordering::Relaxed), 0);
}

/// Answers the last question once the grader has seen an answer of each arm, or after a while without that.
const SYSTEM: &str = "
import json, os, sys, time
seen = lambda: os.path.exists('seen-candidate') and os.path.exists('seen-production')
for line in sys.stdin:
    asked = json.loads(line)
    until = time.time() + 30
    while asked['example'] == 'r0299' and not seen() and time.time() < until:
        time.sleep(0.02)
    print(json.dumps({'id': asked['id'], 'text': sys.argv[1], 'structured': seen()}), flush=True)
";
const GRADER: &str = "
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    open('seen-' + asked['answer']['text'], 'w').close()
    print(json.dumps({'id': asked['id'], 'value': True}), flush=True)
";

#[test]
fn answers_are_graded_while_others_are_asked_for() {
    let folder = eval(150, "", "");
    let folder = folder.path();
    let contract = std::fs::read_to_string(folder.join("plimsoll.yaml")).expect("a contract");
    let systems = contract.find("systems:").expect("systems");
    let examples = contract.find("examples: examples.jsonl").expect("examples");
    let arm =
        |name: &str| format!("  {name}: {{program: {{command: [python3, system.py, {name}]}}, time_limit: 60s}}\n");
    let graded = contract[..systems].replace("contains: Answer", "process: {command: [python3, grader.py]}");
    let contract = format!("{graded}systems:\n{}{}{}", arm("candidate"), arm("production"), &contract[examples..]);
    std::fs::write(folder.join("plimsoll.yaml"), contract).expect("a contract");
    std::fs::write(folder.join("system.py"), SYSTEM).expect("a system");
    std::fs::write(folder.join("grader.py"), GRADER).expect("a grader");
    let ended = super::plimsoll(folder, &["run"]);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    let answers = journaled(folder);
    assert_eq!(answers.len(), 600);
    for last in ["v15/r0299", "v14/r0299"] {
        assert_eq!(answers[last]["structured"], true, "{last} is answered after others of both arms are graded");
    }
}

#[test]
fn a_system_out_of_reach_is_no_decision() {
    let server = Server::start(Faults::default(), 0, None).expect("a server");
    let folder = eval(60, "at_once: 4, attempts: 1", "");
    let mut command = command(folder.path(), &server);
    // Nothing listens on the discard port.
    let ended = command.env("ASSISTANT_URL", "http://127.0.0.1:9/v1").output().expect("the binary");
    assert_eq!(code(&ended), 2, "{}{}", out(&ended), err(&ended));
    assert!(err(&ended).contains("cannot be asked (connection)"), "{}", err(&ended));
    assert!(journaled(folder.path()).is_empty());
}

#[test]
fn what_changed_is_asked_again_and_what_did_not_is_not() {
    let server = Server::start(Faults::default(), 0, None).expect("a server");
    let folder = eval(30, "at_once: 4", "budget: {tokens: 3500}\n");
    assert_eq!(code(&run(folder.path(), &server)), 2);
    let had = journaled(folder.path());
    // The first ten examples change.
    let path = folder.path().join("examples.jsonl");
    let text = std::fs::read_to_string(&path).expect("examples");
    let changed =
        |(at, line): (usize, &str)| if at < 10 { line.replace("what about", "and") } else { line.to_owned() } + "\n";
    std::fs::write(&path, text.lines().enumerate().map(changed).collect::<String>()).expect("examples");
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("a contract").replace("tokens: 3500", "tokens: 5000000");
    std::fs::write(&contract, text).expect("a contract");
    let ended = run(folder.path(), &server);
    assert_eq!(code(&ended), 0, "{}", err(&ended));
    assert!(err(&ended).contains("have changed and are put aside"), "{}", err(&ended));
    assert!(!err(&ended).contains("were in flight"), "all that was asked for came back: {}", err(&ended));
    let aside = std::fs::read_to_string(folder.path().join(".plimsoll/asked/0001/candidate.left.jsonl"));
    assert!(aside.expect("answers put aside").contains("\"r0000\""));
    for (key, count) in asked(&server) {
        let was_there = had.contains_key(&key);
        let changed = key.rsplit('r').next().and_then(|at| at.parse::<usize>().ok()).is_some_and(|at| at < 10);
        let most = if was_there && changed { 2 } else { 1 };
        assert_eq!(count, most, "{key}");
    }
}

#[test]
fn a_cache_answers_the_very_same_request_and_its_latency_is_none() {
    let server = Server::start(Faults::default(), 0, None).expect("a server");
    let folder = eval(30, "at_once: 4, cache: true", "");
    assert_eq!(code(&run(folder.path(), &server)), 0);
    let second = run(folder.path(), &server);
    assert_eq!(code(&second), 0, "{}", err(&second));
    assert!(err(&second).contains("120 answers come from earlier runs, without a latency"), "{}", err(&second));
    assert!(asked(&server).values().all(|count| *count == 1));
    let text = std::fs::read_to_string(folder.path().join(".plimsoll/asked/0002/candidate.jsonl")).expect("answers");
    assert!(text.lines().all(|line| line.contains("\"cached\":true") && !line.contains("\"latency_ms\"")));
    // Repeats are never taken from it.
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).expect("a contract") + "repeats: 2\n";
    std::fs::write(&contract, text).expect("a contract");
    assert_eq!(code(&run(folder.path(), &server)), 0);
    assert!(asked(&server).values().all(|count| *count == 3));
}
