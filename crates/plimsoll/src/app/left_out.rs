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
    pub places: Vec<Place>,
}

impl LeftOut {
    pub fn add(&mut self, what: &str, place: Place) {
        let all = &mut self.0;
        let what = if all.len() >= MOST_KINDS && !all.iter().any(|left| left.what == what) { REST } else { what };
        let at = all.iter().position(|left| left.what == what).unwrap_or_else(|| {
            all.push(Left { what: what.to_owned(), count: 0, places: Vec::new() });
            all.len() - 1
        });
        all[at].count += 1;
        if all[at].places.len() < SHOWN {
            all[at].places.push(place);
        }
    }
}

impl Left {
    /// `t.jsonl:3, t.jsonl:9`
    pub fn first_at(&self) -> String {
        let places: Vec<String> = self.places.iter().map(|place| format!("{}:{}", place.file, place.line)).collect();
        places.join(", ")
    }
}
