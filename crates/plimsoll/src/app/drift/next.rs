//! What to sample next, and which shares to declare, so that the set is mixed as traffic is.
//!
//! in      the contract, the mixes, whether any example counts, how many examples there are
//! out     rules for the contract's `sampling` that bring in what is lacking; shares for its `segments`, by which decisions weigh what is there
//! errors  none
//! note    a draw adds examples, each for as many requests as its chance says. Only declared shares make a value count for what it is of this
//!         window, and no more than one attribute can have them

use domain::contract::Contract;
use domain::drift::{ContentDrift, Mix, Value};
use domain::segment::{Segmentation, Shares};
use serde_json::json;
use std::collections::BTreeSet;

/// A rule for the contract's `sampling` that would bring in what is lacking.
pub struct Next {
    pub why: String,
    pub name: String,
    pub line: String,
    /// What draws by it, from the days that were looked at.
    pub command: String,
}

/// What the contract's `segments` would have to say of one attribute, so that decisions weigh its values as traffic is mixed.
pub struct Declare {
    pub attribute: String,
    pub line: String,
}

/// Examples of the set, and whether any of them counts toward a rate.
#[derive(Clone, Copy)]
pub struct Size {
    pub examples: u64,
    pub counted: u64,
}

/// `draws` is the command for a rule of this name.
pub fn next(
    contract: &Contract,
    mixes: &[Mix],
    content: Option<&ContentDrift>,
    size: Size,
    draws: &dyn Fn(&str) -> String,
) -> Vec<Next> {
    let lacking: Vec<(&Mix, Vec<&Value>)> = mixes
        .iter()
        .map(|mix| (mix, lacking(contract, mix, size.examples)))
        .filter(|(_, all)| !all.is_empty())
        .collect();
    if size.counted == 0 && !lacking.is_empty() {
        return vec![of_all(size.examples, draws)];
    }
    let mut next: Vec<Next> =
        lacking.iter().map(|(mix, values)| of_values(mix, values, size.examples, draws)).collect();
    if next.is_empty() && content.is_some_and(ContentDrift::warns) {
        next.push(Next {
            why: "so that a person sees what is least like any example; it has no weight in rates".to_owned(),
            name: "unlike-any".to_owned(),
            command: draws("unlike-any"),
            line: format!("- {{name: unlike-any, rule: novelty, take: {}}}", (size.examples / 20).clamp(10, 100)),
        });
    }
    next
}

/// Values that no example has that counts, and of a mix that drifted those of which there are far too few.
fn lacking<'m>(contract: &Contract, mix: &'m Mix, examples: u64) -> Vec<&'m Value> {
    let is_declared = declared(contract) == Some(mix.attribute.as_str());
    let lacks = |value: &Value| {
        let is_few = mix.warns() && value.in_traffic > 1.5 * value.in_set;
        // Where shares are declared, more examples of a value that has enough change nothing of what it counts for.
        value.in_set <= 0.0 || is_few && (!is_declared || short(value, examples) > 0)
    };
    mix.values.iter().filter(|value| !value.name.is_empty() && value.requests > 0 && lacks(value)).collect()
}

/// How many are missing until there are as many as traffic has in as many requests as there are examples.
fn short(value: &Value, examples: u64) -> u64 {
    ((value.in_traffic * examples as f64).ceil() as u64).max(2).saturating_sub(value.examples)
}

fn of_values(mix: &Mix, lacking: &[&Value], examples: u64, draws: &dyn Fn(&str) -> String) -> Next {
    let take: u64 = lacking.iter().map(|value| short(value, examples).max(1)).sum();
    let values: Vec<String> = lacking.iter().map(|value| json!(value.name).to_string()).collect();
    let name = format!("lacking-{}", mix.attribute);
    let attribute = json!(mix.attribute);
    let (these, rule) = match lacking {
        [_] => ("as many of this value", "rule: uniform".to_owned()),
        _ => ("as many of these values together, in equal parts,", format!("rule: stratified, by: {attribute}")),
    };
    Next {
        why: format!("for {these} as traffic has in {examples} requests"),
        line: format!(
            "- {{name: {}, {rule}, take: {take}, where: {{{attribute}: [{}]}}}}",
            json!(name),
            values.join(", ")
        ),
        command: draws(&name),
        name,
    }
}

/// Where nothing counts yet, only what is drawn will: it has to be mixed as traffic is.
fn of_all(examples: u64, draws: &dyn Fn(&str) -> String) -> Next {
    Next {
        why: "from all of traffic: no example counts toward a rate yet, and once some do, no others will".to_owned(),
        name: "all-traffic".to_owned(),
        command: draws("all-traffic"),
        line: format!("- {{name: all-traffic, rule: uniform, take: {}}}", examples.max(50)),
    }
}

/// The shares of the window, of the attribute that has declared ones or, where none has, of the first that is cut by; where it drifted,
/// traffic has values that do not count, or the last decision is another under its mix.
pub fn declare(contract: &Contract, mixes: &[Mix], otherwise_under: &BTreeSet<&str>) -> Option<Declare> {
    let is_off = |mix: &&Mix| mix.warns() || mix.unmeasured() > 0.0 || otherwise_under.contains(mix.attribute.as_str());
    let is_cut = |mix: &&Mix| {
        contract
            .segments
            .iter()
            .any(|cut| matches!(cut, Segmentation::By { attribute, .. } if attribute.as_str() == mix.attribute))
    };
    let mix = match declared(contract) {
        Some(declared) => mixes.iter().find(|mix| mix.attribute == declared).filter(is_off),
        None => mixes.iter().filter(is_cut).find(is_off),
    }?;
    let seen: Vec<&Value> = mix.values.iter().filter(|value| value.requests > 0).collect();
    // What has no value cannot be given a share.
    if seen.iter().any(|value| value.name.is_empty()) {
        return None;
    }
    let shares: Vec<f64> = rounded(&seen.iter().map(|value| value.in_traffic).collect::<Vec<f64>>());
    let pairs = seen.iter().zip(shares).map(|(value, share)| format!("{}: {share}", json!(value.name)));
    let line = format!("shares: {{{}}}", pairs.collect::<Vec<_>>().join(", "));
    Some(Declare { attribute: mix.attribute.clone(), line })
}

/// To four digits; the largest takes what is left to one.
fn rounded(shares: &[f64]) -> Vec<f64> {
    const PARTS: f64 = 10_000.0;
    let mut parts: Vec<f64> = shares.iter().map(|share| (share * PARTS).round()).collect();
    let left = PARTS - parts.iter().sum::<f64>();
    if let Some(largest) = parts.iter_mut().max_by(|one, other| one.total_cmp(other)) {
        *largest += left;
    }
    parts.into_iter().map(|part| part / PARTS).collect()
}

/// The attribute whose values have declared shares.
fn declared(contract: &Contract) -> Option<&str> {
    contract.segments.iter().find_map(|cut| match cut {
        Segmentation::By { attribute, shares: Shares::Declared(_), .. } => Some(attribute.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::drift::{Point, mix};
    use std::collections::BTreeMap;

    fn points(of: &[(&str, usize)]) -> Vec<Point> {
        let one = |task: &str, at: usize| Point {
            id: format!("{task}-{at}"),
            cluster: format!("{task}-{at}"),
            weight: 1.0,
            attributes: BTreeMap::from([("task".to_owned(), task.to_owned())]),
            text: String::new(),
        };
        of.iter().flat_map(|(task, many)| (0..*many).map(move |at| one(task, at))).collect()
    }

    fn contract(segments: &str) -> Contract {
        let text = format!("plimsoll: 1\nname: x\nsegments:\n  - {segments}\n");
        domain::format::contract::parse("plimsoll.yaml".into(), &text).expect("a contract").contract
    }

    const TRAFFIC: [(&str, usize); 3] = [("pay", 50), ("refund", 100), ("export", 50)];

    fn drifted() -> Mix {
        mix("task", &points(&[("pay", 75), ("refund", 25)]), &points(&TRAFFIC))
    }

    #[test]
    fn what_is_drawn_and_the_shares_to_declare_are_those_of_the_window() {
        let (contract, mixes) = (contract("{by: task}"), [drifted()]);
        let draws = |name: &str| format!("draw {name}");
        let next = next(&contract, &mixes, None, Size { examples: 100, counted: 100 }, &draws);
        // 25 of export and 50 less 25 of refund.
        let line = r#"- {name: "lacking-task", rule: stratified, by: "task", take: 50, where: {"task": ["export", "refund"]}}"#;
        let told: Vec<(&str, &str)> = next.iter().map(|next| (next.line.as_str(), next.command.as_str())).collect();
        assert_eq!(told, [(line, "draw lacking-task")]);
        let declare = declare(&contract, &mixes, &BTreeSet::new()).expect("shares");
        assert_eq!(declare.line, r#"shares: {"export": 0.25, "pay": 0.25, "refund": 0.5}"#);
    }

    #[test]
    fn where_shares_are_declared_no_more_is_drawn_of_what_there_is_enough_of() {
        let declared = contract("{by: task, shares: {pay: 0.9, refund: 0.1}}");
        let mut set = points(&[("pay", 40), ("refund", 60)]);
        domain::drift::weigh(&declared, &mut set);
        let mixes = [mix("task", &set, &points(&[("pay", 100), ("refund", 100)]))];
        assert!(mixes[0].warns());
        assert!(next(&declared, &mixes, None, Size { examples: 100, counted: 100 }, &str::to_owned).is_empty());
        assert_eq!(
            declare(&declared, &mixes, &BTreeSet::new()).expect("shares").line,
            r#"shares: {"pay": 0.5, "refund": 0.5}"#
        );
    }

    #[test]
    fn where_nothing_counts_yet_all_of_traffic_is_drawn_from() {
        let next =
            next(&contract("{by: task}"), &[drifted()], None, Size { examples: 100, counted: 0 }, &str::to_owned);
        assert_eq!(next[0].line, "- {name: all-traffic, rule: uniform, take: 100}");
        assert_eq!(next.len(), 1);
    }

    #[test]
    fn shares_are_declared_of_what_is_cut_by_and_has_a_value() {
        assert!(declare(&contract("{by: channel}"), &[drifted()], &BTreeSet::new()).is_none());
        let mut traffic = points(&TRAFFIC);
        traffic[0].attributes.clear();
        let some_without = mix("task", &points(&[("pay", 75), ("refund", 25)]), &traffic);
        assert!(declare(&contract("{by: task}"), &[some_without], &BTreeSet::new()).is_none());
        // No drift shown, and all the same the last decision is another under this mix.
        let near = [mix("task", &points(&[("pay", 26), ("refund", 24)]), &points(&[("pay", 50), ("refund", 50)]))];
        assert!(declare(&contract("{by: task}"), &near, &BTreeSet::new()).is_none());
        let under = declare(&contract("{by: task}"), &near, &BTreeSet::from(["task"])).expect("shares");
        assert_eq!(under.line, r#"shares: {"pay": 0.5, "refund": 0.5}"#);
    }

    #[test]
    fn rounded_shares_sum_to_one() {
        let thirds = rounded(&[1.0 / 3.0; 3]);
        assert!((thirds.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{thirds:?}");
        assert_eq!(thirds.iter().filter(|share| **share == 0.3333).count(), 2);
    }
}
