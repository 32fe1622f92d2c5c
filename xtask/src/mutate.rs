//! Breaks each rule once and shows that a test turns red: a rule that can be broken unseen is not tested.
//!
//! in      `xtask/mutations.json`: a list of rules, each with the one place that carries it and how to break it there
//! out     a line for each rule, then the sum; not passed when a break goes unseen, or a place is no longer found
//! note    the tree of whoever calls is never written: a copy gets every break at once, each behind a switch, is built once
//!         in a folder of its own, and its tests are run with one switch after the other

mod bench;
mod copy;
mod list;
mod switch;
#[cfg(test)]
mod tests;

use crate::tree;
use bench::Bench;
use list::Mutation;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const LIST: &str = "xtask/mutations.json";

/// What became of one break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A test turned red, or no longer came to an end.
    Seen,
    /// Every test stayed green.
    Unseen,
    /// The text to break is not in the file exactly once; how often it is.
    NotThere(usize),
    /// What is left does not compile: the break says nothing about the tests. The compiler's words.
    NotCompiling(String),
    /// The tests do not pass, or there are none, while nothing is broken.
    NoGround(String),
}

impl Fate {
    fn words(&self) -> String {
        match self {
            Fate::Seen => "red".to_owned(),
            Fate::Unseen => "UNSEEN: every test stayed green; write the test that tells the rule".to_owned(),
            Fate::NotThere(count) => format!("LOST: the text is in the file {count} times; it must be there once"),
            Fate::NotCompiling(words) => format!("LOST: the broken rule does not compile\n{words}"),
            Fate::NoGround(words) => format!("LOST: nothing is broken, and yet {words}"),
        }
    }
}

pub fn main(words: &[&str]) -> bool {
    let root = tree::root();
    let chosen = match list::read(&root.join(LIST)) {
        Ok(all) => {
            all.into_iter().filter(|mutation| words.iter().all(|word| mutation.mentions(word))).collect::<Vec<_>>()
        }
        Err(cause) => {
            eprintln!("error: {LIST}: {cause}");
            return false;
        }
    };
    if chosen.is_empty() {
        eprintln!("error: {LIST} names no such rule");
        return false;
    }
    let fates = break_each(&root, &scratch(&root), &chosen, |line| println!("{line}"));
    let seen = fates.iter().filter(|fate| **fate == Fate::Seen).count();
    let stories =
        chosen.iter().zip(&fates).filter(|(mutation, fate)| mutation.red.story.is_some() && **fate == Fate::Seen);
    println!(
        "mutate: {} rules broken, {seen} seen ({} by a story through the binary), {} not",
        fates.len(),
        stories.count(),
        fates.len() - seen
    );
    seen == fates.len()
}

/// Beside what cargo builds for this workspace.
fn scratch(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    target.join("mutate")
}

/// The fate of each, in order; says so as it goes.
fn break_each(root: &Path, scratch: &Path, mutations: &[Mutation], say: impl Fn(String) + Sync) -> Vec<Fate> {
    let start = Instant::now();
    let mut bench = Bench::new(root, scratch);
    let ungrounded = |cause: std::io::Error| Fate::NoGround(cause.to_string());
    let built = bench.build(mutations).unwrap_or_else(|cause| vec![Some(ungrounded(cause)); mutations.len()]);
    say(format!("built with every break behind a switch in {} s", start.elapsed().as_secs()));
    let fates: Vec<OnceLock<Fate>> = mutations.iter().map(|_| OnceLock::new()).collect();
    let (next, at_a_time) = (AtomicUsize::new(0), std::thread::available_parallelism().map_or(1, usize::from));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutation) = mutations.get(at) else { return };
            let fate = built[at].clone().unwrap_or_else(|| bench.fate(at, mutation).unwrap_or_else(ungrounded));
            say(format!("[{:>2}/{}] {}: {}", at + 1, mutations.len(), mutation.rule, fate.words()));
            let _ = fates[at].set(fate);
        }
    };
    std::thread::scope(|scope| (0..at_a_time).for_each(|_| drop(scope.spawn(work))));
    fates.into_iter().map(|fate| fate.into_inner().unwrap_or(Fate::NoGround("nobody looked".to_owned()))).collect()
}
