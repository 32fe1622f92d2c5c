//! Findings as JUnit XML: one suite a gate, one case a segment. A projection for CI, not the evidence.

use super::read::{Shown, plain, told, words};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde_json::Value;

type Failure = std::io::Error;

pub fn decision(shown: &Shown) -> Result<String, Failure> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let findings: Vec<&Value> = shown.list("findings").iter().filter(|finding| finding["arm"] == "candidate").collect();
    let mut gates: Vec<&str> = findings.iter().filter_map(|finding| finding["gate"].as_str()).collect();
    gates.dedup();
    let count = |of: &[&Value], wanted: &dyn Fn(&Value) -> bool| {
        of.iter().filter(|finding| wanted(finding)).count().to_string()
    };
    let mut root = BytesStart::new("testsuites");
    root.push_attribute(("name", "plimsoll"));
    root.push_attribute(("tests", findings.len().to_string().as_str()));
    root.push_attribute(("failures", count(&findings, &fails).as_str()));
    root.push_attribute(("errors", count(&findings, &errs).as_str()));
    root.push_attribute(("skipped", count(&findings, &skips).as_str()));
    writer.write_event(Event::Start(root))?;
    for gate in gates {
        let of: Vec<&Value> = findings.iter().filter(|finding| finding["gate"] == gate).copied().collect();
        let mut suite = BytesStart::new("testsuite");
        suite.push_attribute(("name", plain(gate).as_str()));
        suite.push_attribute(("tests", of.len().to_string().as_str()));
        suite.push_attribute(("failures", count(&of, &fails).as_str()));
        suite.push_attribute(("errors", count(&of, &errs).as_str()));
        suite.push_attribute(("skipped", count(&of, &skips).as_str()));
        writer.write_event(Event::Start(suite))?;
        properties(&mut writer, shown)?;
        of.iter().try_for_each(|finding| case(&mut writer, gate, finding))?;
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    String::from_utf8(writer.into_inner()).map_err(Failure::other)
}

fn properties(writer: &mut Writer<Vec<u8>>, shown: &Shown) -> Result<(), Failure> {
    writer.write_event(Event::Start(BytesStart::new("properties")))?;
    let pairs = [
        ("decision", shown.text("decision")),
        ("describes", shown.text("describes")),
        ("record", shown.envelope["id"].as_str().unwrap_or("")),
    ];
    let overridden = shown.overridden();
    let overridden = overridden.iter().map(|said| ("overridden", said.as_str()));
    for (name, value) in pairs.into_iter().chain(overridden) {
        let mut property = BytesStart::new("property");
        property.push_attribute(("name", name));
        property.push_attribute(("value", plain(value).as_str()));
        writer.write_event(Event::Empty(property))?;
    }
    writer.write_event(Event::End(BytesEnd::new("properties")))
}

fn case(writer: &mut Writer<Vec<u8>>, gate: &str, finding: &Value) -> Result<(), Failure> {
    let mut case = BytesStart::new("testcase");
    case.push_attribute(("classname", plain(gate).as_str()));
    case.push_attribute(("name", plain(finding["segment"].as_str().unwrap_or("")).as_str()));
    writer.write_event(Event::Start(case))?;
    let element = if fails(finding) {
        Some("failure")
    } else if errs(finding) {
        Some("error")
    } else if skips(finding) {
        Some("skipped")
    } else {
        None
    };
    if let Some(element) = element {
        let mut start = BytesStart::new(element);
        start.push_attribute(("message", words(finding["state"].as_str().unwrap_or("")).as_str()));
        writer.write_event(Event::Start(start))?;
        writer.write_event(Event::Text(BytesText::new(&plain(&told(finding)))))?;
        writer.write_event(Event::End(BytesEnd::new(element)))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

fn blocking(finding: &Value) -> bool {
    finding["blocking"] == Value::Bool(true)
}

/// Not shown is not a pass.
fn fails(finding: &Value) -> bool {
    blocking(finding)
        && matches!(finding["state"].as_str(), Some("breached" | "failed_never" | "failed_guard" | "not_shown"))
}

fn errs(finding: &Value) -> bool {
    blocking(finding) && matches!(finding["state"].as_str(), Some("error" | "unfit" | "no_data"))
}

/// Advisory findings are shown and never counted.
fn skips(finding: &Value) -> bool {
    !blocking(finding)
}
