//! What headers say about limits: when to come again, what is left, and when it is whole again.
//!
//! in      headers of a reply
//! out     `Retry-After` as a time to wait, and `Headroom`; what cannot be read is not there
//! source  RFC 9110 10.2.3; OpenAI's `x-ratelimit-*` (durations as Go writes them), Anthropic's `anthropic-ratelimit-*`
//!         (instants of RFC 3339)

use super::Headroom;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use std::time::{Duration, SystemTime};

/// Nobody waits longer than this for a run to go on.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(seconds) {
        return Some(ms / 1000);
    }
    let text = text("retry-after")?;
    seconds(text).or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(SystemTime::now()).unwrap_or_default().min(LONGEST))
    })
}

pub fn headroom(headers: &HeaderMap) -> Headroom {
    let left = |what: &str| {
        let of = |left: String, whole: String| {
            let text = |name: String| headers.get(name)?.to_str().ok().map(str::trim);
            let left: u64 = text(left)?.parse().ok()?;
            Some((left, text(whole).and_then(wait).unwrap_or_default()))
        };
        of(format!("x-ratelimit-remaining-{what}"), format!("x-ratelimit-reset-{what}")).or_else(|| {
            of(format!("anthropic-ratelimit-{what}-remaining"), format!("anthropic-ratelimit-{what}-reset"))
        })
    };
    // Most replies say nothing.
    if !headers.keys().any(|name| name.as_str().contains("ratelimit-")) {
        return Headroom::default();
    }
    // Where tokens in and out are limited apart, the shorter one is what is left.
    let tokens = ["tokens", "input-tokens", "output-tokens"].into_iter().filter_map(left).min_by_key(|(left, _)| *left);
    Headroom { requests: left("requests"), tokens }
}

/// A time to wait: `20ms`, `1s`, `6m0s`, seconds as a number, or an instant.
fn wait(text: &str) -> Option<Duration> {
    seconds(text).or_else(|| units(text)).or_else(|| {
        let at: Timestamp = text.parse().ok()?;
        let wait = at.duration_since(Timestamp::now());
        Some(Duration::try_from(wait).unwrap_or_default().min(LONGEST))
    })
}

fn seconds(text: &str) -> Option<Duration> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = plain.then(|| text.parse().ok()).flatten()?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST))
}

/// A duration as Go writes it: numbers, each with its unit.
fn units(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 7] =
        [("h", 3600.0), ("ms", 1e-3), ("m", 60.0), ("s", 1.0), ("us", 1e-6), ("\u{b5}s", 1e-6), ("ns", 1e-9)];
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..number].parse().ok()?;
        rest = &rest[number..];
        let (unit, size) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
        total += value * size;
        rest = &rest[unit.len()..];
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(total).unwrap_or(LONGEST).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(given: &[(&str, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        given.iter().map(pair).collect()
    }

    #[test]
    fn durations_are_read_as_providers_write_them() {
        let ms = |text| wait(text).map(|wait| wait.as_millis());
        assert_eq!(ms("1s"), Some(1000));
        assert_eq!(ms("6m0s"), Some(360_000));
        assert_eq!(ms("20ms"), Some(20));
        assert_eq!(ms("1h2m3.5s"), Some(3_723_500));
        assert_eq!(ms("59.5"), Some(59_500));
        assert_eq!(ms("0"), Some(0));
        assert_eq!(ms("1999-01-01T00:00:00Z"), Some(0));
        assert_eq!(ms("2999-01-01T00:00:00Z"), Some(LONGEST.as_millis()));
        for odd in ["", "s", "-1", "1x", "1", "soon", "1..2s", "1e9", "NaN", "inf"] {
            assert_eq!(ms(odd), (odd == "1").then_some(1000), "{odd}");
        }
    }

    #[test]
    fn retry_after_is_seconds_a_fraction_of_them_or_a_date() {
        let after = |given: &[(&str, &str)]| retry_after(&headers(given));
        assert_eq!(after(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(after(&[("retry-after", "0.25")]), Some(Duration::from_millis(250)));
        assert_eq!(after(&[("retry-after", "2"), ("retry-after-ms", "1500")]), Some(Duration::from_millis(1500)));
        assert_eq!(after(&[("retry-after", "Fri, 01 Jan 1999 00:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(after(&[("retry-after", "Wed, 01 Jan 2200 00:00:00 GMT")]), Some(LONGEST));
        assert_eq!(after(&[("retry-after", "99999999999999999999999")]), Some(LONGEST));
        assert_eq!(after(&[("retry-after", "later")]), None);
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn what_is_left_is_read_from_both_families_of_headers() {
        let of = |given: &[(&str, &str)]| headroom(&headers(given));
        let openai = of(&[
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        assert_eq!(openai.requests, Some((59, Duration::from_secs(1))));
        assert_eq!(openai.tokens, Some((149_984, Duration::from_secs(360))));
        let anthropic = of(&[
            ("anthropic-ratelimit-requests-remaining", "3"),
            ("anthropic-ratelimit-requests-reset", "1999-01-01T00:00:00Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "900"),
            ("anthropic-ratelimit-output-tokens-remaining", "80"),
        ]);
        assert_eq!(anthropic, Headroom { requests: Some((3, Duration::ZERO)), tokens: Some((80, Duration::ZERO)) });
        // Azure says -1 where it does not count.
        assert_eq!(of(&[("x-ratelimit-remaining-tokens", "-1")]), Headroom::default());
    }

    proptest! {
        #[test]
        fn any_text_is_a_wait_or_none(text in "[0-9a-zA-Z.:µ-]{0,24}") {
            let _ = (wait(&text), seconds(&text), units(&text));
        }
    }
}
