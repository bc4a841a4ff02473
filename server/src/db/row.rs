//! A row of either engine, read by column name.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use super::Query;
use crate::error::{Error, Result};

#[derive(Debug)]
pub struct Row {
    query: &'static str,
    cells: Cells,
}

enum Cells {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A row may hold personal values: its cells are never printed.
impl std::fmt::Debug for Cells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cells(..)")
    }
}

impl Row {
    pub(super) fn sqlite(query: Query, row: SqliteRow) -> Self {
        Row {
            query: query.name,
            cells: Cells::Sqlite(row),
        }
    }

    pub(super) fn postgres(query: Query, row: PgRow) -> Self {
        Row {
            query: query.name,
            cells: Cells::Postgres(row),
        }
    }

    /// The value of a column: `i64`, `String`, `Vec<u8>`, `bool`, or an `Option` of one.
    pub fn get<T>(&self, column: &str) -> Result<T>
    where
        T: for<'r> Decode<'r, Sqlite>
            + Type<Sqlite>
            + for<'r> Decode<'r, Postgres>
            + Type<Postgres>,
    {
        match &self.cells {
            Cells::Sqlite(row) => row.try_get(column),
            Cells::Postgres(row) => row.try_get(column),
        }
        .map_err(|source| Error::database(self.query, source))
    }

    /// A column that counts something, such as a sequence number.
    pub fn count(&self, column: &str) -> Result<u64> {
        u64::try_from(self.get::<i64>(column)?).map_err(|_| self.odd(column))
    }

    /// The same where the column may be empty.
    pub fn count_opt(&self, column: &str) -> Result<Option<u64>> {
        let count = self.get::<Option<i64>>(column)?;
        count
            .map(|count| u64::try_from(count).map_err(|_| self.odd(column)))
            .transpose()
    }

    /// A column of exactly `N` bytes, such as a hash: `row.bytes("hash").map(Hash)`.
    pub fn bytes<const N: usize>(&self, column: &str) -> Result<[u8; N]> {
        self.sized(column, self.get::<Vec<u8>>(column)?)
    }

    /// The same where the column may be empty.
    pub fn bytes_opt<const N: usize>(&self, column: &str) -> Result<Option<[u8; N]>> {
        self.get::<Option<Vec<u8>>>(column)?
            .map(|bytes| self.sized(column, bytes))
            .transpose()
    }

    /// A text column that must have a form, such as a person's code.
    pub fn parse<T: std::str::FromStr>(&self, column: &str) -> Result<T> {
        self.get::<String>(column)?
            .parse()
            .map_err(|_| self.odd(column))
    }

    fn sized<const N: usize>(&self, column: &str, bytes: Vec<u8>) -> Result<[u8; N]> {
        bytes.try_into().map_err(|_| self.odd(column))
    }

    fn odd(&self, column: &str) -> Error {
        Error::StoredValue {
            query: self.query,
            column: column.to_owned(),
        }
    }
}
