//! `examples list`: the examples that a person asks for, in the set's order.

use super::{conditions_of, meant, read};
use crate::app::eval::Eval;
use crate::cli::Failure;
use domain::example::Example;
use domain::fault::closest;
use domain::name::Attribute;
use domain::provenance::SourceKind;
use domain::reference_set::{ExampleIndex, ReferenceSet, RowState};
use domain::segment::Conditions;
use serde_json::Value;

/// What is asked for; of several tasks, sources or states any one.
#[derive(Default)]
pub struct Filter {
    pub tasks: Vec<String>,
    /// `None` is an unknown source.
    pub sources: Vec<Option<SourceKind>>,
    pub states: Vec<RowState>,
    pub segments: Vec<String>,
    /// Words that must all stand somewhere in the example, in any case.
    pub text: Option<String>,
}

pub struct Listed {
    pub set: ReferenceSet,
    pub matching: Vec<ExampleIndex>,
}

pub fn list(eval: &Eval, filter: &Filter) -> Result<Listed, Failure> {
    let words: Vec<String> =
        filter.text.iter().flat_map(|text| text.split_whitespace()).map(str::to_lowercase).collect();
    let mut spoken_of = Vec::new();
    let set = read(eval, |index, example| {
        if !words.is_empty() && speaks_of(&example, &words) {
            spoken_of.push(index);
        }
    })?;
    let wanted: Vec<Conditions> =
        filter.segments.iter().map(|said| conditions_of(&eval.contract, &set, said)).collect::<Result<_, _>>()?;
    known_tasks(eval, &set, &filter.tasks)?;
    let task = Attribute::new("task");
    let is_wanted = |index: ExampleIndex| {
        let row = &set.rows[index.0 as usize];
        let of_task = |task_of: Option<&str>| filter.tasks.iter().any(|task| Some(task.as_str()) == task_of);
        (filter.tasks.is_empty() || of_task(set.value(&task, index)))
            && (filter.sources.is_empty() || filter.sources.contains(&row.source))
            && (filter.states.is_empty() || filter.states.contains(&row.state))
            && wanted.iter().all(|conditions| set.lies_in(conditions, index))
    };
    let all = (0..set.rows.len() as u32).map(ExampleIndex);
    let matching = match words.is_empty() {
        true => all.filter(|index| is_wanted(*index)).collect(),
        false => spoken_of.into_iter().filter(|index| is_wanted(*index)).collect(),
    };
    Ok(Listed { set, matching })
}

/// A task that neither the contract nor any example knows is a slip.
fn known_tasks(eval: &Eval, set: &ReferenceSet, tasks: &[String]) -> Result<(), Failure> {
    let of_set = set.attributes.get(&Attribute::new("task")).map_or(&[][..], |column| column.values.as_slice());
    let known = || eval.contract.tasks.iter().map(|task| task.as_str()).chain(of_set.iter().map(String::as_str));
    match tasks.iter().find(|task| !known().any(|known| known == task.as_str())) {
        None => Ok(()),
        Some(task) => {
            let mut list: Vec<&str> = known().collect();
            list.sort_unstable();
            list.dedup();
            Err(Failure::yours(
                format!("no task is called `{task}`"),
                format!("{}tasks: {}", meant(closest(task, known())), list.join(", ")),
            ))
        }
    }
}

fn speaks_of(example: &Example, words: &[String]) -> bool {
    let mut text = String::new();
    gather(&example.document, &mut text);
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

fn gather(value: &Value, text: &mut String) {
    match value {
        Value::String(said) => {
            text.push_str(said);
            text.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, text)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, text)),
        Value::Number(number) => {
            text.push_str(&number.to_string());
            text.push('\n');
        }
        Value::Null | Value::Bool(_) => {}
    }
}
