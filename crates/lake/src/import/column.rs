//! Columns of a table of scores: the ones that are known, attributes, and names that were probably meant.

use domain::fault::closest;

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    Example,
    System,
    Repeat,
    Criterion,
    Value,
    State,
    Cluster,
    Weight,
    FailureClass,
    Evidence,
    LatencyMs,
    Spend,
}

impl Known {
    pub const ALL: [Known; 12] = [
        Known::Example,
        Known::System,
        Known::Repeat,
        Known::Criterion,
        Known::Value,
        Known::State,
        Known::Cluster,
        Known::Weight,
        Known::FailureClass,
        Known::Evidence,
        Known::LatencyMs,
        Known::Spend,
    ];
    /// Without these a table holds no scores.
    pub const REQUIRED: [Known; 4] = [Known::Example, Known::System, Known::Criterion, Known::Value];

    pub fn as_str(self) -> &'static str {
        match self {
            Known::Example => "example",
            Known::System => "system",
            Known::Repeat => "repeat",
            Known::Criterion => "criterion",
            Known::Value => "value",
            Known::State => "state",
            Known::Cluster => "cluster",
            Known::Weight => "weight",
            Known::FailureClass => "failure_class",
            Known::Evidence => "evidence",
            Known::LatencyMs => "latency_ms",
            Known::Spend => "spend",
        }
    }
}

/// Where the cells of a column go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Known(Known),
    /// Position among the file's attributes.
    Attribute(u16),
    LeftOut,
}

/// The known column that an unknown name was meant to be; such a name is not taken for an attribute. Short words are
/// alike by chance (`stage`, `state`): of them only another spelling counts.
pub fn meant(name: &str) -> Option<Known> {
    const SHORT: usize = 6;
    let plain = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_").trim_matches('_').to_owned();
    let spelled = plain(name);
    Known::ALL.into_iter().find(|known| {
        let word = known.as_str();
        spelled == word
            || spelled.replace('_', "") == word.replace('_', "")
            || (word.len() >= SHORT && is_one_slip(&spelled, word))
    })
}

/// The unknown name that a required column probably stands under.
pub fn stands_under<'n>(known: Known, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    const OFTEN: [(Known, &[&str]); 4] = [
        (
            Known::Example,
            &["id", "example_id", "case", "case_id", "item", "question_id", "sample", "sample_id", "test"],
        ),
        (Known::System, &["model", "arm", "variant", "run", "provider"]),
        (Known::Criterion, &["metric", "grader", "scorer", "check", "name"]),
        (Known::Value, &["score", "grade", "passed", "pass", "result", "label"]),
    ];
    let names: Vec<&str> = names.collect();
    let often = OFTEN.iter().find(|(of, _)| *of == known).map_or(&[][..], |(_, words)| words);
    often
        .iter()
        .find_map(|word| names.iter().copied().find(|name| name.to_lowercase() == *word))
        .or_else(|| closest(known.as_str(), names.iter().copied()))
}

/// One letter too many, too few, other, or two swapped.
fn is_one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    match (a, b) {
        ([], []) => true,
        ([_, rest @ ..], other) | (other, [_, rest @ ..]) if rest == other => true,
        ([_, rest @ ..], [_, other @ ..]) if rest == other => true,
        ([w, x, rest @ ..], [y, z, other @ ..]) => w == z && x == y && rest == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_known_and_attributes_are_left_alone() {
        for (name, known) in [
            ("Example", Known::Example),
            ("weigth", Known::Weight),
            ("clusters", Known::Cluster),
            ("cluter", Known::Cluster),
            ("failure class", Known::FailureClass),
            ("failureClass", Known::FailureClass),
            ("latency-ms", Known::LatencyMs),
            ("criterium", Known::Criterion),
            ("VALUE", Known::Value),
        ] {
            let found = meant(name);
            assert_eq!(found, if name == "criterium" { None } else { Some(known) }, "{name}");
        }
        for name in ["stage", "task", "risk", "values_asked", "stratum", "language", "spent", "repeated_contact", ""] {
            assert_eq!(meant(name), None, "{name}");
        }
    }

    #[test]
    fn a_required_column_is_found_under_its_usual_other_names() {
        assert_eq!(stands_under(Known::System, ["question", "Model"].into_iter()), Some("Model"));
        assert_eq!(stands_under(Known::Value, ["valu", "task"].into_iter()), Some("valu"));
        assert_eq!(stands_under(Known::Value, ["task"].into_iter()), None);
    }
}
