//! Rows, members and tracks of a record, in the order in which they were made, with what was
//! struck out.

use serde_json::Value;

use super::change::{OpId, Scalar};
use super::track;
use super::view::{Row, Slot, View, Written};
use super::write::REMOVED;

/// One member of a field that takes many, or one chunk of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'v> {
    /// `field/name`: what a removal names.
    pub key: &'v str,
    pub written: &'v Written,
    /// The reason it was struck out, by whom and when.
    pub removed: Option<&'v Written>,
}

/// One row of a table or evidence field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPart<'v> {
    /// `field/name`: what a removal and a cell's spot name.
    pub key: &'v str,
    pub row: &'v Row,
    pub removed: Option<&'v Written>,
    /// Changes of its cells that whoever removed it had not seen.
    pub edited: Vec<usize>,
}

impl RowPart<'_> {
    /// Struck out, and nobody wrote to it without knowing.
    pub fn is_gone(&self) -> bool {
        self.removed.is_some() && self.edited.is_empty()
    }

    pub fn cell(&self, name: &str) -> Option<&Scalar> {
        let written = self.row.cells.get(name).and_then(Slot::last)?;
        (written.value != Scalar::Null).then_some(&written.value)
    }
}

/// All members ever added to a field, by their operations.
pub fn members<'v>(view: &'v View, field: &str) -> Vec<Member<'v>> {
    let prefix = format!("{field}/");
    let mut members: Vec<(OpId, Member<'v>)> = view
        .fields
        .range(prefix.clone()..)
        .take_while(|(key, _)| key.starts_with(&prefix))
        .filter(|(key, _)| !key[prefix.len()..].contains('/'))
        .filter_map(|(key, slot)| {
            let written = slot.last()?;
            let removal = view.fields.get(&format!("{key}/{REMOVED}"));
            let removed = removal.and_then(Slot::last);
            Some((
                written.op,
                Member {
                    key,
                    written,
                    removed,
                },
            ))
        })
        .collect();
    members.sort_by_key(|(op, _)| *op);
    members.into_iter().map(|(_, member)| member).collect()
}

/// The values of a field that takes many: those not struck out, equal ones once.
pub fn values<'v>(view: &'v View, field: &str) -> Vec<&'v Scalar> {
    let mut values: Vec<&Scalar> = Vec::new();
    for member in members(view, field) {
        let value = &member.written.value;
        if member.removed.is_none() && *value != Scalar::Null && !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// All rows ever made in a table, by their operations.
pub fn rows<'v>(view: &'v View, field: &str) -> Vec<RowPart<'v>> {
    let prefix = format!("{field}/");
    let mut rows: Vec<RowPart<'v>> = view
        .rows
        .range(prefix.clone()..)
        .take_while(|(key, _)| key.starts_with(&prefix))
        .map(|(key, row)| {
            let removed = row.cells.get(REMOVED).and_then(Slot::last);
            let edited = removed.map_or(Vec::new(), |removal| unseen_edits(view, row, removal));
            RowPart {
                key,
                row,
                removed,
                edited,
            }
        })
        .collect();
    rows.sort_by_key(|part| part.row.op);
    rows
}

fn unseen_edits(view: &View, row: &Row, removal: &Written) -> Vec<usize> {
    let mut edits: Vec<usize> = row
        .cells
        .iter()
        .filter(|(cell, _)| *cell != REMOVED)
        .flat_map(|(_, slot)| slot.writes())
        .map(|written| written.change)
        .filter(|change| !view.saw(removal.change, *change))
        .collect();
    edits.sort_unstable();
    edits.dedup();
    edits
}

/// The points of a track, chunk after chunk. A chunk that cannot be read is passed over.
pub fn points(view: &View, field: &str) -> Vec<track::Point> {
    let chunk = |value: &Scalar| match value {
        Scalar::Bytes(bytes) => track::unpack(bytes).unwrap_or_default(),
        Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Str(_) => Vec::new(),
    };
    members(view, field)
        .into_iter()
        .filter(|member| member.removed.is_none())
        .flat_map(|member| chunk(&member.written.value))
        .collect()
}

/// The points of a track as exports show them.
pub fn points_json(view: &View, field: &str) -> Value {
    track::to_json(&points(view, field))
}
