//! What traces say of how things went, and as which outcomes it counts: a mapping as a YAML file, version 1.
//!
//! in      the text of one file: `outcomes` (metrics, each with where its verdicts stand), `map` (field: key), `set` (field: value)
//! out     a `Mapping`; or every fault at once, each with its place
//! rule    a verdict is one of these labels, or a number; what is neither is no verdict, and never a no

use super::shape::LINE;
use crate::fault::Faults;
use crate::format::shape::{NoPath, Step, walk};
use crate::format::yaml::{self, Fields, Node, NodeKind, Reader};
use crate::outcome::Better;
use camino::Utf8Path;
use serde_json::{Value, json};

pub const KEYS: &[&str] = &["plimsoll_mapping", "outcomes", "map", "set"];
const SIGNAL_KEYS: &[&str] = &["metric", "of", "key", "yes", "no", "scale", "better", "criterion"];
/// Fields that a mapping fills by itself.
const OWN: &[&str] = &["at", "metric", "better", "criterion", "n", "count", "value"];

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    pub signals: Vec<Signal>,
    /// Fields of outcomes, each with the keys that lead to it.
    pub fields: Vec<(Vec<String>, From)>,
}

/// One metric, and where its verdicts stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    pub metric: String,
    pub at: At,
    pub reading: Reading,
    pub better: Option<Better>,
    pub criterion: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum At {
    /// An evaluation of this name.
    Evaluation(String),
    /// An attribute.
    Key(String),
}

/// How a verdict is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    Labels {
        yes: Vec<String>,
        no: Vec<String>,
    },
    /// A number between these two.
    Number {
        least: f64,
        most: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Key(String),
    Value(Value),
}

/// What a trace says in one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub label: Option<String>,
    pub number: Option<f64>,
}

impl Reading {
    /// What a verdict counts as: fields of a line. What is no verdict is told.
    pub fn read(&self, said: &Said) -> Result<Vec<(&'static str, Value)>, String> {
        let count = |count: u64| Ok(vec![("n", json!(1)), ("count", json!(count))]);
        match (self, &said.label, said.number) {
            (Reading::Labels { yes, .. }, Some(label), _) if yes.contains(label) => count(1),
            (Reading::Labels { no, .. }, Some(label), _) if no.contains(label) => count(0),
            (Reading::Labels { .. }, Some(label), _) => {
                Err(format!("the label `{label}` is neither in `yes` nor in `no`"))
            }
            (Reading::Labels { .. }, None, _) => Err("no label is said".to_owned()),
            (Reading::Number { least, most }, _, Some(number)) => match (number - least) / (most - least) {
                share if !(0.0..=1.0).contains(&share) => {
                    Err(format!("a number lies outside {least} to {most}: say its `scale`"))
                }
                0.0 => count(0),
                1.0 => count(1),
                share => Ok(vec![("value", json!(share))]),
            },
            (Reading::Number { .. }, _, None) => {
                Err("no number is said: say which labels mean `yes` and `no`".to_owned())
            }
        }
    }
}

/// Reads a mapping.
pub fn parse(file: &Utf8Path, text: &str) -> Result<Mapping, Faults> {
    let node = yaml::parse(file, text)?;
    let mut reader = Reader::new(file, text);
    let mut mapping = Mapping::default();
    if let Some(top) = reader.fields(&node, "a mapping of outcomes", KEYS) {
        match top.get("plimsoll_mapping") {
            Some(version) if version.kind == NodeKind::Number(1.into()) => {}
            Some(version) => reader.fault(version.at, "the version of a mapping is 1", "write `plimsoll_mapping: 1`"),
            None => reader.missing(top.at, "the version is missing", "write `plimsoll_mapping: 1`"),
        }
        let help = "write `- {metric: thumbs, of: user_feedback, yes: [thumbs_up], no: [thumbs_down]}`";
        let signals = top.get("outcomes").map(|node| reader.list(node, "`outcomes`", help)).unwrap_or_default();
        mapping.signals = signals.iter().filter_map(|node| signal(&mut reader, node)).collect();
        if signals.is_empty() {
            reader.missing(top.at, "no outcome is named: nothing would be read", help);
        }
        let help = "write `field: key`, such as `candidate: service.version`";
        for (key, node) in top.get("map").map(|node| reader.entries(node, "`map`", help)).unwrap_or_default() {
            let from = reader.word(node, "a key").map(From::Key);
            field(&mut reader, &mut mapping, &key.text, node, from);
        }
        let help = "write `field: value`, such as `arm: candidate`";
        for (key, node) in top.get("set").map(|node| reader.entries(node, "`set`", help)).unwrap_or_default() {
            let from = reader.word(node, "a value").map(|text| From::Value(text.into()));
            field(&mut reader, &mut mapping, &key.text, node, from);
        }
    }
    reader.finish()?;
    Ok(mapping)
}

fn field(reader: &mut Reader, mapping: &mut Mapping, name: &str, node: &Node, from: Option<From>) {
    let steps = match walk(&LINE, name) {
        Ok((steps, _)) => steps,
        Err(NoPath { what, help }) => return reader.fault(node.at, what, help),
    };
    if OWN.contains(&name) {
        return reader.fault(node.at, format!("`{name}` comes from `outcomes`, or from the trace"), "take it out");
    }
    let keys: Vec<String> = steps
        .into_iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key),
            Step::Item(_) => None,
        })
        .collect();
    if mapping.fields.iter().any(|(known, _)| known.starts_with(&keys) || keys.starts_with(known)) {
        return reader.fault(
            node.at,
            format!("`{name}` is given twice, or lies within another"),
            "keep one of the two",
        );
    }
    mapping.fields.extend(from.map(|from| (keys, from)));
}

fn signal(reader: &mut Reader, node: &Node) -> Option<Signal> {
    let fields = reader.fields(node, "an outcome", SIGNAL_KEYS)?;
    let metric = match fields.get("metric") {
        Some(node) => reader.name(node, "`metric`"),
        None => {
            reader.missing(node.at, "`metric` is missing", "write `metric: thumbs`, or a name of your own");
            None
        }
    };
    let at = match (fields.get("of"), fields.get("key")) {
        (Some(name), None) => reader.name(name, "`of`").map(At::Evaluation),
        (None, Some(key)) => reader.name(key, "`key`").map(At::Key),
        (Some(_), Some(key)) => {
            reader.fault(key.at, "a verdict stands in one place", "keep `of`, an evaluation, or `key`, an attribute");
            None
        }
        (None, None) => {
            let help = "write `of: user_feedback`, the name of an evaluation, or `key: app.refunded`, an attribute";
            reader.missing(node.at, "nothing says where the verdicts stand", help);
            None
        }
    };
    let reading = reading(reader, &fields, node);
    let better = fields.get("better").and_then(|node| {
        let better = Better::parse(&reader.word(node, "`better`")?);
        if better.is_none() {
            reader.fault(node.at, "`better` is neither of the two", "write higher or lower");
        }
        better
    });
    let criterion = fields.get("criterion").and_then(|node| reader.name(node, "`criterion`"));
    Some(Signal { metric: metric?, at: at?, reading: reading?, better, criterion })
}

fn reading(reader: &mut Reader, fields: &Fields, whole: &Node) -> Option<Reading> {
    let labels = fields.given(&["yes", "no"]);
    match (labels.as_slice(), fields.get("scale")) {
        ([], None) => Some(Reading::Number { least: 0.0, most: 1.0 }),
        ([], Some(node)) => {
            let help = "write `scale: [1, 5]`: the worst, and the best";
            let ends: Vec<f64> =
                reader.list(node, "`scale`", help).iter().filter_map(|end| reader.number(end, "an end")).collect();
            match ends.as_slice() {
                [least, most] if least < most => Some(Reading::Number { least: *least, most: *most }),
                _ => {
                    reader.fault(node.at, "`scale` is no two numbers, the lesser first", help);
                    None
                }
            }
        }
        (_, Some(node)) => {
            reader.fault(node.at, "labels have no scale", "keep `yes` and `no`, or `scale`");
            None
        }
        ([_], None) => {
            reader.missing(whole.at, "`yes` and `no` are given together", "name the labels of both; any other is told");
            None
        }
        (_, None) => {
            let mut words =
                |key: &str| fields.get(key).map(|node| reader.some_words(node, "a label")).unwrap_or_default();
            Some(Reading::Labels { yes: words("yes"), no: words("no") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Mapping, Faults> {
        parse(Utf8Path::new("m.yaml"), text)
    }

    #[test]
    fn a_mapping_says_where_verdicts_stand_and_what_they_count_as() {
        let text = "plimsoll_mapping: 1\noutcomes:\n  - {metric: thumbs, of: user_feedback, yes: up, no: [down, 0]}\n  \
                    - {metric: helpful, of: rating, scale: [1, 5], better: higher, criterion: decides}\n  \
                    - {metric: refunded, key: app.refunded}\nmap: {candidate: service.version, attributes.task: app.intent}\nset: {arm: candidate}\n";
        let mapping = read(text).unwrap();
        let ats: Vec<&At> = mapping.signals.iter().map(|signal| &signal.at).collect();
        let evaluation = |name: &str| At::Evaluation(name.to_owned());
        assert_eq!(ats, [&evaluation("user_feedback"), &evaluation("rating"), &At::Key("app.refunded".to_owned())]);
        assert_eq!(mapping.signals[1].better, Some(Better::Higher));
        let paths: Vec<String> = mapping.fields.iter().map(|(keys, _)| keys.join("/")).collect();
        assert_eq!(paths, ["candidate", "attributes/task", "arm"]);
        let count = |signal: usize, label: Option<&str>, number: Option<f64>| {
            let said = Said { label: label.map(str::to_owned), number };
            mapping.signals[signal]
                .reading
                .read(&said)
                .map(|fields| fields.last().map(|(key, value)| format!("{key} {value}")))
        };
        let some = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!((count(0, Some("up"), None), count(0, Some("0"), None)), (some("count 1"), some("count 0")));
        assert_eq!((count(1, None, Some(4.0)), count(1, None, Some(5.0))), (some("value 0.75"), some("count 1")));
        assert_eq!((count(2, None, Some(0.0)), count(2, None, Some(0.25))), (some("count 0"), some("value 0.25")));
        // What is no verdict is no no.
        let none = [
            count(0, Some("meh"), Some(0.0)),
            count(0, None, Some(1.0)),
            count(1, None, Some(0.0)),
            count(2, Some("no"), None),
        ];
        assert!(none.iter().all(Result::is_err), "{none:?}");
        assert!(count(2, None, Some(f64::NAN)).is_err());
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_told_at_once() {
        let text = "plimsoll_mapping: 1\noutcomes:\n  - {metric: thumbs, of: a, key: b}\n  - {of: a, yes: [up]}\n  - {metric: m, of: a, scale: [5, 1]}\n  \
                    - {metric: m, key: k, yes: y, no: n, scale: [0, 1]}\n  - {metric: m}\nmap: {at: time, candidtae: v, arm: a}\nset: {arm: candidate}\n";
        let faults = read(text).unwrap_err();
        let told: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.place.line, fault.what)).collect();
        assert_eq!(told.len(), 9, "{told:#?}");
        assert!(told.iter().any(|what| what.contains("`yes` and `no` are given together")), "{told:#?}");
        assert!(read("plimsoll_mapping: 1\n").is_err() && read("outcomes: [{metric: m, key: k}]\n").is_err());
    }
}
