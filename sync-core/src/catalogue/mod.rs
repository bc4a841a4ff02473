//! What a record may contain and what the books print, as data: TOML files.
//!
//! A catalogue folder holds
//!
//! | file | says |
//! |---|---|
//! | `catalogue.toml` | `extends = "default"` or `"none"`, and what of the default to `remove` |
//! | `kinds/NAME.toml` | a kind of record: fields, who writes them, steps, time limits |
//! | `books/NAME.toml` | a book: its pages, rows, columns and numbers |
//! | `codes/NAME.toml` | a code list |
//! | `roles.toml` | what a member may be |
//! | `holidays.toml` | holidays, make-up workdays, office hours |
//! | `metrics.toml` | by what the station is measured |
//! | `settings.toml` | numbers that differ from place to place |
//!
//! A file replaces the default's file of the same path. [`Catalogue::load`] finds all mistakes
//! of a folder at once, each with file, line and mend. A catalogue travels as a bundle: the
//! files that hold after `extends` and `remove`, in one canonical text of bytes.

pub mod block;
mod book;
mod bundle;
mod clock;
mod docs;
mod embedded;
mod expr;
mod holidays;
mod kind;
mod limits;
mod lists;
mod load;
mod metrics;
mod mistake;
mod names;
mod read;

use std::collections::BTreeMap;

pub use book::{Book, Column, Fold, Footer, NumberRule, PageBy, RowKey, Source};
pub use bundle::{BundleError, MAX_BUNDLE_BYTES, MAX_BUNDLE_FILES};
pub use clock::{Due, Taken, dues};
pub use docs::record_kinds_markdown;
pub use expr::{
    Around, Datum, Expr, ExprContext, ExprError, Facts, People, RecordData, Ref, StepEvent,
    display, display_moment, display_span, run_on, spoken_moment,
};
pub use holidays::{DayKind, Holiday, Holidays, OfficeHours};
pub use kind::{
    Count, Draws, Extension, Field, FieldType, Guard, Holds, Kind, Limit, Merge, Personal,
    Required, Step, TimeUnit, Where,
};
pub use limits::{day_of, due, last_day, midnight};
pub use lists::{AUTHOR, Code, CodeList, HANDLER, MEMBER, Role, Setting};
pub use metrics::{Baseline, MetricRules, MetricSetting, Phases};
pub use mistake::Mistake;
pub use names::{Label, Language};

use crate::ids::Hash;

/// The text of files by their path inside the catalogue folder, `/` between names.
pub type Sources = BTreeMap<String, String>;

/// A catalogue without mistakes.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    pub kinds: BTreeMap<String, Kind>,
    pub books: BTreeMap<String, Book>,
    pub codes: BTreeMap<String, CodeList>,
    pub roles: BTreeMap<String, Role>,
    pub holidays: Holidays,
    pub metrics: MetricRules,
    pub settings: BTreeMap<String, Setting>,
    /// The files that hold, after `extends` and `remove`, without `catalogue.toml`.
    files: Sources,
}

impl Catalogue {
    /// Reads a catalogue folder, or says everything that is wrong with it, by file and line.
    pub fn load(sources: &Sources) -> Result<Catalogue, Vec<Mistake>> {
        load::load(sources)
    }

    /// The catalogue that the program brings along.
    pub fn embedded() -> &'static Catalogue {
        &embedded::CATALOGUE
    }

    /// The canonical bytes of the files that hold. Equal files give equal bytes.
    pub fn bundle(&self) -> Vec<u8> {
        bundle::pack(&self.files)
    }

    /// What [`Catalogue::bundle`] packed.
    pub fn from_bundle(bytes: &[u8]) -> Result<Catalogue, BundleError> {
        bundle::open(bytes)
    }

    /// The name of this catalogue: the SHA-256 of its bundle.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.bundle())
    }

    pub fn files(&self) -> &Sources {
        &self.files
    }

    /// The books that people read, R2 before R10.
    pub fn shelf(&self) -> Vec<&Book> {
        let books = self.books.values();
        let mut books: Vec<&Book> = books.filter(|book| book.has_pages()).collect();
        books.sort_by_key(|book| (book.name.len(), &book.name));
        books
    }
}

#[cfg(test)]
mod tests;
