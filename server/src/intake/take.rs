//! One delivery inside its transaction.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sync_core::envelope::Envelope;
use sync_core::envelope::chain::{self, Place, Tail};
use sync_core::gate::intake::TurnedAway;
use sync_core::ids::{DeviceId, Hash};
use sync_core::sync::Want;

use super::{Delivery, Taken};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::station::Station;
use crate::station_log::state;
use crate::{args, sql};

/// What a removed device may still leave for the chief, in envelopes after its removal.
const REMOVED_QUOTA: u64 = 64;

struct Log {
    tail: Tail,
    frozen: bool,
    /// The last number it may still use, if it was removed.
    quota: Option<u64>,
    grown: bool,
}

/// Stores what can be stored of a delivery.
pub async fn take(tx: &mut Tx, delivery: &Delivery, now: i64) -> Result<Taken> {
    if !delivery.envelopes.is_empty() {
        // From here to the commit nobody else writes this station's logs, on any replica.
        Station::lock(tx, &delivery.station).await?;
    }
    let mut taken = Taken::default();
    let mut logs: BTreeMap<DeviceId, Log> = BTreeMap::new();
    let mut fresh: Vec<(&Envelope, &[u8], Hash)> = Vec::new();
    for (envelope, bytes) in &delivery.envelopes {
        let (device, hash) = (envelope.body.device, envelope.hash());
        if is_stored(tx, delivery, &hash).await? {
            taken.stored.push(hash);
            continue;
        }
        let log = match logs.entry(device) {
            Entry::Occupied(log) => log.into_mut(),
            Entry::Vacant(place) => match read_log(tx, delivery, &device).await? {
                Some(log) => place.insert(log),
                None => {
                    taken.turned_away.push((hash, TurnedAway::Stranger(device)));
                    continue;
                }
            },
        };
        let held = held_under(tx, delivery, envelope, &fresh).await?;
        match chain::place(&log.tail, held, envelope) {
            Place::Duplicate => taken.stored.push(hash),
            _ if log.frozen => taken.turned_away.push((hash, TurnedAway::Frozen(device))),
            Place::Next if log.quota.is_some_and(|last| envelope.body.seq > last) => {
                taken.turned_away.push((hash, TurnedAway::Removed(device)));
            }
            Place::Next => match missing(tx, delivery, envelope, &fresh).await? {
                Some(want) => taken.need.push(want),
                None => {
                    log.tail = Tail {
                        seq: envelope.body.seq,
                        hash,
                    };
                    log.grown = true;
                    fresh.push((envelope, bytes, hash));
                    taken.stored.push(hash);
                }
            },
            Place::Gap { have, .. } => taken.need.push(Want {
                device,
                seq: have + 1,
            }),
            Place::Fork | Place::Past => {
                log.frozen = true;
                keep_fork(tx, delivery, envelope, bytes, now).await?;
                taken.turned_away.push((hash, TurnedAway::Frozen(device)));
            }
        }
    }
    taken.need.sort_by_key(|want| (want.device, want.seq));
    taken.need.dedup();
    store(tx, delivery, &fresh, now).await?;
    for (device, log) in logs.iter().filter(|(_, log)| log.grown) {
        let (seq, hash) = (log.tail.seq, &log.tail.hash);
        tx.exec(
            sql!("device_append"),
            args![&delivery.station, device, seq, hash, now],
        )
        .await?;
    }
    let report = &delivery.report;
    tx.exec(
        sql!("device_seen"),
        args![
            &delivery.station,
            &delivery.bearer,
            now,
            report.clock_offset_ms,
            report.seen_index,
            0
        ],
    )
    .await?;
    Ok(taken)
}

async fn read_log(tx: &mut Tx, delivery: &Delivery, device: &DeviceId) -> Result<Option<Log>> {
    let row = tx
        .fetch_opt(sql!("device_get"), args![&delivery.station, device])
        .await?;
    row.map(|row| {
        let tail = Tail {
            seq: row.count("last_seq")?,
            hash: Hash(row.bytes("last_hash")?),
        };
        let quota: Option<i64> = row.get("removed_seq")?;
        Ok(Log {
            tail,
            frozen: row.get("frozen")?,
            quota: quota.map(|seq| seq.unsigned_abs() + REMOVED_QUOTA),
            grown: false,
        })
    })
    .transpose()
}

async fn is_stored(tx: &mut Tx, delivery: &Delivery, hash: &Hash) -> Result<bool> {
    let args = args![&delivery.station, hash];
    Ok(tx
        .fetch_opt(sql!("envelope_by_hash"), args)
        .await?
        .is_some())
}

/// The envelope that is stored under the same number.
async fn held_under(
    tx: &mut Tx,
    delivery: &Delivery,
    envelope: &Envelope,
    fresh: &[(&Envelope, &[u8], Hash)],
) -> Result<Option<Hash>> {
    let (device, seq) = (&envelope.body.device, envelope.body.seq);
    let same = |other: &Envelope| other.body.device == *device && other.body.seq == seq;
    if let Some((_, _, hash)) = fresh.iter().find(|(other, _, _)| same(other)) {
        return Ok(Some(*hash));
    }
    let row = tx
        .fetch_opt(sql!("envelope_get"), args![&delivery.station, device, seq])
        .await?;
    row.map(|row| row.bytes("hash").map(Hash)).transpose()
}

/// The first of the envelopes it rests on that is not here. What is taken in after them never
/// waits for anything.
async fn missing(
    tx: &mut Tx,
    delivery: &Delivery,
    envelope: &Envelope,
    fresh: &[(&Envelope, &[u8], Hash)],
) -> Result<Option<Want>> {
    for need in &envelope.body.needs {
        if fresh.iter().any(|(_, _, hash)| *hash == need.hash) {
            continue;
        }
        // The losing branch of a fork is here too: what rests on it is written anew.
        let args = args![&delivery.station, &need.hash];
        if !is_stored(tx, delivery, &need.hash).await?
            && tx.fetch_opt(sql!("fork_by_hash"), args).await?.is_none()
        {
            return Ok(Some(Want {
                device: need.device,
                seq: need.seq,
            }));
        }
    }
    Ok(None)
}

async fn store(
    tx: &mut Tx,
    delivery: &Delivery,
    fresh: &[(&Envelope, &[u8], Hash)],
    now: i64,
) -> Result<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    let count = fresh.len() as u64;
    let row = tx
        .fetch_opt(sql!("station_arrive"), args![&delivery.station, count])
        .await?;
    let row = row.ok_or_else(|| Error::StationUnknown(delivery.station.clone()))?;
    let first = row.count("arrivals")? - count + 1;
    for (at, (envelope, bytes, hash)) in fresh.iter().enumerate() {
        tx.exec(
            sql!("envelope_insert"),
            args![
                &delivery.station,
                &envelope.body.device,
                envelope.body.seq,
                hash,
                *bytes,
                now,
                first + at as u64,
                None::<i64>,
                state::WAITING
            ],
        )
        .await?;
    }
    Ok(())
}

/// Two envelopes under one number: both are kept as proof and the device is frozen.
async fn keep_fork(
    tx: &mut Tx,
    delivery: &Delivery,
    envelope: &Envelope,
    bytes: &[u8],
    now: i64,
) -> Result<()> {
    let (device, seq, hash) = (&envelope.body.device, envelope.body.seq, envelope.hash());
    tx.exec(
        sql!("fork_insert"),
        args![&delivery.station, device, seq, &hash, bytes, now],
    )
    .await?;
    tx.exec(
        sql!("device_freeze"),
        args![&delivery.station, device, true],
    )
    .await?;
    Ok(())
}
