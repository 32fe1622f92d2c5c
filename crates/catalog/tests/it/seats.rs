use crate::{Fresh, draft, open, small};
use catalog::{Catalog, Taking};

const EIGHT: &str = "2026-11-01T08:00:00.000Z";
const NINE: &str = "2026-11-01T09:00:00.000Z";
const TEN: &str = "2026-11-01T10:00:00.000Z";

fn taking<'a>(reviewer: &'a str, now: &'a str, until: &'a str) -> Taking<'a> {
    Taking { queue: "q", reviewer, now, until }
}

fn laid(fresh: Fresh, items: &[&str], seats: u32) -> Catalog {
    let catalog = open(fresh);
    let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    catalog.lay("q", &items, seats, &[draft("q", None, small(1))]).unwrap();
    catalog
}

fn take(catalog: &Catalog, reviewer: &str) -> Option<String> {
    catalog.take(taking(reviewer, EIGHT, NINE), &["a".to_owned(), "b".to_owned()]).unwrap()
}

fn label(catalog: &Catalog, reviewer: &str, item: &str) -> bool {
    catalog.sit(taking(reviewer, EIGHT, NINE), item, true, &[draft(item, None, small(2))]).unwrap().is_some()
}

pub fn an_item_has_so_many_seats(fresh: Fresh) {
    let catalog = laid(fresh, &["a"], 2);
    assert!(label(&catalog, "reviewer-1", "a") && label(&catalog, "reviewer-2", "a"));
    assert!(!label(&catalog, "reviewer-3", "a"));
    assert_eq!(catalog.take(taking("reviewer-3", TEN, TEN), &["a".to_owned()]).unwrap(), None);
    // What was refused said nothing.
    assert_eq!(catalog.about(domain::entry::Noun::Incident, "a").unwrap().len(), 2);
    // Laid again, everybody stays where they are.
    catalog.lay("q", &["a".to_owned()], 2, &[]).unwrap();
    assert!(catalog.seats("q").unwrap().iter().all(|seat| seat.done));
}

pub fn nobody_sits_twice(fresh: Fresh) {
    let catalog = laid(fresh, &["a", "b"], 2);
    assert!(label(&catalog, "reviewer-1", "a"));
    assert!(!label(&catalog, "reviewer-1", "a"));
    assert_eq!(take(&catalog, "reviewer-1").as_deref(), Some("b"));
    assert_eq!(take(&catalog, "reviewer-1").as_deref(), Some("b"));
    // Undone, it is theirs again, and nobody else's.
    let undone = catalog.sit(taking("reviewer-1", EIGHT, NINE), "a", false, &[draft("a", None, small(3))]).unwrap();
    assert!(undone.is_some());
    assert!(label(&catalog, "reviewer-1", "a"));
    assert_eq!(catalog.seats("q").unwrap().iter().filter(|seat| seat.reviewer.is_some()).count(), 2);
}

pub fn a_seat_that_ran_out_is_free(fresh: Fresh) {
    let catalog = laid(fresh, &["a"], 1);
    let items = ["a".to_owned()];
    assert!(catalog.take(taking("reviewer-1", EIGHT, NINE), &items).unwrap().is_some());
    assert!(catalog.take(taking("reviewer-2", EIGHT, NINE), &items).unwrap().is_none());
    assert!(catalog.take(taking("reviewer-2", NINE, TEN), &items).unwrap().is_some());
    // Whoever came back too late finds it taken.
    let late = catalog.sit(taking("reviewer-1", NINE, TEN), "a", true, &[draft("a", None, small(2))]).unwrap();
    assert_eq!(late, None);
    assert!(catalog.leave("q", "a", "reviewer-2").unwrap());
    assert!(!catalog.leave("q", "a", "reviewer-2").unwrap());
    assert!(label(&catalog, "reviewer-1", "a"));
    assert!(!catalog.leave("q", "a", "reviewer-1").unwrap());
}

pub fn many_reviewers_never_share_a_seat(fresh: Fresh) {
    let items: Vec<String> = (0..12).map(|n| format!("item-{n}")).collect();
    open(fresh).lay("q", &items, 2, &[]).unwrap();
    let place = fresh();
    let labelled: usize = std::thread::scope(|scope| {
        let reviewers: Vec<_> = (0..5)
            .map(|n| {
                let (place, items) = (place.clone(), items.clone());
                scope.spawn(move || {
                    let catalog = Catalog::open(&place).unwrap();
                    let reviewer = format!("reviewer-{n}");
                    let mut labelled = 0;
                    while let Some(item) = catalog.take(taking(&reviewer, EIGHT, NINE), &items).unwrap() {
                        labelled += usize::from(label(&catalog, &reviewer, &item));
                    }
                    labelled
                })
            })
            .collect();
        reviewers.into_iter().map(|reviewer| reviewer.join().unwrap()).sum()
    });
    let catalog = open(fresh);
    let seats = catalog.seats("q").unwrap();
    assert_eq!((labelled, seats.iter().filter(|seat| seat.done).count()), (24, 24));
    for pair in seats.chunks(2) {
        assert_eq!(pair[0].item, pair[1].item);
        assert_ne!(pair[0].reviewer, pair[1].reviewer);
    }
}
