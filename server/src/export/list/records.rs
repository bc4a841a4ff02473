//! The records that a search finds.

use super::table::{Column, Value, columns};
use super::{Ask, PART};
use crate::db::Tx;
use crate::error::Result;
use crate::pages::conflicts::Before;
use crate::pages::records::{Part, Row, Terms, find};

pub const COLUMNS: &[Column] = columns! {
    title: pages.limit_record,
    number: pages.number,
    kind: pages.kind,
    day: pages.day,
    state: pages.state,
    author: pages.author,
    author_code: export.person_code,
    marks: pages.marks,
    record: export.record_id,
};

/// Behind which record the next part begins.
#[derive(Debug, Default)]
pub struct Place(Before);

pub async fn part(
    tx: &mut Tx,
    ask: &Ask<'_>,
    place: &mut Place,
) -> Result<Option<Vec<Vec<Value>>>> {
    let terms = Terms::of(ask.reader.param("q").unwrap_or_default());
    let part = Part {
        before: std::mem::take(&mut place.0),
        most: PART,
        skip: 0,
    };
    let found = find(tx, ask.reader, ask.shown, &terms, &part, ask.now).await?;
    let Some(last) = found.last() else {
        return Ok(None);
    };
    place.0 = Before::read(last)?;
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let row = Row::read(tx, ask.shown, row).await?;
        rows.push(cells(ask, &row));
    }
    Ok(Some(rows))
}

fn cells(ask: &Ask<'_>, row: &Row) -> Vec<Value> {
    let plain = &ask.plain;
    vec![
        plain.title(&row.title).into(),
        row.number.as_deref().into(),
        plain.kind(&row.kind).into(),
        row.day.as_deref().map_or(Value::Nothing, Value::day),
        plain.states(&row.kind, &row.state).into(),
        plain.person(&row.author),
        row.author.as_str().into(),
        plain.marks(row.flags).into(),
        row.record.to_string().into(),
    ]
}
