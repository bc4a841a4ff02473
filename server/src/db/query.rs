//! A statement and the values it is given.

use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sync_core::ids::{ActorName, DeviceId, Hash, PersonId, RecordId, StationId};

use crate::error::{Error, Result};

/// A statement of `server/sql`. Made with [`sql!`](crate::sql) alone.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    pub name: &'static str,
    pub sql: &'static str,
}

/// The statement in `server/sql/<name>.sql`; a name without a file does not compile.
#[macro_export]
macro_rules! sql {
    ($name:literal) => {
        $crate::db::Query {
            name: $name,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/", $name, ".sql")),
        }
    };
}

/// The values of `$1`, `$2`, … in this order.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        &[$($crate::db::Arg::from($value)),*]
    };
}

/// One value. A missing value keeps its type, because PostgreSQL asks for it.
#[derive(Debug, Clone, Copy)]
pub enum Arg<'a> {
    Text(Option<&'a str>),
    Int(Option<i64>),
    Bytes(Option<&'a [u8]>),
    Bool(Option<bool>),
}

macro_rules! arg_from {
    ($($from:ty => $arm:ident, $value:ident => $to:expr;)*) => {$(
        impl<'a> From<$from> for Arg<'a> {
            fn from($value: $from) -> Self {
                Arg::$arm(Some($to))
            }
        }
        impl<'a> From<Option<$from>> for Arg<'a> {
            fn from(value: Option<$from>) -> Self {
                Arg::$arm(value.map(|$value| $to))
            }
        }
    )*};
}

arg_from! {
    &'a str => Text, value => value;
    &'a String => Text, value => value.as_str();
    &'a StationId => Text, value => value.as_str();
    &'a PersonId => Text, value => value.as_str();
    i64 => Int, value => value;
    i32 => Int, value => i64::from(value);
    u32 => Int, value => i64::from(value);
    // What is counted stays far below the last number that a column holds.
    u64 => Int, value => i64::try_from(value).unwrap_or(i64::MAX);
    &'a [u8] => Bytes, value => value;
    &'a Vec<u8> => Bytes, value => value.as_slice();
    &'a Hash => Bytes, value => value.0.as_slice();
    &'a DeviceId => Bytes, value => value.0.as_slice();
    &'a RecordId => Bytes, value => value.0.as_slice();
    &'a ActorName => Bytes, value => value.0.as_slice();
    bool => Bool, value => value;
}

impl<'a, const N: usize> From<&'a [u8; N]> for Arg<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Arg::Bytes(Some(value.as_slice()))
    }
}

/// A text as both engines hold it. PostgreSQL has no place for NUL, and what a phone has sent must
/// not keep a station from being written.
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

macro_rules! encode {
    ($name:ident, $arguments:ty) => {
        pub(super) fn $name(query: Query, args: &[Arg<'_>]) -> Result<$arguments> {
            let mut list = <$arguments>::default();
            for arg in args {
                match *arg {
                    Arg::Text(Some(text)) if text.contains('\0') => list.add(storable(text)),
                    Arg::Text(value) => list.add(value),
                    Arg::Int(value) => list.add(value),
                    Arg::Bytes(value) => list.add(value),
                    Arg::Bool(value) => list.add(value),
                }
                .map_err(|source| Error::database(query.name, sqlx::Error::Encode(source)))?;
            }
            Ok(list)
        }
    };
}

encode!(sqlite, SqliteArguments);
encode!(postgres, PgArguments);
