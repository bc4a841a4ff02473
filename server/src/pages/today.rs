//! `/s/{station}`: what a squad leader should know this morning. How far the phones have come
//! stands first, then what waits for somebody, then the books of today and yesterday.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::catalogue::{Catalogue, Kind, PageBy, Step};

use super::frame::{self, Frame, Place};
use super::ink::{Ink, plain};
use super::limits::{self, LimitItem};
use super::reader::Reader;
use super::sheet::{CoverageView, Setter};
use super::station::{Shown, crumb};
use super::words::Words;
use crate::admission::project::flags;
use crate::db::{Arg, Query, Tx};
use crate::error::{Error, Result};
use crate::http::App;
use crate::{args, read_tx, sql};

const DAY: i64 = 24 * 3_600_000;
/// A limit that ends within these days is due soon.
pub const SOON_DAYS: i64 = 3;
/// Limits that the page itself shows.
const LIMITS_SHOWN: u64 = 5;

#[derive(Debug, Template)]
#[template(path = "today.html")]
pub struct Today {
    pub frame: Frame,
    pub w: &'static Words,
    pub name: Ink,
    pub day: String,
    pub coverage: Option<CoverageView>,
    /// What waits for somebody; empty lists say so.
    pub waiting: Vec<Waiting>,
    pub is_quiet: bool,
    pub limits: Vec<LimitItem>,
    pub books: Vec<BookLine>,
}

/// So many of something, and where they are listed.
#[derive(Debug)]
pub struct Waiting {
    pub shape: &'static str,
    pub label: Ink,
    pub n: u64,
    /// Something is lost if nobody acts.
    pub is_lost: bool,
    pub href: String,
}

#[derive(Debug)]
pub struct BookLine {
    pub label: Ink,
    pub code: String,
    pub href: String,
    pub today: Option<Rows>,
    pub yesterday: Option<Rows>,
    /// For a book that has no page a day: what it holds.
    pub whole: Option<Rows>,
    pub last: Option<Rows>,
}

#[derive(Debug)]
pub struct Rows {
    pub text: String,
    pub href: String,
}

/// What the page counts.
#[derive(Debug, Default)]
pub struct Counts {
    pub books: Vec<BookCount>,
    /// Kind, state, how many wait there for a reviewer.
    pub reviews: Vec<(String, String, u64)>,
    pub overdue: u64,
    pub soon: u64,
    pub limits: Vec<limits::Row>,
    pub held: u64,
    pub conflicts: u64,
    /// Arrived since yesterday, and written down more than a day after it happened.
    pub late: u64,
    pub forks: u64,
}

#[derive(Debug)]
pub struct BookCount {
    pub name: String,
    pub today: u64,
    pub yesterday: u64,
    pub whole: u64,
    pub last: Option<String>,
}

/// Today and yesterday at the station, as `2026-05-11`, and the moment yesterday began.
#[derive(Debug)]
struct Days {
    today: String,
    yesterday: String,
    since: i64,
}

impl Days {
    fn of(shown: &Shown, reader: &Reader, now: i64) -> Days {
        let times = shown.times(reader);
        let yesterday = times.day_of(now - DAY);
        let before = times.day_of(now - 2 * DAY);
        Days {
            today: times.day_of(now),
            since: times.end_of(&before).unwrap_or(now - DAY),
            yesterday,
        }
    }
}

pub async fn today(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    let (station, counts) = read_tx!(app.db, "today", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let counts = counts(tx, &shown, &Days::of(&shown, &reader, now), now).await?;
        Ok((shown, counts))
    })
    .await?;
    frame::page(&reader, &draw(&reader, &station, &counts, now))
}

async fn n(tx: &mut Tx, query: Query, args: &[Arg<'_>]) -> Result<u64> {
    let row = tx.fetch_opt(query, args).await?;
    row.ok_or(Error::Damaged("count"))?.count("n")
}

async fn counts(tx: &mut Tx, shown: &Shown, days: &Days, now: i64) -> Result<Counts> {
    let id = &shown.id;
    let since = tx
        .fetch_opt(sql!("entry_first_since"), args![id, days.since])
        .await?;
    let since = since.ok_or(Error::Damaged("count"))?.count("idx")?;
    let (soon, least) = (now + SOON_DAYS * DAY, i64::MIN);
    let mut counts = Counts {
        overdue: n(tx, sql!("open_limit_count_due"), args![id, least, now]).await?,
        soon: n(tx, sql!("open_limit_count_due"), args![id, now, soon]).await?,
        limits: limits::read(
            tx,
            shown,
            (least, soon),
            &limits::After::default(),
            LIMITS_SHOWN,
            0,
        )
        .await?,
        held: n(tx, sql!("held_count"), args![id]).await?,
        conflicts: n(tx, sql!("record_count_flagged"), args![id, flags::CONFLICT]).await?,
        late: {
            let late = args![id, flags::LATE, since];
            n(tx, sql!("record_count_flagged_since"), late).await?
        },
        forks: n(tx, sql!("fork_count"), args![id]).await?,
        ..Counts::default()
    };
    let states = args![id, flags::REMOVED];
    for row in tx.fetch_all(sql!("record_count_by_state"), states).await? {
        let (kind, state): (String, String) = (row.get("kind")?, row.get("state")?);
        if waits_for_review(shown.catalogue(), &kind, &state) {
            counts.reviews.push((kind, state, row.count("n")?));
        }
    }
    for book in shown.catalogue().shelf() {
        let name = &book.name;
        let mut count = BookCount {
            name: name.clone(),
            today: 0,
            yesterday: 0,
            whole: 0,
            last: None,
        };
        match book.page {
            PageBy::Sequence | PageBy::Nothing => {
                count.whole = n(tx, sql!("line_count_of_book"), args![id, name]).await?;
            }
            PageBy::Day | PageBy::Month => {
                let rows = sql!("line_rows_count");
                let (today, yesterday) = (&days.today, &days.yesterday);
                count.today = n(tx, rows, args![id, name, today, today]).await?;
                count.yesterday = n(tx, rows, args![id, name, yesterday, yesterday]).await?;
                let around = args![id, name, "9999-99-99", "9999-99-99"];
                let row = tx.fetch_opt(sql!("line_day_around"), around).await?;
                count.last = row.map(|row| row.get("before")).transpose()?.flatten();
            }
        }
        counts.books.push(count);
    }
    Ok(counts)
}

/// Whether a record in a state can only be taken further by those who review books.
fn waits_for_review(catalogue: &Catalogue, kind: &str, state: &str) -> bool {
    let reviewers: Vec<&String> = catalogue
        .books
        .values()
        .flat_map(|book| &book.review)
        .collect();
    let is_review =
        |step: &Step| !step.by.is_empty() && step.by.iter().all(|role| reviewers.contains(&role));
    let follows = |kind: &Kind| -> Vec<Step> {
        let steps = kind.steps.iter().filter(|step| step.follows(Some(state)));
        steps.cloned().collect()
    };
    let steps = catalogue.kinds.get(kind).map(follows).unwrap_or_default();
    !steps.is_empty() && steps.iter().all(is_review)
}

pub fn draw(reader: &Reader, station: &Shown, counts: &Counts, now: i64) -> Today {
    let w = reader.words();
    let setter = Setter { reader, station };
    let days = Days::of(station, reader, now);
    let waiting = waiting(reader, station, counts);
    let silent = (&w.coverage_open, &w.coverage_silent);
    Today {
        frame: Frame::of(
            reader,
            station,
            Place::Today,
            plain(&station.name),
            vec![crumb(reader, station)],
        ),
        w,
        name: Ink::written(&station.name),
        day: station.times(reader).day_and_weekday(&days.today, w),
        coverage: Some(setter.coverage(&station.coverage_now(now), silent.0, silent.1)),
        is_quiet: waiting.iter().all(|waiting| waiting.n == 0),
        waiting,
        limits: counts
            .limits
            .iter()
            .map(|row| limits::item(&setter, row, now))
            .collect(),
        books: counts
            .books
            .iter()
            .filter_map(|count| book(reader, station, count, &days))
            .collect(),
    }
}

fn waiting(reader: &Reader, station: &Shown, counts: &Counts) -> Vec<Waiting> {
    let w = reader.words();
    let path = station.path();
    let to = |end: &str, asks: &[(&str, &str)]| reader.to_with(&format!("{path}{end}"), asks);
    let mut waiting = Vec::new();
    let mut add = |shape, label: &str, n, is_lost, href| {
        waiting.push(Waiting {
            shape,
            label: Ink::label(label),
            n,
            is_lost: is_lost && n > 0,
            href,
        });
    };
    let overdue = to("/limits", &[("when", "over")]);
    add("overdue", &w.wait_overdue, counts.overdue, true, overdue);
    add(
        "soon",
        &w.wait_soon,
        counts.soon,
        false,
        to("/limits", &[("when", "soon")]),
    );
    add("held", &w.wait_held, counts.held, true, to("/held", &[]));
    add(
        "conflict",
        &w.wait_conflicts,
        counts.conflicts,
        false,
        to("/conflicts", &[]),
    );
    let late = to("/records", &[("only", "late"), ("since", "yesterday")]);
    add("late", &w.wait_late, counts.late, false, late);
    if counts.forks > 0 {
        add("fork", &w.wait_forks, counts.forks, true, to("/forks", &[]));
    }
    let language = reader.catalogue_language();
    for (kind, state, n) in &counts.reviews {
        let Some(of) = station.catalogue().kinds.get(kind) else {
            continue;
        };
        let step = of
            .step(state)
            .map_or(state.as_str(), |step| step.label.get(language));
        let label = w
            .wait_review
            .replace("{kind}", of.label.get(language))
            .replace("{state}", step);
        let asks = [("kind", kind.as_str()), ("state", state.as_str())];
        add("review", &label, *n, false, to("/records", &asks));
    }
    waiting
}

fn book(reader: &Reader, station: &Shown, count: &BookCount, days: &Days) -> Option<BookLine> {
    let w = reader.words();
    let book = station.catalogue().books.get(&count.name)?;
    let times = station.times(reader);
    let path = station.book_path(&count.name);
    let rows = |n: u64| match n {
        0 => w.no_rows.clone(),
        1 => w.rows_one.clone(),
        n => w.rows_n.replace("{n}", &n.to_string()),
    };
    let page = |day: &str, text: String| {
        let (name, value) = match book.page {
            PageBy::Month => ("month", day.get(..7).unwrap_or_default()),
            PageBy::Day | PageBy::Sequence | PageBy::Nothing => ("day", day),
        };
        Rows {
            text,
            href: reader.to_with(&path, &[(name, value)]),
        }
    };
    let by_day = book.page != PageBy::Sequence;
    Some(BookLine {
        label: Ink::label(book.label.get(reader.catalogue_language())),
        code: book.name.clone(),
        href: reader.to(&path),
        today: by_day.then(|| page(&days.today, rows(count.today))),
        yesterday: by_day.then(|| page(&days.yesterday, rows(count.yesterday))),
        whole: (!by_day).then(|| Rows {
            text: rows(count.whole),
            href: reader.to(&path),
        }),
        last: count.last.as_deref().map(|day| page(day, times.day(day))),
    })
}
