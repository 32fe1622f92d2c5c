//! What a rehearsal showed: for a terminal, as JSON, and as Markdown. Every share comes with the spread that so few rehearsals
//! leave it.

mod json;
mod table;
mod text;

pub use json::json;
pub use text::{markdown, text};
