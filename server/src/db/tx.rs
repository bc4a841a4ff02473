//! An open transaction: the one place where they open, and what may be said inside one.
//!
//! The statements that open and end it are sent as they are. The library's own count of open
//! transactions was not used since SQLite, when its disk is full, ends a transaction by itself:
//! the count stayed wrong, and the one connection that writes never wrote again.

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};

use super::{Arg, Db, Mode, Query, Row, query};
use crate::error::{Error, Result};

/// An open transaction. Dropped without an end, as when a client leaves, it takes its connection
/// with it, which rolls back.
#[derive(Debug)]
pub struct Tx {
    on: Connection,
    /// A statement failed: PostgreSQL would answer COMMIT with a silent ROLLBACK.
    failed: bool,
    ended: bool,
}

#[derive(Debug)]
enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Tx {
    pub(super) async fn begin(db: &Db, operation: &'static str, mode: Mode) -> Result<Tx> {
        let on = match db {
            Db::Sqlite(store) => match mode {
                Mode::Write => store.writer.acquire().await,
                Mode::Read => store.readers.acquire().await,
            }
            .map(Connection::Sqlite),
            Db::Postgres(pool) => pool.acquire().await.map(Connection::Postgres),
        }
        .map_err(|source| Error::database(operation, source))?;
        // A default transaction of SQLite that reads and then writes fails when another wrote in
        // between; IMMEDIATE waits for its turn first.
        let begin = match (&on, mode) {
            (Connection::Sqlite(_), Mode::Write) => "BEGIN IMMEDIATE",
            (Connection::Sqlite(_), Mode::Read) | (Connection::Postgres(_), Mode::Write) => "BEGIN",
            (Connection::Postgres(_), Mode::Read) => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
        };
        let mut tx = Tx {
            on,
            failed: false,
            ended: false,
        };
        tx.batch(operation, begin).await?;
        Ok(tx)
    }

    /// Executes a statement and says how many rows it touched.
    pub async fn exec(&mut self, query: Query, args: &[Arg<'_>]) -> Result<u64> {
        let done = match &mut self.on {
            Connection::Sqlite(on) => sqlx::query_with(query.sql, query::sqlite(query, args)?)
                .execute(&mut **on)
                .await
                .map(|done| done.rows_affected()),
            Connection::Postgres(on) => sqlx::query_with(query.sql, query::postgres(query, args)?)
                .execute(&mut **on)
                .await
                .map(|done| done.rows_affected()),
        };
        self.noted(query.name, done)
    }

    /// Every row that the statement selects or returns.
    pub async fn fetch_all(&mut self, query: Query, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        let rows = match &mut self.on {
            Connection::Sqlite(on) => sqlx::query_with(query.sql, query::sqlite(query, args)?)
                .fetch_all(&mut **on)
                .await
                .map(|rows| {
                    rows.into_iter()
                        .map(|row| Row::sqlite(query, row))
                        .collect()
                }),
            Connection::Postgres(on) => sqlx::query_with(query.sql, query::postgres(query, args)?)
                .fetch_all(&mut **on)
                .await
                .map(|rows| {
                    rows.into_iter()
                        .map(|row| Row::postgres(query, row))
                        .collect()
                }),
        };
        self.noted(query.name, rows)
    }

    /// The first row that the statement selects or returns. All are fetched, so that a statement
    /// that writes and returns is run to its end.
    pub async fn fetch_opt(&mut self, query: Query, args: &[Arg<'_>]) -> Result<Option<Row>> {
        Ok(self.fetch_all(query, args).await?.into_iter().next())
    }

    /// Statements without values, one after the other: those of migrations, and of transactions.
    pub(super) async fn batch(&mut self, name: &'static str, sql: &'static str) -> Result<()> {
        let done = match &mut self.on {
            Connection::Sqlite(on) => sqlx::raw_sql(sql).execute(&mut **on).await.map(drop),
            Connection::Postgres(on) => sqlx::raw_sql(sql).execute(&mut **on).await.map(drop),
        };
        self.noted(name, done)
    }

    pub(super) async fn commit(mut self, operation: &'static str) -> Result<()> {
        if self.failed {
            self.roll_back(operation).await;
            return Err(Error::FailurePassedOver { operation });
        }
        self.batch(operation, "COMMIT").await?;
        self.ended = true;
        Ok(())
    }

    pub(super) async fn roll_back(mut self, operation: &'static str) {
        self.ended = self.batch(operation, "ROLLBACK").await.is_ok();
    }

    fn noted<T>(&mut self, name: &'static str, outcome: Result<T, sqlx::Error>) -> Result<T> {
        outcome.map_err(|source| {
            self.failed = true;
            Error::database(name, source)
        })
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if !self.ended {
            match &mut self.on {
                Connection::Sqlite(on) => on.close_on_drop(),
                Connection::Postgres(on) => on.close_on_drop(),
            }
        }
    }
}
