//! The fingerprint of a set of scores, whatever their order: the sum of the rows' digests modulo 2^256.
//!
//! in      scores as they are counted and compared, and what was measured of answers
//! out     a digest that is equal for equal sets of rows: the same scores are the same look
//! how     a row's digest is BLAKE3 over 64 bytes: the digest of its answer (example, system, repeat), its value, and the first
//!         24 bytes of the digest of its kind (criterion, grader, state, class). Few rows differ in the first or the last
//! not for forgery: against that the sealed files have digests of their own

use super::State;
use crate::digest::Digest;

/// One score as it is counted and compared: everything but the words of its reason.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    pub example: &'a str,
    pub example_digest: &'a Digest,
    pub system: &'a str,
    pub repeat: u32,
    pub criterion: &'a str,
    /// The bytes of the grader's digest, or what stands for one.
    pub grader: &'a [u8],
    pub state: State,
    pub value: Option<f64>,
    pub class: Option<&'a str>,
}

/// What was measured of one answer: gates rest on it as on grades.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    pub example: &'a str,
    pub system: &'a str,
    pub repeat: u32,
    pub latency_ms: Option<f64>,
    pub spend: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    sum: [u64; 4],
    rows: u64,
}

impl Fingerprint {
    /// An answer of which nothing was measured leaves the fingerprint as it is.
    pub fn add_measured(&mut self, row: &Measured) {
        if row.latency_ms.is_none() && row.spend.is_none() {
            return;
        }
        let mut text = Vec::with_capacity(128);
        ["plimsoll.measured", row.example, row.system].iter().for_each(|part| add(&mut text, part.as_bytes()));
        text.extend_from_slice(&row.repeat.to_le_bytes());
        [row.latency_ms, row.spend].iter().for_each(|value| text.extend_from_slice(&bytes_of(*value)));
        self.add(&Digest::of_bytes(&text));
    }

    fn add(&mut self, digest: &Digest) {
        self.merge(&Fingerprint { sum: words(digest.as_bytes()), rows: 1 });
    }

    pub fn merge(&mut self, other: &Fingerprint) {
        let mut carry = 0u128;
        for (ours, theirs) in self.sum.iter_mut().zip(other.sum) {
            let sum = u128::from(*ours) + u128::from(theirs) + carry;
            *ours = sum as u64;
            carry = sum >> 64;
        }
        self.rows += other.rows;
    }

    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(b"plimsoll.scores.v2\n");
        self.sum.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        Digest::of_bytes(&bytes)
    }
}

/// Sums up the fingerprint of scores, quickest where rows of one answer follow each other.
#[derive(Debug, Default)]
pub struct Summing {
    pub whole: Fingerprint,
    /// Of the row before.
    answer: Option<Answer>,
    kinds: Vec<Kind>,
    /// Where the kind of the row before stands.
    last: usize,
}

/// Which answer rows are about, and its digest.
#[derive(Debug)]
struct Answer {
    example: String,
    example_digest: Digest,
    system: String,
    repeat: u32,
    digest: Digest,
}

impl Answer {
    fn of(row: &Counted) -> Self {
        let mut text = row.example_digest.as_bytes().to_vec();
        text.extend_from_slice(&row.repeat.to_le_bytes());
        [row.example, row.system].iter().for_each(|part| add(&mut text, part.as_bytes()));
        let (example, system) = (row.example.to_owned(), row.system.to_owned());
        let digest = Digest::of_bytes(&text);
        Answer { example, example_digest: *row.example_digest, system, repeat: row.repeat, digest }
    }

    fn is_of(&self, row: &Counted) -> bool {
        self.example_digest == *row.example_digest
            && self.repeat == row.repeat
            && self.example == row.example
            && self.system == row.system
    }
}

/// What rows say of answers but for the value, and its digest.
#[derive(Debug)]
struct Kind {
    criterion: String,
    grader: Vec<u8>,
    state: State,
    class: String,
    digest: Digest,
    /// Where the kind stands that came after this one before.
    next: usize,
}

impl Kind {
    fn of(row: &Counted) -> Self {
        let (mut text, class) = (Vec::new(), row.class.unwrap_or(""));
        let parts = [row.criterion, row.state.as_str(), class];
        parts.iter().map(|part| part.as_bytes()).chain([row.grader]).for_each(|part| add(&mut text, part));
        let (criterion, class, digest) = (row.criterion.to_owned(), class.to_owned(), Digest::of_bytes(&text));
        Kind { criterion, grader: row.grader.to_vec(), state: row.state, class, digest, next: 0 }
    }

    fn is_of(&self, row: &Counted) -> bool {
        self.criterion == row.criterion
            && self.state == row.state
            && self.class == row.class.unwrap_or("")
            && self.grader == row.grader
    }
}

/// Kinds that are remembered.
const MOST_KINDS: usize = 256;

impl Summing {
    pub fn add(&mut self, row: &Counted) {
        let answer = self.answer.take().filter(|known| known.is_of(row)).unwrap_or_else(|| Answer::of(row));
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(answer.digest.as_bytes());
        bytes[32..40].copy_from_slice(&bytes_of(row.value));
        bytes[40..].copy_from_slice(&self.kind(row).digest.as_bytes()[..24]);
        self.whole.add(&Digest::of_bytes(&bytes));
        self.answer = Some(answer);
    }

    fn kind(&mut self, row: &Counted) -> &Kind {
        // Kinds come in turns, and mostly in the turn before.
        let before = self.last;
        let expected = self.kinds.get(before).map(|kind| kind.next);
        let mut turns = expected.into_iter().chain(before + 1..self.kinds.len()).chain(0..=before);
        let found = turns.find(|at| self.kinds.get(*at).is_some_and(|known| known.is_of(row)));
        self.last = found.unwrap_or_else(|| {
            if self.kinds.len() >= MOST_KINDS {
                self.kinds.clear();
            }
            self.kinds.push(Kind::of(row));
            self.kinds.len() - 1
        });
        if let Some(kind) = self.kinds.get_mut(before) {
            kind.next = self.last;
        }
        &self.kinds[self.last]
    }
}

/// A part with its length, so that no two lists of parts give the same text.
fn add(text: &mut Vec<u8>, part: &[u8]) {
    text.extend_from_slice(&(part.len() as u32).to_le_bytes());
    text.extend_from_slice(part);
}

/// Adding zero makes the two zeros one.
fn bytes_of(value: Option<f64>) -> [u8; 8] {
    value.map_or([0xff; 8], |value| (value + 0.0).to_le_bytes())
}

fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let mut words = [0u64; 4];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        let mut eight = [0u8; 8];
        eight.copy_from_slice(chunk);
        *word = u64::from_le_bytes(eight);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(example: &'static str, criterion: &'static str, value: f64) -> Counted<'static> {
        const DIGEST: Digest = Digest::from_bytes([7; 32]);
        Counted {
            example,
            example_digest: &DIGEST,
            system: "candidate",
            repeat: 0,
            criterion,
            grader: b"equals",
            state: State::Graded,
            value: Some(value),
            class: None,
        }
    }

    fn fingerprint<'a>(rows: impl IntoIterator<Item = Counted<'a>>) -> Fingerprint {
        let mut summing = Summing::default();
        rows.into_iter().for_each(|row| summing.add(&row));
        summing.whole
    }

    #[test]
    fn order_changes_nothing_and_every_part_counts() {
        let rows = [row("a", "tone", 1.0), row("a", "source", 0.0), row("b", "tone", 1.0), row("b", "source", 1.0)];
        let whole = fingerprint(rows);
        assert_eq!(whole, fingerprint([rows[3], rows[0], rows[2], rows[1]]));
        let others = [
            Counted { example: "c", ..rows[0] },
            Counted { example_digest: &Digest::from_bytes([8; 32]), ..rows[0] },
            Counted { system: "production", ..rows[0] },
            Counted { repeat: 1, ..rows[0] },
            Counted { criterion: "tones", ..rows[0] },
            Counted { grader: b"equal", ..rows[0] },
            Counted { state: State::SystemError, ..rows[0] },
            Counted { value: Some(0.5), ..rows[0] },
            Counted { value: None, ..rows[0] },
            Counted { class: Some("latency"), ..rows[0] },
        ];
        for other in others {
            assert_ne!(whole, fingerprint([other, rows[1], rows[2], rows[3]]), "{other:?}");
        }
        assert_ne!(whole, fingerprint(rows[1..].iter().copied()));
    }

    #[test]
    fn more_kinds_than_are_remembered_change_nothing() {
        let names: Vec<String> = (0..MOST_KINDS * 2 + 3).map(|at| format!("criterion-{at}")).collect();
        let rows = || names.iter().map(|name| Counted { criterion: name, ..row("a", "", 1.0) });
        let parts = rows().map(|row| fingerprint([row]));
        let mut summed = Fingerprint::default();
        parts.for_each(|part| summed.merge(&part));
        assert_eq!(fingerprint(rows().chain(rows().rev())), {
            let once = summed;
            summed.merge(&once);
            summed
        });
    }
}
