//! A record as JSON: the names and values that `export records` prints.

use serde_json::{Map, Value};

use super::change::Scalar;
use super::parts;
use super::state::{self, Conflict, Progress};
use super::value::to_json;
use super::view::{Entry, View};
use super::write::{REMOVED, Spot};
use crate::catalogue::{Field, FieldType, Holds, Kind};

/// `{"id", "kind", "body", "conflicts", "state", "steps"}`: one line of `export records`. `state`
/// is null before the first step and while it is contested; then `conflicts.steps` says by what.
pub fn line(view: &View, kind: Option<&Kind>) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("id".into(), Value::String(id(view)));
    line.insert("kind".into(), Value::String(view.kind.clone()));
    line.insert("body".into(), Value::Object(body(view, kind)));
    line.insert("conflicts".into(), Value::Object(conflicts(view, kind)));
    let progress = Progress::of(view);
    let state = progress
        .state()
        .map(|state| Value::String(state.to_owned()));
    line.insert("state".into(), state.unwrap_or_default());
    line.insert("steps".into(), view.steps.iter().map(step).collect());
    line
}

/// A step with everything that was written of it: `to`, `at`, `by`, `note` and what newer phones
/// add.
fn step(step: &Entry) -> Value {
    let value = |(name, value): (&String, &Scalar)| {
        let ty = match name.as_str() {
            "at" => FieldType::Instant,
            _ => FieldType::Text,
        };
        (name.clone(), to_json(ty, value))
    };
    Value::Object(step.values.iter().map(value).collect())
}

/// The external id, or the record's own.
fn id(view: &View) -> String {
    let own = || view.record.to_string();
    view.external_id.clone().unwrap_or_else(own)
}

/// The record's values by field, `kind` and `id` first. A field that holds one value is left out
/// while it is empty; tables, sets and tracks are there as empty lists, co-written texts as texts.
/// Fields that the kind does not know (of a newer phone) show as they are stored.
pub fn body(view: &View, kind: Option<&Kind>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("kind".into(), Value::String(view.kind.clone()));
    body.insert("id".into(), Value::String(id(view)));
    for field in kind.iter().flat_map(|kind| &kind.fields) {
        if let Some(value) = field_json(view, field) {
            body.insert(field.name.clone(), value);
        }
    }
    let is_known = |name: &str| kind.is_some_and(|kind| kind.field(name).is_some());
    let names = view.fields.keys().chain(view.rows.keys());
    for name in names.map(|key| key.split('/').next().unwrap_or(key)) {
        if name != REMOVED && !is_known(name) && !body.contains_key(name) {
            body.insert(name.to_owned(), unknown_json(view, name));
        }
    }
    for (name, text) in &view.texts {
        if !is_known(name) {
            body.insert(name.clone(), Value::String(text.text.clone()));
        }
    }
    body
}

/// The fields whose values contradict each other, with all of them; a cell as `table/row:cell`.
pub fn conflicts(view: &View, kind: Option<&Kind>) -> Map<String, Value> {
    let mut found = Map::new();
    for conflict in state::conflicts(view, kind) {
        match conflict {
            Conflict::Values { spot, values } => {
                let ty = spot_type(kind, &spot);
                let values = values.iter().map(|written| to_json(ty, &written.value));
                found.insert(spot.path(), Value::Array(values.collect()));
            }
            Conflict::RemovedEdited {
                target, removal, ..
            } => {
                let path = target.map_or(REMOVED.to_owned(), |key| format!("{key}:{REMOVED}"));
                let reason = to_json(FieldType::Text, &removal.value);
                found.insert(path, Value::Array(vec![reason]));
            }
            Conflict::Steps(steps) => {
                let states = steps.iter().filter_map(|step| step.text("to"));
                let states = states.map(|to| Value::String(to.to_owned()));
                found.insert("steps".into(), Value::Array(states.collect()));
            }
        }
    }
    found
}

fn spot_type(kind: Option<&Kind>, spot: &Spot) -> FieldType {
    let field = match spot {
        Spot::Field(name) => kind.and_then(|kind| kind.field(name)),
        Spot::Cell { row, cell } => kind
            .and_then(|kind| kind.field(row.split('/').next().unwrap_or(row)))
            .and_then(|field| field.cell(cell)),
    };
    field.map_or(FieldType::Text, |field| field.ty)
}

fn field_json(view: &View, field: &Field) -> Option<Value> {
    if field.many {
        let values = parts::values(view, &field.name);
        let values = values.iter().map(|value| to_json(field.ty, value));
        return Some(Value::Array(values.collect()));
    }
    if field.is_rows() {
        let rows = parts::rows(view, &field.name);
        let row = |part: &parts::RowPart<'_>| {
            let cells = field.row_cells().iter();
            let mut row: Map<String, Value> = cells
                .filter_map(|cell| Some((cell, part.cell(&cell.name)?)))
                .map(|(cell, value)| (cell.name.clone(), to_json(cell.ty, value)))
                .collect();
            for (name, slot) in &part.row.cells {
                if name != REMOVED
                    && field.cell(name).is_none()
                    && let Some(written) = slot.last()
                {
                    row.insert(name.clone(), to_json(FieldType::Text, &written.value));
                }
            }
            Value::Object(row)
        };
        let rows = rows.iter().filter(|part| !part.is_gone()).map(row);
        return Some(Value::Array(rows.collect()));
    }
    match field.ty.holds() {
        Holds::Points => Some(parts::points_json(view, &field.name)),
        Holds::Text => {
            let text = view.texts.get(&field.name);
            let text = text.map(|text| text.text.clone()).unwrap_or_default();
            Some(Value::String(text))
        }
        Holds::Value => state::value(view, &field.name).map(|value| to_json(field.ty, value)),
    }
}

fn unknown_json(view: &View, name: &str) -> Value {
    if let Some(value) = state::value(view, name) {
        return to_json(FieldType::Text, value);
    }
    let rows = parts::rows(view, name);
    if rows.is_empty() {
        let values = parts::values(view, name).into_iter();
        return Value::Array(
            values
                .map(|value| to_json(FieldType::Text, value))
                .collect(),
        );
    }
    let row = |part: &parts::RowPart<'_>| {
        let cells = part.row.cells.iter().filter(|(cell, _)| *cell != REMOVED);
        let cells = cells.filter_map(|(cell, slot)| {
            let value: &Scalar = &slot.last()?.value;
            Some((cell.clone(), to_json(FieldType::Text, value)))
        });
        Value::Object(cells.collect())
    };
    let rows = rows.iter().filter(|part| !part.is_gone()).map(row);
    Value::Array(rows.collect())
}
