use super::{code, err, eval, out, plimsoll};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

const TICKETS: &str = "\u{feff}ticket,question,gold,tier,day,sections,note\r
T-1,\"why \"\"so\"\" much,\r
and why?\",because,high,31.12.2026,4.1;4.2,x\r
\r
T-2,hello,,low,,,\r
";
const MAP: &[&str] = &[
    "--map",
    "id=ticket",
    "--map",
    "input=question",
    "--map",
    "expected.answer=gold",
    "--map",
    "attributes.risk=tier",
];

fn folder_with(name: &str, table: impl AsRef<[u8]>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), table).expect("a table");
    folder
}

fn import(folder: &Path, table: &str, more: &[&str]) -> Output {
    plimsoll(folder, &[&["import", "examples", table], more].concat())
}

/// What is refused leaves nothing behind but what was there.
fn refused(table: &str, text: impl AsRef<[u8]>, more: &[&str]) -> String {
    let folder = folder_with(table, text);
    let ended = import(folder.path(), table, more);
    assert_eq!(code(&ended), 2, "{}{}", out(&ended), err(&ended));
    let left: Vec<_> =
        folder.path().read_dir().expect("the folder").map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(left, [table], "nothing is half-written");
    err(&ended)
}

#[test]
fn nothing_of_a_table_is_lost_on_the_way() {
    let table = "id,q,n\na,why?,12345678901234567890123\n";
    let map = ["--map", "id=id", "--map", "input=q", "--map", "expected.n=n", "--json", "n"];
    assert!(refused("t.csv", table, &map).contains("more digits than are kept"));
    let open = refused("t.csv", "id,q,n\na,\"why?,1\nb,how?,2\n", &map);
    assert!(open.contains("t.csv:2:3") && open.contains("never closed"), "{open}");
}

#[test]
fn a_table_becomes_examples_in_the_documented_format() {
    let folder = folder_with("tickets.csv", TICKETS);
    let more = ["--map", "provenance.captured_at=day", "--date", "day=%d.%m.%Y", "--set", "provenance.source=traffic"];
    let lists = ["--map", "expected.sections=sections", "--list", "sections=;"];
    let made = import(folder.path(), "tickets.csv", &[MAP, &more, &lists].concat());
    assert_eq!(code(&made), 0, "{}", err(&made));
    let said = out(&made);
    assert!(said.contains("2 examples to examples/tickets.jsonl") && said.contains("left out  note"), "{said}");
    let written = std::fs::read_to_string(folder.path().join("examples/tickets.jsonl")).expect("examples");
    assert_eq!(
        written,
        "{\"plimsoll_examples\": 1}
{\"id\":\"T-1\",\"input\":\"why \\\"so\\\" much,\\r\\nand why?\",\"expected\":{\"answer\":\"because\",\"sections\":[\"4.1\",\"4.2\"]},\"provenance\":{\"captured_at\":\"2026-12-31\",\"source\":\"traffic\"},\"attributes\":{\"risk\":\"high\"}}
{\"id\":\"T-2\",\"input\":\"hello\",\"provenance\":{\"source\":\"traffic\"},\"attributes\":{\"risk\":\"low\"}}
"
    );
    let again = import(folder.path(), "tickets.csv", MAP);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("nothing is overwritten"), "{}", err(&again));
    assert_eq!(std::fs::read_to_string(folder.path().join("examples/tickets.jsonl")).expect("examples"), written);
}

#[test]
fn a_mapping_in_a_file_and_a_dry_run() {
    let folder = folder_with("t.tsv", "q\tplan\tstate\nwhy?\tfree\t{\"a\": 1}\n");
    let mapping = "plimsoll_mapping: 1\nmap: {input.messages.0.content: q, input.account.state: {column: state, json: true}}\nset: {input.messages.0.role: user, provenance: {source: demo}}\nrest: attributes\n";
    std::fs::write(folder.path().join("m.yaml"), mapping).expect("a mapping");
    let made = import(folder.path(), "t.tsv", &["--mapping", "m.yaml", "--dry-run", "--as", "json"]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    let told: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    assert_eq!(told["written"], false);
    assert!(!folder.path().join("examples").exists());
    assert_eq!(
        told["shown"][0],
        serde_json::json!({
            "input": {"messages": [{"content": "why?", "role": "user"}], "account": {"state": {"a": 1}}},
            "provenance": {"source": "demo"}, "attributes": {"plan": "free"}
        })
    );
    let bad = mapping.replace("column: state", "column: stat");
    std::fs::write(folder.path().join("m.yaml"), bad).expect("a mapping");
    let refused = import(folder.path(), "t.tsv", &["--mapping", "m.yaml"]);
    assert_eq!(code(&refused), 2);
    assert!(
        err(&refused).contains("m.yaml:2:") && err(&refused).contains("did you mean `state`?"),
        "{}",
        err(&refused)
    );
}

#[test]
fn every_fault_is_told_of_its_cell() {
    let text = "ticket,question,state,why
T-1,q,retired,
T-2,\"multi
line\",actve,
T-3
T-4,\u{1b}[31mred\0,active,
T-5,,active,
";
    let map =
        ["--map", "id=ticket", "--map", "input=question", "--map", "status.state=state", "--map", "status.reason=why"];
    let said = refused("t.csv", text, &map);
    for told in [
        "`retired` needs a reason\n --> t.csv:2:7",
        "`status.state` cannot be `actve`\n --> t.csv:4:7",
        "this row has 1 cell, and the header has 4\n --> t.csv:5:1",
        "a NUL character stands in this cell\n --> t.csv:6:5",
        "no cell of this row says what is asked\n --> t.csv:7:1",
    ] {
        assert!(said.contains(told), "{told} in {said}");
    }
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn what_only_the_set_shows_is_told_of_its_row() {
    let map = ["--map", "id=id", "--map", "input=q", "--map", "variant_of=base", "--set", "expect=same"];
    let text = "id,q,base\na,\"two\nlines\",b\nb,q,a\nc,q,nobody\nc,q,a\n";
    let said = refused("t.csv", text, &map);
    assert!(said.contains("`variant_of` names `nobody`") && said.contains("--> t.csv:5:1"), "{said}");
    assert!(said.contains("the id `c` is given twice, first at t.csv:5\n --> t.csv:6:1"), "{said}");
    assert!(said.contains("runs in a circle"), "{said}");
}

#[test]
fn examples_that_the_eval_has_already_are_looked_at_too() {
    let folder = eval("billing-support");
    std::fs::write(folder.path().join("t.csv"), "id,q,base\nincident-00,q,\n").expect("a table");
    let map = ["--map", "id=id", "--map", "input=q"];
    let twice = import(folder.path(), "t.csv", &map);
    assert_eq!(code(&twice), 2);
    let said = err(&twice);
    assert!(said.contains("the id `incident-00` is given twice") && said.contains("--> t.csv:2:1"), "{said}");
    std::fs::write(folder.path().join("t.csv"), "id,q,base\nnew-00,q,incident-00\n").expect("a table");
    let variant = [&map[..], &["--map", "variant_of=base", "--set", "expect=same"]].concat();
    let made = import(folder.path(), "t.csv", &variant);
    assert_eq!(code(&made), 0, "{}", err(&made));
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 10);
    std::fs::write(folder.path().join("t.csv"), "id,q\nnew-01,q\n").expect("a table");
    let aside = import(folder.path(), "t.csv", &[&map[..], &["--to", "other/t.jsonl"]].concat());
    assert_eq!(code(&aside), 0, "{}", err(&aside));
    assert!(out(&aside).contains("the contract does not read it"), "{}", out(&aside));
}

#[test]
fn tables_that_are_none_are_refused() {
    assert!(refused("t.csv", "", MAP).contains("is empty"));
    assert!(refused("t.csv", "ticket,question,gold,tier\n", MAP).contains("no row below its header"));
    assert!(refused("t.csv", "ticket;question;gold;tier\n1;2;3;4\n", MAP).contains("--separator ';'"));
    assert!(refused("t.csv", b"\xff\xfet\0i\0", MAP).contains("CSV UTF-8"));
    assert!(refused("t.csv", b"ticket,question,gold,tier\n1,\xff,2,3\n", MAP).contains("t.csv:2:3"));
    assert!(refused("t.xlsx", "x", MAP).contains("does not say that it is a table"));
    assert!(refused("t.jsonl", "{}", MAP).contains("needs no import"));
    assert!(refused("t.csv", "ticket,question,question,gold,tier\n", MAP).contains("two columns `question`"));
    let mut long = b"ticket,question,gold,tier\n1,\"".to_vec();
    long.resize(50 << 20, b'x');
    assert!(refused("t.csv", &long, MAP).contains("a quote that is not closed"));
    let many = format!("ticket,question,gold,tier\n{}", "short\n".repeat(300));
    assert!(refused("t.csv", many, MAP).contains("250 more faults are not shown"));
}

#[test]
fn nothing_is_written_outside_the_evals_folder() {
    let outside = tempfile::tempdir().expect("a folder");
    let folder = folder_with("t.csv", "ticket,question,gold,tier\n1,2,3,4\n");
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).expect("a link");
    let absolute = outside.path().join("x.jsonl");
    let paths = [
        "../x.jsonl",
        "a/../../x.jsonl",
        absolute.to_str().expect("a path"),
        "link/x.jsonl",
        "link/a/x.jsonl",
        "t.csv/x.jsonl",
        "x.csv",
    ];
    for to in paths {
        let ended = import(folder.path(), "t.csv", &[MAP, &["--to", to]].concat());
        assert_eq!(code(&ended), 2, "{to}: {}", out(&ended));
    }
    assert_eq!(outside.path().read_dir().expect("the folder").count(), 0);
    let other = import(folder.path(), "t.csv", &[MAP, &["--separator", "|"]].concat());
    assert_eq!(code(&other), 2);
    let odd = import(folder.path(), "t.csv", &["--map", "id", "--list", "x"]);
    assert!(err(&odd).contains("`--map` takes FIELD=COLUMN") && err(&odd).contains("`--list`"), "{}", err(&odd));
}

#[test]
fn of_several_at_once_one_writes() {
    let rows: String = (0..2000).map(|at| format!("{at},q{at},a,low\n")).collect();
    let folder = folder_with("t.csv", format!("ticket,question,gold,tier\n{rows}"));
    let children: Vec<_> = (0..4)
        .map(|_| {
            std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"))
                .args(["import", "examples", "t.csv"])
                .args(MAP)
                .current_dir(folder.path())
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .expect("the binary")
        })
        .collect();
    let codes: Vec<i32> = children.into_iter().map(|child| code(&child.wait_with_output().expect("an end"))).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 2).count(), 3, "{codes:?}");
    let written = std::fs::read_to_string(folder.path().join("examples/t.jsonl")).expect("examples");
    assert_eq!(written.lines().count(), 2001);
    assert_eq!(folder.path().read_dir().expect("the folder").count(), 2);
}
