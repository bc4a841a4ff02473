//! A record as it stands in the store.

use std::collections::BTreeMap;

use sync_core::gate::Docket;
use sync_core::gate::rewrite::HeldChange;
use sync_core::ids::{ActId, DeviceId, Hash, RecordId, StationId};
use sync_core::record::change::Decoded;
use sync_core::record::history::{History, Origin};

use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::{args, sql};

/// What is judged and written on, and the changes of held acts in the order of the log.
#[derive(Debug)]
pub struct Stored {
    pub docket: Docket,
    pub held: Vec<HeldChange>,
}

pub async fn load(tx: &mut Tx, station: &StationId, record: RecordId) -> Result<Stored> {
    let key = args![station, &record];
    let history = history(record, &tx.fetch_all(sql!("change_of_record"), key).await?)?;
    let mut generations = BTreeMap::new();
    for row in tx.fetch_all(sql!("generation_of_record"), key).await? {
        generations.insert(DeviceId(row.bytes("device")?), generation(&row)?);
    }
    let (mut held, mut changes) = (BTreeMap::new(), Vec::new());
    for row in tx.fetch_all(sql!("held_change_of_record"), key).await? {
        let (hash, device) = (Hash(row.bytes("hash")?), DeviceId(row.bytes("device")?));
        held.insert(hash, (device, generation(&row)?));
        let n = row.count("act_n")?;
        let first = row.bytes_opt("first_device")?.map(DeviceId);
        let first = first.zip(row.count_opt("first_n")?);
        // What cannot be decoded was never a change that anything could rest on.
        if let Ok(decoded) = Decoded::admitted(&row.get::<Vec<u8>>("bytes")?) {
            changes.push(HeldChange {
                act: ActId { device, n },
                first: first.map(|(device, n)| ActId { device, n }),
                decoded,
            });
        }
    }
    Ok(Stored {
        docket: Docket::loaded(history, generations, held),
        held: changes,
    })
}

fn generation(row: &Row) -> Result<u32> {
    Ok(u32::try_from(row.count("g")?).unwrap_or(u32::MAX))
}

/// A record's history from its rows, which stand in an order that puts causes before effects.
pub fn history(record: RecordId, rows: &[Row]) -> Result<History> {
    let mut history = History::new(record);
    for row in rows {
        let bytes: Vec<u8> = row.get("bytes")?;
        let decoded = Decoded::admitted(&bytes).map_err(|_| Error::Damaged("change"))?;
        let origin = Origin {
            act: ActId {
                device: DeviceId(row.bytes("device")?),
                n: row.count("act_n")?,
            },
            person: row.parse("person")?,
            at: row.get("at")?,
            received_at: Some(row.get("received_at")?),
            entry: Some(row.count("entry")?),
        };
        history
            .push(decoded, bytes, origin)
            .map_err(|_| Error::Damaged("change"))?;
    }
    Ok(history)
}
