//! Variables of the environment in the contract's texts: `${NAME}`.
//!
//! in      a text, the environment as a function
//! out     the text with values in place of names, and which values
//! errors  a variable that is not set or is empty, a `${` that names none

use super::{ProviderError, Surroundings};

/// A text that was filled in, and what with.
#[derive(Default)]
pub struct Filled {
    pub text: String,
    /// Name and value.
    pub values: Vec<(String, String)>,
}

/// Puts what `put` makes of each name in its place. A `${` that names none is a fault, where one is given; else it stays as it is.
pub fn replace<E>(
    text: &str,
    mut put: impl FnMut(&str) -> Result<String, E>,
    mut unnamed: Option<E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let Some(name) = after.find('}').map(|end| &after[..end]).filter(|name| is_name(name)) else {
            match unnamed.take() {
                Some(fault) => return Err(fault),
                None => out.push_str("${"),
            }
            rest = after;
            continue;
        };
        out.push_str(&put(name)?);
        rest = &after[name.len() + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

pub fn fill(system: &str, place: &str, text: &str, around: &Surroundings) -> Result<Filled, ProviderError> {
    let unnamed = ProviderError::Unnamed { system: system.to_owned(), place: place.to_owned() };
    let mut values = Vec::new();
    let value = |name: &str| {
        let value = variable(system, place, name, around)?;
        values.push((name.to_owned(), value.clone()));
        Ok(value)
    };
    let text = replace(text, value, Some(unnamed))?;
    Ok(Filled { text, values })
}

pub fn variable(system: &str, place: &str, name: &str, around: &Surroundings) -> Result<String, ProviderError> {
    let value = (around.environment)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    value.ok_or_else(|| ProviderError::Unset {
        system: system.to_owned(),
        variable: name.to_owned(),
        place: place.to_owned(),
    })
}

fn is_name(name: &str) -> bool {
    let usual = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    usual && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// Every byte that is not unreserved in an address (RFC 3986), as `%XX`.
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// What an encoded text stands for; `None` where nothing in it is encoded, or what it stands for is no text.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| *byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        match digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                rest = &after[2..];
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(out).ok().filter(|decoded| decoded != text)
}
