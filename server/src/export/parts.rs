//! How is a book read without holding all of it: part after part, in the order of its pages.
//!
//! A book by day or month comes page by page. A register, whose rows are single records, comes by
//! its numbers and then, for what has none yet, by day: a few hundred lines at a time. Other books
//! in sequence order or fold their rows by what stands in the lines, and come whole.

use jiff::civil::Date;
use sync_core::book::Line;
use sync_core::catalogue::{Book, PageBy, RowKey};
use sync_core::envelope::Number;
use sync_core::ids::{RecordId, StationId};

use crate::admission::numbers;
use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::{args, sql};

/// Lines read at once.
const PART: i64 = 500;
/// Before and after every day.
pub const EARLIEST: &str = "";
pub const LATEST: &str = "9999-99-99";

/// Lines whose rows stand next to each other, and no row of which stands in another part.
#[derive(Debug, Default)]
pub struct Part {
    pub lines: Vec<Line>,
    /// Those of the lines' records in this book, where reading the lines has brought them.
    pub numbers: Vec<Number>,
    pub numbers_known: bool,
}

#[derive(Debug)]
pub struct Parts<'a> {
    station: &'a StationId,
    book: &'a Book,
    /// First and last day.
    from: &'a str,
    to: &'a str,
    next: Next,
}

#[derive(Debug)]
enum Next {
    Numbered { year: i64, n: u64 },
    Dayless,
    Day { last: String },
    Unnumbered(Place),
    Whole,
    Nothing,
}

/// Where an unnumbered line stands.
#[derive(Debug)]
struct Place {
    day: String,
    sort: String,
    record: RecordId,
}

impl<'a> Parts<'a> {
    pub fn of(station: &'a StationId, book: &'a Book, from: &'a str, to: &'a str) -> Parts<'a> {
        let next = match book.page {
            PageBy::Day | PageBy::Month => Next::Dayless,
            PageBy::Sequence if is_register(book) => Next::Numbered { year: -1, n: 0 },
            PageBy::Sequence | PageBy::Nothing => Next::Whole,
        };
        Parts {
            station,
            book,
            from,
            to,
            next,
        }
    }

    /// The next part; none after the last.
    pub async fn next(&mut self, tx: &mut Tx) -> Result<Option<Part>> {
        loop {
            let part = match std::mem::replace(&mut self.next, Next::Nothing) {
                Next::Numbered { year, n } => self.numbered(tx, year, n).await?,
                Next::Dayless => self.dayless(tx).await?,
                Next::Day { last } => self.page_after(tx, &last).await?,
                Next::Unnumbered(place) => self.unnumbered(tx, &place).await?,
                Next::Whole => self.whole(tx).await?,
                Next::Nothing => return Ok(None),
            };
            if !part.lines.is_empty() {
                return Ok(Some(part));
            }
        }
    }

    async fn numbered(&mut self, tx: &mut Tx, year: i64, n: u64) -> Result<Part> {
        let args = args![
            self.station,
            &self.book.name,
            year,
            n,
            self.from,
            self.to,
            PART
        ];
        let rows = tx.fetch_all(sql!("line_numbered"), args).await?;
        self.next = match rows.last() {
            Some(row) => Next::Numbered {
                year: row.get("year")?,
                n: row.count("n")?,
            },
            None => Next::Dayless,
        };
        Ok(Part {
            lines: lines(&rows)?,
            numbers: rows.iter().map(numbers::read).collect::<Result<_>>()?,
            numbers_known: true,
        })
    }

    /// Of times outside the calendar. They stand before all days.
    async fn dayless(&mut self, tx: &mut Tx) -> Result<Part> {
        self.next = match self.book.page {
            PageBy::Day | PageBy::Month => Next::Day {
                last: day_before(self.from),
            },
            PageBy::Sequence | PageBy::Nothing => Next::Unnumbered(Place {
                day: EARLIEST.to_owned(),
                sort: String::new(),
                record: RecordId([0; 16]),
            }),
        };
        if self.from != EARLIEST {
            return Ok(Part::default());
        }
        let args = args![self.station, &self.book.name];
        let rows = tx.fetch_all(sql!("line_dayless"), args).await?;
        let mut part = Part::default();
        for row in &rows {
            let record = RecordId(row.bytes("record")?);
            if self.book.page == PageBy::Sequence && self.is_numbered(tx, record).await? {
                continue;
            }
            part.lines.push(line(row)?);
        }
        Ok(part)
    }

    async fn is_numbered(&self, tx: &mut Tx, record: RecordId) -> Result<bool> {
        for row in tx
            .fetch_all(sql!("number_of_record"), args![self.station, &record])
            .await?
        {
            if row.get::<String>("book")? == self.book.name {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The page behind a day: a day's, or a month's.
    async fn page_after(&mut self, tx: &mut Tx, last: &str) -> Result<Part> {
        let (station, book) = (self.station, &self.book.name);
        let after = args![station, book, EARLIEST, last];
        let found = tx.fetch_opt(sql!("line_day_around"), after).await?;
        let day = match found {
            Some(row) => row.get::<Option<String>>("after")?,
            None => None,
        };
        let Some(day) = day.filter(|day| day.as_str() <= self.to) else {
            return Ok(Part::default());
        };
        let (first, end) = match self.book.page {
            PageBy::Month => {
                let month = day.get(..7).unwrap_or(&day);
                (format!("{month}-01"), format!("{month}-31"))
            }
            PageBy::Day | PageBy::Sequence | PageBy::Nothing => (day.clone(), day),
        };
        let (first, until) = (first.as_str().max(self.from), end.as_str().min(self.to));
        let rows = tx
            .fetch_all(sql!("line_by_day"), args![station, book, first, until])
            .await?;
        let part = Part {
            lines: lines(&rows)?,
            ..Part::default()
        };
        self.next = Next::Day { last: end };
        Ok(part)
    }

    async fn unnumbered(&mut self, tx: &mut Tx, last: &Place) -> Result<Part> {
        // What is not before the first day is behind every place of the day before it.
        let (day, sort) = match last.day.as_str() < self.from {
            true => (self.from, ""),
            false => (last.day.as_str(), last.sort.as_str()),
        };
        let args = args![
            self.station,
            &self.book.name,
            day,
            sort,
            &last.record,
            self.to,
            PART
        ];
        let rows = tx.fetch_all(sql!("line_unnumbered"), args).await?;
        if let Some(row) = rows.last() {
            self.next = Next::Unnumbered(Place {
                day: row.get("day")?,
                sort: row.get("sort")?,
                record: RecordId(row.bytes("record")?),
            });
        }
        Ok(Part {
            lines: lines(&rows)?,
            numbers: Vec::new(),
            numbers_known: true,
        })
    }

    async fn whole(&mut self, tx: &mut Tx) -> Result<Part> {
        let all = args![self.station, &self.book.name];
        let rows = match (self.from, self.to) {
            (EARLIEST, LATEST) => tx.fetch_all(sql!("line_by_book"), all).await?,
            (from, to) => {
                let days = args![self.station, &self.book.name, from, to];
                tx.fetch_all(sql!("line_by_day"), days).await?
            }
        };
        Ok(Part {
            lines: lines(&rows)?,
            ..Part::default()
        })
    }
}

fn day_before(day: &str) -> String {
    let before = day.parse::<Date>().and_then(Date::yesterday);
    before.map_or_else(|_| EARLIEST.to_owned(), |day| day.to_string())
}

/// Its rows are single records that only their numbers and days put in order.
fn is_register(book: &Book) -> bool {
    book.page == PageBy::Sequence && book.order.is_empty() && book.row == [RowKey::Record]
}

fn lines(rows: &[Row]) -> Result<Vec<Line>> {
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> Result<Line> {
    let cells: String = row.get("cells")?;
    serde_json::from_str(&cells).map_err(|_| Error::Damaged("line"))
}
