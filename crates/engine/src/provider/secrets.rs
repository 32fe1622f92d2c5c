//! Keys, and texts without them.

use secrecy::{ExposeSecret, SecretString};

/// Every key that a run uses. What is kept, printed or compared goes through `redact` first.
#[derive(Clone, Default)]
pub struct Secrets(Vec<SecretString>);

/// Shorter texts are no keys, and would be found in every word.
const SHORTEST: usize = 6;
const MARK: &str = "[secret]";

impl Secrets {
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.push(SecretString::from(secret.to_owned()));
            // A longer secret that holds a shorter one is taken out first.
            self.0.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
        }
    }

    /// The text, with a mark in place of every key.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), MARK);
            }
        }
        text
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_left_in_a_text() {
        let mut secrets = Secrets::default();
        secrets.add("sk-abc123");
        secrets.add("sk-abc123-long");
        assert_eq!(secrets.redact("Bearer sk-abc123-long and sk-abc123!"), "Bearer [secret] and [secret]!");
        assert!(!format!("{secrets:?}").contains("sk-"));
    }
}
