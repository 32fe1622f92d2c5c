//! A small eval with its scores written as marks, summed in memory as `lake` sums them by SQL.

use camino::Utf8Path;
use domain::contract::Contract;
use domain::decision::{Changed, Decision, decide};
use domain::evidence::{Evidence, Inquiry, Weighing, segments, weighed_as};
use domain::finding::Facts;
use domain::format::examples::{Read, parse};
use domain::format::lines::LinePlace;
use domain::question::{Compared, Counts, Question, Tally};
use domain::reference_set::{Builder, ExampleIndex, Kept, ReferenceSet};
use domain::segment::Segment;
use domain::system::Arm;
use std::collections::{BTreeMap, BTreeSet};

/// A contract with one pass-or-fail criterion `right`, cut by task, and these gates.
pub fn contract(segments: &str, gates: &[&str]) -> Contract {
    let gates: String = gates.iter().map(|gate| format!("  - {gate}\n")).collect();
    let text = format!(
        "plimsoll: 1\nname: small\npromise:\n  work: answer billing questions\n  for: customers\n  evidence: [policy]\n  constraints: [cite it]\n  \
         when_not_ready: escalate\nrelease: replace v1 by v2\nowners: {{release: release captain, product: billing product}}\ntasks: [pay, refund]\n\
         failures:\n  wrong_source: {{cost: 10, owner: release}}\nexamples: [e.jsonl]\nsegments:\n  - {segments}\n\
         criteria:\n  right: {{protects: [wrong_source], grade: {{behaviour: expected.behaviour}}}}\n\
         systems:\n  candidate: {{recorded: c.jsonl}}\n  production: {{recorded: p.jsonl}}\n  fallback: {{recorded: f.jsonl}}\n\
         gates:\n{gates}alpha: 0.05\nlooks: 1\n"
    );
    match domain::format::contract::parse(Utf8Path::new("plimsoll.yaml"), &text) {
        Ok(parsed) => parsed.contract,
        Err(faults) => panic!("{:?}", faults.iter().map(|fault| (fault.place.line, &fault.what)).collect::<Vec<_>>()),
    }
}

/// Marks of one arm, one for each example: `1` passes, `0` fails, `s` system error, `g` grader error, `-` not run.
/// `1*40 0*3` is forty passes and three failures.
pub fn marks(text: &str) -> Vec<char> {
    let runs = text.split_whitespace().map(|run| run.split_once('*').unwrap_or((run, "1")));
    let count = |count: &str| count.parse::<usize>().expect("a count follows the star");
    runs.flat_map(|(mark, times)| mark.chars().cycle().take(mark.chars().count() * count(times)).collect::<Vec<_>>())
        .collect()
}

/// Examples by task, each from traffic with weight 1 and a cluster of its own.
pub fn set(tasks: &[(&str, usize)]) -> ReferenceSet {
    let mut builder = Builder::new(false);
    let path = Utf8Path::new("e.jsonl");
    let file = builder.file(path);
    let names = tasks.iter().flat_map(|(task, count)| std::iter::repeat_n(*task, *count));
    for (at, task) in names.enumerate() {
        let line = at as u32 + 1;
        let text = format!(
            r#"{{"id":"e{at}","input":"q{at}","task":"{task}","provenance":{{"source":"traffic","probability":1}}}}"#
        );
        match parse(LinePlace { file: path, line }, &text) {
            Ok(Read::Example(example)) => builder.add(&example, Kept { file, line, offset: 0, length: 0 }),
            Ok(Read::Header) => {}
            Err(faults) => panic!("{:?}", faults.iter().map(|fault| &fault.what).collect::<Vec<_>>()),
        }
    }
    builder.finish().expect("ids are unique")
}

/// An eval that is ready to be decided.
pub struct Eval {
    pub contract: Contract,
    pub set: ReferenceSet,
    pub marks: BTreeMap<Arm, Vec<char>>,
    pub facts: Facts,
}

impl Eval {
    pub fn new(contract: Contract, set: ReferenceSet, marks_of: &[(Arm, &str)]) -> Self {
        let marks: BTreeMap<Arm, Vec<char>> = marks_of.iter().map(|(arm, text)| (*arm, marks(text))).collect();
        for (arm, marks) in &marks {
            assert_eq!(marks.len(), set.rows.len(), "{arm:?} has a mark for each example");
        }
        Eval { contract, set, marks, facts: Facts { look: Some(1), ..Facts::default() } }
    }

    pub fn decide(&self) -> Decision {
        let arms: BTreeSet<Arm> = self.marks.keys().copied().collect();
        let segments = segments(&self.contract, &self.set);
        let inquiry = Inquiry::of(&self.contract, &segments, &arms);
        let answered = inquiry.questions().iter().map(|asked| {
            let tally = self.tally(asked);
            let weighing = Weighing::of(asked, &tally);
            (asked.clone(), weighing.judged(&self.contract, asked, &tally, &self.facts.judges))
        });
        let evidence = Evidence::new(answered.collect());
        decide(&self.contract, &self.set, &segments, &arms, &evidence, &self.facts, Changed::default())
    }

    fn tally(&self, question: &Question) -> Tally {
        let (of, with) = match question.compared {
            Compared::Alone(of) => (of, None),
            Compared::Paired { of, with, .. } => (of, Some(with)),
        };
        let inside = self.inside(&question.segment);
        let mark = |arm: Arm, at: usize| self.marks.get(&arm).map_or('-', |marks| marks[at]);
        let is_missing = |at: &usize| [Some(of), with].iter().flatten().any(|arm| "g-".contains(mark(*arm, *at)));
        let kind = weighed_as(question);
        let clusters = |missing_at: Option<f64>| -> Vec<stats::Cluster> {
            let known = inside.iter().filter(|at| missing_at.is_some() || !is_missing(at));
            let value = |arm: Arm, at: usize, missing: f64| match mark(arm, at) {
                '1' => 1.0,
                '0' | 's' => 0.0,
                _ => missing,
            };
            known
                .map(|&at| {
                    let own = value(of, at, missing_at.unwrap_or(0.0));
                    cluster(own, with.map(|with| value(with, at, 1.0 - missing_at.unwrap_or(0.0))), kind)
                })
                .collect()
        };
        let some_missing = inside.iter().any(is_missing);
        Tally {
            counts: self.counts(of, &inside),
            opponent: with.map(|with| self.counts(with, &inside)).unwrap_or_default(),
            clusters: clusters(None),
            strata: stats::Strata::none(),
            best: some_missing.then(|| clusters(Some(1.0))),
            worst: some_missing.then(|| clusters(Some(0.0))),
            ..Tally::default()
        }
    }

    fn inside(&self, segment: &Segment) -> Vec<usize> {
        let rows = 0..self.set.rows.len();
        rows.filter(|&at| self.set.lies_in(&segment.conditions, ExampleIndex(at as u32))).collect()
    }

    fn counts(&self, arm: Arm, inside: &[usize]) -> Counts {
        let count = |wanted: &str| {
            inside.iter().filter(|&&at| wanted.contains(self.marks.get(&arm).map_or('-', |marks| marks[at]))).count()
                as u64
        };
        Counts {
            planned: inside.len() as u64,
            answered: count("01g"),
            graded: count("01s"),
            paired: count("01s"),
            system_errors: count("s"),
            grader_errors: count("g"),
            not_run: count("-"),
            clusters: inside.len() as u64,
            weighted: inside.len() as u64,
            grades: inside.len() as u64,
            missing: count("g-"),
        }
    }
}

/// One conversation of weight 1.
fn cluster(own: f64, other: Option<f64>, kind: stats::Kind) -> stats::Cluster {
    let value = own - other.unwrap_or(0.0);
    let is_difference = kind == stats::Kind::Difference;
    stats::Cluster {
        stratum: 0,
        rows: 1,
        weight: 1.0,
        weight_squared: 1.0,
        value,
        gain: if is_difference { value.max(0.0) } else { 0.0 },
        loss: if is_difference { (-value).max(0.0) } else { 0.0 },
        some_fail: if is_difference { value != 0.0 } else { value < 1.0 },
        some_pass: if is_difference { value != 0.0 } else { value > 0.0 },
    }
}
