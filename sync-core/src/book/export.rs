//! A row of a page as other programs read it, and what of a record's JSON may leave the station.

use serde::Serialize;
use serde_json::{Map, Value};

use super::mask;
use super::page::{Page, PageColumn, PageRow};
use crate::catalogue::{Column, Field, FieldType, Kind, Personal};

/// A row as one JSON object: its columns by their ids, with its marks and records. `page` says
/// what the columns are. Equal rows are equal to the byte wherever they are written.
pub fn row_json(page: &Page, row: &PageRow) -> Map<String, Value> {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("book", page.book.as_str().into());
    put("serial", row.serial.into());
    put("key", row.key.as_str().into());
    put("day", row.day.clone().into());
    put("number", row.number.clone().into());
    put("provisional", row.provisional.as_str().into());
    put("struck", row.struck.into());
    let own = |column: &&PageColumn| column.id != Column::SERIAL && column.id != Column::NUMBER;
    let cells = page
        .columns
        .iter()
        .zip(&row.cells)
        .filter(|(column, _)| own(column));
    let cells = cells.map(|(column, cell)| (column.id.clone(), json(cell)));
    put("columns", Value::Object(cells.collect()));
    put("records", json(&row.records));
    put("marks", json(&row.marks));
    line
}

/// Our own types have only names for keys and finite numbers, so nothing fails to be written.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Masks what a line of [`record::export::line`](crate::record::export::line) tells of persons.
/// Co-written texts and what the kind does not know are hidden whole: they may say anything.
pub fn mask_record(line: &mut Map<String, Value>, kind: Option<&Kind>) {
    if let Some(Value::Object(body)) = line.get_mut("body") {
        for (name, value) in body {
            // They stand first in every body, and no field may have their names.
            if name != "kind" && name != "id" {
                match kind.and_then(|kind| kind.field(name)) {
                    Some(field) => hide(field, value),
                    None => veil(Personal::Note, value),
                }
            }
        }
    }
    if let Some(Value::Object(conflicts)) = line.get_mut("conflicts") {
        for (path, values) in conflicts {
            hide_conflict(kind, path, values);
        }
    }
}

fn hide(field: &Field, value: &mut Value) {
    if let Some(personal) = field.personal {
        return veil(personal, value);
    }
    if field.ty == FieldType::CoText {
        return veil(Personal::Note, value);
    }
    if !field.is_rows() {
        return;
    }
    let rows = value.as_array_mut().into_iter().flatten();
    for (name, cell) in rows.filter_map(Value::as_object_mut).flatten() {
        match field.cell(name) {
            Some(field) => hide(field, cell),
            None => veil(Personal::Note, cell),
        }
    }
}

/// By its path: `field`, `table/row:cell`, or what was removed, whose reason was written by hand.
fn hide_conflict(kind: Option<&Kind>, path: &str, values: &mut Value) {
    let (base, cell) = match path.split_once(':') {
        Some((row, cell)) => (row.split('/').next().unwrap_or(row), Some(cell)),
        None => (path, None),
    };
    if path == "steps" {
        return;
    }
    let field = kind.and_then(|kind| kind.field(base));
    let field = match cell {
        Some(cell) => field.and_then(|field| field.cell(cell)),
        None => field,
    };
    match field {
        Some(field) => hide(field, values),
        None => veil(Personal::Note, values),
    }
}

/// Masks every text in a value.
fn veil(personal: Personal, value: &mut Value) {
    match value {
        Value::String(text) => *text = mask(personal, text),
        Value::Array(items) => items.iter_mut().for_each(|item| veil(personal, item)),
        Value::Object(object) => object.values_mut().for_each(|item| veil(personal, item)),
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) => *value = Value::String(mask(Personal::Note, "number")),
    }
}
