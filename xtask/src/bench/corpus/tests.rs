use super::*;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::reference_set::Builder;
use domain::score::State;
use engine::process::Programs;
use engine::{Answered, Batch, Documents, Grading, Keeper, Ready, Sink, grade_systems, read_set};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// What a run of a thousand records does with the candidate's answers, without the lake: for each criterion how many pass,
/// and how many answers pass all.
#[derive(Default)]
struct Passes {
    of: [u64; 5],
    by_example: BTreeMap<u32, u64>,
}

impl Sink for Passes {
    type Error = Infallible;

    fn take(&mut self, _system: &str, batch: Batch) -> Result<(), Infallible> {
        for row in batch.scores {
            assert_eq!(row.state, State::Graded);
            let passed = u64::from(row.value == Some(1.0));
            self.of[usize::from(row.criterion)] += passed;
            *self.by_example.entry(row.example.0).or_default() += passed;
        }
        Ok(())
    }
}

#[test]
fn a_thousand_records_get_the_verdicts_that_peers_give_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    write(folder.path(), 1000).unwrap();
    let text = std::fs::read_to_string(root.join("plimsoll.yaml")).unwrap();
    let contract = domain::format::contract::parse(&root.join("plimsoll.yaml"), &text).unwrap().contract;
    let criteria = &contract.criteria;
    assert_eq!(criteria.iter().map(|criterion| criterion.name.as_str()).collect::<Vec<_>>(), CRITERIA);

    let mut keeper = Keeper::new(criteria);
    let set =
        read_set(root, &[Utf8PathBuf::from("examples.jsonl")], Builder::new(true), |example, _| keeper.keep(&example))
            .unwrap();
    let documents = Documents::new(&set, keeper);
    let compiled = |grader| Ready::Compiled(Box::new(grading::compile(grader).unwrap()));
    let graders = criteria.iter().map(|criterion| compiled(&criterion.grader)).collect();
    let digests = criteria.iter().map(|criterion| Digest::of_bytes(criterion.name.as_str().as_bytes())).collect();
    let grading = Grading::new(&set, &documents, criteria, graders, digests, 1, 2);
    let mut passes = Passes::default();
    let files = [root.join("candidate.jsonl")];
    let candidate = [Answered { system: "candidate", files: &files }];
    grade_systems(&grading, &candidate, None, &mut Programs::default(), &mut passes, |_| {}).unwrap();

    assert_eq!(Some(passes.of), expected(1000));
    assert_eq!(passes.by_example.values().filter(|passed| **passed == 5).count(), 805);
}

#[test]
fn a_record_reads_as_the_first_generator_wrote_it() {
    let second = Corpus::new().nth(1).unwrap();
    let candidate = r#"{"answer": "Your transfer request TCK-739838 is pending in about 22 days!", "citations": ["doc-802", "doc-2357"], "confidence": 0.003, "language": "en", "notes": "warranty password status shipping region from declined hours receipt number order for region engineer bank days days agent tax bank policy refund"}"#;
    assert_eq!(second.candidate, candidate);
    assert_eq!(second.expected, "Your transfer request TCK-739838 is pending within 22 days.");
    assert_eq!(
        second.question,
        "What is the state of TCK-739838: billing device contract downgrade cancel screen receipt escalation to?"
    );
    assert_eq!((second.segment, second.cluster.as_str(), second.ticket.as_str()), ("tax", "c000000", "TCK-739838"));
}
