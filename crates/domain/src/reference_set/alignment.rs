//! Two reference sets beside each other: by id, and *changed* by digest. Told before any difference is.

use super::ReferenceSet;
use crate::digest::Digest;
use std::collections::BTreeMap;

/// How the active examples of two sets lie to each other; every active example of either is in one of the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// In both, with the same content.
    pub matched: u64,
    /// In both under one id, with other content.
    pub changed: u64,
    pub only_here: u64,
    pub only_there: u64,
}

impl Alignment {
    pub fn of(here: &ReferenceSet, there: &ReferenceSet) -> Self {
        let mut rest: BTreeMap<&str, &Digest> = there.active().map(|(_, row)| (row.id.as_str(), &row.digest)).collect();
        let mut alignment = Alignment::default();
        for (_, row) in here.active() {
            match rest.remove(row.id.as_str()) {
                Some(digest) if *digest == row.digest => alignment.matched += 1,
                Some(_) => alignment.changed += 1,
                None => alignment.only_here += 1,
            }
        }
        Alignment { only_there: rest.len() as u64, ..alignment }
    }
}
