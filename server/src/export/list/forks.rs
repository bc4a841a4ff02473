//! Second envelopes under one number.

use super::table::{Column, Value, columns};
use super::{Ask, PART};
use crate::db::Tx;
use crate::error::Result;
use crate::pages::forks::{Row, read};

pub const COLUMNS: &[Column] = columns! {
    owner: pages.officer,
    owner_code: export.person_code,
    device: pages.device,
    envelope: pages.fork_number,
    received: pages.received,
    hash: pages.fork_hash,
    key: export.device_key,
};

pub async fn part(tx: &mut Tx, ask: &Ask<'_>, skip: &mut u64) -> Result<Option<Vec<Vec<Value>>>> {
    let rows = read(tx, ask.shown, PART, *skip).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    *skip += PART;
    Ok(Some(rows.iter().map(|row| cells(ask, row)).collect()))
}

fn cells(ask: &Ask<'_>, row: &Row) -> Vec<Value> {
    let (owner, code) = ask.plain.owner(row.device);
    vec![
        owner,
        code,
        row.device.short().into(),
        row.seq.into(),
        Value::Moment(row.received),
        row.hash.to_string().into(),
        row.device.to_string().into(),
    ]
}
