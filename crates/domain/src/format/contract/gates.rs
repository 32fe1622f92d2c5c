//! `gates:` of a contract.

use super::threshold::{margin, threshold};
use crate::contract::Owner;
use crate::criterion::{Criterion, Kind};
use crate::format::yaml::{self, Fields, Node, NodeKind, Reader, meant};
use crate::gate::{Gate, Margin, Measure, Opponent, Rule, Scope, Stage, disagreement_on};
use crate::grader::Grader;
use crate::name::{Attribute, CriterionName, GateName, OwnerRole, SegmentName, TaskName};
use crate::segment::Segmentation;

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
    pub tasks: &'a [TaskName],
    pub criteria: &'a [Criterion],
    pub segments: &'a [Segmentation],
}

pub fn read(reader: &mut Reader, node: &Node, known: &Known) -> Vec<Gate> {
    let help = "write `- {criterion: name, in: all, at_least: 0.9, owner: role}`";
    let mut gates: Vec<Gate> = Vec::new();
    for item in reader.list(node, "`gates`", help) {
        let Some(fields) = reader.fields(item, "a gate", KEYS) else { continue };
        if let Some(mut gate) = gate(reader, item, &fields, known) {
            let taken = |name: &GateName| gates.iter().any(|known| known.name == *name);
            if taken(&gate.name) && fields.get("name").is_none() {
                gate.name = longer_name(&gate.name, &gate.scopes);
            }
            if !gate.scopes.is_empty() && taken(&gate.name) {
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
    if let (Some(Measure::Criterion(name)), Some(Rule::Never { .. })) = (&measure, &rule)
        && known.criteria.iter().any(|criterion| criterion.name == *name && criterion.kind == Kind::Graded)
    {
        let what = format!("`never` needs passes and failures, and `{name}` is graded");
        reader.fault(
            fields.place_of("never"),
            what,
            "give the criterion a mark with `pass_at`, or its mean an `at_least`",
        );
    }
    let owner = fields.get("owner").and_then(|node| super::owner(reader, node, known.owners));
    let not_shown = fields.get("not_shown").and_then(|node| stage(reader, node, known, owner.clone()));
    let follow_up = fields.get("else").and_then(|node| reader.text(node, "`else`"));
    let blocking = fields.get("blocking").and_then(|node| reader.flag(node, "`blocking`")).unwrap_or(true);
    let given = fields.get("name").and_then(|node| reader.name(node, "`name`"));
    let (measure, rule) = (measure?, rule?);
    Some(Gate {
        name: GateName::new(given.unwrap_or_else(|| default_name(&measure, &rule))),
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

fn default_name(measure: &Measure, rule: &Rule) -> String {
    let measured = match measure {
        Measure::Criterion(name) => name.to_string(),
        Measure::FailureCost => "failure cost".to_owned(),
        Measure::Latency => "latency".to_owned(),
        Measure::Spend => "spend".to_owned(),
        Measure::GraderErrors => "grader errors".to_owned(),
        Measure::Disagreement(name) => format!("{name} disagreement"),
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
    format!("{measured} {ruled}")
}

/// The name of a gate that differs from another one only in where it is applied.
fn longer_name(name: &GateName, scopes: &[Scope]) -> GateName {
    let places: Vec<String> = scopes
        .iter()
        .map(|scope| match scope {
            Scope::All => "all".to_owned(),
            Scope::Each(attribute) => format!("each {attribute}"),
            Scope::Named(name) => name.to_string(),
        })
        .collect();
    GateName::new(format!("{name} in {}", places.join(", ")))
}

fn measure(reader: &mut Reader, item: &Node, fields: &Fields, known: &Known) -> Option<Measure> {
    match (fields.get("criterion"), fields.get("measure")) {
        (Some(node), None) => {
            let word = reader.word(node, "`criterion`")?;
            let names = || known.criteria.iter().map(|criterion| criterion.name.as_str());
            if !names().any(|name| name == word) {
                let list: Vec<&str> = names().collect();
                let suggestion = meant(&word, names());
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
            "disagreement" => disagreement(reader, node, None, known),
            word => {
                let suggestion = meant(word, MEASURES.iter().copied());
                reader.fault(
                    node.at,
                    format!("`{word}` is no measure"),
                    format!("{suggestion}measures: {}; or name a `criterion`", MEASURES.join(", ")),
                );
                None
            }
        },
        (Some(criterion), Some(node)) if matches!(&node.kind, NodeKind::Text(word) if word == "disagreement") => {
            disagreement(reader, node, Some(criterion), known)
        }
        (criterion, _) => {
            let at = if criterion.is_some() { fields.place_of("measure") } else { item.at };
            reader.missing(
                at,
                "a gate has one `criterion` or one `measure`",
                "write `criterion: name`, or `measure: latency`",
            );
            None
        }
    }
}

/// How often reviewers differ: on the criterion that is named, or on the one that people grade.
fn disagreement(reader: &mut Reader, node: &Node, criterion: Option<&Node>, known: &Known) -> Option<Measure> {
    let reviewed: Vec<&Criterion> =
        known.criteria.iter().filter(|criterion| matches!(criterion.grader, Grader::Reviewers { .. })).collect();
    let names: Vec<&str> = reviewed.iter().map(|criterion| criterion.name.as_str()).collect();
    let (at, wanted) = match criterion {
        Some(criterion) => (criterion.at, Some(reader.word(criterion, "`criterion`")?)),
        None => (node.at, None),
    };
    let found = match &wanted {
        Some(word) => reviewed.iter().find(|criterion| criterion.name.as_str() == word),
        None => reviewed.first().filter(|_| reviewed.len() == 1),
    };
    let (what, help) = match (found, wanted) {
        (Some(criterion), _) => {
            let rows = disagreement_on(&criterion.name);
            if !known.criteria.iter().any(|criterion| criterion.name == rows) {
                return Some(Measure::Disagreement(criterion.name.clone()));
            }
            (
                format!("`{rows}` is the name of a criterion, and of how often reviewers differ"),
                "name the criterion otherwise".to_owned(),
            )
        }
        _ if reviewed.is_empty() => (
            "no criterion is graded by reviewers: nobody disagrees".to_owned(),
            "write `grade: {reviewers: rubrics/NAME.md}` at the criterion that people label".to_owned(),
        ),
        (None, Some(word)) => {
            let near = meant(&word, names.iter().copied());
            (format!("`{word}` is not graded by reviewers"), format!("{near}those that are: {}", names.join(", ")))
        }
        (None, None) => (
            "several criteria are graded by reviewers".to_owned(),
            format!("say which: `criterion: {}`; those that are: {}", names[0], names.join(", ")),
        ),
    };
    reader.fault(at, what, help);
    None
}

fn scopes(reader: &mut Reader, node: &Node, known: &Known) -> Vec<Scope> {
    let mut scopes = Vec::new();
    if matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
        reader.fault(node.at, "this gate is applied nowhere", "write `in: all`, or leave `in` out");
    }
    for item in yaml::one_or_many(node) {
        let before = scopes.len();
        let Some(word) = reader.name(item, "`in`") else { continue };
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
            (_, None, Some((attribute, value))) => {
                unlisted_task(reader, item, attribute, value, known.tasks);
                scopes.push(Scope::Named(SegmentName::new(&word)));
            }
            _ => {
                let names: Vec<String> = std::iter::once("all".to_owned())
                    .chain(known.segments.iter().map(|cut| match cut {
                        Segmentation::By { attribute, .. } => attribute.to_string(),
                        Segmentation::Where { name, .. } => name.to_string(),
                    }))
                    .collect();
                let suggestion = meant(&word, names.iter().map(String::as_str));
                reader.fault(
                    item.at,
                    format!("`{word}` is not among the segments"),
                    format!("{suggestion}segments: {}; one value: `task=refund`", names.join(", ")),
                );
            }
        }
        if let Some((last, others)) = scopes.split_last()
            && scopes.len() > before
            && others.contains(last)
        {
            reader.fault(item.at, format!("`{word}` is named twice"), "keep one of the two");
        }
    }
    scopes
}

/// A value of `task` that is none of the tasks is a slip: no example would ever meet that gate.
fn unlisted_task(reader: &mut Reader, item: &Node, attribute: &str, value: &str, tasks: &[TaskName]) {
    if attribute != "task" || tasks.is_empty() || tasks.iter().any(|task| task.as_str() == value) {
        return;
    }
    let list: Vec<&str> = tasks.iter().map(TaskName::as_str).collect();
    let suggestion = meant(value, list.iter().copied());
    let what = format!("`{value}` is not among the tasks");
    reader.fault(item.at, what, format!("{suggestion}tasks: {}", list.join(", ")));
}

fn rule(reader: &mut Reader, item: &Node, fields: &Fields, measure: &Measure) -> Option<Rule> {
    let given = fields.given(RULES);
    for (key, rules) in [("by", &["not_worse_than", "better_than"][..]), ("max_rate", &["never"][..])] {
        if fields.get(key).is_some() && !given.iter().any(|rule| rules.contains(rule)) {
            reader.fault(
                fields.place_of(key),
                format!("`{key}` goes with `{}`", rules.join("` or `")),
                format!("leave `{key}` out"),
            );
        }
    }
    let [rule] = given.as_slice() else {
        let (at, what) = match given.get(1) {
            Some(second) => (fields.place_of(second), "a gate has one rule, and this is the second"),
            None => (item.at, "this gate has no rule: no threshold is set"),
        };
        reader.missing(at, what, format!("write one of {}", RULES.join(", ")));
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
            match by {
                Margin::Relative(share) if rule == "better_than" && share >= 1.0 => {
                    let help = "write for example `by: 10%` of what the other takes";
                    reader.fault(fields.place_of("by"), "nothing takes 100 % less than another, or still less", help);
                    None
                }
                by if rule == "better_than" => Some(Rule::Better { than, by }),
                by => Some(Rule::NotWorse { than, by }),
            }
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
    let mut text =
        |key: &str| fields.get(key).and_then(|node| reader.text(node, &format!("`{key}`"))).unwrap_or_default();
    let (monitor, stop) = (text("monitor"), text("stop"));
    let owner = fields.get("owner").and_then(|node| super::owner(reader, node, known.owners)).or(gate_owner);
    Some(Stage { share, monitor, stop, owner: owner.unwrap_or_else(|| OwnerRole::new("")) })
}
