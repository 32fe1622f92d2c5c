//! Scores: system x example x repeat x criterion. The denominator is fixed when a run is planned: every planned score
//! has a row, whatever became of it.

use crate::name::ClassName;
use crate::share::Share;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The grader gave a value.
    Graded,
    /// The system did not answer: a failure, of class latency or format.
    SystemError,
    /// The grader could not give a value: unknown, bounded both ways.
    GraderError,
    /// No answer was recorded: unknown.
    NotRun,
    /// The criterion does not apply to this example or answer.
    NotApplicable,
}

impl State {
    pub const ALL: [State; 5] =
        [State::Graded, State::SystemError, State::GraderError, State::NotRun, State::NotApplicable];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Graded => "graded",
            State::SystemError => "system_error",
            State::GraderError => "grader_error",
            State::NotRun => "not_run",
            State::NotApplicable => "not_applicable",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a grader says about one answer. Total: a grader never fails otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Graded {
        value: Share,
        /// Why it failed, where the grader knows better than the criterion's first class.
        class: Option<ClassName>,
        /// What it points at: the span, the tool call, the missing section. Empty where it passed with nothing to say.
        reason: String,
    },
    NotApplicable {
        reason: String,
    },
    GraderError {
        reason: String,
    },
}

impl Verdict {
    pub fn passed(reason: impl Into<String>) -> Self {
        Verdict::Graded { value: Share::ONE, class: None, reason: reason.into() }
    }

    pub fn failed(reason: impl Into<String>) -> Self {
        Verdict::Graded { value: Share::ZERO, class: None, reason: reason.into() }
    }

    pub fn failed_as(class: &str, reason: impl Into<String>) -> Self {
        Verdict::Graded { value: Share::ZERO, class: Some(ClassName::new(class)), reason: reason.into() }
    }
}

/// One score as it is counted and compared: everything but the words of its reason.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    pub example: &'a str,
    pub example_digest: &'a crate::digest::Digest,
    pub system: &'a str,
    pub repeat: u32,
    pub criterion: &'a str,
    /// The bytes of the grader's digest, or what stands for one.
    pub grader: &'a [u8],
    pub state: State,
    pub value: Option<f64>,
    pub class: Option<&'a str>,
}

impl Counted<'_> {
    /// BLAKE3 over what has a fixed length, then over the texts, each with its length.
    fn digest(&self) -> crate::digest::Digest {
        // Made for every row of a run: put together without the heap, as most rows fit.
        let mut bytes = Bytes::default();
        bytes.add(self.example_digest.as_bytes());
        bytes.add(&self.repeat.to_le_bytes());
        // Adding zero makes the two zeros one.
        bytes.add(&self.value.map_or([0xff; 8], |value| (value + 0.0).to_le_bytes()));
        let texts = [self.example, self.system, self.criterion, self.state.as_str(), self.class.unwrap_or("")];
        for text in texts.map(str::as_bytes).into_iter().chain([self.grader]) {
            bytes.add(&(text.len() as u32).to_le_bytes());
            bytes.add(text);
        }
        crate::digest::Digest::of_bytes(bytes.get())
    }
}

/// Bytes on the stack, and on the heap where they are more.
struct Bytes {
    few: [u8; 256],
    length: usize,
    many: Vec<u8>,
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes { few: [0; 256], length: 0, many: Vec::new() }
    }
}

impl Bytes {
    fn add(&mut self, bytes: &[u8]) {
        match self.few.get_mut(self.length..self.length + bytes.len()) {
            Some(free) if self.many.is_empty() => {
                free.copy_from_slice(bytes);
                self.length += bytes.len();
            }
            _ => {
                if self.many.is_empty() {
                    self.many.extend_from_slice(&self.few[..self.length]);
                }
                self.many.extend_from_slice(bytes);
            }
        }
    }

    fn get(&self) -> &[u8] {
        if self.many.is_empty() { &self.few[..self.length] } else { &self.many }
    }
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

/// The fingerprint of a set of scores, whatever their order: the sum of the rows' digests modulo 2^256.
///
/// It tells whether two runs hold the same scores (the same look). Against forgery the sealed files have digests of their
/// own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    sum: [u64; 4],
    rows: u64,
}

impl Fingerprint {
    pub fn add(&mut self, row: &Counted) {
        self.merge(&Fingerprint { sum: words(row.digest().as_bytes()), rows: 1 });
    }

    /// An answer of which nothing was measured leaves the fingerprint as it is.
    pub fn add_measured(&mut self, row: &Measured) {
        if row.latency_ms.is_none() && row.spend.is_none() {
            return;
        }
        let mut hasher = blake3::Hasher::new();
        for text in ["plimsoll.measured", row.example, row.system] {
            hasher.update(&(text.len() as u32).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(&row.repeat.to_le_bytes());
        for value in [row.latency_ms, row.spend] {
            hasher.update(&value.map_or([0xff; 8], |value| (value + 0.0).to_le_bytes()));
        }
        self.merge(&Fingerprint { sum: words(hasher.finalize().as_bytes()), rows: 1 });
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

    pub fn digest(&self) -> crate::digest::Digest {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(b"plimsoll.scores.v1\n");
        self.sum.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        crate::digest::Digest::of_bytes(&bytes)
    }
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
