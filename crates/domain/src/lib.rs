//! The nouns of Plimsoll and their rules: pure, total, without clock, file, network or async.
//!
//! This file is the map. Modules stand in the order data flows, and each imports only from those above it
//! (`cargo xtask tidy` checks that). Serde lives in `format` alone.

// words and numbers
pub mod name;
pub mod share;
pub mod json_text;
pub mod digest;
pub mod fault;

// what people said
pub mod entry;

// what was promised
pub mod promise;
pub mod failure_class;
pub mod segment;
pub mod grader;
pub mod system;
pub mod criterion;
pub mod rubric;
pub mod gate;
pub mod provenance;
pub mod redaction;

// what production was asked
pub mod traffic;
pub mod content;
pub mod sampling;

// what was agreed on all that
pub mod contract;

// what is asked
pub mod example;
pub mod reference_set;

// what came back
pub mod answer;
pub mod score;

// what it shows
pub mod question;
pub mod tally;
pub mod layout;
pub mod drift;
pub mod qualification;
pub mod review;
pub mod evidence;

// what follows from it
pub mod finding;
pub mod fragility;
pub mod routing;
pub mod decision;
pub mod rehearsal;
pub mod incident;
pub mod check;
pub mod retirement;

// what came of it
pub mod outcome;
pub mod monitor;
pub mod backtest;

// what is due, and how it hangs together
pub mod agenda;
pub mod map;

// the files they are kept in
pub mod format;
