use super::*;

fn read(line: &str) -> Promise {
    let part = |at: usize| line.split('|').nth(at).unwrap_or("").trim().to_owned();
    let list =
        |at: usize| part(at).split(';').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
    Promise { work: part(0), for_whom: part(1), evidence: list(2), constraints: list(3), when_not_ready: part(4) }
}

#[test]
fn good_promises_are_accepted_in_every_field() {
    let lines: Vec<&str> = include_str!("good.txt").lines().collect();
    assert_eq!(lines.len(), 29);
    for line in lines {
        assert_eq!(read(line).unclear(), [], "{line}");
    }
}

#[test]
fn vague_promises_are_refused_with_a_reason_for_every_field() {
    let lines: Vec<&str> = include_str!("vague.txt").lines().collect();
    assert_eq!(lines.len(), 26);
    for line in lines {
        let fields: Vec<&str> = read(line).unclear().iter().map(|unclear| unclear.field).collect();
        assert_eq!(fields, ["work", "for", "evidence", "constraints", "when_not_ready"], "{line}");
    }
}

/// Of other languages only the form is judged: what is there, and whether it is long enough to say something in particular.
#[test]
fn promises_in_other_languages_are_accepted_and_slogans_are_not() {
    let lines: Vec<&str> = include_str!("good_in_other_languages.txt").lines().collect();
    assert_eq!(lines.len(), 15);
    for line in lines {
        assert!(!read(line).is_english(), "{line}");
        assert_eq!(read(line).unclear(), [], "{line}");
    }
    let lines: Vec<&str> = include_str!("vague_in_other_languages.txt").lines().collect();
    assert_eq!(lines.len(), 7);
    for line in lines {
        let fields: Vec<&str> = read(line).unclear().iter().map(|unclear| unclear.field).collect();
        assert_eq!(fields, ["work", "for", "evidence", "constraints", "when_not_ready"], "{line}");
    }
}

#[test]
fn a_product_is_no_work_however_it_is_advertised() {
    for work in ["AI-powered legal assistant", "cloud-based support chatbot", "an AI assistant for healthcare"] {
        let promise = Promise { work: work.to_owned(), ..read(include_str!("good.txt").lines().next().unwrap_or("")) };
        assert_eq!(promise.unclear().iter().map(|unclear| unclear.field).collect::<Vec<_>>(), ["work"], "{work}");
    }
}

#[test]
fn a_constraint_that_asks_for_a_manner_alone_cannot_be_seen_to_be_broken() {
    for (constraint, is_observable_one) in [
        ("be empathetic", false),
        ("sound warm and caring", false),
        ("be done within 4 seconds", true),
        ("points per criterion add up to the total", true),
    ] {
        assert_eq!(is_observable(constraint), is_observable_one, "{constraint}");
    }
}

#[test]
fn what_is_in_doubt_is_english() {
    for text in [
        "",
        "TBD",
        "n/a",
        "answer questions",
        "cite section 4, never 5",
        "resume screening caf\u{e9} staff of the shop",
    ] {
        assert!(is_english([text].into_iter()), "{text}");
    }
}

/// The policies of a public benchmark, as promises in our words; and what is left of them in one line.
#[test]
fn a_policy_is_a_promise_and_its_summary_is_not() {
    let airline = read(
        "book, change and cancel flight reservations | airline passengers who gave a user id | the airline policy; the reservation record | ask for explicit confirmation before any booking is changed; refuse what the policy forbids | transfer to a human agent when the request is out of scope",
    );
    let retail = read(
        "cancel, modify, return and exchange retail orders | shoppers authenticated by email or name and zip code | the retail policy; the order record | change a pending order only once; act for one authenticated shopper only | transfer to a human agent",
    );
    assert_eq!(airline.unclear(), []);
    assert_eq!(retail.unclear(), []);
    assert_eq!(
        read("be a helpful customer service agent | customers | the policy | follow the policy | do your best")
            .unclear()
            .len(),
        5
    );
}
