//! Case studies of failures of AI systems, one YAML file each, in the shape that MITRE ATLAS publishes them in.
//!
//! in      the text of one file: `id`, `name`, `summary`, `incident-date`, `incident-date-granularity`, `case-study-type`, and
//!         `procedure` with a `technique` in each step; other keys are passed over
//! out     what an incident is opened with
//! errors  every fault at once, each with its place: a key that is missing, a date that is none

use super::yaml::{self, Fields, Node, NodeKind, Reader};
use crate::fault::Faults;
use camino::Utf8Path;

/// The keys that are read.
const KEYS: &[&str] =
    &["id", "name", "summary", "incident-date", "incident-date-granularity", "case-study-type", "procedure"];

/// A failure that somebody else had, or showed to be possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStudy {
    pub id: String,
    pub name: String,
    pub summary: String,
    /// As exactly as it is known: a day, a month or a year.
    pub happened_at: String,
    pub kind: Kind,
    /// How it was done, step by step, each by the name that the catalogue has for it; each once.
    pub techniques: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It happened.
    Incident,
    /// Somebody showed that it could.
    Exercise,
}

/// Reads one case study.
pub fn parse(file: &Utf8Path, text: &str) -> Result<CaseStudy, Faults> {
    let node = yaml::parse(file, text)?;
    let mut reader = Reader::new(file, text);
    let study = read(&mut reader, &node);
    reader.finish()?;
    Ok(study)
}

fn read(reader: &mut Reader, node: &Node) -> CaseStudy {
    let known = known(node);
    let fields = reader.fields(&known, "a case study", KEYS).unwrap_or_else(|| Fields::none(node.at));
    let mut needed = |key: &str, help: &str| match fields.get(key) {
        Some(node) => reader.text(node, &format!("`{key}`")).unwrap_or_default(),
        None => {
            reader.missing(fields.at, format!("`{key}` is missing"), help);
            String::new()
        }
    };
    let id = needed("id", "write what the case study is called for ever: `id: AML.CS0009`");
    let name = needed("name", "write its name in a few words");
    let summary = needed("summary", "write what happened");
    let day = needed("incident-date", "write the day: `incident-date: 2016-03-23`");
    let mut one_of = |key: &str, words: &[&str]| {
        let node = fields.get(key)?;
        let word = reader.word(node, &format!("`{key}`"))?;
        if !words.contains(&word.as_str()) {
            reader.fault(node.at, format!("`{word}` is no `{key}`"), format!("write {}", words.join(", ")));
        }
        Some(word)
    };
    let exactness = one_of("incident-date-granularity", &["DATE", "MONTH", "YEAR"]);
    let kind = one_of("case-study-type", &["incident", "exercise"]);
    if !day.is_empty() && day.parse::<jiff::civil::Date>().is_err() {
        let at = fields.get("incident-date").map_or(node.at, |node| node.at);
        reader.fault(at, format!("`{day}` is no date"), "write it as 2016-03-23");
    }
    let letters = match exactness.as_deref() {
        Some("YEAR") => 4,
        Some("MONTH") => 7,
        _ => day.len(),
    };
    CaseStudy {
        id,
        name,
        summary,
        happened_at: day.get(..letters).unwrap_or(&day).to_owned(),
        kind: if kind.as_deref() == Some("exercise") { Kind::Exercise } else { Kind::Incident },
        techniques: fields.get("procedure").map(techniques).unwrap_or_default(),
    }
}

/// The file without the keys that nothing here reads.
fn known(node: &Node) -> Node {
    let mut known = node.clone();
    if let NodeKind::Map(entries) = &mut known.kind {
        entries.retain(|(key, _)| KEYS.contains(&key.text.as_str()));
    }
    known
}

/// `technique: '{{pi_direct.id}}'` names `pi_direct`.
fn techniques(procedure: &Node) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let value = procedure.to_json();
    for step in value.as_array().into_iter().flatten() {
        let Some(written) = step["technique"].as_str() else { continue };
        let name = written.trim_start_matches('{').trim_end_matches('}').trim().trim_end_matches(".id");
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDY: &str = "id: CS1\nname: A bot is taught\nobject-type: case-study\nsummary: 'It spoke.\n\n  Badly.'\n\
        incident-date: 2016-03-23\nincident-date-granularity: MONTH\nprocedure:\n- technique: '{{poison_data.id}}'\n  \
        description: over and over\n- technique: '{{erode_integrity.id}}'\n- technique: '{{poison_data.id}}'\n\
        case-study-type: incident\nreferences: []\n";

    fn study(text: &str) -> Result<CaseStudy, Faults> {
        parse(Utf8Path::new("study.yaml"), text)
    }

    #[test]
    fn a_case_study_says_what_happened_as_exactly_as_it_is_known() {
        let study = study(STUDY).unwrap();
        assert_eq!((study.id.as_str(), study.happened_at.as_str()), ("CS1", "2016-03"));
        assert_eq!((study.summary.as_str(), study.kind), ("It spoke.\nBadly.", Kind::Incident));
        assert_eq!(study.techniques, ["poison_data", "erode_integrity"]);
    }

    #[test]
    fn what_is_missing_or_no_date_is_told_with_its_place() {
        let broken = STUDY.replace("2016-03-23", "spring").replace("name: A bot is taught\n", "");
        let faults = study(&broken).unwrap_err();
        let told: Vec<&str> = faults.iter().map(|fault| fault.what.as_str()).collect();
        assert_eq!(told, ["`name` is missing", "`spring` is no date"]);
        assert!(study("- 1\n").is_err() && study("").is_err());
    }
}
