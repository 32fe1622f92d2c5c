//! What a person or another program reads. Renderers read the content of a record and nothing else, so that a decision reads
//! the same on the day it was made and a year later.

pub mod checks;
pub mod failure;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod page;
pub mod progress;
pub mod read;
pub mod text;
