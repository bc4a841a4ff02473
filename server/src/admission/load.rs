//! What a batch of waiting envelopes is judged against.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_core::envelope::{Envelope, Frame};
use sync_core::gate::Docket;
use sync_core::gate::desk::records_named;
use sync_core::gate::rewrite::HeldChange;
use sync_core::ids::{ActId, DeviceId, Epoch, Hash, RecordId, StationId};
use sync_core::record::change::Decoded;
use sync_core::record::history::{History, Origin};

use super::anew::Renames;
use crate::db::{Db, Row};
use crate::error::{Error, Result};
use crate::known::{Holding, Known};
use crate::station::Station;
use crate::{args, sql};

/// Envelopes and bytes that one transaction takes at most.
pub const MAX_ENVELOPES: i64 = 64;
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// An envelope that waits for its place in the log.
#[derive(Debug)]
pub struct Waiting {
    pub envelope: Envelope,
    /// What it carries; none if its frame cannot be opened.
    pub frame: Option<Frame>,
    pub received_at: i64,
    /// The epoch of the device's envelope before it.
    pub epoch_before: Option<Epoch>,
}

#[derive(Debug)]
pub struct Batch {
    /// As it was read; the batch is stored only if the log has not moved on since.
    pub station: Station,
    /// The charter and the catalogues of that row's epoch.
    pub holding: Arc<Holding>,
    pub envelopes: Vec<Waiting>,
    pub records: BTreeMap<RecordId, Docket>,
    /// The books in which each record has its number.
    pub numbered: BTreeMap<RecordId, BTreeSet<String>>,
    /// The changes of held acts, in the order of the log.
    pub held: BTreeMap<RecordId, Vec<HeldChange>>,
    pub renames: Renames,
    pub last_act: BTreeMap<DeviceId, u64>,
}

impl Batch {
    /// The next batch of at most so many envelopes, or none if nothing waits.
    pub async fn load(db: &Db, known: &Known, id: &StationId, most: i64) -> Result<Option<Batch>> {
        Self::read(db, known, id, most, |envelope| envelope.open().ok()).await
    }

    /// The first envelope that waits, unopened: it names no record and no act.
    pub async fn load_sealed(db: &Db, known: &Known, id: &StationId) -> Result<Option<Batch>> {
        Self::read(db, known, id, 1, |_| None).await
    }

    async fn read(
        db: &Db,
        known: &Known,
        id: &StationId,
        most: i64,
        open: fn(&Envelope) -> Option<Frame>,
    ) -> Result<Option<Batch>> {
        let station = Station::get(db, id).await?;
        let rows = db
            .fetch_all(sql!("envelope_waiting"), args![id, 0, most])
            .await?;
        let mut envelopes = Vec::new();
        let mut epochs = BTreeMap::new();
        let mut size = 0;
        for row in &rows {
            let bytes: Vec<u8> = row.get("bytes")?;
            size += bytes.len();
            if size > MAX_BYTES && !envelopes.is_empty() {
                break;
            }
            let envelope = Envelope::decode(&bytes).map_err(|_| Error::Damaged("envelope"))?;
            let frame = open(&envelope);
            let epoch_before = match epochs.get(&envelope.body.device) {
                Some(epoch) => Some(*epoch),
                None => epoch_before(db, id, &envelope).await?,
            };
            epochs.insert(envelope.body.device, envelope.body.epoch);
            envelopes.push(Waiting {
                envelope,
                frame,
                received_at: row.get("received_at")?,
                epoch_before,
            });
        }
        if envelopes.is_empty() {
            return Ok(None);
        }
        let mut batch = Batch {
            holding: known.holding(&station, db).await?,
            station,
            envelopes,
            records: BTreeMap::new(),
            numbered: BTreeMap::new(),
            held: BTreeMap::new(),
            renames: Renames::new(),
            last_act: BTreeMap::new(),
        };
        let frames = batch
            .envelopes
            .iter()
            .filter_map(|waiting| waiting.frame.as_ref());
        let named: BTreeSet<RecordId> = frames.flat_map(records_named).collect();
        for record in named {
            batch.load_record(db, record).await?;
        }
        let devices: BTreeSet<DeviceId> = batch
            .envelopes
            .iter()
            .map(|waiting| waiting.envelope.body.device)
            .collect();
        for device in devices {
            if let Some(row) = db.fetch_opt(sql!("device_get"), args![id, &device]).await? {
                batch.last_act.insert(device, row.count("acts")?);
            }
        }
        Ok(Some(batch))
    }

    async fn load_record(&mut self, db: &Db, record: RecordId) -> Result<()> {
        let id = &self.station.id;
        let history = history(
            record,
            &db.fetch_all(sql!("change_of_record"), args![id, &record])
                .await?,
        )?;
        let mut generations = BTreeMap::new();
        for row in db
            .fetch_all(sql!("generation_of_record"), args![id, &record])
            .await?
        {
            let g = u32::try_from(row.count("g")?).unwrap_or(u32::MAX);
            generations.insert(DeviceId(row.bytes("device")?), g);
        }
        let mut held = BTreeMap::new();
        let mut changes = Vec::new();
        for row in db
            .fetch_all(sql!("held_change_of_record"), args![id, &record])
            .await?
        {
            let (hash, device) = (Hash(row.bytes("hash")?), DeviceId(row.bytes("device")?));
            let g = u32::try_from(row.count("g")?).unwrap_or(u32::MAX);
            held.insert(hash, (device, g));
            let n = row.count("act_n")?;
            // What cannot be decoded was never a change that anything could rest on.
            if let Ok(decoded) = Decoded::admitted(&row.get::<Vec<u8>>("bytes")?) {
                changes.push(HeldChange {
                    act: ActId { device, n },
                    decoded,
                });
            }
        }
        let mut renames = BTreeMap::new();
        for row in db
            .fetch_all(sql!("rename_of_record"), args![id, &record])
            .await?
        {
            renames.insert(row.get("old_name")?, row.get("new_name")?);
        }
        self.renames.insert(record, renames);
        let mut books = BTreeSet::new();
        for row in db
            .fetch_all(sql!("number_of_record"), args![id, &record])
            .await?
        {
            books.insert(row.get("book")?);
        }
        self.records
            .insert(record, Docket::loaded(history, generations, held));
        self.numbered.insert(record, books);
        self.held.insert(record, changes);
        Ok(())
    }
}

/// The epoch of the envelope that stands before this one in its device's log.
async fn epoch_before(db: &Db, id: &StationId, envelope: &Envelope) -> Result<Option<Epoch>> {
    let (device, seq) = (&envelope.body.device, envelope.body.seq);
    if seq <= 1 {
        return Ok(None);
    }
    let Some(row) = db
        .fetch_opt(sql!("envelope_get"), args![id, device, seq - 1])
        .await?
    else {
        return Ok(None);
    };
    let bytes: Vec<u8> = row.get("bytes")?;
    let before = Envelope::decode(&bytes).map_err(|_| Error::Damaged("envelope"))?;
    Ok(Some(before.body.epoch))
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
