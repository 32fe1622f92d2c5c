//! `retire`: when an example is proposed for retirement.

use crate::contract::Retire;
use crate::format::yaml::{Node, Reader};

pub const RETIRE_KEYS: &[&str] = &["never_decisive_in", "saturated_in"];

pub(super) fn read(reader: &mut Reader, node: &Node) -> Retire {
    const MOST: u64 = 100;
    let defaults = Retire::default();
    let Some(fields) = reader.fields(node, "`retire`", RETIRE_KEYS) else { return defaults };
    let mut decisions = |key: &str, default: u16| {
        let given = fields.get(key).and_then(|node| reader.whole(node, &format!("`{key}`"), 1, MOST));
        given.map_or(default, |given| given as u16)
    };
    Retire {
        never_decisive_in: decisions("never_decisive_in", defaults.never_decisive_in),
        saturated_in: decisions("saturated_in", defaults.saturated_in),
    }
}
