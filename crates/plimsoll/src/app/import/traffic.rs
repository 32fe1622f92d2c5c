//! `import traffic`: production's logs become traffic, redacted before any of it is written.
//!
//! in      files or standard input: OTLP however it was written, or JSON lines with a mapping; what the contract says of traffic
//! out     one file a day in `.plimsoll/traffic`, all of them or none; what was read, what was there before, what was hidden, what is left out
//! errors  a file that cannot be read or breaks off, a pattern or a secret that is none
//! note    one request is held at a time, and a byte for each that came (`ledger`). Whoever imports holds `locks/traffic`

mod keeping;
mod ledger;

use crate::app::eval::Eval;
use crate::app::left_out::LeftOut;
use crate::app::logged::{Window, alone, each, home, settle};
use crate::app::run::Progress;
use crate::app::work::write_failure;
use crate::cli::Failure;
use camino::{Utf8Path, Utf8PathBuf};
use domain::fault::{Fault, Faults, Place};
use domain::format::lines::LinePlace;
use domain::format::mapping::Mapping;
use domain::format::traffic::mapped::fields;
use domain::format::traffic::write;
use domain::traffic::Request;
use engine::intake::{Broken, Drawn, Item, Mapped, Row, UNREAD, drawn, items, unpacked};
use engine::jsonl::Lines;
use engine::redact::{Hidden, RedactError, Redactor, unusable};
use jiff::civil::Date;
use keeping::Keeping;
use ledger::{Came, Ledger, Spot, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};

const STDIN: &str = "standard input";
const OTHER: &str =
    "requests whose id came earlier, or was kept before, and that say something else: the first of them counts";
const READABLE: &str = "give what a collector's file exporter writes, or say with `--mapping FILE` what the keys of your JSON lines mean; \
                        where a file ends in the middle of a line, take that line out";
/// Requests between two signs of life.
const SIGN: u64 = 500;

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
    /// Requests that were found, those that are not kept among them.
    pub requests: u64,
    /// Those that came earlier in these files.
    pub twice: u64,
    /// Those that were kept before.
    pub before: u64,
    pub kept: u64,
    /// Requests of each day that are kept.
    pub days: BTreeMap<Date, u64>,
    /// Requests whose log does not say when they came in.
    pub undated: u64,
    pub left_out: LeftOut,
    pub hidden: BTreeMap<String, Hidden>,
}

pub fn import(order: &Order, progress: &mut dyn Progress) -> Result<Made, Failure> {
    let state = order.eval.state();
    let redactor = redactor(order.eval)?;
    let mapped = match &order.mapping {
        Some((mapping, whole)) => Some(Mapped::new(fields(mapping, whole)?)?),
        None => None,
    };
    let alone = if order.preview { None } else { Some(alone(&state, progress)?) };
    let keeping = match &alone {
        Some(_) => {
            settle(&state)?;
            Some(Keeping::begin(&home(&state))?)
        }
        None => None,
    };
    // What is noted of requests has no name and is gone with this process; a preview leaves nothing beside the eval all the same.
    let notes = if order.preview { std::env::temp_dir() } else { home(&state).into_std_path_buf() };
    let ledger = Ledger::in_folder(&notes).map_err(|error| unwritable(&state, &error))?;
    let (days, made) = (BTreeSet::new(), Made::default());
    let mut making = Making { order, state, redactor, keeping, ledger, days, made, progress };
    for (at, path) in order.files.iter().enumerate() {
        making.file(path, at as u32, mapped.as_ref())?;
    }
    making.finish()
}

/// Whoever hides things for an eval.
pub fn redactor(eval: &Eval) -> Result<Redactor, Failure> {
    can_be_hidden(eval)?;
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

/// Refuses every pattern of the team's own that is none, each at its place in the contract.
pub fn can_be_hidden(eval: &Eval) -> Result<(), Failure> {
    let redaction = &eval.contract.traffic.redaction;
    let fault = |(at, why): (usize, String)| {
        let own = redaction.own.get(at)?;
        let (place, found) = eval.value_at(&format!("traffic.redact.own[{at}].pattern"), &own.pattern);
        let what = format!("the pattern `{}` is no regular expression: {why}", own.name);
        Some(Fault { place, found, what, help: "mend the pattern".to_owned() })
    };
    Ok(Faults::none_or(unusable(redaction).into_iter().filter_map(fault).collect())?)
}

struct Making<'a> {
    order: &'a Order<'a>,
    state: Utf8PathBuf,
    redactor: Redactor,
    keeping: Option<Keeping>,
    ledger: Ledger,
    /// The days whose requests are noted that were kept before.
    days: BTreeSet<Option<Date>>,
    made: Made,
    progress: &'a mut dyn Progress,
}

impl Making<'_> {
    fn file(&mut self, path: &Utf8Path, at: u32, mapped: Option<&Mapped>) -> Result<(), Failure> {
        let (shown, reader): (Utf8PathBuf, Box<dyn Read>) = match path.as_str() {
            "-" => (STDIN.into(), Box::new(std::io::stdin().lock())),
            _ => (path.to_owned(), Box::new(File::open(path).map_err(|error| unreadable(path, &error))?)),
        };
        self.progress.step(&format!("reading {shown}: requests"));
        match mapped {
            Some(mapped) => self.records(&shown, at, reader, mapped),
            None => self.spans(&shown, at, reader),
        }
    }

    fn records(&mut self, shown: &Utf8Path, file: u32, reader: Box<dyn Read>, mapped: &Mapped) -> Result<(), Failure> {
        let failed = |error| unreadable(shown, &error);
        let mut lines = Lines::new(unpacked(reader).map_err(failed)?);
        while let Some(line) = lines.next().map_err(failed)? {
            let place = LinePlace { file: shown, line: line.number };
            let row = match line.too_long {
                true => Row::LeftOut("lines longer than 16 MB".to_owned()),
                false => mapped.row(place, line.bytes),
            };
            match row {
                Row::Request(request) => self.request(*request, None, Spot { file, line: line.number })?,
                Row::LeftOut(what) => self.leave_out(&what, shown, line.number),
            }
        }
        Ok(())
    }

    fn spans(&mut self, shown: &Utf8Path, file: u32, reader: Box<dyn Read>) -> Result<(), Failure> {
        let mut trouble = None;
        let order = self.order;
        let wanted = &order.eval.contract.traffic.attributes;
        let read = items(reader, &mut |item, line| {
            if trouble.is_some() {
                return;
            }
            let span = match item {
                Item::Span(span) => span,
                Item::Record(_) => return,
                Item::Unread(what) => return self.leave_out(what, shown, line),
            };
            self.made.spans += 1;
            let at = Spot { file, line };
            let mut unread = 0;
            let drawn = drawn(&span, wanted, &mut unread);
            (0..unread).for_each(|_| self.leave_out(UNREAD, shown, line));
            let kept = match drawn {
                Drawn::Asked(request) => {
                    let noted = self.ledger.modelled(span.trace).map_err(|error| unwritable(&self.state, &error));
                    noted.and_then(|()| self.request(*request, None, at))
                }
                Drawn::Around(request) => self.request(*request, Some(span.trace), at),
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
            Broken::At { line, column, what, help } => Faults::from(Fault {
                place: Place { file: shown.to_owned(), line, column },
                found: String::new(),
                what: format!("no trace of OpenTelemetry can be read here: {what}"),
                help: format!("nothing was imported; {}", help.unwrap_or(READABLE)),
            })
            .into(),
        })
    }

    /// `around` is the trace of a request that only counts where no model is named in it.
    fn request(&mut self, request: Request, around: Option<u128>, at: Spot) -> Result<(), Failure> {
        let request = self.redactor.request(request);
        let day = day_of(&request);
        if self.days.insert(day) {
            self.note_kept(day)?;
        }
        let content = write(&request);
        let came = Came { id: &request.id, day, content: &content, around, at };
        self.ledger.came(&came).map_err(|error| unwritable(&self.state, &error))?;
        self.made.requests += 1;
        if self.made.requests.is_multiple_of(SIGN) {
            self.progress.count(self.made.requests, 0);
        }
        self.keeping.as_mut().map_or(Ok(()), |keeping| keeping.put(&content))
    }

    /// Notes what was kept before of a day, or at all where a request does not say its day.
    fn note_kept(&mut self, day: Option<Date>) -> Result<(), Failure> {
        let (ledger, state) = (&mut self.ledger, &self.state);
        each(state, &Window { first: day, last: day }, &mut |kept| {
            ledger.there(&kept.id, day, &write(&kept)).map_err(|error| unwritable(state, &error))
        })?;
        Ok(())
    }

    fn leave_out(&mut self, what: &str, file: &Utf8Path, line: u32) {
        self.made.left_out.add(what, &Place { file: file.to_owned(), line, column: 1 });
    }

    fn finish(mut self) -> Result<Made, Failure> {
        let (order, state) = (self.order, self.state.clone());
        let failed = |error: io::Error| unwritable(&state, &error);
        self.progress.step("comparing with what was kept before");
        let verdicts = self.ledger.judge().map_err(failed)?;
        let (mut days, mut next, made) = (BTreeMap::new(), 0, &mut self.made);
        self.ledger
            .each(&mut |noted| {
                next += 1;
                match verdicts[next - 1] {
                    Verdict::Kept => {
                        made.undated += u64::from(noted.day.is_none());
                        *days.entry(noted.day.unwrap_or(order.today)).or_default() += 1;
                    }
                    Verdict::Twice => made.twice += 1,
                    Verdict::Before => made.before += 1,
                    Verdict::Within => made.requests -= 1,
                    Verdict::Other => {
                        let file = order.files.get(noted.at.file as usize).map_or("", |file| file.as_str());
                        let file = if file == "-" { STDIN } else { file }.into();
                        made.left_out.add(OTHER, &Place { file, line: noted.at.line, column: 1 });
                    }
                }
                Ok(())
            })
            .map_err(failed)?;
        made.days = days;
        if let Some(keeping) = self.keeping.take() {
            self.progress.step("keeping");
            made.days = keeping.keep(&state, &mut self.ledger, &verdicts, order.today)?;
        }
        made.kept = made.days.values().sum();
        self.made.hidden = self.redactor.hidden;
        Ok(self.made)
    }
}

/// The day on which a request came in, in UTC.
pub fn day_of(request: &Request) -> Option<Date> {
    request.at.as_ref()?.get(..10)?.parse().ok()
}

fn unwritable(state: &Utf8Path, error: &io::Error) -> Failure {
    write_failure(&home(state), error)
}

fn unreadable(path: &Utf8Path, error: &io::Error) -> Failure {
    Failure::yours(format!("cannot read `{path}`: {error}"), "check the path and its permissions; name files, or `-`")
}
