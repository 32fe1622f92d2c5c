//! The catalog through the binary: out and in as JSON lines, in a file and on a server, and what is refused.

use super::{code, err, out, plimsoll};
use ::catalog::{Catalog, Place};
use domain::entry::{Draft, Noun};
use serde_json::{Value, json};
use std::path::Path;

fn catalog_of(folder: &Path) -> Catalog {
    let path = folder.join(".plimsoll/catalog.sqlite");
    Catalog::open(&Place::File(path.to_str().unwrap().into())).unwrap()
}

fn draft(subject: &str, what: &str, body: Value) -> Draft {
    Draft {
        noun: Noun::Example,
        subject: subject.to_owned(),
        after: None,
        what: what.to_owned(),
        at: "2026-11-01T08:00:00.000Z".to_owned(),
        author: "reviewer-1".to_owned(),
        why: Some("came up \u{1b}[31mtwice\u{1b}[0m".to_owned()),
        body,
    }
}

/// A folder whose catalog holds a proposed and an accepted example, and a queue with seats.
fn said(folder: &Path) {
    let catalog = catalog_of(folder);
    let line = |id: &str| json!({"example": {"id": id, "task": "pay", "input": format!("question of {id}")}});
    catalog
        .append(&[
            draft("kept-1", "proposed", line("kept-1")),
            draft("kept-2", "proposed", line("kept-2")),
            draft("kept-1", "accepted", json!({})),
        ])
        .unwrap();
    catalog.lay("tone", &["a".to_owned()], 2, &[]).unwrap();
}

#[test]
fn everything_goes_out_and_comes_in_again() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    said(one.path());
    let backup = plimsoll(one.path(), &["backup", "--to", "history.jsonl"]);
    assert_eq!(code(&backup), 0, "{}", err(&backup));
    assert_eq!(err(&backup), "3 entries and 2 seats are in `history.jsonl`\n");
    let nowhere = plimsoll(one.path(), &["backup", "--to", "none/history.jsonl"]);
    assert_eq!(code(&nowhere), 2, "{}", err(&nowhere));
    assert!(err(&nowhere).contains("there is no folder `none`"), "{}", err(&nowhere));
    let history = one.path().join("history.jsonl");
    let text = std::fs::read_to_string(&history).unwrap();
    assert!(text.starts_with("{\"plimsoll_history\":1}\n") && text.ends_with("{\"end\":3}\n"), "{text}");

    let restored = plimsoll(other.path(), &["restore", history.to_str().unwrap()]);
    assert_eq!((code(&restored), err(&restored).as_str()), (0, "3 entries and 2 seats are back\n"));
    let again = plimsoll(other.path(), &["backup"]);
    assert_eq!(out(&again), text);

    // Not over what is there.
    let twice = plimsoll(other.path(), &["restore", history.to_str().unwrap()]);
    assert_eq!(code(&twice), 2);
    assert!(err(&twice).contains("holds 3 entries already"), "{}", err(&twice));

    // Through a pipe.
    let piped = tempfile::tempdir().unwrap();
    let mut restore = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    restore.current_dir(piped.path()).args(["restore", "-"]).stdin(std::fs::File::open(&history).unwrap());
    assert!(restore.status().unwrap().success());
    assert_eq!(out(&plimsoll(piped.path(), &["backup"])), text);
}

#[test]
fn what_is_no_whole_backup_is_refused_and_nothing_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path());
    let text = out(&plimsoll(folder.path(), &["backup"]));
    let lines: Vec<&str> = text.lines().collect();
    let (half, edited) = (lines[..3].join("\n"), text.replace("question of kept-2", "question of kept-3"));
    let moved = [lines[0], lines[2], lines[1], lines[3], lines[4], lines[5], lines[6]].join("\n");
    for (bad, said) in [
        (half.as_str(), "is no whole backup"),
        (&edited, "entry 2 is not what was written"),
        (&moved, "entry 2 is not what was written"),
        ("{\"end\": 0", "bad.jsonl:1:"),
        ("", "is no whole backup"),
    ] {
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("bad.jsonl"), bad).unwrap();
        let restored = plimsoll(other.path(), &["restore", "bad.jsonl"]);
        assert_eq!(code(&restored), 2, "{bad}");
        assert!(err(&restored).contains(said), "{}", err(&restored));
        assert_eq!(out(&plimsoll(other.path(), &["backup"])), "{\"plimsoll_history\":1}\n{\"end\":0}\n");
    }
}

#[test]
fn a_team_keeps_it_on_a_server() {
    let server = xtask::postgres::Server::start().unwrap();
    let url = server.database("team").unwrap();
    let folder = tempfile::tempdir().unwrap();
    said(folder.path());
    let text = out(&plimsoll(folder.path(), &["backup"]));
    std::fs::write(folder.path().join("history.jsonl"), &text).unwrap();
    let restored = plimsoll(folder.path(), &["--catalog", &url, "restore", "history.jsonl"]);
    assert_eq!(code(&restored), 0, "{}", err(&restored));
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(out(&plimsoll(elsewhere.path(), &["backup", "--catalog", &url])), text);
    assert!(!elsewhere.path().join(".plimsoll").exists());
}

#[test]
fn a_place_that_cannot_be_opened_is_told_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://team:s3cret@localhost/evals?host=/nowhere-at-all&password=s3cret";
    let backup = plimsoll(folder.path(), &["backup", "--catalog", url]);
    assert_eq!(code(&backup), 2);
    assert!(err(&backup).contains("cannot open the catalog at postgres://team@localhost/evals"), "{}", err(&backup));
    assert!(!err(&backup).contains("s3cret"), "{}", err(&backup));
    let unknown = plimsoll(folder.path(), &["backup", "--catalog", "mysql://a:s3cret@b/c"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("only files and PostgreSQL are known"), "{}", err(&unknown));
    assert!(!err(&unknown).contains("s3cret"), "{}", err(&unknown));
}

#[test]
fn the_catalogs_examples_are_part_of_the_set() {
    let folder = super::eval("billing-support");
    let count = |what: &str| {
        let listed = plimsoll(folder.path(), &["examples", "list", "--as", "json"]);
        assert_eq!(code(&listed), 0, "{}", err(&listed));
        out(&listed).matches(what).count()
    };
    assert_eq!(count("\"kept-"), 0);
    let catalog = catalog_of(folder.path());
    let line = json!({"example": {"id": "kept-1", "task": "refund-request", "input": "Please refund me."}});
    catalog.append(&[draft("kept-1", "proposed", line)]).unwrap();
    assert!(count("\"kept-1\"") > 0);
    catalog.append(&[draft("kept-1", "accepted", json!({}))]).unwrap();
    let shown = plimsoll(folder.path(), &["examples", "show", "kept-1"]);
    assert_eq!(code(&shown), 0, "{}", err(&shown));
    assert!(out(&shown).contains("Please refund me."), "{}", out(&shown));
}

/// A failure that is opened in an eval, with its catalog here.
fn opened(folder: &Path, id: &str, url: &str) -> std::process::Output {
    let open = [
        "--catalog",
        url,
        "incident",
        "open",
        id,
        "--class",
        "missing_source",
        "--what",
        "it failed",
        "--by",
        "release",
    ];
    plimsoll(folder, &open)
}

#[test]
fn two_evals_do_not_share_a_catalog() {
    let server = xtask::postgres::Server::start().unwrap();
    let url = server.database("evals").unwrap();
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("catalog.sqlite");
    for place in [url.as_str(), path.to_str().unwrap()] {
        let (one, other) = (super::eval("billing-support"), super::eval("billing-support"));
        let contract = other.path().join("plimsoll.yaml");
        let text = std::fs::read_to_string(&contract).unwrap();
        let named = text.lines().find(|line| line.starts_with("name:")).expect("a name").to_owned();
        std::fs::write(&contract, text.replace(&named, "name: travel")).unwrap();
        let first = opened(one.path(), "a", place);
        assert_eq!(code(&first), 0, "{}", err(&first));
        // Whatever it reads or writes.
        for arguments in [
            &["incident", "list"][..],
            &["incident", "open", "b", "--class", "missing_source", "--what", "it failed"],
            &["examples", "list"],
            &["examples", "retirements"],
            &["review", "disputes"],
            &["run"],
            &["agenda"],
            &["map"],
        ] {
            let refused = plimsoll(other.path(), &[&["--catalog", place], arguments].concat());
            let told = err(&refused).split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(code(&refused), 2, "{arguments:?}: {}{told}", out(&refused));
            assert!(
                told.contains("and this is `travel`: their examples and incidents would mix"),
                "{arguments:?}: {told}"
            );
            assert!(told.contains("options[search_path]") && !told.contains(".s.PGSQL"), "{told}");
        }
        assert_eq!(
            out(&plimsoll(one.path(), &["--catalog", place, "backup"])).matches("\"noun\":\"incident\"").count(),
            1
        );
        // A change of the contract is no other eval.
        let contract = one.path().join("plimsoll.yaml");
        let text = std::fs::read_to_string(&contract).unwrap();
        std::fs::write(&contract, format!("{text}\n# mended\n")).unwrap();
        assert_eq!(code(&plimsoll(one.path(), &["--catalog", place, "incident", "list"])), 0);
    }
    // A schema of the same database is another place.
    let other = super::eval("billing-support");
    server.run("evals", "CREATE SCHEMA travel").unwrap();
    let schema = format!("{url}&options[search_path]=travel");
    let first = opened(other.path(), "c", &schema);
    assert_eq!(code(&first), 0, "{}", err(&first));
    let backup = out(&plimsoll(other.path(), &["--catalog", &schema, "backup"]));
    assert!(backup.contains("\"subject\":\"c\"") && !backup.contains("\"subject\":\"a\""), "{backup}");
}

#[test]
fn an_eval_that_got_another_name_takes_its_history_with_it() {
    let folder = super::eval("billing-support");
    let here = |arguments: &[&str]| plimsoll(folder.path(), arguments);
    assert_eq!(code(&here(&["incident", "open", "a", "--class", "missing_source", "--what", "it failed"])), 0);
    let contract = folder.path().join("plimsoll.yaml");
    let text = std::fs::read_to_string(&contract).unwrap();
    let named = text.lines().find(|line| line.starts_with("name:")).expect("a name").to_owned();
    std::fs::write(&contract, text.replace(&named, "name: billing")).unwrap();
    let refused = here(&["incident", "list"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("plimsoll backup"), "{}", err(&refused));
    assert_eq!(code(&here(&["backup", "--to", "history.jsonl"])), 0);
    std::fs::rename(folder.path().join(".plimsoll/catalog.sqlite"), folder.path().join("old.sqlite")).unwrap();
    let restored = here(&["restore", "history.jsonl"]);
    assert_eq!(code(&restored), 0, "{}", err(&restored));
    let listed = here(&["incident", "list"]);
    assert!(code(&listed) == 0 && out(&listed).contains('a'), "{}", err(&listed));
    assert_eq!(catalog_of(folder.path()).eval().unwrap().as_deref(), None, "whoever only looks claims nothing");
    assert_eq!(code(&here(&["incident", "reopen", "a", "--what", "again"])), 2);
    assert_eq!(code(&here(&["incident", "open", "b", "--class", "missing_source", "--what", "it failed"])), 0);
    assert_eq!(catalog_of(folder.path()).eval().unwrap().as_deref(), Some("billing"));
}

#[test]
fn a_history_that_somebody_edited_is_told_by_whoever_verifies() {
    let server = xtask::postgres::Server::start().unwrap();
    let url = server.database("team").unwrap();
    let folder = super::eval("billing-support");
    let here = |arguments: &[&str]| plimsoll(folder.path(), &[&["--catalog", &url], arguments].concat());
    assert_eq!(code(&here(&["run", "--exit-zero"])), 0);
    assert_eq!(code(&here(&["incident", "open", "a", "--class", "missing_source", "--what", "it failed"])), 0);
    let verified = here(&["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    assert!(out(&verified).contains("the history of 2 entries is as it was written"), "{}", out(&verified));
    server.run("team", "UPDATE entry SET author = 'somebody else' WHERE number = 1").unwrap();
    let verified = here(&["verify"]);
    assert_eq!(code(&verified), 3);
    assert!(out(&verified).contains("the history was changed: entry 1 is not what was written"), "{}", out(&verified));
}
