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
