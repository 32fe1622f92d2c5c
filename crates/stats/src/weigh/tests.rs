use super::*;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

const EXACT: f64 = 1e-8;

/// Independent rows of weight 1: each (passes, fails) its own cluster.
fn independent(passes: u64, fails: u64) -> Vec<Cluster> {
    let row = |passed: bool| Cluster {
        rows: 1,
        weight: 1.0,
        weight_squared: 1.0,
        value: f64::from(u8::from(passed)),
        some_fail: !passed,
        some_pass: passed,
        ..Cluster::default()
    };
    (0..passes).map(|_| row(true)).chain((0..fails).map(|_| row(false))).collect()
}

fn pairs(better: u64, worse: u64, same: u64) -> Vec<Cluster> {
    let row = |value: f64| Cluster {
        rows: 1,
        weight: 1.0,
        weight_squared: 1.0,
        value,
        gain: value.max(0.0),
        loss: (-value).max(0.0),
        some_fail: value != 0.0,
        some_pass: value != 0.0,
        ..Cluster::default()
    };
    let of = |count: u64, value: f64| (0..count).map(move |_| row(value));
    of(better, 1.0).chain(of(worse, -1.0)).chain(of(same, 0.0)).collect()
}

#[test]
fn without_clusters_or_weights_a_rate_is_clopper_pearson() {
    // 50 of 52; design effect of CR2 is 52/51, as the method says.
    let weighed = weigh(&independent(49, 3), &Strata::none(), Kind::Rate).unwrap();
    let interval = weighed.interval(0.05);
    assert!((interval.lower - 0.856_428_649_602_171_2).abs() < EXACT, "{interval:?}");
    assert!((interval.upper - 0.984_365_114_130_438_9).abs() < EXACT);
    assert!((weighed.p_at_most(0.9) - 0.227_317_714_787_547_9).abs() < 1e-3);
}

#[test]
fn all_pass_is_never_certain_and_one_is_never_evidence() {
    let forty = weigh(&independent(40, 0), &Strata::none(), Kind::Rate).unwrap();
    assert!((forty.interval(0.05).lower - 0.05f64.powf(1.0 / 40.0)).abs() < EXACT);
    assert_eq!(weigh(&independent(1, 0), &Strata::none(), Kind::Rate), Err(TooFew::OneCluster));
    assert_eq!(weigh(&[], &Strata::none(), Kind::Rate), Err(TooFew::NoWeight));
}

#[test]
fn no_disagreement_is_never_certain() {
    let weighed = weigh(&pairs(0, 0, 100), &Strata::none(), Kind::Difference).unwrap();
    let interval = weighed.interval(0.025);
    let t = crate::special::t_upper(0.025, 99.0);
    assert!((interval.lower + t * t / (t * t + 100.0)).abs() < EXACT);
    assert!((interval.upper + interval.lower).abs() < EXACT);
    assert!((weighed.p_at_least(0.0) - 0.5).abs() < EXACT);
}

#[test]
fn gains_that_equal_losses_are_no_difference_however_they_were_summed() {
    // A gain of weight 3 and losses of 1 and 2 in clusters of five rows: over all of the weight that is not 0 in its last digit.
    for sign in [1.0, -1.0] {
        let cluster = |(at, weight): (usize, f64)| {
            let value = sign * weight * [1.0, -1.0, -1.0].get(at).copied().unwrap_or(0.0);
            Cluster {
                rows: 5,
                weight: 5.0 * weight,
                weight_squared: 5.0 * weight * weight,
                value,
                gain: value.max(0.0),
                loss: (-value).max(0.0),
                some_fail: value != 0.0,
                some_pass: value != 0.0,
                ..Cluster::default()
            }
        };
        let weights = [3.0, 1.0, 2.0].into_iter().chain([2.0; 9]);
        let clusters: Vec<Cluster> = weights.enumerate().map(cluster).collect();
        let weighed = weigh(&clusters, &Strata::none(), Kind::Difference).unwrap();
        let interval = weighed.interval(0.025);
        assert!((interval.lower + interval.upper).abs() < EXACT, "{interval:?}");
        let sides = (weighed.p_at_most(-0.3), weighed.p_at_least(0.3));
        assert!((sides.0 - sides.1).abs() < EXACT && sides.0 > 0.02, "{sides:?}");
    }
}

#[test]
fn one_loss_looks_no_better_than_none() {
    // Clusters of five rows: one lost row shows that they vary little, which none at all cannot show.
    let lower = |lost: usize| {
        let row = |at: usize| Cluster {
            rows: 5,
            weight: 5.0,
            weight_squared: 5.0,
            value: if at < lost { -1.0 } else { 0.0 },
            loss: if at < lost { 1.0 } else { 0.0 },
            some_fail: at < lost,
            some_pass: at < lost,
            ..Cluster::default()
        };
        let clusters: Vec<Cluster> = (0..60).map(row).collect();
        weigh(&clusters, &Strata::none(), Kind::Difference).unwrap().interval(0.05).lower
    };
    // The same bound comes with other last digits where the compiler optimises otherwise.
    assert!((1..6).all(|lost| lower(lost) <= lower(0) + 1e-12), "{:?}", [0, 1, 2, 3, 4, 5].map(lower));
}

#[test]
fn the_best_record_is_what_the_test_says_of_it() {
    let strata = Strata::none();
    for g in [9, 30, 74] {
        let bounds = [0.02, 0.1, 0.5, 0.9];
        let perfect = weigh(&independent(g, 0), &strata, Kind::Rate).unwrap();
        let none = weigh(&independent(0, g), &strata, Kind::Rate).unwrap();
        let [full, empty] =
            [1.0, 0.0].map(|grade| weigh(&graded(&vec![grade; g as usize]), &strata, Kind::Graded).unwrap());
        let equal = weigh(&pairs(0, 0, g), &strata, Kind::Difference).unwrap();
        for bound in bounds {
            for (best, p) in [
                (perfect.best_p_above(bound), perfect.p_at_most(bound)),
                (perfect.best_p_below(bound), none.p_at_least(bound)),
                (full.best_p_above(bound), full.p_at_most(bound)),
                (full.best_p_below(bound), empty.p_at_least(bound)),
                (equal.best_p_above(-bound), equal.p_at_most(-bound)),
                (equal.best_p_below(bound), equal.p_at_least(bound)),
            ] {
                assert!((best - p).abs() < EXACT, "{g} {bound}: {best} {p}");
            }
        }
    }
    // Eight grades are too few for any bound.
    let few = weigh(&graded(&[1.0; 8]), &strata, Kind::Graded).unwrap();
    assert_eq!([few.best_p_above(0.01), few.best_p_below(0.99)], [1.0, 1.0]);
}

#[test]
fn nothing_of_what_a_limit_counts_asks_for_as_many_as_no_failure() {
    let (none, all) = (independent(0, 40), independent(40, 0));
    let weighed = |clusters: &[Cluster]| weigh(clusters, &Strata::none(), Kind::Rate).unwrap();
    assert_eq!(weighed(&none).clusters_needed_without_any(0.02, 0.025), Some(183));
    assert_eq!(weighed(&all).clusters_needed_without_failure(0.98, 0.025), Some(183));
    assert_eq!(weighed(&independent(1, 39)).clusters_needed_without_any(0.02, 0.025), None);
    // Grades that do not vary are bounded by how often they could have been otherwise.
    let full = weigh(&graded(&[1.0; 17]), &Strata::none(), Kind::Graded).unwrap();
    let needed = full.clusters_needed_if(1.0, 0.8, 0.025).unwrap();
    let shown = |g: u64| weigh(&graded(&vec![1.0; g as usize]), &Strata::none(), Kind::Graded).unwrap().p_at_most(0.8);
    assert!(shown(needed) <= 0.025 && shown(needed - 1) > 0.025, "{needed}");
}

#[test]
fn harm_is_easier_to_show_than_safety() {
    let weighed = weigh(&pairs(0, 9, 51), &Strata::none(), Kind::Difference).unwrap();
    assert!(weighed.p_at_least(0.0) < 0.0025, "{}", weighed.p_at_least(0.0));
}

#[test]
fn what_lies_on_its_limit_asks_for_no_number_that_nobody_could_collect() {
    let needed = |passes, fails| {
        weigh(&independent(passes, fails), &Strata::none(), Kind::Rate).unwrap().clusters_needed_for_floor(0.8, 0.025)
    };
    assert_eq!([needed(48, 12), needed(48_001, 12_000)], [None, None]);
    assert!(needed(52, 8).is_some_and(|clusters| clusters > 60));
}

#[test]
fn where_few_pairs_differ_the_margin_itself_asks_for_more() {
    // 4 % discordant, 5 points: without a change supposed, and a quarter on top, 124 pairs, which show it in 74 of 100 runs only.
    let weighed = weigh(&pairs(200, 200, 9600), &Strata::none(), Kind::Difference).unwrap();
    assert_eq!(weighed.clusters_needed(0.05, 0.05), Some(147));
    // As many pairs differ as the margin is worth: both ask alike, and more discordance leaves the first the larger.
    let weighed = weigh(&pairs(400, 400, 9200), &Strata::none(), Kind::Difference).unwrap();
    assert_eq!(weighed.clusters_needed(0.03, 0.05), Some(688));
}

#[test]
fn repeats_of_a_row_inside_its_cluster_add_nothing() {
    let once = weigh(&independent(30, 10), &Strata::none(), Kind::Rate).unwrap();
    let five: Vec<Cluster> = independent(30, 10)
        .into_iter()
        .map(|cluster| Cluster { rows: 5, weight: 5.0, weight_squared: 5.0, value: 5.0 * cluster.value, ..cluster })
        .collect();
    let five = weigh(&five, &Strata::none(), Kind::Rate).unwrap();
    assert!(five.effective_n() <= once.effective_n() + EXACT);
    assert!(five.interval(0.05).lower <= once.interval(0.05).lower + EXACT);
}

#[test]
fn a_stratum_without_data_widens_the_bound_and_can_forbid_a_margin() {
    let strata = Strata::declared(vec![0.95, 0.05]);
    let weighed = weigh(&pairs(2, 2, 300), &strata, Kind::Difference).unwrap();
    assert!((weighed.unmeasured() - 0.05).abs() < EXACT);
    assert_eq!(weighed.p_at_most(-0.05), 1.0);
    assert!(weighed.p_at_most(-0.10) < 0.05);
}

#[test]
fn traffic_without_data_may_use_up_a_rate_of_failures() {
    let weighed = |shares: Vec<f64>| weigh(&independent(300, 0), &Strata::declared(shares), Kind::Rate).unwrap();
    assert_eq!(weighed(vec![1.0]).rate_of_rest(0.05), 0.05);
    assert!((weighed(vec![0.96, 0.04]).rate_of_rest(0.05) - 0.01 / 0.96).abs() < EXACT);
    // As large as the rate, however it was summed, and larger.
    assert_eq!([0.1, 0.05].map(|rate| weighed(vec![0.9, 0.06, 0.04]).rate_of_rest(rate)), [0.0; 2]);
}

/// Rows of weight 1 with these values, each its own cluster.
fn graded(values: &[f64]) -> Vec<Cluster> {
    let row = |&value: &f64| Cluster { rows: 1, weight: 1.0, weight_squared: 1.0, value, ..Cluster::default() };
    values.iter().map(row).collect()
}

#[test]
fn an_unmeasured_share_as_large_as_the_margin_forbids_it_however_it_was_summed() {
    // 1 - 0.9 is 0.09999999999999998, and 1 - (0.6 + 0.3) is 0.10000000000000009.
    for shares in [vec![0.9, 0.1], vec![0.1, 0.9], vec![0.9, 0.06, 0.04]] {
        let kept = shares.iter().position(|&share| share == 0.9).unwrap() as u32;
        let at = |clusters: Vec<Cluster>| -> Vec<Cluster> {
            clusters.into_iter().map(|cluster| Cluster { stratum: kept, ..cluster }).collect()
        };
        let strata = Strata::declared(shares);
        let passes = weigh(&at(pairs(0, 0, 3000)), &strata, Kind::Difference).unwrap();
        assert_eq!((passes.p_at_most(-0.1), passes.best_p_above(-0.1)), (1.0, 1.0));
        assert!(passes.p_at_most(-0.11) < 0.025);
        let grades = weigh(&at(graded(&[0.5; 3000])), &strata, Kind::GradedDifference).unwrap();
        assert_eq!([-0.1, 0.1].map(|bound| grades.p_at_most(bound)), [1.0; 2]);
        assert!(grades.p_at_most(-0.11) < 0.025);
        let rate = weigh(&at(independent(3000, 0)), &strata, Kind::Rate).unwrap();
        assert_eq!((rate.p_at_most(0.9), rate.best_p_above(0.9), rate.p_at_least(0.1)), (1.0, 1.0, 1.0));
    }
}

#[test]
fn what_was_not_measured_of_a_grade_lies_between_none_and_full() {
    let values: Vec<f64> = (0..400).map(|at| if at % 2 == 0 { 0.9 } else { 0.7 }).collect();
    let weighed = weigh(&graded(&values), &Strata::declared(vec![0.9, 0.1]), Kind::Graded).unwrap();
    let (measured, whole) = (weighed.measured_only().interval(0.025), weighed.interval(0.025));
    assert!((whole.lower - 0.9 * measured.lower).abs() < EXACT, "{whole:?}");
    assert!((whole.upper - (0.9 * measured.upper + 0.1)).abs() < EXACT, "{whole:?}");
    // A difference could be -1 there.
    let difference = weigh(&graded(&values), &Strata::declared(vec![0.9, 0.1]), Kind::GradedDifference).unwrap();
    assert!((difference.interval(0.025).lower - (0.9 * measured.lower - 0.1)).abs() < EXACT);
}

#[test]
fn sums_that_doubles_cannot_hold_are_refused_and_never_nan() {
    let spread: Vec<f64> = (0..40).map(|at| f64::from(at) * 1e200).collect();
    for kind in [Kind::Mean, Kind::GradedDifference] {
        assert_eq!(weigh(&graded(&spread), &Strata::none(), kind), Err(TooFew::OutOfRange));
    }
    let light = |w: f64| -> Vec<Cluster> {
        independent(30, 10)
            .into_iter()
            .map(|cluster| Cluster { weight: w, weight_squared: w * w, value: w * cluster.value, ..cluster })
            .collect()
    };
    assert_eq!(weigh(&light(1e-300), &Strata::none(), Kind::Rate), Err(TooFew::OutOfRange));
    assert!(weigh(&light(1e-100), &Strata::none(), Kind::Rate).is_ok());
}

#[test]
fn a_mean_that_nothing_bounds_hinges_on_a_value_far_out() {
    let values: Vec<f64> = (0..200).map(|at| if at == 7 { 1.0 } else { 0.01 + f64::from(at) * 1e-5 }).collect();
    let weighed = |kind| weigh(&graded(&values), &Strata::none(), kind).unwrap();
    assert_eq!(weighed(Kind::Mean).dominated_by(), Some(7));
    // A single grade below full, or a single failure with a price, always holds most of the variance.
    assert!(!weighed(Kind::Graded).is_dominated() && !weighed(Kind::Mean).bounded_by(1.0).is_dominated());
    assert!(!weigh(&graded(&values[8..]), &Strata::none(), Kind::Mean).unwrap().is_dominated());
}

#[test]
fn the_heaviest_cluster_is_told_with_its_share() {
    let mut clusters = independent(19, 1);
    // One row of 6 in a cluster with one of 1: a weight of 26 in all.
    clusters[0] = Cluster { rows: 2, weight: 7.0, weight_squared: 37.0, value: 7.0, ..clusters[0] };
    let uneven = weigh(&clusters, &Strata::none(), Kind::Rate).unwrap();
    assert!((uneven.heaviest_cluster_share() - 7.0 / 26.0).abs() < EXACT);
}

#[test]
fn without_a_failure_it_is_known_how_many_more_without_one_are_needed() {
    let of = |clusters: &[Cluster]| weigh(clusters, &Strata::none(), Kind::Rate).unwrap();
    // ln 0.025 / ln 0.99 = 367.04.
    assert_eq!(of(&independent(40, 0)).clusters_needed_without_failure(0.99, 0.025), Some(368));
    assert_eq!(of(&independent(39, 1)).clusters_needed_without_failure(0.99, 0.025), None);
    assert_eq!(of(&independent(40, 0)).clusters_needed_without_failure(1.0, 0.025), None);
    // Five rows in each: few clusters pay for it.
    let five = |count: usize| {
        vec![
            Cluster { rows: 5, weight: 5.0, weight_squared: 5.0, value: 5.0, some_pass: true, ..Cluster::default() };
            count
        ]
    };
    let needed = of(&five(12)).clusters_needed_without_failure(0.8, 0.025).unwrap();
    let shows = |count: u64| of(&five(count as usize)).p_at_most(0.8) <= 0.025;
    assert!(shows(needed) && !shows(needed - 1), "{needed}");
}

#[test]
fn one_heavy_cluster_dominates_and_one_failing_trial_among_equals_does_not() {
    assert!(!weigh(&independent(99, 1), &Strata::none(), Kind::Rate).unwrap().is_dominated());
    let mut clusters = independent(20, 1);
    clusters[3].weight = 15.0;
    clusters[3].weight_squared = 15.0;
    clusters[3].value = 15.0;
    assert!(weigh(&clusters, &Strata::none(), Kind::Rate).unwrap().is_dominated());
}

#[test]
fn a_mean_that_never_varies_is_unknown_and_not_exact() {
    let constant: Vec<Cluster> = (0..50)
        .map(|_| Cluster { rows: 1, weight: 1.0, weight_squared: 1.0, value: 0.002, ..Cluster::default() })
        .collect();
    let weighed = weigh(&constant, &Strata::none(), Kind::Mean).unwrap();
    assert!(weighed.interval(0.025).upper.is_infinite());
    assert_eq!(weighed.p_at_least(0.01), 1.0);
}

#[test]
fn a_bounded_mean_that_never_varies_is_bounded_by_what_was_not_seen() {
    let free: Vec<Cluster> = (0..60)
        .map(|_| Cluster { rows: 1, weight: 1.0, weight_squared: 1.0, value: 0.0, ..Cluster::default() })
        .collect();
    let weighed = weigh(&free, &Strata::none(), Kind::Mean).unwrap().bounded_by(10.0);
    // 10 t^2 / (t^2 + 60), Student's t with 59 degrees of freedom: 2.001.
    let interval = weighed.interval(0.025);
    assert!((interval.upper - 0.6256).abs() < 1e-4 && interval.lower == -interval.upper, "{interval:?}");
    // No less than an exact bound on how often one of 60 could have cost it all.
    assert!(interval.upper > 10.0 * crate::zero_failure_upper(60, 0.025));
    assert!((weighed.p_at_least(interval.upper) - 0.025).abs() < 1e-9);
    assert_eq!((weighed.p_at_least(10.0), weighed.p_at_least(-1.0)), (0.0, 0.5));
    // What varies is bounded by how it varies.
    let mut varied = free.clone();
    varied[0].value = 10.0;
    let interval = |weighed: Weighed| weighed.interval(0.025);
    let weighed = weigh(&varied, &Strata::none(), Kind::Mean).unwrap();
    assert_eq!(interval(weighed), interval(weighed.bounded_by(10.0)));
}

#[test]
fn the_clusters_asked_for_clear_a_mean_with_the_chance_that_is_said() {
    // Of equal weight, two thirds at 0 and a third at 3: mean 1, variance 2.
    let of = |count: usize, seed: u64| -> Vec<Cluster> {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1u32 << 31)
        };
        let value = |draw: f64| if draw < 1.0 / 3.0 { 3.0 } else { 0.0 };
        (0..count)
            .map(|_| Cluster { rows: 1, weight: 1.0, weight_squared: 1.0, value: value(next()), ..Cluster::default() })
            .collect()
    };
    let seen = weigh(&of(300, 7), &Strata::none(), Kind::Mean).unwrap();
    let needed = seen.clusters_needed_if(1.0, 1.5, 0.025).unwrap();
    // (1.960 + 0.842)^2 x 2 / 0.5^2 x 1.25 = 78 with the variance known.
    assert!((65..=95).contains(&needed), "{needed}");
    let clears =
        |seed: &u64| weigh(&of(needed as usize, *seed), &Strata::none(), Kind::Mean).unwrap().p_at_least(1.5) <= 0.025;
    let cleared = (1..=1000).filter(clears).count();
    assert!((780..=930).contains(&cleared), "{cleared} of 1000");
    assert_eq!(seen.clusters_needed_if(1.0, 1.0, 0.025), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_ever_nan_and_intervals_hold_their_estimate(
        rows in proptest::collection::vec((0u32..6, 0.01f64..50.0, any::<bool>(), any::<bool>()), 0..40),
        level in 0.0005f64..0.3,
        bound in -1.2f64..1.2,
    ) {
        for kind in [Kind::Rate, Kind::Difference, Kind::Graded, Kind::GradedDifference, Kind::Mean] {
            let clusters: Vec<Cluster> = rows.iter().map(|&(stratum, w, yc, yp)| row(kind, stratum % 3, w, yc, yp)).collect();
            for strata in [Strata::none(), Strata::declared(vec![0.6, 0.3, 0.1])] {
                let Ok(weighed) = weigh(&clusters, &strata, kind) else { continue };
                let interval = weighed.interval(level);
                prop_assert!(interval.lower <= weighed.estimate() + 1e-9 || weighed.unmeasured() > 0.0);
                prop_assert!(interval.upper >= weighed.estimate() - 1e-9 || weighed.unmeasured() > 0.0);
                for p in [weighed.p_at_most(bound), weighed.p_at_least(bound), weighed.best_p_above(bound), weighed.best_p_below(bound)] {
                    prop_assert!((0.0..=1.0).contains(&p), "{kind:?} {p}");
                }
                // One function: a claim is shown exactly where the interval clears the bound. But a difference that asks for
                // more than what was not measured leaves room for is never shown.
                let differs = matches!(kind, Kind::Difference | Kind::GradedDifference);
                let asks_too_much = differs && weighed.unmeasured() > 0.0 && bound >= -weighed.unmeasured();
                let clears = interval.lower - bound;
                if asks_too_much {
                    prop_assert_eq!(weighed.p_at_most(bound), 1.0);
                } else if clears.abs() > 1e-6 && interval.lower.is_finite() {
                    prop_assert_eq!(weighed.p_at_most(bound) <= level, clears > 0.0, "{:?} {:?}", kind, interval);
                }
            }
        }
    }
}

fn row(kind: Kind, stratum: u32, w: f64, yc: bool, yp: bool) -> Cluster {
    let (yc, yp) = (f64::from(u8::from(yc)), f64::from(u8::from(yp)));
    let difference = !matches!(kind, Kind::Rate | Kind::Graded);
    let value = if difference { yc - yp } else { yc };
    let discordant = yc != yp;
    Cluster {
        stratum,
        rows: 1,
        weight: w,
        weight_squared: w * w,
        value: w * value,
        gain: if difference { w * yc * (1.0 - yp) } else { 0.0 },
        loss: if difference { w * yp * (1.0 - yc) } else { 0.0 },
        some_fail: if difference { discordant } else { yc < 1.0 },
        some_pass: if difference { discordant } else { yc > 0.0 },
    }
}

/// The reference cases of the two primitives and the gate, wherever the shared data is.
#[test]
fn reference_cases_agree() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/stats/reference.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("not run: ../shared/data/stats/reference.json is not there");
        return;
    };
    let file: Value = serde_json::from_str(&text).unwrap();
    let mut seen = 0;
    for case in file["cases"].as_array().unwrap() {
        match case["kind"].as_str().unwrap() {
            "rate_interval" => seen += check(case, Kind::Rate),
            "paired_interval" => seen += check(case, Kind::Difference),
            "gate" => seen += check_gate(case),
            _ => {}
        }
    }
    assert_eq!(seen, 13 + 11 + 4);
}

fn check(case: &Value, kind: Kind) -> u32 {
    let (input, expected) = (&case["input"], &case["expected"]);
    let alpha = input["alpha"].as_f64().unwrap();
    let weighed = match of_rows(input, kind) {
        Err(_) => {
            assert_eq!(expected["insufficient"], true, "{}", case["id"]);
            return 1;
        }
        Ok(weighed) => weighed,
    };
    let interval = weighed.interval(alpha);
    let mut figures = vec![
        ("var_cr2", weighed.variance()),
        ("df", weighed.df()),
        ("n_kish", weighed.kish_examples()),
        ("g_kish", weighed.kish_clusters()),
        ("f", weighed.informative() as f64),
        ("clusters", weighed.clusters() as f64),
        ("deff_used", weighed.design_effect()),
        ("n_eff", weighed.effective_n()),
        ("unmeasured_share", weighed.unmeasured()),
        ("lo", interval.lower),
        ("hi", interval.upper),
    ];
    if kind == Kind::Rate {
        let floor = input["floor"].as_f64().unwrap();
        figures.push(("rate", weighed.estimate()));
        figures.push(("p_above_floor", weighed.p_at_most(floor)));
        figures.push(("p_below_floor", weighed.p_at_least(floor)));
    } else {
        let margin = input["margin"].as_f64().unwrap();
        figures.push(("diff", weighed.estimate()));
        figures.push(("p10", weighed.discordant().0));
        figures.push(("p01", weighed.discordant().1));
        figures.push(("p_noninferior", weighed.p_at_most(-margin)));
        figures.push(("p_worse", weighed.p_at_least(0.0)));
    }
    agree(case, &figures);
    1
}

fn agree(case: &Value, figures: &[(&str, f64)]) {
    for (name, got) in figures {
        let want = case["expected"][name].as_f64().unwrap_or_else(|| panic!("{} {name}", case["id"]));
        let close = (got - want).abs() <= 1e-7 * want.abs().max(1.0);
        assert!(close, "{} {name}: got {got}, want {want}", case["id"]);
    }
}

fn check_gate(case: &Value) -> u32 {
    let (alpha, margin) = (case["input"]["alpha"].as_f64().unwrap(), case["input"]["margin"].as_f64().unwrap());
    let cells = case["input"]["cells"].as_array().unwrap();
    let weighed: Vec<Weighed> = cells.iter().map(|cell| of_rows(cell, Kind::Difference).unwrap()).collect();
    for (at, weighed) in weighed.iter().enumerate() {
        let want = |name: &str| case["expected"][name][at].as_f64().unwrap();
        assert!((weighed.p_at_most(-margin) - want("p_noninferior")).abs() < 1e-8);
        assert!((weighed.p_at_least(0.0) - want("p_worse")).abs() < 1e-8);
    }
    let harm = crate::holm(&weighed.iter().map(|weighed| weighed.p_at_least(0.0)).collect::<Vec<_>>(), alpha);
    for (at, tested) in harm.iter().enumerate() {
        let want = case["expected"]["p_worse_adjusted"][at].as_f64().unwrap();
        assert!((tested.adjusted - want).abs() < 1e-8);
    }
    1
}

fn of_rows(input: &Value, kind: Kind) -> Result<Weighed, TooFew> {
    let names: Vec<String> =
        input["shares"].as_object().map(|shares| shares.keys().cloned().collect()).unwrap_or_default();
    let strata = if names.is_empty() {
        Strata::none()
    } else {
        Strata::declared(names.iter().map(|name| input["shares"][name].as_f64().unwrap()).collect())
    };
    let mut clusters: BTreeMap<(u32, String), Cluster> = BTreeMap::new();
    for row in input["rows"].as_array().unwrap() {
        let stratum = match row["stratum"].as_str() {
            Some(name) if !names.is_empty() => match names.iter().position(|known| known == name) {
                Some(at) => at as u32,
                None => continue,
            },
            _ => 0,
        };
        let w = row["w"].as_f64().unwrap();
        if w <= 0.0 {
            continue;
        }
        let (value, gain, loss) = match kind {
            Kind::Rate => (row["y"].as_f64().unwrap(), 0.0, 0.0),
            _ => {
                let (c, p) = (row["yc"].as_f64().unwrap(), row["yp"].as_f64().unwrap());
                (c - p, c * (1.0 - p), (1.0 - c) * p)
            }
        };
        let cluster = clusters.entry((stratum, row["cluster"].as_str().unwrap().to_owned())).or_default();
        cluster.stratum = stratum;
        cluster.rows += 1;
        cluster.weight += w;
        cluster.weight_squared += w * w;
        cluster.value += w * value;
        cluster.gain += w * gain;
        cluster.loss += w * loss;
        cluster.some_fail |= if kind == Kind::Rate { value < 1.0 } else { gain + loss > 0.0 };
        cluster.some_pass |= if kind == Kind::Rate { value > 0.0 } else { gain + loss > 0.0 };
    }
    weigh(&clusters.into_values().collect::<Vec<_>>(), &strata, kind)
}
