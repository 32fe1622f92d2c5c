//! Which of many requests count, in memory that hardly grows with them.
//!
//! in      every request that came, in the order in which they came: its id and content, its day, the trace that it stands for; what was
//!         kept of these days before; the traces in which a model is named
//! out     for each request whether it is kept, and if not, why
//! errors  those of the disk
//! note    what is known of each request lies in a file without a name, gone with its process, as digests. Where they are too many to be compared
//!         at once, they are compared in several rounds, each with those whose id falls into it. A byte is held for each request, nothing else

use domain::digest::Digest;
use jiff::civil::Date;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Requests that are compared at once: 35 MB.
const AT_ONCE: u64 = 850_000;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Kept,
    /// It came earlier in these files.
    Twice,
    /// It was kept before.
    Before,
    /// One of its id came earlier, or was kept before, and says something else.
    Other,
    /// It stands for a trace in which a model is named: the calls of that model are the requests.
    Within,
}

/// A request as it came.
pub struct Came<'a> {
    pub id: &'a str,
    /// Where the log says it.
    pub day: Option<Date>,
    /// Its line.
    pub content: &'a str,
    /// The trace that it stands for.
    pub around: Option<u128>,
    pub at: Spot,
}

/// The position of a file among those given, and a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub file: u32,
    pub line: u32,
}

/// What is left of a request once it was noted.
pub struct Noted {
    pub day: Option<Date>,
    pub at: Spot,
}

pub struct Ledger {
    there: Rows<24>,
    came: Rows<52>,
    /// How many of them stand for a trace.
    around: u64,
    modelled: Rows<16>,
    last_modelled: Option<u128>,
}

impl Ledger {
    /// `folder` is where its files lie.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let (there, came, modelled) = (Rows::in_folder(folder)?, Rows::in_folder(folder)?, Rows::in_folder(folder)?);
        Ok(Ledger { there, came, around: 0, modelled, last_modelled: None })
    }

    /// Notes a request that was kept before, on a day that requests came of; without a day, beside all that do not say theirs.
    pub fn there(&mut self, id: &str, day: Option<Date>, content: &str) -> io::Result<()> {
        let mut row = [0; 24];
        put(&mut row, 0, &key(id, day).to_le_bytes());
        put(&mut row, 16, &part(content).to_le_bytes());
        self.there.put(&row)
    }

    pub fn came(&mut self, came: &Came) -> io::Result<()> {
        let mut row = [0; 52];
        put(&mut row, 0, &key(came.id, came.day).to_le_bytes());
        put(&mut row, 16, &part(came.content).to_le_bytes());
        put(&mut row, 24, &came.around.unwrap_or(0).to_le_bytes());
        put(&mut row, 40, &packed(came.day).to_le_bytes());
        put(&mut row, 44, &came.at.file.to_le_bytes());
        put(&mut row, 48, &came.at.line.to_le_bytes());
        self.around += u64::from(came.around.is_some());
        self.came.put(&row)
    }

    /// Notes that a model is named in a trace.
    pub fn modelled(&mut self, trace: u128) -> io::Result<()> {
        // Spans of a trace mostly stand together.
        if self.last_modelled.replace(trace) == Some(trace) {
            return Ok(());
        }
        self.modelled.put(&trace.to_le_bytes())
    }

    /// What becomes of each, in the order in which they came.
    pub fn judge(&mut self) -> io::Result<Vec<Verdict>> {
        self.judged(AT_ONCE)
    }

    fn judged(&mut self, at_once: u64) -> io::Result<Vec<Verdict>> {
        let mut verdicts = vec![Verdict::Kept; self.came.count as usize];
        let rounds = self.around.div_ceil(at_once);
        (0..rounds).try_for_each(|round| self.leave_to_models(&mut verdicts, (round, rounds)))?;
        let all = self.there.count + self.came.count;
        let rounds = all.div_ceil(at_once);
        (0..rounds).try_for_each(|round| self.compare(&mut verdicts, (round, rounds), all.min(at_once) as usize))?;
        Ok(verdicts)
    }

    fn leave_to_models(&mut self, verdicts: &mut [Verdict], (round, rounds): (u64, u64)) -> io::Result<()> {
        let is_of = |trace: u128| trace != 0 && (trace % u128::from(rounds)) as u64 == round;
        let mut asked = HashSet::new();
        self.came.each(&mut |row| {
            let trace = u128::from_le_bytes(take(row, 24));
            if is_of(trace) {
                asked.insert(trace);
            }
            Ok(())
        })?;
        let mut named = HashSet::new();
        self.modelled.each(&mut |row| {
            let trace = u128::from_le_bytes(take(row, 0));
            if asked.contains(&trace) {
                named.insert(trace);
            }
            Ok(())
        })?;
        let mut at = 0;
        self.came.each(&mut |row| {
            if named.contains(&u128::from_le_bytes(take(row, 24))) {
                verdicts[at] = Verdict::Within;
            }
            at += 1;
            Ok(())
        })
    }

    fn compare(&mut self, verdicts: &mut [Verdict], (round, rounds): (u64, u64), room: usize) -> io::Result<()> {
        let is_of = |key: u128| (key % u128::from(rounds)) as u64 == round;
        // Of each id what its first says, and whether that was kept before.
        let mut firsts: HashMap<u128, (u64, bool)> = HashMap::with_capacity(room);
        self.there.each(&mut |row| {
            let key = u128::from_le_bytes(take(row, 0));
            if is_of(key) {
                firsts.entry(key).or_insert((u64::from_le_bytes(take(row, 16)), true));
            }
            Ok(())
        })?;
        let mut next = 0;
        self.came.each(&mut |row| {
            let (at, key, says) = (next, u128::from_le_bytes(take(row, 0)), u64::from_le_bytes(take(row, 16)));
            next += 1;
            if !is_of(key) || verdicts[at] == Verdict::Within {
                return Ok(());
            }
            match firsts.entry(key) {
                Entry::Vacant(free) => drop(free.insert((says, false))),
                Entry::Occupied(first) => {
                    verdicts[at] = match first.get() {
                        (said, _) if *said != says => Verdict::Other,
                        (_, true) => Verdict::Before,
                        (_, false) => Verdict::Twice,
                    }
                }
            }
            Ok(())
        })
    }

    /// Hands on what was noted of each, in the order in which they came.
    pub fn each(&mut self, each: &mut dyn FnMut(Noted) -> io::Result<()>) -> io::Result<()> {
        self.came.each(&mut |row| {
            let at = Spot { file: u32::from_le_bytes(take(row, 44)), line: u32::from_le_bytes(take(row, 48)) };
            each(Noted { day: unpacked(i32::from_le_bytes(take(row, 40))), at })
        })
    }
}

/// Half the digest of an id and its day: an id is told apart on its day, and those without a day among all.
fn key(id: &str, day: Option<Date>) -> u128 {
    let digest = Digest::of_bytes(format!("{} {id}", packed(day)).as_bytes());
    u128::from_le_bytes(take(digest.as_bytes(), 0))
}

fn part(content: &str) -> u64 {
    u64::from_le_bytes(take(Digest::of_bytes(content.as_bytes()).as_bytes(), 0))
}

/// A day as a number, the year first; `NO_DAY` for none.
fn packed(day: Option<Date>) -> i32 {
    day.map_or(NO_DAY, |day| (i32::from(day.year()) * 16 + i32::from(day.month())) * 32 + i32::from(day.day()))
}

const NO_DAY: i32 = i32::MIN;

fn unpacked(number: i32) -> Option<Date> {
    let (year, month, day) = (number.div_euclid(512), number.div_euclid(32).rem_euclid(16), number.rem_euclid(32));
    Date::new(i16::try_from(year).ok()?, month as i8, day as i8).ok()
}

fn put(row: &mut [u8], at: usize, bytes: &[u8]) {
    row[at..at + bytes.len()].copy_from_slice(bytes);
}

fn take<const N: usize>(row: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&row[at..at + N]);
    bytes
}

/// Rows of so many bytes, in a file without a name.
struct Rows<const N: usize> {
    file: BufWriter<File>,
    count: u64,
}

impl<const N: usize> Rows<N> {
    fn in_folder(folder: &Path) -> io::Result<Self> {
        Ok(Rows { file: BufWriter::with_capacity(1 << 16, tempfile::tempfile_in(folder)?), count: 0 })
    }

    fn put(&mut self, row: &[u8; N]) -> io::Result<()> {
        self.count += 1;
        self.file.write_all(row)
    }

    fn each(&mut self, each: &mut dyn FnMut(&[u8; N]) -> io::Result<()>) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::with_capacity(1 << 16, self.file.get_ref());
        let mut row = [0; N];
        for _ in 0..self.count {
            reader.read_exact(&mut row)?;
            each(&row)?;
        }
        self.file.get_ref().seek(SeekFrom::End(0))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<Date> {
        Some(text.parse().unwrap())
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::in_folder(&std::env::temp_dir()).unwrap();
        ledger.there("kept", day("2026-11-03"), "as it was").unwrap();
        ledger.there("kept too", None, "as it was").unwrap();
        let mut line = 0;
        let mut came = |ledger: &mut Ledger, id: &str, day: Option<Date>, content: &str, around: Option<u128>| {
            line += 1;
            ledger.came(&Came { id, day, content, around, at: Spot { file: 1, line } }).unwrap();
        };
        came(&mut ledger, "new", day("2026-11-03"), "a", None);
        came(&mut ledger, "kept", day("2026-11-03"), "as it was", None);
        came(&mut ledger, "new", day("2026-11-03"), "a", None);
        came(&mut ledger, "new", day("2026-11-03"), "b", None);
        came(&mut ledger, "kept", day("2026-11-03"), "as it is", None);
        // On another day it is another request; without one it is compared with all.
        came(&mut ledger, "kept", day("2026-11-04"), "as it was", None);
        came(&mut ledger, "kept too", None, "as it was", None);
        came(&mut ledger, "whole trace", None, "a", Some(7));
        came(&mut ledger, "other trace", None, "a", Some(8));
        for trace in [7, 7, 9] {
            ledger.modelled(trace).unwrap();
        }
        ledger
    }

    #[test]
    fn the_first_of_an_id_counts_and_a_trace_that_names_a_model_is_left_to_its_calls() {
        use Verdict::{Before, Kept, Other, Twice, Within};
        let expected = [Kept, Before, Twice, Other, Other, Kept, Before, Within, Kept];
        assert_eq!(ledger().judge().unwrap(), expected);
    }

    #[test]
    fn several_rounds_say_what_one_says() {
        let whole = ledger().judge().unwrap();
        for at_once in 1..12 {
            assert_eq!(ledger().judged(at_once).unwrap(), whole, "{at_once}");
        }
        let mut many = Ledger::in_folder(&std::env::temp_dir()).unwrap();
        for at in 0..5_000u32 {
            let id = format!("{}", at % 3_000);
            many.came(&Came { id: &id, day: None, content: "", around: None, at: Spot { file: 0, line: at } }).unwrap();
        }
        let verdicts = many.judged(70).unwrap();
        assert!(verdicts[..3_000].iter().all(|verdict| *verdict == Verdict::Kept));
        assert!(verdicts[3_000..].iter().all(|verdict| *verdict == Verdict::Twice));
    }

    #[test]
    fn what_is_noted_comes_back() {
        let (mut ledger, mut noted) = (ledger(), Vec::new());
        ledger.judge().unwrap();
        ledger
            .came(&Came {
                id: "late",
                day: Date::new(-44, 3, 15).ok(),
                content: "",
                around: None,
                at: Spot { file: 2, line: 3 },
            })
            .unwrap();
        ledger
            .each(&mut |each| {
                noted.push((each.day, each.at));
                Ok(())
            })
            .unwrap();
        assert_eq!(noted.len(), 10);
        assert_eq!(noted[5], (day("2026-11-04"), Spot { file: 1, line: 6 }));
        assert_eq!(noted[6].0, None);
        assert_eq!(noted[9], (Date::new(-44, 3, 15).ok(), Spot { file: 2, line: 3 }));
    }
}
