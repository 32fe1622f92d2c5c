//! `init`: writes a first eval from the page that a team has filled in. Nothing that is there is touched.

use crate::cli::Failure;
use askama::Template;
use camino::{Utf8Path, Utf8PathBuf};
use domain::agenda::{STAGES, Stage};
use domain::contract::NO_CURRENCY;
use domain::format::contract::page::{Page, Starter, parse};
use domain::promise::Unclear;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};

/// The file that every eval has.
const CONTRACT: &str = "plimsoll.yaml";

/// Whether an eval can be written there: known before anybody is asked seven questions.
pub fn has_room(folder: &Utf8Path) -> Result<(), Failure> {
    is_no_file(folder)?;
    if folder.join(CONTRACT).exists() { Err(exists(folder, CONTRACT)) } else { Ok(()) }
}

/// A folder, or the place of one that can be made.
fn is_no_file(folder: &Utf8Path) -> Result<(), Failure> {
    match folder.ancestors().find(|place| place.symlink_metadata().is_ok()) {
        Some(place) if !place.is_dir() => Err(Failure::yours(
            format!("`{place}` is no folder, and an eval is written into one"),
            "name a folder; it is made where it is missing",
        )),
        _ => Ok(()),
    }
}

/// What was written, and what keeps the promise from being held to.
pub struct Written {
    pub files: Vec<(Utf8PathBuf, &'static str)>,
    pub unclear: Vec<Unclear>,
}

impl Written {
    /// The first ninety days are among it.
    pub fn planned(&self) -> bool {
        self.files.iter().any(|(path, _)| path == PLAN)
    }
}

/// The plan of the first ninety days.
const PLAN: &str = "ninety-days.md";

#[derive(Template)]
#[template(path = "init/plimsoll.yaml", escape = "none")]
struct ContractFile {
    name: String,
    promise: Vec<(&'static str, String)>,
    release: String,
    owners: Vec<(String, String)>,
    tasks: String,
    failures: Vec<(String, String)>,
    currency: String,
    sources: Vec<String>,
    segments: Vec<String>,
    criteria: Vec<CriterionLines>,
    gate: String,
}

struct CriterionLines {
    name: &'static str,
    describe: &'static str,
    protects: String,
    grade: &'static str,
}

#[derive(Template)]
#[template(path = "init/rubric.md", escape = "none")]
struct Rubric<'a> {
    name: &'a str,
    describe: &'a str,
    protects: String,
    classes: Vec<&'a str>,
}

/// Writes the eval that a page describes; `file` is the page's name for messages. Where a first day is given, the plan of the first ninety days
/// too, and its stages come up on the agenda.
pub fn write(folder: &Utf8Path, file: &Utf8Path, page: &str, start: Option<Date>) -> Result<Written, Failure> {
    let page = parse(file, page)?;
    let start = start.or(page.start);
    let name = name_of(&page, folder);
    let gated = page.gate_written["criterion"].as_str();
    let rubric = page.criteria.iter().find(|starter| Some(starter.name) == gated).or(page.criteria.first());
    let mut files = vec![
        (Utf8PathBuf::from(CONTRACT), "the contract", contract(&page, &name)?),
        ("examples/examples.jsonl".into(), "the reference set: one proposed example for each task", examples(&page)),
    ];
    if let Some(starter) = rubric {
        let path = format!("rubrics/{}.md", starter.name);
        files.push((path.into(), "a rubric to fill in: what people who label hold an answer against", stub(starter)?));
    }
    if let Some(start) = start {
        files.push((PLAN.into(), "the first ninety days: four stages, each changes one decision", plan(&page, start)?));
    }
    // What was written must be read again by the reader of contracts, or it is not written at all.
    domain::format::contract::parse(&folder.join(CONTRACT), &files[0].2)?;
    create(folder, &files)?;
    if let Some(start) = start {
        super::agenda::start(&super::eval::Eval::open(folder)?, start, "init")?;
    }
    let files = files.into_iter().map(|(path, what, _)| (path, what)).collect();
    Ok(Written { files, unclear: page.promise.unclear() })
}

#[derive(Template)]
#[template(path = "init/ninety-days.md", escape = "none")]
struct Plan {
    stages: Vec<StageLines>,
}

struct StageLines {
    title: String,
    from: String,
    to: String,
    owner: String,
    changes: &'static str,
    steps: &'static [&'static str],
    command: String,
}

/// The stages with their dates, and the roles of the page.
fn plan(page: &Page, start: Date) -> Result<String, Failure> {
    let roles = page.roles();
    let owner = |role: &str| {
        let known =
            [role, "release"].into_iter().find_map(|role| roles.iter().find(|(known, _)| known.as_str() == role));
        known.map_or_else(
            || role.to_owned(),
            |(role, who)| if who.is_empty() { role.to_string() } else { format!("{role} ({who})") },
        )
    };
    let stage = |stage: &Stage| {
        let (from, to) = stage.dates(start);
        StageLines {
            title: format!("Days {} to {}: {}", stage.days.0, stage.days.1, stage.what),
            from: from.to_string(),
            to: to.to_string(),
            owner: owner(stage.role),
            changes: stage.changes,
            steps: stage.steps,
            command: stage.line(),
        }
    };
    rendered(&Plan { stages: STAGES.iter().map(stage).collect() })
}

/// The page's name for the eval, else the folder's.
fn name_of(page: &Page, folder: &Utf8Path) -> String {
    let real = folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned());
    match page.name.as_str() {
        "" => real.file_name().unwrap_or("eval").to_owned(),
        name => name.to_owned(),
    }
}

fn contract(page: &Page, name: &str) -> Result<String, Failure> {
    let promise = &page.promise;
    let entries = |value: &Value| -> Vec<(String, String)> {
        let entries = value.as_object().into_iter().flatten();
        entries.map(|(key, value)| (flow(&json!(key)), flow(value))).collect()
    };
    let items = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(flow).collect() };
    let by_task = (!page.cuts_by_task).then(|| "{by: task, routable: true}".to_owned());
    let failures = page.failures.iter().zip(entries(&page.failures_written)).map(|(class, (key, said))| {
        // Said here, so that a reader need not know which role owns a class that ships.
        let owned = page.failures_written[class.name.as_str()].get("owner").is_some();
        let owner = if owned { String::new() } else { format!("owner: {}", class.owner_role()) };
        let said = match (said.as_str(), owner.as_str()) {
            (said, "") => said.to_owned(),
            ("{}" | "null", owner) => format!("{{{owner}}}"),
            (said, owner) => format!("{}, {owner}}}", said.trim_end_matches('}')),
        };
        (key, said)
    });
    let lines = ContractFile {
        name: flow(&json!(name)),
        promise: vec![
            ("work", flow(&json!(promise.work))),
            ("for", flow(&json!(promise.for_whom))),
            ("evidence", flow(&json!(promise.evidence))),
            ("constraints", flow(&json!(promise.constraints))),
            ("when_not_ready", flow(&json!(promise.when_not_ready))),
        ],
        release: flow(&json!(page.release)),
        owners: page
            .roles()
            .into_iter()
            .map(|(role, who)| {
                (flow(&json!(role.as_str())), flow(&json!(if who.is_empty() { role.to_string() } else { who })))
            })
            .collect(),
        tasks: flow(&json!(page.tasks.iter().map(|task| task.as_str()).collect::<Vec<_>>())),
        failures: failures.collect(),
        currency: flow(&json!(page.currency.as_deref().unwrap_or(NO_CURRENCY))),
        sources: items(&page.sources_written),
        segments: by_task.into_iter().chain(items(&page.segments_written)).collect(),
        criteria: page
            .criteria
            .iter()
            .map(|starter| CriterionLines {
                name: starter.name,
                describe: starter.describe,
                protects: flow(&json!(starter.protects.iter().map(|class| class.as_str()).collect::<Vec<_>>())),
                grade: starter.grade,
            })
            .collect(),
        gate: flow(&page.gate_written),
    };
    rendered(&lines)
}

/// One line for each task, proposed, so that nothing made up is ever counted.
fn examples(page: &Page) -> String {
    let mut lines = String::from("{\"plimsoll_examples\": 1}\n");
    let expected: serde_json::Map<String, Value> = page
        .criteria
        .iter()
        .filter_map(|starter| starter.expected)
        .map(|(key, value)| (key.to_owned(), serde_json::from_str(value).unwrap_or(Value::Null)))
        .collect();
    for task in &page.tasks {
        let example = json!({
            "id": format!("{task}-1"),
            "task": task.as_str(),
            "status": "proposed",
            "input": {"messages": [{"role": "user", "content": format!("(put here what a customer really asked: {task})")}]},
            "expected": expected,
            "provenance": {"source": "demo", "rule": "written by init, to be replaced"},
            "owner": "release",
        });
        lines += &format!("{example}\n");
    }
    lines
}

fn stub(starter: &Starter) -> Result<String, Failure> {
    let classes: Vec<&str> = starter.protects.iter().map(|class| class.as_str()).collect();
    rendered(&Rubric { name: starter.name, describe: starter.describe, protects: classes.join(", "), classes })
}

fn rendered(template: &impl Template) -> Result<String, Failure> {
    let text = template.render();
    let text = text.map_err(|error| Failure::ours(format!("cannot write the eval: {error}"), "report this"))?;
    Ok(text + "\n")
}

/// A value in YAML's flow style, plain where that can be misread by nobody.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", flow(&json!(key)), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let number = text.strip_suffix('%').unwrap_or("");
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.chars().all(|c| c.is_alphanumeric() || "_ .%/'-=".contains(c));
    let reserved = ["true", "false", "null", "yes", "no", "on", "off"];
    number.parse::<f64>().is_ok() || (word && !reserved.contains(&text.to_lowercase().as_str()))
}

/// Writes all the files or none; what is there already is left as it is.
fn create(folder: &Utf8Path, files: &[(Utf8PathBuf, &str, String)]) -> Result<(), Failure> {
    let there: Vec<&str> = files
        .iter()
        .map(|(path, ..)| path)
        .filter(|path| folder.join(path).exists())
        .map(|path| path.as_str())
        .collect();
    if !there.is_empty() {
        return Err(exists(folder, &there.join(", ")));
    }
    files.iter().filter_map(|(path, ..)| folder.join(path).parent().map(is_no_file)).collect::<Result<(), _>>()?;
    let mut written: Vec<Utf8PathBuf> = Vec::new();
    for (path, _, text) in files {
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let done = made.and_then(|()| OpenOptions::new().write(true).create_new(true).open(&path)).and_then(|file| {
            written.push(path.clone());
            whole(file, text)
        });
        if let Err(error) = done {
            for path in &written {
                // What cannot be taken back is named below all the same.
                let _ = std::fs::remove_file(path);
            }
            return Err(match error.kind() {
                ErrorKind::AlreadyExists => exists(folder, path.as_str()),
                _ => Failure::ours(
                    format!("cannot write `{path}`: {error}"),
                    "check the folder, its permissions and free space",
                ),
            });
        }
    }
    Ok(())
}

fn whole(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn exists(folder: &Utf8Path, which: &str) -> Failure {
    Failure::yours(
        format!("`{folder}` holds {which} already, and nothing is overwritten"),
        "name a new folder, or move what is there",
    )
}
