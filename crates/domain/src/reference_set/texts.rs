//! Finds a text's position among texts that are kept elsewhere: eight bytes a text, where a map would keep it twice.
//!
//! note    open addressing, at most half full; the hash is the same in every run. Positions come back, never an order

use std::hash::{DefaultHasher, Hash, Hasher};

const FREE: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
pub struct Texts {
    slots: Vec<u32>,
    known: usize,
}

impl Texts {
    /// The position that was put in with this text.
    pub fn find<'t>(&self, text: &str, text_at: impl Fn(u32) -> &'t str) -> Option<u32> {
        self.probe(text, text_at).err()
    }

    /// Adds a position unless its text is known already; then that position comes back.
    pub fn add<'t>(&mut self, position: u32, text: &str, text_at: impl Fn(u32) -> &'t str) -> Option<u32> {
        if (self.known + 1) * 2 > self.slots.len() {
            self.grow(&text_at);
        }
        match self.probe(text, text_at) {
            Err(known) => Some(known),
            Ok(free) => {
                self.slots[free] = position;
                self.known += 1;
                None
            }
        }
    }

    /// The slot where a text would stand, or the position that stands there.
    fn probe<'t>(&self, text: &str, text_at: impl Fn(u32) -> &'t str) -> Result<usize, u32> {
        let Some(mask) = self.slots.len().checked_sub(1) else { return Ok(0) };
        let mut slot = hash(text) & mask;
        loop {
            match self.slots[slot] {
                FREE => return Ok(slot),
                position if text_at(position) == text => return Err(position),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn grow<'t>(&mut self, text_at: impl Fn(u32) -> &'t str) {
        let slots = vec![FREE; (self.slots.len() * 2).max(16)];
        let old = std::mem::replace(&mut self.slots, slots);
        for position in old.into_iter().filter(|position| *position != FREE) {
            if let Ok(free) = self.probe(text_at(position), &text_at) {
                self.slots[free] = position;
            }
        }
    }
}

fn hash(text: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() as usize
}
