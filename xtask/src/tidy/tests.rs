//! Each rule refuses a small tree that breaks it, and lets the mended one pass.

use super::*;

/// A tree that no rule has anything against.
const SOUND: [(&str, &str); 8] = [
    (
        "Cargo.toml",
        "[workspace.dependencies]\nstats = { path = \"crates/stats\" }\nlibm = \"0.2\" # logarithms that agree\n",
    ),
    ("crates/stats/Cargo.toml", "[dependencies]\nlibm.workspace = true\n"),
    ("crates/stats/src/lib.rs", "pub fn ln(x: f64) -> f64 { libm::log(x) }\n"),
    ("crates/domain/Cargo.toml", "[dependencies]\nstats.workspace = true\n"),
    ("crates/domain/src/lib.rs", "pub mod share;\npub mod gate;\n"),
    (
        "crates/domain/src/share.rs",
        "pub struct Share(f64);\n#[cfg(test)]\nmod tests { use crate::gate::Gate; use std::fs; }\n",
    ),
    ("crates/domain/src/gate.rs", "use crate::share::Share;\npub fn f() -> f64 { stats::ln(1.0) }\n"),
    (
        "docs/glossary.md",
        "# Words\n\n| word | module | meaning |\n|---|---|---|\n| share | `domain::share` | a |\n| gate | `domain::gate` | b |\n| hull | - | c |\n",
    ),
];

/// The sound tree with some files replaced or added.
fn with(files: &[(&'static str, &'static str)]) -> Tree {
    let kept = SOUND.iter().filter(|(path, _)| !files.iter().any(|(changed, _)| changed == path));
    Tree::of(&kept.chain(files).copied().collect::<Vec<_>>())
}

/// The rules that a tree breaks, each once, and the first place.
fn broken(files: &[(&'static str, &'static str)]) -> Vec<(&'static str, String, usize)> {
    let mut seen = Vec::new();
    for fault in faults(&with(files)) {
        if !seen.iter().any(|(rule, _, _)| *rule == fault.rule) {
            seen.push((fault.rule, fault.file, fault.line));
        }
    }
    seen
}

#[track_caller]
fn breaks(rule: &'static str, file: &str, line: usize, files: &[(&'static str, &'static str)]) {
    assert_eq!(broken(files), [(rule, file.to_owned(), line)], "{files:?}");
}

#[test]
fn this_tree_is_tidy() {
    let tree = Tree::read(&tree::root()).expect("the workspace that holds this test can be read");
    let told: Vec<String> = faults(&tree).iter().map(Fault::to_string).collect();
    assert!(told.is_empty(), "{} faults\n{}", told.len(), told.join("\n"));
}

#[test]
fn a_sound_tree_passes() {
    assert_eq!(faults(&with(&[])), []);
}

#[test]
fn an_edge_against_the_flow_is_refused() {
    let manifest = "[dependencies]\nlibm.workspace = true\n[dev-dependencies]\ndomain.workspace = true\n";
    let code = "fn f() { domain::share(libm::log) }";
    breaks(
        "edges",
        "crates/stats/Cargo.toml",
        4,
        &[("crates/stats/Cargo.toml", manifest), ("crates/stats/src/lib.rs", code)],
    );
}

#[test]
fn the_tests_of_the_binary_may_call_the_chores_and_the_binary_may_not() {
    let of =
        |table: &str| -> &'static str { Box::leak(format!("[{table}]\nxtask.workspace = true\n").into_boxed_str()) };
    let known = "[workspace.dependencies]\nxtask = { path = \"xtask\" }\nlibm = \"0.2\" # logarithms that agree\nstats = { path = \"crates/stats\" }\n";
    let edges = |table| {
        let manifests = [("Cargo.toml", known), ("crates/plimsoll/Cargo.toml", of(table))];
        broken(&manifests).into_iter().filter(|(rule, _, _)| *rule == "edges").count()
    };
    assert_eq!((edges("dependencies"), edges("dev-dependencies")), (1, 0));
}

#[test]
fn a_crate_without_a_place_is_refused() {
    breaks("edges", "crates/barge/Cargo.toml", 1, &[("crates/barge/Cargo.toml", "[dependencies]\n")]);
}

#[test]
fn an_import_from_below_is_refused() {
    for import in
        ["use crate::gate::Gate;", "use super::gate;", "use crate::{gate::Gate};", "fn f(g: crate::gate::Gate) {}"]
    {
        let text: &'static str = Box::leak(format!("\n{import}").into_boxed_str());
        breaks("import order", "crates/domain/src/share.rs", 2, &[("crates/domain/src/share.rs", text)]);
    }
}

#[test]
fn an_import_from_below_is_refused_in_an_inner_module_too() {
    let outer = "mod part;\npub struct Share(f64);";
    let files =
        [("crates/domain/src/share.rs", outer), ("crates/domain/src/share/part.rs", "use super::super::gate::Gate;")];
    breaks("import order", "crates/domain/src/share/part.rs", 1, &files);
    let near = "use super::Share; use super::super::share::Share as Same;";
    assert_eq!(broken(&[("crates/domain/src/share.rs", outer), ("crates/domain/src/share/part.rs", near)]), []);
}

#[test]
fn what_one_crate_owns_is_refused_elsewhere() {
    for code in [
        "use datafusion::prelude::*;",
        "use arrow_schema::Schema;",
        "async fn f() { tokio::time::sleep(x).await }",
        "use reqwest::Client;",
        "fn f() { std::thread::sleep(x) }",
    ] {
        let code: &'static str = Box::leak(format!("pub mod f;\n{code}").into_boxed_str());
        let files = [
            ("crates/grading/Cargo.toml", "[package]\n"),
            ("crates/grading/src/lib.rs", code),
            ("crates/grading/src/f.rs", ""),
        ];
        breaks("ownership", "crates/grading/src/lib.rs", 2, &files);
    }
    let lake = [("crates/lake/Cargo.toml", "[package]\n"), ("crates/lake/src/lib.rs", "use datafusion::prelude::*;")];
    assert_eq!(broken(&lake), []);
}

#[test]
fn a_dependency_that_another_crate_owns_is_refused() {
    let root = "[workspace.dependencies]\nlibm = \"0.2\" # logarithms that agree\nstats = { path = \"crates/stats\" }\nparquet = \"59\" # columns on disk\n";
    let files = [
        ("Cargo.toml", root),
        ("crates/engine/Cargo.toml", "[dependencies]\nparquet.workspace = true\n"),
        ("crates/engine/src/lib.rs", "// nothing\nuse parquet as columns;"),
    ];
    breaks("ownership", "crates/engine/Cargo.toml", 2, &files);
}

#[test]
fn sql_is_refused_outside_lake() {
    let code = "pub fn f() -> &'static str { \"select arm, count(*) from scores group by 1\" }";
    let files = [("crates/engine/Cargo.toml", "[package]\n"), ("crates/engine/src/lib.rs", code)];
    breaks("ownership", "crates/engine/src/lib.rs", 1, &files);
    let prose = "pub fn f() -> &'static str { \"select a segment; with care\" }";
    assert_eq!(broken(&[("crates/engine/Cargo.toml", "[package]\n"), ("crates/engine/src/lib.rs", prose)]), []);
}

#[test]
fn serde_derives_only_where_a_format_is_owned() {
    let code = "use crate::share::Share;\n#[derive(Clone, serde::Serialize)]\npub struct Gate(Share);\npub fn f() -> f64 { stats::ln(1.0) }";
    breaks("ownership", "crates/domain/src/gate.rs", 2, &[("crates/domain/src/gate.rs", code)]);
}

#[test]
fn the_world_is_refused_in_pure_crates() {
    for code in [
        "use std::{fs, fmt};",
        "fn f() { std::env::var(\"X\"); }",
        "use std::collections::HashMap;",
        "fn f() -> std::time::SystemTime { todo() }",
        "fn f() { rand::rng(); }",
        "fn f(seen: &Held::HashSet<u8>) {}",
        "fn f() { jiff::Zoned::now(); }",
    ] {
        let code: &'static str =
            Box::leak(format!("use crate::share::Share;\nfn g() {{ stats::ln(1.0); }}\n{code}").into_boxed_str());
        breaks("purity", "crates/domain/src/gate.rs", 3, &[("crates/domain/src/gate.rs", code)]);
    }
}

#[test]
fn a_module_without_a_word_and_a_word_without_a_file_are_refused() {
    let map = "pub mod share;\npub mod gate;\npub mod keel;\n";
    breaks(
        "glossary",
        "crates/domain/src/lib.rs",
        1,
        &[("crates/domain/src/lib.rs", map), ("crates/domain/src/keel.rs", "")],
    );
    let words = "| share | `domain::share` | a |\n| gate | `domain::gate` | b |\n| mast | `domain::mast` | c |\n";
    breaks("glossary", "docs/glossary.md", 3, &[("docs/glossary.md", words)]);
}

#[test]
fn a_dependency_needs_a_reason_in_the_workspace() {
    let bare = "[workspace.dependencies]\nlibm = \"0.2\"\nstats = { path = \"crates/stats\" }\n";
    breaks("dependencies", "Cargo.toml", 2, &[("Cargo.toml", bare)]);
    let own = "[dependencies]\nlibm = \"0.2\"\n";
    breaks("dependencies", "crates/stats/Cargo.toml", 2, &[("crates/stats/Cargo.toml", own)]);
}

#[test]
fn a_file_that_no_module_declares_is_refused() {
    breaks("orphans", "crates/domain/src/adrift.rs", 1, &[("crates/domain/src/adrift.rs", "")]);
    breaks(
        "orphans",
        "crates/domain/tests/it/adrift.rs",
        1,
        &[("crates/domain/tests/it.rs", "mod it { }"), ("crates/domain/tests/it/adrift.rs", "")],
    );
    let moored = [
        (
            "crates/domain/src/gate.rs",
            "use crate::share::Share;\npub(crate) mod rule;\npub fn f() -> f64 { stats::ln(1.0) }\n",
        ),
        ("crates/domain/src/gate/rule.rs", ""),
        ("crates/domain/tests/it.rs", "mod story;\nmod it { mod gates; }\n#[path = \"far/away.rs\"]\nmod near;"),
        ("crates/domain/tests/story.rs", ""),
        ("crates/domain/tests/it/gates.rs", ""),
        ("crates/domain/tests/far/away.rs", ""),
    ];
    assert_eq!(broken(&moored), []);
}

#[test]
fn a_name_that_says_nothing_is_refused() {
    let files = [("crates/domain/src/share.rs", "mod utils;"), ("crates/domain/src/share/utils.rs", "")];
    breaks("names", "crates/domain/src/share/utils.rs", 1, &files);
}

#[test]
fn a_link_that_leads_nowhere_is_refused() {
    breaks("links", "docs/a.md", 1, &[("docs/a.md", "see [b](b.md)")]);
    breaks("links", "docs/a.md", 1, &[("docs/a.md", "see [b](../../b.md)")]);
    breaks("links", "docs/a.md", 2, &[("docs/a.md", "# One two\nsee [b](#one-three)")]);
    let sound = "# One, `two`\nsee [b](#one-two), [c](../crates), [words](glossary.md#words), [d](https://example.org/x)\n```\n[e](gone.md)\n```\n`[f](gone.md)`";
    assert_eq!(broken(&[("docs/a.md", sound)]), []);
}

#[test]
fn a_code_that_is_documented_nowhere_is_refused() {
    let code = "use crate::share::Share;\npub fn f() -> f64 { stats::ln(1.0) }\npub const CODE: &str = \"PLM007\";\n";
    breaks("codes", "crates/domain/src/gate.rs", 3, &[("crates/domain/src/gate.rs", code)]);
    assert_eq!(broken(&[("crates/domain/src/gate.rs", code), ("docs/checks.md", "## PLM007 no owner\n")]), []);
    breaks("codes", "docs/checks.md", 1, &[("docs/checks.md", "## PLM008 no owner\n")]);
}

#[test]
fn a_code_of_a_finding_that_is_documented_nowhere_is_refused() {
    let code = "pub const CODE: &str = \"TOO_FEW\";\npub const WORD: &str = \"holds\";\n";
    let lib = ("crates/domain/src/lib.rs", "pub mod share;\npub mod gate;\npub mod finding;\n");
    let words = "# Words\n\n| word | module | meaning |\n|---|---|---|\n| share | `domain::share` | a |\n| gate | `domain::gate` | b |\n| finding | `domain::finding` | c |\n";
    let files = [lib, ("docs/glossary.md", words), ("crates/domain/src/finding.rs", code)];
    breaks("codes", "crates/domain/src/finding.rs", 1, &files);
    let told = ("docs/a.md", "| code | says |\n|---|---|\n| `TOO_FEW` | it |\n");
    assert_eq!(broken(&[files[0], files[1], files[2], told]), []);
}
