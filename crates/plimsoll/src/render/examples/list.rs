//! `examples list`

use super::{cut, number, weight_text};
use crate::app::examples::list::Listed;
use crate::app::examples::{source_word, state_word, weighed_word};
use crate::render::read::plain;
use crate::render::width::{broken, padded, width};
use anstyle::Style;
use domain::name::Attribute;
use domain::provenance::Weight;
use domain::reference_set::{ExampleIndex, Row};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

const WIDTH: usize = 80;
/// Widest id and task; the other columns are words of ours.
const IDS: usize = 30;
const TASKS: usize = 17;

/// Attributes other than the task, in the order of their names.
fn attributes(listed: &Listed, index: ExampleIndex) -> impl Iterator<Item = (&str, &str)> {
    let named = listed.set.attributes.keys().filter(|name| name.as_str() != "task");
    named.filter_map(move |name| Some((name.as_str(), listed.set.value(name, index)?)))
}

fn task(listed: &Listed, index: ExampleIndex) -> Option<&str> {
    listed.set.value(&Attribute::new("task"), index)
}

fn rows(listed: &Listed, most: Option<usize>) -> impl Iterator<Item = (ExampleIndex, &Row)> {
    let shown = listed.matching.iter().take(most.unwrap_or(usize::MAX));
    shown.map(|index| (*index, &listed.set.rows[index.0 as usize]))
}

pub fn list_text(listed: &Listed, most: usize, out: &mut impl Write) -> io::Result<()> {
    let bold = Style::new().bold();
    let widest = |of: &dyn Fn(ExampleIndex, &Row) -> usize, least: usize, most_wide: usize| {
        rows(listed, Some(most)).map(|(index, row)| of(index, row)).max().unwrap_or(0).clamp(least, most_wide)
    };
    let ids = widest(&|_, row| width(&plain(row.id.as_str())), 2, IDS);
    let tasks = widest(&|index, _| task(listed, index).map_or(0, |task| width(&plain(task))), 4, TASKS);
    if !listed.matching.is_empty() {
        writeln!(out, "{bold}{:<ids$}  {:<tasks$}  {:<11}  {:<11}  WEIGHT{bold:#}", "ID", "TASK", "SOURCE", "STATUS")?;
    }
    let mut assumed = false;
    for (index, row) in rows(listed, Some(most)) {
        assumed |= row.weight == Weight::Assumed;
        let (id, task) =
            (padded(&cut(row.id.as_str(), ids), ids), padded(&cut(task(listed, index).unwrap_or("-"), tasks), tasks));
        let (source, state, weight) = (source_word(row), state_word(row.state), weight_text(row.weight));
        writeln!(out, "{id}  {task}  {source:<11}  {state:<11}  {weight}")?;
        let mut besides: Vec<String> =
            attributes(listed, index).map(|(name, value)| format!("{}={}", plain(name), plain(value))).collect();
        if row.cluster.as_str() != row.id.as_str() {
            besides.insert(0, format!("cluster {}", plain(row.cluster.as_str())));
        }
        if !besides.is_empty() {
            for line in broken(&besides.join("  "), WIDTH - 4) {
                writeln!(out, "    {}", line.trim_end())?;
            }
        }
    }
    let (shown, matching, of) = (listed.matching.len().min(most), listed.matching.len(), listed.set.rows.len());
    let all = |count: usize| number(count as f64);
    let counted = if matching == of {
        format!("{} examples", all(of))
    } else {
        format!("{} of {} examples match", all(matching), all(of))
    };
    let more = if shown < matching {
        format!("; {} are shown, `--most {matching}` shows all", all(shown))
    } else {
        String::new()
    };
    writeln!(out, "{}{counted}{more}", if matching == 0 { "" } else { "\n" })?;
    if assumed {
        writeln!(out, "1? counts 1: no provenance says what the example stands for")?;
    }
    Ok(())
}

/// One document; examples are written as they come.
pub fn list_json(listed: &Listed, most: Option<usize>, out: &mut impl Write) -> io::Result<()> {
    let shown = listed.matching.len().min(most.unwrap_or(usize::MAX));
    writeln!(
        out,
        "{{\"of\": {}, \"matching\": {}, \"shown\": {shown}, \"examples\": [",
        listed.set.rows.len(),
        listed.matching.len()
    )?;
    for (at, (index, row)) in rows(listed, most).enumerate() {
        let attributes: Map<String, Value> =
            attributes(listed, index).map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let file = listed.set.files.get(usize::from(row.kept.file));
        let example = json!({
            "id": row.id.as_str(), "task": task(listed, index), "source": row.source.map(domain::provenance::SourceKind::as_str),
            "status": state_word(row.state), "cluster": row.cluster.as_str(), "weight": row.weight.get(),
            "weighed": weighed_word(row.weight), "attributes": attributes, "file": file, "line": row.kept.line,
        });
        writeln!(out, "{}{example}", if at == 0 { "" } else { "," })?;
    }
    writeln!(out, "]}}")
}
