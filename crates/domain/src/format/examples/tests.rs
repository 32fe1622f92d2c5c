use super::*;
use camino::Utf8Path;
use proptest::prelude::*;

fn line(text: &str) -> Result<Example, String> {
    match parse(LinePlace { file: Utf8Path::new("x.jsonl"), line: 3 }, text) {
        Ok(Read::Example(example)) => Ok(*example),
        Ok(Read::Header) => Err("header".into()),
        Err(fault) => Err(format!("{}:{} {} | {}", fault.place.line, fault.place.column, fault.what, fault.help)),
    }
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
    assert_eq!(base.input_digest, other.input_digest);
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
