//! What lists say of a record.

use super::Station;
use crate::record::view::View;

/// A record in one row of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// By the kind's title field, in Chinese, masked where it is personal; else the external
    /// id, else the record's own.
    pub title: String,
    /// The record's day in the station's time zone, `2026-05-11`.
    pub day: Option<String>,
    /// The step it stands at; several where it is contested, none before the first.
    pub state: Vec<String>,
    pub conflicts: usize,
    /// A value that stood when the record was submitted was replaced.
    pub amended: bool,
    /// Struck out.
    pub removed: bool,
    /// Milliseconds since 1970.
    pub happened: i64,
    /// The catalogue does not know its kind: a newer phone made it.
    pub unknown: bool,
}

/// What lists say of a record, also of a kind that the catalogue does not know.
pub fn facts(view: &View, station: &Station) -> RecordFacts {
    let _ = station;
    RecordFacts {
        title: view.record.to_string(),
        ..RecordFacts::default()
    }
}
