use super::*;

fn points(of: &[(&str, usize)], texts: &[&str]) -> Vec<Point> {
    let mut points = Vec::new();
    for (value, count) in of {
        for at in 0..*count {
            points.push(Point {
                id: format!("{value}{at}"),
                cluster: format!("{value}{at}"),
                weight: 1.0,
                attributes: BTreeMap::from([("kind".to_owned(), (*value).to_owned())]),
                text: texts.get(at % texts.len().max(1)).unwrap_or(&"").to_string(),
            });
        }
    }
    points
}

#[test]
fn independent_points_of_one_weight_are_each_worth_one() {
    let found = mix("kind", &points(&[("a", 30), ("b", 70)], &[]), &points(&[("a", 60), ("b", 140)], &[]));
    assert!((found.effective.0 - 99.0).abs() < 1e-9 && (found.effective.1 - 199.0).abs() < 1e-9, "{found:?}");
    assert!(!found.warns() && found.unmeasured() == 0.0);
}

#[test]
fn requests_of_one_conversation_count_as_one() {
    let set = points(&[("a", 50), ("b", 50)], &[]);
    let mut traffic = points(&[("a", 160), ("b", 240)], &[]);
    assert!(mix("kind", &set, &traffic).effective.1 > 390.0);
    for (at, point) in traffic.iter_mut().enumerate() {
        point.cluster = format!("c{}", at / 20);
    }
    let clustered = mix("kind", &set, &traffic);
    assert!(clustered.effective.1 < 21.0, "{clustered:?}");
}

#[test]
fn a_mix_warns_where_it_is_both_sure_and_far() {
    let set = points(&[("a", 500), ("b", 500)], &[]);
    assert!(mix("kind", &set, &points(&[("a", 200), ("b", 800)], &[])).warns());
    // Sure and near; far and unsure.
    let near = mix("kind", &points(&[("a", 50000), ("b", 50000)], &[]), &points(&[("a", 48000), ("b", 52000)], &[]));
    assert!(near.drift.unwrap().pearson.p < SURE && !near.warns());
    let unsure = mix("kind", &points(&[("a", 5), ("b", 5)], &[]), &points(&[("a", 3), ("b", 7)], &[]));
    assert!(unsure.drift.unwrap().psi > FAR && !unsure.warns());
}

#[test]
fn what_no_example_that_counts_has_is_unmeasured() {
    let mut set = points(&[("a", 50), ("b", 1)], &[]);
    set[50].weight = 0.0;
    let found = mix("kind", &set, &points(&[("a", 60), ("b", 20), ("c", 20)], &[]));
    assert!((found.unmeasured() - 0.4).abs() < 1e-12);
    assert_eq!(found.values[1].examples, 1);
}

#[test]
fn one_conversation_says_nothing_of_a_mix() {
    let mut set = points(&[("a", 5)], &[]);
    set.iter_mut().for_each(|point| point.cluster = "one".to_owned());
    assert_eq!(mix("kind", &set, &points(&[("a", 60)], &[])).drift, None);
    assert_eq!(content(&set, &points(&[("a", 60)], &["x"]), 1), None);
}

#[test]
fn words_that_traffic_has_and_the_set_lacks_are_told_with_a_request() {
    let old = ["where is my card", "what is the exchange rate", "top up failed again", "my pin is blocked"];
    let new = ["where is my card", "what is the exchange rate", "top up failed again", "pay with apple watch please"];
    let found = content(&points(&[("a", 200)], &old), &points(&[("b", 200)], &new), 1).unwrap();
    assert!(found.warns() && found.told_apart > 0.6, "{found:?}");
    assert_eq!(found.lacking[0].text, "pay with apple watch please");
    assert!(found.over[0].text.contains("pin") && found.over[0].in_traffic < 0.01, "{found:?}");
    let same = content(&points(&[("a", 200)], &old), &points(&[("b", 200)], &old), 1).unwrap();
    assert!(!same.warns() && same.lacking.is_empty(), "{same:?}");
}

#[test]
fn a_weight_makes_an_example_count_for_as_many() {
    let mut set = points(&[("a", 100), ("b", 100)], &[]);
    set.iter_mut().take(100).for_each(|point| point.text = "rare words here".to_owned());
    set.iter_mut().skip(100).for_each(|point| {
        point.text = "common talk".to_owned();
        point.weight = 9.0;
    });
    let mut traffic = points(&[("a", 20), ("b", 180)], &[]);
    traffic.iter_mut().enumerate().for_each(|(at, point)| {
        point.text = if at < 20 { "rare words here" } else { "common talk" }.to_owned();
    });
    assert!(!mix("kind", &set, &traffic).warns());
    assert!(!content(&set, &traffic, 1).unwrap().warns());
    set.iter_mut().for_each(|point| point.weight = 1.0);
    assert!(content(&set, &traffic, 1).unwrap().warns());
}
