//! Files of every version that was released still open, and files of versions to come are refused.

use crate::{draft, small};
use camino::{Utf8Path, Utf8PathBuf};
use catalog::{Catalog, CatalogError, Place};
use domain::entry::Noun;
use tempfile::TempDir;

#[test]
fn a_file_of_every_released_version_opens() {
    let kept = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/versions");
    let mut files: Vec<_> = kept.read_dir_utf8().unwrap().map(|entry| entry.unwrap().path().to_owned()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let folder = TempDir::new().unwrap();
        let copy = Utf8PathBuf::from_path_buf(folder.path().join("catalog.sqlite")).unwrap();
        std::fs::copy(&file, &copy).unwrap();
        let catalog = Catalog::open(&Place::File(copy)).unwrap();
        let mut entries = 0;
        let seats = catalog.every(|_| {
            entries += 1;
            Ok::<(), CatalogError>(())
        });
        assert_eq!((entries, seats.unwrap().len()), (3, 2), "{file}");
        let about = catalog.about(Noun::Incident, "refund-loop").unwrap();
        assert_eq!(about.last().unwrap().what, "closed");
        catalog.append(&[draft("refund-loop", Some(2), small(1))]).unwrap();
    }
}

#[test]
fn a_file_that_is_no_catalog_is_told() {
    let folder = TempDir::new().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("catalog.sqlite")).unwrap();
    std::fs::write(
        &path,
        "not a database at all, and long enough to have a header of one hundred bytes, which is what is read",
    )
    .unwrap();
    let told = Catalog::open(&Place::File(path)).err().unwrap().to_string();
    assert!(told.contains("cannot open the catalog at"), "{told}");
}

#[test]
fn what_a_newer_version_wrote_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("catalog.sqlite")).unwrap();
    drop(Catalog::open(&Place::File(path.clone())).unwrap());
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (1000, 'to come', TRUE, X'00', 0)";
    crate::behind_its_back(&Place::File(path.clone()), newer);
    let told = Catalog::open(&Place::File(path)).err().unwrap();
    assert!(matches!(told, CatalogError::Newer { found: 1000, .. }), "{told}");
}
