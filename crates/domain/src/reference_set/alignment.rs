//! Two reference sets beside each other: by id, and *changed* by digest. Told before any difference is.

use super::{ReferenceSet, RowState};
use crate::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};

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

/// What became of the active examples since an earlier set: their ids, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    pub entered: Vec<String>,
    pub left: Vec<String>,
    /// Under the same id, with other content.
    pub changed: Vec<String>,
}

impl Since {
    pub fn of(here: &ReferenceSet, there: &ReferenceSet) -> Self {
        let mut rest: BTreeMap<&str, &Digest> = there.active().map(|(_, row)| (row.id.as_str(), &row.digest)).collect();
        let mut since = Since::default();
        for (_, row) in here.active() {
            match rest.remove(row.id.as_str()) {
                Some(digest) if *digest == row.digest => {}
                Some(_) => since.changed.push(row.id.to_string()),
                None => since.entered.push(row.id.to_string()),
            }
        }
        since.left = rest.into_keys().map(str::to_owned).collect();
        since.entered.sort();
        since.changed.sort();
        since
    }
}

impl ReferenceSet {
    /// This set with no example active but those that are active in the other one too, with the same content.
    pub fn common_with(&self, there: &ReferenceSet) -> ReferenceSet {
        let known: BTreeMap<&str, &Digest> = there.active().map(|(_, row)| (row.id.as_str(), &row.digest)).collect();
        let mut common = self.clone();
        for row in common.rows.iter_mut().filter(|row| row.is_active()) {
            if known.get(row.id.as_str()) != Some(&&row.digest) {
                row.state = RowState::Retired;
            }
        }
        common
    }

    /// The set as if these examples had left it.
    pub fn without(&self, ids: &BTreeSet<&str>) -> ReferenceSet {
        let mut rest = self.clone();
        for row in rest.rows.iter_mut().filter(|row| row.is_active() && ids.contains(row.id.as_str())) {
            row.state = RowState::Retired;
        }
        rest
    }
}
