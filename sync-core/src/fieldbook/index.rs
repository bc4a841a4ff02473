//! The rows of lists: what a phone with thousands of records shows without opening one.

use minicbor::{Decode, Encode};

use super::batch::{Batch, Stop};
use super::rows;
use super::state::State;
use crate::catalogue::Kind;
use crate::ids::RecordId;
use crate::record::change::Scalar;
use crate::record::state::{Progress, conflicts, removal, value};
use crate::record::view::View;
use crate::record::{data, parts};

/// One record in a list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IndexRow {
    #[n(0)]
    pub record: RecordId,
    #[n(1)]
    pub kind: String,
    #[n(2)]
    pub external_id: Option<String>,
    #[n(3)]
    pub title: String,
    /// Its day in the station's time zone, `2026-05-11`.
    #[n(4)]
    pub day: String,
    /// The step it stands at; empty before the first and while contested.
    #[n(5)]
    pub state: String,
    /// Values, a removal or steps contradict each other.
    #[n(6)]
    pub conflict: bool,
    #[n(7)]
    pub removed: bool,
    /// Milliseconds since 1970: the newest change, by its author's clock.
    #[n(8)]
    pub updated: i64,
}

/// A record that bears an external id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Bearer {
    #[n(0)]
    pub record: RecordId,
    /// Made by this device.
    #[n(1)]
    pub own: bool,
}

/// A record that was not in the store before.
#[derive(Debug, Clone, Copy)]
pub struct Birth {
    pub own: bool,
}

pub fn write(
    batch: &mut Batch<'_>,
    state: &State,
    record: RecordId,
    view: Option<&View>,
    birth: Option<Birth>,
) -> Result<(), Stop> {
    let Some(view) = view else {
        batch.delete(rows::index_key(record));
        return Ok(());
    };
    let row = row(state, view);
    if let (Some(id), Some(birth)) = (&view.external_id, birth) {
        let key = rows::external_key(id);
        let mut bearers: Vec<Bearer> = batch.get(&key)?.unwrap_or_default();
        if !bearers.iter().any(|bearer| bearer.record == record) {
            let own = birth.own;
            bearers.push(Bearer { record, own });
            batch.put(key, &bearers);
        }
    }
    batch.put(rows::index_key(record), &row);
    Ok(())
}

fn row(state: &State, view: &View) -> IndexRow {
    let catalogue = state.writing().map(|(_, catalogue)| catalogue);
    let kind = catalogue
        .as_ref()
        .and_then(|catalogue| catalogue.kinds.get(&view.kind));
    let offset = state.zone_minutes();
    let made = view.changes.first().map_or(0, |first| first.origin.at);
    let day = match kind {
        Some(kind) => data::day(view, kind, offset),
        None => crate::catalogue::day_of(made, offset),
    };
    let newest = view.changes.iter().map(|change| change.origin.at).max();
    IndexRow {
        record: view.record,
        kind: view.kind.clone(),
        external_id: view.external_id.clone(),
        title: kind.map(|kind| title(view, kind)).unwrap_or_default(),
        day: day.map(|day| day.to_string()).unwrap_or_default(),
        state: Progress::of(view).state().unwrap_or_default().to_owned(),
        conflict: !conflicts(view, kind).is_empty(),
        removed: removal(view).is_some(),
        updated: newest.unwrap_or(made),
    }
}

fn title(view: &View, kind: &Kind) -> String {
    let Some(field) = kind.title.as_deref().and_then(|title| kind.field(title)) else {
        return String::new();
    };
    let values = match field.many {
        true => parts::values(view, &field.name),
        false => value(view, &field.name).into_iter().collect(),
    };
    let text = |value: &Scalar| match value {
        Scalar::Str(text) => text.chars().take(80).collect(),
        Scalar::Int(n) => n.to_string(),
        Scalar::Null | Scalar::Bool(_) | Scalar::Bytes(_) => String::new(),
    };
    let texts: Vec<String> = values.into_iter().map(text).collect();
    texts.join("、")
}
