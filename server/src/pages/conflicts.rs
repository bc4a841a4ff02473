//! `/s/{station}/conflicts`: the records in which people contradict each other.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::book::facts;
use sync_core::ids::RecordId;
use sync_core::record::view::View;

use super::export::Files;
use super::filter::{self, Filter};
use super::frame::{self, Crumb, Frame, Pager, Place};
use super::ink::Ink;
use super::mark::Mark;
use super::reader::Reader;
use super::record;
use super::sheet::{ConflictNote, Setter};
use super::station::{Shown, crumb};
use super::words::Words;
use crate::admission::history;
use crate::admission::project::flags;
use crate::db::{Row, Tx};
use crate::error::Result;
use crate::export::List;
use crate::http::App;
use crate::{args, read_tx, sql};

const A_PAGE: usize = 20;

#[derive(Debug, Template)]
#[template(path = "conflicts.html")]
pub struct ConflictsPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub conflict_mark: Mark,
    pub records: Vec<Item>,
    pub files: Files,
    pub filter: Filter,
    pub pager: Pager,
}

#[derive(Debug)]
pub struct Item {
    pub title: Ink,
    pub kind: Ink,
    pub href: String,
    pub conflicts: Vec<ConflictNote>,
}

pub async fn conflicts(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let at = Pager::asked(&reader);
    let skip = u64::from(at - 1) * A_PAGE as u64;
    let (station, views, more) = read_tx!(app.db, "conflicts", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let most = A_PAGE as u64 + 1;
        let rows = find(tx, &reader, &shown, &Before::default(), most, skip).await?;
        let mut views = Vec::new();
        for row in rows.iter().take(A_PAGE) {
            views.push(view(tx, &shown, row).await?);
        }
        Ok((shown, views, rows.len() > A_PAGE))
    })
    .await?;
    let pager = Pager::of(&reader, at, more);
    frame::page(&reader, &draw(&reader, &station, &views, pager))
}

/// Behind which record a part of the list begins; by default before all.
#[derive(Debug)]
pub struct Before {
    pub entry: i64,
    pub record: RecordId,
}

impl Default for Before {
    fn default() -> Before {
        Before {
            entry: i64::MAX,
            record: RecordId([0xff; 16]),
        }
    }
}

impl Before {
    pub fn read(row: &Row) -> Result<Before> {
        Ok(Before {
            entry: row.get("updated_entry")?,
            record: RecordId(row.bytes("record")?),
        })
    }
}

/// The records with conflicts that pass the reader's filters, the newest change first.
pub async fn find(
    tx: &mut Tx,
    reader: &Reader,
    shown: &Shown,
    before: &Before,
    most: u64,
    skip: u64,
) -> Result<Vec<Row>> {
    let flagged = args![
        &shown.id,
        flags::CONFLICT,
        most,
        skip,
        filter::officer(reader),
        filter::day(reader),
        before.entry,
        &before.record
    ];
    tx.fetch_all(sql!("record_list_flagged"), flagged).await
}

pub async fn view(tx: &mut Tx, shown: &Shown, row: &Row) -> Result<View> {
    let record = RecordId(row.bytes("record")?);
    let changes = tx
        .fetch_all(sql!("change_of_record"), args![&shown.id, &record])
        .await?;
    Ok(View::of(&history(record, &changes)?))
}

pub fn draw(reader: &Reader, station: &Shown, views: &[View], pager: Pager) -> ConflictsPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let path = format!("{}/conflicts", station.path());
    let here = Crumb::new(Ink::label(&w.conflicts_title), reader.to(&path));
    let item = |view: &View| Item {
        title: station.title(reader, &facts(view, &station.books).title),
        kind: match station.catalogue().kinds.get(&view.kind) {
            Some(kind) => Ink::label(kind.label.get(reader.catalogue_language())),
            None => Ink::written(&view.kind),
        },
        href: reader.to(&station.record_path(&view.record.to_string())),
        conflicts: record::conflicts(&setter, view),
    };
    ConflictsPage {
        frame: Frame::of(
            reader,
            station,
            Place::Conflicts,
            w.conflicts_title.clone(),
            vec![crumb(reader, station), here],
        ),
        w,
        conflict_mark: Mark::Conflict,
        records: views.iter().map(item).collect(),
        files: Files::of(reader, station, List::Conflicts),
        filter: Filter::of(reader, station, path, true),
        pager,
    }
}
