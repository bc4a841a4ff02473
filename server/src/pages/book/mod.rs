//! `/s/{station}/books/{book}`: a book by day, month or in sequence, as its official form.

mod ask;
mod find;
mod foot;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use sync_core::book::Period;

use super::export;
use super::frame::{self, Crumb, Frame, Place};
use super::ink::{Ink, plain, typed};
use super::mark::Mark;
use super::reader::Reader;
use super::sheet::{self, Body, CoverageView, Jump, Note, Setter, Sheet, Turn};
use super::station::{Shown, crumb};
use super::words::Words;
use crate::error::{Error, Result};
use crate::http::App;
use crate::read_tx;

pub use ask::{Asked, beginning};
pub use find::{Found, line};

#[derive(Debug, Template)]
#[template(path = "book.html")]
pub struct BookPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub coverage: Option<CoverageView>,
    pub sheet: Sheet,
    pub marks: [Mark; 10],
    pub amended: Mark,
    pub conflict: Mark,
    pub unreadable: Mark,
}

/// What a request for a book comes to.
enum Answer {
    Page(Box<(Shown, Found)>),
    Elsewhere(String),
}

pub async fn book(
    State(app): State<Arc<App>>,
    Path((station, name)): Path<(String, String)>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    if let (stem, Some(form)) = export::form_of(&name) {
        let stem = stem.to_owned();
        return export::book(app, reader, station, stem, form).await;
    }
    let answer = read_tx!(app.db, "book", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let books = &shown.catalogue().books;
        let book = books.get(&name).filter(|book| book.has_pages());
        let book = book.ok_or_else(|| unknown(&shown, &name))?;
        let mut missed = None;
        if let Some(text) = reader.param("number").filter(|_| book.number.is_some()) {
            let typed = ask::Typed::of(text);
            let found = match &typed {
                Some(typed) => find::jump(tx, &shown, book, typed).await?,
                None => None,
            };
            if let Some((number, part)) = found {
                let part = part.to_string();
                let href = reader.here(&[("number", ""), ("page", &part)]);
                return Ok(Answer::Elsewhere(format!("{href}#r-{}", number.record)));
            }
            let all = reader.to_with(&format!("{}/records", shown.path()), &[("q", text)]);
            let parts = [
                ("text", beginning(text)),
                (
                    "search",
                    Ink::link(&all, &Ink::label(&reader.words().search_station)),
                ),
            ];
            missed = Some(Ink::sentence(&reader.words().no_such_number, &parts));
        }
        let mut found = find::find(tx, &reader, &shown, book, now).await?;
        found.notice = missed.or(found.notice);
        Ok(Answer::Page(Box::new((shown, found))))
    })
    .await?;
    match answer {
        Answer::Page(shown) => {
            let (station, found) = *shown;
            frame::page(&reader, &draw(&reader, &station, found, now)?)
        }
        Answer::Elsewhere(href) => Ok(Redirect::to(&href).into_response()),
    }
}

/// There is no such book to read.
pub fn unknown(shown: &Shown, name: &str) -> Error {
    let known = shown.catalogue().shelf().into_iter();
    Error::BookUnknown {
        book: beginning(name).to_string(),
        known: known.map(|book| book.name.clone()).collect(),
    }
}

pub fn draw(reader: &Reader, station: &Shown, found: Found, now: i64) -> Result<BookPage> {
    let w = reader.words();
    let setter = Setter { reader, station };
    let page = &found.page;
    let books = &station.catalogue().books;
    let book = books.get(&page.book).ok_or(Error::NoSuchRoute)?;
    let times = station.times(reader);
    let path = station.book_path(&page.book);
    let margin = reader.param("margin") != Some("off");
    let period = match &page.period {
        Period::Day(day) => times.day_and_weekday(day, w),
        Period::Month(month) => times.month(month),
        Period::All => w.all_records.clone(),
    };
    let page_number = w
        .page_of
        .replace("{x}", &found.part.to_string())
        .replace("{y}", &found.parts.to_string());
    let rows: Vec<sheet::Row> = page
        .rows
        .iter()
        .map(|row| setter.row(page, row, margin))
        .collect();
    let file = |suffix: &str| reader.file(&format!("{path}.{suffix}"), period_of(&page.period));
    let title = book.label.get(reader.catalogue_language());
    let here = Crumb::new(Ink::label(title), reader.to(&path));
    let columns = setter.heads(page);
    let width = setter.width(page);
    let title_line = format!("{title} · {} · {period}", plain(&station.name));
    let crumbs = vec![crumb(reader, station), here];
    Ok(BookPage {
        frame: Frame::of(reader, station, Place::Elsewhere, title_line, crumbs),
        w,
        coverage: Some(coverage(&setter, &found, now)),
        marks: Mark::ALL,
        amended: Mark::Amended,
        conflict: Mark::Conflict,
        unreadable: Mark::Unreadable,
        sheet: Sheet {
            title: Ink::label(title),
            station: Ink::written(&station.name),
            period,
            page_number: Ink::label(&page_number),
            margin,
            span: columns.len() + usize::from(margin && width == "narrow"),
            width,
            columns,
            footer: foot::footer(&setter, page),
            proof: foot::proof(&setter, page, now),
            empty: foot::empty(&setter, page, book),
            notice: found.notice.clone(),
            cut: found.is_cut.then(|| w.page_is_cut.clone()),
            rows,
            periods: periods(reader, station, &found),
            parts: parts(reader, &found),
            jump: jump(reader, &page.period, book.number.is_some()),
            path: path.clone(),
            kept: reader.kept(&["day", "month", "number", "page"]),
            margin_href: reader.here(&[("margin", if margin { "off" } else { "" })]),
            csv: file("csv"),
            jsonl: file("jsonl"),
            xlsx: file("xlsx"),
        },
    })
}

fn period_of(period: &Period) -> Vec<(&'static str, &str)> {
    match period {
        Period::Day(day) => vec![("day", day)],
        Period::Month(month) => vec![("month", month)],
        Period::All => Vec::new(),
    }
}

fn coverage(setter: &Setter<'_>, found: &Found, now: i64) -> CoverageView {
    let w = setter.reader.words();
    let times = setter.station.times(setter.reader);
    let page = &found.page;
    let ended = match &page.period {
        Period::Day(day) => times.end_of(day).is_none_or(|end| end <= now),
        Period::Month(month) => last_of(month)
            .and_then(|day| times.end_of(&day))
            .is_none_or(|end| end <= now),
        Period::All => true,
    };
    // Until the period is over every phone may write more: what tells is who is silent today.
    let running = |word: &'static str| CoverageView {
        running: word,
        ..setter.coverage(
            &setter.station.coverage_now(now),
            &w.coverage_open,
            &w.coverage_silent,
        )
    };
    match (&page.period, ended) {
        (Period::Day(_), false) => running(&w.coverage_today),
        (Period::Month(_), false) => running(&w.coverage_month),
        (Period::Day(_), true) => {
            setter.coverage(&page.coverage, &w.coverage_missing, &w.coverage_lead)
        }
        (Period::Month(_), true) | (Period::All, _) => {
            setter.coverage(&page.coverage, &w.coverage_open, &w.coverage_book)
        }
    }
}

fn last_of(month: &str) -> Option<String> {
    let first: jiff::civil::Date = format!("{month}-01").parse().ok()?;
    Some(first.last_of_month().to_string())
}

/// The days or months before and after that have rows.
fn periods(reader: &Reader, station: &Shown, found: &Found) -> Vec<Turn> {
    let w = reader.words();
    let times = station.times(reader);
    let turn = |rel, day: &Option<String>, word: &str, is_month: bool| {
        let day = day.as_ref()?;
        let (name, value) = match is_month {
            true => ("month", day.chars().take(7).collect()),
            false => ("day", day.clone()),
        };
        let said = match is_month {
            true => times.month(&value),
            false => times.day(&value),
        };
        Some(Turn {
            rel,
            href: reader.here(&[(name, &value), ("page", "")]),
            label: format!("{word} {said}"),
        })
    };
    let (previous, next, is_month) = match &found.page.period {
        Period::Day(_) => (&w.previous_day, &w.next_day, false),
        Period::Month(_) => (&w.previous_month, &w.next_month, true),
        Period::All => return Vec::new(),
    };
    [
        turn("prev", &found.before, previous, is_month),
        turn("next", &found.after, next, is_month),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The parts of a long page.
fn parts(reader: &Reader, found: &Found) -> Vec<Turn> {
    let w = reader.words();
    let turn = |rel, at: u64, label: &str| Turn {
        rel,
        href: reader.here(&[("page", &at.to_string()), ("number", "")]),
        label: label.to_owned(),
    };
    let (at, last) = (found.part, found.parts);
    let mut turns = Vec::new();
    if at > 1 {
        turns.push(turn("", 1, &w.first_page));
        turns.push(turn("prev", at - 1, &w.previous));
    }
    if at < last {
        turns.push(turn("next", at + 1, &w.next));
        turns.push(turn("", last, &w.last_page));
    }
    turns
}

/// Where a reader may go at once: to a day, a month or a register number.
fn jump(reader: &Reader, period: &Period, is_numbered: bool) -> Option<Jump> {
    let w = reader.words();
    let (name, kind, label, value, most) = match period {
        Period::Day(day) => ("day", "date", &w.jump_day, day.clone(), ask::LATEST),
        Period::Month(month) => ("month", "month", &w.jump_month, month.clone(), "9999-12"),
        Period::All if is_numbered => {
            let asked = typed(reader.param("number").unwrap_or_default());
            ("number", "search", &w.jump_number, asked, "")
        }
        Period::All => return None,
    };
    Some(Jump {
        name,
        kind,
        label: label.clone(),
        value,
        most,
    })
}
