//! `/s/{station}`: its books, what waits for somebody, and how far its phones have come.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::frame::{self, Crumb, Frame};
use super::held::Link;
use super::ink::{Ink, plain};
use super::mark::Mark;
use super::reader::Reader;
use super::sheet::{CoverageView, DeviceLine, Setter};
use super::station::Shown;
use super::words::Words;
use crate::admission::project::flags;
use crate::error::Result;
use crate::http::App;
use crate::metrics::words::MetricWords;
use crate::{args, read_tx, sql};

#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub struct Overview {
    pub frame: Frame,
    pub w: &'static Words,
    pub name: Ink,
    pub books: Vec<BookLine>,
    pub metrics: Option<Link>,
    pub coverage: Option<CoverageView>,
    pub devices: Vec<DeviceLine>,
    pub held: u64,
    pub held_line: String,
    pub held_href: String,
    pub held_mark: Mark,
    pub conflicts: u64,
    pub conflicts_line: String,
    pub conflicts_href: String,
    pub conflict_mark: Mark,
}

#[derive(Debug)]
pub struct BookLine {
    pub label: Ink,
    pub code: String,
    pub href: String,
    pub lines: u64,
    pub last_day: String,
}

/// What the page counts.
#[derive(Debug, Default)]
pub struct Counts {
    /// By book: rows and the last day that has one.
    pub books: BTreeMap<String, (u64, Option<String>)>,
    pub held: u64,
    pub conflicts: u64,
}

pub async fn overview(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let (station, counts) = read_tx!(app.db, "overview", async |tx| {
        let shown = Shown::read(tx, &station).await?;
        let mut counts = Counts::default();
        for row in tx
            .fetch_all(sql!("line_count_by_book"), args![&shown.id])
            .await?
        {
            counts
                .books
                .insert(row.get("book")?, (row.count("n")?, row.get("day")?));
        }
        if let Some(row) = tx
            .fetch_opt(sql!("held_count"), args![&shown.id, "held"])
            .await?
        {
            counts.held = row.count("n")?;
        }
        let flagged = args![&shown.id, flags::CONFLICT];
        if let Some(row) = tx.fetch_opt(sql!("record_count_flagged"), flagged).await? {
            counts.conflicts = row.count("n")?;
        }
        Ok((shown, counts))
    })
    .await?;
    frame::page(
        &reader,
        &draw(&reader, &station, &counts, app.clock.now_ms()),
    )
}

pub fn draw(reader: &Reader, station: &Shown, counts: &Counts, now: i64) -> Overview {
    let w = reader.words();
    let setter = Setter { reader, station };
    let times = station.times(reader);
    let language = reader.catalogue_language();
    let books = station.catalogue().books.values();
    let books = books.filter(|book| book.has_pages()).map(|book| {
        let (lines, last) = counts.books.get(&book.name).cloned().unwrap_or_default();
        BookLine {
            label: Ink::label(book.label.get(language)),
            code: book.name.clone(),
            href: reader.to(&station.book_path(&book.name)),
            lines,
            last_day: last.map_or_else(String::new, |day| times.day_and_weekday(&day, w)),
        }
    });
    let devices: Vec<DeviceLine> = station
        .devices
        .iter()
        .map(|device| DeviceLine {
            removed: device.removed,
            ..setter.device_line(device.id, device.last_seen, Some(device.waiting))
        })
        .collect();
    let n = |text: &str, n: u64| text.replace("{n}", &n.to_string());
    Overview {
        frame: Frame::new(reader, plain(&station.name), vec![crumb(reader, station)]),
        w,
        name: Ink::written(&station.name),
        books: books.collect(),
        metrics: station.catalogue().metrics.book.is_some().then(|| Link {
            label: Ink::label(&MetricWords::of(reader.language).overview),
            href: reader.to(&format!("{}/metrics", station.path())),
        }),
        coverage: Some(setter.coverage(
            &station.coverage_now(now),
            &w.coverage_open,
            &w.coverage_silent,
        )),
        devices,
        held: counts.held,
        held_line: n(&w.held_count, counts.held),
        held_href: reader.to(&format!("{}/held", station.path())),
        held_mark: Mark::Held,
        conflicts: counts.conflicts,
        conflicts_line: n(&w.conflict_count, counts.conflicts),
        conflicts_href: reader.to(&format!("{}/conflicts", station.path())),
        conflict_mark: Mark::Conflict,
    }
}

/// The way to a station's own page.
pub fn crumb(reader: &Reader, station: &Shown) -> Crumb {
    Crumb::new(Ink::written(&station.name), reader.to(&station.path()))
}
