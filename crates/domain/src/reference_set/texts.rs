//! Finds a text's position among texts that are kept elsewhere: sixteen bytes a text, where a map would keep it twice.
//!
//! note    open addressing, at most half full; part of the hash is kept, so that few other texts are looked at. The hash is
//!         the same in every run. Positions come back, never an order

use crate::digest::quick_hash;

const FREE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Slot {
    position: u32,
    hash: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Texts {
    slots: Vec<Slot>,
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
            self.grow();
        }
        match self.probe(text, text_at) {
            Err(known) => Some(known),
            Ok(free) => {
                if let Some(slot) = self.slots.get_mut(free) {
                    *slot = Slot { position, hash: hash(text) };
                }
                self.known += 1;
                None
            }
        }
    }

    /// The slot where a text would stand, or the position that stands there.
    fn probe<'t>(&self, text: &str, text_at: impl Fn(u32) -> &'t str) -> Result<usize, u32> {
        let hash = hash(text);
        self.slot_of(hash, |slot| slot.hash == hash && text_at(slot.position) == text)
    }

    /// The first free slot for a hash, or the position in a slot before it that is the one.
    fn slot_of(&self, hash: u32, is_it: impl Fn(&Slot) -> bool) -> Result<usize, u32> {
        let Some(mask) = self.slots.len().checked_sub(1) else { return Ok(0) };
        let mut at = hash as usize & mask;
        loop {
            match &self.slots[at] {
                slot if slot.position == FREE => return Ok(at),
                slot if is_it(slot) => return Err(slot.position),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn grow(&mut self) {
        let slots = vec![Slot { position: FREE, hash: 0 }; (self.slots.len() * 2).max(16)];
        let old = std::mem::replace(&mut self.slots, slots);
        for slot in old.into_iter().filter(|slot| slot.position != FREE) {
            if let Ok(free) = self.slot_of(slot.hash, |_| false) {
                self.slots[free] = slot;
            }
        }
    }
}

fn hash(text: &str) -> u32 {
    quick_hash(text.as_bytes()) as u32
}
