//! `segments:` of a contract.

use crate::format::yaml::{self, Fields, Node, Reader};
use crate::name::{Attribute, SegmentName};
use crate::segment::{Conditions, Minimum, Segmentation, Shares};
use crate::share::Share;
use std::collections::{BTreeMap, BTreeSet};

pub const KEYS: &[&str] = &["by", "routable", "name", "where", "min_examples", "shares"];

pub fn read(reader: &mut Reader, node: &Node) -> Vec<Segmentation> {
    let mut segments: Vec<Segmentation> = Vec::new();
    for item in reader.list(node, "`segments`", "write `- {by: task, routable: true}`") {
        let Some(fields) = reader.fields(item, "a segment", KEYS) else { continue };
        match (fields.get("by"), fields.get("where")) {
            (Some(by), None) => segments.extend(cut_by(reader, by, &fields)),
            (None, Some(conditions)) => segments.extend(named(reader, item, conditions, &fields)),
            _ => reader.missing(
                item.at,
                "a segment is cut `by` an attribute, or named with `where`",
                "write `{by: task}` or `{name: refunds-high-risk, where: {task: refund, risk: high}}`",
            ),
        }
        if let Some(last) = segments.last()
            && segments[..segments.len() - 1].iter().any(|known| same(known, last))
        {
            reader.fault(item.at, "this segment is given twice", "keep one of the two");
        }
    }
    if segments.iter().filter(|cut| matches!(cut, Segmentation::By { shares: Shares::Declared(_), .. })).count() > 1 {
        reader.fault(
            node.at,
            "shares are given for more than one attribute",
            "give the shares of one attribute; the strata are its values",
        );
    }
    segments
}

fn same(a: &Segmentation, b: &Segmentation) -> bool {
    match (a, b) {
        (Segmentation::By { attribute: a, .. }, Segmentation::By { attribute: b, .. }) => a == b,
        (Segmentation::Where { name: a, .. }, Segmentation::Where { name: b, .. }) => a == b,
        _ => false,
    }
}

fn cut_by(reader: &mut Reader, by: &Node, fields: &Fields) -> Option<Segmentation> {
    let attribute = Attribute::new(reader.word(by, "`by`")?);
    if let Some(name) = fields.get("name") {
        reader.fault(name.at, "a segment `by` an attribute is named after its values", "leave `name` out");
    }
    Some(Segmentation::By {
        attribute,
        routable: fields.get("routable").and_then(|node| reader.flag(node, "`routable`")).unwrap_or(false),
        minimum: minimum(reader, fields),
        shares: fields.get("shares").map_or(Shares::FromWeights, |node| shares(reader, node)),
    })
}

fn named(reader: &mut Reader, item: &Node, conditions: &Node, fields: &Fields) -> Option<Segmentation> {
    let Some(name) = fields.get("name") else {
        reader.missing(item.at, "a segment with `where` needs a name", "write `name: refunds-high-risk`");
        return None;
    };
    let word = reader.word(name, "`name`")?;
    if word == "all" {
        reader.fault(name.at, "`all` is every example", "choose another name");
    }
    for key in ["routable", "shares"] {
        if let Some(node) = fields.get(key) {
            reader.fault(
                node.at,
                format!("`{key}` belongs to a segment `by` an attribute"),
                format!("leave `{key}` out"),
            );
        }
    }
    let conditions = self::conditions(reader, conditions, "`where`");
    if conditions.is_empty() {
        reader.fault(item.at, "`where` names no attribute", "write `where: {task: refund, risk: high}`");
    }
    Some(Segmentation::Where { name: SegmentName::new(word), conditions, minimum: minimum(reader, fields) })
}

fn minimum(reader: &mut Reader, fields: &Fields) -> Minimum {
    let given = fields.get("min_examples").and_then(|node| reader.whole(node, "`min_examples`", 2, 10_000_000));
    given.map_or_else(Minimum::default, |least| Minimum(least as u32))
}

/// For each attribute one value or several.
pub fn conditions(reader: &mut Reader, node: &Node, what: &str) -> Conditions {
    let help = "write `{task: refund, risk: [high, critical]}`";
    reader
        .entries(node, what, help)
        .iter()
        .map(|(key, value)| {
            let values: BTreeSet<String> = reader.words(value, "a value").into_iter().collect();
            (Attribute::new(&key.text), values)
        })
        .collect()
}

fn shares(reader: &mut Reader, node: &Node) -> Shares {
    if let yaml::NodeKind::Text(word) = &node.kind {
        if word != "traffic" {
            reader.fault(
                node.at,
                "`shares` is `traffic`, or a share for each value",
                "write `shares: traffic` or `shares: {refund: 0.3, other: 0.7}`",
            );
        }
        return Shares::FromWeights;
    }
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for (key, value) in reader.entries(node, "`shares`", "write `shares: {refund: 0.3, other: 0.7}`") {
        if let Some(share) = reader.share(value, "a share") {
            shares.insert(key.text.clone(), share);
        }
    }
    let sum: f64 = shares.values().map(|share| share.get()).sum();
    if !shares.is_empty() && (sum - 1.0).abs() > 0.001 {
        reader.fault(
            node.at,
            format!("the shares sum to {sum:.3}"),
            "make them sum to 1; name a value for the rest of the traffic",
        );
    }
    Shares::Declared(shares)
}
