//! `/s/{station}/limits`: the time limits that run, the first to end first.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::ids::RecordId;

use super::export::Files;
use super::frame::{self, Crumb, Frame, Pager, Place};
use super::ink::Ink;
use super::reader::Reader;
use super::sheet::{CoverageView, DueLine, Setter};
use super::station::{Shown, crumb};
use super::today::SOON_DAYS;
use super::words::Words;
use crate::db::Tx;
use crate::error::Result;
use crate::export::List;
use crate::http::App;
use crate::{args, read_tx, sql};

const A_PAGE: u64 = 50;
const DAY: i64 = 24 * 3_600_000;

#[derive(Debug, Template)]
#[template(path = "limits.html")]
pub struct LimitsPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub coverage: Option<CoverageView>,
    pub tabs: Vec<Tab>,
    pub limits: Vec<LimitItem>,
    pub files: Files,
    pub pager: Pager,
}

/// A part of the list.
#[derive(Debug)]
pub struct Tab {
    pub label: &'static str,
    pub href: String,
    pub is_here: bool,
}

#[derive(Debug)]
pub struct LimitItem {
    pub title: Ink,
    pub href: String,
    pub kind: Ink,
    pub number: Ink,
    pub author: Ink,
    /// What must be done, as its book's column or its step names it.
    pub what: Ink,
    pub due: DueLine,
    /// How long it is over, or what is left.
    pub distance: String,
}

/// A limit as the store has it.
#[derive(Debug)]
pub struct Row {
    pub record: RecordId,
    pub name: String,
    pub book: String,
    pub column: String,
    pub due: i64,
    pub title: String,
    pub kind: String,
    pub author: String,
    pub number: Option<String>,
}

/// Behind which limit a part of the list begins; by default before all.
#[derive(Debug)]
pub struct After {
    pub due: i64,
    pub record: RecordId,
    pub name: String,
}

impl Default for After {
    fn default() -> After {
        After {
            due: i64::MIN,
            record: RecordId([0; 16]),
            name: String::new(),
        }
    }
}

/// After which moment, and not after which, the limits end that the reader asks for.
pub fn asked(reader: &Reader, now: i64) -> (i64, i64) {
    match reader.param("when") {
        Some("over") => (i64::MIN, now),
        Some("soon") => (now, now + SOON_DAYS * DAY),
        Some(_) | None => (i64::MIN, i64::MAX),
    }
}

/// Those that end after one moment and not after another.
pub async fn read(
    tx: &mut Tx,
    shown: &Shown,
    (from, until): (i64, i64),
    after: &After,
    limit: u64,
    skip: u64,
) -> Result<Vec<Row>> {
    let within = args![
        &shown.id,
        from,
        until,
        limit,
        skip,
        after.due,
        &after.record,
        &after.name
    ];
    let rows = tx.fetch_all(sql!("open_limit_list_due"), within).await?;
    let read = |row: &crate::db::Row| {
        Ok(Row {
            record: RecordId(row.bytes("record")?),
            name: row.get("name")?,
            book: row.get("book")?,
            column: row.get("column_id")?,
            due: row.get("due")?,
            title: row.get("title")?,
            kind: row.get("kind")?,
            author: row.get("author")?,
            number: row.get("number")?,
        })
    };
    rows.iter().map(read).collect()
}

pub async fn limits(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    let at = Pager::asked(&reader);
    let skip = u64::from(at - 1) * A_PAGE;
    let within = asked(&reader, now);
    let (station, mut rows) = read_tx!(app.db, "limits", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let rows = read(tx, &shown, within, &After::default(), A_PAGE + 1, skip).await?;
        Ok((shown, rows))
    })
    .await?;
    let more = rows.len() as u64 > A_PAGE;
    rows.truncate(A_PAGE as usize);
    let pager = Pager::of(&reader, at, more);
    frame::page(&reader, &draw(&reader, &station, &rows, pager, now))
}

pub fn draw(reader: &Reader, station: &Shown, rows: &[Row], pager: Pager, now: i64) -> LimitsPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let here = Crumb::new(
        Ink::label(&w.limits_title),
        reader.to(&format!("{}/limits", station.path())),
    );
    let when = reader.param("when").unwrap_or_default();
    let tab = |label, value: &str| Tab {
        label,
        href: reader.here(&[("when", value), ("page", "")]),
        is_here: when == value,
    };
    LimitsPage {
        frame: Frame::of(
            reader,
            station,
            Place::Limits,
            w.limits_title.clone(),
            vec![crumb(reader, station), here],
        ),
        w,
        coverage: Some(setter.coverage(
            &station.coverage_now(now),
            &w.coverage_open,
            &w.coverage_silent,
        )),
        tabs: vec![
            tab(&w.limits_all, ""),
            tab(&w.limits_over, "over"),
            tab(&w.limits_soon, "soon"),
        ],
        limits: rows.iter().map(|row| item(&setter, row, now)).collect(),
        files: Files::of(reader, station, List::Limits),
        pager,
    }
}

/// What must be done, as its book's column or its step names it.
pub fn what(reader: &Reader, station: &Shown, row: &Row) -> String {
    let book = station.catalogue().books.get(&row.book);
    match book.and_then(|book| book.column(&row.column)) {
        Some(column) => column.label.get(reader.catalogue_language()).to_owned(),
        None => station.awaited(reader, &row.kind, &row.name),
    }
}

pub fn item(setter: &Setter<'_>, row: &Row, now: i64) -> LimitItem {
    let (reader, station) = (setter.reader, setter.station);
    let w = reader.words();
    let language = reader.catalogue_language();
    let catalogue = station.catalogue();
    let apart = now.saturating_sub(row.due);
    let word = if apart >= 0 { &w.over_by } else { &w.left };
    LimitItem {
        title: station.title(reader, &row.title),
        href: reader.to(&station.record_path(&row.record.to_string())),
        kind: match catalogue.kinds.get(&row.kind) {
            Some(kind) => Ink::label(kind.label.get(language)),
            None => Ink::written(&row.kind),
        },
        number: Ink::written(row.number.as_deref().unwrap_or_default()),
        author: station.who(reader, &row.author),
        what: Ink::label(&what(reader, station, row)),
        due: setter.due_line(row.due, None, now),
        distance: word.replace("{span}", &station.times(reader).span(apart, w)),
    }
}
