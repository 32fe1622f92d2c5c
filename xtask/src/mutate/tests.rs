use super::*;
use std::fs;

const RULE: &str = "/// Whether a share is within its limit.\npub fn holds(share: f64, limit: f64) -> bool {\n    share <= limit\n}\n\npub fn idle() -> u8 {\n    1\n}\n";
const TESTS: &str = "\n#[test]\nfn the_limit_itself_holds() {\n    assert!(holds(0.5, 0.5) && !holds(0.6, 0.5));\n}\n\n#[test]\nfn red() {\n    assert!(std::env::var_os(\"NEVER_SET_BY_ANYBODY\").is_some());\n}\n";

/// A workspace of one crate, gone when dropped.
struct Workspace(PathBuf);

impl Workspace {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("mutate-{name}-{}", std::process::id()));
        let source = root.join("tree/crates/hull/src");
        fs::create_dir_all(&source).unwrap();
        fs::write(root.join("tree/Cargo.toml"), "[workspace]\nmembers = [\"crates/hull\"]\nresolver = \"3\"\n")
            .unwrap();
        let manifest = "[package]\nname = \"hull\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        fs::write(root.join("tree/crates/hull/Cargo.toml"), manifest).unwrap();
        fs::write(source.join("lib.rs"), format!("{RULE}{TESTS}")).unwrap();
        Workspace(root)
    }

    fn tree(&self) -> PathBuf {
        self.0.join("tree")
    }

    fn scratch(&self) -> PathBuf {
        self.0.join("target/mutate")
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn broken(place: &str, broken: &str, tests: &str) -> Mutation {
    let (before, rest) = place.split_once('«').unwrap();
    let (expression, after) = rest.split_once('»').unwrap();
    let place = list::Place { before: before.into(), expression: expression.into(), after: after.into() };
    let red = list::Red { package: "hull".into(), target: "lib".into(), tests: tests.into(), story: None };
    Mutation { rule: "a limit holds".into(), file: "crates/hull/src/lib.rs".into(), place, broken: broken.into(), red }
}

#[test]
fn a_break_is_seen_or_it_is_not_and_the_tree_stays_as_it_is() {
    let workspace = Workspace::new("fates");
    let mutations = [
        broken("    «share <= limit»", "share < limit", "the_limit"),
        broken("    «1»\n", "2", "the_limit"),
        broken("    «share <= limit»", "true", "the_limit"),
        broken("    «share <= limit»", "loops()", "the_limit"),
        broken("«share >= limit»", "share > limit", "the_limit"),
        broken("«share»", "limit", "the_limit"),
        broken("share <= «limit»", "0.5", "a test that is not there"),
        broken("share <= «limit»", "share", "red"),
        broken("«share» <= limit", "limit", "the_limit"),
    ];
    let lines = std::sync::Mutex::new(Vec::new());
    let say = |line| lines.lock().unwrap().push(line);
    let fates = break_each(&workspace.tree(), &workspace.scratch(), &mutations, say);
    let lines = lines.into_inner().unwrap();
    let is_refused = |fate: &Fate| matches!(fate, Fate::NotCompiling(words) if words.contains("loops"));
    // What stands on the line of one that does not compile is not told apart from it.
    assert!([0, 2, 3, 6, 7, 8].iter().all(|at| is_refused(&fates[*at])), "{lines:#?}");
    assert_eq!(fates[1], Fate::Unseen, "{lines:#?}");
    assert_eq!(fates[4], Fate::NotThere(0));
    assert!(matches!(fates[5], Fate::NotThere(count) if count > 1));

    let fates = break_each(&workspace.tree(), &workspace.scratch(), &[&mutations[..3], &mutations[6..]].concat(), drop);
    assert_eq!(fates[..3], [Fate::Seen, Fate::Unseen, Fate::Seen]);
    assert!(matches!(&fates[3], Fate::NoGround(words) if words.contains("there is no test of")), "{fates:?}");
    assert!(matches!(&fates[4], Fate::NoGround(words) if words.contains("is red")), "{fates:?}");
    assert_eq!(fates[5], Fate::Seen);
    assert_eq!(fs::read_to_string(workspace.tree().join("crates/hull/src/lib.rs")).unwrap(), format!("{RULE}{TESTS}"));
    assert!(!workspace.tree().join("target").exists());
}

#[test]
fn the_list_says_which_entry_is_wrong() {
    let file = std::env::temp_dir().join(format!("mutations-{}.json", std::process::id()));
    let entry = r#"{"rule": "r", "file": "f", "place": "if «a» {", "broken": "b", "package": "p"}"#;
    let told = |text: &str| {
        fs::write(&file, text).unwrap();
        list::read(&file)
    };
    assert_eq!(told(&format!("[{entry}]")).unwrap()[0].red.target, "lib");
    assert_eq!(told(&format!("[{entry}, {{}}]")).unwrap_err(), "entry 2: `place` is missing");
    assert!(told(&format!("[{}]", entry.replace("rule", "rul"))).unwrap_err().contains("`rul` is not a key"));
    assert!(told(&format!("[{}]", entry.replace("\"b\"", "\"a\""))).unwrap_err().contains("breaks nothing"));
    assert!(told(&format!("[{}]", entry.replace("«", ""))).unwrap_err().contains("marks no expression"));
    assert!(told(&format!("[{}]", entry.replace("\"package\"", "\"tests\""))).unwrap_err().contains("either `story`"));
    fs::remove_file(&file).unwrap();
}

#[test]
fn every_rule_of_this_repository_can_still_be_broken() {
    let root = tree::root();
    for mutation in list::read(&root.join(LIST)).unwrap() {
        let text = fs::read_to_string(root.join(&mutation.file)).unwrap_or_default();
        let found = switch::find(&text, &mutation.place);
        assert!(found.is_ok(), "`{}` in {} ({}): {found:?}", mutation.place.text(), mutation.file, mutation.rule);
    }
}

#[test]
fn every_story_that_must_turn_red_is_told() {
    let root = tree::root();
    let stories: Vec<String> = fs::read_dir(root.join("crates/plimsoll/tests/stories"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    for mutation in list::read(&root.join(LIST)).unwrap() {
        let Some(story) = mutation.red.story else { continue };
        assert!(stories.iter().any(|name| name.starts_with(&story)), "{story} ({})", mutation.rule);
    }
}
