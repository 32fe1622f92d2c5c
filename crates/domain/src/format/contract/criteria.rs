//! `criteria:` of a contract.

use super::{graders, segments};
use crate::criterion::{Criterion, Kind};
use crate::failure_class::{Classes, FailureClass, NoClass};
use crate::format::yaml::{Fields, Node, Reader};
use crate::grader::{Grader, Reading};
use crate::name::{ClassName, CriterionName};
use crate::share::Share;
use crate::system::System;

pub const KEYS: &[&str] = &["protects", "grade", "describe", "when", "pass_at", "kind"];

pub fn read(reader: &mut Reader, node: &Node, failures: &[FailureClass], systems: &[System]) -> Vec<Criterion> {
    let help = "write `name: {protects: [class], grade: {...}}`";
    let mut criteria = Vec::new();
    for (key, value) in reader.entries(node, "`criteria`", help) {
        let Some(fields) = reader.fields(value, "a criterion", KEYS) else { continue };
        let said = Said::read(reader, &fields);
        let grader = match fields.get("grade") {
            Some(grade) => graders::read(reader, grade, systems, said.measures()),
            None => {
                let what = format!("criterion `{}` has no grader", key.text);
                reader.missing(key.at, what, "write `grade: {equals: expected.answer}`, or `grade: imported`");
                None
            }
        };
        // A grader that could not be read is a fault already; its criterion stays known, so that gates do not repeat it.
        let grader = grader.unwrap_or(Grader::Imported);
        let kind = kind(reader, &fields, &said, &grader);
        criteria.push(Criterion {
            name: CriterionName::new(&key.text),
            describe: fields.get("describe").and_then(|node| reader.text(node, "`describe`")).unwrap_or_default(),
            protects: fields.get("protects").map(|node| classes(reader, node, failures)).unwrap_or_default(),
            grader,
            applies: fields.get("when").map(|node| segments::conditions(reader, node, "`when`")).unwrap_or_default(),
            pass_at: said.pass_at,
            kind,
        });
    }
    criteria
}

/// What a criterion says of its grades.
struct Said {
    kind: Option<Kind>,
    pass_at: Option<Share>,
}

impl Said {
    fn read(reader: &mut Reader, fields: &Fields) -> Self {
        let pass_at = fields.get("pass_at").and_then(|node| reader.share(node, "`pass_at`"));
        let kind = fields.get("kind").and_then(|node| {
            let word = reader.word(node, "`kind`")?;
            match word.as_str() {
                "graded" => Some(Kind::Graded),
                "pass_fail" => Some(Kind::PassFail),
                _ => {
                    let what = format!("`{word}` is no kind of criterion");
                    reader.fault(node.at, what, "write `pass_fail`, or `graded` where the mean of grades is gated");
                    None
                }
            }
        });
        if kind == Some(Kind::Graded) && pass_at.is_some() {
            let what = "a graded criterion gates the mean of its grades, and `pass_at` turns grades into passes";
            reader.fault(fields.place_of("pass_at"), what, "keep `kind: graded` or `pass_at`");
        }
        Said { kind, pass_at }
    }

    /// Grades between 0 and 1 are expected.
    fn measures(&self) -> bool {
        self.kind == Some(Kind::Graded) || self.pass_at.is_some()
    }
}

/// A grader that passes or fails by itself leaves nothing to say; one that measures is passed from `pass_at` up, else its
/// mean is gated.
fn kind(reader: &mut Reader, fields: &Fields, said: &Said, grader: &Grader) -> Kind {
    let reading = match grader {
        Grader::Similar { reading, .. } | Grader::Cel { reading, .. } => Some(*reading),
        _ => None,
    };
    match (reading, said.kind) {
        (Some(Reading::PassAt(_)), Some(Kind::Graded)) => {
            let what = "this grader passes by a mark of its own, so that no mean is left to gate";
            reader.fault(fields.place_of("kind"), what, "keep the grader's mark or `kind: graded`");
            Kind::PassFail
        }
        (Some(Reading::PassAt(_)), _) if said.pass_at.is_some() => {
            reader.fault(fields.place_of("pass_at"), "the mark is set twice, here and in the grader", "keep one");
            Kind::PassFail
        }
        (Some(Reading::Graded), None) if said.pass_at.is_none() => Kind::Graded,
        (_, said) => said.unwrap_or(Kind::PassFail),
    }
}

fn classes(reader: &mut Reader, node: &Node, failures: &[FailureClass]) -> Vec<ClassName> {
    let known = Classes::of(failures);
    let mut classes = Vec::new();
    for item in crate::format::yaml::one_or_many(node) {
        let Some(word) = reader.name(item, "a failure class") else { continue };
        if let Err(NoClass { what, help }) = known.find(&word) {
            reader.fault(item.at, what, help);
        }
        classes.push(ClassName::new(word));
    }
    classes
}
