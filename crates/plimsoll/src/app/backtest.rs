//! `backtest`: past decisions of the chain beside the incidents and outcomes of the catalog.
//!
//! in      an eval, the span in days, the day
//! out     what `domain::backtest` makes of them
//! errors  records or entries that cannot be read; a record whose time cannot be
//! note    a decision is as its record has it, on the reference set of its day; nothing is decided again

use super::chain::{Chain, Kept};
use super::eval::Eval;
use super::history::scores_digest;
use super::outcome::{candidate_of, told};
use super::{kept, run};
use crate::cli::Failure;
use camino::Utf8Path;
use domain::backtest::{Backtest, Foretold, Made, Past, Trouble, backtest as lay};
use domain::entry::Noun;
use domain::format::contract;
use domain::incident;
use domain::name::Attribute;
use domain::outcome::moment;
use domain::reference_set::{ExampleIndex, ReferenceSet};
use domain::segment::{Conditions, Segment, Segmentation};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub fn backtest(eval: &Eval, within_days: u32, today: Timestamp) -> Result<Backtest, Failure> {
    let records = Chain::at(&eval.state()).list()?;
    let of_contract = |kept: &&Kept| kept.contract() == eval.contract.name.as_str();
    let decided = records.iter().filter(of_contract).filter(|kept| kept.content.get("findings").is_some());
    let overridden: BTreeSet<&str> = records.iter().filter_map(|kept| kept.content["override_of"].as_str()).collect();
    let decisions = decided.map(|kept| made(kept, &overridden)).collect::<Result<Vec<Made>, Failure>>()?;
    let incidents = incident::told(&kept::entries(eval, Noun::Incident)?);
    let segments = segments_of(eval, incidents.values().any(|incident| !incident.examples.is_empty()))?;
    let trouble = |incident: &incident::Incident| {
        let at = moment(&incident.happened_at).or_else(|| moment(&incident.opened.at))?;
        let lies_in = incident.examples.iter().flat_map(|example| segments.get(example).into_iter().flatten().cloned());
        Some(Trouble {
            incident: incident.id.clone(),
            at,
            decisions: incident.decisions.clone(),
            segments: lies_in.collect(),
        })
    };
    let past = Past {
        decisions,
        incidents: incidents.values().filter_map(trouble).collect(),
        outcomes: told(&eval.state())?,
        within_days,
        today,
    };
    Ok(lay(&past))
}

fn made(kept: &Kept, overridden: &BTreeSet<&str>) -> Result<Made, Failure> {
    let content = &kept.content;
    let at = kept.envelope["time"].as_str().and_then(moment).ok_or_else(|| {
        Failure::yours(
            format!("record {} does not say when it was made", kept.id()),
            "`plimsoll verify` says what else is wrong with it",
        )
    })?;
    let list = |key: &str| content[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let foretold = |row: &Value| {
        let figure = |key: &str| row["candidate"][key].as_str().and_then(|text| text.parse::<f64>().ok());
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        Some(Foretold {
            criterion: text("criterion")?,
            segment: text("segment")?,
            lower: figure("lower")?,
            upper: figure("upper")?,
        })
    };
    // A candidate that nobody described is told from the next by its scores.
    let candidate = match candidate_of(kept) {
        "" => scores_digest(content),
        described => described,
    };
    Ok(Made {
        record: kept.id().to_owned(),
        candidate: candidate.to_owned(),
        at,
        shipped: list("routes").iter().any(|route| route["system"] == "candidate"),
        overridden: overridden.contains(kept.id()),
        held: held(content),
        intervals: list("evidence").iter().filter_map(foretold).collect(),
    })
}

/// For each segment of whose traffic some went to the candidate, whether all that could block there held.
fn held(content: &Value) -> BTreeMap<String, bool> {
    let list = |key: &str| content[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = content["contract"]["text"].as_str().unwrap_or("");
    let contract = contract::parse(Utf8Path::new("sealed contract"), text).ok().map(|parsed| parsed.contract);
    let cuts = contract.as_ref().map(|contract| contract.segments.as_slice()).unwrap_or_default();
    let mut held: BTreeMap<String, bool> = BTreeMap::new();
    let blocking = |finding: &&Value| finding["arm"] == "candidate" && finding["blocking"] != false;
    for finding in list("findings").iter().filter(blocking) {
        let Some(segment) = finding["segment"].as_str() else { continue };
        if went_out(list("routes"), &conditions(cuts, segment)) {
            *held.entry(segment.to_owned()).or_insert(true) &= finding["state"] == "holds";
        }
    }
    held
}

/// What a segment of this name asks of a request.
fn conditions(cuts: &[Segmentation], segment: &str) -> Conditions {
    let named = cuts.iter().find_map(|cut| match cut {
        Segmentation::Where { name, conditions, .. } if name.as_str() == segment => Some(conditions.clone()),
        _ => None,
    });
    let by_value = || {
        let (attribute, value) = segment.split_once('=')?;
        Some(Conditions::from([(Attribute::new(attribute), BTreeSet::from([value.to_owned()]))]))
    };
    named.or_else(by_value).unwrap_or_default()
}

/// Whether some route sends requests that could be of it to the candidate.
fn went_out(routes: &[Value], conditions: &Conditions) -> bool {
    let could_be = |(attribute, value): (&String, &Value)| {
        let wanted = conditions.get(attribute.as_str());
        wanted.is_none_or(|wanted| value.as_str().is_some_and(|value| wanted.contains(value)))
    };
    let to_candidate = |route: &&Value| route["system"] == "candidate";
    routes.iter().filter(to_candidate).any(|route| route["values"].as_object().into_iter().flatten().all(could_be))
}

/// The segments that each example lies in, by its id.
fn segments_of(eval: &Eval, wanted: bool) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    if !wanted {
        return Ok(BTreeMap::new());
    }
    let (set, _) = run::reference_set(eval, &mut kept::Quiet)?;
    let segments = domain::evidence::segments(&eval.contract, &set);
    let one = |at: usize| (set.rows[at].id.as_str().to_owned(), lies_in(&set, &segments, ExampleIndex(at as u32)));
    Ok((0..set.rows.len()).map(one).collect())
}

fn lies_in(set: &ReferenceSet, segments: &[Segment], example: ExampleIndex) -> BTreeSet<String> {
    let inside = segments.iter().filter(|segment| set.lies_in(&segment.conditions, example));
    inside.map(|segment| segment.name.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_segment_counts_where_the_candidate_answered_and_is_open_where_something_could_have_blocked() {
        let finding = |segment: &str, state: &str, blocking: bool| json!({"arm": "candidate", "segment": segment, "state": state, "blocking": blocking});
        let route = |task: &str, system: &str| json!({"values": {"task": task}, "system": system});
        let content = json!({
            "contract": {"text": "plimsoll: 1\nname: small\nsegments:\n  - {by: task, routable: true}\n  \
                                  - {name: dear, where: {task: refund}}\n  - {name: loud, where: {tone: loud}}\n"},
            "routes": [route("pay", "candidate"), route("refund", "production")],
            "findings": [
                finding("all", "holds", true), finding("all", "not_shown", false), finding("task=pay", "holds", true),
                finding("task=refund", "breached", true), finding("dear", "breached", true),
                finding("loud", "not_shown", true), finding("tone=kind", "not_shown", false),
            ],
        });
        let expected = [("all", true), ("loud", false), ("task=pay", true)];
        assert_eq!(held(&content), BTreeMap::from(expected.map(|(segment, holds)| (segment.to_owned(), holds))));
    }
}
