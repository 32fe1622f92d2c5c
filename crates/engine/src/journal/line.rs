//! A line of a journal: a JSON object whose first key is the CRC-32 of what follows it.

const BEFORE: &[u8] = b"{\"crc\":\"";
const DIGITS: usize = 8;
const AFTER: &[u8] = b"\",";

/// An object as its line, with the end of the line.
pub fn sealed(object: &str) -> Vec<u8> {
    let rest = object.strip_prefix('{').unwrap_or(object).as_bytes();
    let mut line = Vec::with_capacity(BEFORE.len() + DIGITS + AFTER.len() + rest.len() + 1);
    line.extend_from_slice(BEFORE);
    line.extend_from_slice(format!("{:08x}", crc32fast::hash(rest)).as_bytes());
    line.extend_from_slice(AFTER);
    line.extend_from_slice(rest);
    line.push(b'\n');
    line
}

/// Whether a line, without its end, is as it was written.
pub fn unsealed(line: &[u8]) -> bool {
    let parts = line.strip_prefix(BEFORE).and_then(|rest| rest.split_at_checked(DIGITS));
    let Some((digits, rest)) = parts else { return false };
    let Some(rest) = rest.strip_prefix(AFTER) else { return false };
    let said = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
    said == Some(crc32fast::hash(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_json_and_knows_itself() {
        let line = sealed(r#"{"example":"a"}"#);
        assert!(line.ends_with(b"\n"));
        let line = &line[..line.len() - 1];
        assert!(unsealed(line));
        let value: serde_json::Value = serde_json::from_slice(line).expect("JSON");
        assert_eq!(value["example"], "a");
    }

    proptest! {
        #[test]
        fn a_line_that_lost_or_changed_a_byte_is_told(at in any::<prop::sample::Index>(), by in 1u8..) {
            let line = sealed(r#"{"example":"a","text":"what was said"}"#);
            let line = &line[..line.len() - 1];
            prop_assert!(!unsealed(&line[..at.index(line.len())]));
            let mut other = line.to_vec();
            let at = at.index(line.len());
            other[at] = other[at].wrapping_add(by);
            // Hex digits may be written in two ways.
            prop_assert!(!unsealed(&other) || other.eq_ignore_ascii_case(line));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unsealed(&bytes);
        }
    }
}
