//! Cells as values of fields. An empty cell says nothing; what a cell cannot be says what to write.

use super::Read;
use crate::format::json;
use crate::format::shape::Shape;
use jiff::civil::Date;
use jiff::fmt::strtime::BrokenDownTime;
use serde_json::{Number, Value};

/// What is wrong with a cell, and what to write.
pub type Wrong = (String, String);

/// Whether one cell can be the value.
pub fn is_single(shape: &Shape) -> bool {
    match shape {
        Shape::List(_) | Shape::Some(_) | Shape::Keyed(_) | Shape::Fields(_) => false,
        Shape::Either(shapes) => shapes.iter().any(is_single),
        _ => true,
    }
}

/// How a value of this shape is read from text that no column describes.
pub fn written_as(shape: &Shape) -> Read {
    if is_single(shape) { Read::AsField } else { Read::Json }
}

/// Whether several values can be the value.
pub fn is_list(shape: &Shape) -> bool {
    match shape {
        Shape::List(_) | Shape::Some(_) | Shape::Any => true,
        Shape::Either(shapes) => shapes.iter().any(is_list),
        _ => false,
    }
}

/// Whether text is kept to the letter, white space included.
fn is_prose(shape: &Shape) -> bool {
    match shape {
        Shape::Text | Shape::Any => true,
        Shape::Either(shapes) => shapes.iter().any(is_prose),
        _ => false,
    }
}

fn is_flag(shape: &Shape) -> bool {
    match shape {
        Shape::Flag => true,
        Shape::Either(shapes) => shapes.iter().any(is_flag),
        _ => false,
    }
}

/// The value of a cell that is not empty.
pub fn value(shape: &Shape, read: &Read, text: &str) -> Result<Value, Wrong> {
    match read {
        Read::AsField => single(shape, text),
        Read::Json => parsed(text.trim()),
        Read::List(separator) => {
            let items = text.split(separator.as_str()).map(str::trim).filter(|item| !item.is_empty());
            Ok(items.map(Value::from).collect())
        }
        Read::Date(format) => date(shape, format, text.trim()),
    }
}

/// A cell of JSON, of which nothing is lost when it is written again.
fn parsed(text: &str) -> Result<Value, Wrong> {
    let value = json::value(text).ok_or_else(|| {
        let why = serde_json::from_str::<Value>(text).err();
        let why = why.map_or_else(|| "a key is given twice".to_owned(), |error| error.to_string());
        (format!("this cell is no JSON: {why}"), "mend it; text stands in double quotes".to_owned())
    })?;
    match json::rounded(&value) {
        Some(number) => {
            let what = format!("a number of this cell has more digits than are kept: it would become {number}");
            Err((what, "put it in double quotes, as text".to_owned()))
        }
        None => Ok(value),
    }
}

fn single(shape: &Shape, text: &str) -> Result<Value, Wrong> {
    let trimmed = text.trim();
    match shape {
        Shape::Whole(_) | Shape::Amount | Shape::Weight | Shape::Chance => match serde_json::from_str::<Number>(trimmed)
        {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Err((
                format!("`{}` is no number", shortened(trimmed)),
                "write it with digits and a decimal point, such as 0.02; leave the cell empty where it is not known"
                    .to_owned(),
            )),
        },
        _ if is_flag(shape) && trimmed.eq_ignore_ascii_case("true") => Ok(true.into()),
        _ if is_flag(shape) && trimmed.eq_ignore_ascii_case("false") => Ok(false.into()),
        Shape::Flag => {
            Err((format!("`{}` is neither true nor false", shortened(trimmed)), "write true or false".to_owned()))
        }
        _ => Ok(if is_prose(shape) { text.into() } else { trimmed.into() }),
    }
}

/// A date as `2027-01-31`; with a zone, and where the field takes a time, a time.
fn date(shape: &Shape, format: &str, text: &str) -> Result<Value, Wrong> {
    let wrong = |why: String| {
        let help = format!("write it as `{}`, or mend the way that dates are read", written(format));
        (format!("`{}` is no date of the form `{format}`: {why}", shortened(text)), help)
    };
    let read = BrokenDownTime::parse(format, text).map_err(|error| wrong(error.to_string()))?;
    match read.to_timestamp() {
        Ok(time) if matches!(shape, Shape::Moment) => Ok(time.to_string().into()),
        _ => read.to_date().map(|date| date.to_string().into()).map_err(|error| wrong(error.to_string())),
    }
}

/// A day in that form, for showing.
fn written(format: &str) -> String {
    Date::constant(2027, 1, 31)
        .to_datetime(jiff::civil::time(8, 30, 0, 0))
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_or_else(
            |_| "2027-01-31".to_owned(),
            |day| jiff::fmt::strtime::format(format, &day).unwrap_or_else(|_| "2027-01-31".to_owned()),
        )
}

/// Whether a day written this way can be read back.
pub fn check_date_format(format: &str) -> Result<(), String> {
    let written = written(format);
    let read = BrokenDownTime::parse(format, &written).map_err(|error| error.to_string())?;
    read.to_date().map(drop).map_err(|error| error.to_string())
}

fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().nth(MOST).is_some() {
        text.chars().take(MOST).chain("...".chars()).collect()
    } else {
        text.to_owned()
    }
}
