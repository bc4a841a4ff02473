//! Opens a store: where it is, and the settings a receipt depends on.

use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Db, SqliteStore};
use crate::error::{Error, Result};

/// Where the books are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    File(PathBuf),
    /// A PostgreSQL URL. It may hold a password.
    Url(String),
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::File(path) => write!(f, "File({})", path.display()),
            Location::Url(_) => f.write_str("Url(..)"),
        }
    }
}

/// Whether opening may make a new store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    Create,
    Existing,
}

const READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a statement waits for a connection, and SQLite for another process's transaction.
const PATIENCE: Duration = Duration::from_secs(15);

impl Db {
    pub async fn open(location: &Location, schema: Schema) -> Result<Db> {
        let db = match location {
            Location::File(path) => Self::open_file(path.clone(), schema).await?,
            Location::Url(url) => Self::open_url(url).await?,
        };
        match schema {
            Schema::Create => db.create_schema().await?,
            Schema::Existing => db.migrate_schema().await?,
        }
        Ok(db)
    }

    async fn open_file(path: PathBuf, schema: Schema) -> Result<Db> {
        if schema == Schema::Existing && !path.exists() {
            return Err(Error::StoreMissing { path });
        }
        if schema == Schema::Create {
            // The files beside it take its permissions over.
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(&path)
                .map_err(|source| Error::file("making the store", &path, source))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(schema == Schema::Create)
            .journal_mode(SqliteJournalMode::Wal)
            // A receipt promises that the commit survives a power cut; with NORMAL one in
            // twenty-five was lost.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .connect_with(options.clone())
            .await
            .map_err(|source| Error::database("open the store", source))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .connect_with(options.pragma("query_only", "ON"))
            .await
            .map_err(|source| Error::database("open the store for reading", source))?;
        Ok(Db::Sqlite(SqliteStore { writer, readers }))
    }

    async fn open_url(url: &str) -> Result<Db> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|source| Error::database("read the database URL", source))?
            .application_name("wardbook")
            .options([
                ("synchronous_commit", "on"),
                // A handler that died must not keep a station's row.
                ("idle_in_transaction_session_timeout", "60000"),
                ("lock_timeout", "15000"),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(|source| Error::database("connect to the database", source))?;
        Ok(Db::Postgres(pool))
    }
}
