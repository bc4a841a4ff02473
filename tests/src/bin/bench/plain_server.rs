//! Plain's server: a bare axum handler that inserts the lines of a post in one transaction.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{self, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use flate2::read::GzDecoder;
use rusqlite::{Connection, params};
use serde_json::Value;

pub const COMMAND: &str = "plain-server";

type Store = Arc<Mutex<Connection>>;

/// Serves from a store in this folder until it is killed.
pub fn run(folder: &Path) -> Result<()> {
    let store = Connection::open(folder.join("plain.db"))?;
    store.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         CREATE TABLE line (n INTEGER PRIMARY KEY, device TEXT NOT NULL, body TEXT NOT NULL);",
    )?;
    let app = Router::new()
        .route("/day", post(take))
        .route("/after/{n}", get(after))
        .with_state(Arc::new(Mutex::new(store)));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let place = format!("listening on http://{}\n", listener.local_addr()?);
        std::io::Write::write_all(&mut std::io::stdout(), place.as_bytes())?;
        axum::serve(listener, app).await?;
        Ok(())
    })
}

async fn take(State(store): State<Store>, body: Bytes) -> Result<String, StatusCode> {
    blocking(move || {
        let mut text = String::new();
        GzDecoder::new(body.as_ref()).read_to_string(&mut text)?;
        let post: Value = serde_json::from_str(&text)?;
        let device = post["device"].as_str().context("no device")?;
        let lines = post["lines"].as_array().context("no lines")?;
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let tx = store.transaction()?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO line (device, body) VALUES (?, ?)")?;
            for line in lines {
                insert.execute(params![device, line.to_string()])?;
            }
        }
        tx.commit()?;
        Ok(format!("{{\"stored\":{}}}", lines.len()))
    })
    .await
}

/// What a phone that has seen `n` lines does not have yet.
async fn after(
    State(store): State<Store>,
    extract::Path(n): extract::Path<i64>,
) -> Result<String, StatusCode> {
    blocking(move || {
        let store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = store.prepare_cached("SELECT body FROM line WHERE n > ? ORDER BY n")?;
        let lines = lines.query_map([n], |row| row.get::<_, String>(0))?;
        let lines: Vec<String> = lines.collect::<rusqlite::Result<_>>()?;
        Ok(format!("[{}]", lines.join(",")))
    })
    .await
}

async fn blocking(
    work: impl FnOnce() -> Result<String> + Send + 'static,
) -> Result<String, StatusCode> {
    let done = tokio::task::spawn_blocking(work).await;
    done.ok()
        .and_then(Result::ok)
        .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}
