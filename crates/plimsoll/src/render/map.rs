//! The map for a terminal, a page, a document and programs. Every outside text of the page is escaped by its template.

use super::read::{json_text, plain, plural, unquoted};
use super::width::wrap;
use askama::Template;
use domain::map::{Function, Row, holes};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: usize = 80;

fn parts(rows: &[Row]) -> impl Iterator<Item = (Function, Vec<&Row>)> {
    Function::ALL.into_iter().map(|part| (part, rows.iter().filter(|row| row.part == part).collect()))
}

pub fn text(rows: &[Row]) -> String {
    let mut out = String::new();
    for (part, rows) in parts(rows) {
        let _ = writeln!(out, "{}: {}", part.as_str().to_uppercase(), part.about());
        for row in rows {
            let says = if row.says.is_empty() { String::new() } else { format!(": {}", row.says) };
            said(&mut out, "  ", &format!("{}{says}", titled(row.kind, &row.name)));
            if !row.links.is_empty() {
                said(&mut out, "    -> ", &linked(row));
            }
            row.holes.iter().for_each(|hole| said(&mut out, "    ! ", &format!("{}: {}", hole.what, hole.fill)));
        }
        out.push('\n');
    }
    let count = holes(rows).len();
    let _ = writeln!(
        out,
        "{}",
        if count == 0 { "no hole".to_owned() } else { format!("{}, marked with !", plural(count as u64, "hole")) }
    );
    out
}

/// What a thing is and what it is called, once where there is only one of its kind.
fn titled(kind: &str, name: &str) -> String {
    if kind == name { name.to_owned() } else { format!("{kind} {name}") }
}

/// What a row is linked to, by name.
fn linked(row: &Row) -> String {
    row.links.iter().map(|key| link(key)).collect::<Vec<_>>().join(", ")
}

fn link(key: &str) -> String {
    key.split_once(':').map_or_else(|| key.to_owned(), |(kind, name)| titled(kind, name))
}

fn said(out: &mut String, lead: &str, text: &str) {
    let below = " ".repeat(lead.len() + 2);
    for (at, line) in wrap(&plain(text), (WIDTH - below.len()).min(74)).into_iter().enumerate() {
        let lead = if at == 0 { lead } else { &below };
        let _ = writeln!(out, "{lead}{line}");
    }
}

pub fn markdown(name: &str, rows: &[Row]) -> String {
    let cell = |text: &str| plain(text).replace('|', "\\|").replace('<', "&lt;");
    let mut out = format!("# Map of {}\n", cell(name));
    for (part, rows) in parts(rows) {
        let _ = writeln!(
            out,
            "\n## {}: {}\n\n| what | says | linked to | holes |\n|---|---|---|---|",
            part.as_str(),
            part.about()
        );
        for row in rows {
            let holes: Vec<String> = row.holes.iter().map(|hole| format!("**{}**: {}", hole.what, hole.fill)).collect();
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} |",
                cell(&titled(row.kind, &row.name)),
                cell(&row.says),
                cell(&linked(row)),
                cell(&holes.join("; "))
            );
        }
    }
    out
}

pub fn json(rows: &[Row]) -> String {
    let one = |row: &Row| {
        json!({
            "key": row.key, "part": row.part.as_str(), "kind": row.kind, "name": row.name, "says": row.says, "links": row.links,
            "holes": row.holes.iter().map(|hole| json!({"what": hole.what, "fill": hole.fill})).collect::<Vec<_>>(),
        })
    };
    json_text(&json!({"rows": rows.iter().map(one).collect::<Vec<Value>>(), "holes": holes(rows).len()}))
}

#[derive(Template)]
#[template(path = "map.html")]
struct Page {
    name: String,
    release: String,
    simulated: bool,
    parts: Vec<PartOf>,
    holes: Vec<(String, String, String)>,
}

struct PartOf {
    name: &'static str,
    about: &'static str,
    rows: Vec<RowOf>,
}

struct RowOf {
    anchor: String,
    kind: &'static str,
    name: String,
    says: String,
    /// Anchor and words.
    links: Vec<(String, String)>,
    /// What is missing, and what would fill it.
    holes: Vec<(String, String)>,
}

pub fn html(name: &str, release: &str, simulated: bool, rows: &[Row]) -> Result<String, askama::Error> {
    let anchors: BTreeMap<&str, String> =
        rows.iter().enumerate().map(|(at, row)| (row.key.as_str(), format!("r{at}"))).collect();
    let anchor = |key: &str| anchors.get(key).cloned().unwrap_or_default();
    let of_row = |row: &&Row| RowOf {
        anchor: anchor(&row.key),
        kind: if row.kind == row.name { "" } else { row.kind },
        name: plain(&row.name),
        says: plain(&row.says),
        links: row.links.iter().map(|link| (anchor(link), plain(&self::link(link)))).collect(),
        holes: row.holes.iter().map(|hole| (unquoted(&hole.what), unquoted(&hole.fill))).collect(),
    };
    let page = Page {
        name: plain(name),
        release: plain(release),
        simulated,
        parts: parts(rows)
            .map(|(part, rows)| PartOf {
                name: part.as_str(),
                about: part.about(),
                rows: rows.iter().map(of_row).collect(),
            })
            .collect(),
        holes: holes(rows)
            .into_iter()
            .map(|(row, hole)| (anchor(&row.key), plain(&titled(row.kind, &row.name)), unquoted(&hole.what)))
            .collect(),
    };
    Ok(page.render()? + "\n")
}
