//! What those who run the server ask it: does it live, is it ready, how is it doing.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::{App, meter};
use crate::error::{Error, Result};
use crate::{args, sql};

/// Who asks wants to know now, not when the database has come back.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// The database answers too.
pub async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str> {
    let asked = app.db.fetch_opt(sql!("schema_version_get"), args![]);
    tokio::time::timeout(PATIENCE, asked)
        .await
        .map_err(|_| Error::database("readyz", sqlx::Error::PoolTimedOut))??;
    Ok("ready\n")
}

pub async fn metrics() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        meter::render(),
    )
}
