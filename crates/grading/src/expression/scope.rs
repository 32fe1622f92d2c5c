//! What an expression names: its comprehensions, and names, keys and functions that nothing stands for.
//!
//! in      the tree of an expression; the names that it may use
//! out     how many comprehensions it has; the first thing that is not known, with what was probably meant
//! note    read from the tree and not from the text, where blanks stand anywhere and quotes hold anything

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, SelectExpr};
use domain::fault::closest;

/// A name that an expression may use, and its keys; where there are none, any key may stand.
pub type Known<'k> = (&'k str, &'k [&'k str]);

/// Functions of ours, with what stands between their brackets.
const OURS: [(&str, &[&str]); 10] = [
    ("words", &["text"]),
    ("sentences", &["text"]),
    ("lines", &["text"]),
    ("paragraphs", &["text"]),
    ("count", &["text", "part"]),
    ("lower", &["text"]),
    ("upper", &["text"]),
    ("trim", &["text"]),
    ("unfenced", &["text"]),
    ("is_json", &["text"]),
];

/// Functions that the library defines.
const OF_CEL: [&str; 31] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "hasValue",
    "int",
    "matches",
    "optFlatMap",
    "optMap",
    "or",
    "orValue",
    "size",
    "startsWith",
    "string",
    "timestamp",
    "type",
    "uint",
    "value",
];

/// What is no function, and only read where it is written so.
const MACROS: [(&str, &str); 6] = [
    ("all", "list.all(item, condition)"),
    ("exists", "list.exists(item, condition)"),
    ("exists_one", "list.exists_one(item, condition)"),
    ("filter", "list.filter(item, condition)"),
    ("has", "has(object.key)"),
    ("map", "list.map(item, expression)"),
];

pub fn comprehensions(tree: &IdedExpr) -> usize {
    let here = usize::from(matches!(tree.expr, Expr::Comprehension(_)));
    here + parts(tree).into_iter().map(comprehensions).sum::<usize>()
}

/// The first thing in an expression that is not known; what is wrong with it, and what to write.
pub fn unknown(tree: &IdedExpr, known: &[Known]) -> Option<String> {
    Scope { known, bound: Vec::new() }.unknown(tree)
}

struct Scope<'e> {
    known: &'e [Known<'e>],
    /// Names that comprehensions around this place bind.
    bound: Vec<&'e str>,
}

impl<'e> Scope<'e> {
    fn unknown(&mut self, tree: &'e IdedExpr) -> Option<String> {
        let here = match &tree.expr {
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.key(select),
            Expr::Call(call) => function(call),
            Expr::Comprehension(each) => {
                let outside = [&each.iter_range, &each.accu_init].into_iter().find_map(|part| self.unknown(part));
                if outside.is_some() {
                    return outside;
                }
                let around = self.bound.len();
                self.bound.extend([each.iter_var.as_str(), each.accu_var.as_str()]);
                self.bound.extend(each.iter_var2.as_deref());
                let inside = [&each.loop_cond, &each.loop_step, &each.result];
                let inside = inside.into_iter().find_map(|part| self.unknown(part));
                self.bound.truncate(around);
                return inside;
            }
            _ => None,
        };
        here.or_else(|| parts(tree).into_iter().find_map(|part| self.unknown(part)))
    }

    fn name(&self, name: &str) -> Option<String> {
        // What a macro makes of itself has a name that nobody can write.
        let is_made = name.starts_with('@');
        if is_made || self.bound.contains(&name) || self.known.iter().any(|(known, _)| *known == name) {
            return None;
        }
        let known: Vec<&str> = self.known.iter().map(|(known, _)| *known).collect();
        let are = if known.len() == 1 { "is" } else { "are" };
        Some(format!("`{name}` is not known; there {are} {}", listed(&known)))
    }

    fn key(&self, select: &SelectExpr) -> Option<String> {
        let Expr::Ident(name) = &select.operand.expr else { return None };
        let (_, keys) = self.known.iter().find(|(known, _)| *known == name.as_str())?;
        let field = select.field.as_str();
        if keys.is_empty() || keys.contains(&field) || self.bound.contains(&name.as_str()) {
            return None;
        }
        let meant = closest(field, keys.iter().copied())
            .map_or_else(|| format!("it has {}", listed(keys)), |near| format!("did you mean `{near}`?"));
        Some(format!("`{name}` has no `{field}`; {meant}"))
    }
}

fn function(call: &CallExpr) -> Option<String> {
    let name = call.func_name.as_str();
    let is_operator = !name.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_operator || OF_CEL.contains(&name) {
        return None;
    }
    if let Some((_, takes)) = OURS.iter().find(|(ours, _)| *ours == name) {
        let is_written_so = call.target.is_none() && call.args.len() == takes.len();
        return (!is_written_so).then(|| format!("`{name}` is written `{name}({})`", takes.join(", ")));
    }
    if let Some((_, form)) = MACROS.iter().find(|(known, _)| *known == name) {
        return Some(format!("`{name}` is written `{form}`"));
    }
    let names = OURS.iter().map(|(name, _)| *name).chain(OF_CEL).chain(MACROS.iter().map(|(name, _)| *name));
    let meant = closest(name, names).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Some(format!("`{name}` is no function{meant}"))
}

fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        words => words.concat(),
    }
}

/// The expressions that one is directly made of.
fn parts(tree: &IdedExpr) -> Vec<&IdedExpr> {
    match &tree.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(each) => {
            vec![&each.iter_range, &each.accu_init, &each.loop_cond, &each.loop_step, &each.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => of_entries(&map.entries),
        Expr::Select(select) => vec![&select.operand],
        Expr::Struct(made) => of_entries(&made.entries),
    }
}

fn of_entries(entries: &[IdedEntryExpr]) -> Vec<&IdedExpr> {
    let mut found = Vec::new();
    for entry in entries {
        match &entry.expr {
            EntryExpr::StructField(field) => found.push(&field.value),
            EntryExpr::MapEntry(entry) => found.extend([&entry.key, &entry.value]),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use cel::{Context, ExecutionError, Program};

    /// A function that the library lacks is undeclared to it, however it is called; one that it has takes no such value.
    #[test]
    fn the_functions_are_those_of_the_library() {
        for name in OF_CEL.into_iter().filter(|name| !name.starts_with("opt")) {
            let calls = [format!("{name}([])"), format!("[].{name}()"), format!("[].{name}([])")];
            let is_there = |call: &String| {
                let given = Program::compile(call).unwrap().execute(&Context::default());
                !matches!(given, Err(ExecutionError::UndeclaredReference(_)))
            };
            assert!(calls.iter().any(is_there), "{name}");
        }
    }
}
