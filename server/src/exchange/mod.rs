//! What the server says to one phone: who asks is checked, what it brings is taken in, and it is
//! answered with what is new to it.

mod answer;
mod deliver;

use std::sync::Arc;

use axum::body::Bytes;
use sync_core::envelope::{Signable, Signed};
use sync_core::gate::intake::TurnedAway;
use sync_core::ids::{DeviceId, Hash, StationId};
use sync_core::sync::{Nonce, SyncRequest, SyncResponse};

use crate::error::{Error, Result};
use crate::http::App;
use crate::known::{Holding, Signer};
use crate::station::Station;
use crate::{args, sql};

pub use answer::seen_fits;

/// An envelope that was not taken, for the sender to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the request, from 0.
    pub index: usize,
    /// None where it could not be read so far.
    pub envelope: Option<Hash>,
    pub code: &'static str,
    pub detail: String,
}

/// The words of [`TurnedAway`], which the problem carries.
fn code_of(why: &TurnedAway) -> &'static str {
    match why {
        TurnedAway::Station(_) => "wrong_station",
        TurnedAway::Stranger(_) => "stranger",
        TurnedAway::Signature(_) => "bad_signature",
        TurnedAway::Frozen(_) => "frozen",
        TurnedAway::Removed(_) => "removed",
    }
}

/// A device whose signature was checked.
#[derive(Debug)]
pub struct Asker {
    pub device: DeviceId,
    /// It may still deliver, and is told nothing.
    pub removed: bool,
    last_seen: i64,
    seen_index: u64,
}

/// What a request is answered from.
#[derive(Debug)]
pub struct Counter {
    pub station: Station,
    pub holding: Arc<Holding>,
    pub signer: Arc<Signer>,
    pub now: i64,
}

/// Checks that the device named in a request signed it in these days.
pub async fn admit<T: Signable>(
    app: &App,
    request: &Signed<T>,
    station: &StationId,
    device: &DeviceId,
    nonce: &Nonce,
) -> Result<(Counter, Asker)> {
    let now = app.clock.now_ms();
    let station = Station::get(&app.db, station).await?;
    let row = app
        .db
        .fetch_opt(sql!("device_get"), args![&station.id, device])
        .await?
        .ok_or(Error::DeviceUnknown)?;
    if !request.verify(&row.get::<Vec<u8>>("sign_key")?) {
        return Err(Error::SignatureWrong);
    }
    let signer = app.known.signer(&station.id, &app.data)?;
    signer.check(nonce, now)?;
    let asker = Asker {
        device: *device,
        removed: row.get::<Option<i64>>("removed_seq")?.is_some(),
        last_seen: row.get("last_seen")?,
        seen_index: row.count("seen_index")?,
    };
    let holding = app.known.holding(&station, &app.db).await?;
    let counter = Counter {
        station,
        holding,
        signer,
        now,
    };
    Ok((counter, asker))
}

/// `POST /v1/sync`, once its body is read.
pub async fn sync(
    app: &App,
    mut request: Signed<SyncRequest>,
    body: Bytes,
) -> Result<SyncResponse> {
    let message = &request.message;
    let (counter, asker) = admit(
        app,
        &request,
        &message.station,
        &message.device,
        &message.nonce,
    )
    .await?;
    if let Some(seen) = &message.seen
        && !asker.removed
    {
        answer::check_seen(&app.db, &counter.station, seen).await?;
    }
    let delivered = deliver::deliver(app, &counter, &asker, &request.message).await?;
    // While the phone waits for news, what it has brought takes no room.
    request.message.envelopes = Vec::new();
    drop(body);
    let message = &request.message;
    let mut response = SyncResponse::nothing_new(counter.signer.nonce(counter.now));
    response.receipt = delivered.receipt;
    response.need = delivered.need;
    match asker.removed {
        true if response.receipt.is_none() && response.need.is_empty() => {
            return Err(Error::DeviceRemoved);
        }
        true => {}
        false => answer::answer(app, &counter, message, &mut response).await?,
    }
    Ok(response)
}
