//! What phones ask: to join, to sync, for one record. Bodies are CBOR, problems are JSON.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use data_encoding::BASE64URL_NOPAD;
use sync_core::envelope::{Charter, Signed};
use sync_core::ids::{RecordId, StationId};
use sync_core::sync::message::Message;
use sync_core::sync::{JoinRequest, JoinResponse, RecordRequest, RecordResponse, SyncRequest};

use super::App;
use crate::error::{Error, Result};
use crate::station::Station;
use crate::station_log::signed_head;
use crate::{args, exchange, join, sql, write_tx};

/// The header that carries a signed [`RecordRequest`], in base64url without padding.
const REQUEST: &str = "wardbook-request";

struct Cbor<T>(T);

impl<T: Message> IntoResponse for Cbor<T> {
    fn into_response(self) -> axum::response::Response {
        ([(CONTENT_TYPE, "application/cbor")], self.0.to_wire()).into_response()
    }
}

fn read<T: Message>(body: &[u8]) -> Result<T> {
    T::from_wire(body).map_err(|_| Error::RequestMalformed { what: "the body" })
}

/// `POST /v1/join`
pub async fn join(State(app): State<Arc<App>>, body: Bytes) -> Result<impl IntoResponse> {
    let request: Signed<JoinRequest> = read(&body)?;
    let (station, code) = join::of(&request)?;
    let enrolled = write_tx!(app.db, "join", async |tx| {
        join::join(tx, &station, code, &request.message, &app.data, &app.clock).await
    })
    .await?;
    let signer = app.known.signer(&station, &app.data)?;
    let row = Station::get(&app.db, &station).await?;
    let holding = app.known.holding(&row, &app.db).await?;
    let now = app.clock.now_ms();
    let charter = holding.deltas_after(None);
    // The log as it is now holds every delta of the answer: the phone finds them all in it.
    let row = Station::get(&app.db, &station).await?;
    let answer = JoinResponse {
        device: enrolled.device,
        person: enrolled.person,
        server: server_key(&holding.charter)?,
        charter: charter.map(|bytes| bytes.clone().into()).collect(),
        catalogue: holding.bundle.clone(),
        nonce: signer.nonce(now),
        head: signed_head(&row, &signer.key, now)?,
        station,
    };
    Ok(Cbor(Signed::by(&signer.key, answer)))
}

fn server_key(charter: &Charter) -> Result<sync_core::envelope::ServerKey> {
    let now = charter.now();
    let server = now.as_ref().and_then(|now| now.server());
    server.cloned().ok_or(Error::Damaged("charter"))
}

/// `POST /v1/sync`
pub async fn sync(State(app): State<Arc<App>>, body: Bytes) -> Result<impl IntoResponse> {
    let request: Signed<SyncRequest> = read(&body)?;
    exchange::sync(&app, request, body).await.map(Cbor)
}

/// `GET /v1/stations/{station}/records/{record}`
pub async fn record(
    State(app): State<Arc<App>>,
    Path((station, record)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let (station, record): (StationId, RecordId) = (station.parse()?, record.parse()?);
    let request = headers
        .get(REQUEST)
        .and_then(|value| BASE64URL_NOPAD.decode(value.as_bytes()).ok())
        .ok_or(Error::RequestMalformed {
            what: "the header wardbook-request",
        })?;
    let request: Signed<RecordRequest> = read(&request)?;
    let message = &request.message;
    if (&message.station, message.record) != (&station, record) {
        return Err(Error::SignatureWrong);
    }
    let (device, nonce) = (&message.device, &message.nonce);
    let (counter, asker) = exchange::admit(&app, &request, &station, device, nonce).await?;
    if asker.removed {
        return Err(Error::DeviceRemoved);
    }
    let rows = app
        .db
        .fetch_all(sql!("change_of_record"), args![&station, &record])
        .await?;
    // What was admitted after the head was read is not in it and comes with the next sync.
    let mut changes = Vec::new();
    for row in &rows {
        if row.count("entry")? < counter.station.entries {
            changes.push(row.get::<Vec<u8>>("bytes")?.into());
        }
    }
    if changes.is_empty() {
        return Err(Error::RecordUnknown(record));
    }
    Ok(Cbor(RecordResponse {
        record,
        changes,
        head: signed_head(&counter.station, &counter.signer.key, counter.now)?,
        nonce: counter.signer.nonce(counter.now),
    }))
}
