//! T1 to T4 and B1: whole releases through the gate that decides, and the naive gate through the same.

use super::Extent;
use super::chance::Chance;
use super::draw::{Discordance, Shape, Sizes, pairs};
use super::grid::{Bar, Cell, Figure, Row};
use super::rates::truth_of;
use super::release::{Gate, Rule, Verdict, clusters_asked_for, naive};
use stats::Cluster;
use std::sync::Arc;

pub const MARGIN: f64 = 0.03;
pub const DISCORDANT: f64 = 0.08;
const SEGMENTS: usize = 5;
const CRITERIA: usize = 4;

pub const SHAPES: [Shape; 3] = [Shape::INDEPENDENT, Shape::of(Sizes::Fixed(5), 0.1), Shape::of(Sizes::Fixed(5), 0.3)];

/// Who decides.
#[derive(Clone)]
pub enum Decider {
    Product(Arc<Gate>),
    Naive,
}

impl Decider {
    fn product(segments: usize, criteria: usize) -> Self {
        Decider::Product(Arc::new(Gate::of(segments, criteria, Rule::NotWorse { margin: MARGIN }, true)))
    }

    fn decide(&self, drawn: &[Vec<Vec<Cluster>>]) -> Vec<Verdict> {
        match self {
            Decider::Product(gate) => gate.decide(drawn, 1),
            Decider::Naive => naive(drawn, MARGIN),
        }
    }
}

/// Every cell of a release: `lost` says by how much a segment's criterion is worse.
fn release(
    chance: &mut Chance,
    clusters: u32,
    shape: &Shape,
    lost: impl Fn(usize, usize) -> f64,
) -> Vec<Vec<Vec<Cluster>>> {
    let mut of = |segment, criterion| {
        let truth = Discordance::around(DISCORDANT, -lost(segment, criterion));
        pairs(chance, clusters, truth, shape)
    };
    (0..SEGMENTS).map(|segment| (0..CRITERIA).map(|criterion| of(segment, criterion)).collect()).collect()
}

/// Two identical systems.
pub fn same(extent: Extent) -> Row {
    same_through(
        extent,
        &Decider::product(SEGMENTS, CRITERIA),
        "T1",
        "gate, identical systems: 5 segments x 4 criteria, 8 % discordant, margin 3 points",
    )
}

fn same_through(extent: Extent, decider: &Decider, id: &'static str, what: &'static str) -> Row {
    let sizes: &[u32] = extent.of(&[60, 200], &[60, 120, 250, 400, 1000]);
    let grid = sizes.iter().flat_map(|&clusters| SHAPES.map(|shape| (clusters, shape)));
    let cells = grid.map(|(clusters, shape)| {
        let decider = decider.clone();
        Cell::of(format!("clusters={clusters} {}", shape.words()), move |chance, _| {
            let verdicts = decider.decide(&release(chance, clusters, &shape, |_, _| 0.0));
            let any = |of: fn(&Verdict) -> bool| Some(truth_of(verdicts.iter().any(of)));
            [any(|verdict| verdict.harmed), any(|verdict| verdict.odd), None, None]
        })
    });
    Row {
        id,
        what,
        figures: vec![
            Figure::of("some finding is breached", Bar::AtMost(0.05)),
            Figure::of("some finding failed, unfit, in error or without data", Bar::AtMost(0.0)),
        ],
        cells: cells.collect(),
        part: 1.0,
    }
}

/// Where the candidate is worse by exactly the margin.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Boundary {
    OneCriterionEach,
    AllCriteria,
    OneSegment,
}

impl Boundary {
    fn is_bad(self, segment: usize, criterion: usize) -> bool {
        match self {
            Boundary::OneCriterionEach => criterion == segment % CRITERIA,
            Boundary::AllCriteria => true,
            Boundary::OneSegment => segment == 0 && criterion == 0,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Boundary::OneCriterionEach => "one criterion of each segment",
            Boundary::AllCriteria => "all criteria",
            Boundary::OneSegment => "one criterion of one segment",
        }
    }
}

pub fn boundary(extent: Extent) -> Row {
    boundary_through(
        extent,
        &Decider::product(SEGMENTS, CRITERIA),
        "T2",
        "gate, worse by exactly the margin of 3 points",
    )
}

fn boundary_through(extent: Extent, decider: &Decider, id: &'static str, what: &'static str) -> Row {
    let sizes: &[u32] = extent.of(&[1000], &[60, 120, 250, 400, 1000]);
    let mut cells = Vec::new();
    for &clusters in sizes {
        for shape in SHAPES.into_iter().take(extent.of(2, 3)) {
            for boundary in [Boundary::OneCriterionEach, Boundary::AllCriteria, Boundary::OneSegment] {
                let decider = decider.clone();
                let name = format!("clusters={clusters} {} bad: {}", shape.words(), boundary.words());
                cells.push(Cell::of(name, move |chance, _| {
                    let lost = |segment, criterion| if boundary.is_bad(segment, criterion) { MARGIN } else { 0.0 };
                    let verdicts = decider.decide(&release(chance, clusters, &shape, lost));
                    let bad = |segment: usize| (0..CRITERIA).any(|criterion| boundary.is_bad(segment, criterion));
                    let shipped = verdicts.iter().enumerate().any(|(at, verdict)| bad(at) && verdict.ships);
                    [Some(truth_of(shipped)), None, None, None]
                }));
            }
        }
    }
    Row { id, what, figures: vec![Figure::of("some bad segment ships", Bar::AtMost(0.05))], cells, part: 1.0 }
}

/// The naive gate, asked the questions of T1 and T2: it must miss their bars.
pub fn control(extent: Extent) -> [Row; 2] {
    let same = same_through(extent, &Decider::Naive, "B1", "control: the naive gate through T1 must miss the bar");
    let boundary =
        boundary_through(extent, &Decider::Naive, "B1", "control: the naive gate through T2 must miss the bar");
    [same, boundary].map(|row| Row { part: 0.2, ..row })
}

/// As many clusters as the product asks for, on data like those that it has seen.
pub fn power(extent: Extent) -> Row {
    /// What is asked of a single cell does not hold below.
    const ENOUGH: u64 = 100;
    /// So many clusters show what the data are like.
    const PILOT: u32 = 20_000;
    let mut cells = Vec::new();
    for margin in [0.02, 0.03, 0.05].into_iter().skip(extent.of(2, 0)) {
        for discordant in [0.04, 0.08, 0.16] {
            for shape in SHAPES {
                let truth = Discordance::around(discordant, 0.0);
                let mut chance = Chance::of(0, "T3 pilot", 0);
                let Some(asked) = clusters_asked_for(&pairs(&mut chance, PILOT, truth, &shape), margin) else {
                    continue;
                };
                let gate = Gate::of(1, 1, Rule::NotWorse { margin }, true);
                let name = format!("margin={margin} discordant={discordant} {}: clusters={asked}", shape.words());
                cells.push(Cell::of(name, move |chance, _| {
                    let verdicts = gate.decide(&[vec![pairs(chance, asked as u32, truth, &shape)]], 1);
                    let passes = Some(truth_of(verdicts[0].ships));
                    if asked >= ENOUGH { [passes, None, None, None] } else { [None, passes, None, None] }
                }));
            }
        }
    }
    Row {
        id: "T3",
        what: "power of one gate with the clusters that the product asks for, no true change",
        figures: vec![
            Figure::of("holds, 100 clusters or more", Bar::Within(0.75, 0.92)),
            Figure::of("holds, fewer clusters", Bar::None),
        ],
        cells,
        part: 1.0,
    }
}

/// How often a segment of T1's release ships.
pub fn whole_gate(extent: Extent) -> Row {
    let shape = SHAPES[1];
    let decider = Decider::product(SEGMENTS, CRITERIA);
    let cells = [(400, 0), (1000, 1)].into_iter().take(extent.of(1, 2)).map(|(clusters, figure)| {
        let decider = decider.clone();
        Cell::of(format!("clusters={clusters} {}", shape.words()), move |chance, _| {
            let verdicts = decider.decide(&release(chance, clusters, &shape, |_, _| 0.0));
            let shipped = verdicts.iter().filter(|verdict| verdict.ships).count() as f64 / SEGMENTS as f64;
            std::array::from_fn(|at| (at == figure).then_some(shipped))
        })
    });
    let figures = vec![
        Figure::of("a segment of 400 clusters ships", Bar::AtLeast(0.85)),
        Figure::of("a segment of 1000 clusters ships", Bar::AtLeast(0.99)),
    ];
    let figures = figures.into_iter().take(extent.of(1, 2)).collect();
    Row { id: "T4", what: "power of the whole gate, identical systems", figures, cells: cells.collect(), part: 1.0 }
}
