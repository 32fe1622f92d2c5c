//! The page: the seven fields that a team settles before anything is measured, as a YAML file.
//!
//! in      the text of one file: `promise`, `tasks`, `failures`, `sources`, `release`, `segments` as in a contract, and
//!         `gate`, a gate as in a contract that says which failure it `protects` against
//! out     a `Page`: all that a first contract is written from
//! errors  every fault at once, each with its place

use super::gates::{self, Known};
use super::{failures, owners, promise, segments, sources, tasks, text};
use crate::contract::Owner;
use crate::criterion::{Criterion, Kind};
use crate::failure_class::FailureClass;
use crate::fault::Faults;
use crate::format::yaml::{self, Fields, Node, NodeKind, Reader, meant};
use crate::grader::Grader;
use crate::name::{Attribute, ClassName, CriterionName, OwnerRole, TaskName};
use crate::promise::Promise;
use crate::segment::{Conditions, Minimum, Segmentation, Shares};
use camino::Utf8Path;
use jiff::civil::Date;
use serde_json::Value;

/// The keys of a page, in the order in which a team answers them; the last four may be left out.
pub const KEYS: &[&str] =
    &["promise", "tasks", "failures", "sources", "release", "segments", "gate", "name", "owners", "currency", "start"];
/// The fields that a page must have, and what to write.
pub const FIELDS: &[(&str, &str)] = &[
    ("promise", "write `promise: {work, for, evidence, constraints, when_not_ready}`"),
    ("tasks", "write the five most common tasks: `tasks: [explain-charge, refund-request]`"),
    ("failures", "write five failures that cost most: `failures: {unsupported_claim: {cost: 40}}`"),
    ("sources", "write where real examples come from: `sources: [{source: traffic, rule: 200 a week}]`"),
    ("release", "write the decision that is asked for: `release: replace prompt v14 by v15`"),
    ("segments", "write how the work is cut: `segments: [{by: risk}]`"),
    ("gate", "write what must hold: `gate: {protects: unsupported_claim, not_worse_than: production, by: 5%}`"),
];

/// What a team settled, ready to be written into a contract; `..._written` are parts as they stand on the page.
#[derive(Clone, Debug)]
pub struct Page {
    pub name: String,
    pub promise: Promise,
    pub release: String,
    pub tasks: Vec<TaskName>,
    pub failures: Vec<FailureClass>,
    pub failures_written: Value,
    pub sources_written: Value,
    /// A list; where it does not cut by task, the contract does all the same.
    pub segments_written: Value,
    pub cuts_by_task: bool,
    /// As a contract has it, with the `criterion` that sees the failure.
    pub gate_written: Value,
    pub owners: Vec<Owner>,
    pub currency: Option<String>,
    /// The first day of the first ninety, where they are to be planned.
    pub start: Option<Date>,
    pub criteria: Vec<Starter>,
}

impl Page {
    /// Every role that the contract will name, the release's among them, each with who fills it where the page says so.
    pub fn roles(&self) -> Vec<(OwnerRole, String)> {
        let mut roles: Vec<(OwnerRole, String)> =
            self.owners.iter().map(|owner| (owner.role.clone(), owner.who.clone())).collect();
        let of_gate = [&self.gate_written["owner"], &self.gate_written["not_shown"]["owner"]];
        let named = self.failures.iter().map(FailureClass::owner_role);
        let release = [OwnerRole::new("release")];
        for role in
            release.into_iter().chain(named).chain(of_gate.iter().filter_map(|role| role.as_str()).map(OwnerRole::new))
        {
            if !roles.iter().any(|(known, _)| *known == role) {
                roles.push((role, String::new()));
            }
        }
        roles
    }
}

/// A criterion to start from: what a model-free grader can see of some classes of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starter {
    pub name: &'static str,
    pub describe: &'static str,
    /// The grader, as a contract writes it.
    pub grade: &'static str,
    /// What each example must say, as JSON, for the grader to be able to look.
    pub expected: Option<(&'static str, &'static str)>,
    pub protects: Vec<ClassName>,
}

/// Name, meaning, grader, what an example says, and the built-in classes seen; the last takes all other classes.
type Kit = (&'static str, &'static str, &'static str, Option<(&'static str, &'static str)>, &'static [&'static str]);
const KITS: &[Kit] = &[
    (
        "cites",
        "the sources that the answer rests on are cited, and only sources that came with the question",
        "{cites: {require: expected.sources, given_sources_only: true}}",
        Some(("sources", "[]")),
        &["unsupported_claim", "wrong_source", "missing_source", "source_conflict"],
    ),
    (
        "acts-safely",
        "no tool is called that was not offered, or with arguments that it does not take",
        "{tools: {as_offered: true}}",
        None,
        &["unsafe_tool_action"],
    ),
    (
        "decides",
        "the product answers, asks, escalates or refuses as the example says",
        "{behaviour: expected.behaviour}",
        Some(("behaviour", "\"answer\"")),
        &["refusal_failure", "over_refusal", "policy_ambiguity", "product_scope_mismatch", "reviewer_disagreement"],
    ),
    ("well-formed", "the answer is a JSON object", "{json: {schema: {type: object}}}", None, &["format_violation"]),
    ("in-time", "the answer comes in time", "{latency: {at_most: 10s}}", None, &["latency_or_timeout"]),
    (
        "says",
        "the answer says what the example says it must",
        "{contains: {all: expected.says}}",
        Some(("says", "[\"(put here what the answer must say)\"]")),
        &[],
    ),
];

/// Reads a page.
pub fn parse(file: &Utf8Path, contents: &str) -> Result<Page, Faults> {
    let node = yaml::parse(file, contents)?;
    let mut reader = Reader::new(file, contents);
    let page = read(&mut reader, &node);
    reader.finish()?;
    Ok(page)
}

fn read(reader: &mut Reader, node: &Node) -> Page {
    let top = reader.fields(node, "the page", KEYS).unwrap_or_else(|| Fields::none(node.at));
    for (field, help) in FIELDS {
        if top.get(field).is_none_or(|node| is_blank(node) && *field != "segments") {
            reader.missing(top.place_of(field), format!("`{field}` is not answered"), *help);
        }
    }
    let owners = top.get("owners").map(|node| owners(reader, node)).unwrap_or_default();
    let failures = top.get("failures").map(|node| failures(reader, node, &owners)).unwrap_or_default();
    let tasks = top.get("tasks").map(|node| tasks(reader, node)).unwrap_or_default();
    if let Some(node) = top.get("tasks") {
        on_one_line(reader, node);
    }
    let criteria = starters(&failures);
    let mut segments = top.get("segments").map(|node| segments::read(reader, node)).unwrap_or_default();
    let by_task =
        |cut: &Segmentation| matches!(cut, Segmentation::By { attribute, .. } if attribute.as_str() == "task");
    let cuts_by_task = segments.iter().any(by_task);
    if !cuts_by_task {
        segments.insert(0, task_segments());
    }
    let gate = top.get("gate").and_then(|node| gate_of(reader, node, &criteria));
    if let Some(gate) = &gate {
        let known: Vec<Criterion> = criteria.iter().map(criterion).collect();
        let known = Known { owners: &owners, tasks: &tasks, criteria: &known, segments: &segments };
        let list = Node { at: gate.at, kind: NodeKind::List(vec![gate.clone()]) };
        gates::read(reader, &list, &known);
    }
    top.get("sources").map(|node| sources(reader, node));
    let json = |key: &str| top.get(key).map(Node::to_json).unwrap_or(Value::Null);
    Page {
        name: text(reader, &top, "name", "the contract's name").unwrap_or_default(),
        promise: top.get("promise").map(|node| promise(reader, node)).unwrap_or_default(),
        release: text(reader, &top, "release", "the release decision").unwrap_or_default(),
        currency: text(reader, &top, "currency", "the currency"),
        start: start(reader, &top),
        failures_written: json("failures"),
        sources_written: json("sources"),
        segments_written: json("segments"),
        gate_written: gate.as_ref().map(Node::to_json).unwrap_or(Value::Null),
        cuts_by_task,
        tasks,
        failures,
        owners,
        criteria,
    }
}

/// A key with nothing behind it.
fn is_blank(node: &Node) -> bool {
    match &node.kind {
        NodeKind::List(items) => items.is_empty(),
        NodeKind::Map(entries) => entries.is_empty(),
        NodeKind::Text(text) => text.trim().is_empty(),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => false,
    }
}

/// Examples are named after their tasks, and no name holds a tab or a line break.
fn on_one_line(reader: &mut Reader, node: &Node) {
    for item in yaml::one_or_many(node) {
        if matches!(&item.kind, NodeKind::Text(text) if text.contains(char::is_control)) {
            let what = "a task's name holds a tab, a line break or another control character";
            reader.fault(item.at, what, "write it on one line, as a short name: `refund-request`");
        }
    }
}

fn start(reader: &mut Reader, top: &Fields) -> Option<Date> {
    let node = top.get("start")?;
    let date = match &node.kind {
        NodeKind::Text(text) => text.parse().ok(),
        _ => None,
    };
    if date.is_none() {
        reader.fault(node.at, "`start` is no date", "write the first day as 2027-01-31");
    }
    date
}

/// A contract cuts by task, said or not.
fn task_segments() -> Segmentation {
    Segmentation::By {
        attribute: Attribute::new("task"),
        routable: true,
        minimum: Minimum::default(),
        shares: Shares::FromWeights,
    }
}

/// The criteria that see these failures, those with none left out.
fn starters(failures: &[FailureClass]) -> Vec<Starter> {
    let kit_of = |class: &ClassName| {
        KITS.iter().position(|(.., classes)| classes.contains(&class.as_str())).unwrap_or(KITS.len() - 1)
    };
    KITS.iter()
        .enumerate()
        .map(|(at, (name, describe, grade, expected, _))| Starter {
            name,
            describe,
            grade,
            expected: *expected,
            protects: failures.iter().map(|class| class.name.clone()).filter(|class| kit_of(class) == at).collect(),
        })
        .filter(|starter| !starter.protects.is_empty())
        .collect()
}

/// What a gate has to know of a criterion.
fn criterion(starter: &Starter) -> Criterion {
    Criterion {
        name: CriterionName::new(starter.name),
        describe: String::new(),
        protects: starter.protects.clone(),
        grader: Grader::Imported,
        applies: Conditions::default(),
        pass_at: None,
        kind: Kind::PassFail,
    }
}

/// The gate as the contract will have it: `protects: failure` becomes the criterion that sees that failure.
fn gate_of(reader: &mut Reader, node: &Node, criteria: &[Starter]) -> Option<Node> {
    let NodeKind::Map(entries) = &node.kind else { return Some(node.clone()) };
    let mut entries = entries.clone();
    let Some(at) = entries.iter().position(|(key, _)| key.text == "protects") else {
        if !entries.iter().any(|(key, _)| ["criterion", "measure"].contains(&key.text.as_str())) {
            let help = "write `protects:` and one of the failures above";
            reader.missing(node.at, "the gate does not say what it protects against", help);
            return None;
        }
        return Some(node.clone());
    };
    let (key, value) = &mut entries[at];
    let class = reader.word(value, "`protects`")?;
    let Some(sees) = criteria.iter().find(|starter| starter.protects.iter().any(|known| known.as_str() == class))
    else {
        let known = || criteria.iter().flat_map(|starter| &starter.protects).map(ClassName::as_str);
        let list: Vec<&str> = known().collect();
        let help = format!("{}failures: {}", meant(&class, known()), list.join(", "));
        reader.fault(value.at, format!("`{class}` is not among the failures"), help);
        return None;
    };
    "criterion".clone_into(&mut key.text);
    value.kind = NodeKind::Text(sees.name.to_owned());
    Some(Node { at: node.at, kind: NodeKind::Map(entries) })
}
