//! The agenda as others take it: its calendar read by another program, its commands run as they are printed.

use super::{code, err, eval, out, plimsoll};
use ical::IcalParser;
use ical::parser::ical::component::IcalTodo;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const DAY: &str = "2099-12-28";
/// Commas, semicolons, a backslash and letters of several octets, longer than a line.
const CAPTAIN: &str = r"Zoë; Jürgen, and 佐藤 \ 鈴木 of the release crew that answers for every größere Änderung";
const CANDIDATE: &str = "prompt v15; für Kündigungen, 払い戻しの質問に日本語で答える版 — ещё одна строка, so that it is folded twice or more often";

fn duties(folder: &Path) -> Vec<Value> {
    let told = plimsoll(folder, &["agenda", "--today", DAY, "--all", "--as", "json"]);
    assert_eq!(code(&told), 0, "{}", err(&told));
    let agenda: Value = serde_json::from_str(&out(&told)).expect("JSON");
    agenda["duties"].as_array().expect("duties").clone()
}

/// The value of a property, which stands there once.
fn value(todo: &IcalTodo, name: &str) -> String {
    let mut found = todo.properties.iter().filter(|property| property.name == name);
    let value = found.next().unwrap_or_else(|| panic!("{name} in {todo:?}")).value.clone();
    assert!(found.next().is_none(), "{name} stands twice");
    value.expect("a value")
}

/// Text as RFC 5545 3.3.11 has it. The parser unfolds lines, and leaves values as they are written.
fn text(value: &str) -> String {
    let (mut text, mut letters) = (String::new(), value.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next().expect("what is escaped") {
                'n' | 'N' => text.push('\n'),
                escaped @ ('\\' | ';' | ',') => text.push(escaped),
                other => panic!("`\\{other}` is no escape"),
            },
            ';' | ',' => panic!("`{letter}` is not escaped in {value}"),
            letter => text.push(letter),
        }
    }
    text
}

/// An eval with every kind of letter in what its calendar says, and something of every part of the agenda.
fn due() -> tempfile::TempDir {
    let folder = eval("billing-support");
    let contract = folder.path().join("plimsoll.yaml");
    let written = std::fs::read_to_string(&contract).expect("the contract");
    let written = written
        .replace("  release: release captain\n", &format!("  release: '{CAPTAIN}'\n"))
        .replace("describe: prompt v15}", &format!("describe: '{CANDIDATE}'}}"));
    assert!(written.contains(CAPTAIN) && written.contains(CANDIDATE));
    std::fs::write(&contract, written).expect("the contract");
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 10);
    let open = ["incident", "open", "late", "--class", "unsafe_tool_action", "--task", "refund-request", "--what"];
    let asked = ["refunded twice", "--input", "Where is it?", "--expected", r#"{"behaviour": "escalate"}"#];
    let opened = plimsoll(folder.path(), &[&open[..], &asked[..]].concat());
    assert_eq!(code(&opened), 0, "{}", err(&opened));
    let started = plimsoll(folder.path(), &["agenda", "start", "--on", "2099-10-01"]);
    assert_eq!(code(&started), 0, "{}", err(&started));
    folder
}

#[test]
fn another_program_reads_every_duty_from_the_calendar() {
    let folder = due();
    let calendar = out(&plimsoll(folder.path(), &["agenda", "--today", DAY, "--all", "--as", "ics"]));
    let lines: Vec<&str> = calendar.strip_suffix("\r\n").expect("a last line").split("\r\n").collect();
    assert!(lines.iter().all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{calendar}");
    assert!(lines.iter().any(|line| line.starts_with(' ')), "nothing is folded");

    let calendars: Vec<_> = IcalParser::new(calendar.as_bytes()).collect::<Result<_, _>>().expect("a calendar");
    let [calendar] = calendars.as_slice() else { panic!("{} calendars", calendars.len()) };
    let of = |name: &str| {
        calendar.properties.iter().find(|property| property.name == name).and_then(|found| found.value.clone())
    };
    assert_eq!((of("VERSION").as_deref(), of("METHOD")), (Some("2.0"), None));
    assert!(of("PRODID").is_some());

    let duties = duties(folder.path());
    assert!(duties.len() >= 8, "{duties:#?}");
    assert_eq!(calendar.todos.len(), duties.len());
    let mut identities = BTreeSet::new();
    for (todo, duty) in calendar.todos.iter().zip(&duties) {
        let told = |key: &str| duty[key].as_str().expect("a text").to_owned();
        assert!(identities.insert(value(todo, "UID")), "{todo:?}");
        assert_eq!(value(todo, "DTSTAMP"), "20991228T000000Z");
        assert_eq!(value(todo, "DUE"), told("due").replace('-', ""));
        let of_due = todo.properties.iter().find(|property| property.name == "DUE").and_then(|due| due.params.clone());
        assert_eq!(of_due, Some(vec![("VALUE".to_owned(), vec!["DATE".to_owned()])]));
        assert_eq!(text(&value(todo, "SUMMARY")), format!("{} ({}): {}", told("role"), told("who"), told("what")));
        assert_eq!(
            text(&value(todo, "DESCRIPTION")),
            format!("{}\n\n{}\n\n{}", told("why"), told("command"), told("name"))
        );
        assert_eq!(text(&value(todo, "CATEGORIES")), told("when"));
        let status = if duty["done"].is_null() { "NEEDS-ACTION" } else { "COMPLETED" };
        assert_eq!(value(todo, "STATUS"), status);
    }
    let all: String = calendar.todos.iter().map(|todo| text(&value(todo, "SUMMARY"))).collect();
    assert!(all.contains(CAPTAIN) && all.contains(CANDIDATE), "{all}");
    let next: Vec<String> = {
        let tomorrow = out(&plimsoll(folder.path(), &["agenda", "--today", "2099-12-29", "--all", "--as", "ics"]));
        let calendar = IcalParser::new(tomorrow.as_bytes()).next().expect("a calendar").expect("a calendar");
        calendar.todos.iter().map(|todo| value(todo, "UID")).collect()
    };
    assert!(identities.iter().eq(next.iter().collect::<BTreeSet<_>>()), "a duty is the same one on the next day");
}

/// Those that `init` writes, one that somebody accepts, and one of the catalog beside them.
#[test]
fn proposals_come_up_whether_a_file_or_the_catalog_keeps_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let told = |words: &[&str]| {
        let told = plimsoll(folder, words);
        assert_eq!(code(&told), 0, "{words:?}: {}", err(&told));
        out(&told)
    };
    let help = told(&["init", "--help"]);
    let page = help.split_once("A file of answers:\n\n").expect("a page in the help").1;
    std::fs::write(folder.join("page.yaml"), page).expect("a page");
    told(&["init", "eval", "--answers", "page.yaml"]);
    let duty = |today: &str| {
        let agenda: Value =
            serde_json::from_str(&told(&["agenda", "eval", "--today", today, "--as", "json"])).expect("JSON");
        let named = |duty: &&Value| duty["name"].as_str().is_some_and(|name| name.starts_with("proposals-"));
        let duty = agenda["duties"].as_array().expect("duties").iter().find(named).expect("a duty").clone();
        ["name", "what", "why"].map(|key| duty[key].as_str().expect("a text").to_owned())
    };
    let in_files = "nothing proposed is ever counted; they stand in files of examples";
    assert_eq!(duty("2099-12-28"), ["proposals-2100-01-01", "accept or decline 5 proposed examples", in_files]);
    let listed = told(&["examples", "proposals", "eval", "--as", "json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let first = listed["proposals"][0]["id"].as_str().expect("an id").to_owned();
    told(&["examples", "accept", &first, "--by", "release", "--why", "it is what customers ask", "--eval", "eval"]);
    assert_eq!(duty("2099-12-28"), ["proposals-2100-01-01", "accept or decline 4 proposed examples", in_files]);
    let open = ["incident", "open", "late", "--eval", "eval", "--class", "unsafe_tool_action", "--by", "release"];
    told(&[&open[..], &["--task", "refund-request", "--what", "refunded twice", "--input", "Where is it?"]].concat());
    let [_, what, why] = duty("2099-12-28");
    assert_eq!(what, "accept or decline 5 proposed examples");
    assert!(why.starts_with("the oldest waits since 20"), "{why}");
    assert!(why.ends_with("; nothing proposed is ever counted; 4 of them stand in files of examples"), "{why}");
}

/// From the eval's folder, and from elsewhere.
#[test]
fn every_command_of_an_agenda_runs_as_it_is_printed() {
    let folder = due();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let name = elsewhere.path().join("evals of ours");
    super::copy(folder.path(), &name);
    std::fs::create_dir_all(name.join(".plimsoll")).expect("a folder");
    for path in [folder.path(), elsewhere.path()] {
        let at: &[&str] = if path == elsewhere.path() { &["evals of ours"] } else { &[] };
        if path == elsewhere.path() {
            assert_eq!(code(&plimsoll(path, &["run", "evals of ours"])), 10);
        }
        let told = plimsoll(path, &[&["agenda", "--today", DAY, "--all", "--as", "json"], at].concat());
        let agenda: Value = serde_json::from_str(&out(&told)).unwrap_or_else(|_| panic!("{}", err(&told)));
        for duty in agenda["duties"].as_array().expect("duties") {
            let command = duty["command"].as_str().expect("a command");
            let ended = sh(path, command);
            let said = err(&ended);
            assert!(code(&ended) != 2 || is_excused(command, &said), "{command}: {said}");
            assert!(!said.contains("Usage:"), "{command}: {said}");
        }
    }
}

/// What is refused for what is not there yet: nobody accepted the example, no traffic was kept, and no judge grades.
fn is_excused(command: &str, said: &str) -> bool {
    let excuses =
        [("incident cover", "is only proposed"), ("drift", "no traffic"), ("review calibrate", "nothing to calibrate")];
    excuses.iter().any(|(verb, why)| command.contains(verb) && said.contains(why))
}

fn sh(folder: &Path, command: &str) -> std::process::Output {
    let mut path = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("PLIMSOLL_AUTHOR")
        .stdin(std::process::Stdio::null())
        .output()
        .expect("a shell")
}
