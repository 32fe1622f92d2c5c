//! `import traffic`: production's logs become traffic, redacted before any of it is written.
//!
//! in      files or standard input: OTLP however it was written, or JSON lines with a mapping; what the contract says of traffic
//! out     one file a day in `.plimsoll/traffic`, all of them or none; what was read, what was there before, what was hidden, what is left out
//! errors  a file that cannot be read or breaks off, a pattern or a secret that is none
//! note    one request is held at a time, and 16 bytes for each that has come or was there on its day. Whoever imports holds `locks/traffic`

mod keeping;

use crate::app::eval::Eval;
use crate::app::logged::{Window, each, home, settle};
use crate::app::work::{open_lock, write_failure};
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::digest::Digest;
use domain::fault::{Fault, Faults, Place};
use domain::format::lines::LinePlace;
use domain::format::mapping::Mapping;
use domain::format::traffic::mapped::fields;
use domain::traffic::Request;
use engine::intake::{Broken, Drawn, Item, Mapped, Row, drawn, items, unpacked};
use engine::jsonl::Lines;
use engine::redact::{Hidden, RedactError, Redactor};
use jiff::civil::Date;
use keeping::Keeping;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;

/// Kinds of what was left out that are told apart.
const MOST_KINDS: usize = 50;
/// Places that are told of each.
const SHOWN: usize = 3;
pub const REST: &str = "records of further kinds";

pub struct Order<'a> {
    /// `-` is standard input.
    pub files: &'a [Utf8PathBuf],
    pub eval: &'a Eval,
    pub mapping: Option<(&'a Mapping, Place)>,
    /// Nothing is written.
    pub preview: bool,
    pub today: Date,
}

/// What was read, and kept.
#[derive(Default)]
pub struct Made {
    pub spans: u64,
    /// Requests that were found, those that were there before among them.
    pub requests: u64,
    pub twice: u64,
    pub kept: u64,
    /// Requests of each day that are kept.
    pub days: BTreeMap<Date, u64>,
    /// Requests whose log does not say when they came in.
    pub undated: u64,
    pub left_out: Vec<LeftOut>,
    pub hidden: BTreeMap<String, Hidden>,
}

pub struct LeftOut {
    pub what: String,
    pub count: u64,
    pub places: Vec<Place>,
}

pub fn import(order: &Order) -> Result<Made, Failure> {
    let state = order.eval.state();
    let redactor = redactor(order.eval)?;
    let mapped = match &order.mapping {
        Some((mapping, whole)) => Some(Mapped::new(fields(mapping, whole)?)?),
        None => None,
    };
    let failed = |error: std::io::Error| write_failure(&home(&state), &error);
    let alone = if order.preview { None } else { Some(open_lock(&state, "traffic").map_err(failed)?) };
    let keeping = match &alone {
        Some(lock) => {
            lock.lock().map_err(failed)?;
            settle(&state)?;
            Some(Keeping::begin(&home(&state))?)
        }
        None => None,
    };
    let known = HashMap::new();
    let mut making = Making { order, state, redactor, keeping, known, modelled: HashSet::new(), made: Made::default() };
    for path in order.files {
        making.file(path, mapped.as_ref())?;
    }
    making.finish()
}

/// Whoever hides things for an eval.
pub fn redactor(eval: &Eval) -> Result<Redactor, Failure> {
    let redaction = &eval.contract.traffic.redaction;
    let secret = redaction.hash_key.as_ref().and_then(|name| std::env::var(name).ok());
    Redactor::new(redaction, secret).map_err(|error| {
        let help = match &error {
            RedactError::Pattern { .. } => "mend it in the contract, under `traffic: redact: own`".to_owned(),
            RedactError::NoSecret => format!(
                "set the variable {}, that `traffic: hash_key` names, to a long random text",
                redaction.hash_key.as_deref().unwrap_or("of `hash_key`")
            ),
        };
        Failure::yours(error.to_string(), help)
    })
}

struct Making<'a> {
    order: &'a Order<'a>,
    state: Utf8PathBuf,
    redactor: Redactor,
    keeping: Option<Keeping>,
    /// Of each day the requests that are there: half the digest of their ids.
    known: HashMap<Option<Date>, HashSet<u128>>,
    /// Traces in which a model is named.
    modelled: HashSet<u128>,
    made: Made,
}

impl Making<'_> {
    fn file(&mut self, path: &Utf8Path, mapped: Option<&Mapped>) -> Result<(), Failure> {
        let (shown, reader): (Utf8PathBuf, Box<dyn Read>) = match path.as_str() {
            "-" => ("standard input".into(), Box::new(std::io::stdin().lock())),
            _ => (path.to_owned(), Box::new(File::open(path).map_err(|error| unreadable(path, &error))?)),
        };
        match mapped {
            Some(mapped) => self.records(&shown, reader, mapped),
            None => self.spans(&shown, reader),
        }
    }

    fn records(&mut self, shown: &Utf8Path, reader: Box<dyn Read>, mapped: &Mapped) -> Result<(), Failure> {
        let failed = |error| unreadable(shown, &error);
        let mut lines = Lines::new(unpacked(reader).map_err(failed)?);
        while let Some(line) = lines.next().map_err(failed)? {
            let place = LinePlace { file: shown, line: line.number };
            let row = match line.too_long {
                true => Row::LeftOut("lines longer than 16 MB".to_owned()),
                false => mapped.row(place, line.bytes),
            };
            match row {
                Row::Request(request) => self.request(*request, None)?,
                Row::LeftOut(what) => self.leave_out(&what, shown, line.number),
            }
        }
        Ok(())
    }

    fn spans(&mut self, shown: &Utf8Path, reader: Box<dyn Read>) -> Result<(), Failure> {
        let mut trouble = None;
        let order = self.order;
        let wanted = &order.eval.contract.traffic.attributes;
        let read = items(reader, &mut |item, line| {
            if trouble.is_some() {
                return;
            }
            let span = match item {
                Item::Span(span) => span,
                Item::Unread(what) => return self.leave_out(what, shown, line),
            };
            self.made.spans += 1;
            let kept = match drawn(&span, wanted) {
                Drawn::Asked(request) => {
                    self.modelled.insert(span.trace);
                    self.request(*request, None)
                }
                Drawn::Around(request) => self.request(*request, Some(span.trace)),
                Drawn::Step => Ok(()),
                Drawn::LeftOut(what) => {
                    self.leave_out(what, shown, line);
                    Ok(())
                }
            };
            trouble = kept.err();
        });
        if let Some(failure) = trouble {
            return Err(failure);
        }
        read.map_err(|broken| match broken {
            Broken::Unreadable(error) => unreadable(shown, &error),
            Broken::At { line, column, what } => Faults::from(Fault {
                place: Place { file: shown.to_owned(), line, column },
                found: String::new(),
                what: format!("no trace of OpenTelemetry can be read here: {what}"),
                help: "nothing was imported; give what a collector's file exporter writes, or say with `--mapping FILE` what the keys of \
                       your JSON lines mean; where a file ends in the middle of a line, take that line out"
                    .to_owned(),
            })
            .into(),
        })
    }

    /// `around` is the trace of a request that only counts where no model is named in it.
    fn request(&mut self, request: Request, around: Option<u128>) -> Result<(), Failure> {
        let request = self.redactor.request(request);
        self.made.requests += 1;
        let day = day_of(&request);
        if self.is_known(&request.id, day)? {
            self.made.twice += 1;
            return Ok(());
        }
        self.made.undated += u64::from(day.is_none());
        let day = day.unwrap_or(self.order.today);
        match &mut self.keeping {
            Some(keeping) => keeping.put(day, &request, around),
            None => {
                *self.made.days.entry(day).or_default() += 1;
                Ok(())
            }
        }
    }

    /// Whether the request came before; it has come now.
    fn is_known(&mut self, id: &str, day: Option<Date>) -> Result<bool, Failure> {
        let half = |id: &str| {
            let bytes = *Digest::of_bytes(id.as_bytes()).as_bytes();
            bytes[..16].iter().fold(0, |sum: u128, byte| sum << 8 | u128::from(*byte))
        };
        if !self.known.contains_key(&day) {
            let mut there = HashSet::new();
            each(&self.state, &Window { first: day, last: day }, &mut |request| {
                there.insert(half(&request.id));
                Ok(())
            })?;
            self.known.insert(day, there);
        }
        Ok(!self.known.entry(day).or_default().insert(half(id)))
    }

    fn leave_out(&mut self, what: &str, file: &Utf8Path, line: u32) {
        let all = &mut self.made.left_out;
        let what = if all.len() >= MOST_KINDS && !all.iter().any(|left| left.what == what) { REST } else { what };
        let at = all.iter().position(|left| left.what == what).unwrap_or_else(|| {
            all.push(LeftOut { what: what.to_owned(), count: 0, places: Vec::new() });
            all.len() - 1
        });
        all[at].count += 1;
        if all[at].places.len() < SHOWN {
            all[at].places.push(Place { file: file.to_owned(), line, column: 1 });
        }
    }

    fn finish(mut self) -> Result<Made, Failure> {
        if let Some(keeping) = self.keeping.take() {
            self.made.days = keeping.keep(&self.state, &self.modelled)?;
        }
        self.made.kept = self.made.days.values().sum();
        self.made.hidden = self.redactor.hidden;
        Ok(self.made)
    }
}

/// The day on which a request came in, in UTC.
pub fn day_of(request: &Request) -> Option<Date> {
    request.at.as_ref()?.get(..10)?.parse().ok()
}

fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Failure {
    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions; name files, or `-`")
}
