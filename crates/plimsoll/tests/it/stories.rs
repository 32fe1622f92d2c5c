//! What lets a bad change through elsewhere (`trap_01` to `trap_24`), and the rules of the decision (`rule_*`): a folder each
//! in `tests/stories`. `xtask/mutations.json` breaks the rules one by one and names the story that then turns red.

use super::transcript::{names, tell};

#[test]
fn every_story_is_told_as_it_was() {
    tell();
}

#[test]
fn every_trap_has_a_story() {
    let told = names();
    for trap in 1..=24 {
        assert!(told.iter().any(|name| name.starts_with(&format!("trap_{trap:02}_"))), "trap {trap} has no story");
    }
}
