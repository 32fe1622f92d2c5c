//! `criteria:` of a contract.

use super::{graders, segments};
use crate::criterion::{Criterion, Kind};
use crate::failure_class::{BUILT_IN, FailureClass};
use crate::fault::closest;
use crate::format::yaml::{Node, Reader};
use crate::grader::Grader;
use crate::name::{ClassName, CriterionName};
use crate::system::System;

pub const KEYS: &[&str] = &["protects", "grade", "describe", "when", "pass_at", "kind"];

pub fn read(reader: &mut Reader, node: &Node, failures: &[FailureClass], systems: &[System]) -> Vec<Criterion> {
    let help = "write `name: {protects: [class], grade: {...}}`";
    let mut criteria = Vec::new();
    for (key, value) in reader.entries(node, "`criteria`", help) {
        let Some(fields) = reader.fields(value, "a criterion", KEYS) else { continue };
        let Some(grade) = fields.get("grade") else {
            let what = format!("criterion `{}` has no grader", key.text);
            reader.missing(key.at, what, "write `grade: {equals: expected.answer}`, or `grade: imported`");
            continue;
        };
        let grader = graders::read(reader, grade, systems);
        let pass_at = fields.get("pass_at").and_then(|node| reader.share(node, "`pass_at`"));
        let kind = match fields.get("kind").map(|node| (node, reader.word(node, "`kind`"))) {
            Some((_, Some(word))) if word == "graded" => Kind::Graded,
            Some((_, Some(word))) if word == "pass_fail" => Kind::PassFail,
            Some((node, Some(_))) => {
                reader.fault(node.at, "`kind` is pass_fail or graded", "graded: the mean of grades in [0, 1] is gated");
                Kind::PassFail
            }
            _ => Kind::PassFail,
        };
        let protects = fields.get("protects").map(|node| classes(reader, node, failures)).unwrap_or_default();
        // A grader that could not be read is a fault already; its criterion stays known, so that gates do not repeat it.
        let grader = grader.unwrap_or(Grader::Imported);
        criteria.push(Criterion {
            name: CriterionName::new(&key.text),
            describe: fields.get("describe").and_then(|node| reader.text(node, "`describe`")).unwrap_or_default(),
            protects,
            grader,
            applies: fields.get("when").map(|node| segments::conditions(reader, node, "`when`")).unwrap_or_default(),
            pass_at,
            kind,
        });
    }
    criteria
}

fn classes(reader: &mut Reader, node: &Node, failures: &[FailureClass]) -> Vec<ClassName> {
    let known = || {
        let own = failures.iter().map(|class| class.name.as_str());
        BUILT_IN.iter().map(|(name, ..)| *name).chain(own)
    };
    let mut classes = Vec::new();
    for item in crate::format::yaml::one_or_many(node) {
        let Some(word) = reader.word(item, "a failure class") else { continue };
        if !known().any(|name| name == word) {
            let help = match closest(&word, known()) {
                Some(known) => format!("did you mean `{known}`? A class of your own is declared under `failures`"),
                None => "declare it under `failures` with its cost and owner".to_owned(),
            };
            reader.fault(item.at, format!("`{word}` is no failure class"), help);
        }
        classes.push(ClassName::new(word));
    }
    classes
}
