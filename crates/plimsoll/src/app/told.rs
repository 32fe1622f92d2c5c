//! What one thread tells of its progress, for another to hand on once it listens.
//!
//! in      steps, counts and notes
//! out     the same, in their order, until nobody tells any more

use super::run::Progress;
use std::sync::mpsc::{Receiver, Sender, channel};

enum Word {
    Step(String),
    Count(u64, u64),
    Said(String),
    Note(String),
}

pub struct Teller(Sender<Word>);

pub struct Told(Receiver<Word>);

pub fn teller() -> (Teller, Told) {
    let (teller, told) = channel();
    (Teller(teller), Told(told))
}

impl Teller {
    fn tell(&self, word: Word) {
        // Whoever listened may have gone, and what is told is of no use then.
        let _ = self.0.send(word);
    }
}

impl Progress for Teller {
    fn step(&mut self, what: &str) {
        self.tell(Word::Step(what.to_owned()));
    }

    fn count(&mut self, done: u64, of: u64) {
        self.tell(Word::Count(done, of));
    }

    fn say(&mut self, what: &str) {
        self.tell(Word::Said(what.to_owned()));
    }

    fn note(&mut self, what: &str) {
        self.tell(Word::Note(what.to_owned()));
    }
}

impl Told {
    /// Until the teller is gone.
    pub fn hand_on(self, progress: &mut dyn Progress) {
        for word in self.0 {
            match word {
                Word::Step(what) => progress.step(&what),
                Word::Count(done, of) => progress.count(done, of),
                Word::Said(what) => progress.say(&what),
                Word::Note(what) => progress.note(&what),
            }
        }
    }
}
