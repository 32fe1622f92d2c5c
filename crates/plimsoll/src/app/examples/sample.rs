//! `examples sample`: draws requests of traffic by the contract's rules, and proposes them as examples.
//!
//! in      the eval, its `sampling` rules or one of them, a window of traffic, a seed
//! out     what was drawn, with rule and probability; proposals in the catalog, all or none, and a copy of each source
//! errors  no rules, an unknown rule, no traffic in the window
//! note    a request has one id as an example, whoever draws it and when: what is there already, or was declined, is not proposed again. What
//!         cannot be an example is passed over and named, and nothing that is drawn stands for it. Novelty is not measured from what
//!         was drawn of the same window: a draw that is repeated finds what it found

use crate::app::eval::Eval;
use crate::app::kept::{self, Proposal, propose_all};
use crate::app::logged::{self, Seen, Window, copy_source};
use crate::cli::Failure;
use camino::Utf8Path;
use domain::content::{Fingerprint, Index, text_of};
use domain::digest::Digest;
use domain::entry::Noun;
use domain::example::history::told;
use domain::fault::closest;
use domain::format::examples::{asks_nothing, parse};
use domain::format::lines::LinePlace;
use domain::sampling::{Census, Drawn, Kind, Rule, Sample};
use domain::traffic::Request;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What the ids of examples begin with that were drawn from traffic.
const PREFIX: &str = "traffic-";

pub struct Orders {
    /// Only this rule.
    pub rule: Option<String>,
    pub window: Window,
    pub seed: u64,
    pub by: String,
    /// Draw, and propose nothing.
    pub preview: bool,
}

pub struct Sampled {
    pub sample: Sample,
    pub seen: Seen,
    /// Positions in the sample of what was proposed, or would be.
    pub new: Vec<usize>,
    pub passed_over: PassedOver,
    pub preview: bool,
}

/// Requests that cannot be examples.
#[derive(Default)]
pub struct PassedOver {
    pub count: u64,
    /// Those among them that were drawn before it showed.
    pub drawn: usize,
    /// Of the first their ids, and why.
    pub first: Vec<(String, String)>,
}

impl PassedOver {
    const TOLD: usize = 5;

    fn add(&mut self, request: &Request, why: String) {
        self.count += 1;
        if self.first.len() < Self::TOLD {
            self.first.push((request.id.clone(), why));
        }
    }
}

pub fn sample(eval: &Eval, orders: &Orders) -> Result<Sampled, Failure> {
    let rules = rules(eval, orders.rule.as_deref())?;
    let Known { ids, asks } = known(eval, orders, rules.iter().any(|rule| rule.kind == Kind::Novelty))?;
    let mut census = Census::new(&rules, orders.seed, &asks);
    let mut passed_over = PassedOver::default();
    let seen = logged::each(&eval.state(), &orders.window, &mut |request| {
        match asks_nothing(&request.input) {
            true => passed_over.add(&request, "`input` is empty".to_owned()),
            false => census.see(&request),
        }
        Ok(())
    })?;
    if seen.requests == 0 {
        return Err(Failure::yours(
            "there is no traffic in this window",
            "bring it in with `plimsoll import traffic`, or name other days with `--window`",
        ));
    }
    let mut draw = census.close();
    logged::each(&eval.state(), &orders.window, &mut |request| {
        if !asks_nothing(&request.input) {
            draw.see(&request);
        }
        Ok(())
    })?;
    let sample = draw.close();
    let is_new = |at: &usize| !ids.contains(&id_of(&sample.drawn[*at].request));
    let mut new: Vec<usize> = (0..sample.drawn.len()).filter(is_new).collect();
    new.retain(|at| match wrong(&sample.drawn[*at]) {
        None => true,
        Some(why) => {
            passed_over.add(&sample.drawn[*at].request, why);
            passed_over.drawn += 1;
            false
        }
    });
    if !orders.preview && !new.is_empty() {
        propose(eval, orders, new.iter().map(|at| &sample.drawn[*at]))?;
    }
    Ok(Sampled { sample, seen, new, passed_over, preview: orders.preview })
}

/// Proposes what was drawn, each with a copy of its source.
fn propose<'d>(eval: &Eval, orders: &Orders, drawn: impl Iterator<Item = &'d Drawn>) -> Result<(), Failure> {
    let state = eval.state();
    let proposals = drawn.map(|drawn| {
        let source = Some(copy_source(&state, &drawn.request)?);
        Ok(Proposal { line: line(drawn), source })
    });
    let proposals = proposals.collect::<Result<Vec<Proposal>, Failure>>()?;
    let catalog = kept::open(eval)?;
    let why = format!("drawn from traffic with seed {}", orders.seed);
    propose_all(eval, &catalog, proposals, &orders.by, Some(&why))?;
    Ok(())
}

/// What is there before anything is drawn.
struct Known {
    /// Everything that was ever an example or a proposal.
    ids: BTreeSet<String>,
    /// What the examples ask that novelty is measured from.
    asks: Index,
}

fn known(eval: &Eval, orders: &Orders, by_novelty: bool) -> Result<Known, Failure> {
    let mut known = Index::default();
    let mut ids: BTreeSet<String> = told(&kept::entries(eval, Noun::Example)?).into_keys().collect();
    let mut of_traffic: BTreeMap<String, Fingerprint> = BTreeMap::new();
    super::read(eval, |_, example| {
        let id = example.id.as_str();
        if by_novelty {
            let asks = Fingerprint::of(&text_of(&example.document["input"]));
            match id.starts_with(PREFIX) {
                true => drop(of_traffic.insert(id.to_owned(), asks)),
                false => known.add(&asks),
            }
        }
        ids.insert(id.to_owned());
    })?;
    if !of_traffic.is_empty() {
        logged::each(&eval.state(), &orders.window, &mut |request| {
            of_traffic.remove(&id_of(&request));
            Ok(())
        })?;
    }
    of_traffic.values().for_each(|asks| known.add(asks));
    Ok(Known { ids, asks: known })
}

fn rules(eval: &Eval, named: Option<&str>) -> Result<Vec<Rule>, Failure> {
    let all = &eval.contract.sampling;
    if all.is_empty() {
        return Err(Failure::yours(
            "the contract says nothing of sampling",
            "add `sampling: [{name: weekly, rule: uniform, take: 50, per: week}]`",
        ));
    }
    let Some(named) = named else { return Ok(all.clone()) };
    let rule = all.iter().find(|rule| rule.name == named);
    rule.map(|rule| vec![rule.clone()]).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|rule| rule.name.as_str()).collect();
        let near = super::meant(closest(named, names.iter().copied()));
        Failure::yours(format!("there is no rule `{named}`"), format!("{near}rules: {}", names.join(", ")))
    })
}

/// The id of a request as an example: nothing of the log's own ids can clash or be odd in it.
pub fn id_of(request: &Request) -> String {
    format!("{PREFIX}{}", &Digest::of_bytes(request.id.as_bytes()).to_string()[..16])
}

/// Why what was drawn cannot be an example.
fn wrong(drawn: &Drawn) -> Option<String> {
    let place = LinePlace { file: Utf8Path::new("traffic"), line: 1 };
    let faults = parse(place, &line(drawn).to_string()).err()?;
    Some(faults.iter().next().map(|fault| fault.what.clone()).unwrap_or_default())
}

/// A line of a file of examples.
fn line(drawn: &Drawn) -> Value {
    let request = &drawn.request;
    let mut provenance = Map::new();
    provenance.insert("source".to_owned(), "traffic".into());
    provenance.insert("rule".to_owned(), drawn.rules.join(", ").into());
    let mut line = Map::new();
    line.insert("id".to_owned(), id_of(request).into());
    let add = |fields: &mut Map<String, Value>, key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    add(&mut provenance, "probability", drawn.probability.map(|chance| chance.get().into()));
    add(&mut provenance, "captured_at", request.at.clone().map(Value::from));
    add(&mut provenance, "trace", request.trace.clone().map(Value::from));
    add(&mut line, "task", request.task.clone().map(Value::from));
    line.insert("input".to_owned(), request.input.clone());
    line.insert("provenance".to_owned(), Value::Object(provenance));
    let attributes: Map<String, Value> = request
        .attributes
        .iter()
        .filter(|(name, _)| name.as_str() != "task" || request.task.is_none())
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    if !attributes.is_empty() {
        line.insert("attributes".to_owned(), Value::Object(attributes));
    }
    add(&mut line, "cluster", request.conversation.clone().map(Value::from));
    Value::Object(line)
}
