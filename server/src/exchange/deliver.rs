//! What a phone brings: checked envelope by envelope, taken in, receipted once it is durable, and
//! its outcome waited for.

use std::time::Duration;

use sync_core::envelope::{Envelope, Signed};
use sync_core::gate::intake;
use sync_core::ids::{Hash, StationId};
use sync_core::sync::message::{
    DEFAULT_WAIT_MS, MAX_ENVELOPES, MAX_REQUEST_ENVELOPES, MAX_WAIT_MS,
};
use sync_core::sync::{Receipt, Stored, SyncRequest, Want, WireEnvelope};

use super::{Asker, Counter, Refused, code_of};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::http::App;
use crate::intake::{Delivery, Report, Taken};
use crate::{args, sql};

/// A phone that only asks is noted this often, not with a commit each time.
const NOTE_EVERY_MS: i64 = 60_000;

#[derive(Debug, Default)]
pub struct Delivered {
    pub receipt: Option<Signed<Receipt>>,
    pub need: Vec<Want>,
}

/// Takes in what the request brings. Some of it turned away: the rest is receipted, and the
/// sender is told why once it brings nothing else.
pub async fn deliver(
    app: &App,
    counter: &Counter,
    asker: &Asker,
    request: &SyncRequest,
) -> Result<Delivered> {
    check_size(&request.envelopes)?;
    let (envelopes, mut refused) = read(counter, &request.envelopes);
    let delivery = Delivery {
        station: counter.station.id.clone(),
        bearer: asker.device,
        envelopes,
        report: Report {
            clock_offset_ms: request.clock.wall.saturating_sub(counter.now),
            seen_index: request.seen.map_or(0, |seen| seen.index),
        },
    };
    if delivery.envelopes.is_empty() {
        note(app, asker, counter.now, delivery);
        return refuse_or(refused, Delivered::default());
    }
    let places: Vec<Hash> = delivery.envelopes.iter().map(|(e, _)| e.hash()).collect();
    let taken = app.intake.take(delivery).await?;
    count(&taken, &refused);
    if taken.stored.is_empty() && taken.need.is_empty() {
        refused.extend(taken.turned_away.iter().map(|(hash, why)| Refused {
            index: places.iter().position(|place| place == hash).unwrap_or(0),
            envelope: Some(*hash),
            code: code_of(why),
            detail: why.to_string(),
        }));
        return refuse_or(refused, Delivered::default());
    }
    let receipt = receipt(app, counter, &taken.stored);
    let wait = request.wait_ms.unwrap_or(DEFAULT_WAIT_MS).min(MAX_WAIT_MS);
    outcome(app, &counter.station.id, taken.stored, wait).await?;
    Ok(Delivered {
        receipt,
        need: taken.need,
    })
}

fn check_size(envelopes: &[WireEnvelope]) -> Result<()> {
    let size: usize = envelopes.iter().map(|envelope| envelope.bytes.len()).sum();
    let count = envelopes.len();
    match count > MAX_ENVELOPES || (count > 1 && size > MAX_REQUEST_ENVELOPES) {
        true => Err(Error::DeliveryTooLarge { count, size }),
        false => Ok(()),
    }
}

type Read = (Vec<(Envelope, Vec<u8>)>, Vec<Refused>);

fn read(counter: &Counter, envelopes: &[WireEnvelope]) -> Read {
    let (mut good, mut refused) = (Vec::new(), Vec::new());
    for (index, wire) in envelopes.iter().enumerate() {
        let envelope = match Envelope::decode(&wire.bytes) {
            Ok(envelope) => envelope,
            Err(bad) => {
                refused.push(Refused {
                    index,
                    envelope: None,
                    code: "malformed",
                    detail: bad.to_string(),
                });
                continue;
            }
        };
        let charter = &counter.holding.charter;
        match intake::check(&counter.station.id, charter, &envelope) {
            Ok(()) => good.push((envelope, wire.bytes.clone())),
            Err(why) => refused.push(Refused {
                index,
                envelope: Some(envelope.hash()),
                code: code_of(&why),
                detail: why.to_string(),
            }),
        }
    }
    (good, refused)
}

fn refuse_or(refused: Vec<Refused>, delivered: Delivered) -> Result<Delivered> {
    match refused.is_empty() {
        true => Ok(delivered),
        false => Err(Error::TurnedAway(refused)),
    }
}

fn note(app: &App, asker: &Asker, now: i64, delivery: Delivery) {
    let stale = now.saturating_sub(asker.last_seen) >= NOTE_EVERY_MS;
    if stale || delivery.report.seen_index != asker.seen_index {
        app.intake.note(delivery);
    }
}

fn receipt(app: &App, counter: &Counter, stored: &[Hash]) -> Option<Signed<Receipt>> {
    if stored.is_empty() {
        return None;
    }
    let stored = stored.iter().map(|envelope| Stored {
        envelope: *envelope,
        sheet: false,
    });
    let receipt = Receipt {
        stored: stored.collect(),
        time: app.clock.now_ms(),
        backed_up_to: None,
    };
    Some(Signed::by(&counter.signer.key, receipt))
}

/// Waits until every envelope has its place in the log, but not longer than the phone wants.
async fn outcome(app: &App, station: &StationId, mut stored: Vec<Hash>, wait: u32) -> Result<()> {
    entered(&app.db, station, &mut stored).await?;
    if stored.is_empty() {
        return Ok(());
    }
    let mut rounds = app.admission.wake(station);
    if wait == 0 {
        return Ok(());
    }
    let until_entered = async {
        while rounds.changed().await.is_ok() {
            entered(&app.db, station, &mut stored).await?;
            if stored.is_empty() {
                break;
            }
        }
        Ok(())
    };
    let wait = Duration::from_millis(wait.into());
    tokio::time::timeout(wait, until_entered)
        .await
        .unwrap_or(Ok(()))
}

/// Leaves those that still wait.
async fn entered(db: &Db, station: &StationId, stored: &mut Vec<Hash>) -> Result<()> {
    while let Some(hash) = stored.last() {
        let row = db
            .fetch_opt(sql!("envelope_by_hash"), args![station, hash])
            .await?;
        match row {
            Some(row) if row.count_opt("entry")?.is_none() => break,
            Some(_) | None => stored.pop(),
        };
    }
    Ok(())
}

fn count(taken: &Taken, refused: &[Refused]) {
    metrics::counter!("wardbook_envelopes_receipted_total").increment(taken.stored.len() as u64);
    let codes = taken.turned_away.iter().map(|(_, why)| code_of(why));
    for code in codes.chain(refused.iter().map(|refused| refused.code)) {
        metrics::counter!("wardbook_envelopes_turned_away_total", "code" => code).increment(1);
    }
    if !taken.need.is_empty() {
        metrics::counter!("wardbook_envelopes_needed_total").increment(taken.need.len() as u64);
    }
}
