//! Stations as the store knows them.

use sync_core::envelope::SoftKey;
use sync_core::ids::{DeviceId, Epoch, Hash, StationId};

use crate::admission::answers;
use crate::clock::Clock;
use crate::db::{Db, Row, Tx};
use crate::error::{Error, Result};
use crate::{args, sql};

/// China has one time zone.
pub const DEFAULT_ZONE_MINUTES: i64 = 8 * 60;

/// A station's row: its place in its log and the server's place in it.
#[derive(Debug, Clone)]
pub struct Station {
    pub id: StationId,
    pub name: String,
    /// The station's word (字) in register numbers.
    pub word: String,
    /// Minutes east of UTC.
    pub zone_minutes: i64,
    /// The charter that holds.
    pub epoch: Epoch,
    /// How many entries the station log has.
    pub entries: u64,
    /// The compact range of the tree over them.
    pub range: Vec<u8>,
    pub root: Vec<u8>,
    pub server_device: DeviceId,
    pub server_seq: u64,
    pub server_prev: Hash,
    /// The server's last act and its last record.
    pub server_acts: u64,
    pub server_records: u64,
    /// How many envelopes were taken in.
    pub arrivals: u64,
    pub created_at: i64,
}

impl Station {
    pub fn read(row: &Row) -> Result<Station> {
        Ok(Station {
            id: row.parse("station_id")?,
            name: row.get("name")?,
            word: row.get("word")?,
            zone_minutes: row.get("zone_minutes")?,
            epoch: Epoch {
                lineage: row.get::<i64>("lineage")?.try_into().unwrap_or(u32::MAX),
                n: row.count("epoch_n")?,
            },
            entries: row.count("entries")?,
            range: row.get("range")?,
            root: row.get("root")?,
            server_device: DeviceId(row.bytes("server_device")?),
            server_seq: row.count("server_seq")?,
            server_prev: Hash(row.bytes("server_prev")?),
            server_acts: row.count("server_acts")?,
            server_records: row.count("server_records")?,
            arrivals: row.count("arrivals")?,
            created_at: row.get("created_at")?,
        })
    }

    /// Puts a station without entries into the store.
    pub async fn create(
        tx: &mut Tx,
        id: &StationId,
        name: &str,
        key: &SoftKey,
        clock: &Clock,
    ) -> Result<()> {
        if tx
            .fetch_opt(sql!("station_get"), args![id])
            .await?
            .is_some()
        {
            return Err(Error::StationExists(id.clone()));
        }
        let nothing: &[u8] = &[];
        tx.exec(
            sql!("station_insert"),
            args![
                id,
                name,
                name,
                DEFAULT_ZONE_MINUTES,
                0,
                0,
                nothing,
                nothing,
                0,
                &key.device(),
                0,
                &Hash::ZERO,
                0,
                clock.now_ms()
            ],
        )
        .await?;
        answers::keep(tx, id).await
    }

    pub async fn list(db: &Db) -> Result<Vec<Station>> {
        db.fetch_all(sql!("station_list"), args![])
            .await?
            .iter()
            .map(Station::read)
            .collect()
    }

    pub async fn get(db: &Db, id: &StationId) -> Result<Station> {
        match db.fetch_opt(sql!("station_get"), args![id]).await? {
            Some(row) => Station::read(&row),
            None => Err(Error::StationUnknown(id.clone())),
        }
    }

    /// The same inside a transaction.
    pub async fn find(tx: &mut Tx, id: &StationId) -> Result<Station> {
        match tx.fetch_opt(sql!("station_get"), args![id]).await? {
            Some(row) => Station::read(&row),
            None => Err(Error::StationUnknown(id.clone())),
        }
    }

    /// Reads the station and keeps every other transaction that locks it waiting until this one
    /// ends.
    pub async fn lock(tx: &mut Tx, id: &StationId) -> Result<Station> {
        match tx.fetch_opt(sql!("station_lock"), args![id]).await? {
            Some(row) => Station::read(&row),
            None => Err(Error::StationUnknown(id.clone())),
        }
    }

    pub async fn rename(tx: &mut Tx, id: &StationId, name: &str) -> Result<()> {
        found(id, tx.exec(sql!("station_rename"), args![id, name]).await?)
    }

    /// Sets the station's word (字) in register numbers that are still to be given.
    pub async fn set_word(tx: &mut Tx, id: &StationId, word: &str) -> Result<()> {
        found(id, tx.exec(sql!("station_word"), args![id, word]).await?)
    }

    pub async fn rezone(tx: &mut Tx, id: &StationId, zone_minutes: i64) -> Result<()> {
        found(
            id,
            tx.exec(sql!("station_rezone"), args![id, zone_minutes])
                .await?,
        )
    }
}

fn found(id: &StationId, rows: u64) -> Result<()> {
    match rows {
        0 => Err(Error::StationUnknown(id.clone())),
        _ => Ok(()),
    }
}
