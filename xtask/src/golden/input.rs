//! What a case gives, by name.
//!
//! in      the `input` of a case
//! out     numbers, counts, lists and rows; levels always one-sided
//! errors  a sentence with the name that is missing or of another type

use serde_json::Value;
use std::collections::BTreeMap;

pub struct Input<'a>(pub &'a Value);

/// A cluster by stratum and name, and its rows.
pub type ClusterRows<'a> = ((String, String), Vec<Input<'a>>);

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

    pub fn count(&self, name: &str) -> Result<u64, String> {
        count(self.value(name)?).ok_or_else(|| format!("input `{name}` is no count"))
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

    /// The level on each side of a two-sided interval.
    pub fn each_side(&self, name: &str) -> Result<f64, String> {
        self.number(name).map(|level| 0.5 * level)
    }

    /// Rows by stratum and cluster, clusters in the order of their first row.
    pub fn clusters(&self) -> Result<Vec<ClusterRows<'_>>, String> {
        let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut clusters: Vec<ClusterRows<'_>> = Vec::new();
        for row in self.list("rows")? {
            let name = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let key = (name("stratum"), name("cluster"));
            let at = *places.entry(key.clone()).or_insert_with(|| {
                clusters.push((key, Vec::new()));
                clusters.len() - 1
            });
            clusters[at].1.push(Input(row));
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
    let float = || value.as_f64().filter(|float| *float >= 0.0 && float.fract() == 0.0 && *float < 9e15);
    value.as_u64().or_else(|| float().map(|float| float as u64))
}
