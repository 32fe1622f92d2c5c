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

pub fn an_empty_catalog_is_empty(fresh: Fresh) {
    let catalog = open(fresh);
    assert!(everything(&catalog).unwrap().is_empty());
    assert!(catalog.append(&[]).unwrap().is_empty());
    assert!(catalog.seats("q").unwrap().is_empty());
    assert_eq!(catalog.restore(&[], &[]).unwrap(), 0);
}
