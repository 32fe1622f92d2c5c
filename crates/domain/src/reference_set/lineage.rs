//! The lineage of reference sets: which of those that a candidate was decided on lie behind the last one.
//!
//! in      the ids of the active examples of each, oldest first; `None` for a set that is no longer known
//! out     how many of them are of the lineage of the last, itself included
//! errors  none
//! rule    sets that share one example are of one lineage, and so are those that a third one joins. Only a set that shares nothing with any
//!         set of before is fresh: whoever keeps a single example keeps its lineage. What is not known may share with any

use std::collections::BTreeSet;

pub fn of_lineage(sets: &[Option<BTreeSet<String>>]) -> usize {
    let Some(last) = sets.len().checked_sub(1) else { return 0 };
    let shares = |one: usize, other: usize| match (&sets[one], &sets[other]) {
        (Some(one), Some(other)) => !one.is_disjoint(other),
        _ => true,
    };
    let (mut reached, mut found) = (BTreeSet::from([last]), vec![last]);
    while let Some(at) = found.pop() {
        for other in 0..sets.len() {
            if shares(at, other) && reached.insert(other) {
                found.push(other);
            }
        }
    }
    reached.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lineage(sets: &[&str]) -> usize {
        let ids = |set: &&str| (*set != "?").then(|| set.split(' ').map(str::to_owned).collect());
        of_lineage(&sets.iter().map(ids).collect::<Vec<_>>())
    }

    #[test]
    fn only_a_set_that_shares_no_example_is_fresh() {
        assert_eq!(lineage(&["a b", "a b", "a c"]), 3);
        assert_eq!(lineage(&["a b", "a c", "d e"]), 1);
        assert_eq!(lineage(&["a b", "a c", "d e", "d f"]), 2);
        assert_eq!(lineage(&["a b", "d e", "c f g", "g b"]), 3, "one example is enough");
        assert_eq!(lineage(&["a b", "b c", "c d"]), 3, "exchanged bit by bit it is the same");
        assert_eq!(lineage(&["a", "?", "d"]), 3, "what is not known may share with any");
        assert_eq!((lineage(&["a"]), lineage(&[])), (1, 0));
    }
}
