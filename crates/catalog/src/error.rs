//! What can go wrong with a catalog, told without passwords.

/// Why the catalog did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("`{text}` is no place of a catalog: {why}")]
    NoPlace { text: String, why: &'static str },
    #[error("cannot open the catalog at {place}: {why}")]
    Unreachable { place: String, why: String },
    #[error("the catalog at {place} was written by a newer version: its tables are at step {found}")]
    Newer { place: String, found: i64 },
    #[error("the tables of the catalog at {place} are not as they were made: {why}")]
    NotOurs { place: String, why: String },
    #[error(
        "the catalog at {place} is of the eval `{there}`, and this is `{eval}`: their examples and incidents would mix"
    )]
    OfAnother { place: String, there: String, eval: String },
    #[error("somebody else was faster: {noun} `{subject}` has {found} entries by now, not {seen}")]
    Overtaken { noun: &'static str, subject: String, seen: u32, found: u32 },
    #[error("cannot keep this: {what} holds a character that no text may hold")]
    Unwritable { what: &'static str },
    #[error("the history was changed: entry {number} is not what was written")]
    Changed { number: u64 },
    #[error("the catalog holds {entries} entries already: a backup is restored into an empty one")]
    NotEmpty { entries: u64 },
    #[error("the catalog could not {what}: {why}")]
    Failed { what: &'static str, why: String },
    #[error("the machine refused to serve the catalog at {place}: {cause}")]
    Machine { place: String, cause: std::io::Error },
}

impl CatalogError {
    /// What whoever reads the error can do now.
    pub fn help(&self) -> &'static str {
        match self {
            CatalogError::NoPlace { .. } => "name a file, or postgres://USER@HOST/DATABASE",
            CatalogError::Unreachable { .. } => "check that the database runs, its address, and who may use it",
            CatalogError::Newer { .. } => "use the version that wrote it, or a newer one; tables are never taken back",
            CatalogError::NotOurs { .. } => "restore it from a backup into an empty catalog",
            CatalogError::OfAnother { .. } => {
                "name another file with `--catalog`, or on a server another database or schema: \
                 `postgres://USER@HOST/DATABASE?options[search_path]=SCHEMA`; where the eval got another name, take its history with it: \
                 `plimsoll backup`, then `plimsoll restore` into an empty catalog"
            }
            CatalogError::Overtaken { .. } => "look at what they said, and say it again where it still holds",
            CatalogError::Unwritable { .. } => "take out what does not print",
            CatalogError::Changed { .. } => "restore it from a backup; nothing that was changed is read on",
            CatalogError::NotEmpty { .. } => "name another place with --catalog",
            CatalogError::Failed { .. } | CatalogError::Machine { .. } => {
                "nothing was written; check disk space, permissions and the database, then try again"
            }
        }
    }
}

/// What sqlx says, without what it was connected with.
pub(crate) fn failed(what: &'static str) -> impl Fn(sqlx::Error) -> CatalogError {
    move |cause| CatalogError::Failed { what, why: told(&cause) }
}

/// A file that cannot grow says so in words of its own, which name no disk where even its helpers cannot be made.
fn out_of_disk(cause: &dyn sqlx::error::DatabaseError) -> Option<String> {
    // SQLITE_FULL and the family of SQLITE_IOERR; PostgreSQL's codes have five characters.
    const FULL: u32 = 13;
    const IOERR: u32 = 10;
    let code: u32 = cause.code().filter(|code| code.len() < 5)?.parse().ok()?;
    match code & 0xff {
        FULL => Some("the disk is full".to_owned()),
        IOERR => Some(format!("the disk is full, or cannot be written ({})", cause.message())),
        _ => None,
    }
}

/// Whether a new connection fails for good, so that trying again would only wait.
pub(crate) fn lasts(cause: &sqlx::Error) -> bool {
    matches!(cause, sqlx::Error::Database(cause) if out_of_disk(cause.as_ref()).is_some())
}

pub(crate) fn told(cause: &sqlx::Error) -> String {
    match cause {
        sqlx::Error::Database(cause) => match out_of_disk(cause.as_ref()) {
            Some(why) => why,
            None => cause.message().to_owned(),
        },
        sqlx::Error::PoolTimedOut => "it did not answer in time".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{AnyConnection, Connection};

    #[test]
    fn a_disk_that_is_full_is_called_that() {
        sqlx::any::install_default_drivers();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let cause = runtime.block_on(async {
            let mut file = AnyConnection::connect("sqlite::memory:").await.unwrap();
            sqlx::raw_sql("CREATE TABLE t (x); PRAGMA max_page_count = 3").execute(&mut file).await.unwrap();
            sqlx::raw_sql("INSERT INTO t VALUES (zeroblob(1000000))").execute(&mut file).await.unwrap_err()
        });
        assert!(lasts(&cause), "{cause}");
        assert_eq!(told(&cause), "the disk is full");
        assert_eq!(told(&sqlx::Error::PoolTimedOut), "it did not answer in time");
    }
}
