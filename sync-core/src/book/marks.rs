//! What stands beside a line whatever the book: devices, clocks, removal.

use jiff::civil::Date;

use super::reading::Reading;
use super::{Clocks, Drift, DriftCause, LineCell, LineMarks, Removed};
use crate::catalogue::{FieldType, Kind, day_of};
use crate::record::data;
use crate::record::state::{self, Conflict};
use crate::record::view::View;
use crate::record::write::REMOVED;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// Clocks that lie closer are one time (`docs/decisions/books.md`).
const TOLERANCE: i64 = 5 * MINUTE;

/// The marks that do not depend on a book's columns.
pub(super) fn of(reading: &Reading<'_>) -> LineMarks {
    let view = reading.view;
    let mut devices = Vec::new();
    for change in &view.changes {
        if !devices.contains(&change.origin.act.device) {
            devices.push(change.origin.act.device);
        }
    }
    let clocks = clocks(view, reading.kind, reading.station.offset());
    let is_date = clock_is_a_date(reading);
    let ended = clocks
        .happened
        .saturating_add(if is_date { DAY } else { 0 });
    LineMarks {
        devices,
        clocks,
        drift: drift(view, &clocks),
        late: clocks.recorded.saturating_sub(ended) > DAY,
        amended: Vec::new(),
        conflicts: Vec::new(),
        removed: removed(view, Some(reading.kind)),
        unknown: is_unknown(view, reading.kind),
        breaches: reading.breaches.steps.clone(),
        missing: reading.breaches.missing.clone(),
        unreadable: Vec::new(),
    }
}

/// A date has no hour: the day itself is no delay.
fn clock_is_a_date(reading: &Reading<'_>) -> bool {
    let clock = reading.kind.clock.as_deref();
    let clock = clock.and_then(|name| reading.kind.field(name));
    clock.is_some_and(|field| field.ty == FieldType::Date)
}

pub(super) fn clocks(view: &View, kind: &Kind, offset: i32) -> Clocks {
    let first = view.changes.first().map(|change| &change.origin);
    Clocks {
        happened: data::happened(view, kind, offset),
        recorded: first.map_or(0, |origin| origin.at),
        received: first.and_then(|origin| origin.received_at),
    }
}

/// A phone that says "recorded at noon" of what reached the server at ten is wrong, and so is
/// one that wrote before the time of what it had seen. Otherwise it was without signal. How slow
/// a slow phone is cannot be told from the time of arrival, which waiting for signal delays too:
/// only what contradicts itself is shown.
fn drift(view: &View, clocks: &Clocks) -> Option<Drift> {
    let apart = clocks.received?.saturating_sub(clocks.recorded);
    if apart.saturating_abs() <= TOLERANCE {
        return None;
    }
    let first = view.changes.first()?;
    let own = view.changes.iter().skip(1);
    let own = own.filter(|later| later.origin.act.device == first.origin.act.device);
    let slow = own
        .map(|later| first.origin.at.saturating_sub(later.origin.at))
        .chain([clocks.happened.saturating_sub(clocks.recorded)])
        .max()
        .filter(|slow| *slow > TOLERANCE);
    let (ms, cause) = match slow {
        _ if apart < 0 => (apart, DriftCause::PhoneClock),
        Some(slow) => (slow, DriftCause::PhoneClock),
        None => (apart, DriftCause::LateSync),
    };
    Some(Drift { ms, cause })
}

/// The record's day in the station's time zone. Where its clock lies outside the calendar, the
/// day it was recorded or received, so that it still has a page.
pub(super) fn day(view: &View, kind: Option<&Kind>, offset: i32) -> Option<String> {
    let origin = &view.changes.first()?.origin;
    let happened = kind.map(|kind| data::happened(view, kind, offset));
    let moments = [happened, Some(origin.at), origin.received_at];
    let days = moments
        .into_iter()
        .flatten()
        .filter_map(|at| day_of(at, offset));
    let is_printable = |day: &Date| (0..=9999).contains(&day.year());
    let mut days = days.filter(is_printable);
    days.next().map(|day| day.to_string())
}

pub(super) fn removed(view: &View, kind: Option<&Kind>) -> Option<Removed> {
    let removal = state::removal(view)?;
    let origin = &view.changes[removal.change].origin;
    let disputed = state::conflicts(view, kind)
        .iter()
        .any(|conflict| matches!(conflict, Conflict::RemovedEdited { target: None, .. }));
    Some(Removed {
        reason: removal.value.as_str().unwrap_or_default().to_owned(),
        by: origin.person.to_string(),
        device: origin.act.device,
        at: origin.at,
        disputed,
    })
}

fn is_unknown(view: &View, kind: &Kind) -> bool {
    let keys = view
        .fields
        .keys()
        .chain(view.rows.keys())
        .chain(view.texts.keys());
    let mut names = keys.map(|key| key.split('/').next().unwrap_or(key));
    names.any(|name| name != REMOVED && kind.field(name).is_none())
}

/// What stands for a register number until there is one: the act that made the record.
pub(super) fn provisional(view: &View) -> String {
    let first = view.changes.first();
    first.map_or_else(String::new, |change| change.origin.act.to_string())
}

/// A cell as it takes part in the order of rows. Numbers sort as numbers.
pub(super) fn sort_text(cell: &LineCell) -> String {
    match cell {
        LineCell::Text(text) => plain(&text.zh),
        LineCell::Number(n) => number_key(*n),
        LineCell::Span(from, _) => number_key(*from as f64),
        LineCell::Refs(references) => plain(&references.join("")),
        LineCell::Contested(variants) => variants
            .first()
            .map_or_else(String::new, |variant| plain(&variant.text.zh)),
        LineCell::Unreadable => String::new(),
    }
}

fn number_key(n: f64) -> String {
    // The bits of a positive number sort as it does, those of a negative one the other way.
    let bits = n.to_bits();
    let key = if n.is_sign_negative() {
        !bits
    } else {
        bits | 1 << 63
    };
    format!("{key:020}")
}

/// A text without control characters, which a key must not hold and Postgres cannot (NUL).
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
