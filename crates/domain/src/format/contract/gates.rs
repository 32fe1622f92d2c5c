//! `gates:` of a contract.

use crate::contract::Owner;
use crate::criterion::Criterion;
use crate::fault::closest;
use crate::format::yaml::{self, Fields, Node, NodeKind, Reader, percent, share_of};
use crate::gate::{Gate, Margin, Measure, Opponent, Rule, Scope, Stage};
use crate::name::{Attribute, CriterionName, GateName, OwnerRole, SegmentName};
use crate::segment::Segmentation;
use crate::share::{Amount, Share};

pub const KEYS: &[&str] = &[
    "name",
    "criterion",
    "measure",
    "in",
    "at_least",
    "at_most",
    "not_worse_than",
    "better_than",
    "by",
    "never",
    "max_rate",
    "blocking",
    "not_shown",
    "else",
    "owner",
];
pub const STAGE_KEYS: &[&str] = &["stage", "monitor", "stop", "owner"];
const MEASURES: &[&str] = &["latency", "spend", "failure_cost", "grader_errors", "disagreement"];
const RULES: &[&str] = &["at_least", "at_most", "not_worse_than", "better_than", "never"];

/// What gates refer to.
pub struct Known<'a> {
    pub owners: &'a [Owner],
    pub criteria: &'a [Criterion],
    pub segments: &'a [Segmentation],
}

pub fn read(reader: &mut Reader, node: &Node, known: &Known) -> Vec<Gate> {
    let help = "write `- {criterion: name, in: all, at_least: 0.9, owner: role}`";
    let mut gates: Vec<Gate> = Vec::new();
    for item in reader.list(node, "`gates`", help) {
        let Some(fields) = reader.fields(item, "a gate", KEYS) else { continue };
        if let Some(gate) = gate(reader, item, &fields, known) {
            if gates.iter().any(|known| known.name == gate.name) {
                reader.fault(
                    item.at,
                    format!("there is already a gate `{}`", gate.name),
                    "give one of them a `name`, or leave it out",
                );
            }
            gates.push(gate);
        }
    }
    gates
}

fn gate(reader: &mut Reader, item: &Node, fields: &Fields, known: &Known) -> Option<Gate> {
    let measure = measure(reader, item, fields, known);
    let scopes = fields.get("in").map_or_else(|| vec![Scope::All], |node| scopes(reader, node, known));
    let rule = measure.as_ref().and_then(|measure| rule(reader, item, fields, measure));
    let owner = fields.get("owner").and_then(|node| super::owner(reader, node, known.owners));
    let not_shown = fields.get("not_shown").and_then(|node| stage(reader, node, known, owner.clone()));
    let follow_up = fields.get("else").and_then(|node| reader.text(node, "`else`"));
    let blocking = fields.get("blocking").and_then(|node| reader.flag(node, "`blocking`")).unwrap_or(true);
    let given = fields.get("name").and_then(|node| reader.word(node, "`name`"));
    let (measure, rule) = (measure?, rule?);
    Some(Gate {
        name: GateName::new(given.unwrap_or_else(|| default_name(&measure, &rule, &scopes))),
        measure,
        scopes,
        rule,
        blocking,
        not_shown,
        follow_up,
        owner: owner.unwrap_or_else(|| OwnerRole::new("")),
        line: item.at.line,
    })
}

fn default_name(measure: &Measure, rule: &Rule, scopes: &[Scope]) -> String {
    let measured = match measure {
        Measure::Criterion(name) => name.to_string(),
        Measure::FailureCost => "failure cost".to_owned(),
        Measure::Latency => "latency".to_owned(),
        Measure::Spend => "spend".to_owned(),
        Measure::GraderErrors => "grader errors".to_owned(),
    };
    let ruled = match rule {
        Rule::AtLeast(_) => "at least".to_owned(),
        Rule::AtMost(_) => "at most".to_owned(),
        Rule::Within { .. } => "within limit".to_owned(),
        Rule::NotWorse { than: Opponent::Production, .. } => "not worse".to_owned(),
        Rule::NotWorse { than: Opponent::Fallback, .. } => "not worse than fallback".to_owned(),
        Rule::Better { than: Opponent::Production, .. } => "better".to_owned(),
        Rule::Better { than: Opponent::Fallback, .. } => "better than fallback".to_owned(),
        Rule::Never { .. } => "never".to_owned(),
    };
    let places: Vec<String> = scopes
        .iter()
        .map(|scope| match scope {
            Scope::All => "all".to_owned(),
            Scope::Each(attribute) => format!("each {attribute}"),
            Scope::Named(name) => name.to_string(),
        })
        .collect();
    if places == ["all"] {
        format!("{measured} {ruled}")
    } else {
        format!("{measured} {ruled} in {}", places.join(", "))
    }
}

fn measure(reader: &mut Reader, item: &Node, fields: &Fields, known: &Known) -> Option<Measure> {
    match (fields.get("criterion"), fields.get("measure")) {
        (Some(node), None) => {
            let word = reader.word(node, "`criterion`")?;
            let names = || known.criteria.iter().map(|criterion| criterion.name.as_str());
            if !names().any(|name| name == word) {
                let list: Vec<&str> = names().collect();
                let suggestion =
                    closest(&word, names()).map_or_else(String::new, |name| format!("did you mean `{name}`? "));
                reader.fault(
                    node.at,
                    format!("`{word}` is not among the criteria"),
                    format!("{suggestion}criteria: {}", list.join(", ")),
                );
                return None;
            }
            Some(Measure::Criterion(CriterionName::new(word)))
        }
        (None, Some(node)) => match reader.word(node, "`measure`")?.as_str() {
            "latency" => Some(Measure::Latency),
            "spend" => Some(Measure::Spend),
            "failure_cost" => Some(Measure::FailureCost),
            "grader_errors" => Some(Measure::GraderErrors),
            "disagreement" => {
                reader.fault(
                    node.at,
                    "reviewer disagreement is not measured by this version",
                    "leave this gate out until labels by reviewers are kept",
                );
                None
            }
            word => {
                let suggestion = closest(word, MEASURES.iter().copied())
                    .map_or_else(String::new, |name| format!("did you mean `{name}`? "));
                reader.fault(
                    node.at,
                    format!("`{word}` is no measure"),
                    format!("{suggestion}measures: {}; or name a `criterion`", MEASURES.join(", ")),
                );
                None
            }
        },
        _ => {
            reader.missing(
                item.at,
                "a gate has one `criterion` or one `measure`",
                "write `criterion: name`, or `measure: latency`",
            );
            None
        }
    }
}

fn scopes(reader: &mut Reader, node: &Node, known: &Known) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for item in yaml::one_or_many(node) {
        let Some(word) = reader.word(item, "`in`") else { continue };
        let cut = known.segments.iter().find_map(|cut| match cut {
            Segmentation::By { attribute, .. } if attribute.as_str() == word => {
                Some(Scope::Each(Attribute::new(&word)))
            }
            Segmentation::Where { name, .. } if name.as_str() == word => Some(Scope::Named(SegmentName::new(&word))),
            _ => None,
        });
        let one_value = word.split_once('=').filter(|(attribute, _)| {
            known
                .segments
                .iter()
                .any(|cut| matches!(cut, Segmentation::By { attribute: own, .. } if own.as_str() == *attribute))
        });
        match (word.as_str(), cut, one_value) {
            ("all", ..) => scopes.push(Scope::All),
            (_, Some(scope), _) => scopes.push(scope),
            (_, None, Some(_)) => scopes.push(Scope::Named(SegmentName::new(&word))),
            _ => {
                let names: Vec<String> = std::iter::once("all".to_owned())
                    .chain(known.segments.iter().map(|cut| match cut {
                        Segmentation::By { attribute, .. } => attribute.to_string(),
                        Segmentation::Where { name, .. } => name.to_string(),
                    }))
                    .collect();
                let suggestion = closest(&word, names.iter().map(String::as_str))
                    .map_or_else(String::new, |name| format!("did you mean `{name}`? "));
                reader.fault(
                    item.at,
                    format!("`{word}` is not among the segments"),
                    format!("{suggestion}segments: {}; one value: `task=refund`", names.join(", ")),
                );
            }
        }
    }
    scopes
}

fn rule(reader: &mut Reader, item: &Node, fields: &Fields, measure: &Measure) -> Option<Rule> {
    let given: Vec<&str> = RULES.iter().copied().filter(|rule| fields.get(rule).is_some()).collect();
    for (key, rules) in [("by", &["not_worse_than", "better_than"][..]), ("max_rate", &["never"][..])] {
        if let Some(node) = fields.get(key)
            && !given.iter().any(|rule| rules.contains(rule))
        {
            reader.fault(
                node.at,
                format!("`{key}` goes with `{}`", rules.join("` or `")),
                format!("leave `{key}` out"),
            );
        }
    }
    let [rule] = given.as_slice() else {
        let what = if given.is_empty() { "this gate has no rule: no threshold is set" } else { "a gate has one rule" };
        reader.missing(item.at, what, format!("write one of {}", RULES.join(", ")));
        return None;
    };
    let node = fields.get(rule)?;
    match *rule {
        "at_least" | "at_most" => threshold(reader, node, *rule == "at_most", measure),
        "never" => never(reader, node, fields, measure),
        rule => {
            let than = opponent(reader, node)?;
            let by = match fields.get("by") {
                Some(node) => margin(reader, node, measure)?,
                None if rule == "better_than" => Margin::Absolute(0.0),
                None => {
                    reader.missing(
                        item.at,
                        "`not_worse_than` needs a margin: nobody can show a difference of exactly nothing",
                        "write `by: 0.03`, the loss that would still be acceptable",
                    );
                    return None;
                }
            };
            Some(if rule == "better_than" { Rule::Better { than, by } } else { Rule::NotWorse { than, by } })
        }
    }
}

fn never(reader: &mut Reader, node: &Node, fields: &Fields, measure: &Measure) -> Option<Rule> {
    if !matches!(measure, Measure::Criterion(_)) {
        reader.fault(node.at, "`never` is a rule for a criterion", "use `at_most` for a measure");
        return None;
    }
    if !reader.flag(node, "`never`")? {
        reader.fault(node.at, "`never: false` says nothing", "leave it out and give a threshold");
        return None;
    }
    let max_rate = fields.get("max_rate").map(|node| (node, reader.share(node, "`max_rate`")));
    match max_rate {
        Some((node, Some(rate))) if rate.get() <= 0.0 || rate.get() >= 1.0 => {
            reader.fault(
                node.at,
                "`max_rate` lies between 0 and 1",
                "no number of examples shows a rate of exactly 0; write for example `1%`",
            );
            None
        }
        Some((_, None)) => None,
        Some((_, rate)) => Some(Rule::Never { max_rate: rate }),
        None => Some(Rule::Never { max_rate: None }),
    }
}

fn opponent(reader: &mut Reader, node: &Node) -> Option<Opponent> {
    match reader.word(node, "what is compared with")?.as_str() {
        "production" => Some(Opponent::Production),
        "fallback" => Some(Opponent::Fallback),
        word => {
            reader.fault(
                node.at,
                format!("`{word}` is not what a candidate is compared with"),
                "write `production` or `fallback`",
            );
            None
        }
    }
}

/// A limit in the measure's unit, or `4s for 95%`.
fn threshold(reader: &mut Reader, node: &Node, at_most: bool, measure: &Measure) -> Option<Rule> {
    let bad = |reader: &mut Reader, help: &str| {
        reader.fault(node.at, "this limit cannot be read", help);
        None
    };
    let limited = |value: f64| if at_most { Rule::AtMost(value) } else { Rule::AtLeast(value) };
    match measure {
        Measure::Criterion(_) | Measure::GraderErrors => {
            let Some(share) = share_of(node).and_then(|value| Share::new(value).ok()) else {
                return bad(reader, "write a share such as `0.9` or `90%`");
            };
            Some(limited(share.get()))
        }
        Measure::Latency | Measure::Spend => {
            let help = if *measure == Measure::Latency {
                "write `4s for 95%`, or `800ms` for the mean"
            } else {
                "write `0.02 for 95%`, or `0.02` for the mean"
            };
            if !at_most {
                reader.fault(node.at, "more of it is never better", "use `at_most`");
                return None;
            }
            let (limit, share) = match &node.kind {
                NodeKind::Text(text) => match text.split_once(" for ") {
                    Some((limit, share)) => {
                        (amount(limit, measure), Some(percent(share).and_then(|share| Share::new(share).ok())))
                    }
                    None => (amount(text, measure), None),
                },
                // A bare number: money, or seconds would be a guess.
                NodeKind::Number(number) if *measure == Measure::Spend => (number.as_f64(), None),
                _ => (None, None),
            };
            match (limit.and_then(|limit| Amount::new(limit).ok()), share) {
                (Some(limit), None) => Some(Rule::AtMost(limit.get())),
                (Some(limit), Some(Some(share))) if share.get() > 0.0 && share.get() < 1.0 => {
                    Some(Rule::Within { limit, share })
                }
                _ => bad(reader, help),
            }
        }
        Measure::FailureCost => {
            if !at_most {
                reader.fault(node.at, "more of it is never better", "use `at_most`");
                return None;
            }
            Some(Rule::AtMost(reader.number(node, "a failure cost per request")?))
        }
    }
}

/// `4s`, `800ms`, `1.5 min` in milliseconds; plain numbers are money.
fn amount(text: &str, measure: &Measure) -> Option<f64> {
    let text = text.trim();
    if *measure == Measure::Spend {
        return text.parse().ok();
    }
    duration_ms(text)
}

/// `800ms`, `4s`, `2min` in milliseconds.
pub fn duration_ms(text: &str) -> Option<f64> {
    let text = text.trim();
    let (digits, factor) = [("ms", 1.0), ("min", 60_000.0), ("s", 1000.0)]
        .into_iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, factor)))?;
    let value: f64 = digits.trim().parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value * factor)
}

/// Points of a rate as a share (`0.03` and `3%` are both three points); for money and time an amount, or a percentage of
/// what the opponent takes.
fn margin(reader: &mut Reader, node: &Node, measure: &Measure) -> Option<Margin> {
    let margin = match measure {
        Measure::Criterion(_) | Measure::GraderErrors => {
            share_of(node).filter(|value| (0.0..1.0).contains(value)).map(Margin::Absolute)
        }
        Measure::Latency => match &node.kind {
            NodeKind::Text(text) => percent(text).map(Margin::Relative).or(duration_ms(text).map(Margin::Absolute)),
            _ => None,
        },
        Measure::Spend | Measure::FailureCost => match &node.kind {
            NodeKind::Text(text) => percent(text).map(Margin::Relative),
            NodeKind::Number(number) => number.as_f64().filter(|value| *value >= 0.0).map(Margin::Absolute),
            _ => None,
        },
    };
    if margin.is_none() {
        let help = match measure {
            Measure::Criterion(_) | Measure::GraderErrors => "write points of the rate, `0.03` or `3%`",
            Measure::Latency => "write `200ms`, or `10%` of what production takes",
            Measure::Spend | Measure::FailureCost => "write an amount, or `10%` of what production takes",
        };
        reader.fault(node.at, "this margin cannot be read", help);
    }
    margin
}

fn stage(reader: &mut Reader, node: &Node, known: &Known, gate_owner: Option<OwnerRole>) -> Option<Stage> {
    let fields = reader.fields(node, "`not_shown`", STAGE_KEYS)?;
    let Some(stage) = fields.get("stage") else {
        reader.missing(node.at, "`not_shown` needs the share of the stage", "write `stage: 5%`");
        return None;
    };
    let share = reader.share(stage, "`stage`")?;
    if share.get() <= 0.0 || share.get() >= 1.0 {
        reader.fault(stage.at, "a stage lies between 0 and 100%", "write for example `5%`");
        return None;
    }
    let mut text = |key: &str| fields.get(key).and_then(|node| reader.text(node, key)).unwrap_or_default();
    let (monitor, stop) = (text("monitor"), text("stop"));
    let owner = fields.get("owner").and_then(|node| super::owner(reader, node, known.owners)).or(gate_owner);
    Some(Stage { share, monitor, stop, owner: owner.unwrap_or_else(|| OwnerRole::new("")) })
}
