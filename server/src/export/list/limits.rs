//! The time limits that run.

use jiff::civil::Date;
use sync_core::catalogue::{day_of, last_day};

use super::table::{Column, Value, columns};
use super::{Ask, PART};
use crate::db::Tx;
use crate::error::Result;
use crate::pages::limits::{self, After, Row};

pub const COLUMNS: &[Column] = columns! {
    title: pages.limit_record,
    kind: pages.kind,
    number: pages.number,
    what: pages.limit_what,
    due: pages.limit_due,
    days_left: export.days_left,
    state: pages.state,
    author: pages.author,
    author_code: export.person_code,
    record: export.record_id,
};

/// Behind which limit the next part begins.
#[derive(Debug, Default)]
pub struct Place(After);

pub async fn part(
    tx: &mut Tx,
    ask: &Ask<'_>,
    place: &mut Place,
) -> Result<Option<Vec<Vec<Value>>>> {
    let within = limits::asked(ask.reader, ask.now);
    let rows = limits::read(tx, ask.shown, within, &place.0, PART, 0).await?;
    let Some(last) = rows.last() else {
        return Ok(None);
    };
    place.0 = After {
        due: last.due,
        record: last.record,
        name: last.name.clone(),
    };
    Ok(Some(rows.iter().map(|row| cells(ask, row)).collect()))
}

fn cells(ask: &Ask<'_>, row: &Row) -> Vec<Value> {
    let plain = &ask.plain;
    let last = last_day(row.due, ask.shown.books.offset());
    let over = ask.now >= row.due;
    vec![
        plain.title(&row.title).into(),
        plain.kind(&row.kind).into(),
        row.number.as_deref().into(),
        limits::what(ask.reader, ask.shown, row).into(),
        last.map_or(Value::Nothing, Value::Day),
        last.and_then(|last| days_left(ask, last)).into(),
        over.then_some(ask.plain.labels.pages.limits_over.as_str())
            .into(),
        plain.person(&row.author),
        row.author.as_str().into(),
        row.record.to_string().into(),
    ]
}

/// From today to the last day; below zero once that is past.
fn days_left(ask: &Ask<'_>, last: Date) -> Option<Value> {
    let today = day_of(ask.now, ask.shown.books.offset())?;
    let days = last.since(today).ok()?.get_days();
    Some(Value::Number(f64::from(days)))
}
