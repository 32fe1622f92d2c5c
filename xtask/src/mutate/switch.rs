//! All breaks in one copy of the code, each behind a switch, so that it is built once: `if crate::broken_rule(7) { broken }
//! else { as it was }`. The variable `BROKEN_RULE` of the environment turns one on. Only the copy ever holds this.

use super::list::{Mutation, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The variable that says which rule is broken, by its position in the list.
pub const VARIABLE: &str = "BROKEN_RULE";

/// Number, place and broken expression of a mutation in a file.
type Span<'m> = (usize, Range<usize>, &'m str);

const SWITCH: &str = "
#[allow(dead_code)]
pub(crate) fn broken_rule(number: usize) -> bool {
    static NOW: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
    let now = || std::env::var(\"BROKEN_RULE\").ok().and_then(|text| text.parse().ok());
    *NOW.get_or_init(now) == Some(number)
}
";

/// Where a place is in a text, or how often where it is not there exactly once.
pub fn find(text: &str, place: &Place) -> Result<Range<usize>, usize> {
    let whole = place.text();
    match text.matches(&whole).count() {
        1 => {
            let start = text.find(&whole).unwrap_or(0) + place.before.len();
            Ok(start..start + place.expression.len())
        }
        count => Err(count),
    }
}

/// The files that change when these mutations, numbered by their position, get their switches: their paths and new texts.
pub fn texts(tree: &Path, mutations: &[(usize, &Mutation)]) -> io::Result<BTreeMap<PathBuf, String>> {
    let mut by_file: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for &(number, mutation) in mutations {
        let text = fs::read_to_string(tree.join(&mutation.file))?;
        if let Ok(span) = find(&text, &mutation.place) {
            by_file.entry(&mutation.file).or_default().push((number, span, &mutation.broken));
        }
    }
    let mut texts = BTreeMap::new();
    for (file, spans) in &by_file {
        let path = tree.join(file);
        texts.insert(path.clone(), switched(&fs::read_to_string(path)?, spans));
    }
    let roots: BTreeSet<PathBuf> = by_file.keys().filter_map(|file| root_of(tree, file)).collect();
    for root in roots {
        let text = match texts.remove(&root) {
            Some(text) => text,
            None => fs::read_to_string(&root)?,
        };
        texts.insert(root, text + SWITCH);
    }
    Ok(texts)
}

/// The root module of the crate that a file belongs to.
fn root_of(tree: &Path, file: &str) -> Option<PathBuf> {
    let source = Path::new(file).ancestors().find(|folder| folder.ends_with("src"))?;
    ["lib.rs", "main.rs"].iter().map(|name| tree.join(source).join(name)).find(|path| path.is_file())
}

/// The text with each span behind its switch. No line is added, so that the compiler's lines are those of the tree.
fn switched(text: &str, spans: &[Span]) -> String {
    // At one position what ends comes before what begins, and what is around others comes first.
    let mut insertions: Vec<(usize, usize, String)> = Vec::new();
    for (number, span, broken) in spans {
        let broken = broken.replace('\n', " ");
        let begin = format!("(if crate::broken_rule({number}) {{ {broken} }} else {{ ");
        insertions.push((span.start, usize::MAX - span.len(), begin));
        insertions.push((span.end, 0, " })".to_owned()));
    }
    insertions.sort_by_key(|(at, order, _)| (*at, *order));
    let (mut whole, mut from) = (String::new(), 0);
    for (at, _, piece) in insertions {
        whole.push_str(&text[from..at]);
        whole.push_str(&piece);
        from = at;
    }
    whole + &text[from..]
}

/// Whether a line of a file, counted from 1, is one of those that a mutation stands on.
pub fn stands_on(tree: &Path, mutation: &Mutation, file: &str, line: u64) -> bool {
    let text = fs::read_to_string(tree.join(file)).unwrap_or_default();
    let Ok(span) = find(&text, &mutation.place) else { return false };
    let line_of = |at: usize| text[..at].matches('\n').count() as u64 + 1;
    mutation.file == file && (line_of(span.start)..=line_of(span.end)).contains(&line)
}
