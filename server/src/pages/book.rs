//! `/s/{station}/books/{book}`: a book by day, month or in sequence, as its official form.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::book::{self, Line, LineCell, Page, PageFacts, Period};
use sync_core::catalogue::{Book, PageBy, Ref};
use sync_core::envelope::Number;
use sync_core::ids::RecordId;

use super::export::{self, Form};
use super::frame::{self, Crumb, Frame};
use super::ink::{Ink, plain};
use super::mark::Mark;
use super::overview::crumb;
use super::reader::Reader;
use super::sheet::{self, Body, CoverageView, Note, Setter, Sheet, Turn};
use super::station::Shown;
use super::words::Words;
use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::http::App;
use crate::{args, read_tx, sql};

/// Rows on one page of a book in sequence: about two printed sheets.
const ROWS_A_PAGE: usize = 25;
const EARLIEST: &str = "0000";
const LATEST: &str = "9999-99-99";

#[derive(Debug, Template)]
#[template(path = "book.html")]
pub struct BookPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub coverage: Option<CoverageView>,
    pub sheet: Sheet,
    pub marks: [Mark; 8],
    pub amended: Mark,
    pub conflict: Mark,
    pub unreadable: Mark,
}

/// What the store has for a page.
#[derive(Debug)]
pub struct Found {
    pub page: Page,
    /// The days (or months) before and after that have rows.
    pub before: Option<String>,
    pub after: Option<String>,
}

pub async fn book(
    State(app): State<Arc<App>>,
    Path((station, name)): Path<(String, String)>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    let (name, form) = Form::of(&name);
    let (station, found) = read_tx!(app.db, "book", async |tx| {
        let shown = Shown::read(tx, &station).await?;
        let book = shown
            .catalogue()
            .books
            .get(name)
            .ok_or(Error::NoSuchRoute)?;
        let found = find(tx, &reader, &shown, book, now).await?;
        Ok((shown, found))
    })
    .await?;
    match form {
        Some(form) => export::answer(&reader, &found.page, station.books.offset(), form),
        None => frame::page(&reader, &draw(&reader, &station, found, now)?),
    }
}

async fn find(tx: &mut Tx, reader: &Reader, shown: &Shown, book: &Book, now: i64) -> Result<Found> {
    let (id, name) = (&shown.id, &book.name);
    let (period, from, until) = match book.page {
        PageBy::Sequence => (Period::All, EARLIEST.to_owned(), LATEST.to_owned()),
        PageBy::Day => {
            let day = match asked(reader, "day", 10) {
                Some(day) => day,
                None => last_day(tx, shown, book, now).await?,
            };
            (Period::Day(day.clone()), day.clone(), day)
        }
        PageBy::Month => {
            let month = match asked(reader, "month", 7) {
                Some(month) => month,
                None => last_day(tx, shown, book, now)
                    .await?
                    .chars()
                    .take(7)
                    .collect(),
            };
            let (from, until) = (format!("{month}-01"), format!("{month}-31"));
            (Period::Month(month), from, until)
        }
    };
    let (rows, around) = match period {
        Period::All => (
            tx.fetch_all(sql!("line_by_book"), args![id, name]).await?,
            None,
        ),
        Period::Day(_) | Period::Month(_) => {
            let days = args![id, name, &from, &until];
            let rows = tx.fetch_all(sql!("line_by_day"), days).await?;
            (rows, tx.fetch_opt(sql!("line_day_around"), days).await?)
        }
    };
    let lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
    let numbers = numbers(tx, shown).await?;
    let provisional = provisional(tx, shown, &lines, &numbers).await?;
    let facts = PageFacts {
        station: shown.name.clone(),
        period,
        offset: shown.books.offset(),
        as_of: now,
        numbers,
        provisional,
        coverage: shown.device_coverage(),
        reviewer: None,
    };
    let of = |column: &str| match &around {
        Some(row) => row.get::<Option<String>>(column),
        None => Ok(None),
    };
    Ok(Found {
        page: book::page(book, &lines, &facts).masked(),
        before: of("before")?,
        after: of("after")?,
    })
}

/// A day or month from the address, if it is one.
fn asked(reader: &Reader, name: &str, length: usize) -> Option<String> {
    let asked = reader.param(name)?;
    let whole = format!("{asked}{}", if length == 7 { "-01" } else { "" });
    whole.parse::<jiff::civil::Date>().ok()?;
    (asked.len() == length).then(|| asked.to_owned())
}

async fn last_day(tx: &mut Tx, shown: &Shown, book: &Book, now: i64) -> Result<String> {
    let around = args![&shown.id, &book.name, LATEST, LATEST];
    let row = tx.fetch_opt(sql!("line_day_around"), around).await?;
    let last = row
        .map(|row| row.get::<Option<String>>("before"))
        .transpose()?
        .flatten();
    let times = super::time::Times {
        offset: shown.books.offset(),
        language: crate::messages::Language::Zh,
    };
    Ok(last.unwrap_or_else(|| times.day_of(now)))
}

pub fn line(row: &Row) -> Result<Line> {
    let text: String = row.get("cells")?;
    serde_json::from_str(&text).map_err(|_| Error::Damaged("line"))
}

async fn numbers(tx: &mut Tx, shown: &Shown) -> Result<Vec<Number>> {
    let mut numbers = Vec::new();
    for book in shown
        .catalogue()
        .books
        .values()
        .filter(|book| book.number.is_some())
    {
        for row in tx
            .fetch_all(sql!("number_of_book"), args![&shown.id, &book.name])
            .await?
        {
            numbers.push(Number {
                book: row.get("book")?,
                year: i32::try_from(row.get::<i64>("year")?).unwrap_or_default(),
                n: row.count("n")?,
                record: RecordId(row.bytes("record")?),
                step: row.get("step")?,
                at: row.get("at")?,
                text: row.get("text")?,
            });
        }
    }
    Ok(numbers)
}

/// What stands for the numbers of records that cells name and that have none yet.
async fn provisional(
    tx: &mut Tx,
    shown: &Shown,
    lines: &[Line],
    numbers: &[Number],
) -> Result<BTreeMap<RecordId, String>> {
    let mut named: BTreeSet<RecordId> = BTreeSet::new();
    let mut look = |text: &str| {
        named.extend(
            Ref::find(text)
                .iter()
                .filter_map(|r| r.record.parse::<RecordId>().ok()),
        )
    };
    for cell in lines.iter().flat_map(|line| line.cells.values()) {
        match cell {
            LineCell::Text(text) => look(&text.zh),
            LineCell::Refs(texts) => texts.iter().for_each(|text| look(text)),
            LineCell::Contested(values) => values.iter().for_each(|value| look(&value.text.zh)),
            LineCell::Number(_) | LineCell::Span(..) | LineCell::Unreadable => {}
        }
    }
    let mut provisional = BTreeMap::new();
    for record in named {
        if numbers.iter().any(|number| number.record == record) {
            continue;
        }
        if let Some(row) = tx
            .fetch_opt(sql!("line_of_record"), args![&shown.id, &record])
            .await?
        {
            provisional.insert(record, line(&row)?.provisional);
        }
    }
    Ok(provisional)
}

pub fn draw(reader: &Reader, station: &Shown, found: Found, now: i64) -> Result<BookPage> {
    let w = reader.words();
    let setter = Setter { reader, station };
    let page = &found.page;
    let book = station
        .catalogue()
        .books
        .get(&page.book)
        .ok_or(Error::NoSuchRoute)?;
    let times = station.times(reader);
    let path = station.book_path(&page.book);
    let language = reader.catalogue_language();
    let margin = reader.param("margin") != Some("off");
    let find = reader.param("q").unwrap_or_default().to_owned();

    let fits = |row: &&book::PageRow| {
        let wanted = find.to_lowercase();
        find.is_empty()
            || row
                .cells
                .iter()
                .any(|cell| cell.text.get(language).to_lowercase().contains(&wanted))
    };
    let rows: Vec<&book::PageRow> = page.rows.iter().filter(fits).collect();
    let pages = rows.len().div_ceil(ROWS_A_PAGE).max(1);
    let mut previous = None;
    let mut next = None;
    let (period, page_number, shown) = match &page.period {
        Period::Day(day) => {
            let turn = |day: Option<String>, word: &str| {
                let day = day?;
                let label = format!("{word} {}", times.day(&day));
                Some(Turn {
                    href: reader.here(&[("day", &day), ("q", "")]),
                    label,
                })
            };
            previous = turn(found.before.clone(), &w.previous_day);
            next = turn(found.after.clone(), &w.next_day);
            (times.day_and_weekday(day, w), w.page_of_day.clone(), rows)
        }
        Period::Month(month) => {
            let turn = |day: Option<String>, word: &str| {
                let month: String = day?.chars().take(7).collect();
                let label = format!("{word} {}", times.month(&month));
                Some(Turn {
                    href: reader.here(&[("month", &month), ("q", "")]),
                    label,
                })
            };
            previous = turn(found.before.clone(), &w.previous_month);
            next = turn(found.after.clone(), &w.next_month);
            (times.month(month), w.page_of_day.clone(), rows)
        }
        Period::All => {
            let asked = reader
                .param("page")
                .and_then(|page| page.parse::<usize>().ok());
            let at = asked.unwrap_or(1).clamp(1, pages);
            let turn = |at: usize, word: &String| Turn {
                href: reader.here(&[("page", &at.to_string())]),
                label: word.clone(),
            };
            previous = (at > 1).then(|| turn(at - 1, &w.previous)).or(previous);
            next = (at < pages).then(|| turn(at + 1, &w.next)).or(next);
            let number = w
                .page_of
                .replace("{x}", &at.to_string())
                .replace("{y}", &pages.to_string());
            let shown = rows
                .into_iter()
                .skip((at - 1) * ROWS_A_PAGE)
                .take(ROWS_A_PAGE)
                .collect();
            (w.all_records.clone(), number, shown)
        }
    };
    let rows: Vec<sheet::Row> = shown
        .iter()
        .map(|row| setter.row(page, row, margin))
        .collect();
    let file = |suffix: &str| {
        let mut changes: Vec<(&str, &str)> = Vec::new();
        match &page.period {
            Period::Day(day) => changes.push(("day", day)),
            Period::Month(month) => changes.push(("month", month)),
            Period::All => {}
        }
        reader.to_with(&format!("{path}.{suffix}"), &changes)
    };
    let ended = match &page.period {
        Period::Day(day) => times.end_of(day).is_none_or(|end| end <= now),
        Period::Month(_) | Period::All => true,
    };
    let (missing, lead) = match (&page.period, ended) {
        (Period::Day(_), true) => (&w.coverage_missing, &w.coverage_lead),
        (Period::Day(_), false) => (&w.coverage_missing, &w.coverage_today),
        (Period::Month(_) | Period::All, _) => (&w.coverage_open, &w.coverage_book),
    };
    let title = book.label.get(language);
    let here = Crumb::new(Ink::label(title), reader.to(&path));
    let columns = setter.heads(page);
    Ok(BookPage {
        frame: Frame::new(
            reader,
            format!("{title} · {} · {period}", plain(&station.name)),
            vec![crumb(reader, station), here],
        ),
        w,
        coverage: Some(setter.coverage(&page.coverage, missing, lead)),
        marks: Mark::ALL,
        amended: Mark::Amended,
        conflict: Mark::Conflict,
        unreadable: Mark::Unreadable,
        sheet: Sheet {
            title: Ink::label(title),
            station: Ink::written(&station.name),
            period,
            page_number: Ink::label(&page_number),
            width: setter.width(page),
            margin,
            span: columns.len() + usize::from(margin),
            columns,
            footer: footer(&setter, page),
            empty: empty(&setter, page, book, &find),
            rows,
            previous,
            next,
            path: path.clone(),
            kept: reader.kept(&["q", "page"]),
            clear: reader.here(&[("q", ""), ("page", "")]),
            find,
            margin_href: reader.here(&[("margin", if margin { "off" } else { "" })]),
            csv: file("csv"),
            jsonl: file("jsonl"),
        },
    })
}

fn footer(setter: &Setter<'_>, page: &Page) -> Vec<sheet::Line> {
    let w = setter.reader.words();
    let mut lines = Vec::new();
    if let Some(summary) = page.summary.as_ref().filter(|_| !page.rows.is_empty()) {
        let mut parts: Vec<Ink> = [
            (&w.sum_rows, summary.rows),
            (&w.sum_records, summary.records),
            (&w.sum_late, summary.late),
            (&w.sum_amended, summary.amended),
            (&w.sum_conflicts, summary.conflicts),
            (&w.sum_struck, summary.struck),
        ]
        .into_iter()
        .map(|(word, n)| Ink::label(&word.replace("{n}", &n.to_string())))
        .collect();
        let language = setter.reader.catalogue_language();
        parts.extend(
            summary
                .totals
                .iter()
                .map(|total| Ink::label(&format!("{} {}", total.label.get(language), total.text))),
        );
        let text = Ink::joined(&parts, &w.list_between);
        let said = |said: &book::SaidBy| {
            let who = setter.station.who(setter.reader, &said.officer);
            let text = setter.said(&said.text);
            Ink::sentence(&w.summary_said, &[("who", who), ("text", text)])
        };
        let label = match page.period {
            Period::Day(_) => &w.summary_day,
            Period::Month(_) | Period::All => &w.summary,
        };
        lines.push(sheet::Line {
            label: Ink::label(label),
            texts: [text]
                .into_iter()
                .chain(summary.said.iter().map(said))
                .collect(),
        });
    }
    if let Some(amendments) = page.amendments.as_ref().filter(|_| !page.rows.is_empty()) {
        let texts = if amendments.is_empty() {
            vec![Ink::label(&w.amendments_none)]
        } else {
            let note = |note: &book::AmendmentNote| {
                let amended = setter.amended(Ink::default(), &note.amendment);
                Ink::sentence(
                    &w.amendment_line,
                    &[
                        ("serial", Ink::label(&note.serial.to_string())),
                        ("column", setter.said(&note.label)),
                        ("old", amended.old),
                        ("new", amended.new),
                        ("by", amended.by),
                        ("reason", amended.reason),
                    ],
                )
            };
            amendments.iter().map(note).collect()
        };
        lines.push(sheet::Line {
            label: Ink::label(&w.amendments),
            texts,
        });
    }
    lines
}

/// What would stand on the page, who writes it, how.
fn empty(setter: &Setter<'_>, page: &Page, book: &Book, find: &str) -> Vec<Ink> {
    let w = setter.reader.words();
    if !find.is_empty() {
        return vec![Ink::sentence(
            &w.found_none,
            &[("find", Ink::written(find))],
        )];
    }
    let language = setter.reader.catalogue_language();
    let kinds = &setter.station.catalogue().kinds;
    let labels: Vec<Ink> = book
        .sources
        .iter()
        .filter_map(|source| kinds.get(&source.kind))
        .map(|kind| Ink::label(kind.label.get(language)))
        .collect();
    let says = match page.period {
        Period::Day(_) => &w.empty_day,
        Period::Month(_) => &w.empty_month,
        Period::All => &w.empty_book,
    };
    let how = [("kinds", Ink::joined(&labels, &w.list_between))];
    vec![Ink::label(says), Ink::sentence(&w.empty_how, &how)]
}
