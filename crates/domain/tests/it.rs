//! The crate from outside, one module a noun; a story is a folder beside this file.

mod it {
    mod contract;
    mod story;
}
