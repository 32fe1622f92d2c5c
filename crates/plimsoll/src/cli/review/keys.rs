//! A session of labelling: one key a verdict in a terminal; without one, a line of standard input for each key, with what the key asks
//! for behind it.

use crate::app::eval::Eval;
use crate::app::review::desk::now;
use crate::app::review::say::{Next, Shown, Word, last_said};
use crate::app::review::session::Session;
use crate::cli::Failure;
use crate::cli::run::print;
use crate::render::review::item::{KEYS, item, kept_text, nothing};
use console::Term;
use domain::review::{Complaint, Purpose, Says};
use std::io::{BufRead, IsTerminal};

/// Where keys come from.
enum Keys {
    Terminal(Term),
    /// With how many were read.
    Lines(std::io::Lines<std::io::StdinLock<'static>>, u64),
}

impl Keys {
    fn here() -> Self {
        match std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            true => Keys::Terminal(Term::stdout()),
            false => Keys::Lines(std::io::stdin().lock().lines(), 0),
        }
    }

    /// The next key, with the text that came with it; `None` at the end.
    fn next(&mut self) -> Result<Option<(char, String)>, Failure> {
        match self {
            Keys::Terminal(term) => match term.read_key() {
                Ok(console::Key::Char(key)) => Ok(Some((key, String::new()))),
                Ok(console::Key::Escape | console::Key::CtrlC) => Ok(None),
                Ok(_) => Ok(Some((' ', String::new()))),
                Err(error) => Err(stopped(&error)),
            },
            Keys::Lines(lines, read) => loop {
                let Some(line) = lines.next().transpose().map_err(|error| stopped(&error))? else { return Ok(None) };
                *read += 1;
                let mut letters = line.trim().chars();
                if let Some(key) = letters.next() {
                    return Ok(Some((key, letters.as_str().trim().to_owned())));
                }
            },
        }
    }

    /// What a key asks for; `None` where nothing was said.
    fn ask(&mut self, what: &str, given: String) -> Result<Option<String>, Failure> {
        let text = match self {
            Keys::Terminal(term) => {
                print(&format!(" {what}: "))?;
                term.read_line().map_err(|error| stopped(&error))?
            }
            Keys::Lines(..) => given,
        };
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// What a line is refused for; in a terminal whoever sits there presses another key.
    fn refused(&self, key: char) -> Option<Failure> {
        let Keys::Lines(_, line) = self else { return None };
        let why = match key {
            'p' | 'f' | 'd' => "needs a reason here, and none stands behind it",
            'c' => "settles no dispute",
            'u' => "takes nothing back: nothing was said yet",
            _ => "is no key",
        };
        let what = format!("line {line} of the input: `{}` {why}", key.escape_debug());
        Some(Failure::yours(
            what,
            format!(
                "a line is a key with its reason behind it, `d section 4 says otherwise`; the keys: {}; what was labelled before is kept",
                KEYS.trim()
            ),
        ))
    }
}

fn stopped(error: &std::io::Error) -> Failure {
    Failure::ours(format!("cannot read a key: {error}"), "what was labelled is kept: start again to go on")
}

pub fn session(eval: &Eval, queue: &str, by: &str, given: Option<&str>) -> Result<(), Failure> {
    let mut keys = Keys::here();
    let mut session = Session::begin(eval, queue, by)?;
    let mut labelled = 0u64;
    loop {
        let at = now(given)?;
        let shown = match session.next(&at)? {
            Next::Item(shown) => shown,
            Next::Nothing { held } => {
                print(&nothing(held))?;
                break;
            }
        };
        print(&format!("{}\n {KEYS}\n", item(&shown)))?;
        match answered(eval, &mut session, &shown, &mut keys, (by, given), &mut labelled) {
            Ok(true) => {}
            ended => {
                session.leave()?;
                ended?;
                break;
            }
        }
    }
    print(&format!("{labelled} labelled; each was kept when it was given\n"))
}

/// Reads keys until the item is answered; false where the session ends.
fn answered(
    eval: &Eval,
    session: &mut Session,
    shown: &Shown,
    keys: &mut Keys,
    (by, given): (&str, Option<&str>),
    labelled: &mut u64,
) -> Result<bool, Failure> {
    loop {
        let Some((key, text)) = keys.next()? else { return Ok(false) };
        let why: Option<String>;
        let mut of = shown.item.clone();
        let verdict = |says| (!matches!(says, Says::CannotTell) || shown.purpose != Purpose::Settle).then_some(says);
        let word = match key {
            'p' | 'f' | 'c' => {
                let says = [('p', Says::Pass), ('f', Says::Fail), ('c', Says::CannotTell)];
                let says = says.into_iter().find(|(letter, _)| *letter == key).and_then(|(_, says)| verdict(says));
                let asks = shown.purpose == Purpose::Settle;
                why = if asks { keys.ask("why", text)? } else { Some(text).filter(|text| !text.is_empty()) };
                says.filter(|_| !asks || why.is_some()).map(|says| Word::Says { says, note: why.as_deref() })
            }
            'w' | 's' => {
                let complaint = if key == 'w' { Complaint::Wrong } else { Complaint::Stale };
                why = keys.ask("what is wrong with it", text)?;
                Some(Word::Reports { complaint, why: why.as_deref() })
            }
            'd' => {
                why = keys.ask("why", text)?;
                why.as_deref().map(|why| Word::Disputes { why })
            }
            'u' => match last_said(eval, &shown.queue, by)? {
                Some(item) => {
                    of = item;
                    Some(Word::Undoes)
                }
                None => None,
            },
            'q' => return Ok(false),
            _ => None,
        };
        let Some(word) = word else {
            if let Some(refused) = keys.refused(key) {
                return Err(refused);
            }
            print(&format!(" {KEYS}\n"))?;
            continue;
        };
        let at = now(given)?;
        let kept = session.say(&of, word, &at)?;
        match kept.what {
            "undone" => *labelled = labelled.saturating_sub(1),
            _ => *labelled += 1,
        }
        print(&format!(" {}\n", kept_text(&kept)))?;
        return Ok(true);
    }
}
