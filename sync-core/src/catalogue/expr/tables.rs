//! The filters that look into the rows of a table.

use std::collections::BTreeMap;

use minijinja::value::{Rest, Value};
use minijinja::{Error, State};

use super::context::{Datum, Many, Root, empty};
use super::display;
use super::filters::{root, unknown};
use super::reference::clean;

pub(super) fn rows(
    state: &State<'_, '_>,
    _: &Value,
    field: &str,
    cells: Rest<String>,
) -> Result<Value, Error> {
    let root = root(state)?;
    let known = root.field(field).ok_or_else(|| unknown(field))?;
    let list = of_rows(state, &root, field)?;
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    let text = display::rows(known, list, &cells, &root.around, root.language);
    Ok(Value::from(text))
}

/// The texts of one cell, row by row.
pub(super) fn each(
    state: &State<'_, '_>,
    _: &Value,
    field: &str,
    cell: &str,
) -> Result<Value, Error> {
    let root = root(state)?;
    let list = of_rows(state, &root, field)?;
    let texts = list
        .iter()
        .filter_map(|row| Some(Value::from(clean(row.get(cell)?.as_text()?))));
    Ok(Value::from_object(Many(texts.collect())))
}

/// The rows in which a cell holds a code.
pub(super) fn rows_of(
    state: &State<'_, '_>,
    _: &Value,
    field: &str,
    args: Rest<String>,
) -> Result<Value, Error> {
    let root = root(state)?;
    let known = root.field(field).ok_or_else(|| unknown(field))?;
    let list = of_rows(state, &root, field)?;
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [cell, code, cells @ ..] = args.as_slice() else {
        return Ok(empty());
    };
    let fit = list.iter().filter(|row| holds(row, cell, code));
    let text = display::rows(known, fit, cells, &root.around, root.language);
    Ok(Value::from(text))
}

/// How many rows hold one of the codes in a cell.
pub(super) fn count(
    state: &State<'_, '_>,
    _: &Value,
    field: &str,
    cell: &str,
    codes: Rest<String>,
) -> Result<Value, Error> {
    let root = root(state)?;
    let list = of_rows(state, &root, field)?;
    let fit = list
        .iter()
        .filter(|row| codes.iter().any(|code| holds(row, cell, code)));
    Ok(Value::from(fit.count()))
}

/// What the whole numbers of a cell come to, in fen where they are money.
pub(super) fn sum(
    state: &State<'_, '_>,
    _: &Value,
    field: &str,
    cell: &str,
) -> Result<Value, Error> {
    let root = root(state)?;
    let list = of_rows(state, &root, field)?;
    let numbers = list.iter().filter_map(|row| match row.get(cell) {
        Some(Datum::Integer(n)) => Some(*n),
        Some(
            Datum::Empty
            | Datum::Text(_)
            | Datum::Decimal(_)
            | Datum::Boolean(_)
            | Datum::Instant(_)
            | Datum::Point { .. }
            | Datum::Track { .. }
            | Datum::List(_)
            | Datum::Rows(_),
        )
        | None => None,
    });
    Ok(Value::from(numbers.fold(0, i64::saturating_add)))
}

/// The minutes of the longest row from one moment to another. Where the second is missing nobody
/// came back: as long as can be.
pub(super) fn longest(
    state: &State<'_, '_>,
    _: &Value,
    field: &str,
    from: &str,
    until: &str,
) -> Result<Value, Error> {
    let root = root(state)?;
    let list = of_rows(state, &root, field)?;
    let at = |row: &BTreeMap<String, Datum>, cell: &str| row.get(cell)?.as_instant();
    let minutes = list.iter().filter_map(|row| {
        let left = at(row, from)?;
        let length = at(row, until).map(|back| back.saturating_sub(left).div_euclid(60_000));
        Some(length.unwrap_or(i64::from(u32::MAX)))
    });
    Ok(minutes.max().map_or_else(empty, Value::from))
}

fn of_rows<'r>(
    state: &State<'_, '_>,
    root: &'r Root,
    field: &str,
) -> Result<&'r [BTreeMap<String, Datum>], Error> {
    let list = match root.datum(field) {
        Datum::Rows(list) => list.as_slice(),
        Datum::Empty
        | Datum::Text(_)
        | Datum::Integer(_)
        | Datum::Decimal(_)
        | Datum::Boolean(_)
        | Datum::Instant(_)
        | Datum::Point { .. }
        | Datum::Track { .. }
        | Datum::List(_) => &[],
    };
    state.consume_fuel(list.len() as u64)?;
    Ok(list)
}

fn holds(row: &BTreeMap<String, Datum>, cell: &str, code: &str) -> bool {
    row.get(cell).and_then(Datum::as_text) == Some(code)
}
