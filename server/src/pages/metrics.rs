//! `/s/{station}/metrics?from&to`: what the work of a period comes to, each number with what it
//! was counted out of; `.json` and the lists as files hold the same.

mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use sync_core::book::Coverage;
use sync_core::ids::RecordId;
use sync_core::metrics::{Report, Span};

use self::rows::{Group, OfficerRow, SettingRow, TownRow};
use super::export::Files;
use super::frame::{self, Crumb, Frame, Place};
use super::ink::{Ink, plain};
use super::reader::Reader;
use super::sheet::{CoverageView, Setter, Turn};
use super::station::{Shown, crumb};
use super::words::Words;
use crate::admission::project::Summary;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::export::List;
use crate::http::App;
use crate::metrics::file::write;
use crate::metrics::words::MetricWords;
use crate::metrics::{count, span};
use crate::{args, read_tx, sql};

#[derive(Debug, Template)]
#[template(path = "metrics.html")]
pub struct MetricsPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub words: &'static MetricWords,
    pub coverage: Option<CoverageView>,
    pub station: Ink,
    pub period: String,
    pub state: &'static str,
    pub from: String,
    pub until: String,
    pub path: String,
    /// Parameters that a new period keeps.
    pub kept: Vec<(String, String)>,
    pub previous: Option<Turn>,
    pub next: Option<Turn>,
    pub files: Files,
    pub officer_files: Files,
    pub committee_files: Files,
    pub json: String,
    pub groups: Vec<Group>,
    pub officers: Vec<OfficerRow>,
    pub committees: Vec<TownRow>,
    pub settings: Vec<SettingRow>,
}

/// What the store has for the page.
#[derive(Debug)]
pub struct Found {
    pub report: Report,
    pub span: Span,
    /// Of the records that the page links to.
    pub titles: BTreeMap<RecordId, Summary>,
}

pub async fn page(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    let (station, found) = read_tx!(app.db, "metrics", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let (span, report) = find(tx, &shown, &reader, now).await?;
        let titles = titles(tx, &shown, &report).await?;
        let found = Found {
            report,
            span,
            titles,
        };
        Ok((shown, found))
    })
    .await?;
    frame::page(&reader, &draw(&reader, &station, &found, now))
}

pub async fn json(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    let (station, report) = read_tx!(app.db, "metrics_file", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let (_, report) = find(tx, &shown, &reader, now).await?;
        Ok((shown, report))
    })
    .await?;
    let language = reader.catalogue_language();
    let mut text = Vec::new();
    write(&report, &station.books, language, &mut text).map_err(|_| Error::Page)?;
    let (from, until) = (report.from, report.until);
    let name = format!("attachment; filename=\"metrics-{from}-{until}.json\"");
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

async fn find(tx: &mut Tx, shown: &Shown, reader: &Reader, now: i64) -> Result<(Span, Report)> {
    let (from, until) = (reader.param("from"), reader.param("to"));
    let span = span(from, until, now, shown.books.offset())?;
    let report = count(tx, &shown.id, &shown.books, span, now).await?;
    Ok((span, report))
}

async fn titles(
    tx: &mut Tx,
    shown: &Shown,
    report: &Report,
) -> Result<BTreeMap<RecordId, Summary>> {
    let mut titles = BTreeMap::new();
    let linked = report.metrics.iter().flat_map(rows::linked);
    for record in linked {
        if titles.contains_key(record) {
            continue;
        }
        let row = tx
            .fetch_opt(sql!("record_get"), args![&shown.id, record])
            .await?;
        if let Some(row) = row {
            titles.insert(*record, Summary::read(&row)?);
        }
    }
    Ok(titles)
}

pub fn draw(reader: &Reader, station: &Shown, found: &Found, now: i64) -> MetricsPage {
    let (w, m) = (reader.words(), MetricWords::of(reader.language));
    let setter = Setter { reader, station };
    let times = station.times(reader);
    let path = format!("{}/metrics", station.path());
    let (from, until) = (found.span.from.to_string(), found.span.until.to_string());
    let period = format!("{} — {}", times.day(&from), times.day(&until));
    let days = [("from", from.as_str()), ("to", until.as_str())];
    let here = Crumb::new(Ink::label(&m.title), reader.to(&path));
    let coverage = coverage(station, &found.span, now);
    let (previous, next) = turns(reader, station, &found.span, now);
    MetricsPage {
        frame: Frame::of(
            reader,
            station,
            Place::Metrics,
            format!("{} · {} · {period}", m.title, plain(&station.name)),
            vec![crumb(reader, station), here],
        ),
        w,
        words: m,
        coverage: Some(setter.coverage(&coverage, &w.coverage_open, &m.coverage)),
        station: Ink::written(&station.name),
        state: if found.span.end <= now {
            &m.ended
        } else {
            &m.running
        },
        kept: reader.kept(&["from", "to"]),
        files: Files::with(reader, station, List::Metrics, &days),
        officer_files: Files::with(reader, station, List::Officers, &days),
        committee_files: Files::with(reader, station, List::Committees, &days),
        json: reader.file(&format!("{path}.json"), days),
        groups: rows::groups(reader, station, found),
        officers: rows::officers(reader, station, &found.report),
        committees: rows::committees(reader, station, &found.report),
        settings: rows::settings(reader, station),
        period,
        from,
        until,
        path,
        previous,
        next,
    }
}

/// Which phones have not been heard of since the period ended, or today where it has not, or
/// have something left.
fn coverage(station: &Shown, span: &Span, now: i64) -> Coverage {
    if span.end > now {
        return station.coverage_now(now);
    }
    let devices = station.device_coverage();
    let behind = devices.iter().enumerate().filter(|(_, device)| {
        let heard = device.last_contact.is_some_and(|at| at >= span.end);
        !heard || device.waiting.is_some_and(|waiting| waiting > 0)
    });
    Coverage {
        behind: behind.map(|(at, _)| at).collect(),
        devices,
    }
}

/// The months before and after, or the same number of days where the period is no month.
fn turns(reader: &Reader, station: &Shown, span: &Span, now: i64) -> (Option<Turn>, Option<Turn>) {
    let m = MetricWords::of(reader.language);
    let times = station.times(reader);
    let is_month =
        span.from == span.from.first_of_month() && span.until == span.from.last_of_month();
    let turn = |rel, from: jiff::civil::Date, until: jiff::civil::Date, word: &str| {
        let (from, until) = (from.to_string(), until.to_string());
        let label = if is_month {
            times.month(from.get(..7).unwrap_or_default())
        } else {
            format!("{} — {}", times.day(&from), times.day(&until))
        };
        Turn {
            rel,
            href: reader.here(&[("from", &from), ("to", &until)]),
            label: format!("{word} {label}"),
        }
    };
    let length = span
        .until
        .since(span.from)
        .map_or(0, |length| length.get_days());
    let previous = span.from.yesterday().ok().and_then(|until| {
        let from = if is_month {
            until.first_of_month()
        } else {
            until.checked_sub(length.days()).ok()?
        };
        Some(turn("prev", from, until, &m.earlier))
    });
    // What has not begun has nothing to count.
    let after = span.until.tomorrow().ok().filter(|_| span.end <= now);
    let next = after.and_then(|from| {
        let until = if is_month {
            from.last_of_month()
        } else {
            from.checked_add(length.days()).ok()?
        };
        Some(turn("next", from, until, &m.later))
    });
    (previous, next)
}
