//! What a judge replied.
//!
//! in      a rubric, what was shown, a reply
//! out     a judgement
//! errors  whatever is not exactly what was asked for: the reply is then as good as none, asked for again, and never a pass
//! rules   no filter of a provider ended it; the reply is one JSON object, bare or as one fenced block; its four fields are there, of their
//!         types, and no other is; each quotation occurs in what was judged; a pass, a level above the lowest and a preference rest on a
//!         quotation where there is anything to quote, a failure may rest on what is missing; only what can fail has a failure class

use super::prompt::words;
use super::quote::{occurs, parts};
use super::{Answers, Judgement, Outcome, Said, Shown};
use crate::provider::Reply;
use domain::name::ClassName;
use domain::rubric::{CANNOT_TELL, Kind, Mark, Rubric};
use domain::share::Share;
use serde_json::{Map, Value};

const FIELDS: [&str; 4] = ["reasoning", "quotes", "verdict", "failure_class"];
/// How a reply ends that its provider's filter has cut or put in place of the judge's.
const TURNED_AWAY: [&str; 2] = ["content_filter", "refusal"];
/// Characters of what a judge wrote that an error repeats.
const SHOWN: usize = 60;

/// Reads a reply.
pub fn read(rubric: &Rubric, shown: &Shown, reply: &Reply) -> Result<Judgement, String> {
    if let Some(reason) = reply.finish_reason.as_deref().filter(|reason| TURNED_AWAY.contains(reason)) {
        return Err(format!("a filter of the judge's provider turned the question or the reply away (`{reason}`)"));
    }
    let fields = object(reply)?;
    if let Some(missing) = FIELDS.iter().find(|field| !fields.contains_key(**field)) {
        return Err(format!("the judge's reply lacks `{missing}`"));
    }
    if let Some(extra) = fields.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(format!("the judge's reply has a field `{}` that was not asked for", cut(extra)));
    }
    let reasoning = text(&fields, "reasoning")?.trim().to_owned();
    if reasoning.is_empty() {
        return Err("the judge gives no reasoning".to_owned());
    }
    let said = said(rubric, shown, text(&fields, "verdict")?)?;
    let class = class(rubric, &fields)?;
    let quotes = quotes(rubric, shown, &fields)?;
    let judgement = Judgement { said, class, quotes, reasoning };
    holds_together(rubric, shown, &judgement)?;
    Ok(judgement)
}

/// The word that a reply gives as its verdict, whatever else is wrong with it.
pub fn word(reply: &Reply) -> Option<String> {
    let text = reply.text.as_deref().unwrap_or("");
    let inside = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to));
    let told = inside.and_then(|inside| serde_json::from_str::<Value>(inside).ok());
    let verdict = |told: &Value| told.get("verdict").and_then(Value::as_str).map(str::to_owned);
    told.as_ref().and_then(verdict).or_else(|| reply.structured.as_ref().and_then(verdict))
}

/// The object that the reply is, in text or as data.
fn object(reply: &Reply) -> Result<Map<String, Value>, String> {
    let value = match (reply.text.as_deref().map(unfenced), &reply.structured) {
        // Where an API gives the object apart, text beside it is talk; text that is an object is read as strictly as alone.
        (text, Some(value)) if !text.is_some_and(|text| text.starts_with('{')) => value.clone(),
        (Some(text), _) => {
            let read = domain::format::json::value(text);
            read.ok_or_else(|| format!("the judge's reply is not one JSON object: `{}`", cut(text)))?
        }
        (None, Some(value)) => value.clone(),
        (None, None) => return Err("the judge's reply is empty".to_owned()),
    };
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(format!("the judge's reply is not one JSON object: `{}`", cut(&other.to_string()))),
    }
}

/// What stands in a fence of three backticks, where the whole text is one.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inside = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let parted = inside.and_then(|inside| inside.split_once('\n'));
    match parted {
        Some(("" | "json" | "JSON", inside)) => inside.trim(),
        _ => text,
    }
}

fn text<'f>(fields: &'f Map<String, Value>, field: &str) -> Result<&'f str, String> {
    fields.get(field).and_then(Value::as_str).ok_or_else(|| format!("`{field}` in the judge's reply is not text"))
}

fn said(rubric: &Rubric, shown: &Shown, word: &str) -> Result<Said, String> {
    let swapped = matches!(shown.answers, Answers::Two { swapped: true, .. });
    let said = match (&rubric.kind, word) {
        (_, CANNOT_TELL) => Some(Said::CannotTell),
        (Kind::Binary, "pass") => Some(Said::Mark(Mark::Passes)),
        (Kind::Binary, "fail") => Some(Said::Mark(Mark::Fails)),
        (Kind::Scale { levels, .. }, word) => {
            levels.iter().position(|level| level.name == word).map(|at| Said::Mark(Mark::Level(at)))
        }
        (Kind::Pairwise, "tie") => Some(Said::Beside(Outcome::Tie)),
        (Kind::Pairwise, "first") => Some(Said::Beside(if swapped { Outcome::Loss } else { Outcome::Win })),
        (Kind::Pairwise, "second") => Some(Said::Beside(if swapped { Outcome::Win } else { Outcome::Loss })),
        _ => None,
    };
    said.ok_or_else(|| format!("the judge's verdict is `{}`, and none of {}", cut(word), words(rubric).join(", ")))
}

fn class(rubric: &Rubric, fields: &Map<String, Value>) -> Result<Option<ClassName>, String> {
    match fields.get("failure_class") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => {
            let known = rubric.classes.iter().find(|class| class.as_str() == name);
            let class =
                known.ok_or_else(|| format!("the judge names a failure class `{}` that it may not", cut(name)))?;
            Ok(Some(class.clone()))
        }
        Some(_) => Err("`failure_class` in the judge's reply is neither text nor null".to_owned()),
    }
}

fn quotes(rubric: &Rubric, shown: &Shown, fields: &Map<String, Value>) -> Result<Vec<String>, String> {
    let wrong = || "`quotes` in the judge's reply is not a list of texts".to_owned();
    let items = fields.get("quotes").and_then(Value::as_array).ok_or_else(wrong)?;
    let quotes: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    let quotes = quotes.ok_or_else(wrong)?;
    let texts = judged(rubric, shown);
    match quotes.iter().find(|quote| !occurs(quote, &texts)) {
        Some(invented) => Err(format!("the judge quotes `{}`, which is not in what it judged", cut(invented))),
        None => Ok(quotes),
    }
}

/// The texts that may be quoted.
fn judged(rubric: &Rubric, shown: &Shown) -> Vec<String> {
    shown.in_order().into_iter().flat_map(|answer| parts(rubric, answer)).map(|(_, text)| text).collect()
}

/// What the fields say together.
fn holds_together(rubric: &Rubric, shown: &Shown, judgement: &Judgement) -> Result<(), String> {
    let (may_fail, rests_on_quotes) = match judgement.said {
        Said::CannotTell | Said::Beside(Outcome::Tie) => (false, false),
        Said::Beside(Outcome::Win | Outcome::Loss) => (true, true),
        Said::Mark(Mark::Passes) => (false, true),
        Said::Mark(Mark::Fails) => (true, false),
        Said::Mark(mark @ Mark::Level(at)) => (rubric.value(mark) < Share::ONE, at > 0),
    };
    if judgement.class.is_some() && !may_fail {
        return Err("the judge names a failure class with a verdict that is no failure".to_owned());
    }
    let something = judged(rubric, shown).iter().any(|text| text.chars().any(char::is_alphanumeric));
    if rests_on_quotes && judgement.quotes.is_empty() && something {
        return Err("the judge's verdict rests on no quotation".to_owned());
    }
    Ok(())
}

/// The first characters, on one line.
pub fn cut(text: &str) -> String {
    shortened(text, SHOWN)
}

pub fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().nth(most) {
        Some(_) => line.chars().take(most).chain("...".chars()).collect(),
        None => line,
    }
}
