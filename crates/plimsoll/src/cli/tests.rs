//! Every command that we print is one that we take.

use super::Cli;
use camino::Utf8Path;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use domain::agenda::{Agreed, Expiring, OpenIncident, Proposals, Queued, STAGES, Seen, Staged, Waiting, agenda};
use domain::review::Purpose;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const CONTRACT: &str = include_str!("../../../../examples/billing-support/plimsoll.yaml");

/// The words of a line as a shell has them.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(letters.next()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Whether nothing stands behind the name of a verb: it is named, and not told to be run so.
fn is_a_name(line: &str) -> bool {
    let mut at = Cli::command();
    let mut words = line.split(' ').skip(1);
    words.all(|word| match at.find_subcommand(word).cloned() {
        Some(inner) => {
            at = inner;
            true
        }
        None => false,
    })
}

/// Why the binary would not take this line; nothing where it would.
fn refusal(line: &str) -> Option<String> {
    // Where its output goes is the shell's affair.
    let ours = line.split(" > ").next().unwrap_or(line);
    let error = Cli::try_parse_from(words(ours)).err()?;
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!is_help).then(|| format!("`{line}`: {error}"))
}

#[track_caller]
fn all_are_taken(lines: impl IntoIterator<Item = String>) -> usize {
    let lines: Vec<String> = lines.into_iter().collect();
    let refused: Vec<String> = lines.iter().filter_map(|line| refusal(line)).collect();
    assert!(refused.is_empty(), "{} commands are not taken\n{}", refused.len(), refused.join("\n"));
    lines.len()
}

/// An eval of which everything is due that can be.
fn seen(eval: &str, today: Date) -> Seen {
    let expiring = || vec![Expiring { name: "tone of 'voice'".into(), on: today }];
    let open = |id: &str, covered: Option<Date>| OpenIncident {
        id: id.into(),
        owner: "policy".into(),
        opened: today,
        covered,
        has_active: true,
        proposed: Vec::new(),
        cover_by: None,
    };
    let waiting = || Some(Waiting { count: 2, since: today });
    let staged = |gate: Option<&str>| Staged {
        cell: "risk=very high".into(),
        values: vec![("risk".into(), "very high".into())],
        gate: gate.map(str::to_owned),
        owner: "release".into(),
    };
    Seen {
        eval: eval.into(),
        queues: vec![Queued { name: "two words".into(), purpose: Purpose::Label, items: 3, since: today }],
        disputes: waiting(),
        agreed: vec![Agreed {
            queue: "two words".into(),
            items: 9,
            since: Some(today),
            audited: None,
            labellers: BTreeSet::new(),
        }],
        proposals: Proposals { count: 3, in_files: 1, since: Some(today) },
        incidents: vec![
            open("one", None),
            open("other", Some(today)),
            OpenIncident { has_active: false, proposed: vec!["incident-two".into()], ..open("two", None) },
            OpenIncident { has_active: false, ..open("three", None) },
        ],
        errors: 1,
        looks_spent: true,
        stages: vec![staged(Some("cites")), staged(None)],
        calibrations: expiring(),
        overrides: expiring(),
        review_by: vec![(today, 1)],
        active: 4,
        shipped: Some(today),
        rubrics: true,
        started: Some(today.saturating_sub(jiff::Span::new().days(100))),
        ..Seen::default()
    }
}

#[test]
fn every_command_of_an_agenda_is_taken_as_it_is_printed() {
    let contract =
        domain::format::contract::parse(Utf8Path::new("plimsoll.yaml"), CONTRACT).expect("a contract").contract;
    let today = date(2026, 11, 23);
    for eval in [".", "evals/billing support"] {
        let duties = agenda(&contract, &seen(eval, today), &BTreeMap::new(), today);
        let count = all_are_taken(duties.into_iter().map(|duty| duty.command));
        assert!(count >= 22, "{count} duties");
    }
    all_are_taken(STAGES.iter().map(domain::agenda::Stage::line));
}

#[test]
fn every_command_that_a_help_shows_is_taken() {
    fn shown(command: &clap::Command, lines: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let help = help.replace("\\\n", " ");
        let commands = help.lines().flat_map(|line| line.split(" | ")).map(str::trim);
        lines.extend(commands.filter(|line| line.starts_with("plimsoll ")).map(str::to_owned));
        command.get_subcommands().for_each(|inner| shown(inner, lines));
    }
    let mut lines = Vec::new();
    shown(&Cli::command(), &mut lines);
    assert!(all_are_taken(lines) > 40);
}

/// Commands that our texts name in backquotes: remedies, notes, pages. What is filled in stands as a word.
#[test]
fn every_command_that_a_remedy_names_is_taken() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut lines = Vec::new();
    for name in ["domain", "engine", "grading", "lake", "catalog", "plimsoll"] {
        sources(&crates.join(name).join("src"), &mut |text| {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code: String = code.map(|line| format!("{line}\n")).collect();
            lines.extend(
                code.split("`plimsoll ").skip(1).filter_map(|rest| rest.split_once('`')).map(|(rest, _)| named(rest)),
            );
        });
    }
    lines.retain(|line| !is_a_name(line));
    lines.sort();
    lines.dedup();
    assert!(all_are_taken(lines) >= 12);
}

/// The command with a word for each thing that is filled in when it is told.
fn named(rest: &str) -> String {
    let mut line = "plimsoll ".to_owned();
    let mut filled = false;
    for letter in rest.chars() {
        match letter {
            '{' => filled = true,
            '}' => {
                filled = false;
                line.push('x');
            }
            letter if !filled => line.push(letter),
            _ => {}
        }
    }
    line
}

fn sources(folder: &Path, told: &mut dyn FnMut(String)) {
    for entry in std::fs::read_dir(folder).expect("sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, told);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            told(std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn help_may_be_asked_for_as_a_verb() {
    let words = |line: &str| line.split(' ').map(Into::into).collect::<Vec<std::ffi::OsString>>();
    assert_eq!(super::as_verbs(words("plimsoll help review agree")), words("plimsoll review agree --help"));
    assert_eq!(super::as_verbs(words("plimsoll help")), words("plimsoll --help"));
    assert_eq!(super::as_verbs(words("plimsoll show help")), words("plimsoll show help"));
    let help = Cli::command().render_help().to_string();
    assert!(help.contains("0 ship, 10 narrow rollout, 20 hold, 30 roll back, 40 cannot decide"), "{help}");
}

#[test]
fn every_argument_says_what_it_is_and_no_terminal_breaks_an_example() {
    fn told(command: &clap::Command, lacking: &mut Vec<String>) {
        let name = command.get_name();
        let silent = command.get_arguments().filter(|arg| arg.get_help().is_none() && arg.get_long_help().is_none());
        lacking.extend(silent.map(|arg| format!("{name}: `{}` has no help", arg.get_id())));
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let wide = help.lines().filter(|line| line.len() > 80 && line.trim_start().starts_with(['-', 'p']));
        lacking.extend(wide.map(|line| format!("{name}: wider than 80 columns: {line}")));
        command.get_subcommands().for_each(|inner| told(inner, lacking));
    }
    let mut lacking = Vec::new();
    told(&Cli::command(), &mut lacking);
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn a_day_that_is_none_is_told_with_how_to_write_one() {
    let refused = |line: &str| Cli::try_parse_from(line.split(' ')).err().map(|error| error.to_string());
    for line in
        ["plimsoll map --today yesterday", "plimsoll agenda --today 1.11.2026", "plimsoll traffic stats --from x"]
    {
        let told = refused(line).unwrap_or_default();
        assert!(told.contains("write a day, such as 2026-10-01"), "{line}: {told}");
    }
    assert_eq!(refused("plimsoll map --today 2026-11-01"), None);
    assert_eq!(refused("plimsoll import traffic log.jsonl --contract evals"), None, "as it was called before");
}
