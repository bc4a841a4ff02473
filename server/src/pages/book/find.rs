//! What the store has for one page of a book. Never the whole book: rows are counted and cut by
//! the store, and a page's lines have a limit of their own.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::book::{self, Line, LineCell, Page, PageFacts, Period};
use sync_core::catalogue::{Book, Column, PageBy, Ref, RowKey};
use sync_core::envelope::Number;
use sync_core::ids::RecordId;

use super::ask::{Asked, Typed};
use crate::admission::numbers;
use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::pages::frame::Pager;
use crate::pages::ink::Ink;
use crate::pages::reader::Reader;
use crate::pages::station::Shown;
use crate::{args, sql};

/// Rows on one page: of a sequence about two printed sheets, of a day all that it is likely to
/// have.
const SEQUENCE_ROWS: u64 = 25;
const DAY_ROWS: u64 = 60;
/// Lines on one page, however many fold into its rows.
const MAX_LINES: usize = 4_000;

#[derive(Debug)]
pub struct Found {
    pub page: Page,
    /// The days before and after the period that have rows.
    pub before: Option<String>,
    pub after: Option<String>,
    pub part: u64,
    pub parts: u64,
    /// The book has more lines for these rows than a page takes.
    pub is_cut: bool,
    pub notice: Option<Ink>,
}

pub async fn find(
    tx: &mut Tx,
    reader: &Reader,
    shown: &Shown,
    book: &Book,
    now: i64,
) -> Result<Found> {
    let asked = Asked::of(tx, reader, shown, book, now).await?;
    let (from, until) = days(&asked.period);
    let rows = match &asked.period {
        Period::All => Rows::Sequence,
        Period::Day(_) | Period::Month(_) => Rows::Days(&from, &until),
    };
    let a_page = match book.page {
        PageBy::Sequence | PageBy::Nothing => SEQUENCE_ROWS,
        PageBy::Day | PageBy::Month => DAY_ROWS,
    };
    let of = args![&shown.id, &book.name];
    let within = args![&shown.id, &book.name, &from, &until];
    let is_plain = book.row == [RowKey::Record] && book.order.is_empty();
    let total = match rows {
        Rows::Sequence if is_plain => count(tx, sql!("line_count_of_book"), of).await?,
        Rows::Sequence => count(tx, sql!("line_rows_count_of_book"), of).await?,
        Rows::Days(..) => count(tx, sql!("line_rows_count"), within).await?,
    };
    let parts = total.div_ceil(a_page).max(1);
    let part = u64::from(Pager::asked(reader)).min(parts);
    let skip = (part - 1) * a_page;
    let mut lines = Vec::new();
    let mut is_cut = false;
    if matches!(rows, Rows::Sequence) && is_plain {
        let page = args![&shown.id, &book.name, a_page, skip];
        for row in tx.fetch_all(sql!("line_part_of_book"), page).await? {
            lines.push(line(&row)?);
        }
    } else {
        for key in keys(tx, shown, book, &rows, a_page, skip).await? {
            let left = MAX_LINES - lines.len();
            let row = args![&shown.id, &book.name, &key, &from, &until, left as u64 + 1];
            let found = tx.fetch_all(sql!("line_of_row"), row).await?;
            is_cut |= found.len() > left;
            for row in found.iter().take(left) {
                lines.push(line(row)?);
            }
        }
    }
    let around = match rows {
        Rows::Sequence => None,
        Rows::Days(..) => tx.fetch_opt(sql!("line_day_around"), within).await?,
    };
    let side = |column: &str| match &around {
        Some(row) => row.get::<Option<String>>(column),
        None => Ok(None),
    };
    let facts = facts(tx, shown, &lines, asked.period.clone(), now).await?;
    let mut page = book::page(book, &lines, &facts).masked();
    count_on(&mut page, usize::try_from(skip).unwrap_or_default());
    Ok(Found {
        page,
        before: side("before")?,
        after: side("after")?,
        part,
        parts,
        is_cut,
        notice: asked.notice,
    })
}

enum Rows<'a> {
    Sequence,
    Days(&'a str, &'a str),
}

async fn keys(
    tx: &mut Tx,
    shown: &Shown,
    book: &Book,
    rows: &Rows<'_>,
    a_page: u64,
    skip: u64,
) -> Result<Vec<String>> {
    let (id, name) = (&shown.id, &book.name);
    let found = match rows {
        Rows::Sequence => {
            let page = args![id, name, a_page, skip];
            tx.fetch_all(sql!("line_rows_of_book"), page).await?
        }
        Rows::Days(from, until) => {
            let page = args![id, name, *from, *until, a_page, skip];
            tx.fetch_all(sql!("line_rows"), page).await?
        }
    };
    found.iter().map(|row| row.get("row_key")).collect()
}

async fn count(tx: &mut Tx, query: crate::db::Query, args: &[crate::db::Arg<'_>]) -> Result<u64> {
    let row = tx.fetch_opt(query, args).await?;
    row.ok_or(Error::Damaged("count"))?.count("n")
}

/// The first and the last day of a period, as lines write them.
fn days(period: &Period) -> (String, String) {
    match period {
        Period::Day(day) => (day.clone(), day.clone()),
        Period::Month(month) => (format!("{month}-01"), format!("{month}-31")),
        Period::All => (String::new(), "9999-99-99".to_owned()),
    }
}

/// Rows are counted through the book and not anew on every page.
fn count_on(page: &mut Page, skip: usize) {
    if skip == 0 {
        return;
    }
    let serial = page
        .columns
        .iter()
        .position(|column| column.id == Column::SERIAL);
    for row in &mut page.rows {
        row.serial += skip;
        if let Some(cell) = serial.and_then(|at| row.cells.get_mut(at)) {
            cell.text = book::Said::same(row.serial.to_string());
        }
    }
    for note in page.amendments.iter_mut().flatten() {
        note.serial += skip;
    }
}

pub fn line(row: &Row) -> Result<Line> {
    let text: String = row.get("cells")?;
    serde_json::from_str(&text).map_err(|_| Error::Damaged("line"))
}

/// What a page says besides its lines, for the records that it shows and names.
pub async fn facts(
    tx: &mut Tx,
    shown: &Shown,
    lines: &[Line],
    period: Period,
    now: i64,
) -> Result<PageFacts> {
    let own: BTreeSet<RecordId> = lines.iter().map(|line| line.record).collect();
    let mut facts = PageFacts {
        station: shown.name.clone(),
        period,
        offset: shown.books.offset(),
        as_of: now,
        numbers: Vec::new(),
        provisional: BTreeMap::new(),
        coverage: shown.device_coverage(),
        reviewer: None,
    };
    let named = named(lines);
    for record in own.union(&named) {
        let rows = tx
            .fetch_all(sql!("number_of_record"), args![&shown.id, record])
            .await?;
        let has_none = rows.is_empty();
        for row in &rows {
            facts.numbers.push(numbers::read(row)?);
        }
        if has_none && !own.contains(record) {
            let row = tx
                .fetch_opt(sql!("line_of_record"), args![&shown.id, record])
                .await?;
            if let Some(row) = row {
                facts.provisional.insert(*record, line(&row)?.provisional);
            }
        }
    }
    Ok(facts)
}

/// The records that cells name.
fn named(lines: &[Line]) -> BTreeSet<RecordId> {
    let mut named: BTreeSet<RecordId> = BTreeSet::new();
    let mut look = |text: &str| {
        let found = Ref::find(text);
        named.extend(
            found
                .iter()
                .filter_map(|r| r.record.parse::<RecordId>().ok()),
        );
    };
    for cell in lines.iter().flat_map(|line| line.cells.values()) {
        match cell {
            LineCell::Text(text) => look(&text.zh),
            LineCell::Refs(texts) => texts.iter().for_each(|text| look(text)),
            LineCell::Contested(values) => values.iter().for_each(|value| look(&value.text.zh)),
            LineCell::Number(_) | LineCell::Span(..) | LineCell::Unreadable => {}
        }
    }
    named
}

/// Where in a sequence a register number stands: its record and the part of the book.
pub async fn jump(
    tx: &mut Tx,
    shown: &Shown,
    book: &Book,
    typed: &Typed,
) -> Result<Option<(Number, u64)>> {
    let year = typed.year.unwrap_or_default();
    let key = args![&shown.id, &book.name, year, typed.n];
    let Some(row) = tx.fetch_opt(sql!("number_find"), key).await? else {
        return Ok(None);
    };
    let number = numbers::read(&row)?;
    let before = args![&shown.id, &book.name, numbers::place(&number)];
    let before = count(tx, sql!("line_count_before"), before).await?;
    Ok(Some((number, before / SEQUENCE_ROWS + 1)))
}
