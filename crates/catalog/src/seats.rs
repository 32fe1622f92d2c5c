//! Seats: who may label an item of a queue. The database holds as many seats as labels are wanted, and lets nobody sit twice.
//!
//! A seat that was taken is free again when its time is over, so that nothing waits for somebody who went away.

use crate::Catalog;
use crate::error::{CatalogError, failed};
use crate::history::{add, column};
use domain::entry::{Draft, Entry, Seat};
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

/// Whoever wants a seat, now, until when.
#[derive(Clone, Copy, Debug)]
pub struct Taking<'a> {
    pub queue: &'a str,
    pub reviewer: &'a str,
    /// Instants, RFC 3339 in UTC with one number of digits, so that their texts sort by time.
    pub now: &'a str,
    pub until: &'a str,
}

impl Catalog {
    /// Adds items to a queue, each with so many seats, and what is said of it, in one step. Items that are there keep theirs.
    pub fn lay(&self, queue: &str, items: &[String], seats: u32, drafts: &[Draft]) -> Result<Vec<Entry>, CatalogError> {
        self.runtime.block_on(async {
            let mut turn = self.turn().await?;
            const SQL: &str =
                "INSERT INTO seat (queue, item, place) VALUES ($1, $2, $3) ON CONFLICT (queue, item, place) DO NOTHING";
            for item in items {
                for place in 1..=i64::from(seats) {
                    let query = sqlx::query(SQL).bind(queue.to_owned()).bind(item.clone()).bind(place);
                    query.execute(&mut *turn).await.map_err(failed("add to the queue"))?;
                }
            }
            let added = add(&mut turn, drafts).await?;
            turn.commit().await.map_err(failed("add to the queue"))?;
            Ok(added)
        })
    }

    /// All seats of a queue, by item and place.
    pub fn seats(&self, queue: &str) -> Result<Vec<Seat>, CatalogError> {
        const SQL: &str =
            "SELECT queue, item, place, reviewer, until, done FROM seat WHERE queue = $1 ORDER BY item, place";
        self.runtime.block_on(async {
            let rows = sqlx::query(SQL).bind(queue.to_owned()).fetch_all(&self.pool).await;
            rows.map_err(failed("read its seats"))?.iter().map(seat).collect()
        })
    }

    /// Takes a seat at the first of these items that has one for this reviewer: the one that is held already, else one that
    /// is free or whose time is over. `None` where no item has one.
    pub fn take(&self, taking: Taking<'_>, items: &[String]) -> Result<Option<String>, CatalogError> {
        self.runtime.block_on(async {
            let mut turn = self.turn().await?;
            for item in items {
                if take_one(&mut turn, taking, item).await? {
                    turn.commit().await.map_err(failed("take a seat"))?;
                    return Ok(Some(item.clone()));
                }
            }
            Ok(None)
        })
    }

    /// Marks the reviewer's seat as done, or as not done any more, and adds what was said, in one step. Where the reviewer has
    /// no seat at the item, nothing happens: `None`.
    pub fn sit(
        &self,
        taking: Taking<'_>,
        item: &str,
        done: bool,
        drafts: &[Draft],
    ) -> Result<Option<Vec<Entry>>, CatalogError> {
        self.runtime.block_on(async {
            let mut turn = self.turn().await?;
            if done && !take_one(&mut turn, taking, item).await? {
                return Ok(None);
            }
            const SQL: &str = "UPDATE seat SET done = $1 WHERE queue = $2 AND item = $3 AND reviewer = $4";
            let query = sqlx::query(SQL).bind(i64::from(done)).bind(taking.queue.to_owned()).bind(item.to_owned());
            let sat = query.bind(taking.reviewer.to_owned()).execute(&mut *turn).await;
            if sat.map_err(failed("keep the seat"))?.rows_affected() == 0 {
                return Ok(None);
            }
            let added = add(&mut turn, drafts).await?;
            turn.commit().await.map_err(failed("write what was said"))?;
            Ok(Some(added))
        })
    }

    /// Frees the reviewer's seat at an item where its label was not given.
    pub fn leave(&self, queue: &str, item: &str, reviewer: &str) -> Result<bool, CatalogError> {
        self.runtime.block_on(async {
            let mut turn = self.turn().await?;
            const SQL: &str = "UPDATE seat SET reviewer = NULL, until = NULL \
                               WHERE queue = $1 AND item = $2 AND reviewer = $3 AND done = 0";
            let query = sqlx::query(SQL).bind(queue.to_owned()).bind(item.to_owned()).bind(reviewer.to_owned());
            let left = query.execute(&mut *turn).await.map_err(failed("leave a seat"))?.rows_affected();
            turn.commit().await.map_err(failed("leave a seat"))?;
            Ok(left > 0)
        })
    }
}

/// All seats of all queues.
pub(crate) async fn all(turn: &mut Transaction<'static, Any>) -> Result<Vec<Seat>, CatalogError> {
    const SQL: &str = "SELECT queue, item, place, reviewer, until, done FROM seat ORDER BY queue, item, place";
    let rows = sqlx::query(SQL).fetch_all(&mut **turn).await;
    rows.map_err(failed("read its seats"))?.iter().map(seat).collect()
}

/// Takes or renews a seat; false where there is none for this reviewer.
async fn take_one(turn: &mut Transaction<'static, Any>, taking: Taking<'_>, item: &str) -> Result<bool, CatalogError> {
    const HELD: &str = "UPDATE seat SET until = $1 WHERE queue = $2 AND item = $3 AND reviewer = $4 AND done = 0";
    let query = sqlx::query(HELD).bind(taking.until.to_owned()).bind(taking.queue.to_owned()).bind(item.to_owned());
    let held = query.bind(taking.reviewer.to_owned()).execute(&mut **turn).await.map_err(failed("take a seat"))?;
    if held.rows_affected() > 0 {
        return Ok(true);
    }
    const FREE: &str = "UPDATE seat SET reviewer = $1, until = $2 \
                        WHERE queue = $3 AND item = $4 AND place = ( \
                            SELECT MIN(place) FROM seat \
                            WHERE queue = $3 AND item = $4 AND done = 0 AND (reviewer IS NULL OR until <= $5)) \
                        AND NOT EXISTS (SELECT 1 FROM seat WHERE queue = $3 AND item = $4 AND reviewer = $1)";
    let query = sqlx::query(FREE).bind(taking.reviewer.to_owned()).bind(taking.until.to_owned());
    let query = query.bind(taking.queue.to_owned()).bind(item.to_owned()).bind(taking.now.to_owned());
    let taken = query.execute(&mut **turn).await.map_err(failed("take a seat"))?;
    Ok(taken.rows_affected() > 0)
}

pub(crate) async fn put_back(turn: &mut Transaction<'static, Any>, seats: &[Seat]) -> Result<(), CatalogError> {
    const SQL: &str = "INSERT INTO seat (queue, item, place, reviewer, until, done) VALUES ($1, $2, $3, $4, $5, $6)";
    for seat in seats {
        let query = sqlx::query(SQL).bind(seat.queue.clone()).bind(seat.item.clone()).bind(i64::from(seat.place));
        let query = query.bind(seat.reviewer.clone()).bind(seat.until.clone()).bind(i64::from(seat.done));
        query.execute(&mut **turn).await.map_err(failed("restore its seats"))?;
    }
    Ok(())
}

fn seat(row: &AnyRow) -> Result<Seat, CatalogError> {
    Ok(Seat {
        queue: column(row, 0)?,
        item: column(row, 1)?,
        place: column::<i64>(row, 2)? as u32,
        reviewer: column(row, 3)?,
        until: column(row, 4)?,
        done: column::<i64>(row, 5)? != 0,
    })
}
