//! What stands in front: the question, what a judge sees, and what it may say.

use crate::fault::Fault;
use crate::format::yaml::{self, Fields, Node, Reader, Spot, meant};
use crate::name::ClassName;
use crate::rubric::{Kind, Level, ScaleReading, Seen};
use crate::share::Share;
use camino::Utf8Path;

pub const START: &str = "begin with a line `---`, then `plimsoll_rubric: 1`, the question, and a line `---`";
pub const KEYS: [&str; 6] = ["plimsoll_rubric", "question", "sees", "classes", "scale", "pairwise"];
pub const SCALE_KEYS: [&str; 3] = ["levels", "pass_at", "interval"];
/// More levels than anybody tells apart.
const MOST_LEVELS: usize = 11;

pub struct Head {
    pub question: String,
    pub sees: Vec<Seen>,
    pub classes: Vec<(ClassName, Spot)>,
    /// Levels without what they mean, which the body says.
    pub kind: Kind,
    /// Where it is said that scores lie between 0 and 1.
    pub graded_at: Option<Spot>,
    pub at: Spot,
}

/// Parts the head from the body: the head, where it could be read, and the byte where the body begins.
pub fn part(reader: &mut Reader, file: &Utf8Path, text: &str) -> (Option<(Head, usize)>, Vec<Fault>) {
    let first = text.lines().next().unwrap_or("");
    let start = Spot { line: 1, column: 1, start: 0, end: first.len() };
    if first.trim_end() != "---" {
        reader.fault(start, "a rubric begins with what is asked, between two lines `---`", START);
        return (None, Vec::new());
    }
    let Some((end, from)) = end(text) else {
        reader.fault(start, "what begins with this line does not end", "close it with a line `---`");
        return (None, Vec::new());
    };
    // The dashes become blanks, so that every place is that of the file.
    let yaml = format!("   {}", text.get(3..end).unwrap_or(""));
    if yaml.trim().is_empty() {
        reader.fault(start, "nothing is asked", START);
        return (None, Vec::new());
    }
    match yaml::parse(file, &yaml) {
        Ok(node) => (head(reader, &node).map(|head| (head, from)), Vec::new()),
        Err(faults) => (None, faults.into_iter().collect()),
    }
}

/// Where the second line of dashes begins, and where the line after it does.
fn end(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        if number > 0 && line.trim_end() == "---" {
            return Some((at, next));
        }
        at = next;
    }
    None
}

fn head(reader: &mut Reader, node: &Node) -> Option<Head> {
    let fields = reader.fields(node, "a rubric", &KEYS)?;
    match fields.get("plimsoll_rubric") {
        None => reader.missing(node.at, "the format's version is missing", "write `plimsoll_rubric: 1` first"),
        Some(node) if node.to_json() == 1 => {}
        Some(node) => {
            let help = "write `plimsoll_rubric: 1`, or use a newer Plimsoll";
            reader.fault(node.at, "this version of the format is not known here", help);
        }
    }
    let (kind, graded_at) = kind(reader, &fields);
    Some(Head {
        question: question(reader, &fields),
        sees: sees(reader, &fields),
        classes: classes(reader, &fields),
        kind,
        graded_at,
        at: node.at,
    })
}

fn question(reader: &mut Reader, fields: &Fields) -> String {
    let Some(node) = fields.get("question") else {
        let help = "write `question: Is every claim of the answer supported by its sources?`";
        reader.missing(fields.at, "`question` is missing: what is asked about an answer", help);
        return String::new();
    };
    let text = reader.text(node, "`question`").unwrap_or_default().trim().to_owned();
    if super::body::is_blank_form(&text) {
        reader.fault(node.at, "this is still to be filled in", "ask one thing that can be seen in an answer");
    }
    text
}

fn sees(reader: &mut Reader, fields: &Fields) -> Vec<Seen> {
    let Some(node) = fields.get("sees") else { return Seen::USUAL.to_vec() };
    let mut sees = Vec::new();
    for item in yaml::one_or_many(node) {
        let Some(word) = reader.word(item, "`sees`") else { continue };
        match Seen::parse(&word) {
            Some(seen) if sees.contains(&seen) => {
                reader.fault(item.at, format!("`{word}` is listed twice"), "keep one of the two");
            }
            Some(seen) => sees.push(seen),
            None => {
                let names = Seen::ALL.map(Seen::as_str);
                let help = format!("{}write some of {}", meant(&word, names.into_iter()), names.join(", "));
                reader.fault(item.at, format!("`{word}` is nothing that a judge can see"), help);
            }
        }
    }
    if !sees.iter().any(|seen| matches!(seen, Seen::Answer | Seen::ToolCalls)) {
        reader.fault(node.at, "nothing that the system did is shown", "add `answer`, or `tool_calls`");
    }
    // One order, so that a list in another order is the same rubric.
    sees.sort_unstable();
    sees
}

fn classes(reader: &mut Reader, fields: &Fields) -> Vec<(ClassName, Spot)> {
    let mut classes: Vec<(ClassName, Spot)> = Vec::new();
    for item in fields.get("classes").map(yaml::one_or_many).unwrap_or_default() {
        let Some(word) = reader.name(item, "a failure class") else { continue };
        let class = ClassName::new(word);
        match classes.iter().any(|(known, _)| *known == class) {
            true => reader.fault(item.at, format!("`{class}` is listed twice"), "keep one of the two"),
            false => classes.push((class, item.at)),
        }
    }
    classes
}

fn kind(reader: &mut Reader, fields: &Fields) -> (Kind, Option<Spot>) {
    let pairwise = fields.get("pairwise").and_then(|node| reader.flag(node, "`pairwise`")).unwrap_or(false);
    let Some(node) = fields.get("scale") else {
        return match pairwise {
            true => (Kind::Pairwise, Some(fields.place_of("pairwise"))),
            false => (Kind::Binary, None),
        };
    };
    if pairwise {
        let what = "two answers are compared, and not put on a scale each";
        reader.fault(fields.place_of("pairwise"), what, "keep `pairwise` or `scale`");
    }
    let Some(scale) = reader.fields(node, "`scale`", &SCALE_KEYS) else { return (Kind::Binary, None) };
    let names = levels(reader, &scale);
    let interval = scale.get("interval").and_then(|node| reader.flag(node, "`interval`")).unwrap_or(false);
    let pass_at = scale.get("pass_at").and_then(|node| pass_at(reader, node, &names));
    let at = fields.place_of("scale");
    if interval {
        if scale.get("pass_at").is_some() {
            let what = "an interval scale gives scores between 0 and 1, and passes nothing by itself";
            let help = "keep `interval: true`, with `pass_at` at the criterion; or keep `pass_at`";
            reader.fault(scale.place_of("pass_at"), what, help);
        }
        let levels = steps(reader, names, scale.get("levels").map_or(scale.at, |node| node.at));
        return (Kind::Scale { levels, reading: ScaleReading::Interval }, Some(at));
    }
    if scale.get("pass_at").is_none() {
        let help = "write `pass_at:` and the level from which an answer passes";
        reader.missing(scale.at, "`pass_at` is missing: levels have an order and no distance", help);
    }
    let pass_at = pass_at.unwrap_or(1);
    let level = |(at, name): (usize, String)| Level { name, means: String::new(), value: Share::of(at >= pass_at) };
    let levels = names.into_iter().enumerate().map(level).collect();
    (Kind::Scale { levels, reading: ScaleReading::PassAt(pass_at) }, None)
}

fn levels(reader: &mut Reader, scale: &Fields) -> Vec<String> {
    let help = "write `levels: [wrong, partly, right]`, from the worst to the best";
    let Some(node) = scale.get("levels") else {
        reader.missing(scale.at, "`levels` is missing", help);
        return Vec::new();
    };
    let mut names: Vec<String> = Vec::new();
    for item in reader.list(node, "`levels`", help) {
        let Some(name) = reader.name(item, "a level") else { continue };
        let name = name.trim().to_owned();
        if names.contains(&name) {
            reader.fault(item.at, format!("level `{name}` is listed twice"), "keep one of the two");
        } else if name == crate::rubric::CANNOT_TELL {
            let what = "`cannot_tell` is what a judge may always say, and no level";
            reader.fault(item.at, what, "take it out");
        } else {
            names.push(name);
        }
    }
    if !(2..=MOST_LEVELS).contains(&names.len()) {
        reader.fault(node.at, format!("a scale has from 2 to {MOST_LEVELS} levels"), help);
    }
    names
}

/// The level from which an answer passes; the worst cannot be it.
fn pass_at(reader: &mut Reader, node: &Node, names: &[String]) -> Option<usize> {
    let word = reader.name(node, "`pass_at`")?;
    match names.iter().position(|name| name == word.trim()) {
        Some(0) => {
            reader.fault(node.at, "from the worst level up every answer passes", "name a level above it");
            None
        }
        None => {
            let meant = meant(&word, names.iter().map(String::as_str));
            reader.fault(node.at, format!("`{word}` is no level"), format!("{meant}levels: {}", names.join(", ")));
            None
        }
        at => at,
    }
}

/// Levels as far apart as their numbers say; where they are words, steps are equal.
fn steps(reader: &mut Reader, names: Vec<String>, at: Spot) -> Vec<Level> {
    let numbers: Option<Vec<f64>> =
        names.iter().map(|name| name.parse().ok().filter(|n: &f64| n.is_finite())).collect();
    let numbers = numbers.unwrap_or_else(|| (0..names.len()).map(|step| step as f64).collect());
    if numbers.windows(2).any(|pair| pair[0] >= pair[1]) {
        reader.fault(at, "levels that are numbers rise from the worst to the best", "write them in rising order");
    }
    let (low, high) = (numbers.first().copied().unwrap_or(0.0), numbers.last().copied().unwrap_or(1.0));
    let value = |number: f64| Share::new((number - low) / (high - low)).unwrap_or(Share::ZERO);
    let level = |(name, number)| Level { name, means: String::new(), value: value(number) };
    names.into_iter().zip(numbers).map(level).collect()
}
