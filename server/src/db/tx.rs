//! Transactions: the one place where they open, and what may be said inside one.

use std::time::Duration;

use sqlx::{Postgres, Sqlite, Transaction};

use super::{Arg, Db, Query, Row, query};
use crate::error::{Error, Result};

/// How often work that another transaction got in the way of is begun again.
const TRIES: u32 = 8;

/// An open transaction. Dropped without an end it is rolled back.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the work in one transaction that writes, and gives its value once the commit is durable:
///
/// ```ignore
/// let code = write_tx!(db, "invite", async |tx| { invite(tx, station, …).await }).await?;
/// ```
///
/// The work runs again from its beginning when the database says that another transaction got in
/// its way, so it must have no effect but its statements. An error rolls back. When the
/// connection breaks in the commit nobody can say whether it happened: every write carries a key
/// under which doing it twice is doing it once.
///
/// A macro and not a method, because the future of a method that takes an async closure is not
/// `Send` enough for a handler.
#[macro_export]
macro_rules! write_tx {
    ($db:expr, $operation:expr, async |$tx:ident| $work:expr) => {
        $crate::attempt_tx!($db, $operation, $crate::db::Mode::Write, $tx, $work)
    };
}

/// Runs the work on one unmoving state of the store, for reads that must agree with each other.
#[macro_export]
macro_rules! read_tx {
    ($db:expr, $operation:expr, async |$tx:ident| $work:expr) => {
        $crate::attempt_tx!($db, $operation, $crate::db::Mode::Read, $tx, $work)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! attempt_tx {
    ($db:expr, $operation:expr, $mode:expr, $tx:ident, $work:expr) => {
        async {
            let mut attempts = $crate::db::Attempts::new(&$db, $operation, $mode);
            loop {
                let mut open = match attempts.begin().await {
                    Ok(open) => open,
                    Err(error) => break Err(error),
                };
                let $tx = &mut open;
                let outcome: $crate::error::Result<_> = async { $work }.await;
                if let Some(outcome) = attempts.end(open, outcome).await {
                    break outcome;
                }
            }
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Read,
    Write,
}

/// The attempts at one piece of work: what [`write_tx!`](crate::write_tx) and
/// [`read_tx!`](crate::read_tx) turn.
#[derive(Debug)]
pub struct Attempts<'db> {
    db: &'db Db,
    operation: &'static str,
    mode: Mode,
    made: u32,
}

impl<'db> Attempts<'db> {
    pub fn new(db: &'db Db, operation: &'static str, mode: Mode) -> Self {
        Attempts {
            db,
            operation,
            mode,
            made: 0,
        }
    }

    /// Opens a transaction: the only place that does.
    pub async fn begin(&mut self) -> Result<Tx> {
        self.made += 1;
        match self.db {
            // A default transaction that reads and then writes fails when another wrote in
            // between; IMMEDIATE waits for its turn first.
            Db::Sqlite(store) => match self.mode {
                Mode::Write => store.writer.begin_with("BEGIN IMMEDIATE").await,
                Mode::Read => store.readers.begin_with("BEGIN").await,
            }
            .map(Tx::Sqlite),
            Db::Postgres(pool) => match self.mode {
                Mode::Write => pool.begin_with("BEGIN").await,
                Mode::Read => {
                    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                        .await
                }
            }
            .map(Tx::Postgres),
        }
        .map_err(|source| Error::database(self.operation, source))
    }

    /// Commits what succeeded and rolls back what did not; `None`: begin again.
    pub async fn end<T>(&mut self, tx: Tx, outcome: Result<T>) -> Option<Result<T>> {
        let outcome = match outcome {
            Ok(value) => tx.commit(self.operation).await.map(|()| value),
            Err(error) => {
                // What follows must not find its own lock still held.
                tx.roll_back().await;
                Err(error)
            }
        };
        match outcome {
            Err(error) if error.may_be_tried_again() && self.made < TRIES => {
                metrics::counter!("wardbook_transaction_retries_total", "operation" => self.operation)
                    .increment(1);
                tokio::time::sleep(Duration::from_millis(5 << self.made)).await;
                None
            }
            outcome => Some(outcome),
        }
    }
}

impl Tx {
    /// Executes a statement and says how many rows it touched.
    pub async fn exec(&mut self, query: Query, args: &[Arg<'_>]) -> Result<u64> {
        match self {
            Tx::Sqlite(tx) => sqlx::query_with(query.sql, query::sqlite(query, args)?)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
            Tx::Postgres(tx) => sqlx::query_with(query.sql, query::postgres(query, args)?)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
        }
        .map_err(|source| Error::database(query.name, source))
    }

    /// Every row that the statement selects or returns.
    pub async fn fetch_all(&mut self, query: Query, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        match self {
            Tx::Sqlite(tx) => sqlx::query_with(query.sql, query::sqlite(query, args)?)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| {
                    rows.into_iter()
                        .map(|row| Row::sqlite(query, row))
                        .collect()
                }),
            Tx::Postgres(tx) => sqlx::query_with(query.sql, query::postgres(query, args)?)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| {
                    rows.into_iter()
                        .map(|row| Row::postgres(query, row))
                        .collect()
                }),
        }
        .map_err(|source| Error::database(query.name, source))
    }

    /// The first row that the statement selects or returns. All are fetched, so that a statement
    /// that writes and returns is run to its end.
    pub async fn fetch_opt(&mut self, query: Query, args: &[Arg<'_>]) -> Result<Option<Row>> {
        Ok(self.fetch_all(query, args).await?.into_iter().next())
    }

    /// Several statements without values, one after the other: migrations alone.
    pub(super) async fn batch(&mut self, name: &'static str, sql: &'static str) -> Result<()> {
        match self {
            Tx::Sqlite(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
            Tx::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop),
        }
        .map_err(|source| Error::database(name, source))
    }

    async fn commit(self, operation: &'static str) -> Result<()> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await,
            Tx::Postgres(tx) => tx.commit().await,
        }
        .map_err(|source| Error::database(operation, source))
    }

    async fn roll_back(self) {
        // A connection that fails here is closed, which rolls back as well.
        let _ = match self {
            Tx::Sqlite(tx) => tx.rollback().await,
            Tx::Postgres(tx) => tx.rollback().await,
        };
    }
}
