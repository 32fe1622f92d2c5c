//! How fast the binary grades recorded answers and decides, beside the least that reading them can cost and beside other
//! tools on the same records: `cargo xtask bench [RECORDS... | statistics | calls | traffic] [--runs N] [--binary PATH]`.
//!
//! in      how many records the candidate answers (1k 10k 100k if left out; 1m takes minutes), how often each is measured
//! out     for each: CPU and clock time, memory, verdicts, and ratios, all from this run
//! errors  a build that fails, a run that ends with a fault, a count of verdicts that is not the known one
//! note    binary and floor are built by the release profile, unless a binary is named: then that one is measured as it is. Peers are run where they are installed and nowhere else: in
//!         `python3`, in environments in the folder that `LAB` names, and never fetched from here

mod bare;
mod bootstrapped;
mod calls;
mod checks;
mod corpus;
mod floor;
mod measure;
mod peers;
mod rehearsed;
mod report;
mod subject;
mod traffic;
mod twister;

use std::path::{Path, PathBuf};

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];
const RUNS: usize = 3;

/// What is asked for.
#[derive(Debug, PartialEq)]
struct Order {
    sizes: Vec<u32>,
    /// The statistics of a large table, beside bootstraps.
    statistics: bool,
    /// A live system, beside a bare client.
    calls: bool,
    /// Logs of production, imported.
    traffic: bool,
    runs: usize,
    /// What is measured; left out, what was built for it.
    binary: Option<PathBuf>,
}

pub fn main(words: &[&str]) -> bool {
    let done = match words {
        ["floor", folder, "checks"] => checks::main(Path::new(folder)),
        ["floor", folder, as_what] => floor::main(folder, *as_what == "documents").map_err(|error| error.to_string()),
        ["lines", file] => floor::lines(Path::new(file)).map_err(|error| error.to_string()),
        ["bare", base_url, at_once, examples] => bare::main(base_url, at_once, examples),
        _ => order(words).and_then(|order| match cfg!(debug_assertions) && order.binary.is_none() {
            true => rebuilt(words),
            false => bench(&order),
        }),
    };
    if let Err(what) = &done {
        eprintln!("error: {what}");
    }
    done.is_ok()
}

fn order(words: &[&str]) -> Result<Order, String> {
    let mut order =
        Order { sizes: Vec::new(), statistics: false, calls: false, traffic: false, runs: RUNS, binary: None };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if *word == "--runs" {
            let count = rest.next().and_then(|count| count.parse().ok()).filter(|count| (1..=99).contains(count));
            order.runs = count.ok_or("`--runs` takes a number from 1 to 99")?;
        } else if *word == "--binary" {
            order.binary = Some(rest.next().ok_or("`--binary` takes the path of a program")?.into());
        } else if *word == "traffic" {
            order.traffic = true;
        } else if *word == "statistics" {
            order.statistics = true;
        } else if *word == "calls" {
            order.calls = true;
        } else {
            order.sizes.push(size(word).ok_or_else(|| format!("`{word}` is no number of records: write 10k, or 1m"))?);
        }
    }
    if order.sizes.is_empty() && !order.statistics && !order.calls && !order.traffic {
        order.sizes = SIZES.to_vec();
    }
    Ok(order)
}

/// `1000`, `10k` or `1m`.
fn size(word: &str) -> Option<u32> {
    let (digits, factor) = match word.as_bytes().last()? {
        b'k' => (&word[..word.len() - 1], 1_000),
        b'm' => (&word[..word.len() - 1], 1_000_000),
        _ => (word, 1),
    };
    digits.parse::<u32>().ok()?.checked_mul(factor).filter(|size| (100..=10_000_000).contains(size))
}

/// Builds what is measured as it is shipped, and lets that measure.
fn rebuilt(words: &[&str]) -> Result<(), String> {
    let build = crate::ci::command(&["build", "--release", "--package", "plimsoll", "--package", "xtask"]).status();
    if !build.is_ok_and(|status| status.success()) {
        return Err("the release build failed".to_owned());
    }
    let status = std::process::Command::new(target().join("release/xtask")).arg("bench").args(words).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the benchmark did not end well".to_owned()),
        Err(error) => Err(format!("the benchmark cannot be started: {error}")),
    }
}

fn target() -> PathBuf {
    let root = crate::tree::root();
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn bench(order: &Order) -> Result<(), String> {
    let binary = order.binary.clone().unwrap_or_else(|| target().join("release/plimsoll"));
    let binary = std::path::absolute(&binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    let home = target().join("bench");
    println!("{}", report::head(order.binary.as_deref()));
    println!("{}", report::started(&subject::starts(&binary, &home)?));
    let peers = peers::found(&home);
    for records in &order.sizes {
        let folder = home.join(records.to_string());
        let failed = |error: std::io::Error| format!("cannot write in {}: {error}", folder.display());
        corpus::write(&folder, *records).map_err(failed)?;
        let measured = subject::measure(&binary, &folder, *records, order.runs)?;
        println!("{}", report::graded(&measured));
        if *records == rehearsed::EXAMPLES {
            println!("{}", rehearsed::told(&rehearsed::measure(&binary, &folder, order.runs)?));
        }
        for peer in &peers {
            println!("{}", report::beside(&measured, peer, peer.measure(&folder, *records, order.runs)?));
        }
    }
    if order.statistics {
        println!("{}", bootstrapped::bench(&binary, &home, order.runs)?);
    }
    if order.calls {
        calls::bench(&binary, &home, order.runs)?;
    }
    if order.traffic {
        traffic::bench(&binary, &home, order.runs)?;
    }
    Ok(())
}

/// The program that floors are measured with: this one.
fn own() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("the benchmark cannot find itself: {error}"))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_with_or_without_their_zeros() {
        let sizes = |words: &[&str]| order(words).map(|order| (order.sizes, order.runs));
        assert_eq!(sizes(&["10k", "--runs", "5", "1m"]), Ok((vec![10_000, 1_000_000], 5)));
        assert_eq!(sizes(&[]), Ok((SIZES.to_vec(), RUNS)));
        assert_eq!(sizes(&["statistics"]), Ok((Vec::new(), RUNS)));
        let traffic = order(&["traffic", "--binary", "p"]).unwrap();
        assert_eq!((traffic.traffic, traffic.sizes, traffic.binary), (true, Vec::new(), Some("p".into())));
        assert!(order(&["ten"]).is_err() && order(&["--runs", "0"]).is_err() && order(&["5000m"]).is_err());
    }
}
