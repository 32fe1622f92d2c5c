//! Scores from elsewhere: three formats that say the same are the same, and everything that is wrong is told in its place.

use camino::{Utf8Path, Utf8PathBuf};
use datafusion::arrow::array::{
    ArrayRef, BinaryArray, DurationMicrosecondArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::parquet::arrow::ArrowWriter;
use domain::answer::Answer;
use domain::failure_class::Classes;
use domain::grader::{Grader, Part, Schema};
use domain::reference_set::ReferenceSet;
use domain::score::Verdict;
use domain::system::Arm;
use lake::{Asked, Import, ImportError, Imported, Scores, import_scores};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A folder of its own, gone at the end.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).expect("a path that is UTF-8")
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Utf8PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).expect("a written file");
        path
    }

    fn import(&self, name: &str, bytes: &[u8]) -> Result<Imported, ImportError> {
        self.import_into(name, bytes, None, &[])
    }

    fn import_into(
        &self,
        name: &str,
        bytes: &[u8],
        set: Option<&ReferenceSet>,
        leave_out: &[&str],
    ) -> Result<Imported, ImportError> {
        let file = self.file(name, bytes);
        let folder = self.path().join("run");
        std::fs::create_dir_all(&folder).expect("a folder");
        let leave_out: BTreeSet<String> = leave_out.iter().map(|name| (*name).to_owned()).collect();
        import_scores(&Import {
            file: &file,
            folder: &folder,
            home: Utf8Path::new(""),
            set,
            criteria: &[],
            classes: None,
            leave_out: &leave_out,
        })
    }

    fn is_empty(&self) -> bool {
        self.path().join("run").read_dir().is_ok_and(|mut entries| entries.next().is_none())
    }
}

/// What is wrong with a file, a line each: place, what and help.
fn faults(name: &str, bytes: &[u8]) -> Vec<String> {
    let folder = Folder::new();
    match folder.import(name, bytes) {
        Err(ImportError::Faults { faults, .. }) => {
            assert!(folder.is_empty(), "nothing is written where something is wrong");
            faults
                .iter()
                .map(|fault| {
                    let place = (fault.place.line, fault.place.column);
                    format!("{}:{} [{}] {} | {}", place.0, place.1, fault.found, fault.what, fault.help)
                })
                .collect()
        }
        other => panic!("no faults but {other:?}"),
    }
}

#[track_caller]
fn only_fault(name: &str, text: &str, parts: &[&str]) {
    let all = faults(name, text.as_bytes());
    assert_eq!(all.len(), 1, "{all:#?}");
    for part in parts {
        assert!(all[0].contains(part), "`{part}` is not in {}", all[0]);
    }
}

const CSV: &str =
    "\u{feff}example,system,repeat,criterion,value,state,cluster,weight,failure_class,evidence,task,latency_ms
e1,new,0,grounded,1,,c1,2.5,,,billing,120
e1,new,1,grounded,0.5,,c1,,unsupported,\"says \"\"always\"\"\",,
e2,new,0,grounded,true,graded,c1,,,,refund,80.5
e2,old,0,grounded,,system_error,,,timeout,,,
e1,old,0,grounded,,,,,,,,
e1,old,0,tone,0,,,,,\"two
lines\",,
";

const JSONL: &str = r#"{"example":"e1","system":"new","repeat":0,"criterion":"grounded","value":1,"cluster":"c1","weight":2.5,"task":"billing","latency_ms":120}
{"example":"e1","system":"new","repeat":1,"criterion":"grounded","value":0.5,"cluster":"c1","failure_class":"unsupported","evidence":"says \"always\""}

{"example":"e2","system":"new","criterion":"grounded","value":true,"state":"graded","cluster":"c1","task":"refund","latency_ms":80.5}
{"example":"e2","system":"old","criterion":"grounded","state":"system_error","failure_class":"timeout","value":0}
{"example":"e1","system":"old","criterion":"grounded","value":null}
{"criterion":"tone","system":"old","example":"e1","value":false,"evidence":"two\nlines"}
"#;

#[test]
fn a_quote_that_is_never_closed_swallows_no_rows() {
    let table = "example,system,criterion,value,evidence
q1,new,grounded,1,
q2,new,grounded,0,\"er sagt
q2,old,grounded,1,
q3,new,grounded,0,
";
    only_fault("scores.csv", table, &["3:19", "never closed"]);
}

/// Failing scores of the candidate by class.
fn failing_classes(table: &str, contract: &str) -> Vec<(String, u64)> {
    let folder = Folder::new();
    folder.import("scores.csv", table.as_bytes()).unwrap();
    let run = folder.path().join("run");
    let set = lake::read_set(&run).unwrap();
    let contract = domain::format::contract::parse(Utf8Path::new("c.yaml"), contract).unwrap().contract;
    let systems = BTreeMap::from([(Arm::Candidate, "candidate".to_owned())]);
    let asked = Asked { set: &set, contract: &contract, systems };
    let classes = Scores::open(&run, asked).unwrap().classes(Arm::Candidate).unwrap();
    classes.into_iter().map(|count| (count.class.to_string(), count.scores)).collect()
}

const GRADED: &str = "\
plimsoll: 1
criteria:
  close: {protects: unsupported_claim, grade: imported, kind: graded}
  right: {protects: policy_ambiguity, grade: imported}
";

#[test]
fn a_grade_below_one_is_a_failure_where_there_is_a_mark_or_a_class() {
    let table = "example,system,criterion,value,failure_class
e1,candidate,close,0.6,
e2,candidate,close,0.2,wrong_source
e3,candidate,close,0,
e1,candidate,right,0,
e2,candidate,right,1,
e1,candidate,right (disagreement),0,
e2,candidate,right (disagreement),0,
";
    let classes = [("policy_ambiguity".to_owned(), 1), ("wrong_source".to_owned(), 1)];
    assert_eq!(failing_classes(&format!("{table}e3,candidate,right,1,\n"), GRADED), classes);
}

#[test]
fn a_system_error_has_the_class_of_its_evidence_and_never_the_criterion_s() {
    let table = "example,system,criterion,value,state,failure_class,evidence
e1,candidate,right,,system_error,,no answer: timed out
e2,candidate,right,,system_error,,connection reset
e3,candidate,right,0,system_error,,connection reset
e4,candidate,right,,system_error,over_refusal,timeout
";
    let classes = [("format_violation", 2), ("latency_or_timeout", 1), ("over_refusal", 1)];
    let classes = classes.map(|(class, count)| (class.to_owned(), count));
    assert_eq!(failing_classes(table, GRADED), classes);
}

/// A table in Parquet with the Arrow schema beside its own, as Pandas writes it.
fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn words(list: [&str; 2]) -> ArrayRef {
    Arc::new(StringArray::from(list.to_vec()))
}

#[test]
fn a_column_that_parquet_cannot_tell_as_it_is_meant_is_refused_once() {
    let values = || -> ArrayRef { Arc::new(Float64Array::from(vec![1.0, 0.0])) };
    let seconds: ArrayRef = Arc::new(DurationMicrosecondArray::from(vec![1_000_000, 2_000_000]));
    let rows = |example: ArrayRef, more: (&'static str, ArrayRef)| {
        let (system, criterion) = (words(["new", "new"]), words(["c", "c"]));
        parquet(vec![("example", example), ("system", system), ("criterion", criterion), ("value", values()), more])
    };
    let told = faults("s.parquet", &rows(words(["a", "b"]), ("latency_ms", seconds)));
    assert!(told.len() == 1 && told[0].contains("`latency_ms` holds Duration"), "{told:?}");
    let ids: ArrayRef = Arc::new(BinaryArray::from_vec(vec![&b"a"[..], &b"b"[..]]));
    let index = || -> ArrayRef { Arc::new(Int64Array::from(vec![0, 1])) };
    let told = faults("s.parquet", &rows(ids, ("__index_level_0__", index())));
    assert!(told.len() == 1 && told[0].contains("`example` holds Binary"), "{told:?}");
    // Row numbers of Pandas are no attribute, though they differ between the rows of an example.
    let (system, same) = (words(["new", "old"]), words(["a", "a"]));
    let criterion = words(["c", "c"]);
    let table = parquet(vec![
        ("example", same),
        ("system", system),
        ("criterion", criterion),
        ("value", values()),
        ("__index_level_0__", index()),
    ]);
    assert_eq!(Folder::new().import("s.parquet", &table).unwrap().attributes, Vec::<String>::new());
}

#[test]
fn formats_that_say_the_same_are_the_same_run() {
    let csv = Folder::new();
    let read = csv.import("scores.csv", CSV.as_bytes()).unwrap();
    let lines = Folder::new().import("scores.jsonl", JSONL.as_bytes()).unwrap();
    assert_eq!(Imported { files: vec![], ..read.clone() }, Imported { files: vec![], ..lines });
    assert_eq!((read.rows, read.examples, read.without_value, read.not_run), (6, 2, 1, 4));
    assert_eq!(read.systems, ["new", "old"]);
    assert_eq!(read.criteria, ["grounded", "tone"]);
    assert_eq!(read.attributes, ["task"]);
    // What was sealed is itself a table of scores.
    let sealed = std::fs::read(csv.path().join("run/scores.parquet")).unwrap();
    let left_out = ["example_index", "example_digest", "grader", "reason"];
    let again = Folder::new().import_into("scores.parquet", &sealed, None, &left_out).unwrap();
    assert_eq!((again.rows, again.without_value, again.not_run), (10, 0, 0));
    let back = Folder::new().import_into("scores.parquet", &sealed, Some(&set(&csv)), &left_out).unwrap();
    assert_ne!(back.fingerprint.digest(), read.fingerprint.digest(), "what was measured is part of a run");
    let unmeasured = CSV.replace(",120\n", ",\n").replace(",80.5\n", ",\n");
    let unmeasured = Folder::new().import("scores.csv", unmeasured.as_bytes()).unwrap();
    assert_eq!(back.fingerprint.digest(), unmeasured.fingerprint.digest(), "with the same examples it is the same run");
}

fn set(folder: &Folder) -> ReferenceSet {
    lake::read_set(&folder.path().join("run")).unwrap()
}

#[test]
fn rows_in_another_order_are_the_same_run_and_a_flipped_label_is_another() {
    let first = Folder::new();
    let digest = first.import("scores.csv", CSV.as_bytes()).unwrap().fingerprint.digest();
    let mut lines: Vec<&str> = JSONL.lines().collect();
    lines.reverse();
    let turned = Folder::new().import("scores.jsonl", lines.join("\n").as_bytes()).unwrap();
    assert_eq!(turned.fingerprint.digest(), digest);
    let flipped = JSONL.replacen("\"value\":true", "\"value\":false", 1);
    let flipped = Folder::new().import("scores.jsonl", flipped.as_bytes()).unwrap();
    assert_ne!(flipped.fingerprint.digest(), digest);
    let bytes = |folder: &Folder| std::fs::read(folder.path().join("run/scores.parquet")).unwrap();
    let (one, two) = (bytes(&first), bytes(&first));
    first.import("scores.csv", CSV.as_bytes()).unwrap();
    assert_eq!((one == two, bytes(&first) == two), (true, true), "the same file gives the same bytes");
}

#[test]
fn examples_are_made_from_what_their_rows_say() {
    let folder = Folder::new();
    folder.import("scores.csv", CSV.as_bytes()).unwrap();
    let set = set(&folder);
    let ids: Vec<(&str, &str, f64)> =
        set.rows.iter().map(|row| (row.id.as_str(), row.cluster.as_str(), row.weight.get())).collect();
    assert_eq!(ids, [("e1", "c1", 2.5), ("e2", "c1", 1.0)]);
    assert_eq!(set.rows[1].weight, domain::provenance::Weight::Assumed);
    let task = domain::name::Attribute::new("task");
    assert_eq!(set.value(&task, domain::reference_set::ExampleIndex(1)), Some("refund"));
}

#[test]
fn the_contracts_examples_decide_what_is_planned() {
    let made = Folder::new();
    made.import("scores.csv", CSV.as_bytes()).unwrap();
    let mut set = set(&made);
    set.rows[1].state = domain::reference_set::RowState::Quarantined;
    let text = "example,system,criterion,value,risk\ne1,new,grounded,1,high\ne2,new,grounded,1,low\n";
    let folder = Folder::new();
    let read = folder.import_into("scores.csv", text.as_bytes(), Some(&set), &[]).unwrap();
    assert_eq!((read.examples, read.set_aside, read.not_run), (1, 1, 0));
    let other = "example,system,criterion,value,task,cluster\ne3,new,grounded,1,,\ne1,new,grounded,1,refund,c9\n";
    let Err(ImportError::Faults { faults, .. }) = folder.import_into("x.csv", other.as_bytes(), Some(&set), &[]) else {
        panic!("examples that are not the contract's are refused")
    };
    let told: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault.what, fault.help)).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].contains("no example has the id `e3`") && told[0].contains("did you mean"), "{told:#?}");
    assert!(told.iter().any(|told| told.contains("`task` of example `e1` is `refund` here and `billing` in the")));
    assert!(told.iter().any(|told| told.contains("`cluster` of example `e1` is `c9` here and `c1` in the contract")));
}

#[test]
fn columns_that_are_missing_or_misspelled_are_told() {
    only_fault(
        "s.csv",
        "example,model,criterion,value\ne,m,c,1\n",
        &["1:1", "the column `system` is missing", "did you mean `model`? Rename it to `system`"],
    );
    only_fault(
        "s.csv",
        "example,system,criterion,value,weigth\ne,m,c,1,2\n",
        &["1:32 [weigth]", "did you mean `weight`?"],
    );
    only_fault("s.csv", "example,system,criterion,value,x,x\ne,m,c,1,2,2\n", &["`x` is given twice"]);
    only_fault("s.csv", "example;system;criterion;value\ne;m;c;1\n", &["separated by ';'", "by commas"]);
    only_fault(
        "s.jsonl",
        r#"{"example":"e","system":"s","criterion":"c","valeu":1}"#,
        &["1:1", "no `value`", "`valeu`"],
    );
    only_fault("s.csv", "example,system,criterion,value\ne,m,c\n", &["2:1", "3 cells, and the header has 4"]);
}

#[test]
fn values_that_are_no_grades_are_told_where_they_stand() {
    for value in ["NaN", "1e999", "-0.1", "1.5", "85%", "pass", "null", "-inf"] {
        let text = format!("evidence,example,system,criterion,value\n\"e\n1\",a,m,c,1\nx,é,m,c,{value}\n");
        only_fault("s.csv", &text, &[&format!("4:9 [{value}] `value`: ")]);
    }
    let of = |value: &str| format!(r#"{{"example":"e","system":"s","criterion":"c","value":{value}}}"#);
    only_fault("s.jsonl", &of("1e999"), &["1:53 [1e999]", "too large"]);
    only_fault("s.jsonl", &of("NaN"), &["1:53", "NaN"]);
    only_fault("s.jsonl", &of("[1]"), &["1:53 [[1]] `value` is no single value"]);
    only_fault("s.jsonl", &of("\"\\ud800\""), &["surrogate"]);
    only_fault("s.jsonl", &of("2"), &["1:53 [2] `value`: a grade lies from 0 to 1"]);
    only_fault("s.jsonl", "[1]", &["no JSON object"]);
    only_fault("s.jsonl", r#"{"example":"e","example":"f","system":"s","criterion":"c","value":1}"#, &["example"]);
}

#[test]
fn states_and_values_must_agree() {
    let of = |value: &str, state: &str| format!("example,system,criterion,value,state\ne,m,c,{value},{state}\n");
    only_fault("s.csv", &of("", "graded"), &["2:8 [graded]", "a graded score has a value"]);
    only_fault("s.csv", &of("1", "not_run"), &["2:7 [1]", "a score that is not_run has no value"]);
    only_fault("s.csv", &of("1", "system_error"), &["a score that is system_error has no value"]);
    only_fault("s.csv", &of("", "grader_eror"), &["did you mean `grader_error`?", "not_applicable"]);
    let read = Folder::new().import("s.csv", of("0", "system_error").as_bytes()).unwrap();
    assert_eq!(read.without_value, 0);
}

#[test]
fn rows_that_contradict_one_another_are_told() {
    only_fault(
        "s.csv",
        "example,system,criterion,value\ne,m,c,1\nf,m,c,1\ne,m,c,0\n",
        &["4:1", "is given twice, first on line 2", "`repeat`"],
    );
    let of =
        |column: &str, a: &str, b: &str| format!("example,system,criterion,value,{column}\ne,m,c,1,{a}\ne,m,d,1,{b}\n");
    only_fault("s.csv", &of("cluster", "a", "b"), &["3:9 [b]", "`cluster` of example `e` is `b` here and `a` before"]);
    only_fault("s.csv", &of("weight", "1", "2"), &["3:9 [2]", "`weight` of example `e` is `2` here and `1` before"]);
    only_fault("s.csv", &of("answer", "x", "y"), &["3:9 [y]", "leave out what describes an answer"]);
    only_fault("s.csv", &of("spend", "1", "2"), &["3:1", "`spend` of one answer is 2 here and 1 on line 2"]);
    only_fault("s.csv", &of("weight", "-1", ""), &["2:9 [-1]", "`weight`: this is no weight"]);
    let read = Folder::new().import_into("s.csv", of("answer", "x", "y").as_bytes(), None, &["answer"]).unwrap();
    assert_eq!(read.attributes, Vec::<String>::new());
}

#[test]
fn many_faults_are_told_up_to_fifty_with_a_count_of_the_rest() {
    let mut text = String::from("example,system,criterion,value\n");
    (0..80).for_each(|at| text += &format!("e{at},m,c,7\n"));
    let folder = Folder::new();
    match folder.import("s.csv", text.as_bytes()) {
        Err(ImportError::Faults { faults, more }) => assert_eq!((faults.iter().count(), more), (50, 30)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_that_are_none_are_told_as_such() {
    let empty = "example,system,criterion,value\n".as_bytes();
    assert!(matches!(Folder::new().import("s.csv", empty), Err(ImportError::Empty(_))));
    assert!(matches!(Folder::new().import("s.xlsx", b"x"), Err(ImportError::UnknownKind(_))));
    assert!(matches!(Folder::new().import("s.parquet", b"PAR1 no"), Err(ImportError::NotParquet { .. })));
    let all = faults("s.csv", b"example,system,criterion,value\n\xff,m,c,1\n");
    assert!(all[0].contains("2:1") && all[0].contains("`example` is not UTF-8"), "{all:#?}");
    let all = faults("s.jsonl", b"{\"example\":\"\xff\"}\n");
    assert!(all[0].contains("not UTF-8"), "{all:#?}");
}

#[test]
fn a_line_of_fifty_megabytes_is_told_and_not_kept() {
    let mut line = br#"{"example":""#.to_vec();
    line.resize(50 << 20, b'x');
    line.extend_from_slice(b"\n{\"example\":\"e\",\"system\":\"s\",\"criterion\":\"c\",\"value\":2}\n");
    let all = faults("s.jsonl", &line);
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(all[0].starts_with("1:1") && all[0].contains("longer than 16 MB"), "{all:#?}");
    assert!(all[1].starts_with("2:53"), "{all:#?}");
    let mut table = b"example,system,criterion,value\ne,m,c,1\n\"".to_vec();
    table.resize(50 << 20, b'x');
    let all = faults("s.csv", &table);
    assert!(all[0].contains("longer than 16 MB") && all[0].contains("a quote that is not closed"), "{all:#?}");
}

#[test]
fn the_schema_of_scores_admits_what_is_read_and_marks_common_slips() {
    let grader = Grader::Json {
        schema: Some(Schema::Inline(lake::scores_schema())),
        part: Part::Structured(Vec::new()),
        formats: true,
    };
    let editor = grading::compile(&grader).expect("a schema");
    let admits = |line: &str| {
        let structured = serde_json::from_str(line).expect("JSON");
        let answer = Answer { structured: Some(structured), ..Default::default() };
        match editor.grade(&serde_json::Value::Null, &grading::Prepared::new(&answer)) {
            Verdict::Graded { value, .. } => value.get() == 1.0,
            other => panic!("{other:?}"),
        }
    };
    for line in [
        r#"{"example":"e","system":"s","criterion":"c","value":true}"#,
        r#"{"example":7,"system":"s","criterion":"c","value":0.5,"repeat":1,"weight":2,"cluster":null,"evidence":["x"]}"#,
        r#"{"example":"e","system":"s","criterion":"c","state":"not_run","topic":"x","latency_ms":12.5}"#,
    ] {
        Folder::new().import("x.jsonl", line.as_bytes()).expect(line);
        assert!(admits(line), "{line}");
    }
    for line in [
        r#"{"example":"e","system":"s","criterion":"c"}"#,
        r#"{"example":"e","system":"s","criterion":"c","value":7}"#,
        r#"{"example":"e","system":"s","criterion":"c","value":null,"state":"passed"}"#,
        r#"{"example":"e","system":"s","criterion":"c","value":1,"repeat":0.5}"#,
        r#"{"example":"e","system":"s","criterion":"c","value":1,"topic":["a"]}"#,
        r#"{"example":"e","system":"s","value":1}"#,
    ] {
        Folder::new().import("x.jsonl", line.as_bytes()).expect_err(line);
        assert!(!admits(line), "{line}");
    }
}

#[test]
fn a_failure_class_that_the_contract_lacks_is_told_in_its_cell() {
    let folder = Folder::new();
    let text = "example,system,criterion,value,failure_class\ne1,new,grounded,0,wrong-source\ne2,new,grounded,0,wrong_source\n";
    let file = folder.file("scores.csv", text.as_bytes());
    let run = folder.path().join("run");
    std::fs::create_dir_all(&run).expect("a folder");
    let classes = Classes::default();
    let refused = import_scores(&Import {
        file: &file,
        folder: &run,
        home: Utf8Path::new(""),
        set: None,
        criteria: &[],
        classes: Some(&classes),
        leave_out: &BTreeSet::new(),
    });
    let Err(ImportError::Faults { faults, .. }) = refused else { panic!("no faults but {refused:?}") };
    let told: Vec<(u32, u32, &str)> =
        faults.iter().map(|fault| (fault.place.line, fault.place.column, fault.help.as_str())).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0, told[0].1), (2, 19));
    assert!(told[0].2.contains("did you mean `wrong_source`?"), "{told:?}");
}

#[test]
fn a_row_with_a_fault_hides_nothing_of_the_others() {
    let told = faults("s.csv", b"example,system,criterion,value\ne,m,c,2\nf,m,c,1\nf,m,c,0\n");
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].starts_with("2:7 [2] `value`") && told[1].contains("is given twice, first on line 3"), "{told:#?}");
}
