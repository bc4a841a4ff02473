//! Reads a request's body whole, within a size and a time, before its handler runs. So no
//! handler waits for a client that dawdles, and none holds a transaction while it does.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;

use super::App;
use crate::error::{Error, Result};

pub async fn whole(State(app): State<Arc<App>>, request: Request, next: Next) -> Result<Response> {
    let (limit, time) = (app.limits.body_bytes, app.limits.body_time);
    let (parts, body) = request.into_parts();
    let declared = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Error::BodyTooLarge { limit });
    }
    let bytes = tokio::time::timeout(time, collect(body, limit))
        .await
        .map_err(|_| Error::BodyTooSlow {
            seconds: time.as_secs(),
        })??;
    Ok(next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await)
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes> {
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
    Ok(bytes.into())
}
