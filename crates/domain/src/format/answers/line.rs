//! A line of answers as types: what `shape.rs` says, fast. A property test holds the two together.

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line<'a> {
    /// Of the bytes that follow it in a journal's line; looked at when the journal is opened.
    #[allow(dead_code)]
    crc: Option<IgnoredText>,
    #[serde(borrow)]
    pub example: Text<'a>,
    pub repeat: Option<u32>,
    #[serde(borrow, alias = "answer")]
    pub text: Option<Text<'a>>,
    pub structured: Option<Value>,
    #[serde(borrow)]
    pub tool_calls: Option<Vec<Call<'a>>>,
    #[serde(borrow)]
    pub citations: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub behaviour: Option<Text<'a>>,
    #[serde(borrow)]
    pub finish_reason: Option<Text<'a>>,
    pub latency_ms: Option<f64>,
    pub cached: Option<bool>,
    pub tokens: Option<Tokens>,
    #[serde(alias = "cost")]
    pub spend: Option<f64>,
    pub attempts: Option<Attempts>,
    #[serde(borrow)]
    pub error: Option<ErrorLine<'a>>,
    /// How the answer was asked for; nothing is graded by it.
    #[allow(dead_code)]
    asked: Option<IgnoredAny>,
}

/// Text that is checked to be text and not kept.
pub struct IgnoredText;

impl<'de> Deserialize<'de> for IgnoredText {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Text::deserialize(reader).map(|_| IgnoredText)
    }
}

/// Text that is borrowed where it holds no escapes.
pub struct Text<'a>(pub Cow<'a, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub arguments: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub input: Option<u64>,
    pub output: Option<u64>,
}

/// How many attempts; each entry of a list is checked and counted.
pub struct Attempts(pub u32);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attempt<'a> {
    #[serde(borrow)]
    #[allow(dead_code)] // read so that it is checked
    error: Option<Text<'a>>,
    latency_ms: Option<f64>,
}

pub enum ErrorLine<'a> {
    Message(Text<'a>),
    Classed(Classed<'a>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classed<'a> {
    #[serde(borrow)]
    pub class: Option<Text<'a>>,
    #[serde(borrow)]
    pub message: Option<Text<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

impl<'de> Deserialize<'de> for Attempts {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(AttemptsVisitor)
    }
}

struct AttemptsVisitor;

impl<'de> Visitor<'de> for AttemptsVisitor {
    type Value = Attempts;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a count or a list")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Attempts, E> {
        u32::try_from(count).map(Attempts).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Attempts, A::Error> {
        let mut count = 0;
        while let Some(attempt) = entries.next_element::<Attempt>()? {
            if attempt.latency_ms.is_some_and(|latency_ms| !crate::share::is_measurable(latency_ms)) {
                return Err(A::Error::custom("no latency"));
            }
            count += 1;
        }
        Ok(Attempts(count))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ErrorLine<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(ErrorVisitor)
    }
}

struct ErrorVisitor;

impl<'de> Visitor<'de> for ErrorVisitor {
    type Value = ErrorLine<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("text or an object")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<ErrorLine<'de>, E> {
        Ok(ErrorLine::Message(Text(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ErrorLine<'de>, E> {
        Ok(ErrorLine::Message(Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<ErrorLine<'de>, A::Error> {
        Classed::deserialize(MapAccessDeserializer::new(entries)).map(ErrorLine::Classed)
    }
}

/// What a journal reads of a line; the rest is passed over.
#[derive(Deserialize)]
pub struct Asked<'a> {
    #[serde(borrow)]
    pub asked: How<'a>,
}

#[derive(Deserialize)]
pub struct How<'a> {
    #[serde(borrow)]
    pub request: Cow<'a, str>,
    #[serde(default)]
    pub refused: Refused,
}

#[derive(Default, Deserialize)]
pub struct Refused {
    pub tokens: Option<u64>,
    pub spend: Option<f64>,
}
