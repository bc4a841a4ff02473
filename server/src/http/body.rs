//! Reads a request's body whole, within a size, a time and the room that all bodies share, before
//! its handler runs. So no handler waits for a client that dawdles, none holds a transaction while
//! it does, and clients without number take no memory without end.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;

use super::Limits;
use super::room::{Place, Room};
use crate::error::{Error, Result};

pub async fn whole(
    State((limits, room)): State<(Limits, Arc<Room>)>,
    request: Request,
    next: Next,
) -> Result<Response> {
    let (limit, time) = (limits.body_bytes, limits.body_time);
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let declared = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Error::BodyTooLarge { limit });
    }
    let client = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let client = client.map_or(Ipv4Addr::UNSPECIFIED.into(), |client| client.0.ip());
    let room = room.take(client, declared.unwrap_or(limit));
    let place = tokio::time::timeout(time, room).await.ok().flatten();
    let place = place.ok_or(Error::IntakeBusy)?;
    let bytes = tokio::time::timeout(time, collect(body, limit))
        .await
        .map_err(|_| Error::BodyTooSlow {
            seconds: time.as_secs(),
        })??;
    // The room is free again when the handler has let go of the bytes.
    let bytes = Bytes::from_owner(Placed {
        bytes,
        _place: place,
    });
    Ok(next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await)
}

struct Placed {
    bytes: Vec<u8>,
    _place: Place,
}

impl AsRef<[u8]> for Placed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

async fn collect(mut body: Body, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) =
        std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        if let Ok(data) = frame.map_err(|_| Error::BodyCut)?.into_data() {
            if bytes.len() + data.len() > limit {
                return Err(Error::BodyTooLarge { limit });
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
