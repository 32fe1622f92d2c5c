//! The rule of section 4 in numbers: p values of cells in, one verdict for each group and one step for all.
//!
//! in      per cell its group and two p values: of "worse by the margin or more" and of "not worse"; one level
//! out     per group the claim's p, Holm's correction and a verdict; per cell the corrected p of harm; what may be done
//! errors  none; a cell that is not estimable comes with p 1 twice
//! source  Berger 1982 within a group, Holm 1979 over groups and over cells
//! not for the decision that a user sees: must-never, floors, looks and routes belong to the rules on top

use crate::{Tested, holm, multiplicity::intersection_union_then_holm};

/// One criterion in one group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Counted from 0.
    pub group: usize,
    pub p_noninferior: f64,
    pub p_worse: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Regressed,
    Insufficient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Ship,
    Narrow,
    RollBack,
    Hold,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// Per group: the largest p of its cells.
    pub p_group: Vec<f64>,
    pub groups: Vec<Tested>,
    /// Per cell: the test of harm.
    pub harm: Vec<Tested>,
    pub verdicts: Vec<Verdict>,
    pub step: Step,
}

pub fn rule(cells: &[Cell], level: f64) -> Ruling {
    let count = cells.iter().map(|cell| cell.group + 1).max().unwrap_or(0);
    let of_group = |group: usize| cells.iter().enumerate().filter(move |(_, cell)| cell.group == group);
    let claims: Vec<Vec<f64>> =
        (0..count).map(|group| of_group(group).map(|(_, cell)| cell.p_noninferior).collect()).collect();
    let (p_group, groups) = intersection_union_then_holm(&claims, level);
    let harm = holm(&cells.iter().map(|cell| cell.p_worse).collect::<Vec<_>>(), level);
    let verdicts: Vec<Verdict> = (0..count)
        .map(|group| {
            let harmed = of_group(group).any(|(at, cell)| harm[at].rejected && cell.p_noninferior > level);
            match (groups[group].rejected, harmed) {
                (true, _) => Verdict::Pass,
                (false, true) => Verdict::Regressed,
                (false, false) => Verdict::Insufficient,
            }
        })
        .collect();
    let step = step(&verdicts);
    Ruling { p_group, groups, harm, verdicts, step }
}

fn step(verdicts: &[Verdict]) -> Step {
    let some = |verdict| verdicts.contains(&verdict);
    if some(Verdict::Pass) {
        let all = verdicts.iter().all(|&verdict| verdict == Verdict::Pass);
        return if all { Step::Ship } else { Step::Narrow };
    }
    if some(Verdict::Regressed) { Step::RollBack } else { Step::Hold }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_passes_ships_alone_and_nothing_is_no_reason_to_ship() {
        let cell = |group, p_noninferior, p_worse| Cell { group, p_noninferior, p_worse };
        let ruling = rule(&[cell(0, 0.001, 0.9), cell(1, 0.9, 0.001)], 0.05);
        assert_eq!((ruling.verdicts, ruling.step), (vec![Verdict::Pass, Verdict::Regressed], Step::Narrow));
        assert_eq!(rule(&[], 0.05).step, Step::Hold);
    }
}
