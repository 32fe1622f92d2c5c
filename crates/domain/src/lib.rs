//! The nouns of Plimsoll and their rules: pure, total, without clock, file, network or async.
//!
//! This file is the map. Modules stand in the order data flows, and each imports only from those above it
//! (`cargo xtask tidy` checks that). Serde lives in `format` alone.

// words and numbers
pub mod digest;
pub mod fault;
pub mod name;
pub mod share;

// what was promised
pub mod contract;
pub mod criterion;
pub mod failure_class;
pub mod gate;
pub mod grader;
pub mod promise;
pub mod segment;
pub mod system;

// what is asked
pub mod example;
pub mod provenance;
pub mod reference_set;

// what came back
pub mod answer;
pub mod score;

// what it shows
pub mod evidence;
pub mod question;

// what follows from it
pub mod decision;
pub mod finding;
pub mod routing;

// the files they are kept in
pub mod format;
