//! The catalog: small facts that must never be lost. What people said and decided, in one history that only grows.
//!
//! in      a place (a file of SQLite, or PostgreSQL by URL), drafts of entries
//! out     entries in the order in which they were said; who may label what
//! errors  `CatalogError`: a place that cannot be opened, that a newer version wrote, or that is of another eval; somebody else was
//!         faster; a history that was changed
//! rule    whoever writes takes the row `head` first, so that writers follow one another on both databases; what was added is
//!         durable when the call returns, all of it or nothing
//!
//! One SQL text serves both databases. Values are text and whole numbers, which both keep alike.

mod error;
mod history;
mod place;
mod seats;

pub use error::CatalogError;
pub use place::Place;
pub use seats::Taking;

use error::failed;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, Connection, SqlSafeStr, Transaction};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// An open catalog. Calls wait until the database has done what they ask.
pub struct Catalog {
    pool: AnyPool,
    place: Place,
    /// The eval for which it was opened.
    eval: Option<String>,
    runtime: Runtime,
    refused: Refused,
}

/// Every step that the tables took, oldest first. A step that was released is never edited.
fn steps() -> Migrator {
    let step = |version, words: &'static str, sql: &'static str| {
        Migration::new(version, words.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        step(1, "history", include_str!("../migrations/0001-history.sql")),
        step(2, "eval", include_str!("../migrations/0002-eval.sql")),
    ])
}

/// The name of the eval that a catalog is of.
const OF_EVAL: &str = "SELECT name FROM eval WHERE id = 1";

/// What each new connection to a file is told: readers beside one writer, synced to the disk, patient with other processes.
const FILE_SETTINGS: [&str; 3] =
    ["PRAGMA busy_timeout = 60000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];

/// Why a new connection could not be told so, where that lasts: the pool itself would try for half a minute, and say that time ran out.
type Refused = Arc<Mutex<Option<String>>>;

async fn told(connection: &mut AnyConnection, settings: &'static [&'static str]) -> Result<(), sqlx::Error> {
    for setting in settings {
        sqlx::raw_sql(*setting).execute(&mut *connection).await?;
    }
    Ok(())
}

impl Catalog {
    /// Opens the catalog, makes it where there is none, and brings its tables up to date.
    pub fn open(place: &Place) -> Result<Self, CatalogError> {
        sqlx::any::install_default_drivers();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|cause| CatalogError::Machine { place: place.to_string(), cause })?;
        let _alone = place.prepare()?;
        let refused = Refused::default();
        let of_pool = Arc::clone(&refused);
        let pool = runtime.block_on(async {
            let options = AnyConnectOptions::from_str(&place.address()).map_err(|cause| place.refused(&cause))?;
            let settings = if place.is_file() { &FILE_SETTINGS[..] } else { &[] };
            // A pool tries again for half a minute what fails for good.
            let mut first = AnyConnection::connect_with(&options).await.map_err(|cause| place.refused(&cause))?;
            told(&mut first, settings).await.map_err(|cause| place.refused(&cause))?;
            first.close().await.map_err(|cause| place.refused(&cause))?;
            let pool = AnyPoolOptions::new().max_connections(2).after_connect(move |connection, _| {
                let refused = Arc::clone(&of_pool);
                Box::pin(async move {
                    let Err(cause) = told(connection, settings).await else { return Ok(()) };
                    match (error::lasts(&cause), refused.lock()) {
                        // Nothing is written over the connection: whoever begins to looks here first.
                        (true, Ok(mut why)) => *why = Some(error::told(&cause)),
                        _ => return Err(cause),
                    }
                    Ok(())
                })
            });
            let pool = pool.connect_with(options).await.map_err(|cause| place.refused(&cause))?;
            steps().run(&pool).await.map_err(|cause| place.not_ours(cause))?;
            Ok(pool)
        })?;
        Ok(Catalog { pool, place: place.clone(), eval: None, runtime, refused })
    }

    /// The same for one eval, by the name of its contract. A catalog is of the eval for which something was said in it first, and refused to
    /// any other.
    pub fn open_for(place: &Place, eval: &str) -> Result<Self, CatalogError> {
        let mut catalog = Self::open(place)?;
        catalog.runtime.block_on(async {
            let there = sqlx::query(OF_EVAL).fetch_optional(&catalog.pool).await.map_err(failed("read whose it is"))?;
            there.map_or(Ok(()), |row| catalog.is_of(&history::column::<String>(&row, 0)?, eval))
        })?;
        catalog.eval = Some(eval.to_owned());
        Ok(catalog)
    }

    /// The eval that it is of; `None` where nothing was said for one yet.
    pub fn eval(&self) -> Result<Option<String>, CatalogError> {
        self.runtime.block_on(async {
            let there = sqlx::query(OF_EVAL).fetch_optional(&self.pool).await.map_err(failed("read whose it is"))?;
            there.map(|row| history::column(&row, 0)).transpose()
        })
    }

    fn is_of(&self, there: &str, eval: &str) -> Result<(), CatalogError> {
        if there == eval {
            return Ok(());
        }
        let (there, eval) = (there.to_owned(), eval.to_owned());
        Err(CatalogError::OfAnother { place: self.place.to_string(), there, eval })
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Begins to write: nobody else does until it ends.
    async fn turn(&self) -> Result<Transaction<'static, Any>, CatalogError> {
        let mut turn = self.pool.begin().await.map_err(failed("begin to write"))?;
        if let Some(why) = self.refused.lock().ok().and_then(|why| why.clone()) {
            return Err(CatalogError::Failed { what: "begin to write", why });
        }
        let taken = sqlx::query("UPDATE head SET number = number WHERE id = 1").execute(&mut *turn).await;
        taken.map_err(failed("begin to write"))?;
        if let Some(eval) = &self.eval {
            const SQL: &str = "INSERT INTO eval (id, name) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
            let claimed = sqlx::query(SQL).bind(eval.clone()).execute(&mut *turn).await;
            claimed.map_err(failed("say whose it is"))?;
            let there = sqlx::query(OF_EVAL).fetch_one(&mut *turn).await.map_err(failed("read whose it is"))?;
            let is_of = self.is_of(&history::column::<String>(&there, 0)?, eval);
            if let Err(refused) = is_of {
                history::ended(turn).await;
                return Err(refused);
            }
        }
        Ok(turn)
    }
}

impl Drop for Catalog {
    fn drop(&mut self) {
        self.runtime.block_on(self.pool.close());
    }
}
