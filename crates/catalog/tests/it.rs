//! One suite, on both databases: everything that holds of a file of SQLite holds of PostgreSQL.

#[path = "it/kept.rs"]
mod kept;
#[path = "it/killed.rs"]
mod killed;
#[path = "it/many.rs"]
mod many;
#[path = "it/seats.rs"]
mod seats;
#[path = "it/versions.rs"]
mod versions;

use camino::Utf8PathBuf;
use catalog::{Catalog, Place};
use domain::entry::{Draft, Noun};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::postgres::Server;

/// Opens an empty place, as often as asked: each call of the function gives the same place.
type Fresh<'a> = &'a dyn Fn() -> Place;

/// A test and its name.
type Case = (&'static str, fn(Fresh));

const CASES: [Case; 18] = [
    ("entries_come_back_in_order", kept::entries_come_back_in_order),
    ("all_or_none", kept::all_or_none),
    ("whoever_was_overtaken_is_told", kept::whoever_was_overtaken_is_told),
    ("hostile_text_is_kept_as_it_is", kept::hostile_text_is_kept_as_it_is),
    ("a_changed_history_is_told", kept::a_changed_history_is_told),
    ("a_backup_comes_back_whole", kept::a_backup_comes_back_whole),
    ("whatever_somebody_edits_in_it_is_told", kept::whatever_somebody_edits_in_it_is_told),
    (
        "a_history_of_every_noun_is_the_same_in_the_other_kind",
        kept::a_history_of_every_noun_is_the_same_in_the_other_kind,
    ),
    ("a_catalog_is_of_the_eval_that_said_something_first", kept::a_catalog_is_of_the_eval_that_said_something_first),
    ("of_two_evals_that_write_first_one_is_refused", kept::of_two_evals_that_write_first_one_is_refused),
    ("an_empty_catalog_is_empty", kept::an_empty_catalog_is_empty),
    ("many_writers_lose_nothing", many::many_writers_lose_nothing),
    ("of_two_who_saw_the_same_one_writes", many::of_two_who_saw_the_same_one_writes),
    ("an_item_has_so_many_seats", seats::an_item_has_so_many_seats),
    ("nobody_sits_twice", seats::nobody_sits_twice),
    ("a_seat_that_ran_out_is_free", seats::a_seat_that_ran_out_is_free),
    ("many_reviewers_never_share_a_seat", seats::many_reviewers_never_share_a_seat),
    ("whoever_is_killed_loses_nothing_acknowledged", killed::whoever_is_killed_loses_nothing_acknowledged),
];

#[test]
fn on_sqlite() {
    for (name, case) in CASES {
        println!("{name}");
        let folder = TempDir::new().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("deep/er % ?/catalog.sqlite")).unwrap();
        case(&|| Place::File(path.clone()));
    }
}

#[test]
fn on_postgres() {
    let server = Server::start().unwrap();
    for (name, case) in CASES {
        println!("{name}");
        let url = server.database(name).unwrap();
        case(&|| Place::parse(&url).unwrap());
    }
}

fn draft(subject: &str, after: Option<u32>, body: Value) -> Draft {
    Draft {
        noun: Noun::Incident,
        subject: subject.to_owned(),
        after,
        what: "opened".to_owned(),
        at: "2026-11-01T08:00:00.000Z".to_owned(),
        author: "release".to_owned(),
        why: None,
        body,
    }
}

fn open(fresh: Fresh) -> Catalog {
    Catalog::open(&fresh()).unwrap()
}

/// What somebody does to the database without asking the catalog.
fn behind_its_back(place: &Place, sql: impl Into<String>) {
    let address = match place {
        Place::File(path) => format!("sqlite://{}", path.as_str().replace('%', "%25").replace('?', "%3F")),
        Place::Server(url) => url.clone(),
    };
    sqlx::any::install_default_drivers();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = sqlx::AnyPool::connect(&address).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.into())).execute(&pool).await.unwrap();
        pool.close().await;
    });
}

fn small(number: u64) -> Value {
    json!({"n": number})
}
