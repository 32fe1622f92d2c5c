//! The harness itself: it must be able to fail.

use super::grid::{Bar, Cell, Figure, Fold, Measured, Row, Sum};
use super::*;

/// A row of which only the cells with this in their names are kept.
fn only(mut row: Row, words: &str) -> Row {
    row.cells.retain(|cell| cell.name.contains(words));
    assert!(!row.cells.is_empty(), "no cell is named {words}");
    row
}

fn coin(bar: Bar) -> Row {
    let cell =
        |p: f64| Cell::of(format!("p={p}"), move |chance, _| [Some(rates::truth_of(chance.is(p))), None, None, None]);
    Row {
        id: "C1",
        what: "coins",
        figures: vec![Figure::of("heads", bar)],
        cells: vec![cell(0.02), cell(0.2)],
        part: 1.0,
    }
}

#[test]
fn a_bar_is_missed_by_the_worst_cell_alone() {
    for (bar, is_met) in [
        (Bar::AtMost(0.2), true),
        (Bar::AtMost(0.1), false),
        (Bar::AtLeast(0.02), true),
        (Bar::AtLeast(0.1), false),
        (Bar::Within(0.01, 0.3), true),
        (Bar::Within(0.1, 0.3), false),
        (Bar::Within(0.01, 0.1), false),
        (Bar::None, true),
    ] {
        let row = coin(bar);
        assert_eq!(grid::run(&row, 1, 1000, 1, |_| ()).meets(), is_met, "{bar:?}");
    }
}

#[test]
fn chance_is_allowed_three_standard_errors_at_the_bar_and_a_largest_value_none() {
    let of = |value, count| Measured { value, error: 0.0, count };
    let bar = Bar::AtMost(0.05);
    // Of 10,000: 3 sqrt(.05 * .95 / 10,000) = .00654.
    assert!(bar.excess(&of(0.0565, 10_000), Fold::Mean) <= 0.0);
    assert!(bar.excess(&of(0.0566, 10_000), Fold::Mean) > 0.0);
    assert!(bar.excess(&of(0.0501, 10_000), Fold::Largest) > 0.0);
    assert!(Bar::AtMost(0.0).excess(&of(0.0001, 10_000), Fold::Mean) > 0.0);
}

#[test]
fn a_figure_that_was_never_taken_meets_no_bar() {
    let row = Row { cells: vec![Cell::of("nothing".to_owned(), |_, _| [None; 4])], ..coin(Bar::AtMost(1.0)) };
    assert!(!grid::run(&row, 1, 10, 1, |_| ()).meets());
}

#[test]
fn figures_do_not_depend_on_threads_and_do_on_the_seed() {
    let row = only(rates::clustered(Extent::Fast), "clusters=50 p=0.9 ");
    let sums = |seed, threads| -> Vec<[Sum; 4]> { grid::run(&row, seed, 250, threads, |_| ()).cells };
    assert_eq!(sums(1, 1), sums(1, 3));
    assert_ne!(sums(1, 1), sums(2, 1));
}

#[test]
fn the_naive_gate_misses_the_bars() {
    for row in gates::control(Extent::Fast) {
        let row = only(Row { part: 1.0, ..row }, "size=1 ");
        assert!(!grid::run(&row, SEED, 100, 1, |_| ()).meets(), "{}", row.what);
    }
}

#[test]
fn a_bad_segment_ships_as_rarely_as_is_said() {
    let row = only(gates::boundary(Extent::Fast), "size=1 rho=0 bad: one criterion of each");
    assert!(grid::run(&row, SEED, 200, 1, |_| ()).meets());
}

#[test]
fn harm_is_cried_as_rarely_as_is_said() {
    let row = only(gates::same(Extent::Fast), "clusters=200 size=1 ");
    assert!(grid::run(&row, SEED, 200, 1, |_| ()).meets());
}

#[test]
fn ten_looks_ship_no_more_often_than_one() {
    let row = only(looks::halving(Extent::Fast), "size=1 ");
    assert!(grid::run(&row, SEED, 200, 1, |_| ()).meets());
}

#[test]
fn quantiles_lie_within_their_intervals_as_often_as_is_said() {
    let row = only(quantiles::spread(Extent::Fast), "clusters=80 ");
    assert!(grid::run(&row, SEED, 400, 1, |_| ()).meets());
}

#[test]
fn a_bound_does_not_rise_where_a_pass_turned_into_a_fail() {
    let row = only(metamorphic::worse(Extent::Fast), "size=5 rho=0.3");
    assert!(grid::run(&row, SEED, 200, 1, |_| ()).meets());
}

#[test]
fn options_are_read_and_what_is_unknown_is_refused() {
    let read = order(&["--full", "--only", "c1,T2", "--seed", "7", "--threads", "1"]).unwrap();
    assert_eq!((read.extent, read.seed, read.threads, read.repetitions), (Extent::Full, 7, 1, 10_000));
    assert_eq!(read.only, ["C1", "T2"]);
    for words in [&["--only", "C99"][..], &["--only"], &["--seed", "x"], &["--fats"]] {
        assert!(order(words).is_err(), "{words:?}");
    }
}
