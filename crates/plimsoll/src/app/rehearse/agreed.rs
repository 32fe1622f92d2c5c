//! Whether the sums that rehearsals are made of lead to the very findings that were sealed.
//!
//! Where they do not, nothing is rehearsed: the figures would speak of another gate than the one that decides.

use super::target::Target;
use crate::cli::Failure;
use domain::contract::Contract;
use domain::finding::Findings;
use domain::format::record;
use serde_json::Value;

/// Figures agree to so much of themselves, or absolutely below 1.
const AGREES: f64 = 1e-9;
/// Sentences are made of the figures, and round them.
const NOT_COMPARED: [&str; 3] = ["reason", "owner", "follow_up"];

pub fn agree(contract: &Contract, found: &Findings, target: &Target) -> Result<(), Failure> {
    let ours = record::findings(contract, found, target.look);
    match first_difference(&ours, &target.findings) {
        None => Ok(()),
        Some(difference) => Err(Failure::ours(
            format!("the sums of the rehearsals do not lead to the findings of {}: {difference}", target.name),
            "nothing was rehearsed; `plimsoll verify` says whether the record holds, and if it does, this is a bug to report",
        )),
    }
}

/// Where two lists of findings differ.
fn first_difference(ours: &Value, sealed: &Value) -> Option<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (ours, sealed) = (list(ours), list(sealed));
    if ours.len() != sealed.len() {
        return Some(format!("{} findings against {}", ours.len(), sealed.len()));
    }
    ours.iter().zip(&sealed).find_map(|(own, other)| {
        let text = |key: &str| other[key].as_str().unwrap_or("").to_owned();
        let differs = |key: &&String| !NOT_COMPARED.contains(&key.as_str()) && !same(&own[*key], &other[*key]);
        let key = own.as_object()?.keys().find(differs)?;
        Some(format!(
            "{} of {} on {} for {} is {} and not {}",
            key,
            text("gate"),
            text("segment"),
            text("arm"),
            own[key],
            other[key]
        ))
    })
}

fn same(own: &Value, other: &Value) -> bool {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok());
    match (number(own), number(other)) {
        (Some(own), Some(other)) => own == other || (own - other).abs() <= AGREES * other.abs().max(1.0),
        _ => own == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_agree_to_nine_digits_and_words_to_the_letter() {
        let finding =
            |state: &str, lower: &str| json!([{"gate": "g", "state": state, "lower": lower, "reason": state}]);
        let differ = |ours, sealed| first_difference(&ours, &sealed).is_some();
        assert!(!differ(finding("holds", "0.5"), finding("holds", "0.5000000000001")));
        assert!(differ(finding("holds", "0.5"), finding("holds", "0.50000001")));
        assert!(differ(finding("holds", "0.5"), finding("breached", "0.5")));
        assert!(!differ(finding("holds", "inf"), finding("holds", "inf")));
        assert!(differ(finding("holds", "0.5"), json!([])));
    }
}
