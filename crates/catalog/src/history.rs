//! The history: entries are added and read, and never changed.

use crate::Catalog;
use crate::error::{CatalogError, failed};
use domain::digest::{Digest, canonical};
use domain::entry::{Draft, Entry, Noun, Seat};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

/// Entries that are read at once.
const PAGE: i64 = 1000;

impl Catalog {
    /// Adds entries, all of them or none.
    pub fn append(&self, drafts: &[Draft]) -> Result<Vec<Entry>, CatalogError> {
        self.runtime.block_on(async {
            let mut turn = self.turn().await?;
            match add(&mut turn, drafts).await {
                Ok(added) => turn.commit().await.map_err(failed("write what was said")).map(|()| added),
                Err(refused) => {
                    ended(turn).await;
                    Err(refused)
                }
            }
        })
    }

    /// All entries of a noun, oldest first.
    pub fn of(&self, noun: Noun) -> Result<Vec<Entry>, CatalogError> {
        const SQL: &str = "SELECT number, noun, subject, version, what, at, author, why, body, digest FROM entry \
                           WHERE noun = $1 ORDER BY number";
        self.read(sqlx::query(SQL).bind(noun.as_str()))
    }

    /// All entries of one subject, oldest first.
    pub fn about(&self, noun: Noun, subject: &str) -> Result<Vec<Entry>, CatalogError> {
        const SQL: &str = "SELECT number, noun, subject, version, what, at, author, why, body, digest FROM entry \
                           WHERE noun = $1 AND subject = $2 ORDER BY number";
        self.read(sqlx::query(SQL).bind(noun.as_str()).bind(subject.to_owned()))
    }

    /// Shows the whole history, oldest first, as it stands at one moment, and gives all seats of that moment. Refused where an
    /// entry is not what was written, or one is missing.
    pub fn every<E: From<CatalogError>>(&self, mut each: impl FnMut(&Entry) -> Result<(), E>) -> Result<Vec<Seat>, E> {
        self.runtime.block_on(async {
            let mut turn = self.turn().await?;
            let seats = read_through(&mut turn, &mut each).await;
            ended(turn).await;
            seats
        })
    }

    /// Puts a history back as it was, into an empty catalog: all of it or nothing.
    pub fn restore(&self, entries: &[Entry], seats: &[Seat]) -> Result<u64, CatalogError> {
        self.runtime.block_on(async {
            let mut turn = self.turn().await?;
            let row = sqlx::query("SELECT COUNT(*) FROM entry").fetch_one(&mut *turn).await;
            let there: i64 = column(&row.map_err(failed("count its entries"))?, 0)?;
            if there > 0 {
                return Err(CatalogError::NotEmpty { entries: there as u64 });
            }
            let mut before: Option<&Entry> = None;
            for entry in entries {
                if !follows(entry, before) {
                    return Err(CatalogError::Changed { number: entry.number });
                }
                insert(&mut turn, entry).await?;
                before = Some(entry);
            }
            let number = before.map_or(0, |entry| entry.number);
            move_head(&mut turn, number, before.map(|entry| entry.digest)).await?;
            crate::seats::put_back(&mut turn, seats).await?;
            turn.commit().await.map_err(failed("restore"))?;
            Ok(number)
        })
    }

    fn read(&self, query: sqlx::query::Query<'_, Any, sqlx::any::AnyArguments>) -> Result<Vec<Entry>, CatalogError> {
        self.runtime.block_on(async {
            let rows = query.fetch_all(&self.pool).await.map_err(failed("read"))?;
            rows.iter().map(entry).collect()
        })
    }
}

/// Whether an entry is what was written, and stands right after the one before it.
fn follows(entry: &Entry, before: Option<&Entry>) -> bool {
    entry.number == before.map_or(0, |before| before.number) + 1
        && entry.digest == entry.digest_after(before.map(|before| &before.digest))
}

pub(crate) async fn add(turn: &mut Transaction<'static, Any>, drafts: &[Draft]) -> Result<Vec<Entry>, CatalogError> {
    let (mut number, mut before) = head(turn).await?;
    let mut added = Vec::with_capacity(drafts.len());
    for draft in drafts {
        writable(draft)?;
        const LAST: &str = "SELECT COALESCE(MAX(version), 0) FROM entry WHERE noun = $1 AND subject = $2";
        let last = sqlx::query(LAST).bind(draft.noun.as_str()).bind(draft.subject.clone()).fetch_one(&mut **turn).await;
        let last = column::<i64>(&last.map_err(failed("read what was said"))?, 0)? as u32;
        if let Some(seen) = draft.after.filter(|seen| *seen != last) {
            let subject = draft.subject.clone();
            return Err(CatalogError::Overtaken { noun: draft.noun.as_str(), subject, seen, found: last });
        }
        number += 1;
        let entry = draft.entry(number, last + 1, before.as_ref());
        insert(turn, &entry).await?;
        before = Some(entry.digest);
        added.push(entry);
    }
    move_head(turn, number, before).await?;
    Ok(added)
}

/// Nothing is written, and whoever waits for a turn has it at once. What cannot be taken back now is taken back when the connection ends.
pub(crate) async fn ended(turn: Transaction<'static, Any>) {
    let _ = turn.rollback().await;
}

/// Every entry and then the seats, as long as each entry is what was written.
async fn read_through<E: From<CatalogError>>(
    turn: &mut Transaction<'static, Any>,
    each: &mut impl FnMut(&Entry) -> Result<(), E>,
) -> Result<Vec<Seat>, E> {
    let mut before: Option<Entry> = None;
    loop {
        let page = page(turn, before.as_ref().map_or(0, |entry| entry.number)).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            if !follows(&entry, before.as_ref()) {
                return Err(CatalogError::Changed { number: entry.number }.into());
            }
            each(&entry)?;
            before = Some(entry);
        }
    }
    let (number, digest) = head(turn).await?;
    let last = before.as_ref().map_or(0, |entry| entry.number);
    if last != number || before.is_some_and(|entry| Some(entry.digest) != digest) {
        return Err(CatalogError::Changed { number: last.min(number) + 1 }.into());
    }
    Ok(crate::seats::all(turn).await?)
}

/// Number and digest of the last entry.
async fn head(turn: &mut Transaction<'static, Any>) -> Result<(u64, Option<Digest>), CatalogError> {
    let row = sqlx::query("SELECT number, digest FROM head WHERE id = 1").fetch_one(&mut **turn).await;
    let row = row.map_err(failed("read its head"))?;
    Ok((column::<i64>(&row, 0)? as u64, Digest::parse(&column::<String>(&row, 1)?)))
}

/// So many entries after a number, oldest first.
async fn page(turn: &mut Transaction<'static, Any>, after: u64) -> Result<Vec<Entry>, CatalogError> {
    const SQL: &str = "SELECT number, noun, subject, version, what, at, author, why, body, digest FROM entry \
                       WHERE number > $1 ORDER BY number LIMIT $2";
    let rows = sqlx::query(SQL).bind(after as i64).bind(PAGE).fetch_all(&mut **turn).await;
    rows.map_err(failed("read"))?.iter().map(entry).collect()
}

/// PostgreSQL keeps no text with a NUL in it, and so neither database does. In the body they are escaped.
fn writable(draft: &Draft) -> Result<(), CatalogError> {
    let texts = [
        ("its subject", draft.subject.as_str()),
        ("what was done", &draft.what),
        ("its time", &draft.at),
        ("its author", &draft.author),
        ("its reason", draft.why.as_deref().unwrap_or("")),
    ];
    let bad = texts.iter().find(|(_, text)| text.contains('\0'));
    bad.map_or(Ok(()), |(what, _)| Err(CatalogError::Unwritable { what }))
}

async fn insert(turn: &mut Transaction<'static, Any>, entry: &Entry) -> Result<(), CatalogError> {
    let body = canonical(&entry.body);
    const SQL: &str = "INSERT INTO entry (number, noun, subject, version, what, at, author, why, body, digest) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let query = sqlx::query(SQL).bind(entry.number as i64).bind(entry.noun.as_str()).bind(entry.subject.clone());
    let query = query.bind(i64::from(entry.version)).bind(entry.what.clone()).bind(entry.at.clone());
    let query = query.bind(entry.author.clone()).bind(entry.why.clone()).bind(body).bind(entry.digest.to_string());
    query.execute(&mut **turn).await.map_err(failed("write what was said"))?;
    Ok(())
}

async fn move_head(
    turn: &mut Transaction<'static, Any>,
    number: u64,
    digest: Option<Digest>,
) -> Result<(), CatalogError> {
    let digest = digest.map_or_else(String::new, |digest| digest.to_string());
    let query = sqlx::query("UPDATE head SET number = $1, digest = $2 WHERE id = 1").bind(number as i64).bind(digest);
    query.execute(&mut **turn).await.map_err(failed("move its head"))?;
    Ok(())
}

pub(crate) fn column<'r, T>(row: &'r AnyRow, at: usize) -> Result<T, CatalogError>
where
    T: sqlx::Decode<'r, Any> + sqlx::Type<Any>,
{
    row.try_get(at).map_err(failed("read a row"))
}

/// A row as an entry; what no version of ours writes is a history that was changed.
fn entry(row: &AnyRow) -> Result<Entry, CatalogError> {
    let number = column::<i64>(row, 0)? as u64;
    let changed = || CatalogError::Changed { number };
    Ok(Entry {
        number,
        noun: Noun::parse(&column::<String>(row, 1)?).ok_or_else(changed)?,
        subject: column(row, 2)?,
        version: column::<i64>(row, 3)? as u32,
        what: column(row, 4)?,
        at: column(row, 5)?,
        author: column(row, 6)?,
        why: column(row, 7)?,
        body: serde_json::from_str(&column::<String>(row, 8)?).map_err(|_| changed())?,
        digest: Digest::parse(&column::<String>(row, 9)?).ok_or_else(changed)?,
    })
}
