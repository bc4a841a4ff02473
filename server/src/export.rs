//! Records and books as files.

use std::io::{self, Write};

use serde_json::Value;
use sync_core::book::{self, Line, PageFacts, Period};
use sync_core::catalogue::Language;
use sync_core::ids::{ActId, DeviceId, RecordId, StationId};
use sync_core::record::export::line;
use sync_core::record::view::View;

use crate::admission::load::history;
use crate::admission::numbers;
use crate::charter;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::station::Station;
use crate::{args, metrics, sql};

/// Records read at once.
const PART: i64 = 200;

/// Whoever read what was written has gone away: that is no failure.
fn written(outcome: io::Result<()>) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(source) => Err(Error::file("writing", "standard output", source)),
    }
}

/// Every record of a station, one JSON object a line.
pub async fn records(tx: &mut Tx, station: &StationId, mut out: impl Write) -> Result<()> {
    let around = around(tx, station).await?;
    let mut last = RecordId([0; 16]);
    loop {
        let page = args![station, &last, PART];
        let rows = tx.fetch_all(sql!("record_list"), page).await?;
        if rows.is_empty() {
            return written(out.flush()).map(drop);
        }
        for row in rows {
            last = RecordId(row.bytes("record")?);
            let changes = tx
                .fetch_all(sql!("change_of_record"), args![station, &last])
                .await?;
            let view = View::of(&history(last, &changes)?);
            let kind = around.catalogue().kinds.get(&view.kind);
            let line = Value::Object(line(&view, kind));
            if !written(writeln!(out, "{line}"))? {
                return Ok(());
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Jsonl,
}

/// What of a book, in what form.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub book: &'a str,
    /// First and last day; none: without end.
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub format: Format,
    pub language: Language,
    /// Milliseconds since 1970: limits are judged as of then.
    pub now: i64,
}

/// The rows of a book from one day to another.
pub async fn book(
    tx: &mut Tx,
    station: &StationId,
    wanted: &Wanted<'_>,
    mut out: impl Write,
) -> Result<()> {
    let around = around(tx, station).await?;
    let books = &around.catalogue().books;
    let book = books.get(wanted.book).ok_or_else(|| Error::BookUnknown {
        book: wanted.book.to_owned(),
        known: books.keys().cloned().collect(),
    })?;
    let lines = lines(tx, station, wanted).await?;
    let facts = facts(tx, station, &around, wanted.now).await?;
    let page = book::page(book, &lines, &facts);
    let outcome = match wanted.format {
        Format::Csv => book::write_csv(&page, wanted.language, around.offset(), &mut out),
        Format::Jsonl => book::write_jsonl(&page, &mut out),
    };
    written(outcome.and_then(|()| out.flush())).map(drop)
}

/// The metrics of the days from one to the other, as a file.
pub async fn metrics(
    tx: &mut Tx,
    station: &StationId,
    (from, to): (Option<&str>, Option<&str>),
    now: i64,
    language: Language,
    format: metrics::file::Format,
    out: impl Write,
) -> Result<()> {
    let around = around(tx, station).await?;
    let span = metrics::span(from, to, now, around.offset())?;
    let report = metrics::count(tx, station, &around, span, now).await?;
    written(metrics::file::write(
        &report, &around, language, format, out,
    ))
    .map(drop)
}

/// What a station's records are read with.
pub async fn around(tx: &mut Tx, station: &StationId) -> Result<book::Station> {
    Station::find(tx, station).await?;
    let charter = charter::load(tx, station).await?;
    let rows = tx.fetch_all(sql!("catalogue_list"), args![station]).await?;
    let catalogue = charter::newest_catalogue(&charter, &charter::read_catalogues(&rows)?)?;
    Ok(book::Station::new(&charter, catalogue))
}

async fn lines(tx: &mut Tx, station: &StationId, wanted: &Wanted<'_>) -> Result<Vec<Line>> {
    let rows = match (wanted.from, wanted.to) {
        (None, None) => {
            tx.fetch_all(sql!("line_by_book"), args![station, wanted.book])
                .await?
        }
        (from, to) => {
            let (from, to) = (from.unwrap_or("0000"), to.unwrap_or("9999"));
            let days = args![station, wanted.book, from, to];
            tx.fetch_all(sql!("line_by_day"), days).await?
        }
    };
    rows.iter()
        .map(|row| {
            let cells: String = row.get("cells")?;
            serde_json::from_str(&cells).map_err(|_| Error::Damaged("line"))
        })
        .collect()
}

/// What pages of a station say besides their lines.
async fn facts(
    tx: &mut Tx,
    station: &StationId,
    around: &book::Station,
    now: i64,
) -> Result<PageFacts> {
    let rows = tx.fetch_all(sql!("number_list"), args![station]).await?;
    let numbers = rows.iter().map(numbers::read).collect::<Result<_>>()?;
    let mut provisional = std::collections::BTreeMap::new();
    for row in tx.fetch_all(sql!("change_first"), args![station]).await? {
        let act = ActId {
            device: DeviceId(row.bytes("device")?),
            n: row.count("act_n")?,
        };
        provisional.insert(RecordId(row.bytes("record")?), act.to_string());
    }
    Ok(PageFacts {
        station: around.name.clone(),
        period: Period::All,
        offset: around.offset(),
        as_of: now,
        numbers,
        provisional,
        coverage: Vec::new(),
        reviewer: None,
    })
}
