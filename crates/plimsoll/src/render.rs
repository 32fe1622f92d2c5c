//! What a person or another program reads. Renderers of decisions read the content of a record and nothing else, so that a
//! decision reads the same on the day it was made and a year later; the page alone adds the answers of changed examples
//! while they are kept.

pub mod agenda;
pub mod backtest;
pub mod checks;
pub mod drift;
pub mod examples;
pub mod failure;
pub mod html;
pub mod incident;
pub mod junit;
pub mod map;
pub mod markdown;
pub mod monitor;
pub mod outcome;
pub mod page;
pub mod progress;
pub mod read;
pub mod rehearse;
pub mod review;
mod spread;
pub mod text;
pub mod width;
pub mod word_diff;
