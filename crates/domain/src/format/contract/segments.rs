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
        let before = segments.len();
        let strata = segments.iter().any(|cut| matches!(cut, Segmentation::By { shares: Shares::Declared(_), .. }));
        match (fields.get("by"), fields.get("where")) {
            (Some(by), None) => segments.extend(cut_by(reader, by, &fields)),
            (None, Some(conditions)) => segments.extend(named(reader, item, conditions, &fields)),
            (by, _) => {
                let at = if by.is_some() { fields.place_of("where") } else { item.at };
                reader.missing(
                    at,
                    "a segment is cut `by` an attribute, or named with `where`",
                    "write `{by: task}` or `{name: refunds-high-risk, where: {task: refund, risk: high}}`",
                );
            }
        }
        if let Some(Segmentation::By { shares: Shares::Declared(_), .. }) = segments.get(before)
            && strata
        {
            reader.fault(
                fields.place_of("shares"),
                "shares are given for a second attribute",
                "give the shares of one attribute; the strata are its values",
            );
        }
        if segments.len() > before
            && let Some(last) = segments.last()
            && segments[..segments.len() - 1].iter().any(|known| same(known, last))
        {
            reader.fault(
                item.at,
                "a segment of this name is given already",
                "keep one of the two, or choose another name",
            );
        }
    }
    segments
}

fn same(a: &Segmentation, b: &Segmentation) -> bool {
    match (a, b) {
        (Segmentation::By { attribute: a, .. }, Segmentation::By { attribute: b, .. }) => a == b,
        (Segmentation::Where { name: a, .. }, Segmentation::Where { name: b, .. }) => a == b,
        // A gate names both with one word.
        (Segmentation::By { attribute, .. }, Segmentation::Where { name, .. })
        | (Segmentation::Where { name, .. }, Segmentation::By { attribute, .. }) => attribute.as_str() == name.as_str(),
    }
}

fn cut_by(reader: &mut Reader, by: &Node, fields: &Fields) -> Option<Segmentation> {
    let attribute = Attribute::new(reader.name(by, "`by`")?);
    if attribute.as_str() == "all" {
        reader.fault(by.at, "`all` is every example", "cut by an attribute of another name");
    }
    if let Some(name) = fields.get("name") {
        reader.fault(
            name.at,
            "a segment `by` an attribute is named after its values",
            "leave `name` out, or name one part with `where`",
        );
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
    let word = reader.name(name, "`name`")?;
    if word == "all" {
        reader.fault(name.at, "`all` is every example", "choose another name");
    }
    if word.contains('=') {
        reader.fault(name.at, "`task=refund` is how one value of an attribute is named", "choose a name without `=`");
    }
    for key in ["routable", "shares"] {
        if fields.get(key).is_some() {
            reader.fault(
                fields.place_of(key),
                format!("`{key}` belongs to a segment `by` an attribute"),
                format!("leave `{key}` out"),
            );
        }
    }
    let conditions = self::conditions(reader, conditions, "`where`");
    Some(Segmentation::Where { name: SegmentName::new(word), conditions, minimum: minimum(reader, fields) })
}

fn minimum(reader: &mut Reader, fields: &Fields) -> Minimum {
    let given = fields.get("min_examples").and_then(|node| reader.whole(node, "`min_examples`", 2, 10_000_000));
    given.map_or_else(Minimum::default, |least| Minimum(least as u32))
}

/// For each attribute one value or several.
pub fn conditions(reader: &mut Reader, node: &Node, what: &str) -> Conditions {
    let help = "write `{task: refund, risk: [high, critical]}`";
    if matches!(&node.kind, yaml::NodeKind::Map(entries) if entries.is_empty()) {
        reader.fault(node.at, format!("{what} names no attribute"), help);
    }
    reader
        .entries(node, what, help)
        .iter()
        .map(|(key, value)| {
            let values: BTreeSet<String> = reader.some_words(value, "the value").into_iter().collect();
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
    let entries = reader.entries(node, "`shares`", "write `shares: {refund: 0.3, other: 0.7}`");
    for (key, value) in entries {
        if let Some(share) = reader.share(value, "a share of traffic") {
            shares.insert(key.text.clone(), share);
        }
    }
    let sum: f64 = shares.values().fold(0.0, |sum, share| sum + share.get());
    // A share that could not be read is a fault already.
    if shares.len() == entries.len() && (sum - 1.0).abs() > 0.001 {
        reader.fault(
            node.at,
            format!("the shares sum to {sum:.3}"),
            "make them sum to 1; name a value for the rest of the traffic",
        );
    }
    Shares::Declared(shares)
}
