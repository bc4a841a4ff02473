//! What a batch of waiting envelopes is judged against.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::envelope::{Envelope, Frame};
use sync_core::ids::{Epoch, StationId};

use super::around::Around;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::known::{Holding, Known};
use crate::station::Station;
use crate::{args, read_tx, sql};

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
    pub around: Around,
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
        let holding = known.holding(&station, db).await?;
        let around = read_tx!(*db, "what a batch touches", async |tx| {
            Around::load(tx, id, &holding.charter, &envelopes).await
        })
        .await?;
        Ok(Some(Batch {
            station,
            holding,
            envelopes,
            around,
        }))
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
