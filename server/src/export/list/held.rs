//! The acts that were kept and not merged.

use super::Ask;
use super::table::{Column, Value, columns};
use crate::db::Tx;
use crate::error::Result;
use crate::pages::held::{self, Before, HeldRow};

/// Acts read at once: no index has the order of the list, so every part looks at all of them.
const PART: u64 = 5_000;

pub const COLUMNS: &[Column] = columns! {
    reason: export.held_reason,
    code: export.held_code,
    detail: export.held_detail,
    author: pages.author,
    author_code: export.person_code,
    device: pages.device,
    recorded: pages.held_recorded,
    received: pages.received,
    act: pages.act_number,
    title: pages.held_record,
    kind: pages.kind,
    records: export.record_id,
};

/// Behind which act the next part begins.
#[derive(Debug, Default)]
pub struct Place(Before);

pub async fn part(
    tx: &mut Tx,
    ask: &Ask<'_>,
    place: &mut Place,
) -> Result<Option<Vec<Vec<Value>>>> {
    let found = held::find(tx, ask.reader, ask.shown, &place.0, PART, 0).await?;
    let Some(last) = found.last() else {
        return Ok(None);
    };
    place.0 = Before::read(last)?;
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        let row = HeldRow::read(tx, ask.shown, row).await?;
        rows.push(cells(ask, &row));
    }
    Ok(Some(rows))
}

fn cells(ask: &Ask<'_>, row: &HeldRow) -> Vec<Value> {
    let plain = &ask.plain;
    let title = row.title.as_deref().map(|title| plain.title(title));
    let kind = row.kind.as_deref().map(|kind| plain.kind(kind));
    vec![
        held::sentence(ask.reader, row).into(),
        row.code.as_str().into(),
        held::detail(ask.reader, ask.shown, row).into(),
        plain.person(&row.person),
        row.person.as_str().into(),
        row.device.short().into(),
        Value::Moment(row.at),
        row.received.map_or(Value::Nothing, Value::Moment),
        match row.whole {
            true => plain.labels.pages.held_whole.as_str().into(),
            false => row.act.into(),
        },
        title.into(),
        kind.into(),
        row.records.join(" ").into(),
    ]
}
