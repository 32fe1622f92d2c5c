//! What is hidden of traffic before it is kept, and for how long it is kept.

use crate::digest::Digest;

/// What a contract says of traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficPolicy {
    /// Days that a request is kept; `None` keeps it until somebody says otherwise.
    pub keep_days: Option<u32>,
    pub redaction: Redaction,
    /// Attributes of requests, each with the key that a log has it under.
    pub attributes: Vec<(String, String)>,
}

/// What becomes of each kind of thing that must not be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redaction {
    pub cards: Treatment,
    pub keys: Treatment,
    pub emails: Treatment,
    pub phones: Treatment,
    pub own: Vec<OwnPattern>,
    /// The environment variable with the secret that hashes are keyed by.
    pub hash_key: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Treatment {
    /// Replaced by its kind: `<email>`.
    #[default]
    Hide,
    /// Replaced by its kind and a keyed hash, so that equal values stay equal: `<email:3f9a0c1d2e4b>`.
    Hash,
    Keep,
}

/// A kind of the team's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPattern {
    pub name: String,
    /// A regular expression.
    pub pattern: String,
    pub treatment: Treatment,
}

impl Redaction {
    /// Whether a secret is needed.
    pub fn hashes(&self) -> bool {
        let built_in = [self.cards, self.keys, self.emails, self.phones];
        let own = self.own.iter().map(|own| own.treatment);
        built_in.into_iter().chain(own).any(|treatment| treatment == Treatment::Hash)
    }
}

/// What stands for a value of a kind. Without a secret nothing is hashed: a hash that anybody can make tells the value to whoever guesses it.
pub fn stand_in(kind: &str, value: &str, treatment: Treatment, secret: Option<&str>) -> String {
    match (treatment, secret) {
        (Treatment::Hash, Some(secret)) => {
            let hash = Digest::keyed("plimsoll traffic redaction v1", secret, value.as_bytes()).to_string();
            format!("<{kind}:{}>", &hash[..12])
        }
        _ => format!("<{kind}>"),
    }
}

/// Whether the last digit is the check digit of those before it (ISO/IEC 7812-1).
pub fn is_luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (at, byte) in digits.bytes().rev().enumerate() {
        let Some(digit) = (byte as char).to_digit(10) else { return false };
        let doubled = if at % 2 == 1 { digit * 2 } else { digit };
        sum += if doubled > 9 { doubled - 9 } else { doubled };
    }
    !digits.is_empty() && sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_stand_ins_under_one_secret_and_no_other() {
        let hashed = |value: &str, secret| stand_in("email", value, Treatment::Hash, Some(secret));
        assert_eq!(hashed("a@b.example", "s"), hashed("a@b.example", "s"));
        assert_ne!(hashed("a@b.example", "s"), hashed("a@b.example", "t"));
        assert_ne!(hashed("a@b.example", "s"), hashed("c@b.example", "s"));
        assert_eq!(hashed("a@b.example", "s").len(), "<email:>".len() + 12);
        assert_eq!(stand_in("email", "a@b.example", Treatment::Hide, Some("s")), "<email>");
    }

    /// Without a secret anybody could hash what they guess.
    #[test]
    fn nothing_is_hashed_without_a_secret() {
        assert_eq!(stand_in("email", "a@b.example", Treatment::Hash, None), "<email>");
    }

    /// The example of ISO/IEC 7812-1, Annex B, and the test numbers that networks publish.
    #[test]
    fn check_digits_are_those_of_luhn() {
        for right in ["79927398713", "4111111111111111", "378282246310005", "5555555555554444"] {
            assert!(is_luhn(right), "{right}");
        }
        for wrong in ["79927398710", "4111111111111112", "", "41x1"] {
            assert!(!is_luhn(wrong), "{wrong}");
        }
    }
}
