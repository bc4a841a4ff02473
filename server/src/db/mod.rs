//! The store: one text of SQL on an embedded SQLite file or on PostgreSQL.
//!
//! A statement is a file `server/sql/<table>_<verb>.sql`, named with [`sql!`](crate::sql) and
//! given its values with [`args!`](crate::args). Whatever writes does so inside
//! [`write_tx!`](crate::write_tx); a handler has one.

mod attempts;
mod connect;
mod migrate;
mod query;
mod row;
mod tx;

use sqlx::{PgPool, SqlitePool};

pub use attempts::{Attempts, Mode};
pub use connect::{Location, Schema};
pub use migrate::SCHEMA_VERSION;
pub use query::{Arg, Query, storable};
pub use row::Row;
pub use tx::Tx;

use crate::error::{Error, Result};

#[derive(Debug, Clone)]
pub enum Db {
    Sqlite(SqliteStore),
    Postgres(PgPool),
}

/// SQLite has one writer at a time in any case: with one connection that writes, waiting is a
/// queue in this process and not a race for the file's lock.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

impl SqliteStore {
    /// The one connection that writes: for transactions and the test that prepares every
    /// statement.
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }
}

impl Db {
    /// What the metrics and messages call the engine.
    pub fn engine(&self) -> &'static str {
        match self {
            Db::Sqlite(_) => "sqlite",
            Db::Postgres(_) => "postgres",
        }
    }

    /// Every row that the statement selects, outside any transaction.
    pub async fn fetch_all(&self, query: Query, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        match self {
            Db::Sqlite(store) => sqlx::query_with(query.sql, query::sqlite(query, args)?)
                .fetch_all(&store.readers)
                .await
                .map(|rows| {
                    rows.into_iter()
                        .map(|row| Row::sqlite(query, row))
                        .collect()
                }),
            Db::Postgres(pool) => sqlx::query_with(query.sql, query::postgres(query, args)?)
                .fetch_all(pool)
                .await
                .map(|rows| {
                    rows.into_iter()
                        .map(|row| Row::postgres(query, row))
                        .collect()
                }),
        }
        .map_err(|source| Error::database(query.name, source))
    }

    /// The first row that the statement selects, outside any transaction.
    pub async fn fetch_opt(&self, query: Query, args: &[Arg<'_>]) -> Result<Option<Row>> {
        match self {
            Db::Sqlite(store) => sqlx::query_with(query.sql, query::sqlite(query, args)?)
                .fetch_optional(&store.readers)
                .await
                .map(|row| row.map(|row| Row::sqlite(query, row))),
            Db::Postgres(pool) => sqlx::query_with(query.sql, query::postgres(query, args)?)
                .fetch_optional(pool)
                .await
                .map(|row| row.map(|row| Row::postgres(query, row))),
        }
        .map_err(|source| Error::database(query.name, source))
    }

    /// Gives the connections back and lets SQLite fold its log into the file.
    pub async fn close(&self) {
        match self {
            Db::Sqlite(store) => {
                store.readers.close().await;
                store.writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}
