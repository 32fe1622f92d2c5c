use crate::{Fresh, behind_its_back, draft, open, small};
use catalog::CatalogError;
use domain::entry::{Entry, Noun};
use serde_json::json;

fn everything(catalog: &catalog::Catalog) -> Result<Vec<Entry>, CatalogError> {
    let mut entries = Vec::new();
    catalog.every(|entry| {
        entries.push(entry.clone());
        Ok::<(), CatalogError>(())
    })?;
    Ok(entries)
}

pub fn entries_come_back_in_order(fresh: Fresh) {
    let added = {
        let catalog = open(fresh);
        let first = catalog.append(&[draft("a", None, small(1)), draft("b", None, small(2))]).unwrap();
        let mut second = draft("a", Some(1), small(3));
        second.noun = Noun::Incident;
        second.why = Some("more was found".to_owned());
        [first, catalog.append(&[second]).unwrap()].concat()
    };
    // Another process, later.
    let catalog = open(fresh);
    assert_eq!(catalog.of(Noun::Incident).unwrap(), added);
    let about = catalog.about(Noun::Incident, "a").unwrap();
    assert_eq!(about.iter().map(|entry| (entry.number, entry.version)).collect::<Vec<_>>(), [(1, 1), (3, 2)]);
    assert_eq!(about[1].why.as_deref(), Some("more was found"));
    assert!(catalog.of(Noun::Example).unwrap().is_empty());
    assert_eq!(everything(&catalog).unwrap(), added);
}

pub fn all_or_none(fresh: Fresh) {
    let catalog = open(fresh);
    catalog.append(&[draft("a", Some(0), small(1))]).unwrap();
    let refused = catalog.append(&[draft("b", Some(0), small(2)), draft("a", Some(0), small(3))]);
    assert!(matches!(refused, Err(CatalogError::Overtaken { .. })), "{refused:?}");
    assert_eq!(everything(&catalog).unwrap().len(), 1);
}

pub fn whoever_was_overtaken_is_told(fresh: Fresh) {
    let (one, other) = (open(fresh), open(fresh));
    one.append(&[draft("a", Some(0), small(1))]).unwrap();
    let told = other.append(&[draft("a", Some(0), small(2))]).unwrap_err().to_string();
    assert_eq!(told, "somebody else was faster: incident `a` has 1 entries by now, not 0");
    other.append(&[draft("a", Some(1), small(2))]).unwrap();
}

pub fn hostile_text_is_kept_as_it_is(fresh: Fresh) {
    let catalog = open(fresh);
    let texts =
        ["'; DROP TABLE entry; --", "\u{1b}[31m", "𝔘𝔫𝔦 \u{202e}", "$1 ? :name %s", "\u{feff}a\r\nb", "{\"a\": 1}"];
    for text in texts {
        let mut said = draft(text, None, json!({text: text, "nul": "\u{0}", "n": 1e300, "half": 0.1}));
        said.why = Some(text.to_owned());
        said.author = text.to_owned();
        let added = catalog.append(&[said]).unwrap();
        assert_eq!(catalog.about(Noun::Incident, text).unwrap(), added);
    }
    let nul = catalog.append(&[draft("a\0b", None, small(1))]).unwrap_err().to_string();
    assert_eq!(nul, "cannot keep this: its subject holds a character that no text may hold");
    assert_eq!(everything(&catalog).unwrap().len(), texts.len());
}

pub fn a_changed_history_is_told(fresh: Fresh) {
    let catalog = open(fresh);
    let entries = catalog.append(&[draft("a", None, small(1)), draft("b", None, small(2))]).unwrap();
    for (sql, number) in [
        ("UPDATE entry SET author = 'somebody else' WHERE number = 2", 2),
        ("UPDATE entry SET author = 'release', body = '{\"n\":7}' WHERE number = 1", 1),
        ("DELETE FROM entry WHERE number = 1", 2),
        ("DELETE FROM entry", 1),
    ] {
        behind_its_back(&fresh(), sql);
        let told = everything(&catalog).unwrap_err();
        assert!(matches!(told, CatalogError::Changed { number: at } if at == number), "{sql}: {told}");
    }
    for at in 0..2 {
        let mut changed = entries.clone();
        changed[at].author = "somebody else".to_owned();
        let elsewhere = tempfile::TempDir::new().unwrap();
        let path = camino::Utf8PathBuf::from_path_buf(elsewhere.path().join("c")).unwrap();
        let other = catalog::Catalog::open(&catalog::Place::File(path)).unwrap();
        let told = other.restore(&changed, &[]).unwrap_err();
        assert!(matches!(told, CatalogError::Changed { number } if number == at as u64 + 1), "{told}");
        assert!(everything(&other).unwrap().is_empty());
    }
}

pub fn a_backup_comes_back_whole(fresh: Fresh) {
    let (entries, seats) = {
        let elsewhere = tempfile::TempDir::new().unwrap();
        let path = camino::Utf8PathBuf::from_path_buf(elsewhere.path().join("c")).unwrap();
        let catalog = catalog::Catalog::open(&catalog::Place::File(path)).unwrap();
        // More than are read at once.
        let drafts: Vec<_> = (0..2300).map(|n| draft(&format!("s{}", n % 7), None, small(n))).collect();
        catalog.append(&drafts).unwrap();
        catalog.lay("q", &["i".to_owned(), "j".to_owned()], 2, &[]).unwrap();
        let mut entries = Vec::new();
        let seats = catalog.every(|entry| {
            entries.push(entry.clone());
            Ok::<(), CatalogError>(())
        });
        (entries, seats.unwrap())
    };
    assert_eq!((entries.len(), seats.len()), (2300, 4));
    let catalog = open(fresh);
    assert_eq!(catalog.restore(&entries, &seats).unwrap(), 2300);
    assert_eq!(everything(&catalog).unwrap(), entries);
    assert_eq!(catalog.seats("q").unwrap(), seats);
    // It goes on from there, and is not restored over.
    assert_eq!(catalog.append(&[draft("s0", None, small(1))]).unwrap()[0].number, 2301);
    let told = catalog.restore(&entries, &seats).unwrap_err();
    assert!(matches!(told, CatalogError::NotEmpty { entries: 2301 }), "{told}");
}

pub fn a_catalog_is_of_the_eval_that_said_something_first(fresh: Fresh) {
    let of = |eval: &str| catalog::Catalog::open_for(&fresh(), eval);
    let (billing, mut other) = (of("billing").unwrap(), of("travel").unwrap());
    assert_eq!(billing.eval().unwrap(), None, "whoever only looks claims nothing");
    billing.append(&[draft("a", None, small(1))]).unwrap();
    assert_eq!(other.eval().unwrap().as_deref(), Some("billing"));
    // It was opened while the catalog was nobody's.
    let told = other.append(&[draft("b", None, small(1))]).unwrap_err();
    assert!(
        matches!(&told, CatalogError::OfAnother { there, eval, .. } if there == "billing" && eval == "travel"),
        "{told}"
    );
    assert!(matches!(of("travel"), Err(CatalogError::OfAnother { .. })));
    of("billing").unwrap().append(&[draft("a", Some(1), small(2))]).unwrap();
    other = catalog::Catalog::open(&fresh()).unwrap();
    assert_eq!(everything(&other).unwrap().len(), 2, "nothing was written for the other");
}

pub fn of_two_evals_that_write_first_one_is_refused(fresh: Fresh) {
    drop(open(fresh));
    let write = |eval: &'static str| {
        let place = fresh();
        std::thread::spawn(move || {
            let catalog = catalog::Catalog::open_for(&place, eval)?;
            catalog.append(&[draft(eval, None, small(1))]).map(drop)
        })
    };
    let both = ["billing", "travel"].map(write).map(|thread| thread.join().unwrap());
    assert_eq!(both.iter().filter(|done| done.is_ok()).count(), 1, "{both:?}");
    let entries = everything(&open(fresh)).unwrap();
    assert_eq!(open(fresh).eval().unwrap().as_deref(), Some(entries[0].subject.as_str()));
    assert_eq!(entries.len(), 1);
}

/// One entry of every noun.
fn of_every_noun() -> Vec<domain::entry::Draft> {
    let one = |noun: Noun| domain::entry::Draft {
        noun,
        why: (noun != Noun::Queue).then(|| format!("why {}", noun.as_str())),
        ..draft(noun.as_str(), None, json!({"of": noun.as_str(), "list": [1, null, {"a": "b"}], "half": 0.1}))
    };
    Noun::ALL.into_iter().map(one).collect()
}

pub fn whatever_somebody_edits_in_it_is_told(fresh: Fresh) {
    let catalog = open(fresh);
    let entries = catalog.append(&of_every_noun()).unwrap();
    let texts = ["subject", "what", "at", "author", "why", "body", "digest", "noun", "version", "number"];
    for entry in &entries {
        for column in texts {
            let number = entry.number;
            let (changed, back) = match column {
                "version" => ("7".to_owned(), entry.version.to_string()),
                "number" => ("70".to_owned(), number.to_string()),
                "noun" => (
                    format!("'{}'", if entry.noun == Noun::Duty { "queue" } else { "duty" }),
                    format!("'{}'", entry.noun.as_str()),
                ),
                "body" => ("'{}'".to_owned(), format!("'{}'", domain::digest::canonical(&entry.body))),
                "why" => {
                    ("'because'".to_owned(), entry.why.as_ref().map_or("NULL".to_owned(), |why| format!("'{why}'")))
                }
                "digest" => (format!("'{}'", domain::digest::Digest::of_bytes(b"x")), format!("'{}'", entry.digest)),
                "subject" => ("'another'".to_owned(), format!("'{}'", entry.subject)),
                "what" => ("'closed'".to_owned(), format!("'{}'", entry.what)),
                "at" => ("'2026-11-01T08:00:00.001Z'".to_owned(), format!("'{}'", entry.at)),
                _ => ("'somebody else'".to_owned(), format!("'{}'", entry.author)),
            };
            let now = if column == "number" { 70 } else { number };
            behind_its_back(&fresh(), format!("UPDATE entry SET {column} = {changed} WHERE number = {number}"));
            let told = everything(&catalog);
            assert!(matches!(told, Err(CatalogError::Changed { .. })), "{column} of {number}: {told:?}");
            behind_its_back(&fresh(), format!("UPDATE entry SET {column} = {back} WHERE number = {now}"));
            assert_eq!(everything(&catalog).unwrap(), entries, "{column} of {number}");
        }
    }
    let last = entries.len();
    for head in [format!("number = {}", last - 1), "digest = ''".to_owned()] {
        behind_its_back(&fresh(), format!("UPDATE head SET {head}"));
        let told = everything(&catalog);
        assert!(matches!(told, Err(CatalogError::Changed { .. })), "{head}: {told:?}");
        behind_its_back(&fresh(), format!("UPDATE head SET number = {last}, digest = '{}'", entries[last - 1].digest));
    }
    assert_eq!(everything(&catalog).unwrap(), entries);
}

pub fn a_history_of_every_noun_is_the_same_in_the_other_kind(fresh: Fresh) {
    let elsewhere = tempfile::TempDir::new().unwrap();
    let path = camino::Utf8PathBuf::from_path_buf(elsewhere.path().join("c")).unwrap();
    let file = || catalog::Catalog::open(&catalog::Place::File(path.clone())).unwrap();
    let catalog = open(fresh);
    let entries = catalog.append(&of_every_noun()).unwrap();
    catalog.lay("q", &["i".to_owned()], 2, &[]).unwrap();
    let taking = catalog::Taking {
        queue: "q",
        reviewer: "r1",
        now: "2026-11-01T08:00:00.000Z",
        until: "2026-11-01T09:00:00.000Z",
    };
    catalog.take(taking, &["i".to_owned()]).unwrap();
    let seats = catalog.seats("q").unwrap();
    file().restore(&entries, &seats).unwrap();
    assert_eq!((everything(&file()).unwrap(), file().seats("q").unwrap()), (entries, seats));
}

pub fn an_empty_catalog_is_empty(fresh: Fresh) {
    let catalog = open(fresh);
    assert!(everything(&catalog).unwrap().is_empty());
    assert!(catalog.append(&[]).unwrap().is_empty());
    assert!(catalog.seats("q").unwrap().is_empty());
    assert_eq!(catalog.restore(&[], &[]).unwrap(), 0);
}
