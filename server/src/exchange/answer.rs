//! What is new to a phone: entries of the station log, their envelopes, the charter, the
//! catalogue.

use std::collections::BTreeMap;

use sync_core::envelope::log::Seen;
use sync_core::envelope::{Entry, Signed, TreeHead, merkle};
use sync_core::ids::{DeviceId, Hash, StationId};
use sync_core::sync::message::{MAX_ANSWER_ENVELOPES, MAX_ENVELOPES};
use sync_core::sync::{SyncRequest, SyncResponse, WireEntry, WireEnvelope};

use super::Counter;
use crate::db::{Db, Row};
use crate::error::{Error, Result};
use crate::http::App;
use crate::station::Station;
use crate::{args, sql};

/// Whether what a phone says it has seen is what the log held there.
pub async fn seen_fits(db: &Db, station: &Station, seen: &Seen) -> Result<bool> {
    if seen.lineage != station.epoch.lineage || seen.index > station.entries {
        return Ok(false);
    }
    let Some(last) = seen.index.checked_sub(1) else {
        return Ok(seen.root == merkle::root(&[]));
    };
    let row = db
        .fetch_opt(sql!("entry_range"), args![&station.id, last, seen.index])
        .await?;
    let row = row.ok_or(Error::Damaged("station log"))?;
    Ok(Hash(row.bytes("root")?) == seen.root)
}

pub async fn check_seen(db: &Db, station: &Station, seen: &Seen) -> Result<()> {
    match seen_fits(db, station, seen).await? {
        true => Ok(()),
        false => Err(Error::BadSeen { index: seen.index }),
    }
}

/// Fills in what the phone does not have yet.
pub async fn answer(
    app: &App,
    counter: &Counter,
    request: &SyncRequest,
    response: &mut SyncResponse,
) -> Result<()> {
    // What the delivery brought about is in it too.
    let station = Station::get(&app.db, &counter.station.id).await?;
    let holding = app.known.holding(&station, &app.db).await?;
    let deltas = holding.deltas_after(Some(request.epoch));
    response.charter = deltas.map(|bytes| bytes.clone().into()).collect();
    if request.catalogue != Some(holding.catalogue) {
        response.catalogue = Some(holding.bundle.clone());
    }
    let from = request.seen.map_or(0, |seen| seen.index);
    if from >= station.entries {
        return Ok(());
    }
    let part = Part::read(&app.db, &station.id, from, request).await?;
    let Some(last) = part.last else { return Ok(()) };
    response.more = last.index < station.entries;
    response.head = Some(Signed::by(
        &counter.signer.key,
        TreeHead {
            lineage: station.epoch.lineage,
            index: last.index,
            root: last.root,
            time: app.clock.now_ms(),
        },
    ));
    response.entries = part.entries;
    response.envelopes = part.envelopes;
    Ok(())
}

/// As much of the log as one answer holds.
#[derive(Debug, Default)]
struct Part {
    entries: Vec<WireEntry>,
    envelopes: Vec<WireEnvelope>,
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    /// How many entries there are up to here.
    index: u64,
    root: Hash,
}

impl Part {
    async fn read(db: &Db, id: &StationId, from: u64, request: &SyncRequest) -> Result<Part> {
        let until = from + MAX_ENVELOPES as u64;
        let entries = db
            .fetch_all(sql!("entry_range"), args![id, from, until])
            .await?;
        let bodies = db
            .fetch_all(
                sql!("envelope_range_of_others"),
                args![id, from, until, &request.device],
            )
            .await?;
        let mut bodies: BTreeMap<u64, Row> = bodies
            .into_iter()
            .map(|row| Ok((row.count("entry")?, row)))
            .collect::<Result<_>>()?;
        let limit = request.limit.map_or(MAX_ANSWER_ENVELOPES, |limit| {
            MAX_ANSWER_ENVELOPES.min(limit as usize)
        });
        let mut part = Part::default();
        let mut size = 0;
        for row in entries {
            let index = row.count("idx")?;
            let bytes: Vec<u8> = row.get("bytes")?;
            let body = match bodies.remove(&index) {
                Some(body) => travelling(&bytes, &body, &request.device)?,
                None => None,
            };
            size += bytes.len() + body.as_ref().map_or(0, Vec::len);
            if size > limit && !part.entries.is_empty() {
                break;
            }
            part.envelopes
                .extend(body.map(|bytes| WireEnvelope { bytes, sheet: None }));
            part.entries.push(WireEntry(bytes));
            part.last = Some(Last {
                index: index + 1,
                root: Hash(row.bytes("root")?),
            });
        }
        Ok(part)
    }
}

/// The body of an entry, unless nobody needs it: it is held as a whole, or the asker's own.
fn travelling(entry: &[u8], body: &Row, asker: &DeviceId) -> Result<Option<Vec<u8>>> {
    let entry = Entry::from_bytes(entry).map_err(|_| Error::Damaged("station log"))?;
    if entry.whole || entry.device == *asker {
        return Ok(None);
    }
    body.get("bytes").map(Some)
}
