//! The season of `docs/guides/a-season.md`, played from its page: each command, and every line that the page shows under it.

use std::path::Path;
use std::process::Command;

/// A command of the page, its lines in order, and its exit code.
struct Step {
    command: String,
    lines: Vec<String>,
    code: i32,
}

fn steps(page: &str) -> Vec<Step> {
    let (mut steps, mut inside, mut continued): (Vec<Step>, bool, bool) = (Vec::new(), false, false);
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
            continue;
        }
        if !inside {
            continue;
        }
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step { command: command.to_owned(), lines: Vec::new(), code: 0 }),
            (None, Some(step)) if continued => step.command = format!("{}\n{line}", step.command),
            (None, Some(step)) => match line.strip_prefix("[exit ").and_then(|code| code.strip_suffix(']')) {
                Some(code) => step.code = code.parse().expect("an exit code"),
                None => step.lines.push(line.to_owned()),
            },
            (None, None) => panic!("`{line}` follows no command"),
        }
        continued = line.ends_with('\\');
    }
    steps
}

/// A line without what differs from one playing to the next: ids of records, and days.
fn lasting(line: &str) -> String {
    let is_day = |text: &str| {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        text.is_char_boundary(4)
            && text.len() == 10
            && digits(&text[..4])
            && text.as_bytes()[4] == b'-'
            && text.as_bytes()[7] == b'-'
            && digits(&text[5..7])
            && digits(&text[8..])
    };
    let is_id = |text: &str| {
        text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && text.contains("-7")
    };
    let word = |word: &str| {
        let bare = word.trim_end_matches([':', ',', '.']);
        if is_day(bare) || is_id(bare) { word.replace(bare, "#") } else { word.to_owned() }
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_season_of_the_guide_is_played() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/guides/a-season.md")).expect("the page");
    let steps = steps(&page);
    assert!(steps.len() > 30, "{} steps", steps.len());
    let folder = super::eval("season");
    let programs = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a folder").to_owned();
    let path = std::env::join_paths(
        std::iter::once(programs).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let path = path.expect("a path");
    for step in steps {
        let played = Command::new("sh")
            .args(["-c", &step.command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env_remove("PLIMSOLL_AUTHOR")
            .env_remove("PLIMSOLL_CATALOG")
            .output()
            .expect("a shell");
        let told = format!("{}{}", String::from_utf8_lossy(&played.stdout), String::from_utf8_lossy(&played.stderr));
        assert_eq!(played.status.code(), Some(step.code), "{}\n{told}", step.command);
        let mut left = told.lines().map(lasting);
        for line in &step.lines {
            let wanted = lasting(line);
            assert!(
                left.any(|line| line == wanted),
                "`{}` does not print\n{line}\nin its place:\n{told}",
                step.command
            );
        }
    }
}
