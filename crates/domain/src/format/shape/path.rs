//! Paths into a shape, as a mapping writes them: `input.messages.0.content`.
//!
//! in      a shape and a path
//! out     the steps of the path and the shape at its end; what a record needs besides the paths that are given
//! errors  a step that leads nowhere, with what was probably meant

use super::{Fields, Shape, check::unknown};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Key(String),
    Item(usize),
}

/// What is wrong with a path, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPath {
    pub what: String,
    pub help: String,
}

/// Items of a list that a path may name.
const MOST_ITEMS: usize = 100;
static ANY: Shape = Shape::Any;

/// Follows a path. The name of an attribute may hold dots: nothing lies below it.
pub fn walk(shape: &'static Shape, path: &str) -> Result<(Vec<Step>, &'static Shape), NoPath> {
    let mut steps = Vec::new();
    let mut at = shape;
    let mut rest = Some(path);
    while let Some(text) = rest {
        let (part, after) = text.split_once('.').map_or((text, None), |(part, after)| (part, Some(after)));
        if part.trim().is_empty() || part.chars().any(char::is_control) {
            return Err(no_path(format!("`{path}` is no path to a field"), "write it as `expected.answer`"));
        }
        rest = after;
        let so_far = steps_as_text(&steps);
        match enter(at) {
            Some(Shape::Fields(fields)) => {
                at = field(fields, part)?;
                steps.push(Step::Key(part.to_owned()));
            }
            Some(Shape::Keyed(own)) if matches!(own, Shape::Single) => {
                steps.push(Step::Key(text.to_owned()));
                (at, rest) = (*own, None);
            }
            Some(Shape::Keyed(own)) => {
                steps.push(Step::Key(part.to_owned()));
                at = *own;
            }
            Some(Shape::List(item) | Shape::Some(item)) => {
                steps.push(Step::Item(item_at(part, &so_far)?));
                at = *item;
            }
            Some(Shape::Any) => {
                let item = part.parse().ok().filter(|item| *item < MOST_ITEMS);
                steps.push(item.map_or_else(|| Step::Key(part.to_owned()), Step::Item));
                at = &ANY;
            }
            _ => {
                return Err(no_path(
                    format!("`{so_far}` is {}, and nothing lies below it", at.wanted()),
                    format!("write `{so_far}`"),
                ));
            }
        }
    }
    Ok((steps, at))
}

/// What a step can lead into.
fn enter(shape: &'static Shape) -> Option<&'static Shape> {
    match shape {
        Shape::Either(shapes) => shapes.iter().find_map(enter),
        Shape::Fields(_) | Shape::Keyed(_) | Shape::List(_) | Shape::Some(_) | Shape::Any => Some(shape),
        _ => None,
    }
}

fn field(fields: &'static Fields, name: &str) -> Result<&'static Shape, NoPath> {
    match fields.find(name) {
        Some(field) => Ok(&field.shape),
        None if fields.open => Ok(&ANY),
        None => {
            let (what, help) = unknown(fields, name);
            Err(NoPath { what, help })
        }
    }
}

fn item_at(part: &str, list: &str) -> Result<usize, NoPath> {
    part.parse().ok().filter(|item| *item < MOST_ITEMS).ok_or_else(|| {
        no_path(format!("`{list}` is a list, and `{part}` is no position in it"), format!("write `{list}.0`"))
    })
}

fn no_path(what: String, help: impl Into<String>) -> NoPath {
    NoPath { what, help: help.into() }
}

/// As a person writes it.
pub fn steps_as_text(steps: &[Step]) -> String {
    let parts: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Item(at) => at.to_string(),
        })
        .collect();
    parts.join(".")
}

/// Required fields that none of these paths gives: their paths, and what each is.
pub fn lacking(shape: &'static Shape, paths: &[&[Step]]) -> Vec<(String, &'static str)> {
    let mut lacking = Vec::new();
    below(shape, &mut Vec::new(), paths, &mut lacking);
    lacking
}

fn below(shape: &'static Shape, prefix: &mut Vec<Step>, paths: &[&[Step]], lacking: &mut Vec<(String, &'static str)>) {
    let under: Vec<&[Step]> = paths.iter().copied().filter(|path| path.starts_with(prefix)).collect();
    // A path that ends here gives the whole value, which is looked at row by row.
    if under.is_empty() || under.iter().any(|path| path.len() == prefix.len()) {
        return;
    }
    let mut next: Vec<&Step> = under.iter().map(|path| &path[prefix.len()]).collect();
    next.sort();
    next.dedup();
    let Some(inside) = enter(shape) else { return };
    if let Shape::Fields(fields) = inside {
        let given = |name: &str| next.iter().any(|step| **step == Step::Key(name.to_owned()));
        for field in fields.fields.iter().filter(|field| field.required) {
            if !given(field.name) && !field.alias.is_some_and(given) {
                prefix.push(Step::Key(field.name.to_owned()));
                lacking.push((steps_as_text(prefix), field.about));
                prefix.pop();
            }
        }
    }
    for step in next {
        let own = match (inside, step) {
            (Shape::Fields(fields), Step::Key(key)) => fields.find(key).map(|field| &field.shape),
            (Shape::List(item) | Shape::Some(item), Step::Item(_)) => Some(*item),
            _ => None,
        };
        if let Some(own) = own {
            prefix.push(step.clone());
            below(own, prefix, paths, lacking);
            prefix.pop();
        }
    }
}
