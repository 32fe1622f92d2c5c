//! The agenda as a calendar: iCalendar, RFC 5545, one to-do for each duty.
//!
//! note    a duty has the same identity in every calendar that it is in, so that taking the file in again changes it and adds
//!         nothing. The stamp is the day that was asked for: the same day gives the same bytes. It is a snapshot and no message
//!         between calendars, so that it has no METHOD, which would ask for an organizer (RFC 5546)

use super::{Duty, owner};
use domain::digest::Digest;
use jiff::civil::Date;

/// Octets of a line, without its end.
const LONGEST: usize = 75;

pub fn ics(name: &str, duties: &[Duty], today: Date) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        format!("PRODID:-//Plimsoll//Plimsoll {}//EN", env!("CARGO_PKG_VERSION")),
        "CALSCALE:GREGORIAN".to_owned(),
        format!("X-WR-CALNAME:{}", escaped(&format!("agenda of {name}"))),
    ];
    duties.iter().for_each(|duty| lines.extend(todo(name, duty, today)));
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line) + "\r\n").collect()
}

fn todo(name: &str, duty: &Duty, today: Date) -> Vec<String> {
    let identity = Digest::of_bytes(format!("{name}\n{}", duty.name).as_bytes());
    let day = |day: Date| day.strftime("%Y%m%d").to_string();
    let about = format!("{}\n\n{}\n\n{}", duty.why, duty.command, duty.name);
    let status = if duty.done.is_some() { "COMPLETED" } else { "NEEDS-ACTION" };
    vec![
        "BEGIN:VTODO".to_owned(),
        format!("UID:{}@plimsoll", &identity.to_string()[..32]),
        format!("DTSTAMP:{}T000000Z", day(today)),
        format!("DUE;VALUE=DATE:{}", day(duty.due)),
        format!("SUMMARY:{}", escaped(&format!("{}: {}", owner(duty), duty.what))),
        format!("DESCRIPTION:{}", escaped(&about)),
        format!("CATEGORIES:{}", escaped(duty.rhythm.as_str())),
        format!("STATUS:{status}"),
        "END:VTODO".to_owned(),
    ]
}

/// Text as a value; control characters that no calendar takes become blanks.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\\' => "\\\\".to_owned(),
            ';' => "\\;".to_owned(),
            ',' => "\\,".to_owned(),
            '\n' => "\\n".to_owned(),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// A line folded so that none is longer than it may be, no character is cut, and none ends in a space, which some readers take for
/// nothing.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut octets = 0;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_here = c == ' ' && rest.peek().is_some_and(|next| octets + 1 + next.len_utf8() > LONGEST);
        if octets + c.len_utf8() > LONGEST || ends_here {
            out += "\r\n ";
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_at_75_octets_between_characters() {
        let line = format!("SUMMARY:{}", "ö".repeat(100));
        let folded = folded(&line);
        assert!(folded.split("\r\n").all(|part| part.len() <= LONGEST));
        assert_eq!(folded.replace("\r\n ", ""), line);
        assert_eq!(super::folded(&"a".repeat(75)).len(), 75);
        let spaced = super::folded(&format!("{}c", "ab ".repeat(60)));
        assert!(
            spaced.split("\r\n").all(|part| part.len() <= LONGEST && !part.trim_start().ends_with("ab ")),
            "{spaced}"
        );
    }

    #[test]
    fn what_would_end_a_value_is_escaped() {
        assert_eq!(escaped("a, b; c\\d\ne\u{7}"), "a\\, b\\; c\\\\d\\ne ");
    }
}
