//! A process is killed in the middle of writing; whatever it said that it had written is there.

use crate::{Fresh, draft, open, small};
use catalog::{Catalog, CatalogError, Place};
use domain::entry::Noun;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const PLACE: &str = "PLIMSOLL_TEST_CATALOG_WRITES";

/// What the process that is killed does: it says each number once it was written. Nothing where no process was started for it.
#[test]
fn writes_until_it_is_killed() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let catalog = Catalog::open(&Place::parse(&place).unwrap()).unwrap();
    for n in 0.. {
        let entry = catalog.append(&[draft("a", None, small(n)), draft("b", None, small(n))]).unwrap();
        println!("written {}", entry[1].number);
    }
}

pub fn whoever_is_killed_loses_nothing_acknowledged(fresh: Fresh) {
    drop(open(fresh));
    let place = match fresh() {
        Place::File(path) => path.into_string(),
        Place::Server(url) => url,
    };
    // After a number of acknowledgements, and so at no chosen point of the next write.
    for stop in [1, 2, 3, 5, 8, 13] {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::writes_until_it_is_killed", "--nocapture"])
            .env(PLACE, &place)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut acknowledged: Vec<u64> = Vec::new();
        for line in lines.map_while(Result::ok) {
            acknowledged.extend(line.split_once("written ").and_then(|(_, number)| number.parse::<u64>().ok()));
            if acknowledged.len() == stop {
                writer.kill().unwrap();
                // What it said before it was killed is read to the end.
            }
        }
        writer.wait().unwrap();
        assert!(acknowledged.len() >= stop);
        let catalog = open(fresh);
        let mut numbers = Vec::new();
        catalog
            .every(|entry| {
                numbers.push(entry.number);
                Ok::<(), CatalogError>(())
            })
            .unwrap();
        let last = acknowledged.last().copied().unwrap();
        assert!(numbers.len() as u64 >= last, "{} of {last}", numbers.len());
        // Both of a pair, or neither.
        assert_eq!(
            catalog.about(Noun::Incident, "a").unwrap().len(),
            catalog.about(Noun::Incident, "b").unwrap().len()
        );
    }
}
