//! Links between our pages lead somewhere.

use super::Fault;
use crate::tree::Tree;

pub fn check(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree.ending(".md") {
        for (line, target) in links(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let Some(file) = resolve(path, file) else {
                faults.push(broken(path, line, target, "it leaves the repository"));
                continue;
            };
            if !tree.has(&file) {
                faults.push(broken(path, line, target, "no file or folder has this path"));
            } else if !anchor.is_empty()
                && tree.text(&file).is_some_and(|text| !anchors(text).any(|known| known == anchor))
            {
                faults.push(broken(path, line, target, "the page has no such heading"));
            }
        }
    }
    faults
}

fn broken(path: &str, line: usize, target: &str, why: &str) -> Fault {
    Fault::new("links", path, line, format!("`{target}` leads nowhere: {why}"), "mend the link or write the page")
}

/// Lines outside fenced blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((at + 1, line))
    })
}

/// Targets of `[text](target)`, outside code.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, text) in prose(text) {
        let plain = text.split('`').step_by(2);
        for piece in plain.flat_map(|piece| piece.split("](").skip(1)) {
            found.extend(piece.split([')', ' ']).next().map(|target| (line, target)));
        }
    }
    found
}

/// A link seen from a page, as a path from the root; `None` where it leaves the repository.
fn resolve(page: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(page.to_owned());
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Anchors of the headings of a page, as forges make them.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}
