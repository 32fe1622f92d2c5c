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

fn broken(find: &str, replace: &str, tests: &str) -> Mutation {
    let suite = list::Suite { package: "hull".into(), target: "lib".into(), tests: tests.into() };
    let (file, rule) = ("crates/hull/src/lib.rs".into(), "a limit holds".into());
    Mutation { rule, file, find: find.into(), replace: replace.into(), suite }
}

#[test]
fn a_break_is_seen_or_it_is_not_and_the_tree_stays_as_it_is() {
    let workspace = Workspace::new("fates");
    let mutations = [
        broken("share <= limit", "share < limit", "the_limit"),
        broken("    1\n", "    2\n", "the_limit"),
        broken("share <= limit", "share <= limit && loops()", "the_limit"),
        broken("share >= limit", "share > limit", "the_limit"),
        broken("share", "limit", "the_limit"),
        broken("share <= limit", "share < limit", "a test that is not there"),
        broken("share <= limit", "share < limit", "red"),
    ];
    let mut lines = Vec::new();
    let fates = break_each(&workspace.tree(), &workspace.scratch(), &mutations, |line| lines.push(line));
    assert_eq!(fates[0], Fate::Seen, "{lines:#?}");
    assert_eq!(fates[1], Fate::Unseen, "{lines:#?}");
    assert!(matches!(&fates[2], Fate::NotCompiling(words) if words.contains("loops")), "{lines:#?}");
    assert_eq!(fates[3], Fate::NotThere(0));
    assert!(matches!(fates[4], Fate::NotThere(count) if count > 1));
    assert!(matches!(&fates[5], Fate::NoGround(words) if words.contains("names no test")), "{lines:#?}");
    assert!(matches!(&fates[6], Fate::NoGround(words) if words.contains("is red")), "{lines:#?}");
    assert_eq!(lines.len(), mutations.len());
    assert_eq!(fs::read_to_string(workspace.tree().join("crates/hull/src/lib.rs")).unwrap(), format!("{RULE}{TESTS}"));
    assert!(!workspace.tree().join("target").exists());
}

#[test]
fn the_list_says_which_entry_is_wrong() {
    let file = std::env::temp_dir().join(format!("mutations-{}.json", std::process::id()));
    let entry = r#"{"rule": "r", "file": "f", "find": "a", "replace": "b", "package": "p"}"#;
    let told = |text: &str| {
        fs::write(&file, text).unwrap();
        list::read(&file)
    };
    assert_eq!(told(&format!("[{entry}]")).unwrap()[0].suite.target, "lib");
    assert_eq!(told(&format!("[{entry}, {{}}]")).unwrap_err(), "entry 2: `package` is missing");
    assert!(told(&format!("[{}]", entry.replace("rule", "rul"))).unwrap_err().contains("`rul` is not a key"));
    assert!(told(&format!("[{}]", entry.replace("\"b\"", "\"a\""))).unwrap_err().contains("break nothing"));
    fs::remove_file(&file).unwrap();
}

#[test]
fn every_rule_of_this_repository_can_still_be_broken() {
    let root = tree::root();
    for mutation in list::read(&root.join(LIST)).unwrap() {
        let text = fs::read_to_string(root.join(&mutation.file)).unwrap_or_default();
        assert_eq!(
            text.matches(&mutation.find).count(),
            1,
            "`{}` in {} ({})",
            mutation.find,
            mutation.file,
            mutation.rule
        );
    }
}
