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

impl Db {
    /// Runs `work` in one transaction that writes, and returns once the commit is durable.
    ///
    /// `work` runs again from its beginning when the database says that another transaction got
    /// in its way, so it must have no effect but its statements. An error rolls back. When the
    /// connection breaks in the commit nobody can say whether it happened: every write carries a
    /// key under which doing it twice is doing it once.
    pub async fn write<T>(
        &self,
        operation: &'static str,
        mut work: impl AsyncFnMut(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let mut tries = 1;
        loop {
            match self.attempt(operation, Mode::Write, &mut work).await {
                Err(error) if error.may_be_tried_again() && tries < TRIES => {
                    metrics::counter!("wardbook_transaction_retries_total", "operation" => operation)
                        .increment(1);
                    tokio::time::sleep(Duration::from_millis(5 << tries)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Runs `work` on one unmoving state of the store, for reads that must agree with each other.
    pub async fn read<T>(
        &self,
        operation: &'static str,
        mut work: impl AsyncFnMut(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        self.attempt(operation, Mode::Read, &mut work).await
    }

    async fn attempt<T>(
        &self,
        operation: &'static str,
        mode: Mode,
        work: &mut impl AsyncFnMut(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let mut tx = self.begin(operation, mode).await?;
        let outcome = work(&mut tx).await?;
        tx.commit(operation).await?;
        Ok(outcome)
    }

    async fn begin(&self, operation: &'static str, mode: Mode) -> Result<Tx> {
        match self {
            // A default transaction that reads and then writes fails when another wrote in
            // between; IMMEDIATE waits for its turn first.
            Db::Sqlite(store) => match mode {
                Mode::Write => store.writer.begin_with("BEGIN IMMEDIATE").await,
                Mode::Read => store.readers.begin_with("BEGIN").await,
            }
            .map(Tx::Sqlite),
            Db::Postgres(pool) => match mode {
                Mode::Write => pool.begin_with("BEGIN").await,
                Mode::Read => {
                    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                        .await
                }
            }
            .map(Tx::Postgres),
        }
        .map_err(|source| Error::database(operation, source))
    }
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    Read,
    Write,
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
}
