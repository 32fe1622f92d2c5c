//! Chores of the house, in plain Rust: `cargo xtask <chore>`.

mod bench;
mod ci;
mod golden;
mod mutate;
mod real_model;
mod rust_source;
mod shape;
mod tidy;
mod tree;

use std::process::ExitCode;

const CHORES: &str = "\
cargo xtask ci        everything that must pass before a change lands: style, lints, facts of the tree, tests, mutations
cargo xtask tidy      facts of the tree: edges between crates, import order, ownership, purity, glossary, orphans, links
cargo xtask mutate    breaks each rule of the decision once and shows that a test turns red; `mutate WORD` picks rules
cargo xtask golden    runs the reference cases of a FILE against `stats`; a kind that is not known fails
cargo xtask calibrate shows by simulation that the statistics err as rarely as they say; `--full` takes long, `--only C1,T2` picks
cargo xtask shape     prints which files and functions are long; refuses nothing
cargo xtask data      turns real data that others published into an eval: `data NAME FROM TO`
cargo xtask faulty    serves an OpenAI-compatible system that fails as told; `faulty --port 8901 --delay-ms 200 --broken 0.03`
cargo xtask bench     how fast answers are graded and decided on, beside parsing alone and beside other tools; `bench 10k 1m`
cargo xtask real-model a whole run against a small model that is served here; `--if-at-hand` where its wheels may be missing";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let passed = match words[..] {
        ["ci"] => ci::main(),
        ["tidy"] => tidy::main(),
        ["mutate", ..] => mutate::main(&words[1..]),
        ["golden", path] => golden::main(path),
        ["calibrate", ..] => xtask::calibrate::main(&words[1..]),
        ["shape"] => shape::main(),
        ["data", ..] => xtask::data::main(&words[1..]),
        ["faulty", ..] => xtask::faulty::main(&words[1..]),
        ["real-model", ..] => real_model::main(&words[1..]),
        ["bench", ..] => bench::main(&words[1..]),
        ["help" | "--help" | "-h"] => {
            println!("{CHORES}");
            true
        }
        _ => {
            eprintln!("error: no such chore\n\n{CHORES}");
            return ExitCode::from(2);
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
