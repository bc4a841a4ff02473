//! What a card's record holds, as a page, the audit and the next change of it read it.

use sync_core::catalogue::Kind;
use sync_core::ids::{Hash, PersonId, RecordId};
use sync_core::record::change::Scalar;
use sync_core::record::parts::{self, RowPart};
use sync_core::record::state::{self, Progress};
use sync_core::record::view::{Slot, View, Written};

use super::hours::Window;
use super::standing::Step;

/// What is printed on the paper: a change of one of these makes a posted card an old one.
const PRINTED: [&str; 10] = [
    "name",
    "post",
    "squad",
    "phone",
    "badge_no",
    "station_place",
    "duty_scope",
    "supervision_channel",
    "commitments",
    "fallback_phone",
];
/// Printed as well, as rows.
const PRINTED_ROWS: [&str; 2] = ["service_hours", "photo"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub record: RecordId,
    pub officer: Option<PersonId>,
    pub name: String,
    pub post: String,
    pub squad: String,
    pub phone: String,
    pub badge_no: String,
    pub station_place: String,
    pub duty_scope: String,
    pub supervision_channel: String,
    pub commitments: String,
    pub fallback_phone: String,
    pub hours: Vec<Window>,
    /// The SHA-256 of the photo.
    pub photo: Option<Hash>,
    /// `2026-05-11`.
    pub last_verified: Option<String>,
    pub posted: Vec<Posting>,
    pub checks: Vec<Check>,
    pub step: Step,
    pub replaced_by: Option<RecordId>,
    pub reason: String,
    /// When what is printed was written, each time, by the server's clock.
    pub printed: Vec<i64>,
    /// When the phone was last written.
    pub phone_at: i64,
    /// People wrote different things without knowing of each other.
    pub conflicted: bool,
    /// The rows that a change of hours or photo strikes out: `table/row`.
    pub rows: Rows,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub hours: Vec<String>,
    pub photos: Vec<String>,
}

/// One place where the card hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// `posted/row`: what a removal names.
    pub row: String,
    pub place: String,
    pub at: i64,
    pub by: String,
}

/// Somebody looked at a place: what was not looked at is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub place: String,
    pub at: i64,
    pub by: String,
    pub placement: Option<bool>,
    pub accuracy: Option<bool>,
    pub currency: Option<bool>,
    pub in_use: Option<bool>,
    pub note: String,
}

impl Check {
    pub fn points(&self) -> [Option<bool>; 4] {
        [self.placement, self.accuracy, self.currency, self.in_use]
    }

    pub fn failed(&self) -> bool {
        self.points().contains(&Some(false))
    }
}

impl Content {
    /// Reads what is there: a record may hold anything of any form.
    pub fn of(view: &View, kind: Option<&Kind>) -> Content {
        let text = |field: &str| text(state::value(view, field));
        Content {
            record: view.record,
            officer: PersonId::new(&text("officer")).ok(),
            name: text("name"),
            post: text("post"),
            squad: text("squad"),
            phone: text("phone"),
            badge_no: text("badge_no"),
            station_place: text("station_place"),
            duty_scope: text("duty_scope"),
            supervision_channel: text("supervision_channel"),
            commitments: text("commitments"),
            fallback_phone: text("fallback_phone"),
            hours: hours(view),
            photo: standing_rows(view, "photo")
                .iter()
                .rev()
                .find_map(|row| text_of(row, "sha256").parse().ok()),
            last_verified: Some(text("last_verified")).filter(|day| !day.is_empty()),
            posted: standing_rows(view, "posted")
                .iter()
                .map(|row| posting(view, row))
                .collect(),
            checks: standing_rows(view, "checks")
                .iter()
                .map(|row| check(view, row))
                .collect(),
            step: Step::of(view),
            replaced_by: text("replaced_by").parse().ok(),
            reason: reason(view),
            printed: printed(view),
            phone_at: view
                .slot("phone")
                .and_then(|slot| written_at(view, slot))
                .unwrap_or(0),
            conflicted: !state::conflicts(view, kind).is_empty(),
            rows: Rows {
                hours: keys(view, "service_hours"),
                photos: keys(view, "photo"),
            },
        }
    }

    /// The newest posting at each place.
    pub fn places(&self) -> Vec<&Posting> {
        let mut places: Vec<&Posting> = Vec::new();
        for posting in &self.posted {
            match places.iter_mut().find(|known| known.place == posting.place) {
                Some(known) if known.at <= posting.at => *known = posting,
                Some(_) => {}
                None => places.push(posting),
            }
        }
        places
    }

    /// The newest check of a place.
    pub fn check_of(&self, place: &str) -> Option<&Check> {
        let of_place = self.checks.iter().filter(|check| check.place == place);
        of_place.max_by_key(|check| check.at)
    }
}

fn text(value: Option<&Scalar>) -> String {
    let text = value.and_then(Scalar::as_str).unwrap_or_default();
    text.trim().to_owned()
}

fn text_of(row: &RowPart<'_>, cell: &str) -> String {
    text(row.cell(cell))
}

fn standing_rows<'v>(view: &'v View, table: &str) -> Vec<RowPart<'v>> {
    let mut rows = parts::rows(view, table);
    rows.retain(|row| !row.is_gone());
    rows
}

fn keys(view: &View, table: &str) -> Vec<String> {
    let rows = standing_rows(view, table);
    rows.iter().map(|row| row.key.to_owned()).collect()
}

fn hours(view: &View) -> Vec<Window> {
    let rows = standing_rows(view, "service_hours");
    let window = |row: &RowPart<'_>| {
        let cell = |name| text_of(row, name);
        Window::read(&cell("day"), &cell("from"), &cell("until"))
    };
    rows.iter().filter_map(window).collect()
}

/// A moment that a row claims, and never later than the server heard of it.
fn at(view: &View, row: &RowPart<'_>) -> i64 {
    let heard = received(view, row.row.change);
    row.cell("at")
        .and_then(Scalar::as_int)
        .map_or(heard, |claimed| claimed.min(heard))
}

fn posting(view: &View, row: &RowPart<'_>) -> Posting {
    Posting {
        row: row.key.to_owned(),
        place: text_of(row, "place"),
        at: at(view, row),
        by: by(view, row),
    }
}

fn check(view: &View, row: &RowPart<'_>) -> Check {
    let point = |name: &str| match row.cell(name) {
        Some(Scalar::Bool(yes)) => Some(*yes),
        Some(_) | None => None,
    };
    Check {
        place: text_of(row, "place"),
        at: at(view, row),
        by: by(view, row),
        placement: point("placement"),
        accuracy: point("accuracy"),
        currency: point("currency"),
        in_use: point("in_use"),
        note: text_of(row, "note"),
    }
}

fn by(view: &View, row: &RowPart<'_>) -> String {
    let named = text_of(row, "by");
    match named.is_empty() {
        true => view.changes[row.row.change].origin.person.to_string(),
        false => named,
    }
}

fn received(view: &View, change: usize) -> i64 {
    let origin = &view.changes[change].origin;
    origin.received_at.unwrap_or(origin.at)
}

fn written_at(view: &View, slot: &Slot) -> Option<i64> {
    slot.last().map(|written| received(view, written.change))
}

fn printed(view: &View) -> Vec<i64> {
    let fields = PRINTED.iter().filter_map(|field| view.slot(field));
    let rows = PRINTED_ROWS
        .iter()
        .flat_map(|table| parts::rows(view, table));
    let cells: Vec<&Slot> = rows.flat_map(|part| part.row.cells.values()).collect();
    let slots = fields.chain(cells);
    let mut times: Vec<i64> = slots
        .flat_map(Slot::writes)
        .map(|written| received(view, written.change))
        .collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// What was said with the step that took the card down, or with the removal of its record.
fn reason(view: &View) -> String {
    let removal = state::removal(view).map(|Written { value, .. }| value);
    let note = match Progress::of(view) {
        Progress::At(step) => step.text("note").map(str::to_owned),
        Progress::Nothing | Progress::Contested(_) => None,
    };
    note.unwrap_or_else(|| text(removal))
}
