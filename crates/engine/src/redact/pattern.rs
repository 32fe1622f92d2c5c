//! What card numbers, keys, e-mail addresses and phone numbers look like, and what only looks like them.
//!
//! in      text
//! out     where in it something of a kind stands
//! source  card numbers: ISO/IEC 7812-1 and the ranges that networks publish; JWT: RFC 7519; PEM: RFC 7468; the prefixes of keys are
//!         those that their issuers document
//! note    a number that is neither a plausible card nor a plausible phone stays: orders, dates and amounts are what requests are about

use super::RedactError;
use super::folded::Folded;
use domain::redaction::{OwnPattern, Redaction, Treatment, is_luhn};
use regex::Regex;
use std::ops::Range;

pub struct Pattern {
    pub kind: String,
    pub treatment: Treatment,
    /// The team's own.
    pub own: bool,
    regex: Regex,
    is: fn(&str, &Range<usize>) -> bool,
}

impl Pattern {
    /// What stands in the text, from the left; a named part `v` is the value.
    pub fn found(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(captures) = self.regex.captures_at(text, at) {
            let Some(part) = captures.name("v").or(captures.get(0)) else { break };
            let mut range = part.range();
            // A number may be followed by another that is not part of it.
            while !range.is_empty() && !(self.is)(text, &range) {
                range.end = before_last_group(text, &range);
            }
            let is = !range.is_empty();
            // Behind what is none, another may begin within it.
            let next = if is { range.end } else { behind_first_run(text, range.start) };
            if is {
                found.push(range);
            }
            at = next.max(at + 1);
            while at < text.len() && !text.is_char_boundary(at) {
                at += 1;
            }
            if at >= text.len() {
                break;
            }
        }
        found
    }
}

/// Where the digits that end the range begin, without what stands before them; where it begins, if it has but one group.
fn before_last_group(text: &str, range: &Range<usize>) -> usize {
    let Some(value) = text.get(range.clone()) else { return range.start };
    let group = value.trim_end_matches(|c: char| !c.is_ascii_digit()).trim_end_matches(|c: char| c.is_ascii_digit());
    let rest = group.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '+');
    if rest.bytes().any(|byte| byte.is_ascii_digit()) { range.start + rest.len() } else { range.start }
}

/// Behind the letters and digits that start here.
fn behind_first_run(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or("");
    let mut ends =
        rest.char_indices().skip_while(|(_, c)| !c.is_alphanumeric()).skip_while(|(_, c)| c.is_alphanumeric());
    ends.next().map_or(text.len(), |(at, _)| start + at)
}

/// What nothing but a key begins with.
const KEY: &str = concat!(
    r"(?s:-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z))",
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{20,}",
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,}",
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bhf_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{36}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
);

const SECRET: &str = r"\b(?:sk|pk|rk|whsec)[-_](?:[A-Za-z0-9]{2,20}[-_]){0,4}[A-Za-z0-9_-]{16,}";

const BEARER: &str = r"(?i:\b(?:bearer|basic)\s+)(?P<v>[A-Za-z0-9._~+/=-]{16,})";

const ASSIGNED: &str = r#"(?i)\b(?:api[_-]?key|secret[_-]?key|client[_-]?secret|access[_-]?token|auth[_-]?token|password|passwd|pwd)\b["'\\]{0,3}\s*[:=]\s*["'\\]{0,3}(?P<v>[^\s"'\\,;<>{}]{6,})"#;

/// What an address carries to let somebody in: `?token=abc123def456`.
const CARRIED: &str = r#"(?i)(?:[?&\#;](?:(?:[a-z]{1,20}[_-])?token|auth|key|sig|signature|secret|session|session_?id|sid|jwt)|\btoken)=(?P<v>[^\s"'\\,;&\#<>{}]{8,})"#;

const EMAIL: &str = r"[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.)+\p{L}{2,24}";
/// Groups are parted by a space of any width, none among them, by hyphens, or by dots; or by one sign of those that part other things too.
const CARD: &str = r"[0-9](?:(?:[\s\u{AD}\u{200B}-\u{200D}\u{2010}-\u{2015}\u{2060}\u{2212}\u{FEFF}.·\-&&[^\n\r\u{2028}\u{2029}]]{0,3}|[_/,:])[0-9]){11,18}";
/// What parts the digits of amounts, dates and ids, too: only groups as they are embossed are a card then.
const PARTS_OTHERS: [char; 6] = ['.', '·', '_', '/', ',', ':'];
/// International: `+49 30 901820`, `0044 20 7946 0958`.
const ABROAD: &str = r"(?:\+|\b00)[1-9][0-9]{0,2}(?:[ ./-]{0,2}\(?[0-9]{1,5}\)?){2,7}";
/// National: `(030) 901820`, `030/901820`, `020 7946 0958`, `01 23 45 67 89`, `(415) 555-2671`, `415-555-2671`, `07700900123`,
/// `(11) 98765-4321`, `91 234 56 78`.
const HOME: &str = concat!(
    r"\(0[0-9]{1,5}\)[ ./-]{0,2}[0-9]{2,8}(?:[ ./-][0-9]{2,8}){0,4}|\b0[1-9][0-9]{0,4}(?:[ ./-]{1,3}[0-9]{2,8}){1,5}|\b0[1-9][0-9]{8,9}\b",
    r"|\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[-. ][0-9]{4}|\b(?:1[-. ])?[2-9][0-9]{2}[-. ][2-9][0-9]{2}[-. ][0-9]{4}\b",
    r"|\([1-9][0-9]\) ?(?:9[0-9]{4}|[345][0-9]{3}|2[1-9][0-9]{2})[-. ][0-9]{4}|\b[6-9](?:[0-9] [0-9]{3}|[0-9]{2} [0-9]{2}) [0-9]{2} [0-9]{2}\b",
);

/// Kind, treatment, expression, and what else must hold of what it finds in a text.
type BuiltIn = (&'static str, Treatment, &'static str, fn(&str, &Range<usize>) -> bool);

/// All patterns, in the order in which they are asked.
pub fn all(redaction: &Redaction) -> Result<Vec<Pattern>, RedactError> {
    let mut all = Vec::new();
    for own in &redaction.own {
        let regex = compiled(own).map_err(|why| RedactError::Pattern { name: own.name.clone(), why })?;
        all.push(Pattern { kind: own.name.clone(), treatment: own.treatment, own: true, regex, is: |_, _| true });
    }
    let built_in: [BuiltIn; 9] = [
        ("key", redaction.keys, BEARER, is_key),
        ("key", redaction.keys, KEY, |_, _| true),
        ("key", redaction.keys, SECRET, is_secret),
        ("key", redaction.keys, ASSIGNED, |_, _| true),
        ("key", redaction.keys, CARRIED, is_key),
        ("email", redaction.emails, EMAIL, |_, _| true),
        ("card", redaction.cards, CARD, is_card),
        ("phone", redaction.phones, ABROAD, is_phone),
        ("phone", redaction.phones, HOME, is_phone),
    ];
    for (kind, treatment, pattern, is) in built_in {
        if treatment != Treatment::Keep {
            let regex = Regex::new(pattern);
            let regex =
                regex.map_err(|error| RedactError::Pattern { name: kind.to_owned(), why: last_line(&error) })?;
            all.push(Pattern { kind: kind.to_owned(), treatment, own: false, regex, is });
        }
    }
    Ok(all)
}

/// The team's own patterns that are none: where each stands among them, and why.
pub fn unusable(redaction: &Redaction) -> Vec<(usize, String)> {
    redaction.own.iter().enumerate().filter_map(|(at, own)| Some((at, compiled(own).err()?))).collect()
}

fn compiled(own: &OwnPattern) -> Result<Regex, String> {
    regex::RegexBuilder::new(&own.pattern).size_limit(1 << 20).build().map_err(|error| last_line(&error))
}

fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Whether what stands under this name is a secret, whatever it looks like.
pub fn names_a_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    matches!(
        plain.as_str(),
        "apikey"
            | "xapikey"
            | "password"
            | "passwd"
            | "secretkey"
            | "clientsecret"
            | "accesstoken"
            | "refreshtoken"
            | "authtoken"
            | "authorization"
            | "privatekey"
    )
}

/// The form in which equal values are written alike.
pub fn normal(kind: &str, value: &str) -> String {
    let folded = Folded::of(value).text;
    match kind {
        "card" => digits(&folded),
        "phone" => folded.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        "email" => folded.to_lowercase(),
        _ => value.to_owned(),
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Words follow `bearer` too; keys hold digits, or turn from small letters to capitals again and again.
fn is_key(text: &str, range: &Range<usize>) -> bool {
    const TURNS: usize = 3;
    let found = text[range.clone()].as_bytes();
    let turns = found.windows(2).filter(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    found.iter().any(u8::is_ascii_digit) || turns.count() >= TURNS
}

/// Names begin so too (`pk_orders_of_a_day`); a key has somewhere more letters on end than a word.
fn is_secret(text: &str, range: &Range<usize>) -> bool {
    const WORD: usize = 16;
    let mut runs = text[range.clone()].split(|c: char| !c.is_ascii_alphanumeric());
    is_key(text, range) || runs.any(|run| run.len() >= WORD)
}

/// Whether the number goes on before or behind, as part of an id, a decimal or a date does.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let mut behind = text[range.end..].chars();
    let (next, after) = (behind.next(), behind.next());
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '-' | '/' | '$' | '€' | '£');
    let goes_on = match next {
        Some(c) if c.is_alphanumeric() || c == '_' => true,
        Some('-' | '/' | '.' | ',' | ':') => after.is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    };
    !before.is_some_and(|c| joins(c) || c == '.') && !goes_on
}

fn is_card(text: &str, range: &Range<usize>) -> bool {
    let number = digits(&text[range.clone()]);
    let leading = |count: usize| number.get(..count).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    let known = match number.len() {
        13 | 19 if leading(1) == 4 => true,
        16 => {
            leading(1) == 4
                || (51..=55).contains(&leading(2))
                || (2221..=2720).contains(&leading(4))
                || leading(4) == 6011
                || matches!(leading(2), 65 | 62 | 35)
                || (644..=649).contains(&leading(3))
        }
        15 => matches!(leading(2), 34 | 37),
        14 => matches!(leading(2), 30 | 36 | 38),
        12 | 17..=19 => matches!(leading(2), 50 | 56..=69),
        _ => false,
    };
    let value = &text[range.clone()];
    let grouped = is_grouped(value);
    let parted = grouped || !value.contains(PARTS_OTHERS);
    let alone = || grouped || stands_alone(text, &(range.start..behind_word(text, range.end)));
    known && parted && is_luhn(&number) && alone()
}

/// Whether the digits stand in groups as they are embossed: then nothing beside them makes another number of them.
fn is_grouped(value: &str) -> bool {
    let groups = value.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|digits| *digits > 0);
    matches!(groups.collect::<Vec<_>>()[..], [4, 4, 4, 4] | [4, 4, 4, 4, 3] | [4, 6, 4 | 5])
}

/// Behind a word that was written against a number; an id goes on with digits.
fn behind_word(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    let word = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let is_id = rest[word..].starts_with(|c: char| c.is_numeric() || c == '_');
    if is_id { end } else { end + word }
}

/// Between 7 and 15 digits (E.164), not a date, and not named as something else.
fn is_phone(text: &str, range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    let count = digits(value).len();
    let abroad = value.starts_with('+') || value.starts_with("00");
    (if abroad { 8..=15 } else { 8..=12 }).contains(&count)
        && stands_alone(text, range)
        && !is_date(value)
        && (abroad || !is_called_otherwise(&text[..range.start]))
}

/// Whether it begins as a date does: `01.02.2026`, `01/02/26 10`.
fn is_date(value: &str) -> bool {
    let Some(at) = value.find(['.', '/', '-', ' ']) else { return false };
    let Some(between) = value[at..].chars().next() else { return false };
    let mut parts = value.split(['.', '/', '-', ' ']);
    let mut number = || parts.next().and_then(|part| Some((part.len(), part.parse::<u32>().ok()?)));
    let (Some((d, day)), Some((m, month)), Some((y, _))) = (number(), number(), number()) else { return false };
    let (day, month) = if month > 12 { (month, day) } else { (day, month) };
    let dated = d <= 2 && m <= 2 && (1..=31).contains(&day) && (1..=12).contains(&month);
    let goes_on = value.matches(between).count() > 2 && y == 2;
    dated && (y == 4 || (y == 2 && !goes_on && between != ' '))
}

/// Whether the word before says that a number is one of something else.
fn is_called_otherwise(before: &str) -> bool {
    const WORDS: [&str; 14] = [
        "order",
        "orders",
        "invoice",
        "ticket",
        "parcel",
        "tracking",
        "reference",
        "ref",
        "case",
        "booking",
        "bestellung",
        "rechnung",
        "commande",
        "pedido",
    ];
    let words = before.split(|c: char| !c.is_alphanumeric()).rev().filter(|word| !word.is_empty());
    let mut words =
        words.map(str::to_lowercase).skip_while(|word| matches!(word.as_str(), "number" | "no" | "nr" | "id" | "is"));
    words.next().is_some_and(|word| WORDS.contains(&word.as_str()))
}
