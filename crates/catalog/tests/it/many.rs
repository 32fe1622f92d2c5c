use crate::{Fresh, draft, open, small};
use catalog::CatalogError;
use domain::entry::Noun;

const WRITERS: u64 = 4;
const EACH: u64 = 25;

pub fn many_writers_lose_nothing(fresh: Fresh) {
    let place = fresh();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let place = place.clone();
            scope.spawn(move || {
                let catalog = catalog::Catalog::open(&place).unwrap();
                for n in 0..EACH {
                    catalog.append(&[draft("same", None, small(writer * EACH + n))]).unwrap();
                }
            });
        }
    });
    let entries = open(fresh).about(Noun::Incident, "same").unwrap();
    let mut said: Vec<u64> = entries.iter().filter_map(|entry| entry.body["n"].as_u64()).collect();
    said.sort_unstable();
    assert_eq!(said, (0..WRITERS * EACH).collect::<Vec<_>>());
    assert!(
        entries.iter().enumerate().all(|(at, entry)| entry.number == at as u64 + 1 && entry.version == at as u32 + 1)
    );
    open(fresh).every(|_| Ok::<(), CatalogError>(())).unwrap();
}

pub fn of_two_who_saw_the_same_one_writes(fresh: Fresh) {
    let place = fresh();
    let written: u32 = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let place = place.clone();
                scope.spawn(move || {
                    let catalog = catalog::Catalog::open(&place).unwrap();
                    let mut written = 0;
                    for seen in 0..10 {
                        match catalog.append(&[draft("once", Some(seen), small(writer))]) {
                            Ok(_) => written += 1,
                            Err(CatalogError::Overtaken { .. }) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                    written
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    let entries = open(fresh).about(Noun::Incident, "once").unwrap();
    assert_eq!(entries.len() as u32, written);
    assert_eq!(written, 10);
}
