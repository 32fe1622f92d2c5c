use super::*;
use domain::format::contract;

fn faults(file: &camino::Utf8Path, text: &str) -> Failure {
    Failure::Faults(contract::parse(file, text).unwrap_err())
}

/// What is told of a contract that stands in a file.
fn of_contract(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = camino::Utf8PathBuf::from_path_buf(folder.path().join("plimsoll.yaml")).unwrap();
    std::fs::write(&file, text).unwrap();
    told(&faults(&file, text), &Renderer::plain()).replace(file.as_str(), "plimsoll.yaml")
}

#[test]
fn a_fault_is_shown_in_its_line() {
    let text = "plimsoll: 1\ncriteria:\n  supported: {protects: [unsuported_claim], grade: imported}\n";
    let expected = "\
error: `unsuported_claim` is no failure class
 --> plimsoll.yaml:3:26
  |
3 |   supported: {protects: [unsuported_claim], grade: imported}
  |                          ^^^^^^^^^^^^^^^^
  |
  = help: did you mean `unsupported_claim`? a class of your own is declared under `failures` with its cost and owner

";
    assert_eq!(of_contract(text), expected);
}

#[test]
fn several_faults_are_counted_and_what_is_missing_has_a_place() {
    let told = of_contract("plimsoll: 1\nalpha: 7\nsegments:\n- {routable: true}\n");
    assert!(told.contains("--> plimsoll.yaml:2:8\n"), "{told}");
    assert!(told.contains("4 | - {routable: true}\n  |   ^\n"), "{told}");
    assert!(told.ends_with("\n2 faults; each has its line above\n"), "{told}");
}

/// A file may hold what a terminal would obey, in a line and in a key that a message repeats.
#[test]
fn nothing_of_a_file_reaches_the_terminal_as_a_command() {
    for hostile in ["\u{1b}[2J", "\u{7}", "\u{202e}", "\u{9b}31m", "\u{2066}", "\r"] {
        let told = of_contract(&format!("plimsoll: 1\nname: x{hostile}y\n'a{hostile}b': 2\nalpha: 3 # {hostile}\n"));
        assert!(!told.contains(hostile), "{told:?}");
    }
    let told = of_contract("plimsoll: 1\n\"k\\e[2J\": 1\n\"\\u202Ex\": 1\n");
    assert!(told.contains("`k\\u{1b}[2J` is not a key"), "{told}");
    assert!(told.contains("`\\u{202e}x` is not a key"), "{told}");
}

/// Whatever is wrong with a line, a key in it is not printed.
#[test]
fn a_line_that_holds_a_key_is_shown_without_it() {
    let key = "sk-live-0123456789abcdef";
    for system in [
        format!("{{openai: {{base_url: \"http://h/\", model: m, key: {key}}}}}"),
        format!("{{openai: {{base_url: \"http://h/\", model: m, key: {{value: {key}}}, temprature: 0}}}}"),
        format!("{{openai: {{base_url: \"http://h/\", model: m, api_key: {key}}}}}"),
        format!("{{openai: {{base_url: \"http://h/?key={key}\", model: m}}}}"),
        format!("{{openai: {{base_url: \"http://me:{key}@h/\", model: m}}}}"),
        format!("{{http: {{url: \"http://h/\", headers: {{x-api-key: {key}}}, method: DELETE}}}}"),
        format!("{{http: {{url: \"http://h/\", body: {{note: {key}}}}}}}"),
        format!("{{program: {{command: [a, {key}]}}}}"),
    ] {
        let told = of_contract(&format!("plimsoll: 1\nsystems:\n  candidate: {system}\n"));
        assert!(!told.contains("0123456789"), "{told}");
        assert!(told.contains("3 |   candidate: "), "{told}");
    }
    let told = of_contract(
        "plimsoll: 1\nsystems:\n  a: {openai: {base_url: \"http://h/\", model: m, key: hunter2 and more}}\n",
    );
    assert!(told.contains("3 |   a: {openai: {base_url: \"http://h/\", model: m, key: ...\n"), "{told}");
    let what = format!("the key cannot be read from `{key}`");
    let told = super::told(&Failure::Yours { what, help: "name it".to_owned() }, &Renderer::plain());
    assert!(!told.contains("0123456789"), "{told}");
}

#[test]
fn every_colour_is_ours() {
    let text = "plimsoll: 1\nnmae: \"\\e[31m\"\n";
    let failure = faults("no/such/file.yaml".into(), text);
    let (styled, bare) = (told(&failure, &Renderer::styled()), told(&failure, &Renderer::plain()));
    assert!(styled.contains('\u{1b}') && !bare.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&styled).to_string(), bare);
}

#[test]
fn a_file_that_is_gone_leaves_the_place_and_what_it_said() {
    let failure = faults("no/such/file.yaml".into(), "plimsoll: 1\nnmae: x\n");
    let told = told(&failure, &Renderer::plain());
    assert!(told.contains("no/such/file.yaml:2:1"), "{told}");
    assert!(told.contains("it says `nmae`"), "{told}");
}

#[test]
fn a_file_that_changed_meanwhile_makes_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let file = camino::Utf8PathBuf::from_path_buf(folder.path().join("plimsoll.yaml")).unwrap();
    let failure = faults(&file, "plimsoll: 1\n\n\nnmae: x\nalpha: 70\n");
    for now in ["", "é", "plimsoll: 1\n\n\nn\n", "plimsoll: 1\n\n\né\nalpha: é\n", "\u{feff}\r\r\r\r"] {
        std::fs::write(&file, now).unwrap();
        assert!(told(&failure, &Renderer::plain()).contains("`nmae` is not a key of a contract"));
    }
    std::fs::write(&file, [0xff, 0xfe, b'\n', 0xff, b'\n', b'\n', 0xff]).unwrap();
    assert!(told(&failure, &Renderer::plain()).contains("`nmae` is not a key of a contract"));
}

#[test]
fn lines_are_found_in_long_files_and_long_lines_are_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = camino::Utf8PathBuf::from_path_buf(folder.path().join("a.jsonl")).unwrap();
    let long = "x".repeat(40_000);
    std::fs::write(&file, format!("first\n{long}\r\nthird\r\n\nfifth")).unwrap();
    let fault = |line: u32, found: &str| Fault {
        place: domain::fault::Place { file: file.clone(), line, column: 2 },
        found: found.to_owned(),
        what: format!("line {line}"),
        help: "help".to_owned(),
    };
    let all = (1..=6).map(|line| fault(line, "")).collect();
    let Err(faults) = Faults::none_or(all) else { panic!() };
    let lines = Lines::of(&faults);
    let got: Vec<Option<&str>> = faults.iter().map(|fault| lines.get(&fault.place)).collect();
    assert_eq!(got[0], Some("first"));
    assert_eq!(got[1], None);
    assert_eq!((got[2], got[3], got[4]), (Some("third"), Some(""), Some("fifth")));
    assert!(faults_told(&faults, &Renderer::plain()).contains("line 6"));
}

#[test]
fn what_was_found_is_marked_where_it_stands() {
    assert_eq!(span("a: café", 4, "café"), Some(3..8));
    assert_eq!(span("é: x", 4, "y"), Some(4..5));
    assert_eq!(span("long text here", 6, "text he..."), Some(5..12));
    assert_eq!(span("ab", 3, ""), Some(2..2));
    assert_eq!(span("ab", 4, ""), None);
    assert_eq!(span("ab", 0, ""), None);
    assert_eq!(span("é", 1, ""), Some(0..2));
}
