use super::*;
use domain::redaction::OwnPattern;
use serde_json::json;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Patterns are made once: that takes longer than what they do.
static PLAIN: LazyLock<Mutex<Redactor>> =
    LazyLock::new(|| Mutex::new(Redactor::new(&Redaction::default(), None).unwrap()));

fn hidden(text: &str) -> String {
    PLAIN.lock().unwrap_or_else(PoisonError::into_inner).text(text)
}

#[test]
fn cards_are_hidden_however_they_are_grouped() {
    for card in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "5555-5555-5555-4444",
        "378282246310005",
        "3530111333300000",
        "6011000990139424",
    ] {
        assert_eq!(hidden(&format!("My card {card}, please.")), "My card <card>, please.", "{card}");
    }
}

#[test]
fn cards_are_hidden_whatever_parts_their_groups_and_stands_against_them() {
    for space in [
        "\u{a0}", "\u{202f}", "\u{2009}", "\u{3000}", "\t", "\u{200b}", "\u{feff}", "\u{2060}", "\u{ad}", ".", " - ",
        "\u{2011}", "\u{2013}", "  ", "_", "/", ",", ":", "\u{ff0f}", "\u{ff0d}",
    ] {
        for card in [["4111", "1111", "1111", "1111"].join(space), ["3782", "822463", "10005"].join(space)] {
            assert_eq!(hidden(&format!("Meine Karte {card}, bitte.")), "Meine Karte <card>, bitte.", "{card:?}");
        }
    }
    assert_eq!(hidden("4111 1111 1111 1111und dann"), "<card>und dann");
    assert_eq!(hidden("4111111111111111und dann"), "<card>und dann");
    assert_eq!(hidden("Nr4111 1111 1111 1111 12/27"), "Nr<card> 12/27");
}

#[test]
fn other_numbers_in_groups_stay() {
    for text in [
        "4111.1111.1111.1112",
        "4111\u{a0}1111\u{a0}1111\u{a0}1112",
        "4.111.111.111.111.111",
        "4111111111111.111",
        "4111111111111111a3f",
        "4111111111111111_1",
        "4111 1111\n1111 1111",
        "4111, 1111, 1111, 1111",
        "4,111,111,111,111,111",
        "4111111111111/111",
        "41111111:11111111",
        "4111_1111_1111_1112",
    ] {
        assert_eq!(hidden(text), text, "{text:?}");
    }
}

#[test]
fn what_an_address_carries_to_let_somebody_in_is_hidden() {
    for name in ["token", "id_token", "key", "sig", "session_id"] {
        let said = hidden(&format!("see https://x.example/a?p=1&{name}=abc123def456ghi789&q=2"));
        assert_eq!(said, format!("see https://x.example/a?p=1&{name}=<key>&q=2"));
    }
    assert_eq!(hidden("https://x.example/?token=abc123def456ghi789"), "https://x.example/?token=<key>");
    assert_eq!(hidden("token=abc123def456ghi789"), "token=<key>");
    for text in ["https://x.example/?key=colours", "https://x.example/?keyword=abc123def456", "?token=tobedefined"] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn wide_signs_and_digits_of_other_scripts_are_hidden_as_plain_ones_are() {
    assert_eq!(hidden("カード４１１１ １１１１ １１１１ １１１１。"), "カード<card>。");
    assert_eq!(hidden("بطاقة ٤١١١١١١١١١١١١١١١ شكرا"), "بطاقة <card> شكرا");
    assert_eq!(hidden("टेलीफ़ोन +९१-९८७६५-४३२१०"), "टेलीफ़ोन <phone>");
    assert_eq!(hidden("連絡先 taro＠example.jp です"), "連絡先 <email> です");
    assert_eq!(
        hidden("注文４１１１１１１１１１１１１１１２"),
        "注文４１１１１１１１１１１１１１１２",
        "no right check digit"
    );
}

#[test]
fn a_number_that_follows_is_no_part_of_the_card() {
    assert_eq!(hidden("4111 1111 1111 1111 12/27"), "<card> 12/27");
    assert_eq!(hidden("4111111111111111 12 2027 123"), "<card> 12 2027 123");
}

#[test]
fn long_numbers_that_are_no_cards_stay() {
    for text in [
        "Order 4111111111111112",
        "id a4111111111111111",
        "1111111111111117",
        "1795416117983528",
        "4111111111111111-0117",
        "GTIN 4006381333931",
    ] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn keys_and_tokens_are_hidden() {
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----";
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    let keys = [
        format!("sk-{}", "proj-abc123def456ghi789jkl"),
        format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
        format!("AKIA{}", "IOSFODNN7EXAMPLE"),
        format!("xoxb-{}", "123456789012-abcdef"),
        // Not every key holds a digit.
        format!("sk-{}", "proj-AbCdEfGhIjKlMnOpQrStUvWx"),
        format!("sk-{}", "abcdefghijklmnopqrstuvwx"),
        format!("ghp_{}", "abcdefghijklmnopqrstuvwxyzabcdefghij"),
        format!("AKIA{}", "ABCDEFGHIJKLMNOP"),
        pem.to_owned(),
        jwt.to_owned(),
    ];
    for key in keys {
        assert_eq!(hidden(&format!("use {key} now")), "use <key> now", "{key}");
    }
    assert_eq!(hidden("Authorization: Bearer abcDEF0123456789abc"), "Authorization: Bearer <key>");
    assert_eq!(hidden("Authorization: Bearer AbCdEfGhIjKlMnOpQr"), "Authorization: Bearer <key>");
    assert_eq!(hidden("password=hunter22!, then"), "password=<key>, then");
    assert_eq!(hidden(r#"{\"api_key\": \"aaa111bbb\"}"#), r#"{\"api_key\": \"<key>\"}"#);
    assert_eq!(hidden(&pem[..40]), "<key>");
    let words = [
        "the bearer understandsthatwell",
        "the token is missing",
        "risk-based pricing",
        "a password: ...",
        "basic JavaScriptFrameworks",
        "the index pk_orders_of_every_customer",
    ];
    for text in words {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn addresses_are_hidden() {
    assert_eq!(hidden("Mail me: First.Last+x@sub.example.org."), "Mail me: <email>.");
    assert_eq!(hidden("<müller@bücher.example>"), "<<email>>");
    for text in ["@handle", "a@b", "5 @ 3.50", "user@localhost"] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn phones_are_hidden_as_they_are_written_at_home_and_abroad() {
    for phone in [
        "+49 30 901820",
        "+1 (415) 555-2671",
        "+442079460958",
        "0044 20 7946 0958",
        "030/9018 2012",
        "(030) 9018201",
        "020 7946 0958",
        "01 23 45 67 89",
        "01.23.45.67.89",
        "(415) 555-2671",
        "415-555-2671",
        "07700900123",
        "+91-98765-43210",
        "(11) 98765-4321",
        "(21) 2345-6789",
        "91 234 56 78",
        "612 34 56 78",
    ] {
        assert_eq!(hidden(&format!("Call {phone} today")), "Call <phone> today", "{phone}");
    }
}

#[test]
fn dates_orders_and_amounts_are_no_phones() {
    for text in [
        "on 2026-11-24 at 10:30",
        "am 01.02.2026 um 10",
        "01/02/26",
        "04.05.2026 10 30",
        "order 0712345678",
        "order number: 0712345678",
        "#0712345678",
        "A-0412345678",
        "12345678",
        "1795416117",
        "1,234,567.89",
        "10.0.0.127",
        "2026-11-24T09:00:00.000+00:00",
        "5b8aa5a2-d2c8-0415-5552-671bf3cb55c1",
        "978-3-16-148410-0",
        "EUR 0.1234567890",
        "91 234 567",
        "612 345 678",
        "10 20 30 40 50",
        "(12) 3456",
        "(12) 2024-2025",
        "order 91 234 56 78",
    ] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn everything_of_a_request_goes_through_it_and_its_keys_do() {
    let mail = "a.b@c.example";
    let input = json!({"messages": [{"role": "user", "content": [{"text": mail}]}], "account": {mail: {"deep": [[mail]]}, "card": 4111111111111111u64}});
    let answer = json!({"text": mail, "tool_calls": [{"name": "f", "arguments": format!("{{\"to\": \"{mail}\"}}")}, {"name": "g", "arguments": {"password": "x"}}]});
    let request = Request {
        id: mail.into(),
        conversation: Some(mail.into()),
        input,
        answer: answer.as_object().cloned(),
        attributes: [(mail.to_owned(), mail.to_owned())].into(),
        signals: [("comment".to_owned(), format!("write to {mail}"))].into(),
        trace: Some(mail.into()),
        task: Some(mail.into()),
        system: Some(mail.into()),
        at: None,
    };
    let mut redactor = Redactor::new(&Redaction::default(), None).unwrap();
    let kept = redactor.request(request);
    let text = domain::format::traffic::write(&kept);
    assert!(!text.contains(mail) && !text.contains("4111") && !text.contains("\"x\""), "{text}");
    assert_eq!(kept.id.len(), 32);
    assert_eq!(kept.attributes["<email>"], "<email>");
    assert_eq!(
        (redactor.hidden["email"].count, redactor.hidden["card"].count, redactor.hidden["key"].count),
        (13, 1, 1)
    );
    assert_eq!(redactor.hidden["email"].samples, ["a.*@*.*******"]);
}

#[test]
fn own_patterns_come_first_and_hashes_keep_equal_values_equal() {
    let own = OwnPattern { name: "customer".into(), pattern: r"C-\d{4}".into(), treatment: Treatment::Hash };
    let redaction =
        Redaction { own: vec![own], emails: Treatment::Hash, phones: Treatment::Keep, ..Redaction::default() };
    assert_eq!(Redactor::new(&redaction, None).err(), Some(RedactError::NoSecret));
    let mut redactor = Redactor::new(&redaction, Some("secret".into())).unwrap();
    let text = redactor.text("C-1234 and C-1234, C-9999; A@b.example a@B.example +49 30 901820");
    let parts: Vec<&str> = text.split(' ').collect();
    assert_eq!(parts[0], parts[2].trim_end_matches(','));
    assert_ne!(parts[0], parts[3].trim_end_matches(';'));
    assert_eq!(parts[4], parts[5]);
    assert!(text.ends_with("+49 30 901820") && parts[0].starts_with("<customer:"), "{text}");
    let broken = OwnPattern { name: "x".into(), pattern: "(".into(), treatment: Treatment::Hide };
    let broken = Redaction { own: vec![broken], ..Redaction::default() };
    assert!(matches!(Redactor::new(&broken, None), Err(RedactError::Pattern { .. })));
}

#[test]
fn what_is_hidden_stays_as_it_is_when_it_is_hidden_again() {
    let once = hidden("a@b.example 4111111111111111 +49 30 901820 password=hunter22");
    assert_eq!(hidden(&once), once);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic(text in "[-0-9 +()./@a-cé\u{1F600}eyJ:=]{0,80}") {
        hidden(&text);
    }
}
