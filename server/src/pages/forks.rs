//! `/s/{station}/forks`: phones that signed two different envelopes under one number. Both are
//! kept as proof, and nothing more is taken from such a phone.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::ids::{DeviceId, Hash};

use super::export::Files;
use super::frame::{self, Crumb, Frame, Pager, Place};
use super::ink::Ink;
use super::reader::Reader;
use super::sheet::{Moment, Setter};
use super::station::{DeviceName, Shown, crumb};
use super::words::Words;
use crate::db::Tx;
use crate::error::Result;
use crate::export::List;
use crate::http::App;
use crate::{args, read_tx, sql};

const A_PAGE: u64 = 50;

#[derive(Debug, Template)]
#[template(path = "forks.html")]
pub struct ForksPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub forks: Vec<Item>,
    pub files: Files,
    pub pager: Pager,
}

#[derive(Debug)]
pub struct Item {
    pub device: DeviceName,
    pub envelope: u64,
    pub hash: String,
    pub received: Moment,
}

/// A second envelope as the store has it.
#[derive(Debug)]
pub struct Row {
    pub device: DeviceId,
    pub seq: u64,
    pub hash: Hash,
    pub received: i64,
}

/// The newest first.
pub async fn read(tx: &mut Tx, shown: &Shown, most: u64, skip: u64) -> Result<Vec<Row>> {
    let rows = tx
        .fetch_all(sql!("fork_part"), args![&shown.id, most, skip])
        .await?;
    let read = |row: &crate::db::Row| {
        Ok(Row {
            device: DeviceId(row.bytes("device")?),
            seq: row.count("seq")?,
            hash: Hash(row.bytes("hash")?),
            received: row.get("received_at")?,
        })
    };
    rows.iter().map(read).collect()
}

pub async fn forks(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let at = Pager::asked(&reader);
    let skip = u64::from(at - 1) * A_PAGE;
    let (station, mut rows) = read_tx!(app.db, "forks", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let rows = read(tx, &shown, A_PAGE + 1, skip).await?;
        Ok((shown, rows))
    })
    .await?;
    let more = rows.len() as u64 > A_PAGE;
    rows.truncate(A_PAGE as usize);
    let pager = Pager::of(&reader, at, more);
    frame::page(&reader, &draw(&reader, &station, &rows, pager))
}

pub fn draw(reader: &Reader, station: &Shown, rows: &[Row], pager: Pager) -> ForksPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let path = station.path();
    let devices = Crumb::new(
        Ink::label(&w.devices),
        reader.to(&format!("{path}/devices")),
    );
    let here = Crumb::new(
        Ink::label(&w.forks_title),
        reader.to(&format!("{path}/forks")),
    );
    let item = |row: &Row| Item {
        device: station.device(reader, row.device),
        envelope: row.seq,
        hash: row.hash.to_string().chars().take(16).collect(),
        received: setter.moment(row.received),
    };
    ForksPage {
        frame: Frame::of(
            reader,
            station,
            Place::Elsewhere,
            w.forks_title.clone(),
            vec![crumb(reader, station), devices, here],
        ),
        w,
        forks: rows.iter().map(item).collect(),
        files: Files::of(reader, station, List::Forks),
        pager,
    }
}
