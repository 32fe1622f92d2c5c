//! Traffic as it is kept beside the eval: `.plimsoll/traffic/<day>/<digest>.jsonl`, one day a folder, so that retention drops whole days.
//!
//! in      the state folder, a window of days
//! out     every request of the window, in the order of day and file; what was seen
//! errors  files that cannot be read, lines that are no requests: every fault of the first file that has any
//! note    one line is held at a time. The day is the one a request came in, in UTC; of one whose log does not say, the day of its import

use super::chain::write_bytes;
use super::run::Progress;
use super::work::{open_lock, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::{Digest, canonical};
use domain::fault::{Fault, Faults};
use domain::format::lines::LinePlace;
use domain::format::traffic::{parse, write};
use domain::traffic::Request;
use engine::jsonl::Lines;
use jiff::civil::Date;
use std::fs::File;
use std::io::{BufReader, ErrorKind};

/// Faults of one file that are told one by one.
const MOST_FAULTS: usize = 50;
/// The folder of copies of what examples were taken from.
const SOURCES: &str = "sources";

/// A span of days, both ends included; open where none is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub first: Option<Date>,
    pub last: Option<Date>,
}

impl Window {
    /// The last so many days up to and with this one.
    pub fn last(days: u32, today: Date) -> Self {
        let before = jiff::Span::new().try_days(i64::from(days.max(1)) - 1);
        let first = before.and_then(|before| today.checked_sub(before)).unwrap_or(Date::MIN);
        Window { first: Some(first), last: Some(today) }
    }

    pub fn holds(&self, day: Date) -> bool {
        self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }
}

/// What a window held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub requests: u64,
    pub files: u64,
    /// Days with a request.
    pub days: u64,
    pub first: Option<Date>,
    pub last: Option<Date>,
}

/// Where traffic is kept.
pub fn home(state: &Utf8Path) -> Utf8PathBuf {
    state.join("traffic")
}

/// What the names of folders begin with that are still being written, that are whole and lie not yet in their places, and that are gone.
pub const UNFINISHED: &str = ".importing-";
pub const READY: &str = ".ready-";
pub const GONE: &str = ".gone-";

/// Waits until nobody else changes what is kept.
pub fn alone(state: &Utf8Path, progress: &mut dyn Progress) -> Result<File, Failure> {
    let failed = |error: std::io::Error| write_failure(&home(state), &error);
    let lock = open_lock(state, "traffic").map_err(failed)?;
    if lock.try_lock().is_err() {
        progress.note("somebody else imports or prunes traffic here: waiting for them");
        lock.lock().map_err(failed)?;
    }
    Ok(lock)
}

/// Ends what somebody began who was killed: lays whole imports in their places, and removes what was not whole or is to go. Whoever
/// calls it holds `locks/traffic`.
pub fn settle(state: &Utf8Path) -> Result<(), Failure> {
    let home = home(state);
    let failed = |error: std::io::Error| write_failure(&home, &error);
    if !home.exists() {
        return Ok(());
    }
    for entry in home.read_dir_utf8().map_err(failed)? {
        let path = entry.map_err(failed)?.into_path();
        let name = path.file_name().unwrap_or_default();
        if name.starts_with(UNFINISHED) || name.starts_with(GONE) {
            std::fs::remove_dir_all(&path).map_err(failed)?;
        } else if name.starts_with(READY) {
            for file in files(&path)? {
                let Some((day, rest)) = file.file_name().and_then(|name| name.split_once('.')) else { continue };
                std::fs::create_dir_all(home.join(day)).map_err(failed)?;
                std::fs::rename(&file, home.join(day).join(rest)).map_err(failed)?;
            }
            std::fs::remove_dir_all(&path).map_err(failed)?;
        }
    }
    Ok(())
}

/// Hands on every request of the window.
pub fn each(
    state: &Utf8Path,
    window: &Window,
    each: &mut dyn FnMut(Request) -> Result<(), Failure>,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    for (day, folder) in days(state)?.into_iter().filter(|(day, _)| window.holds(*day)) {
        let before = seen.requests;
        for path in files(&folder)? {
            seen.files += 1;
            seen.requests += of_file(&path, each)?;
        }
        if seen.requests > before {
            seen.days += 1;
            seen.first = seen.first.or(Some(day));
            seen.last = Some(day);
        }
    }
    Ok(seen)
}

/// Hands on every request of one file.
pub fn of_one(path: &Utf8Path, each: &mut dyn FnMut(Request) -> Result<(), Failure>) -> Result<Seen, Failure> {
    Ok(Seen { requests: of_file(path, each)?, files: 1, ..Seen::default() })
}

/// The days that there is traffic of, in order.
pub fn days(state: &Utf8Path) -> Result<Vec<(Date, Utf8PathBuf)>, Failure> {
    let mut days = entries(&home(state))?;
    days.retain(|path| path.is_dir());
    Ok(days.into_iter().filter_map(|path| Some((path.file_name()?.parse().ok()?, path))).collect())
}

/// The files of a day, in order.
pub fn files(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Failure> {
    let mut files = entries(folder)?;
    files.retain(|path| path.extension() == Some("jsonl"));
    Ok(files)
}

/// What lies in a folder, by name, without what is still being made; nothing where there is no folder.
fn entries(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Failure> {
    let failed = |error| unreadable(folder, &error);
    let found = match folder.read_dir_utf8() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        found => found.map_err(failed)?,
    };
    let mut paths = Vec::new();
    for entry in found {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().starts_with('.') {
            paths.push(entry.into_path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Hands on the requests of one file, and says how many they were.
fn of_file(path: &Utf8Path, each: &mut dyn FnMut(Request) -> Result<(), Failure>) -> Result<u64, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut lines = Lines::new(BufReader::with_capacity(1 << 16, file));
    let (mut count, mut faults): (u64, Vec<Fault>) = (0, Vec::new());
    while let Some(line) = lines.next().map_err(|error| unreadable(path, &error))? {
        let place = LinePlace { file: path, line: line.number };
        let read = match line.too_long {
            true => Err(place.too_long().into()),
            false => place.text(line.bytes).and_then(|text| parse(place, text)),
        };
        match read {
            Ok(Some(request)) if faults.is_empty() => {
                each(request)?;
                count += 1;
            }
            Ok(_) => {}
            Err(wrong) => faults.extend(wrong),
        }
        if faults.len() >= MOST_FAULTS {
            break;
        }
    }
    Faults::none_or(faults)?;
    Ok(count)
}

/// Keeps what an example was taken from, `.plimsoll/sources/<digest>.json`, so that it outlives the day that it came in.
pub fn copy_source(state: &Utf8Path, request: &Request) -> Result<Digest, Failure> {
    let value = serde_json::from_str(&write(request))
        .map_err(|error| Failure::ours(format!("a request cannot be written: {error}"), "report it"))?;
    let text = canonical(&value);
    let digest = Digest::of_bytes(text.as_bytes());
    let path = source_at(state, &digest.to_string());
    let there = std::fs::read(&path).is_ok_and(|there| Digest::of_bytes(&there) == digest);
    if !there {
        let failed = |error: std::io::Error| write_failure(&path, &error);
        std::fs::create_dir_all(state.join(SOURCES)).map_err(failed)?;
        write_bytes(&path, text.as_bytes()).map_err(failed)?;
    }
    Ok(digest)
}

/// Where the copy with this digest is.
pub fn source_at(state: &Utf8Path, digest: &str) -> Utf8PathBuf {
    state.join(SOURCES).join(format!("{digest}.json"))
}

fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Failure {
    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(days: &[(&str, &str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let state = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        for (day, name, text) in days {
            std::fs::create_dir_all(home(&state).join(day)).unwrap();
            std::fs::write(home(&state).join(day).join(name), text).unwrap();
        }
        (folder, state)
    }

    fn ids(state: &Utf8Path, window: &Window) -> (Vec<String>, Seen) {
        let mut ids = Vec::new();
        let seen = each(state, window, &mut |request| {
            ids.push(request.id);
            Ok(())
        });
        (ids, seen.unwrap())
    }

    #[test]
    fn a_window_is_read_in_the_order_of_days_and_files() {
        let line = |id: &str| format!("{{\"plimsoll_traffic\":1}}\n{{\"id\":\"{id}\",\"input\":\"x\"}}\n");
        let (_folder, state) = kept(&[
            ("2026-11-02", "b.jsonl", &line("3")),
            ("2026-11-02", "a.jsonl", &line("2")),
            ("2026-11-02", ".a-unfinished", "{"),
            ("2026-11-01", "z.jsonl", &line("1")),
            ("2026-11-03", "a.jsonl", &line("4")),
        ]);
        assert_eq!(ids(&state, &Window::default()).0, ["1", "2", "3", "4"]);
        let (of_two_days, seen) = ids(&state, &Window::last(2, "2026-11-02".parse().unwrap()));
        assert_eq!(of_two_days, ["1", "2", "3"]);
        assert_eq!((seen.requests, seen.files, seen.days), (3, 3, 2));
        assert_eq!(ids(&state.join("nowhere"), &Window::default()).1, Seen::default());
    }

    #[test]
    fn a_broken_line_is_told_with_its_place() {
        let (_folder, state) = kept(&[("2026-11-02", "a.jsonl", "{\"plimsoll_traffic\":1}\n{\"id\":1}\n")]);
        let Err(Failure::Faults(faults)) = each(&state, &Window::default(), &mut |_| Ok(())) else { panic!() };
        assert!(faults.iter().all(|fault| fault.place.line == 2), "{faults}");
    }

    #[test]
    fn a_source_is_copied_once_under_its_digest() {
        let (_folder, state) = kept(&[]);
        let request = Request { id: "r".into(), input: "x".into(), ..Request::default() };
        let digest = copy_source(&state, &request).unwrap();
        assert_eq!(copy_source(&state, &request).unwrap(), digest);
        let text = std::fs::read_to_string(state.join("sources").join(format!("{digest}.json"))).unwrap();
        assert_eq!(text, r#"{"id":"r","input":"x"}"#);
    }
}
