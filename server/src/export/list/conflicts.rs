//! What people wrote without knowing of each other: one row a value.

use sync_core::book::{self, LineConflict, Variant};
use sync_core::record::view::View;

use super::Ask;
use super::table::{Column, Value, columns};
use crate::db::Tx;
use crate::error::Result;
use crate::pages::conflicts::{self, Before};

/// Records whose whole history is read for one part.
const RECORDS: u64 = 100;

pub const COLUMNS: &[Column] = columns! {
    title: pages.limit_record,
    kind: pages.kind,
    field: pages.field,
    value: pages.value,
    author: pages.author,
    author_code: export.person_code,
    device: pages.device,
    recorded: pages.recorded,
    path: export.conflict_path,
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
    let found = conflicts::find(tx, ask.reader, ask.shown, &place.0, RECORDS, 0).await?;
    let Some(last) = found.last() else {
        return Ok(None);
    };
    place.0 = Before::read(last)?;
    let mut rows = Vec::new();
    for row in &found {
        let view = conflicts::view(tx, ask.shown, row).await?;
        rows.extend(values(ask, &view));
    }
    Ok(Some(rows))
}

fn values(ask: &Ask<'_>, view: &View) -> Vec<Vec<Value>> {
    let facts = book::facts(view, &ask.shown.books);
    let mut conflicts = book::conflicts(view, &ask.shown.books);
    if ask.masked {
        conflicts.iter_mut().for_each(LineConflict::mask);
    }
    let row = |conflict: &LineConflict, value: &Variant| {
        let language = ask.reader.catalogue_language();
        vec![
            ask.plain.title(&facts.title).into(),
            ask.plain.kind(&view.kind).into(),
            conflict.label.get(language).into(),
            value.text.get(language).into(),
            ask.plain.person(&value.by),
            value.by.as_str().into(),
            value.device.short().into(),
            Value::Moment(value.at),
            conflict.path.as_str().into(),
            view.record.to_string().into(),
        ]
    };
    let rows = conflicts
        .iter()
        .flat_map(|conflict| conflict.values.iter().map(|value| row(conflict, value)));
    rows.collect()
}
