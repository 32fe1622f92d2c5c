//! `override`: a new record by someone else, with reason, scope and expiry. It changes no decision and no exit code.

use super::chain::{Chain, Kept};
use super::signature::{hex, key_of};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::contract::{Contract, Owner};
use domain::fault::closest;
use domain::format::contract;
use domain::segment::{Segmentation, Shares};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who made a run whose author did not say so.
const UNNAMED: &str = "unnamed";

pub struct Overrule {
    pub by: String,
    pub reason: String,
    pub scope: String,
    pub expires: String,
    pub key: Option<Utf8PathBuf>,
}

pub fn overrule(state: &Utf8Path, of: &Kept, orders: &Overrule) -> Result<Kept, Failure> {
    let yours = |what: &str, help: &str| Err(Failure::yours(what, help));
    if of.content["override_of"].is_string() {
        return yours("an override is not overridden", "name the decision itself");
    }
    let text = of.content["contract"]["text"].as_str().unwrap_or("");
    let parsed = contract::parse(Utf8Path::new("sealed contract"), text)?;
    let Some(owner) = parsed.contract.owners.iter().find(|owner| owner.role.as_str() == orders.by) else {
        let roles: Vec<&str> = parsed.contract.owners.iter().map(|owner| owner.role.as_str()).collect();
        return yours(
            &format!("`{}` is not among the contract's owners", orders.by),
            &format!("override as one of: {}", roles.join(", ")),
        );
    };
    let author = of.envelope["author"].as_str().unwrap_or("");
    if parsed.contract.is_same_person(author, &orders.by) {
        return yours("whoever made the run does not override it", "another owner of the contract may");
    }
    if orders.reason.trim().is_empty() || orders.scope.trim().is_empty() {
        return yours("an override needs a reason and a scope", "say why, and for which part of the traffic");
    }
    let scopes = scopes(of, &parsed.contract);
    if !scopes.contains(&orders.scope) {
        let near = closest(&orders.scope, scopes.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        return yours(
            &format!("`{}` is no segment of the contract", orders.scope),
            &format!("{near}an override is of one of: {}", scopes.join(", ")),
        );
    }
    let today = jiff::Zoned::now().date();
    match orders.expires.parse::<jiff::civil::Date>() {
        // The day that is given is the last one.
        Ok(date) if date >= today => {}
        Ok(_) => return yours("the override expires before it begins", "give today's date or a later one"),
        Err(_) => return yours(&format!("`{}` is no date", orders.expires), "write it as 2027-01-31"),
    }
    let key = orders.key.as_deref().map(|path| key_of(path, &orders.by, &parsed.contract)).transpose()?;
    let content = content(of, owner, &orders.reason, &orders.scope, &orders.expires);
    Chain::at(state).append(&content, &orders.by, key.as_ref())
}

/// What an override could not have said when it was made: `override` takes none of it.
pub fn out_of_place(of: &Kept, contract: &Contract, kept: &Kept) -> Vec<String> {
    let text = |key: &str| kept.content[key].as_str().unwrap_or("");
    let author = |kept: &Kept| kept.envelope["author"].as_str().unwrap_or("").to_owned();
    let (scope, expires) = (text("scope"), text("expires").parse::<jiff::civil::Date>());
    let made = kept.envelope["time"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    // Days differ by where one is: the day before is still within the same instant.
    let first = made.and_then(|made| made.to_zoned(jiff::tz::TimeZone::UTC).date().yesterday().ok());
    let told = [
        (text("reason").trim().is_empty(), "it gives no reason".to_owned()),
        (!scopes(of, contract).iter().any(|known| known == scope), format!("its scope `{scope}` is no segment")),
        (
            expires.ok().is_none_or(|expires| first.is_none_or(|first| expires < first)),
            format!("its last day, `{}`, is none, or was over when it was made", text("expires")),
        ),
        (contract.is_same_person(&author(of), &author(kept)), "whoever made the run overrides it".to_owned()),
    ];
    told.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, what)| what).collect()
}

/// What an override says: all but reason, scope and end follows from the record that it overrides and from who overrides it.
pub fn content(of: &Kept, owner: &Owner, reason: &str, scope: &str, expires: &str) -> Value {
    json!({
        "plimsoll_record": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "override_of": of.id(),
        "override_digest": of.digest().to_string(),
        "contract": {"name": of.content["contract"]["name"], "digest": of.content["contract"]["digest"]},
        "overridden": of.content["decision"],
        "by": format!("{} ({})", owner.role, owner.who),
        "author_known": of.envelope["author"].as_str().unwrap_or("") != UNNAMED,
        "reason": reason,
        "scope": scope,
        "expires": expires,
        "owner_key": owner.key.map(|key| hex(&key.0)),
    })
}

/// The parts of the traffic that the decision speaks of: `all`, the segments of its evidence and of the contract, and the tasks where it cuts by them.
fn scopes(of: &Kept, contract: &Contract) -> Vec<String> {
    let mut scopes = vec!["all".to_owned()];
    let told = ["evidence", "findings"].into_iter().flat_map(|key| of.content[key].as_array().into_iter().flatten());
    scopes.extend(told.filter_map(|row| row["segment"].as_str().map(str::to_owned)));
    for cut in &contract.segments {
        match cut {
            Segmentation::Where { name, .. } => scopes.push(name.to_string()),
            Segmentation::By { attribute, shares, .. } => {
                let declared = match shares {
                    Shares::Declared(shares) => shares.keys().map(String::as_str).collect(),
                    Shares::FromWeights => Vec::new(),
                };
                let is_task = attribute.as_str() == "task";
                let tasks = contract.tasks.iter().filter(|_| is_task).map(|task| task.as_str());
                scopes.extend(declared.into_iter().chain(tasks).map(|value| format!("{attribute}={value}")));
            }
        }
    }
    let mut seen = BTreeSet::new();
    scopes.retain(|scope| seen.insert(scope.clone()));
    scopes
}
