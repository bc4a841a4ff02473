//! Reads a request's body whole, within a size and a time, before its handler runs. So no
//! handler waits for a client that dawdles, and none holds a transaction while it does.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;

use crate::error::{Error, Result};

/// What a phone sends in one request is at most 48 KiB of envelopes with their key sheets.
const LIMIT: usize = 256 * 1024;
/// 48 KiB take 3 seconds on a poor link of 20 kB/s.
const TIME: Duration = Duration::from_secs(30);

pub async fn whole(request: Request, next: Next) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let declared = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT) {
        return Err(Error::BodyTooLarge { limit: LIMIT });
    }
    let bytes = tokio::time::timeout(TIME, collect(body))
        .await
        .map_err(|_| Error::BodyTooSlow {
            seconds: TIME.as_secs(),
        })??;
    Ok(next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await)
}

async fn collect(mut body: Body) -> Result<Bytes> {
    let mut bytes = Vec::new();
    while let Some(frame) =
        std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        if let Ok(data) = frame.map_err(|_| Error::BodyCut)?.into_data() {
            if bytes.len() + data.len() > LIMIT {
                return Err(Error::BodyTooLarge { limit: LIMIT });
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.into())
}
