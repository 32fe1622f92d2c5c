//! `--window`, `--last` and `--today`: the days that a verb reads traffic of.

use super::Failure;
use crate::app::logged::Window;
use jiff::civil::Date;

#[derive(clap::Args)]
pub struct Span {
    /// Days of traffic, both ends included: `2026-10-01..2026-10-31`, `2026-10-01..` or one day; left out, all there is
    #[arg(long, value_name = "DAYS", conflicts_with = "last")]
    window: Option<String>,
    /// The last so many days up to today: `30d`
    #[arg(long, value_name = "DAYS")]
    last: Option<String>,
    /// As if it were this day
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
}

impl Span {
    pub fn window(&self) -> Result<Window, Failure> {
        if let Some(last) = &self.last {
            let days = last.strip_suffix('d').unwrap_or(last).parse().ok().filter(|days| (1..=36_600).contains(days));
            let days: u32 = days.ok_or_else(|| {
                Failure::yours(format!("`{last}` is no number of days"), "write for example `--last 30d`")
            })?;
            let today = self.today.as_deref().map_or_else(|| Ok(jiff::Zoned::now().date()), day)?;
            return Ok(Window::last(days, today));
        }
        let Some(window) = &self.window else { return Ok(Window::default()) };
        let end = |text: &str| if text.is_empty() { Ok(None) } else { day(text).map(Some) };
        let (first, last) = window.split_once("..").map_or((window.as_str(), window.as_str()), |ends| ends);
        let window = Window { first: end(first)?, last: end(last)? };
        if window.first.zip(window.last).is_some_and(|(first, last)| last < first) {
            return Err(Failure::yours("the window ends before it begins", "write the earlier day first"));
        }
        Ok(window)
    }
}

/// A day on the command line.
pub fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day, such as 2026-10-01".to_owned())
}

fn day(text: &str) -> Result<Date, Failure> {
    text.parse().map_err(|_| Failure::yours(format!("`{text}` is no day"), "write for example 2026-10-01"))
}

/// The days of a window, as people say them.
pub fn said(window: &Window) -> String {
    match (window.first, window.last) {
        (None, None) => "all traffic".to_owned(),
        (Some(first), None) => format!("traffic from {first} on"),
        (None, Some(last)) => format!("traffic up to {last}"),
        (Some(first), Some(last)) => format!("traffic of {first} to {last}"),
    }
}
