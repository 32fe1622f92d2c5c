use super::*;

fn paths(text: &str) -> Vec<String> {
    RustSource::of(text).paths().into_iter().map(|named| named.path.join("::")).collect()
}

#[test]
fn comments_and_literals_are_not_code() {
    let text = "let a = \"std::fs\"; // std::env\n/* std::net /* nested */ */ let b = r#\"x \" y\"#; let c = '\"'; let d = 'e';";
    let source = RustSource::of(text);
    assert!(!source.code().contains("std"), "{}", source.code());
    assert!(source.code().contains("let d"), "{}", source.code());
    assert_eq!(source.strings, [(1, "std::fs".to_owned()), (2, "x \" y".to_owned())]);
    assert_eq!(source.code().lines().count(), text.lines().count());
}

#[test]
fn lifetimes_do_not_open_a_literal() {
    let source = RustSource::of("fn f<'a>(x: &'a str) -> &'a str { std::hint::black_box(x) } const Q: char = '\\'';");
    assert!(source.paths().iter().any(|named| named.is_under("std::hint")));
    assert!(source.code().ends_with(';'));
}

#[test]
fn use_groups_are_written_out() {
    let named = paths("use std::{fs, io::{self, Read as R}};\npub use crate::a::*; use ::core::fmt;");
    assert_eq!(named, ["std::fs", "std::io::self", "std::io::Read", "pub", "crate::a::*", "core::fmt"]);
}

#[test]
fn a_path_in_the_middle_of_code_is_seen_with_its_line() {
    let source = RustSource::of("fn now() -> u64 {\n    std::time::Instant::now()\n}");
    let found: Vec<Named> = source.paths().into_iter().filter(|named| named.is_under("std::time")).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, 2);
}

#[test]
fn a_prefix_is_made_of_whole_names() {
    let named = Named { line: 1, path: vec!["std".into(), "fspath".into()] };
    assert!(!named.is_under("std::fs"));
    assert!(named.is_under("std"));
}

#[test]
fn items_for_tests_are_left_out() {
    let text = "#[cfg(test)]\nmod tests;\nfn kept() { a::b(); }\n#[cfg(test)]\nmod more {\n    fn f() { std::fs::read(\"x\"); }\n}\nfn last() {}";
    let source = RustSource::of(text).without_tests();
    assert!(source.code().contains("kept") && source.code().contains("last"));
    assert!(!source.code().contains("std::fs") && source.strings.is_empty());
}

#[test]
fn modules_are_seen_in_order_with_those_around_them() {
    let source = RustSource::of(
        "pub mod b;\npub(crate) mod a;\nmod it { fn f() { if x {} }\n mod story; }\n// mod gone;\nmod last;",
    );
    let modules: Vec<String> = source.modules().iter().map(|path| path.join("/")).collect();
    assert_eq!(modules, ["b", "a", "it/story", "last"]);
}
