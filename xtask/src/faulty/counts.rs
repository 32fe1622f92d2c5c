//! What the server was asked.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

#[derive(Default)]
pub struct Counts {
    pub requests: AtomicU64,
    pub answered: AtomicU64,
    pub in_flight: AtomicI64,
    pub most_in_flight: AtomicI64,
    /// Asked again before `Retry-After` had passed.
    pub too_early: AtomicU64,
    pub connections: AtomicU64,
    keys: Mutex<HashMap<String, Key>>,
    span: Mutex<Option<(Instant, Instant)>>,
}

#[derive(Clone, Copy, Default)]
struct Key {
    asked: u32,
    answered: u32,
    not_before: Option<Instant>,
}

impl Counts {
    /// One more attempt at a key; how many there were before.
    pub(super) fn arrives(&self, key: &str, now: Instant) -> u32 {
        self.requests.fetch_add(1, Relaxed);
        let in_flight = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.most_in_flight.fetch_max(in_flight, Relaxed);
        self.with(key, |key| {
            if key.not_before.take().is_some_and(|not_before| now < not_before) {
                self.too_early.fetch_add(1, Relaxed);
            }
            key.asked += 1;
            key.asked - 1
        })
    }

    pub(super) fn turned_away(&self, key: &str, until: Instant) {
        self.with(key, |key| key.not_before = Some(until));
    }

    pub(super) fn answered(&self, key: &str, arrived: Instant) {
        self.answered.fetch_add(1, Relaxed);
        self.with(key, |key| key.answered += 1);
        let now = Instant::now();
        if let Ok(mut span) = self.span.lock() {
            let (first, _) = span.unwrap_or((arrived, now));
            *span = Some((first.min(arrived), now));
        }
    }

    pub(super) fn leaves(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    fn with<T: Default>(&self, key: &str, change: impl FnOnce(&mut Key) -> T) -> T {
        match self.keys.lock() {
            Ok(mut keys) => match keys.get_mut(key) {
                Some(key) => change(key),
                None => change(keys.entry(key.to_owned()).or_default()),
            },
            Err(_) => T::default(),
        }
    }

    /// Keys that were asked for, and how often each was answered.
    pub fn answers(&self) -> HashMap<String, u32> {
        let keys = self.keys.lock();
        keys.map(|keys| keys.iter().map(|(key, counts)| (key.clone(), counts.answered)).collect()).unwrap_or_default()
    }

    /// How often each key was asked for.
    pub fn asked(&self) -> HashMap<String, u32> {
        let keys = self.keys.lock();
        keys.map(|keys| keys.iter().map(|(key, counts)| (key.clone(), counts.asked)).collect()).unwrap_or_default()
    }

    /// Seconds from the first request that was answered to the last answer.
    pub fn span(&self) -> f64 {
        let span = self.span.lock().ok().and_then(|span| *span);
        span.map_or(0.0, |(first, last)| (last - first).as_secs_f64())
    }

    pub fn reset(&self) {
        for count in [&self.requests, &self.answered, &self.too_early, &self.connections] {
            count.store(0, Relaxed);
        }
        self.most_in_flight.store(0, Relaxed);
        if let (Ok(mut keys), Ok(mut span)) = (self.keys.lock(), self.span.lock()) {
            keys.clear();
            *span = None;
        }
    }

    pub(super) fn json(&self) -> String {
        let answers = self.answers();
        serde_json::json!({
            "requests": self.requests.load(Relaxed),
            "answered": self.answered.load(Relaxed),
            "in_flight": self.in_flight.load(Relaxed),
            "most_in_flight": self.most_in_flight.load(Relaxed),
            "too_early": self.too_early.load(Relaxed),
            "connections": self.connections.load(Relaxed),
            "keys": answers.len(),
            "answered_once": answers.values().filter(|count| **count == 1).count(),
            "answered_again": answers.values().filter(|count| **count > 1).count(),
            "never_answered": answers.values().filter(|count| **count == 0).count(),
            "seconds": self.span(),
        })
        .to_string()
    }
}
