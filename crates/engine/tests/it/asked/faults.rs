//! What goes wrong: each kind of trouble, within its time.

use super::server::{Play, Server, says};
use super::{World, chat, plain};
use engine::provider::{Attempt, Trouble, TroubleKind};
use serde_json::json;
use std::net::TcpListener;
use std::time::Duration;

fn attempt(play: Play, time_limit: &str) -> Attempt {
    let server = Server::new(vec![play]);
    World::new().ready(&chat(&server).replace("20s", time_limit)).ask(&plain())
}

fn trouble(play: Play) -> Trouble {
    attempt(play, "20s").got.unwrap_err()
}

fn with(status: u16, header: (&'static str, &str), body: &str) -> Play {
    Play::Say(status, vec![(header.0, header.1.to_owned())], body.as_bytes().to_vec())
}

#[test]
fn a_limit_says_when_to_come_again_and_what_is_left() {
    let headers = vec![
        ("retry-after", "0.5".to_owned()),
        ("x-ratelimit-remaining-requests", "0".to_owned()),
        ("x-ratelimit-reset-requests", "1.5s".to_owned()),
    ];
    let got = attempt(Play::Say(429, headers, br#"{"error":{"message":"Rate limit reached"}}"#.to_vec()), "20s");
    let trouble = got.got.unwrap_err();
    assert_eq!((trouble.kind, trouble.retry_after), (TroubleKind::RateLimited, Some(Duration::from_millis(500))));
    assert_eq!(trouble.message, "429: Rate limit reached");
    assert_eq!(got.headroom.requests, Some((0, Duration::from_millis(1500))));
    assert_eq!(got.status, Some(429));
}

#[test]
fn a_status_is_trouble_of_its_kind() {
    use TroubleKind::*;
    let kinds = [
        (429, RateLimited),
        (500, Overloaded),
        (502, Overloaded),
        (503, Overloaded),
        (529, Overloaded),
        (408, Overloaded),
        (409, Overloaded),
        (425, Overloaded),
        (400, Refused),
        (413, Refused),
        (422, Refused),
        (401, Forbidden),
        (403, Forbidden),
        (404, Forbidden),
        (302, Forbidden),
    ];
    for (status, kind) in kinds {
        assert_eq!(trouble(says(status, json!({"error": {"message": "no"}}))).kind, kind, "{status}");
    }
    let spent = json!({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}});
    assert_eq!(trouble(says(429, spent)).kind, Forbidden);
    assert_eq!(trouble(with(503, ("content-type", "text/html"), "<h1>Busy</h1>")).message, "503: <h1>Busy</h1>");
    assert_eq!(trouble(with(503, ("retry-after", "7"), "")).retry_after, Some(Duration::from_secs(7)));
}

#[test]
fn a_reply_that_is_no_answer_is_unreadable() {
    let right = r#"{"choices":[{"message":{"content":"Yes."}}]}"#;
    let json = ("content-type", "application/json");
    assert!(attempt(with(200, json, right), "20s").got.is_ok());
    let cases: [(Play, &str); 6] = [
        (
            with(200, json, &right[..right.len() - 9]),
            "the reply is cut off: {\"choices\":[{\"message\":{\"content\":\"",
        ),
        (
            with(200, ("content-type", "text/html; charset=utf-8"), "<html>"),
            "the reply is `text/html` and not JSON: <html>",
        ),
        (with(200, ("content-type", "text/event-stream"), right), "the reply is `text/event-stream` and not JSON: "),
        (with(200, json, ""), "the reply is cut off: it is empty"),
        (with(200, json, r#"{"choices":NaN}"#), "the reply is no JSON: {\"choices\":NaN}"),
        (Play::Say(200, vec![], vec![b'"', 0xff, b'"']), "the reply is not UTF-8"),
    ];
    for (play, message) in cases {
        let trouble = trouble(play);
        assert_eq!(trouble.kind, TroubleKind::Unreadable);
        assert!(trouble.message.starts_with(message), "{} for {message}", trouble.message);
    }
    assert_eq!(trouble(Play::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())).kind, TroubleKind::Unreadable);
}

#[test]
fn a_stall_ends_at_the_time_limit() {
    let got = attempt(Play::Stall, "200ms");
    let trouble = got.got.unwrap_err();
    assert_eq!((trouble.kind, trouble.message.as_str()), (TroubleKind::TimedOut, "no reply within 200 ms"));
    assert!(got.latency >= Duration::from_millis(200) && got.first_byte.is_none());
}

#[test]
fn a_slow_drip_ends_at_the_time_limit_too() {
    let got = attempt(Play::Drip, "200ms");
    let trouble = got.got.unwrap_err();
    assert_eq!(trouble.message, "the reply is not whole within 200 ms");
    assert_eq!((trouble.kind, got.status), (TroubleKind::TimedOut, Some(200)));
    assert!(got.first_byte.is_some());
}

#[test]
fn a_connection_that_is_reset_cut_or_refused_is_trouble_with_the_connection() {
    assert_eq!(trouble(Play::Reset).kind, TroubleKind::Connection);
    let cut = b"HTTP/1.1 200 X\r\ncontent-length: 900\r\n\r\n{\"choices\":".to_vec();
    assert_eq!(trouble(Play::Bytes(cut)).kind, TroubleKind::Connection);
    assert_eq!(trouble(Play::Bytes(Vec::new())).kind, TroubleKind::Connection);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ready = World::new().ready(&format!("{{openai: {{base_url: \"http://{free}\", model: m}}}}"));
    let got = ready.ask(&plain());
    let trouble = got.got.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Connection);
    assert!(!trouble.message.contains("http://"), "{}", trouble.message);
}

#[test]
fn a_host_that_does_not_exist_is_not_asked_again() {
    // Names below `invalid` never exist (RFC 6761); without a resolver nobody can say so.
    let ready = World::new().ready("{openai: {base_url: \"http://nowhere.invalid/v1\", model: m}, time_limit: 10s}");
    let kind = ready.ask(&plain()).got.unwrap_err().kind;
    assert!([TroubleKind::Forbidden, TroubleKind::Connection, TroubleKind::TimedOut].contains(&kind), "{kind:?}");
}

#[test]
fn a_huge_body_is_given_up() {
    let trouble = trouble(Play::Endless(80 << 20));
    assert_eq!((trouble.kind, trouble.message.as_str()), (TroubleKind::Unreadable, "the reply is longer than 64 MB"));
}

#[test]
fn a_request_is_sent_again_only_to_the_same_place() {
    let first = Server::new(vec![]);
    let away = with(307, ("location", &format!("{}/v1", first.url())), "");
    let got = trouble(away);
    assert_eq!(got.kind, TroubleKind::Forbidden);
    assert_eq!(got.message, "307: it sends requests to another address; ask that one");
    let near = with(307, ("location", "/elsewhere"), "");
    let server = Server::new(vec![near, super::server::json(json!({"choices": [{"message": {"content": "Yes."}}]}))]);
    let got = World::new().ready(&chat(&server)).ask(&plain()).got.unwrap();
    assert_eq!(got.text.as_deref(), Some("Yes."));
    assert_eq!(server.asked().body, server.asked().body);
}
