//! `/s/{station}/held`: the acts that were kept and not merged, each with what can be done.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::catalogue::Kind;
use sync_core::gate::Code;
use sync_core::ids::{DeviceId, Hash, RecordId};

use super::export::Files;
use super::filter::{self, Filter};
use super::frame::{self, Crumb, Frame, Pager, Place};
use super::ink::Ink;
use super::mark::Mark;
use super::reader::Reader;
use super::sheet::{Moment, Setter};
use super::station::{DeviceName, Shown, crumb};
use super::words::Words;
use crate::db::{Row, Tx};
use crate::error::Result;
use crate::export::List;
use crate::http::App;
use crate::{args, read_tx, sql};

const A_PAGE: u64 = 50;
const DAY: i64 = 24 * 3_600_000;

#[derive(Debug, Template)]
#[template(path = "held.html")]
pub struct HeldPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub held_mark: Mark,
    pub items: Vec<Item>,
    pub files: Files,
    pub filter: Filter,
    pub pager: Pager,
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
    /// What the verdict points at, after what it is: a step, a field.
    pub detail: Option<(&'static str, Ink)>,
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
    /// Of its first record, where the station has that.
    pub kind: Option<String>,
    pub title: Option<String>,
}

impl HeldRow {
    pub async fn read(tx: &mut Tx, shown: &Shown, row: &Row) -> Result<HeldRow> {
        let records: String = row.get("records")?;
        let records: Vec<String> = records.split_whitespace().map(str::to_owned).collect();
        let first = records
            .first()
            .and_then(|record| record.parse::<RecordId>().ok());
        let found = match first {
            Some(record) => {
                let key = args![&shown.id, &record];
                tx.fetch_opt(sql!("record_get"), key).await?
            }
            None => None,
        };
        Ok(HeldRow {
            device: DeviceId(row.bytes("device")?),
            person: row.get("person")?,
            code: row.get("code")?,
            detail: row.get("detail")?,
            at: row.get("at")?,
            received: row.get("received_at")?,
            act: row.count("act_n")?,
            whole: row.get::<i64>("act_index")? < 0,
            kind: found.as_ref().map(|row| row.get("kind")).transpose()?,
            title: found.as_ref().map(|row| row.get("title")).transpose()?,
            records,
        })
    }
}

pub async fn held(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let at = Pager::asked(&reader);
    let skip = u64::from(at - 1) * A_PAGE;
    let (station, rows, more) = read_tx!(app.db, "held", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let found = find(tx, &reader, &shown, &Before::default(), A_PAGE + 1, skip).await?;
        let mut rows = Vec::new();
        for row in found.iter().take(A_PAGE as usize) {
            rows.push(HeldRow::read(tx, &shown, row).await?);
        }
        Ok((shown, rows, found.len() as u64 > A_PAGE))
    })
    .await?;
    let pager = Pager::of(&reader, at, more);
    frame::page(&reader, &draw(&reader, &station, &rows, pager))
}

/// Behind which act a part of the list begins; by default before all.
#[derive(Debug)]
pub struct Before {
    at: i64,
    envelope: Hash,
    index: i64,
}

impl Default for Before {
    fn default() -> Before {
        Before {
            at: i64::MAX,
            envelope: Hash::ZERO,
            index: i64::MIN,
        }
    }
}

impl Before {
    pub fn read(row: &Row) -> Result<Before> {
        Ok(Before {
            at: row.get("at")?,
            envelope: Hash(row.bytes("envelope_hash")?),
            index: row.get("act_index")?,
        })
    }
}

/// The held acts that pass the reader's filters, the newest first.
pub async fn find(
    tx: &mut Tx,
    reader: &Reader,
    shown: &Shown,
    before: &Before,
    most: u64,
    skip: u64,
) -> Result<Vec<Row>> {
    let (officer, times) = (filter::officer(reader), shown.times(reader));
    let (from, until) = match filter::day(reader) {
        "" => (i64::MIN, i64::MAX),
        day => {
            let until = times.end_of(day).unwrap_or(i64::MAX);
            (until.saturating_sub(DAY), until)
        }
    };
    let within = args![
        &shown.id,
        officer,
        from,
        until,
        most,
        skip,
        before.at,
        &before.envelope,
        before.index
    ];
    tx.fetch_all(sql!("held_list_received"), within).await
}

pub fn draw(reader: &Reader, station: &Shown, rows: &[HeldRow], pager: Pager) -> HeldPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let path = format!("{}/held", station.path());
    let here = Crumb::new(Ink::label(&w.held_title), reader.to(&path));
    let item = |row: &HeldRow| Item {
        // The code of a newer program is no sentence of ours.
        sentence: match Code::from_word(&row.code) {
            Some(_) => Ink::label(sentence(reader, row)),
            None => Ink::written(&row.code),
        },
        author: station.who(reader, &row.person),
        device: station.device_beside(reader, row.device, &row.person),
        at: setter.moment(row.at),
        received: row.received.map(|at| setter.moment(at)),
        act: row.act,
        whole: row.whole,
        detail: place(reader, station, row).map(|(what, label)| (what, Ink::written(&label))),
        records: row
            .records
            .iter()
            .enumerate()
            .map(|(n, record)| Link {
                label: match row
                    .title
                    .as_ref()
                    .filter(|title| n == 0 && !title.is_empty())
                {
                    Some(title) => station.title(reader, title),
                    None => Ink::written(record.get(..8).unwrap_or(record)),
                },
                // What the station does not have cannot be opened.
                href: match n == 0 && row.title.is_none() {
                    true => String::new(),
                    false => reader.to(&station.record_path(record)),
                },
            })
            .collect(),
    };
    HeldPage {
        frame: Frame::of(
            reader,
            station,
            Place::Held,
            w.held_title.clone(),
            vec![crumb(reader, station), here],
        ),
        w,
        held_mark: Mark::Held,
        items: rows.iter().map(item).collect(),
        files: Files::of(reader, station, List::Held),
        filter: Filter::of(reader, station, path, true),
        pager,
    }
}

/// Why it is held, and what can be done.
pub fn sentence<'a>(reader: &Reader, row: &'a HeldRow) -> &'a str {
    match Code::from_word(&row.code) {
        Some(code) => code.explain(reader.catalogue_language()),
        None => &row.code,
    }
}

/// What the verdict points at, or nothing.
pub fn detail(reader: &Reader, station: &Shown, row: &HeldRow) -> String {
    place(reader, station, row).map_or_else(String::new, |(_, label)| label)
}

/// What the verdict points at, as the catalogue labels it: a step, a field, a cell. Of a record
/// that the station does not have, the label that all kinds agree on.
fn place(reader: &Reader, station: &Shown, row: &HeldRow) -> Option<(&'static str, String)> {
    let (w, language) = (reader.words(), reader.catalogue_language());
    let kinds = &station.catalogue().kinds;
    let own = row.kind.as_ref().and_then(|kind| kinds.get(kind));
    let label = |kind: &Kind| -> Option<(&'static str, String)> {
        let name = row.detail.split(['/', ':']).next().unwrap_or_default();
        let cell = row.detail.rsplit(':').next().unwrap_or_default();
        if let Some(step) = kind.step(&row.detail) {
            return Some((&w.held_step, step.label.get(language).to_owned()));
        }
        let field = kind.field(name)?;
        let label = field.label.get(language);
        let label = match field.cell(cell) {
            Some(cell) => format!("{label} · {}", cell.label.get(language)),
            None => label.to_owned(),
        };
        Some((&w.held_field, label))
    };
    if row.detail.is_empty() {
        return None;
    }
    if row.detail == "create" {
        return Some((&w.held_step, w.held_create.clone()));
    }
    let mut labels: Vec<(&'static str, String)> = match own {
        Some(kind) => label(kind).into_iter().collect(),
        None => kinds.values().filter_map(label).collect(),
    };
    labels.sort();
    labels.dedup();
    Some(match labels.as_slice() {
        [(what, label)] => (*what, label.clone()),
        _ => (w.held_field.as_str(), row.detail.clone()),
    })
}
