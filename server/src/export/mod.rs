//! Records and books as files, written as they are read: what stays in memory is a part of a
//! book, or one record.

mod book;
pub(crate) mod csv;
mod facts;
mod file;
mod list;
mod metrics;
mod parts;
mod print;
mod records;
mod words;
mod xlsx;

use std::io;

pub(crate) use book::book_of;
use book::coverage;
pub use book::{Wanted, book};
pub use file::Format;
pub(crate) use list::list_of;
pub use list::{List, ListWanted, list};
pub use metrics::{around, metrics};
pub(crate) use records::records_of;
pub use records::{Format as RecordFormat, records};

use crate::error::{Error, Result};

impl Error {
    pub(crate) fn of_export(source: io::Error) -> Error {
        Error::file("writing", "the export", source)
    }
}

/// None: whoever read what was written has gone away, which is no failure.
fn written<T>(outcome: io::Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
        Err(source) => Err(Error::of_export(source)),
    }
}
