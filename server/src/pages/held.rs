//! `/s/{station}/held`: the acts that were kept and not merged, each with what can be done.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::gate::Code;
use sync_core::ids::DeviceId;

use super::frame::{self, Crumb, Frame};
use super::ink::Ink;
use super::mark::Mark;
use super::overview::crumb;
use super::reader::Reader;
use super::sheet::{Moment, Setter};
use super::station::{DeviceName, Shown};
use super::words::Words;
use crate::db::Row;
use crate::error::Result;
use crate::http::App;
use crate::{args, read_tx, sql};

#[derive(Debug, Template)]
#[template(path = "held.html")]
pub struct HeldPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub held_mark: Mark,
    pub items: Vec<Item>,
}

#[derive(Debug)]
pub struct Item {
    pub sentence: Ink,
    pub author: Ink,
    pub device: DeviceName,
    pub at: Moment,
    pub received: Option<Moment>,
    pub act: u64,
    pub whole: bool,
    pub detail: Ink,
    pub records: Vec<Link>,
}

#[derive(Debug)]
pub struct Link {
    pub label: Ink,
    pub href: String,
}

/// A held act as the store has it.
#[derive(Debug)]
pub struct HeldRow {
    pub device: DeviceId,
    pub person: String,
    pub code: String,
    pub detail: String,
    pub at: i64,
    pub received: Option<i64>,
    pub act: u64,
    /// The whole envelope is held.
    pub whole: bool,
    pub records: Vec<String>,
}

impl HeldRow {
    fn read(row: &Row) -> Result<HeldRow> {
        let records: String = row.get("records")?;
        Ok(HeldRow {
            device: DeviceId(row.bytes("device")?),
            person: row.get("person")?,
            code: row.get("code")?,
            detail: row.get("detail")?,
            at: row.get("at")?,
            received: row.get("received_at")?,
            act: row.count("act_n")?,
            whole: row.get::<i64>("act_index")? < 0,
            records: records.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

pub async fn held(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let (station, rows) = read_tx!(app.db, "held", async |tx| {
        let shown = Shown::read(tx, &station).await?;
        let rows = tx
            .fetch_all(sql!("held_list_received"), args![&shown.id, "held"])
            .await?;
        Ok((
            shown,
            rows.iter().map(HeldRow::read).collect::<Result<Vec<_>>>()?,
        ))
    })
    .await?;
    frame::page(&reader, &draw(&reader, &station, &rows))
}

pub fn draw(reader: &Reader, station: &Shown, rows: &[HeldRow]) -> HeldPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let here = Crumb::new(
        Ink::label(&w.held_title),
        reader.to(&format!("{}/held", station.path())),
    );
    let item = |row: &HeldRow| Item {
        sentence: match Code::from_word(&row.code) {
            Some(code) => Ink::label(code.explain(reader.catalogue_language())),
            None => Ink::written(&row.code),
        },
        author: station.who(reader, &row.person),
        device: station.device_beside(reader, row.device, &row.person),
        at: setter.moment(row.at),
        received: row.received.map(|at| setter.moment(at)),
        act: row.act,
        whole: row.whole,
        detail: Ink::written(&row.detail),
        records: row
            .records
            .iter()
            .map(|record| Link {
                label: Ink::written(record.get(..8).unwrap_or(record)),
                href: reader.to(&station.record_path(record)),
            })
            .collect(),
    };
    HeldPage {
        frame: Frame::new(
            reader,
            w.held_title.clone(),
            vec![crumb(reader, station), here],
        ),
        w,
        held_mark: Mark::Held,
        items: rows.iter().map(item).collect(),
    }
}
