//! Where a catalog is kept: a file of SQLite, or PostgreSQL by URL.

use crate::error::{CatalogError, told};
use camino::{Utf8Path, Utf8PathBuf};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sqlx::migrate::MigrateError;
use std::fmt;
use std::fs::File;

/// Where a catalog is kept. Prints without password.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    File(Utf8PathBuf),
    /// A URL of PostgreSQL.
    Server(String),
}

/// What must not stand as it is in the path of a URL.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'"').add(b'<').add(b'>').add(b'`');

impl Place {
    /// A URL of PostgreSQL, or the path of a file.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let no = |why| Err(CatalogError::NoPlace { text: without_password(text), why });
        match text.split_once("://") {
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(Place::Server(text.to_owned())),
            Some(("postgres" | "postgresql", _)) => no("it names no server"),
            Some(_) => no("only files and PostgreSQL are known"),
            None if text.trim().is_empty() => no("it is empty"),
            None => Ok(Place::File(text.into())),
        }
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Place::File(_))
    }

    pub(crate) fn address(&self) -> String {
        match self {
            Place::File(path) => format!("sqlite://{}?mode=rwc", utf8_percent_encode(path.as_str(), ESCAPED)),
            Place::Server(url) => url.clone(),
        }
    }

    /// Makes the folder of a file, and waits until nobody else opens it: tables are made by one process at a time. Servers
    /// see to that themselves.
    pub(crate) fn prepare(&self) -> Result<Option<File>, CatalogError> {
        let Place::File(path) = self else { return Ok(None) };
        let refused = |cause| CatalogError::Machine { place: self.to_string(), cause };
        let folder = path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
        std::fs::create_dir_all(folder).map_err(refused)?;
        let name = format!("{}.opening", path.file_name().unwrap_or("catalog"));
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(name)).map_err(refused)?;
        lock.lock().map_err(refused)?;
        Ok(Some(lock))
    }

    pub(crate) fn refused(&self, cause: &sqlx::Error) -> CatalogError {
        CatalogError::Unreachable { place: self.to_string(), why: told(cause) }
    }

    pub(crate) fn not_ours(&self, cause: MigrateError) -> CatalogError {
        let place = self.to_string();
        match cause {
            MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _) => {
                CatalogError::Newer { place, found }
            }
            MigrateError::Execute(cause) => self.refused(&cause),
            other => CatalogError::NotOurs { place, why: other.to_string() },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "`{path}`"),
            Place::Server(url) => write!(f, "{}", without_password(url)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A URL without the password in its front and without its parameters, which may hold one too.
fn without_password(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or("");
    let Some((scheme, rest)) = plain.split_once("://") else { return plain.to_owned() };
    match rest.rsplit_once('@') {
        Some((who, host)) => format!("{scheme}://{}@{host}", who.split(':').next().unwrap_or("")),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_prints_without_its_password() {
        for url in
            ["postgres://team:s3cret@db:5432/evals", "postgres://team@db/evals?password=s3cret", "mysql://a:s3cret@b/c"]
        {
            let printed = match Place::parse(url) {
                Ok(place) => format!("{place} {place:?}"),
                Err(error) => error.to_string(),
            };
            assert!(!printed.contains("s3cret"), "{printed}");
        }
        assert_eq!(
            Place::parse("postgres://team:x@db:5432/evals").unwrap().to_string(),
            "postgres://team@db:5432/evals"
        );
    }

    #[test]
    fn a_file_keeps_its_name_as_an_address() {
        let place = Place::parse("a b/50%?#.sqlite").unwrap();
        assert_eq!(place.address(), "sqlite://a%20b/50%25%3F%23.sqlite?mode=rwc");
    }
}
