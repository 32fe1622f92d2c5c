//! The pages of `docs/questions` print what their commands print.

use crate::{copy, out, plimsoll};
use std::path::Path;

/// The commands of a page, without `cargo run --`, and the lines that it shows of them.
fn told(page: &str) -> (Vec<Vec<&str>>, Vec<&str>) {
    let commands =
        page.lines().filter_map(|line| line.strip_prefix("    cargo run -- ")).map(|line| line.split(' ').collect());
    let shown = page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next()).flat_map(str::lines);
    (commands.collect(), shown.collect())
}

#[test]
fn every_line_that_a_page_shows_is_printed_by_its_commands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = 0;
    for entry in std::fs::read_dir(root.join("docs/questions")).expect("the pages") {
        let path = entry.expect("an entry").path();
        let page = std::fs::read_to_string(&path).expect("a page");
        let (commands, shown) = told(&page);
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&root.join("examples"), &folder.path().join("examples"));
        let printed: String = commands.iter().map(|command| out(&plimsoll(folder.path(), command))).collect();
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        for line in shown {
            assert!(lines.contains(&line.trim_end()), "{}: nothing prints `{line}`:\n{printed}", path.display());
        }
        pages += u32::from(!commands.is_empty());
    }
    assert!(pages >= 7, "{pages} pages with commands");
}
