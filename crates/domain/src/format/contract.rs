//! The contract as a YAML file, version 1.
//!
//! in      the text of one file
//! out     a `Contract` whose names are resolved; or every fault at once, each with its place
//! errors  see `docs/formats/contract.md`; what is merely unwise (a gate without owner, four tasks) is left to `check`

mod criteria;
mod gates;
mod graders;
mod incidents;
mod operand;
pub mod page;
mod sampling;
mod retire;
pub mod secret;
mod segments;
mod systems;
mod threshold;
mod traffic;

pub use traffic::days;

use super::yaml::{self, Fields, Node, Reader, Spot};
use crate::contract::{Contract, Looks, NO_CURRENCY, Owner, PublicKey, SamplingSource};
use crate::digest::Digest;
use crate::failure_class::{BUILT_IN, FailureClass};
use crate::fault::{Fault, Faults};
use crate::name::{ClassName, OwnerRole, TaskName};
use crate::promise::Promise;
use crate::provenance::SourceKind;
use crate::share::{Amount, Share};
use base64::Engine;
use camino::{Utf8Path, Utf8PathBuf};

/// The JSON Schema of a contract (draft 2020-12), for editors. It says the shape; names, sums and files are checked here.
pub const SCHEMA: &str = include_str!("contract/schema.json");

/// The keys of a contract, in the order in which a person reads one.
pub const KEYS: &[&str] = &[
    "plimsoll",
    "name",
    "simulated",
    "promise",
    "release",
    "owners",
    "tasks",
    "failures",
    "currency",
    "sources",
    "documents",
    "examples",
    "segments",
    "criteria",
    "systems",
    "hosts",
    "budget",
    "gates",
    "repeats",
    "alpha",
    "looks",
    "missing_at_most",
    "incidents",
    "traffic",
    "sampling",
    "retire",
];
pub const PROMISE_KEYS: &[&str] = &["work", "for", "evidence", "constraints", "when_not_ready"];
pub const OWNER_KEYS: &[&str] = &["who", "key"];
pub const FAILURE_KEYS: &[&str] = &["cost", "owner", "repair", "describe"];
pub use retire::RETIRE_KEYS;
pub const SOURCE_KEYS: &[&str] = &["source", "rule"];

/// A contract and the places that messages about it point at.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub contract: Contract,
    pub places: Places,
}

/// Where each part of a contract stands.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<(String, Spot)>);

impl Places {
    /// The place of `gates[2]`, `criteria.supported`, `promise.work`; else of the nearest part around it.
    pub fn of(&self, path: &str) -> Spot {
        let mut path = path;
        loop {
            if let Some((_, spot)) = self.0.iter().find(|(known, _)| known == path) {
                return *spot;
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = &path[..at],
                None => return Spot { line: 1, column: 1, start: 0, end: 0 },
            }
        }
    }

    fn note(&mut self, prefix: &str, node: &Node) {
        match &node.kind {
            yaml::NodeKind::Map(entries) => {
                for (key, value) in entries {
                    let path = if prefix.is_empty() { key.text.clone() } else { format!("{prefix}.{}", key.text) };
                    self.0.push((path.clone(), key.at));
                    self.note(&path, value);
                }
            }
            yaml::NodeKind::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    let path = format!("{prefix}[{at}]");
                    self.0.push((path.clone(), item.at));
                    self.note(&path, item);
                }
            }
            _ => {}
        }
    }
}

/// A contract with faults, and what could be read of it.
#[derive(Debug)]
pub struct Faulty {
    pub faults: Faults,
    /// Nothing where the file is no YAML. What has a fault is left out, or is as if nothing were said of it.
    pub parsed: Option<Box<Parsed>>,
}

/// Reads a contract.
pub fn parse(file: &Utf8Path, text: &str) -> Result<Parsed, Faults> {
    attempt(file, text).map_err(|faulty| faulty.faults)
}

/// Reads what can be read of a contract, so that what rests on its sound parts can be looked at too before anybody mends it.
pub fn attempt(file: &Utf8Path, text: &str) -> Result<Parsed, Faulty> {
    let (node, faults) = yaml::attempt(file, text).map_err(|faults| Faulty { faults, parsed: None })?;
    let mut reader = Reader::new(file, text);
    let contract = read(&mut reader, &node);
    let mut all: Vec<Fault> = reader.finish().err().into_iter().flatten().collect();
    // What is no number is told as that, and not as what the reader makes of its text.
    all.retain(|fault| !faults.iter().any(|known| known.place == fault.place));
    all.extend(faults);
    let mut places = Places::default();
    places.note("", &node);
    let parsed = Parsed { contract, places };
    match Faults::none_or(all) {
        Ok(()) => Ok(parsed),
        Err(faults) => Err(Faulty { faults, parsed: Some(Box::new(parsed)) }),
    }
}

fn read(reader: &mut Reader, node: &Node) -> Contract {
    let top = match reader.fields(node, "a contract", KEYS) {
        Some(top) => {
            version(reader, &top);
            top
        }
        None => Fields::none(node.at),
    };
    let owners = top.get("owners").map(|node| owners(reader, node)).unwrap_or_default();
    let failures = top.get("failures").map(|node| failures(reader, node, &owners)).unwrap_or_default();
    let tasks = top.get("tasks").map(|node| tasks(reader, node)).unwrap_or_default();
    let systems = top.get("systems").map(|node| systems::read(reader, node)).unwrap_or_default();
    let segments = top.get("segments").map(|node| segments::read(reader, node)).unwrap_or_default();
    let criteria =
        top.get("criteria").map(|node| criteria::read(reader, node, &failures, &systems)).unwrap_or_default();
    let known = gates::Known { owners: &owners, tasks: &tasks, criteria: &criteria, segments: &segments };
    let gates = top.get("gates").map(|node| gates::read(reader, node, &known)).unwrap_or_default();
    Contract {
        name: text(reader, &top, "name", "the contract's name").unwrap_or_default(),
        simulated: top.get("simulated").and_then(|node| reader.flag(node, "`simulated`")).unwrap_or(false),
        promise: top.get("promise").map(|node| promise(reader, node)).unwrap_or_default(),
        release: text(reader, &top, "release", "the release decision").unwrap_or_default(),
        tasks,
        failures,
        currency: text(reader, &top, "currency", "the currency").unwrap_or_else(|| NO_CURRENCY.to_owned()),
        sources: top.get("sources").map(|node| sources(reader, node)).unwrap_or_default(),
        documents: top.get("documents").map(|node| documents(reader, node)).unwrap_or_default(),
        examples: top.get("examples").map(|node| paths(reader, node)).unwrap_or_else(|| vec!["examples".into()]),
        repeats: top.get("repeats").and_then(|node| reader.whole(node, "`repeats`", 1, 1000)).unwrap_or(1) as u16,
        alpha: alpha(reader, &top),
        looks: looks(reader, &top),
        missing_at_most: top
            .get("missing_at_most")
            .and_then(|node| reader.share(node, "`missing_at_most`"))
            .or(Share::new(0.05).ok())
            .unwrap_or(Share::ZERO),
        hosts: top.get("hosts").map(|node| reader.some_words(node, "`hosts`")).unwrap_or_default(),
        budget: top.get("budget").map(|node| systems::budget(reader, node)).unwrap_or_default(),
        cover_incidents_within: top.get("incidents").and_then(|node| incidents::cover_within(reader, node)),
        traffic: top.get("traffic").map(|node| traffic::read(reader, node)).unwrap_or_default(),
        sampling: top.get("sampling").map(|node| sampling::read(reader, node)).unwrap_or_default(),
        retire: top.get("retire").map(|node| retire::read(reader, node)).unwrap_or_default(),
        owners,
        segments,
        criteria,
        systems,
        gates,
        digest: Digest::of_value("plimsoll.contract.v1", &node.to_json()),
    }
}

fn text(reader: &mut Reader, fields: &Fields, key: &str, what: &str) -> Option<String> {
    fields.get(key).and_then(|node| reader.text(node, what))
}

fn version(reader: &mut Reader, top: &Fields) {
    match top.get("plimsoll") {
        None => reader.missing(top.at, "the format's version is missing", "write `plimsoll: 1` as the first line"),
        Some(node) => {
            if node.to_json() != 1 {
                reader.fault(
                    node.at,
                    "this version of the format is not known here",
                    "write `plimsoll: 1`, or use a newer Plimsoll",
                );
            }
        }
    }
}

fn alpha(reader: &mut Reader, top: &Fields) -> Share {
    let default = Share::new(0.05).unwrap_or(Share::ZERO);
    let Some(node) = top.get("alpha") else { return default };
    match reader.share(node, "`alpha`") {
        Some(alpha) if alpha.get() > 0.0 && alpha.get() <= 0.25 => alpha,
        Some(_) => {
            reader.fault(node.at, "`alpha` must lie above 0 and at most at 0.25", "0.05 is usual");
            default
        }
        None => default,
    }
}

fn looks(reader: &mut Reader, top: &Fields) -> Looks {
    match top.get("looks") {
        Some(node) if node.to_json() == 1 => Looks::One,
        Some(node) => {
            let help =
                "write `looks: 1`, or leave it out: then each look is tested at half the level of the one before";
            reader.fault(node.at, "`looks` can only be 1", help);
            Looks::One
        }
        None => Looks::Halving,
    }
}

fn promise(reader: &mut Reader, node: &Node) -> Promise {
    let Some(fields) = reader.fields(node, "the promise", PROMISE_KEYS) else { return Promise::default() };
    let mut list = |key: &str| match fields.get(key) {
        Some(node) => {
            yaml::one_or_many(node).iter().filter_map(|item| reader.text(item, &format!("`{key}`"))).collect()
        }
        None => Vec::new(),
    };
    let (evidence, constraints) = (list("evidence"), list("constraints"));
    let mut one = |key: &str| text(reader, &fields, key, &format!("`{key}`")).unwrap_or_default();
    Promise { work: one("work"), for_whom: one("for"), evidence, constraints, when_not_ready: one("when_not_ready") }
}

fn owners(reader: &mut Reader, node: &Node) -> Vec<Owner> {
    let help = "write `role: who fills it`, for example `release: release captain`";
    let mut owners = Vec::new();
    for (key, value) in reader.entries(node, "`owners`", help) {
        let role = OwnerRole::new(&key.text);
        if let yaml::NodeKind::Map(_) = value.kind {
            let Some(fields) = reader.fields(value, "an owner", OWNER_KEYS) else { continue };
            let who = fields.get("who").and_then(|node| reader.name(node, "`who`"));
            if who.is_none() && fields.get("who").is_none() {
                reader.missing(
                    value.at,
                    format!("nobody fills the role `{role}`"),
                    "write `who: name of the team or function`",
                );
            }
            let key = fields.get("key").and_then(|node| public_key(reader, node));
            owners.push(Owner { role, who: who.unwrap_or_default(), key });
        } else if let Some(who) = reader.name(value, "an owner") {
            owners.push(Owner { role, who, key: None });
        }
    }
    owners
}

/// 32 bytes in hex or base64, or the 44 of a `SubjectPublicKeyInfo` in base64 (RFC 8410), as tools write a public key.
fn public_key(reader: &mut Reader, node: &Node) -> Option<PublicKey> {
    const INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let text = reader.text(node, "`key`")?;
    let text = text.trim().trim_start_matches("ed25519:");
    let pair = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let hex: Option<Vec<u8>> = if text.len() == 64 { (0..32).map(pair).collect() } else { None };
    let bytes = hex.or_else(|| base64::engine::general_purpose::STANDARD.decode(text).ok()).unwrap_or_default();
    let key = <[u8; 32]>::try_from(bytes.strip_prefix(&INFO).unwrap_or(&bytes)).ok().map(PublicKey);
    if key.is_none() {
        let help = "write its 32 bytes in hex or base64: `openssl pkey -in key.pem -pubout -outform DER | base64`";
        reader.fault(node.at, "no Ed25519 public key", help);
    }
    key
}

fn tasks(reader: &mut Reader, node: &Node) -> Vec<TaskName> {
    let mut tasks: Vec<TaskName> = Vec::new();
    for item in reader.list(node, "`tasks`", "write `tasks: [first, second, ...]`") {
        if let Some(word) = reader.name(item, "a task") {
            let task = TaskName::new(word);
            if tasks.contains(&task) {
                reader.fault(item.at, format!("task `{task}` is listed twice"), "keep one of the two");
            } else {
                tasks.push(task);
            }
        }
    }
    tasks
}

fn failures(reader: &mut Reader, node: &Node, owners: &[Owner]) -> Vec<FailureClass> {
    let help = "write `class: {cost: 40, owner: role}`";
    let mut classes = Vec::new();
    for (key, value) in reader.entries(node, "`failures`", help) {
        let Some(fields) = reader.fields(value, "a failure class", FAILURE_KEYS) else { continue };
        let cost = fields.get("cost").and_then(|node| {
            let cost = reader.number(node, "`cost`")?;
            let amount = Amount::new(cost).ok();
            if amount.is_none() {
                reader.fault(node.at, "a cost is never negative", "write what one such failure costs");
            }
            amount
        });
        let built_in = BUILT_IN.iter().find(|(name, ..)| *name == key.text);
        classes.push(FailureClass {
            name: ClassName::new(&key.text),
            cost,
            owner: fields.get("owner").and_then(|node| owner(reader, node, owners)),
            repair: text(reader, &fields, "repair", "`repair`")
                .or(built_in.map(|(_, _, repair)| (*repair).to_owned()))
                .unwrap_or_default(),
            describe: text(reader, &fields, "describe", "`describe`").unwrap_or_default(),
        });
    }
    classes
}

/// A role that the contract lists.
fn owner(reader: &mut Reader, node: &Node, owners: &[Owner]) -> Option<OwnerRole> {
    let role = OwnerRole::new(reader.word(node, "an owner")?);
    if !owners.is_empty() && !owners.iter().any(|owner| owner.role == role) {
        let list: Vec<&str> = owners.iter().map(|owner| owner.role.as_str()).collect();
        let suggestion = yaml::meant(role.as_str(), list.iter().copied());
        reader.fault(
            node.at,
            format!("`{role}` is not among the owners"),
            format!("{suggestion}owners: {}", list.join(", ")),
        );
    }
    Some(role)
}

fn sources(reader: &mut Reader, node: &Node) -> Vec<SamplingSource> {
    let mut sources = Vec::new();
    for item in reader.list(node, "`sources`", "write `- {source: traffic, rule: \"200 a week\"}`") {
        let Some(fields) = reader.fields(item, "a source", SOURCE_KEYS) else { continue };
        let rule = text(reader, &fields, "rule", "`rule`").unwrap_or_default();
        let Some(node) = fields.get("source") else {
            reader.missing(
                item.at,
                "`source` is missing",
                "write traffic, incident, edge_case, policy_case, synthetic or demo",
            );
            continue;
        };
        let Some(word) = reader.word(node, "`source`") else { continue };
        match SourceKind::parse(&word) {
            Some(source) => sources.push(SamplingSource { source, rule }),
            None => {
                let names = SourceKind::ALL.map(SourceKind::as_str);
                let help = format!("{}kinds: {}", yaml::meant(&word, names.into_iter()), names.join(", "));
                reader.fault(node.at, format!("`{word}` is no kind of source"), help);
            }
        }
    }
    sources
}

fn documents(reader: &mut Reader, node: &Node) -> Vec<(String, String)> {
    let help = "write `document: version in force`";
    reader
        .entries(node, "`documents`", help)
        .iter()
        .filter_map(|(key, value)| Some((key.text.clone(), reader.word(value, "a version")?)))
        .collect()
}

fn paths(reader: &mut Reader, node: &Node) -> Vec<Utf8PathBuf> {
    yaml::one_or_many(node).into_iter().filter_map(|item| reader.path(item, "a path of examples")).collect()
}
