//! What lists say of a record.

use super::mask::mask;
use super::{Station, amend, marks};
use crate::catalogue::{Datum, FieldType, Kind, Language, display};
use crate::record::data;
use crate::record::state::{self, Progress};
use crate::record::view::View;

/// A record in one row of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// By the kind's title field, in Chinese, masked where it is personal; else the external
    /// id, else the record's own. A day is `2026-05-11`: who shows it says it in the reader's
    /// language.
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
    let kind = station.catalogue().kinds.get(&view.kind);
    let offset = station.offset();
    let first = view.changes.first();
    let recorded = first.map(|change| change.origin.at).unwrap_or_default();
    RecordFacts {
        title: title(view, kind, station),
        day: marks::day(view, kind, offset),
        state: states(view),
        conflicts: state::conflicts(view, kind).len(),
        amended: kind.is_some_and(|kind| amend::is_amended(view, kind)),
        removed: state::removal(view).is_some(),
        happened: kind.map_or(recorded, |kind| data::happened(view, kind, offset)),
        unknown: kind.is_none(),
    }
}

/// Lists are kept in the open, so a personal title stands in them masked.
fn title(view: &View, kind: Option<&Kind>, station: &Station) -> String {
    let field = kind.and_then(|kind| kind.field(kind.title.as_deref()?));
    let text = field.map_or_else(String::new, |field| {
        let datum = data::datum(view, field);
        let text = match &datum {
            Datum::Text(day) if field.ty == FieldType::Date => day.clone(),
            datum => display(field, datum, station.around(), Language::Zh),
        };
        field
            .personal
            .map_or(text.clone(), |personal| mask(personal, &text))
    });
    let given = [Some(text), view.external_id.clone()];
    let mut given = given.iter().flatten().map(|text| marks::plain(text));
    given
        .find(|text| !text.trim().is_empty())
        .unwrap_or_else(|| view.record.to_string())
}

fn states(view: &View) -> Vec<String> {
    let to = |step: &crate::record::view::Entry| step.text("to").map(str::to_owned);
    let mut states: Vec<String> = match Progress::of(view) {
        Progress::Nothing => Vec::new(),
        Progress::At(step) => to(step).into_iter().collect(),
        Progress::Contested(steps) => steps.into_iter().filter_map(to).collect(),
    };
    states.sort();
    states.dedup();
    states
}
