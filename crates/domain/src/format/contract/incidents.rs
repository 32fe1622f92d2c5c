//! `incidents:`: in what time a failure in production is to be covered by examples that a gate sees.

use crate::format::yaml::{Node, NodeKind, Reader};

pub const KEYS: &[&str] = &["cover_within"];

/// The most days that may be given.
const MOST: u32 = 3650;

/// Days; `None` where the section says nothing of it.
pub fn cover_within(reader: &mut Reader, node: &Node) -> Option<u32> {
    let fields = reader.fields(node, "`incidents`", KEYS)?;
    let node = fields.get("cover_within")?;
    let days = match &node.kind {
        NodeKind::Text(text) => days(text),
        _ => None,
    };
    if days.is_none() {
        reader.fault(node.at, "`cover_within` is no span of days", "write `14d`, from 1d up to 3650d");
    }
    days
}

/// `14d`, `14 days`, `2w`, `2 weeks`.
fn days(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let count: u32 = text[..digits].parse().ok()?;
    let days = match text[digits..].trim() {
        "d" | "day" | "days" => count,
        "w" | "week" | "weeks" => count.checked_mul(7)?,
        _ => return None,
    };
    (1..=MOST).contains(&days).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn spans_of_days_and_weeks_are_read() {
        assert_eq!(["14d", "1 day", "2w", "3 weeks", "3650d"].map(days), [14, 1, 14, 21, 3650].map(Some));
        assert_eq!(["0d", "14", "d", "-1d", "1.5d", "3651d", "14h", "9999999999w", ""].map(days), [None; 9]);
    }
}
