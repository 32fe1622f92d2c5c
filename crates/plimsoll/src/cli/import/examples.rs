//! `plimsoll import examples`

use crate::app::import::examples::{Made, Order, import};
use crate::cli::whose::Shown;
use crate::cli::{Ending, Failure};
use crate::render::read::plain;
use camino::{Utf8Path, Utf8PathBuf};
use domain::fault::{Fault, Faults, Place};
use domain::format::mapping::{self, Entry, From, Mapping, Read, Rest};
use serde_json::json;
use std::fmt::Write;

/// Examples that are shown instead of written.
const SHOWN: usize = 3;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  plimsoll import examples tickets.csv --map id=ticket --map input=question \\\n    \
                        --map expected.answer=gold --map attributes.risk=tier \\\n    --set provenance.source=traffic \\\n    \
                        --to examples/tickets.jsonl\n\nFields are those of docs/formats/examples.md."
)]
pub struct Args {
    /// The table: .csv or .tsv, with the columns' names in its first line
    file: Utf8PathBuf,
    /// The contract, or a folder with a plimsoll.yaml
    #[arg(default_value = ".")]
    eval: Utf8PathBuf,
    /// A field of the examples and the column that it is from, as `expected.answer=gold`
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// A field that has one value in every example, as `provenance.source=traffic`
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// A mapping as a YAML file, with `map`, `set` and `rest`; options add to it
    #[arg(long, value_name = "FILE")]
    mapping: Option<Utf8PathBuf>,
    /// The cells of this column are JSON
    #[arg(long, value_name = "COLUMN")]
    json: Vec<String>,
    /// The cells of this column are several values with something between them, as `sections=;`
    #[arg(long, value_name = "COLUMN=BETWEEN")]
    list: Vec<String>,
    /// The cells of this column are dates written so, as `day=%d.%m.%Y`
    #[arg(long, value_name = "COLUMN=FORM")]
    date: Vec<String>,
    /// What becomes of columns that are not named
    #[arg(long, value_enum)]
    rest: Option<RestArg>,
    /// What stands between cells, where the file's name does not say
    #[arg(long, value_name = "CHARACTER")]
    separator: Option<char>,
    /// The file to write, in the eval's folder; never overwritten [default: examples/<name of the table>.jsonl]
    #[arg(long, value_name = "PATH")]
    to: Option<Utf8PathBuf>,
    /// Write nothing; show the first examples
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RestArg {
    LeaveOut,
    Attributes,
}

pub fn main(args: Args) -> Ending {
    let (mapping, mapping_at) = mapping_of(&args)?;
    let separator = args.separator.map(|separator| {
        u8::try_from(separator)
            .ok()
            .filter(|byte| byte.is_ascii() && !b"\"\r\n".contains(byte))
            .ok_or_else(|| Failure::yours(format!("{separator:?} cannot separate cells"), "give one of , ; | or a tab"))
    });
    let order = Order {
        table: &args.file,
        eval: &args.eval,
        mapping: &mapping,
        mapping_at,
        separator: separator.transpose()?,
        to: args.to.as_deref(),
        show: args.dry_run.then_some(SHOWN),
    };
    let made = import(&order)?;
    args.shown.print(|| text(&args, &made), || as_json(&args, &made))
}

/// The place that options are told to stand in: their number among them is the line.
fn option_at(line: usize) -> Place {
    Place { file: "command line".into(), line: line as u32 + 1, column: 1 }
}

/// What the file says, then what options add.
fn mapping_of(args: &Args) -> Result<(Mapping, Place), Failure> {
    let mut mapping = Mapping::default();
    let mut whole = option_at(0);
    if let Some(file) = &args.mapping {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::yours(format!("cannot read the mapping `{file}`: {error}"), "check its path"))?;
        mapping = mapping::parse(file, &text)?;
        whole = Place { file: file.clone(), line: 1, column: 1 };
    }
    let mut faults = Vec::new();
    let mut split = |option: &str, said: &str, what: &str| match said.split_once('=') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => Some((left.to_owned(), right.to_owned())),
        _ => {
            faults.push(Fault {
                place: option_at(0),
                found: format!("{option} {said}"),
                what: format!("`{option}` takes {what}"),
                help: format!("write it as `{option} {what}`"),
            });
            None
        }
    };
    let mut ways: Vec<(String, Read)> = args.json.iter().map(|column| (column.clone(), Read::Json)).collect();
    ways.extend(
        args.list.iter().filter_map(|said| split("--list", said, "COLUMN=BETWEEN")).map(|(c, b)| (c, Read::List(b))),
    );
    ways.extend(
        args.date.iter().filter_map(|said| split("--date", said, "COLUMN=FORM")).map(|(c, f)| (c, Read::Date(f))),
    );
    let mut entries = Vec::new();
    for said in &args.map {
        let Some((field, name)) = split("--map", said, "FIELD=COLUMN") else { continue };
        entries.push((field, From::Column { name, read: Read::AsField }, format!("--map {said}")));
    }
    for said in &args.set {
        let Some((field, value)) = split("--set", said, "FIELD=VALUE") else { continue };
        entries.push((field, From::Text(value), format!("--set {said}")));
    }
    for (at, (field, from, said)) in entries.into_iter().enumerate() {
        mapping.entries.push(Entry { field, from, place: option_at(at), said });
    }
    read_as(&mut mapping, ways, &mut faults);
    Faults::none_or(faults)?;
    match args.rest {
        Some(RestArg::Attributes) => mapping.rest = Rest::Attributes,
        Some(RestArg::LeaveOut) => mapping.rest = Rest::LeftOut,
        None => {}
    }
    Ok((mapping, whole))
}

/// Tells each column how its cells are read.
fn read_as(mapping: &mut Mapping, ways: Vec<(String, Read)>, faults: &mut Vec<Fault>) {
    for (column, way) in ways {
        let mut found = false;
        for entry in &mut mapping.entries {
            if let From::Column { name, read } = &mut entry.from
                && *name == column
            {
                *read = way.clone();
                found = true;
            }
        }
        if !found {
            faults.push(Fault {
                place: option_at(0),
                found: column.clone(),
                what: format!("it is said how the cells of `{column}` are read, and no field is from it"),
                help: format!("add `--map FIELD={column}`"),
            });
        }
    }
}

fn text(args: &Args, made: &Made) -> String {
    let mut out = String::new();
    let mut row = |label: &str, text: &str| {
        let _ = writeln!(out, "{label:<10}{}", plain(text));
    };
    let verb = if args.dry_run { "read" } else { "written" };
    row(
        verb,
        &format!(
            "{} examples{}{}",
            made.examples,
            if args.dry_run { ", not written to " } else { " to " },
            at(args, made)
        ),
    );
    for (field, column) in &made.fields {
        row(
            "",
            &format!(
                "{field} <- {}",
                column.as_deref().map_or("one value for all".to_owned(), |column| format!("`{column}`"))
            ),
        );
    }
    if !made.left_out.is_empty() {
        row("left out", &format!("{} (`--rest attributes` would take them)", made.left_out.join(", ")));
    }
    if made.without_provenance > 0 {
        let what = format!(
            "{} examples have no provenance: each counts 1, and decisions on them describe this set and not traffic",
            made.without_provenance
        );
        row("note", &what);
        row("", "say where they are from: `--set provenance.source=traffic --map provenance.probability=COLUMN`");
    }
    if made.without_task > 0 {
        row("note", &format!("{} examples have no task: `--map task=COLUMN`", made.without_task));
    }
    if made.unread {
        row("note", &format!("the contract does not read it: add `{}` to its `examples`", made.to));
    }
    for line in &made.shown {
        row("", line);
    }
    if !args.dry_run {
        row("next", &format!("plimsoll check {}", args.eval));
    }
    out
}

fn at(args: &Args, made: &Made) -> Utf8PathBuf {
    let folder = if args.eval.is_dir() { args.eval.as_path() } else { args.eval.parent().unwrap_or(Utf8Path::new("")) };
    if folder == "." { made.to.clone() } else { folder.join(&made.to) }
}

fn as_json(args: &Args, made: &Made) -> String {
    let fields: Vec<_> = made.fields.iter().map(|(field, column)| json!({"field": field, "column": column})).collect();
    let shown: Vec<serde_json::Value> = made.shown.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let whole = json!({
        "written": !args.dry_run, "to": at(args, made), "examples": made.examples, "fields": fields,
        "left_out": made.left_out, "without_provenance": made.without_provenance, "without_task": made.without_task,
        "read_by_contract": !made.unread, "shown": shown,
    });
    format!("{whole:#}\n")
}
