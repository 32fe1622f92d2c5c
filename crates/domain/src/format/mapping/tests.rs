use super::*;
use crate::example::Status;
use crate::format::lines::LinePlace;
use camino::Utf8Path;

fn place() -> Place {
    Place { file: "m".into(), line: 1, column: 1 }
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `field=column`, or `field:=value`.
fn mapping(said: &[&str]) -> Mapping {
    let entries = said.iter().map(|said| {
        let (field, from) = match said.split_once(":=") {
            Some((field, value)) => (field, From::Text(value.to_owned())),
            None => {
                let (field, name) = said.split_once('=').unwrap();
                (field, From::Column { name: name.to_owned(), read: Read::AsField })
            }
        };
        Entry { field: field.to_owned(), from, place: place(), said: (*said).to_owned() }
    });
    Mapping { entries: entries.collect(), rest: Rest::LeftOut }
}

fn faults(mapping: &Mapping, names: &[&str]) -> Vec<String> {
    let refused = mapping.fit(&columns(names), &place()).unwrap_err();
    refused.iter().map(|fault| format!("{} | {}", fault.what, fault.help)).collect()
}

fn row(fitted: &Fitted, cells: &[&str]) -> Result<String, Vec<Refused>> {
    fitted.example(LinePlace { file: Utf8Path::new("t.csv"), line: 2 }, cells).map(|(line, _)| line)
}

#[test]
fn cells_become_fields_in_the_order_of_the_format() {
    let said = [
        "attributes.risk=tier",
        "input.messages.0.content=question",
        "input.messages.0.role:=user",
        "id=ticket",
        "provenance.source:=traffic",
        "provenance.weight=n",
        "guard=again",
    ];
    let fitted = mapping(&said).fit(&columns(&["ticket", "question", "tier", "n", "again", "x"]), &place()).unwrap();
    assert_eq!(fitted.left_out, ["x"]);
    assert_eq!(
        row(&fitted, &[" 7 ", " why?\n", "high", "2.5", "TRUE", ""]).unwrap(),
        r#"{"id":"7","input":{"messages":[{"content":" why?\n","role":"user"}]},"provenance":{"source":"traffic","weight":2.5},"attributes":{"risk":"high"},"guard":true}"#
    );
}

#[test]
fn an_empty_cell_says_nothing_and_a_hollow_item_is_left_out() {
    let said = [
        "input.messages.0.content=first",
        "input.messages.0.role:=system",
        "input.messages.1.content=second",
        "input.messages.1.role:=user",
        "attributes.a.b=x",
        "provenance.source:=demo",
    ];
    let fitted = mapping(&said).fit(&columns(&["first", "second", "x"]), &place()).unwrap();
    assert_eq!(
        row(&fitted, &[" ", "q", ""]).unwrap(),
        r#"{"input":{"messages":[{"content":"q","role":"user"}]},"provenance":{"source":"demo"}}"#
    );
    assert_eq!(
        row(&fitted, &["s", "q", "1"]).unwrap(),
        r#"{"input":{"messages":[{"content":"s","role":"system"},{"content":"q","role":"user"}]},"provenance":{"source":"demo"},"attributes":{"a.b":"1"}}"#
    );
    assert!(row(&fitted, &["", "", "1"]).unwrap_err()[0].what.contains("says what is asked"));
}

#[test]
fn lists_json_and_dates_are_read_as_it_is_said() {
    let mut mapping = mapping(&["input=q", "expected.sections=s", "input.x=never", "review_by=d", "expected.answer=j"]);
    mapping.entries.remove(2);
    let read = [Read::AsField, Read::List(";".into()), Read::Date("%d.%m.%Y".into()), Read::Json];
    for (entry, how) in mapping.entries.iter_mut().zip(read) {
        if let From::Column { read, .. } = &mut entry.from {
            *read = how;
        }
    }
    let fitted = mapping.fit(&columns(&["q", "s", "d", "j"]), &place()).unwrap();
    assert_eq!(
        row(&fitted, &["q", "4.1; 4.2;", "31.12.2026", "{\"a\":[1]}"]).unwrap(),
        r#"{"input":"q","expected":{"sections":["4.1","4.2"],"answer":{"a":[1]}},"review_by":"2026-12-31"}"#
    );
    let refused = row(&fitted, &["q", "", "12/31/2026", "{a}"]).unwrap_err();
    assert_eq!(refused.iter().map(|refused| refused.column).collect::<Vec<_>>(), [Some(3), Some(2)]);
    assert!(refused[1].help.contains("31.01.2027"), "{refused:?}");
}

#[test]
fn what_the_reader_of_examples_refuses_is_told_of_its_cell() {
    let said = ["id=id", "input=q", "provenance.source=from", "status.state=state", "status.reason=why", "task=task"];
    let fitted = mapping(&said).fit(&columns(&["id", "q", "from", "state", "why", "task"]), &place()).unwrap();
    let told = |cells: &[&str]| {
        let refused = row(&fitted, cells).unwrap_err();
        refused.into_iter().map(|refused| (refused.column, refused.what)).collect::<Vec<_>>()
    };
    assert_eq!(told(&["a", "q", "trafic", "", "", ""]), [(Some(2), "`provenance.source` cannot be `trafic`".into())]);
    assert_eq!(told(&["a", "q", "demo", "retired", "", ""]), [(Some(3), "`retired` needs a reason".into())]);
    assert_eq!(told(&["a\u{1b}b", "q", "", "", "", ""])[0].0, Some(0));
    let long = "x".repeat(600);
    assert_eq!(told(&["a", "q", "", "", "", &long])[0].0, Some(5));
    let retired = fitted
        .example(LinePlace { file: Utf8Path::new("t"), line: 1 }, &["a", "q", "demo", "retired", "old", ""])
        .unwrap();
    assert_eq!(retired.1.status, Status::Retired { reason: "old".into() });
}

#[test]
fn a_mapping_that_does_not_fit_is_told_whole() {
    assert_eq!(
        faults(&mapping(&["inptu=q", "expected.answer=gold", "id=tiket"]), &["q", "ticket", "gold"]),
        [
            "the table has no column `tiket` | did you mean `ticket`? columns: q, ticket, gold",
            "`inptu` is not a field of an example | did you mean `input`? fields here: id, task, input, expected, provenance, attributes, cluster, depends_on, review_by, owner, labels, status, guard, variant_of, expect, never",
        ]
    );
    let told = |said: &[&str]| faults(&mapping(said), &["q", "q2", "two", "two"]).remove(0);
    assert!(told(&["id=q"]).starts_with("nothing gives `input`: what the system is asked"));
    assert!(told(&["input.messages.0.content=q"]).starts_with("nothing gives `input.messages.0.role`"));
    assert!(told(&["input=q", "input.context=q2"]).contains("one lies within the other"));
    assert!(told(&["input=q", "input=q2"]).contains("`input` is given twice"));
    assert!(told(&["input=two"]).contains("two columns `two`"));
    assert!(told(&["input=q", "provenance=q2"]).contains("must be an object, and a cell is a single value"));
    assert!(told(&["input=q", "provenance.weight:=much"]).contains("`much` is no number"));
    assert!(told(&["input=q", "provenance.source:=trafic"]).contains("must be one of traffic"));
    assert!(told(&["input=q", "id.x=q2"]).contains("nothing lies below it"));
    assert!(told(&["input.messages.first.content=q"]).contains("is no position in it"));
    assert!(told(&["input=q", "depends_on.0.source=q2"]).starts_with("nothing gives `depends_on.0.version`"));
    assert!(told(&["input..x=q"]).contains("is no path to a field"));
    assert!(told(&[]).starts_with("nothing gives `input`"));
}

#[test]
fn the_rest_may_be_attributes() {
    let mut taken = mapping(&["input=q", "task=task"]);
    taken.rest = Rest::Attributes;
    let fitted = taken.fit(&columns(&["q", "task", "risk", "user.tier"]), &place()).unwrap();
    let line = row(&fitted, &["q", "t", "low", " gold "]).unwrap();
    assert!(line.ends_with(r#""attributes":{"risk":"low","user.tier":"gold"}}"#), "{line}");
    assert!(faults(&taken, &["q", "task", ""])[0].contains("without a name"));
}

#[test]
fn a_file_says_the_same_and_more() {
    let text = "plimsoll_mapping: 1
map:
  id: ticket
  input: question
  expected.sections: {column: cites, list: \";\"}
set:
  provenance: {source: traffic, weight: 2}
rest: attributes
";
    let read = parse(Utf8Path::new("m.yaml"), text).unwrap();
    let fitted = read.fit(&columns(&["ticket", "question", "cites", "risk"]), &place()).unwrap();
    assert_eq!(
        row(&fitted, &["1", "q", "a;b", "low"]).unwrap(),
        r#"{"id":"1","input":"q","expected":{"sections":["a","b"]},"provenance":{"source":"traffic","weight":2},"attributes":{"risk":"low"}}"#
    );
    let bad = "map: {id: {colum: x}, input: {column: q, list: \"\", json: true}}\nrest: some\nsett: {}\n";
    let told: Vec<String> = parse(Utf8Path::new("m.yaml"), bad)
        .unwrap_err()
        .iter()
        .map(|fault| format!("{}:{} {}", fault.place.line, fault.place.column, fault.what))
        .collect();
    assert_eq!(
        told,
        [
            "1:1 the version is missing",
            "1:11 the column is not named",
            "1:12 `colum` is not a key of a column",
            "1:48 `list` is empty",
            "1:52 a column is read in one way",
            "2:7 `rest` is none of the two",
            "3:1 `sett` is not a key of a mapping of columns",
        ]
    );
}
