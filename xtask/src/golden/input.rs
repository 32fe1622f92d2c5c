//! What a case gives, by name.
//!
//! in      the `input` of a case
//! out     numbers, counts, lists and rows; levels always one-sided
//! errors  a sentence with the name that is missing, of another type, or out of its range

use serde_json::Value;
use std::collections::BTreeMap;

pub struct Input<'a>(pub &'a Value);

/// A cluster by stratum and name, and its rows.
pub type ClusterRows<'a> = ((String, String), Vec<Input<'a>>);

/// Shares of traffic by stratum.
pub type Shares = Vec<(String, f64)>;

/// Counts up to here are whole numbers as doubles.
const LARGEST_COUNT: u64 = 9_000_000_000_000_000;
/// Exact tests go through every table, and steps are carried out one by one.
pub const MOST_STEPS: u64 = 10_000_000;

impl Input<'_> {
    pub fn value(&self, name: &str) -> Result<&Value, String> {
        self.0.get(name).ok_or_else(|| format!("input lacks `{name}`"))
    }

    pub fn number(&self, name: &str) -> Result<f64, String> {
        number(self.value(name)?).ok_or_else(|| format!("input `{name}` is no number"))
    }

    /// Absent and null alike.
    pub fn optional(&self, name: &str) -> Result<Option<f64>, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.number(name).map(Some),
        }
    }

    /// In [least, most].
    pub fn between(&self, name: &str, least: f64, most: f64) -> Result<f64, String> {
        let number = self.number(name)?;
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(format!("input `{name}` is {number}, and lies in [{least}, {most}]"))
        }
    }

    /// A level, or a power: a chance that is neither none nor all.
    pub fn level(&self, name: &str) -> Result<f64, String> {
        let level = self.number(name)?;
        if level > 0.0 && level < 1.0 {
            Ok(level)
        } else {
            Err(format!("input `{name}` is {level}, and lies between 0 and 1"))
        }
    }

    /// A weight: 0 carries none.
    pub fn weight(&self, name: &str) -> Result<f64, String> {
        let weight = self.number(name)?;
        if weight >= 0.0 && weight.is_finite() {
            Ok(weight)
        } else {
            Err(format!("input `{name}` is {weight}, and no weight"))
        }
    }

    pub fn count(&self, name: &str) -> Result<u64, String> {
        count(self.value(name)?).ok_or_else(|| format!("input `{name}` is no count below 9e15"))
    }

    /// A count of what is carried out one by one.
    pub fn steps(&self, name: &str) -> Result<u64, String> {
        match self.count(name)? {
            steps if steps <= MOST_STEPS => Ok(steps),
            steps => Err(format!("input `{name}` is {steps}, and no more than {MOST_STEPS} are carried out")),
        }
    }

    pub fn text(&self, name: &str) -> Result<&str, String> {
        self.value(name)?.as_str().ok_or_else(|| format!("input `{name}` is no text"))
    }

    pub fn list(&self, name: &str) -> Result<&Vec<Value>, String> {
        self.value(name)?.as_array().ok_or_else(|| format!("input `{name}` is no list"))
    }

    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        numbers(self.value(name)?).ok_or_else(|| format!("input `{name}` is no list of numbers"))
    }

    pub fn table(&self, name: &str) -> Result<Vec<Vec<f64>>, String> {
        let rows: Option<Vec<Vec<f64>>> = self.list(name)?.iter().map(numbers).collect();
        rows.ok_or_else(|| format!("input `{name}` is no table of numbers"))
    }

    /// A table in which null is a missing rating.
    pub fn ratings(&self, name: &str) -> Result<Vec<Vec<Option<f64>>>, String> {
        let rating = |value: &Value| if value.is_null() { Some(None) } else { number(value).map(Some) };
        let row = |row: &Value| row.as_array()?.iter().map(rating).collect();
        let rows: Option<Vec<Vec<Option<f64>>>> = self.list(name)?.iter().map(row).collect();
        rows.ok_or_else(|| format!("input `{name}` is no table of ratings"))
    }

    /// Counts that are no numbers below 0.
    pub fn sizes(&self, name: &str) -> Result<Vec<f64>, String> {
        let sizes = self.numbers(name)?;
        match sizes.iter().find(|size| **size < 0.0 || !size.is_finite()) {
            Some(size) => Err(format!("input `{name}` holds {size}")),
            None => Ok(sizes),
        }
    }

    /// The level on each side of a two-sided interval.
    pub fn each_side(&self, name: &str) -> Result<f64, String> {
        self.level(name).map(|level| 0.5 * level)
    }

    /// Declared shares of traffic; `None` where none are.
    pub fn shares(&self) -> Result<Option<Shares>, String> {
        const ROUNDING: f64 = 1e-9;
        let declared = match self.0.get("shares") {
            None | Some(Value::Null) => return Ok(None),
            Some(declared) => declared.as_object().ok_or("input `shares` names no strata")?,
        };
        let mut shares = Shares::new();
        for name in declared.keys() {
            shares.push((name.clone(), Input(&self.0["shares"]).between(name, 0.0, 1.0)?));
        }
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        if sum > 1.0 + ROUNDING { Err(format!("input `shares` sum to {sum}")) } else { Ok(Some(shares)) }
    }

    /// A name, written as a text or a whole number.
    fn name(&self, key: &str) -> Result<String, String> {
        match self.value(key)? {
            Value::String(name) => Ok(name.clone()),
            Value::Number(number) if number.is_u64() || number.is_i64() => Ok(number.to_string()),
            other => Err(format!("input `{key}` is {other}, and no name")),
        }
    }

    /// Rows by stratum and cluster, clusters in the order of their first row. A row without a stratum is in the one without a name.
    pub fn clusters(&self) -> Result<Vec<ClusterRows<'_>>, String> {
        let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut clusters: Vec<ClusterRows<'_>> = Vec::new();
        for row in self.list("rows")? {
            let row_input = Input(row);
            let stratum = match row.get("stratum") {
                None | Some(Value::Null) => String::new(),
                Some(_) => row_input.name("stratum")?,
            };
            let key = (stratum, row_input.name("cluster")?);
            let at = *places.entry(key.clone()).or_insert_with(|| {
                clusters.push((key, Vec::new()));
                clusters.len() - 1
            });
            clusters[at].1.push(row_input);
        }
        Ok(clusters)
    }
}

pub fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(number).collect()
}

pub fn number(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => value.as_f64(),
    }
}

/// A whole number, written as one or as a float without a fraction.
pub fn count(value: &Value) -> Option<u64> {
    let float = || value.as_f64().filter(|float| *float >= 0.0 && float.fract() == 0.0);
    value.as_u64().or_else(|| float().map(|float| float as u64)).filter(|count| *count <= LARGEST_COUNT)
}
