//! Whole numbers that JSON can write and that are not kept to the last digit: beyond 64 bits a number here has 53.

use serde_json::{Number, Value};

/// From here up a number of JSON is no whole number any more: 2^64.
const LARGEST: f64 = 18_446_744_073_709_551_616.0;
/// And from here down: -2^63.
const SMALLEST: f64 = -9_223_372_036_854_775_808.0;

/// The first number in a value, at any depth, that may have been written with more digits than are kept.
pub fn rounded(value: &Value) -> Option<&Number> {
    match value {
        Value::Number(number) => {
            let is_kept = |value: f64| SMALLEST < value && value < LARGEST;
            let is_rounded = number.is_f64() && !number.as_f64().is_some_and(is_kept);
            is_rounded.then_some(number)
        }
        Value::Array(items) => items.iter().find_map(rounded),
        Value::Object(fields) => fields.values().find_map(rounded),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_64_bits_are_rounded_and_no_others() {
        let is_rounded = |text: &str| rounded(&serde_json::from_str(text).unwrap()).is_some();
        for text in ["18446744073709551616", "[1,{\"n\":12345678901234567890123}]", "-9223372036854775809", "6.02e23"] {
            assert!(is_rounded(text), "{text}");
        }
        for text in
            ["18446744073709551615", "-9223372036854775808", "0.1", "1e10", "\"12345678901234567890123\"", "null"]
        {
            assert!(!is_rounded(text), "{text}");
        }
    }
}
