//! A book as a file.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::Offset;
use sync_core::book::{self, Coverage, Page, PageRow, Said};
use sync_core::catalogue::{Book, Column, Language};
use sync_core::ids::StationId;

use super::file::{About, File, Format};
use super::parts::{EARLIEST, LATEST, Parts};
use super::print::Print;
use super::words::fill;
use super::xlsx::Heading;
use super::{facts, written};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::pages::station::Shown;

/// What of a book, in what form.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub book: &'a str,
    /// First and last day; none: without end.
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub format: Format,
    pub language: Language,
    /// Personal values are masked.
    pub masked: bool,
    /// Milliseconds since 1970: limits are judged as of then.
    pub now: i64,
}

/// The rows of a book from one day to another, in the order of its pages.
pub async fn book(
    tx: &mut Tx,
    station: &StationId,
    wanted: &Wanted<'_>,
    out: impl Write + Send,
) -> Result<()> {
    let shown = Shown::read(tx, station.as_str()).await?;
    book_of(tx, &shown, wanted, out).await
}

/// [`book`] of a station that has been read.
pub(crate) async fn book_of(
    tx: &mut Tx,
    shown: &Shown,
    wanted: &Wanted<'_>,
    out: impl Write + Send,
) -> Result<()> {
    let catalogue = shown.catalogue();
    let book = catalogue
        .books
        .get(wanted.book)
        .ok_or_else(|| Error::BookUnknown {
            book: wanted.book.to_owned(),
            known: catalogue.books.keys().cloned().collect(),
        })?;
    let about = About {
        book,
        catalogue,
        page: book::page(book, &[], &facts::around(shown, wanted.now)),
        print: Print {
            language: wanted.language,
            offset: shown.books.offset(),
        },
    };
    let (page, print) = (about.page.clone(), about.print);
    let heading = || heading(&page, print, wanted);
    let columns = &page.columns;
    let begun = File::begin(about, wanted.format, heading, out);
    let Some(mut file) = written(begun)? else {
        return Ok(());
    };
    let (from, to) = (wanted.from.unwrap_or(EARLIEST), wanted.to.unwrap_or(LATEST));
    let mut parts = Parts::of(&shown.id, book, from, to);
    let mut serial = 0;
    while let Some(mut part) = parts.next(tx).await? {
        let facts = facts::of(tx, shown, book, &mut part, wanted.now).await?;
        for mut row in book::page(book, &part.lines, &facts).rows {
            serial += 1;
            number(book, &mut row, serial);
            if wanted.masked {
                row.mask(columns);
            }
            if written(file.row(&row))?.is_none() {
                return Ok(());
            }
        }
    }
    written(file.end()).map(drop)
}

/// Rows are counted through the whole file.
fn number(book: &Book, row: &mut PageRow, serial: usize) {
    row.serial = serial;
    let at = book
        .columns
        .iter()
        .position(|column| column.id == Column::SERIAL);
    if let Some(cell) = at.and_then(|at| row.cells.get_mut(at)) {
        cell.text = Said::same(serial.to_string());
    }
}

fn heading(page: &Page, print: Print, wanted: &Wanted<'_>) -> Heading {
    let words = print.words();
    let day = |day: Option<&str>| day.map(|day| print.times().day(day));
    let period = match (day(wanted.from), day(wanted.to)) {
        (None, None) => words.everything.clone(),
        (Some(from), Some(to)) if from == to => from,
        (Some(from), Some(to)) => fill(&words.until, &[("from", &from), ("to", &to)]),
        (Some(from), None) => fill(&words.since, &[("from", &from)]),
        (None, Some(to)) => fill(&words.up_to, &[("to", &to)]),
    };
    let kind = match wanted.masked {
        true => &words.masked,
        false => &words.full,
    };
    let parts = [
        ("station", page.station.as_str()),
        ("period", &period),
        ("at", &print.at(wanted.now)),
        ("kind", kind),
    ];
    let offset = Offset::from_seconds(print.offset.saturating_mul(60)).unwrap_or(Offset::UTC);
    let now = Timestamp::from_millisecond(wanted.now).unwrap_or_default();
    Heading {
        title: print.said(&page.title).to_owned(),
        line: fill(&words.heading, &parts),
        coverage: coverage(&page.coverage, print),
        made_at: offset.to_datetime(now),
    }
}

/// Devices that a heading names.
const NAMED: usize = 12;

pub(super) fn coverage(coverage: &Coverage, print: Print) -> String {
    let words = print.words();
    let missing: Vec<String> = coverage
        .missing()
        .map(|device| format!("{} {}", device.name, device.device.short()))
        .collect();
    let sentence = match (coverage.devices.len(), missing.len()) {
        (0, _) => &words.coverage_none,
        (_, 0) => &words.coverage_all,
        _ => &words.coverage_some,
    };
    let mut names = missing[..missing.len().min(NAMED)].join(&words.between);
    if missing.len() > NAMED {
        names.push('…');
    }
    let parts = [
        ("all", coverage.devices.len().to_string()),
        ("n", missing.len().to_string()),
        ("names", names),
    ];
    fill(
        sentence,
        &parts
            .each_ref()
            .map(|(name, value)| (*name, value.as_str())),
    )
}
