//! `override`: a new record by someone else, with reason, scope and expiry. It changes no decision and no exit code.

use super::chain::{Chain, Kept};
use super::signature::key_of;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::format::contract;
use serde_json::json;

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
    if author == orders.by || author == owner.who {
        return yours("whoever made the run does not override it", "another owner of the contract may");
    }
    if orders.reason.trim().is_empty() || orders.scope.trim().is_empty() {
        return yours("an override needs a reason and a scope", "say why, and for which part of the traffic");
    }
    let today = jiff::Zoned::now().date();
    match orders.expires.parse::<jiff::civil::Date>() {
        Ok(date) if date > today => {}
        Ok(_) => return yours("the override expires before it begins", "give a date after today"),
        Err(_) => return yours(&format!("`{}` is no date", orders.expires), "write it as 2027-01-31"),
    }
    let key = orders.key.as_deref().map(|path| key_of(path, &orders.by, &parsed.contract)).transpose()?;
    let content = json!({
        "plimsoll_record": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "override_of": of.id(),
        "override_digest": of.digest().to_string(),
        "contract": {"name": of.content["contract"]["name"], "digest": of.content["contract"]["digest"]},
        "overridden": of.content["decision"],
        "by": format!("{} ({})", owner.role, owner.who),
        "reason": orders.reason,
        "scope": orders.scope,
        "expires": orders.expires,
    });
    Chain::at(state).append(&content, &orders.by, key.as_ref())
}
