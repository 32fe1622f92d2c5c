//! How judges came to their verdicts, as rows keep it.

use camino::Utf8Path;
use domain::format::contract;
use domain::name::CriterionName;
use domain::reference_set::ReferenceSet;
use domain::score::{HowJudged, State};
use domain::system::Arm;
use lake::{Asked, Differing, RunWriter, ScoreIn, Scores};
use std::collections::BTreeMap;

const CONTRACT: &str = "plimsoll: 1\nname: judged\nowners: {release: release captain}\n";
const ARMS: [Arm; 2] = [Arm::Candidate, Arm::Production];

#[test]
fn what_judges_differ_on_is_counted_from_rows_and_not_from_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let mut writer = RunWriter::create(path).unwrap();
    let none = HowJudged::default();
    let pair = |panel, order| HowJudged { panel_differs: Some(panel), order_changed: Some(order), level: None };
    let on = |level| HowJudged { level: Some(level), ..none };
    let rows = [
        ("compared", Arm::Candidate, [pair(true, true), pair(true, false), pair(false, false)]),
        // Production's side of a comparison is none of its own.
        ("compared", Arm::Production, [none; 3]),
        ("scaled", Arm::Candidate, [on(0), on(3), none]),
    ];
    for (criterion, arm, of_examples) in rows {
        for (index, how) in (0..).zip(of_examples) {
            let row = ScoreIn {
                example: "e",
                index,
                example_digest: "d",
                system: arm.as_str(),
                repeat: 0,
                criterion,
                grader: "g",
                state: State::Graded,
                value: Some(1.0),
                class: None,
                // A judge may write what a panel's reason says.
                reason: "changed with the order: (one: pass, two: fail)",
                how,
            };
            writer.score(&row).unwrap();
        }
    }
    writer.finish().unwrap();
    let (set, contract) =
        (ReferenceSet::default(), contract::parse("plimsoll.yaml".into(), CONTRACT).unwrap().contract);
    let systems = BTreeMap::from(ARMS.map(|arm| (arm, arm.as_str().to_owned())));
    let scores = Scores::open(path, Asked { set: &set, contract: &contract, systems }).unwrap();
    let of = |name: &str| scores.differing(&CriterionName::new(name)).unwrap();
    assert_eq!(of("compared"), Differing { panel: (3, 2), order: (3, 1) });
    assert_eq!(of("scaled"), Differing::default());
    let verdicts = scores.verdicts(&CriterionName::new("scaled")).unwrap();
    assert_eq!(verdicts.iter().map(|one| one.how).collect::<Vec<_>>(), [on(0), on(3), none]);
    let verdicts = scores.verdicts(&CriterionName::new("compared")).unwrap();
    let kept: Vec<HowJudged> = verdicts.iter().filter(|one| one.arm == Arm::Candidate).map(|one| one.how).collect();
    assert_eq!(kept, [pair(true, true), pair(true, false), pair(false, false)]);
}
