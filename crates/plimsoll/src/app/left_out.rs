//! What was read and left out: by kind, with how many and where the first stand.

use domain::fault::Place;

/// Kinds that are told apart.
const MOST_KINDS: usize = 50;
/// Places that are told of each.
pub const SHOWN: usize = 3;
const REST: &str = "records of further kinds";

#[derive(Default)]
pub struct LeftOut(pub Vec<Left>);

/// Things of one kind.
pub struct Left {
    pub what: String,
    pub count: u64,
    /// `t.jsonl:3`, or `t.jsonl:3 (span 00f067aa0ba902b7)`.
    pub places: Vec<String>,
}

impl LeftOut {
    pub fn add(&mut self, what: &str, place: &Place) {
        self.add_at(what, || format!("{}:{}", place.file, place.line));
    }

    /// The same with what of the line it is.
    pub fn add_inside(&mut self, what: &str, place: &Place, inside: &str) {
        self.add_at(what, || format!("{}:{} ({inside})", place.file, place.line));
    }

    fn add_at(&mut self, what: &str, place: impl Fn() -> String) {
        let all = &mut self.0;
        let what = if all.len() >= MOST_KINDS && !all.iter().any(|left| left.what == what) { REST } else { what };
        let at = all.iter().position(|left| left.what == what).unwrap_or_else(|| {
            all.push(Left { what: what.to_owned(), count: 0, places: Vec::new() });
            all.len() - 1
        });
        all[at].count += 1;
        if all[at].places.len() < SHOWN {
            all[at].places.push(place());
        }
    }
}

impl Left {
    /// `t.jsonl:3, t.jsonl:9`
    pub fn first_at(&self) -> String {
        self.places.join(", ")
    }
}
