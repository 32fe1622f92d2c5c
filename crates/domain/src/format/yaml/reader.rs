//! Reads nodes into domain types and collects every fault on the way, so that a person mends a file once.

use super::{Key, Node, NodeKind, Spot, shortened};
use crate::fault::{Fault, Faults, Place, closest};
use crate::share::Share;
use camino::{Utf8Path, Utf8PathBuf};

pub struct Reader<'a> {
    file: &'a Utf8Path,
    text: &'a str,
    faults: Vec<Fault>,
    /// Faults beyond the most that are kept.
    more: usize,
}

/// More faults than a person mends in one sitting; what lies beyond is counted.
const MOST_FAULTS: usize = 500;

/// The entries of a mapping whose unknown keys are already reported.
#[derive(Clone, Copy)]
pub struct Fields<'n> {
    entries: &'n [(Key, Node)],
    /// Where the mapping stands, for what is missing in it.
    pub at: Spot,
}

impl<'n> Fields<'n> {
    /// No entries at all.
    pub fn none(at: Spot) -> Self {
        Fields { entries: &[], at }
    }

    /// The value of a key; a null is as good as none.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        let entry = self.entries.iter().find(|(known, _)| known.text == key);
        entry.map(|(_, node)| node).filter(|node| node.kind != NodeKind::Null)
    }

    /// Where a key stands, for what is wrong with its being there; else where the mapping stands.
    pub fn place_of(&self, key: &str) -> Spot {
        self.entries.iter().find(|(known, _)| known.text == key).map_or(self.at, |(known, _)| known.at)
    }

    /// Those of these keys that have a value, in the file's order.
    pub fn given<'k>(&self, among: &'k [&'k str]) -> Vec<&'k str> {
        self.keys()
            .filter_map(|key| among.iter().find(|known| **known == key.text))
            .copied()
            .filter(|key| self.get(key).is_some())
            .collect()
    }

    /// Keys that are there, in the file's order.
    pub fn keys(&self) -> impl Iterator<Item = &'n Key> {
        self.entries.iter().map(|(key, _)| key)
    }
}

impl<'a> Reader<'a> {
    pub fn new(file: &'a Utf8Path, text: &'a str) -> Self {
        Reader { file, text: text.strip_prefix('\u{feff}').unwrap_or(text), faults: Vec::new(), more: 0 }
    }

    pub fn finish(mut self) -> Result<(), Faults> {
        if self.more > 0
            && let Some(last) = self.faults.iter().max()
        {
            let what = format!("{} more faults are not shown", self.more);
            let (place, help) = (last.place.clone(), "mend these first".to_owned());
            self.faults.push(Fault { place, found: String::new(), what, help });
        }
        Faults::none_or(self.faults)
    }

    pub fn fault(&mut self, at: Spot, what: impl Into<String>, help: impl Into<String>) {
        let found = shortened(self.text.get(at.start..at.end).unwrap_or(""));
        self.push(at, found, what.into(), help.into());
    }

    /// A fault of something missing: nothing is quoted.
    pub fn missing(&mut self, at: Spot, what: impl Into<String>, help: impl Into<String>) {
        self.push(at, String::new(), what.into(), help.into());
    }

    /// A fault of a secret: it is not quoted, and its line is shown up to it.
    pub fn secret(&mut self, at: Spot, what: impl Into<String>, help: impl Into<String>) {
        self.push(at, Fault::HIDDEN.to_owned(), what.into(), help.into());
    }

    fn push(&mut self, at: Spot, found: String, what: String, help: String) {
        if self.faults.len() >= MOST_FAULTS {
            self.more += 1;
            return;
        }
        let place = Place { file: self.file.to_owned(), line: at.line.max(1), column: at.column.max(1) };
        self.faults.push(Fault { place, found, what, help });
    }

    pub fn wrong(&mut self, node: &Node, what: &str, wanted: &str, help: &str) {
        self.fault(node.at, format!("{what} must be {wanted}, and this is {}", node.describe()), help);
    }

    /// A mapping with these keys; others are faults with a suggestion.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, allowed: &[&str]) -> Option<Fields<'n>> {
        let NodeKind::Map(entries) = &node.kind else {
            self.wrong(node, what, "a mapping", &format!("write `key: value` lines; keys: {}", allowed.join(", ")));
            return None;
        };
        for (key, value) in entries.iter().filter(|(key, _)| !allowed.contains(&key.text.as_str())) {
            if self.faults.len() >= MOST_FAULTS {
                self.more += 1;
                continue;
            }
            let keys = format!("keys here: {}", allowed.join(", "));
            // `{rule: every week, from all tasks}` is three words of a text and a key of its own.
            let help = if value.kind == NodeKind::Null && key.text.contains(' ') {
                format!("inside {{...}} a comma ends a text: put a text that holds one in quotes; {keys}")
            } else {
                format!("{}{keys}", meant(&key.text, allowed.iter().copied()))
            };
            self.fault(key.at, format!("`{}` is not a key of {what}", shortened(&key.text)), help);
        }
        Some(Fields { entries, at: node.at })
    }

    /// A mapping with keys of the writer's own, each a name.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str, help: &str) -> &'n [(Key, Node)] {
        match &node.kind {
            NodeKind::Map(entries) => {
                for (key, _) in entries.iter().filter(|(key, _)| is_no_name(&key.text)) {
                    self.fault(key.at, format!("a name in {what} is empty"), help);
                }
                entries
            }
            _ => {
                self.wrong(node, what, "a mapping", help);
                &[]
            }
        }
    }

    pub fn list<'n>(&mut self, node: &'n Node, what: &str, help: &str) -> &'n [Node] {
        match &node.kind {
            NodeKind::List(items) => items,
            _ => {
                self.wrong(node, what, "a list", help);
                &[]
            }
        }
    }

    pub fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            NodeKind::Text(text) => Some(text.clone()),
            NodeKind::Number(_) | NodeKind::Bool(_) => {
                self.wrong(node, what, "text", "put it in quotes");
                None
            }
            _ => {
                self.wrong(node, what, "text", "write it on one line, in quotes where it holds `: ` or `#`");
                None
            }
        }
    }

    /// Any scalar, as text: `3`, `true` and `"3"` name values alike.
    pub fn word(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            NodeKind::Text(text) => Some(text.clone()),
            NodeKind::Number(_) => Some(self.text.get(node.at.start..node.at.end).unwrap_or("").trim().to_owned()),
            NodeKind::Bool(value) => Some(value.to_string()),
            _ => {
                self.wrong(node, what, "one word or text", "write a single value");
                None
            }
        }
    }

    /// A word that names something.
    pub fn name(&mut self, node: &Node, what: &str) -> Option<String> {
        let word = self.word(node, what)?;
        if is_no_name(&word) {
            self.fault(node.at, format!("{what} is empty"), "write it out");
            return None;
        }
        Some(word)
    }

    /// One word, or a list of at least one.
    pub fn some_words(&mut self, node: &Node, what: &str) -> Vec<String> {
        if matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
            self.fault(node.at, format!("{what} is an empty list"), "name at least one, or leave the key out");
        }
        self.words(node, what)
    }

    /// One word, or a list of them.
    pub fn words(&mut self, node: &Node, what: &str) -> Vec<String> {
        one_or_many(node).into_iter().filter_map(|item| self.word(item, what)).collect()
    }

    pub fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match &node.kind {
            NodeKind::Bool(value) => Some(*value),
            _ => {
                self.wrong(node, what, "true or false", "write `true` or `false`");
                None
            }
        }
    }

    pub fn number(&mut self, node: &Node, what: &str) -> Option<f64> {
        match &node.kind {
            NodeKind::Number(number) => number.as_f64(),
            _ => {
                self.wrong(node, what, "a number", "write a number without quotes");
                None
            }
        }
    }

    pub fn whole(&mut self, node: &Node, what: &str, least: u64, most: u64) -> Option<u64> {
        let whole = match &node.kind {
            NodeKind::Number(number) => number.as_u64(),
            _ => None,
        };
        let whole = whole.filter(|number| (least..=most).contains(number));
        if whole.is_none() {
            let what = format!("{what} must be a whole number from {least} to {most}");
            self.fault(node.at, what, format!("write for example `{least}`"));
        }
        whole
    }

    /// A share: `0.05` or `5%`.
    pub fn share(&mut self, node: &Node, what: &str) -> Option<Share> {
        let share = share_of(node).and_then(|value| Share::new(value).ok());
        if share.is_none() {
            let what = format!("{what} must be a share from 0 to 1, or a percentage up to 100%");
            self.fault(node.at, what, "write for example `0.05` or `5%`");
        }
        share
    }

    /// A path inside the contract's folder.
    pub fn path(&mut self, node: &Node, what: &str) -> Option<Utf8PathBuf> {
        let text = self.text(node, what)?;
        match inside(&text) {
            Ok(path) => Some(path),
            Err(why) => {
                self.fault(node.at, format!("{what} {why}"), "give a path relative to the contract, inside its folder");
                None
            }
        }
    }
}

/// Nothing but blanks; `~` is how an empty key is read.
fn is_no_name(text: &str) -> bool {
    text.trim().is_empty() || text == "~"
}

/// `did you mean ...? `, or nothing where no known word is near.
pub fn meant<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    closest(word, known).map_or_else(String::new, |known| format!("did you mean `{known}`? "))
}

/// One item, or the items of a list.
pub fn one_or_many(node: &Node) -> Vec<&Node> {
    match &node.kind {
        NodeKind::List(items) => items.iter().collect(),
        _ => vec![node],
    }
}

/// A number, or a percentage as a share.
pub fn share_of(node: &Node) -> Option<f64> {
    match &node.kind {
        NodeKind::Number(number) => number.as_f64(),
        NodeKind::Text(text) => percent(text),
        _ => None,
    }
}

/// `5%` as 0.05, through decimal digits and not a division, so that `85%` is 0.85 to the last bit.
pub fn percent(text: &str) -> Option<f64> {
    let digits = text.trim().strip_suffix('%')?.trim_end();
    let value: f64 = format!("{digits}e-2").parse().ok()?;
    value.is_finite().then_some(value)
}

/// A relative path that stays inside.
fn inside(text: &str) -> Result<Utf8PathBuf, &'static str> {
    let path = Utf8PathBuf::from(text);
    if text.is_empty() {
        Err("is empty")
    } else if path.is_absolute() || text.starts_with('\\') || text.starts_with('~') {
        Err("is not relative")
    } else if text.contains(char::is_control) {
        Err("holds a control character")
    } else if text.contains('\\') {
        Err("is written with `\\`; `/` works everywhere")
    } else if text.contains("${") {
        Err("holds `${`, and the environment is only read in a `base_url`")
    } else if path.components().any(|part| part.as_str() == "..") {
        Err("leaves the contract's folder")
    } else {
        Ok(path)
    }
}
