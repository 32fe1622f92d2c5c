//! T5 and T6: the same candidate looked at again and again, worse by exactly the margin.

use super::Extent;
use super::draw::{Discordance, pairs};
use super::gates::{DISCORDANT, MARGIN, SHAPES};
use super::grid::{Bar, Cell, Figure, Row};
use super::rates::{ONE_SIDED, truth_of};
use super::release::{Gate, Rule};
use stats::sequential::Bets;

/// Ten looks, each with more data, at alpha * 2^-k. Beside it what becomes of looking ten times at the full level.
pub fn halving(extent: Extent) -> Row {
    const LOOKS: u32 = 10;
    let mut cells = Vec::new();
    for more in [50u32, 200].into_iter().take(extent.of(1, 2)) {
        for shape in SHAPES {
            let rule = Rule::NotWorse { margin: MARGIN };
            let (halving, full) = (Gate::of(1, 1, rule, false), Gate::of(1, 1, rule, true));
            let name = format!("{more} more clusters a look, {}", shape.words());
            cells.push(Cell::of(name, move |chance, _| {
                let truth = Discordance::around(DISCORDANT, -MARGIN);
                let mut drawn = vec![vec![Vec::new()]];
                let (mut shipped, mut peeked) = (false, false);
                for look in 1..=LOOKS {
                    drawn[0][0].extend(pairs(chance, more, truth, &shape));
                    shipped = shipped || halving.decide(&drawn, look)[0].ships;
                    peeked = peeked || full.decide(&drawn, 1)[0].ships;
                }
                [Some(truth_of(shipped)), Some(truth_of(peeked)), None, None]
            }));
        }
    }
    Row {
        id: "T5",
        what: "ten looks, worse by exactly the margin",
        figures: vec![
            Figure::of("ever ships, look k at alpha 2^-k", Bar::AtMost(0.05)),
            Figure::of("ever ships, every look at the full level", Bar::None),
        ],
        cells,
        part: 1.0,
    }
}

/// The e-process after each of forty batches.
pub fn betting(extent: Extent) -> Row {
    const LOOKS: u32 = 40;
    const BETS: usize = 24;
    let mut cells = Vec::new();
    for margin in [0.03, 0.05].into_iter().take(extent.of(1, 2)) {
        let Ok(bets) = Bets::against(margin, BETS) else { continue };
        for discordant in [0.05, 0.08, 0.16] {
            // Values of clusters cost a logarithm for each bet at each look.
            let shapes = SHAPES.into_iter().take(if discordant == DISCORDANT { 3 } else { 1 });
            for shape in shapes {
                let (bets, truth) = (bets.clone(), Discordance::around(discordant, -margin));
                let name = format!("margin={margin} discordant={discordant} {}", shape.words());
                let is_alone = shape == SHAPES[0];
                let more = if is_alone { 100 } else { 10 };
                cells.push(Cell::of(name, move |chance, _| {
                    let certain = -libm::log(ONE_SIDED);
                    let (mut values, mut counts) = (Vec::new(), [0u64; 3]);
                    let ever = (0..LOOKS).any(|_| {
                        for cluster in pairs(chance, more, truth, &shape) {
                            let difference = cluster.value / cluster.weight;
                            counts[(difference.signum() * f64::from(u8::from(difference != 0.0)) + 1.0) as usize] += 1;
                            values.push(0.5 * (difference + 1.0));
                        }
                        let log_e = if is_alone {
                            bets.log_e_of_counts(counts[2], counts[1], counts[0])
                        } else {
                            bets.log_e_of_values(&values)
                        };
                        log_e >= certain
                    });
                    [Some(truth_of(ever)), None, None, None]
                }));
            }
        }
    }
    Row {
        id: "T6",
        what: "e-process after each of forty batches, worse by exactly the margin",
        figures: vec![Figure::of("ever certifies", Bar::AtMost(0.05))],
        cells,
        part: 1.0,
    }
}
