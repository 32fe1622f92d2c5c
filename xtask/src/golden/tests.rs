use super::*;
use serde_json::json;

#[test]
fn every_reference_case_agrees() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/stats/reference.json");
    if !std::path::Path::new(path).exists() {
        println!("not run: ../shared/data/stats/reference.json is not there");
        return;
    }
    let (lines, passed) = run(path).unwrap();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    assert!(passed >= 208, "{passed}");
}

fn case(kind: &str, input: Value, expected: Value, tolerance: f64) -> Option<String> {
    failure(&json!({ "id": "x/1", "kind": kind, "input": input, "expected": expected, "tol": tolerance }))
}

#[test]
fn what_differs_is_told_with_its_name() {
    let input = json!({ "b": 3, "c": 3 });
    assert_eq!(case("mcnemar_exact", input.clone(), json!({ "p_two_sided": 1 }), 1e-10), None);
    let line = case("mcnemar_exact", input.clone(), json!({ "p_two_sided": 0.5, "p_none": 1 }), 1e-10).unwrap();
    assert_eq!(line, "x/1 mcnemar_exact: `p_two_sided` is 1.0, expected 0.5; `p_none` is not computed");
    assert_eq!(case("tarot", input, json!({}), 0.1).unwrap(), "x/1 tarot: unknown kind");
    let nothing = case("mcnemar_exact", json!({ "b": 3, "c": 3 }), json!({}), 0.1).unwrap();
    assert_eq!(nothing, "x/1 mcnemar_exact: `expected` holds no figures");
    assert_eq!(case("mcnemar_exact", json!({ "b": 1 }), json!({}), 0.1).unwrap(), "x/1 mcnemar_exact: input lacks `c`");
}

#[test]
fn small_p_values_are_compared_by_their_ratio() {
    let z = json!({ "z": 6.0 });
    assert_eq!(case("special.normal_sf", z.clone(), json!({ "p": 9.865_876_450e-10 }), 1e-8), None);
    assert!(case("special.normal_sf", z, json!({ "p": 9.86e-10 }), 1e-8).is_some());
}

#[test]
fn undefined_is_null_and_never_a_number() {
    let one = json!({ "rows": [{ "cluster": "a", "stratum": null, "w": 1.0, "y": 1.0 }] });
    assert_eq!(case("cluster_mean_cr2_bm", one.clone(), json!({ "mean": 1.0, "se_cr2": null }), 1e-9), None);
    assert!(case("cluster_mean_cr2_bm", one, json!({ "se_cr2": 0.0 }), 1e-9).is_some());
}

fn rows(change: &[(&str, Value)]) -> Value {
    let row = |at: u32| {
        let mut row = json!({ "cluster": format!("c{at}"), "stratum": null, "w": 1.0, "y": 1.0 });
        if at == 0 {
            change.iter().for_each(|(key, value)| row[key] = value.clone());
        }
        row
    };
    (0..30).map(row).collect()
}

fn of_rate(input: Value) -> String {
    case("rate_interval", input, json!({ "rate": 0.5 }), 1e-9).unwrap()
}

#[test]
fn a_wrong_input_fails_its_case_and_says_why() {
    let told = |key: &str, value: Value| of_rate(json!({ "alpha": 0.05, "rows": rows(&[(key, value)]) }));
    assert!(told("w", json!(-1.0)).ends_with("input `w` is -1, and no weight"));
    assert!(told("y", json!(1.7)).ends_with("input `y` is 1.7, and lies in [0, 1]"));
    assert!(told("cluster", json!(null)).ends_with("input `cluster` is null, and no name"));
    assert!(told("cluster", json!(0.5)).ends_with("input `cluster` is 0.5, and no name"));
    assert!(told("stratum", json!([1])).ends_with("input `stratum` is [1], and no name"));
    let shared = |shares: Value| of_rate(json!({ "alpha": 0.05, "rows": rows(&[]), "shares": shares }));
    assert!(shared(json!([0.5, 0.5])).ends_with("input `shares` names no strata"));
    assert!(shared(json!({ "a": 0.8, "b": 0.8 })).ends_with("input `shares` sum to 1.6"));
    assert!(shared(json!({ "a": 1.0, "b": -0.2 })).ends_with("input `b` is -0.2, and lies in [0, 1]"));
    assert!(
        of_rate(json!({ "alpha": 1, "rows": rows(&[]) })).ends_with("input `alpha` is 1, and lies between 0 and 1")
    );
    let kappa = case("kish_ess", json!({ "w": [1, -1] }), json!({ "ess": 1 }), 1e-9).unwrap();
    assert!(kappa.ends_with("input `w` holds -1"), "{kappa}");
    let gate = case("gate", json!({ "alpha": 0.05, "margin": 1.5, "cells": [] }), json!({ "decision": "HOLD" }), 1e-9);
    assert!(gate.unwrap().ends_with("input `margin` is 1.5, and lies between -1 and 1"));
}

#[test]
fn strata_that_were_not_measured_may_stand_in_any_order() {
    let shares = json!({ "a": 0.9, "z": 0.06, "b": 0.04 });
    let input = json!({ "alpha": 0.05, "rows": rows_in("a"), "shares": shares });
    let told = |names: Value| case("rate_interval", input.clone(), json!({ "unmeasured_strata": names }), 1e-9);
    assert_eq!([told(json!(["z", "b"])), told(json!(["b", "z"]))], [None, None]);
    assert!(told(json!(["b"])).is_some() && told(json!(["b", "y"])).is_some());
}

fn rows_in(stratum: &str) -> Value {
    (0..30).map(|at| json!({ "cluster": format!("c{at}"), "stratum": stratum, "w": 1.0, "y": 1.0 })).collect()
}

#[test]
fn a_cluster_may_be_numbered() {
    let numbered: Value = (0..30)
        .map(|at| json!({ "cluster": at / 3, "stratum": null, "w": 1.0, "y": f64::from(u8::from(at % 4 > 0)) }))
        .collect();
    let expected = json!({ "clusters": 10, "n": 30 });
    assert_eq!(case("rate_interval", json!({ "alpha": 0.05, "rows": numbered }), expected, 1e-9), None);
}

#[test]
fn a_hostile_case_fails_alone() {
    let mcnemar = case("mcnemar_exact", json!({ "b": u64::MAX, "c": 1 }), json!({ "p_two_sided": 0 }), 1e-9).unwrap();
    assert!(mcnemar.ends_with("input `b` is no count below 9e15"), "{mcnemar}");
    let grid = json!({ "improved": 1, "unchanged": 1, "regressed": 1, "margin": 0.03, "grid": 1e15 });
    let grid = case("eprocess_paired", grid, json!({ "log_e": 0 }), 1e-9).unwrap();
    assert!(grid.ends_with("input `grid` is 1000000000000000, and no more than 10000000 are carried out"), "{grid}");
    let table = json!({ "predicted": [0.5, 0.2], "incident": [1, 0], "table": [[1e15, 1e15], [1e15, 1e15]] });
    let table = case("backtest", table, json!({ "fisher_p": 1 }), 1e-9).unwrap();
    assert!(table.contains("no exact test goes through"), "{table}");
}
