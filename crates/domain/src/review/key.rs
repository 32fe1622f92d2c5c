//! What an item is called in the catalog: `example/system/repeat/criterion`, with `/`, `%` and control characters of names as `%XX`.

use crate::name::{CriterionName, ExampleId};
use std::fmt;

/// One answer, looked at for one criterion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey {
    pub example: ExampleId,
    /// The system's name in the scores.
    pub system: String,
    pub repeat: u32,
    pub criterion: CriterionName,
}

impl ItemKey {
    /// Reads what `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(plain);
        let mut next = || parts.next().flatten();
        let (example, system, repeat, criterion) = (next()?, next()?, next()?.parse().ok()?, next()?);
        let key =
            ItemKey { example: ExampleId::new(example), system, repeat, criterion: CriterionName::new(criterion) };
        (parts.next().is_none() && key.to_string() == text).then_some(key)
    }
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (example, system) = (escaped(self.example.as_str()), escaped(&self.system));
        write!(f, "{example}/{system}/{}/{}", self.repeat, escaped(self.criterion.as_str()))
    }
}

fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '/' | '%' | '\0'..='\x1f' | '\x7f' => text.push_str(&format!("%{:02X}", letter as u32)),
            _ => text.push(letter),
        }
    }
    text
}

fn plain(part: &str) -> Option<String> {
    let mut text = String::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let digits = after.get(..2)?;
        text.push(char::from(u8::from_str_radix(digits, 16).ok()?));
        rest = &after[2..];
    }
    text.push_str(rest);
    Some(text)
}
