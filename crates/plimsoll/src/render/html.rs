//! A decision as one self-contained page that works without scripts. Every outside text is escaped by the template.

use super::read::{Shown, gravest_first, gravity, headline, percent, plain, told, words};
use super::spread::{Table, tables};
use super::text::{alignment, fragility, look};
use super::word_diff::{Part, word_diff};
use askama::Template;
use domain::finding::figures::Rounding;
use domain::share::signed;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "decision.html")]
struct Page {
    name: String,
    word: String,
    tone: &'static str,
    release: String,
    rule: String,
    describes: String,
    simulated: bool,
    overriding: Vec<(String, String)>,
    overridden: Vec<String>,
    digests: Vec<(String, String)>,
    systems: Vec<SystemRow>,
    /// What is counted of each system.
    counted: [&'static str; 5],
    routes: Vec<RouteRow>,
    /// What their shares are of.
    whole: &'static str,
    of_candidate: Vec<FindingRow>,
    of_others: Vec<FindingRow>,
    others: Option<String>,
    alignment: Option<String>,
    since: Vec<String>,
    contract_changed_since: Option<String>,
    segments: Vec<String>,
    matrix: Vec<(String, Vec<Cell>)>,
    spread: Vec<SpreadTable>,
    changed: Vec<ChangedRow>,
    worse: u64,
    better: u64,
    cost: Option<String>,
    fragility: String,
    judges: Vec<String>,
    split: String,
    drifted: Vec<String>,
    look: String,
    follow_ups: Vec<(String, String, String)>,
    record: String,
    signed: &'static str,
}

struct SystemRow {
    arm: String,
    what: String,
    /// Each with what it counts.
    counts: [(&'static str, String); 5],
}

struct RouteRow {
    when: String,
    traffic: String,
    to: String,
    tone: &'static str,
    because: String,
}

struct FindingRow {
    anchor: String,
    gate: String,
    /// Its segment, behind the arm where that is not the candidate.
    place: String,
    state: String,
    tone: &'static str,
    advisory: bool,
    reason: String,
    owner: String,
    bar: Option<Bar>,
}

/// An interval drawn on a line from -1 to 1 or 0 to 1, in per cent of its width.
struct Bar {
    left: f64,
    width: f64,
    point: f64,
    bound: f64,
}

struct Cell {
    tone: &'static str,
    state: String,
    /// Where the gravest finding on it stands; `None` where no gate asks.
    finding: Option<String>,
    rate: String,
    /// From production, in points; empty where there is none.
    difference: String,
    interval: String,
    n: String,
}

struct SpreadTable {
    title: &'static str,
    note: &'static str,
    columns: Vec<String>,
    /// Each cell with its column.
    rows: Vec<Vec<(String, String)>>,
}

struct ChangedRow {
    example: String,
    criterion: String,
    before: String,
    now: String,
    worse: bool,
    words: Vec<Part>,
}

fn tone(state: &str) -> &'static str {
    match state {
        "holds" | "ship" | "candidate" => "good",
        "breached" | "failed_never" | "failed_guard" | "hold" | "roll_back" | "fallback" => "bad",
        _ => "open",
    }
}

/// Texts of both answers by example: before and now.
pub type Answers = BTreeMap<String, (String, String)>;

/// `answers` are those of changed examples, as far as they can still be read.
pub fn decision(shown: &Shown, answers: &Answers) -> Result<String, askama::Error> {
    let content = &shown.content;
    let contract = &content["contract"];
    let text = |value: &Value| plain(value.as_str().unwrap_or(""));
    let decided = shown.text("decision");
    let overriding = if shown.is_override() {
        [("of", "override_of"), ("by", "by"), ("reason", "reason"), ("scope", "scope"), ("until", "expires")]
            .map(|(label, key)| (label.to_owned(), plain(shown.text(key))))
            .to_vec()
    } else {
        Vec::new()
    };
    let segments = segments(shown);
    let of_arm = |candidate: bool| -> Vec<FindingRow> {
        let wanted = |finding: &&Value| (finding["arm"] == "candidate") == candidate;
        gravest_first(shown.list("findings").iter().filter(wanted).collect())
            .into_iter()
            .map(|of| finding(shown, of))
            .collect()
    };
    Page {
        name: text(&contract["name"]),
        word: if shown.is_override() { "OVERRIDE".to_owned() } else { headline(decided) },
        tone: if shown.is_override() { "open" } else { tone(decided) },
        release: text(&contract["release"]),
        rule: plain(shown.text("deciding_rule")),
        describes: plain(shown.text("describes")),
        simulated: contract["simulated"] == Value::Bool(true),
        overriding,
        overridden: shown.overridden().iter().map(|said| plain(said)).collect(),
        digests: [
            ("contract", &contract["digest"]),
            ("reference set", &content["reference_set"]["digest"]),
            ("scores", &content["scores"]["digest"]),
        ]
        .map(|(name, digest)| (name.to_owned(), text(digest)))
        .to_vec(),
        systems: systems(shown),
        counted: COUNTED.map(|(_, label)| label),
        routes: shown.list("routes").iter().map(|of| route(shown, of)).collect(),
        whole: shown.whole_of_routes(),
        matrix: matrix(shown, &segments),
        segments,
        spread: tables(shown).into_iter().map(spread).collect(),
        changed: examples(content, answers),
        contract_changed_since: contract["changed_since"].as_str().map(plain),
        alignment: content["reference_set"]["alignment"].as_object().map(alignment),
        since: shown.since().iter().map(|line| plain(line)).collect(),
        of_candidate: of_arm(true),
        of_others: of_arm(false),
        others: shown.others(),
        worse: content["changed"]["worse"].as_u64().unwrap_or(0),
        better: content["changed"]["better"].as_u64().unwrap_or(0),
        cost: shown.cost(),
        fragility: fragility(shown),
        split: plain(shown.split().unwrap_or("")),
        drifted: shown.drifted().into_iter().map(plain).collect(),
        judges: shown.judges().iter().map(|judged| plain(judged)).collect(),
        look: look(shown),
        follow_ups: shown
            .list("follow_ups")
            .iter()
            .map(|next| {
                (
                    text(&next["what"]),
                    next["owner"].as_str().map_or_else(|| "nobody owns this yet".to_owned(), plain),
                    text(&next["because"]),
                )
            })
            .collect(),
        record: text(&shown.envelope["id"]),
        signed: shown.signed(),
    }
    .render()
}

fn spread(table: Table) -> SpreadTable {
    let row = |row: &Vec<String>| {
        let cells = table.columns.iter().zip(row);
        cells.map(|(column, cell)| (column.clone(), plain(cell))).collect()
    };
    let rows = table.rows.iter().map(row).collect();
    SpreadTable { title: table.title, note: table.note, columns: table.columns, rows }
}

fn examples(content: &Value, answers: &Answers) -> Vec<ChangedRow> {
    let rows = content["changed"]["examples"].as_array().into_iter().flatten();
    rows.map(|row| changed(row, answers)).collect()
}

fn changed(row: &Value, answers: &Answers) -> ChangedRow {
    let both = answers.get(row["example"].as_str().unwrap_or(""));
    let grade = |key: &str| row[key].as_f64().map_or_else(|| "unknown".to_owned(), |value| format!("{value}"));
    ChangedRow {
        example: plain(row["example"].as_str().unwrap_or("")),
        criterion: plain(row["criterion"].as_str().unwrap_or("")),
        before: grade("before"),
        now: grade("now"),
        worse: row["now"].as_f64() < row["before"].as_f64(),
        words: both.map(|(before, now)| word_diff(&plain(before), &plain(now))).unwrap_or_default(),
    }
}

/// What is counted of each system, and the words for it.
const COUNTED: [(&str, &str); 5] = [
    ("planned", "planned"),
    ("answered", "answered"),
    ("system_errors", "failed to answer"),
    ("not_run", "not run"),
    ("grader_errors", "grades missing"),
];

/// What became of the planned answers, one row a system.
fn systems(shown: &Shown) -> Vec<SystemRow> {
    let row = |system: &Value| {
        let text = |key: &str| plain(system[key].as_str().unwrap_or(""));
        let count = |key: &str| system[key].as_u64().map_or_else(|| "unknown".to_owned(), |count| count.to_string());
        SystemRow {
            arm: text("arm"),
            what: [text("describe"), text("kind")]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
            counts: COUNTED.map(|(key, label)| (label, count(key))),
        }
    };
    shown.list("systems").iter().map(row).collect()
}

fn route(shown: &Shown, route: &Value) -> RouteRow {
    let system = route["system"].as_str().unwrap_or("");
    let share = route["share"].as_f64().unwrap_or(1.0);
    let because: Vec<String> = route["because"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).map(plain).collect())
        .unwrap_or_default();
    RouteRow {
        when: plain(route["when"].as_str().unwrap_or("")),
        traffic: percent(&route["traffic"]),
        to: shown.goes_to(route),
        tone: if share < 1.0 { "open" } else { tone(system) },
        because: because.join("; "),
    }
}

/// Where a finding stands on the page.
fn anchor(shown: &Shown, finding: &Value) -> String {
    let at = shown.list("findings").iter().position(|one| std::ptr::eq(one, finding));
    format!("finding-{}", at.unwrap_or_default())
}

fn finding(shown: &Shown, finding: &Value) -> FindingRow {
    let state = finding["state"].as_str().unwrap_or("");
    let segment = plain(finding["segment"].as_str().unwrap_or(""));
    FindingRow {
        anchor: anchor(shown, finding),
        gate: plain(finding["gate"].as_str().unwrap_or("")),
        place: match finding["arm"].as_str() {
            Some("candidate") | None => segment,
            Some(arm) => format!("{arm}, {segment}"),
        },
        state: words(state),
        tone: tone(state),
        advisory: finding["blocking"] != Value::Bool(true),
        reason: plain(&told(finding)),
        owner: plain(finding["owner"].as_str().unwrap_or("nobody")),
        bar: bar(finding),
    }
}

fn bar(finding: &Value) -> Option<Bar> {
    let number = |key: &str| finding[key].as_f64();
    let (lower, upper, point, bound) = (number("lower")?, number("upper")?, number("estimate")?, number("margin")?);
    finding.get("criterion")?;
    // A difference is drawn around 0, as wide as it needs; a rate from 0 to 1.
    let compared = matches!(finding["rule"].as_str(), Some("not_worse" | "better"));
    let reach = [lower, upper, point, bound].iter().fold(0.02f64, |reach, value| reach.max(value.abs())) * 1.1;
    let (from, to) = if compared { (-reach, reach) } else { (0.0, 1.0) };
    let place = |value: f64| ((value - from) / (to - from) * 100.0).clamp(0.0, 100.0);
    Some(Bar {
        left: place(lower),
        width: (place(upper) - place(lower)).max(0.5),
        point: place(point),
        bound: place(bound),
    })
}

fn segments(shown: &Shown) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for row in shown.list("evidence") {
        let name = plain(row["segment"].as_str().unwrap_or(""));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn matrix(shown: &Shown, segments: &[String]) -> Vec<(String, Vec<Cell>)> {
    let mut rows: Vec<(String, Vec<Cell>)> = Vec::new();
    for row in shown.list("evidence") {
        let criterion = plain(row["criterion"].as_str().unwrap_or(""));
        if !rows.iter().any(|(known, _)| *known == criterion) {
            let cells = segments
                .iter()
                .map(|segment| {
                    let found = shown
                        .list("evidence")
                        .iter()
                        .find(|row| row["criterion"] == criterion.as_str() && row["segment"] == segment.as_str());
                    found.map_or_else(empty, |row| cell(shown, row))
                })
                .collect();
            rows.push((criterion, cells));
        }
    }
    rows
}

fn empty() -> Cell {
    Cell {
        tone: "none",
        state: "not measured".into(),
        finding: None,
        rate: String::new(),
        difference: String::new(),
        interval: String::new(),
        n: String::new(),
    }
}

/// The effect against production where there is one, else the rate; the gravest state of the findings on this cell.
fn cell(shown: &Shown, row: &Value) -> Cell {
    let states = shown.list("findings").iter().filter(|finding| {
        finding["arm"] == "candidate"
            && finding["criterion"] == row["criterion"]
            && finding["segment"] == row["segment"]
    });
    let finding = states.min_by_key(|finding| gravity(&finding["state"]));
    let gravest = finding.and_then(|finding| finding["state"].as_str());
    let paired = &row["against_production"];
    let (figures, points) = if paired.is_object() { (paired, true) } else { (&row["candidate"], false) };
    let written = |key: &str, rounding: Rounding| match figures[key].as_f64().map(|value| value * 100.0) {
        Some(value) if points => signed(value, rounding.write(value, 1)),
        Some(value) => format!("{} %", rounding.write(value, 1)),
        None => "?".to_owned(),
    };
    let interval = || format!("{} to {}", written("lower", Rounding::Down), written("upper", Rounding::Up));
    let difference = || format!("{} points", written("estimate", Rounding::Nearest));
    let rate = row["candidate"]["estimate"]
        .as_f64()
        .map_or_else(|| "unknown".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
    let n = |key: &str| figures["n"][key].as_u64().unwrap_or(0);
    let measured = figures["estimate"].is_number();
    Cell {
        tone: gravest.map_or("none", tone),
        state: gravest.map_or_else(|| "no gate".to_owned(), words),
        finding: finding.map(|finding| anchor(shown, finding)),
        rate: if measured { rate } else { "no rate".to_owned() },
        difference: if measured && points { difference() } else { String::new() },
        interval: if measured { interval() } else { String::new() },
        n: format!("{} of {}", n(if points { "paired" } else { "graded" }), n("planned")),
    }
}
