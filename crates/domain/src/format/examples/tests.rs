use super::*;
use crate::fault::Fault;
use camino::Utf8Path;
use proptest::prelude::*;

fn line(text: &str) -> Result<Example, String> {
    match parse(LinePlace { file: Utf8Path::new("x.jsonl"), line: 3 }, text) {
        Ok(Read::Example(example)) => Ok(*example),
        Ok(Read::Header) => Err("header".into()),
        Err(faults) => Err(faults.iter().map(written).collect::<Vec<_>>().join("\n")),
    }
}

fn written(fault: &Fault) -> String {
    format!("{}:{} [{}] {} | {}", fault.place.line, fault.place.column, fault.found, fault.what, fault.help)
}

#[test]
fn status_labels_and_review_date_do_not_change_the_digest_and_the_expectation_does() {
    let base = line(r#"{"id":"a","input":"q","expected":{"answer":"x"}}"#).unwrap();
    let dated = line(
        r#"{"review_by":"2027-01-01","status":"proposed","labels":[1],"expected":{"answer":"x"},"input":"q","id":"a"}"#,
    )
    .unwrap();
    let other = line(r#"{"id":"a","input":"q","expected":{"answer":"y"}}"#).unwrap();
    assert_eq!(base.digest, dated.digest);
    assert_ne!(base.digest, other.digest);
    assert_eq!(base.input_hash, other.input_hash);
}

#[test]
fn an_example_without_id_is_named_by_its_content_and_is_its_own_cluster() {
    let example = line(r#"{"input":{"messages":[{"role":"user","content":"hi"}]}}"#).unwrap();
    assert_eq!(example.id.as_str(), &example.digest.to_string()[..16]);
    assert_eq!(example.cluster.as_str(), example.id.as_str());
}

#[test]
fn each_bad_line_says_what_is_wrong_and_what_to_write() {
    let told: String =
        include_str!("tests/bad.jsonl").lines().map(|bad| format!("{}\n", line(bad).expect_err(bad))).collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/format/examples/tests/bad.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &told).unwrap();
    }
    assert_eq!(told, std::fs::read_to_string(file).unwrap());
}

/// Nothing is fetched, so that only what leads outside is refused.
#[test]
fn the_schema_of_a_tool_may_refer_to_itself_and_to_nothing_else() {
    let with = |parameters: &str| {
        line(&format!(r#"{{"id":"a","input":{{"tools":[{{"name":"t","parameters":{parameters}}}]}}}}"#)).map(|_| ())
    };
    let inside = [
        r##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"object"}}}"##,
        r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#"}"##,
        r#"{"$id":"https://example.com/root","$ref":"a","$defs":{"a":{"$id":"a","type":"object"}}}"#,
        r#"{"$ref":"http://json-schema.org/draft-07/schema#"}"#,
        r#"{"properties":{"$ref":{"type":"string"}}}"#,
        r#"{"properties":{"x":{"default":{"$ref":"https://example.com/x"}}}}"#,
    ];
    for parameters in inside {
        assert_eq!(with(parameters), Ok(()), "{parameters}");
    }
    for parameters in [r#"{"$ref":"other.json"}"#, r#"{"anyOf":[{"$dynamicRef":"file:///etc/x#/a"}]}"#] {
        let said = with(parameters).expect_err(parameters);
        assert!(said.contains("this schema refers to something outside of it"), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_change_of_a_byte_makes_it_panic(at in 0usize..200, byte in any::<u8>()) {
        let mut bytes = br#"{"id":"a","task":"t","input":{"sources":[{"id":"p","version":"1"}]},"expected":{},"provenance":{"source":"traffic","probability":0.1},"variant_of":"b","expect":"same","status":"active"}"#.to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = line(text);
        }
    }
}

fn shown(example: &Example) -> String {
    let Example { id, digest, cluster, task, status, guard, never, owner, .. } = example;
    let Example { variant_of, pair, depends_on, review_by, sources, provenance, attributes, document, .. } = example;
    format!(
        "{id}\n  digest {digest}\n  cluster {cluster}, task {task:?}\n  \
         {status:?}, guard {guard:?}, never {never}, owner {owner:?}, review by {review_by:?}\n  variant of {variant_of:?}, \
         {pair:?}\n  depends on {depends_on:?}\n  {sources:?}\n  {provenance:?}\n  {attributes:?}\n  {document}\n"
    )
}

/// What the first release wrote: it reads, and keeps its digests, as long as version 1 is known.
#[test]
fn a_file_of_version_1_reads_as_it_did() {
    let read: String = include_str!("tests/v1.jsonl")
        .lines()
        .filter_map(|text| match parse(LinePlace { file: Utf8Path::new("v1.jsonl"), line: 1 }, text).expect(text) {
            Read::Header => None,
            Read::Example(example) => Some(shown(&example)),
        })
        .collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/format/examples/tests/v1.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &read).unwrap();
    }
    assert_eq!(read, std::fs::read_to_string(file).unwrap());
}

#[test]
fn the_fields_that_graders_read_are_the_same_when_they_alone_are_read() {
    const FIELDS: [&str; 5] = ["id", "task", "input", "expected", "attributes"];
    let nothing = [
        r#"{"id":"a","task":null,"input":"q","expected":null,"attributes":null}"#,
        r#"{"input":"q","expected":{},"attributes":{}}"#,
    ];
    let lines = include_str!("tests/v1.jsonl").lines().chain(nothing);
    let mut seen = 0;
    for text in lines {
        let place = LinePlace { file: Utf8Path::new("v1.jsonl"), line: 1 };
        let Read::Example(example) = parse(place, text).expect(text) else { continue };
        let read = document(text, &example.id, &FIELDS).expect(text);
        assert_eq!(read, example.document, "{text}");
        let one = document(text, &example.id, &["expected"]).expect(text);
        assert_eq!(one.as_object().unwrap().keys().collect::<Vec<_>>(), ["expected"]);
        seen += 1;
    }
    assert!(seen > 2);
}

#[test]
fn order_of_keys_and_what_says_nothing_do_not_change_the_digest() {
    let plain = line(r#"{"id":"a","input":{"messages":[{"role":"user","content":"x"}],"context":"c"}}"#).unwrap();
    let padded = line(
        r#"{"never":false,"guard":false,"attributes":{},"depends_on":[],"task":null,"input":{"context":"c","messages":[{"content":"x","role":"user"}]},"id":"a"}"#,
    )
    .unwrap();
    assert_eq!((plain.digest, plain.input_hash), (padded.digest, padded.input_hash));
}

#[test]
fn a_variant_that_must_never_fail_is_no_pair_and_still_has_its_base() {
    let example = line(r#"{"id":"v","input":"q","variant_of":"b","expect":"never"}"#).unwrap();
    assert_eq!((example.never, example.pair), (true, None));
    assert_eq!(example.variant_of.unwrap().as_str(), "b");
}
