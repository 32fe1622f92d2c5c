//! Grids of simulations: cells that are repeated, figures taken of each repetition, bars that a grid's worst cell must meet.
//!
//! in      rows of cells; the run's seed; how often each cell is repeated; how many threads
//! out     per cell and figure the mean, its Monte-Carlo standard error, and whether the bar is met
//! note    a bar on shares of few repetitions allows three standard errors at the bar itself

use super::chance::Chance;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Figures of one repetition, in the order of the row's; `None` where one does not apply.
pub type Seen = [Option<f64>; 4];

/// Repetitions on one stream of chance.
const BLOCK: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    AtMost(f64),
    AtLeast(f64),
    Within(f64, f64),
    /// Shown, and nothing is asked of it.
    None,
}

/// How the repetitions of a cell become one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fold {
    Mean,
    Largest,
}

#[derive(Clone, Debug)]
pub struct Figure {
    pub what: &'static str,
    pub bar: Bar,
    pub fold: Fold,
}

impl Figure {
    pub fn of(what: &'static str, bar: Bar) -> Self {
        Figure { what, bar, fold: Fold::Mean }
    }
}

/// Something simulated, once; the number is that of the repetition within its cell.
pub type Repetition = Box<dyn Fn(&mut Chance, usize) -> Seen + Sync>;

pub struct Cell {
    pub name: String,
    pub repeat: Repetition,
}

impl Cell {
    pub fn of(name: String, repeat: impl Fn(&mut Chance, usize) -> Seen + Sync + 'static) -> Self {
        Cell { name, repeat: Box::new(repeat) }
    }
}

pub struct Row {
    pub id: &'static str,
    pub what: &'static str,
    pub figures: Vec<Figure>,
    pub cells: Vec<Cell>,
    /// How often a cell is repeated, as a part of what the run asks for.
    pub part: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    pub count: u64,
    sum: f64,
    squares: f64,
    largest: f64,
}

impl Sum {
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
        self.largest = self.largest.max(value);
    }

    fn and(self, other: &Sum) -> Self {
        Sum {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
            largest: self.largest.max(other.largest),
        }
    }
}

/// A figure of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub value: f64,
    pub error: f64,
    pub count: u64,
}

impl Measured {
    /// `None` where no repetition had the figure.
    pub fn of(sum: &Sum, fold: Fold) -> Option<Self> {
        let count = sum.count as f64;
        let mean = sum.sum / count;
        let error = libm::sqrt((sum.squares / count - mean * mean).max(0.0) / count);
        (sum.count > 0).then_some(match fold {
            Fold::Mean => Measured { value: mean, error, count: sum.count },
            Fold::Largest => Measured { value: sum.largest, error: 0.0, count: sum.count },
        })
    }
}

impl Bar {
    /// By how much a figure lies on the wrong side, after what chance allows; not above 0 where the bar is met.
    pub fn excess(self, measured: &Measured, fold: Fold) -> f64 {
        let count = measured.count as f64;
        let allowed = |bar: f64| match fold {
            Fold::Mean => 3.0 * libm::sqrt(bar * (1.0 - bar) / count),
            Fold::Largest => 0.0,
        };
        match self {
            Bar::AtMost(bar) => measured.value - bar - allowed(bar),
            Bar::AtLeast(bar) => bar - measured.value - allowed(bar),
            Bar::Within(low, high) => (low - measured.value - allowed(low)).max(measured.value - high - allowed(high)),
            Bar::None => 0.0,
        }
    }

    /// How near to the wrong side, whatever chance allows: the cell with the most of it is the worst of its grid.
    fn badness(self, measured: &Measured) -> f64 {
        match self {
            Bar::AtMost(_) | Bar::None => measured.value,
            Bar::AtLeast(_) => -measured.value,
            Bar::Within(low, high) => (low - measured.value).max(measured.value - high),
        }
    }
}

/// The sums of every figure of every cell of a row.
pub struct Run<'a> {
    pub row: &'a Row,
    pub repetitions: usize,
    pub cells: Vec<[Sum; 4]>,
}

impl Run<'_> {
    /// The worst cell of a figure, and in how many cells it was taken.
    pub fn worst(&self, figure: usize) -> Option<(usize, Measured, usize)> {
        let Figure { bar, fold, .. } = self.row.figures[figure];
        let all = || self.measured(figure, fold);
        let worst = all().max_by(|(_, a), (_, b)| bar.badness(a).total_cmp(&bar.badness(b)));
        worst.map(|(at, measured)| (at, measured, all().count()))
    }

    /// The mean over cells, for what is judged by more than its worst.
    pub fn mean(&self, figure: usize) -> Option<f64> {
        let (sum, count) =
            self.measured(figure, Fold::Mean).fold((0.0, 0u32), |(sum, n), (_, m)| (sum + m.value, n + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    /// Cells that miss the bar of a figure.
    pub fn missing(&self, figure: usize) -> usize {
        let Figure { bar, fold, .. } = self.row.figures[figure];
        self.measured(figure, fold).filter(|(_, measured)| bar.excess(measured, fold) > 0.0).count()
    }

    /// Whether every bar is met, and every figure was taken at all.
    pub fn meets(&self) -> bool {
        (0..self.row.figures.len()).all(|figure| self.worst(figure).is_some() && self.missing(figure) == 0)
    }

    fn measured(&self, figure: usize, fold: Fold) -> impl Iterator<Item = (usize, Measured)> {
        let sums = self.cells.iter().map(move |cell| &cell[figure]);
        sums.enumerate().filter_map(move |(at, sum)| Some((at, Measured::of(sum, fold)?)))
    }
}

/// Repeats every cell of a row; `say` hears how many tenths are done.
pub fn run<'a>(row: &'a Row, seed: u64, repetitions: usize, threads: usize, say: impl Fn(usize) + Sync) -> Run<'a> {
    let repetitions = ((repetitions as f64 * row.part) as usize).max(1);
    let blocks = repetitions.div_ceil(BLOCK);
    let all = blocks * row.cells.len();
    let sums = Mutex::new(vec![[Sum::default(); 4]; all]);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= all {
                return;
            }
            let (cell, block) = (&row.cells[at / blocks], at % blocks);
            let from = block * BLOCK;
            let sum = block_of(row, cell, seed, block, from..repetitions.min(from + BLOCK));
            if let Ok(mut sums) = sums.lock() {
                sums[at] = sum;
            }
            let before = done.fetch_add(1, Ordering::Relaxed);
            if (before + 1) * 10 / all > before * 10 / all {
                say((before + 1) * 10 / all);
            }
        }
    };
    std::thread::scope(|scope| (0..threads.max(1)).for_each(|_| drop(scope.spawn(work))));
    let sums = sums.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Blocks are added in their order, whoever finished first.
    let added = |blocks: &[[Sum; 4]]| {
        blocks.iter().fold([Sum::default(); 4], |all, block| std::array::from_fn(|at| all[at].and(&block[at])))
    };
    Run { row, repetitions, cells: sums.chunks(blocks).map(added).collect() }
}

fn block_of(row: &Row, cell: &Cell, seed: u64, block: usize, range: std::ops::Range<usize>) -> [Sum; 4] {
    let mut chance = Chance::of(seed, &format!("{} {}", row.id, cell.name), block as u64);
    let mut sums = [Sum::default(); 4];
    for at in range {
        let seen = (cell.repeat)(&mut chance, at);
        sums.iter_mut().zip(seen).for_each(|(sum, value)| value.into_iter().for_each(|value| sum.add(value)));
    }
    sums
}
