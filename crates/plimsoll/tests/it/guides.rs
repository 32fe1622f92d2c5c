//! The guides, played from their pages: each command runs in a fresh copy of the page's example, and each line that a page shows under
//! a command is printed by it, in its place.
//!
//! in      a page of `docs/guides`. In its blocks of `console` a line that starts with `$ ` is run by a shell, and goes on where the
//!         line before ends with a backslash; `[exit N]` is its exit code, 0 where none stands; any other line is printed. A block
//!         whose fence names a file (`yaml page.yaml`) is written there first; `yaml >> page.yaml` is added to it
//! out     the first command that does otherwise, with all that it said
//! rule    a command of ours in any other block is in `NOT_PLAYED`, with the reason

use std::path::{Path, PathBuf};
use std::process::Command;

/// Pages that are played, and the example that each is played in; empty for an empty folder.
const PLAYED: [(&str, &str); 13] = [
    ("a-decision", "billing-support"),
    ("a-season", "season"),
    ("cadence", "billing-support"),
    ("does-this-gate-work", "billing-support"),
    ("drift", "season"),
    ("first-contract", ""),
    ("incidents", "billing-support"),
    ("map", "billing-support"),
    ("outcomes", "billing-support"),
    ("retirement", "season"),
    ("reviewers", "billing-support"),
    ("sampling", "season"),
    ("traffic", "season"),
];

/// A page, the beginning of its commands, and why no test of the guides plays them.
const NOT_PLAYED: [(&str, &str, &str); 8] = [
    (
        "incidents",
        "plimsoll import incidents CASE-STUDIES",
        "needs the case studies; `real::ai_incidents` plays it where they lie",
    ),
    ("local-models", "cargo build -p local-grader", "builds a program"),
    ("local-models", "pip ", "needs a network"),
    ("local-models", "unzip ", "needs what was downloaded"),
    ("local-models", "echo ", "needs the model; the tests of `local-grader` play it where it lies"),
    (
        "outcomes",
        "plimsoll outcome import feedback.jsonl.gz",
        "needs a log of feedback; the tests of outcomes read such logs in every form",
    ),
    ("real-data", "cargo ", "needs data that is not part of the repository; `real` plays them where it lies"),
    ("real-model", "", "needs a model; `cargo xtask real-model` plays it where it lies"),
];

/// What begins a command of ours, or of what we tell people to install.
const COMMANDS: [&str; 5] = ["plimsoll ", "cargo ", "pip ", "unzip ", "echo "];

fn guides() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(guides().join(name).with_extension("md")).expect("the page")
}

/// What a page asks for.
enum Step {
    Write { file: String, adds: bool, text: String },
    Run { command: String, lines: Vec<String>, code: i32 },
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for (fence, lines) in parts(page) {
        let Some(fence) = fence else { continue };
        let mut words = fence.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("console"), _, _) => steps.extend(commands(&lines)),
            (_, Some(">>"), Some(file)) => {
                steps.push(Step::Write { file: file.into(), adds: true, text: whole(&lines) })
            }
            (_, Some(file), None) => steps.push(Step::Write { file: file.into(), adds: false, text: whole(&lines) }),
            _ => {}
        }
    }
    steps
}

fn whole(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What stands behind the fence of each block, and its lines; lines outside of blocks stand behind `None`.
fn parts(page: &str) -> Vec<(Option<&str>, Vec<&str>)> {
    let (mut parts, mut open) = (vec![(None, Vec::new())], false);
    for line in page.lines() {
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            open = !open;
            parts.push((open.then_some(fence), Vec::new()));
        } else if let Some((_, lines)) = parts.last_mut() {
            lines.push(line);
        }
    }
    parts
}

fn commands(lines: &[&str]) -> Vec<Step> {
    let (mut steps, mut continued): (Vec<Step>, bool) = (Vec::new(), false);
    for line in lines {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => {
                steps.push(Step::Run { command: command.to_owned(), lines: Vec::new(), code: 0 });
            }
            (None, Some(Step::Run { command, .. })) if continued => *command = format!("{command}\n{line}"),
            (None, Some(Step::Run { lines, code, .. })) => {
                match line.strip_prefix("[exit ").and_then(|code| code.strip_suffix(']')) {
                    Some(told) => *code = told.parse().expect("an exit code"),
                    None => lines.push((*line).to_owned()),
                }
            }
            (None, _) => panic!("`{line}` follows no command"),
        }
        continued = line.ends_with('\\');
    }
    steps
}

/// A line without what differs from one playing to the next: ids of records and items, and days.
fn lasting(line: &str) -> String {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_day = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.iter().map(|part| part.len()).eq([4, 2, 2]) && parts.into_iter().all(digits)
    };
    let is_id = |text: &str| {
        text.len() >= 12
            && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
            && text.bytes().any(|byte| byte.is_ascii_digit())
    };
    let word = |word: &str| {
        let bare = word.trim_matches([':', ',', '.', '`', ';']);
        if is_day(bare) || is_id(bare) { word.replace(bare, "#") } else { word.to_owned() }
    };
    line.trim_end().split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn play(name: &str) {
    let (_, example) = PLAYED.iter().find(|(page, _)| *page == name).expect("a page that is played");
    let folder = match *example {
        "" => tempfile::tempdir().expect("a folder"),
        example => super::eval(example),
    };
    for step in steps(&page(name)) {
        match step {
            Step::Write { file, adds, text } => {
                let path = folder.path().join(file);
                let before =
                    if adds { std::fs::read_to_string(&path).expect("a file to add to") } else { String::new() };
                std::fs::write(path, before + &text).expect("a file");
            }
            Step::Run { command, lines, code } => run(folder.path(), &command, &lines, code),
        }
    }
}

fn run(folder: &Path, command: &str, lines: &[String], code: i32) {
    let programs = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path))).expect("a path");
    let played = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("PLIMSOLL_AUTHOR")
        .env_remove("PLIMSOLL_CATALOG")
        .output()
        .expect("a shell");
    let told = format!("{}{}", super::out(&played), super::err(&played));
    assert_eq!(played.status.code(), Some(code), "{command}\n{told}");
    let mut left = told.lines().map(lasting);
    for line in lines {
        let wanted = lasting(line);
        assert!(left.any(|line| line == wanted), "`{command}` does not print\n{line}\nin its place:\n{told}");
    }
}

macro_rules! played {
    ($($test:ident plays $page:literal;)*) => {
        $(#[test]
        fn $test() {
            play($page);
        })*
        const TESTS: &[&str] = &[$($page),*];
    };
}

played! {
    a_decision_is_read_and_acted_on plays "a-decision";
    the_season_is_played plays "a-season";
    the_agenda_is_followed plays "cadence";
    a_gate_is_rehearsed plays "does-this-gate-work";
    the_set_is_laid_beside_traffic plays "drift";
    a_first_contract_is_written plays "first-contract";
    an_incident_is_covered_and_closed plays "incidents";
    the_map_is_drawn plays "map";
    outcomes_are_kept_and_laid_beside_decisions plays "outcomes";
    what_no_longer_serves_leaves plays "retirement";
    people_label plays "reviewers";
    examples_are_drawn plays "sampling";
    traffic_comes_in_and_goes plays "traffic";
}

#[test]
fn every_command_of_a_guide_is_played_or_says_why_not() {
    assert_eq!(TESTS, PLAYED.map(|(page, _)| page));
    let mut names: Vec<String> = std::fs::read_dir(guides())
        .expect("the guides")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut met = [false; NOT_PLAYED.len()];
    for name in &names {
        let page = page(name);
        let is_played = PLAYED.iter().any(|(page, _)| page == name);
        for line in parts(&page).into_iter().flat_map(|(fence, lines)| match fence {
            // What is written to a file, and what is played.
            Some(fence) if fence.contains(' ') || is_played && fence == "console" => Vec::new(),
            Some(_) => lines,
            None => lines.into_iter().filter(|line| line.starts_with("    ")).collect(),
        }) {
            let line = line.trim();
            let command = line.strip_prefix("$ ").unwrap_or(line);
            if !COMMANDS.iter().any(|begins| command.starts_with(begins)) {
                continue;
            }
            let reason = NOT_PLAYED.iter().position(|(page, begins, _)| page == name && command.starts_with(begins));
            match reason {
                Some(at) => met[at] = true,
                None => panic!("docs/guides/{name}.md: nothing plays `{command}`"),
            }
        }
        assert!(!is_played || steps(&page).iter().any(|step| matches!(step, Step::Run { .. })), "{name} plays nothing");
    }
    let stale: Vec<_> = NOT_PLAYED.iter().zip(met).filter(|(_, met)| !met).collect();
    assert!(stale.is_empty(), "no page has these any more: {stale:?}");
}
