//! `/s/{station}/records`: the station's records, searched by number, day, place and words.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::ids::RecordId;

use super::book::beginning;
use super::conflicts::Before;
use super::export::Files;
use super::frame::{self, Crumb, Frame, Pager, Place};
use super::ink::{Ink, typed};
use super::mark::Mark;
use super::reader::Reader;
use super::station::{Shown, crumb};
use super::words::Words;
use crate::admission::lists::folded;
use crate::admission::project::flags;
use crate::db::{self, Tx};
use crate::error::{Error, Result};
use crate::export::List;
use crate::http::App;
use crate::{args, read_tx, sql};

const A_PAGE: u64 = 25;
/// Words of one search, and letters of one word.
const MAX_TERMS: usize = 4;
const MAX_LETTERS: usize = 64;
const DAY: i64 = 24 * 3_600_000;

#[derive(Debug, Template)]
#[template(path = "records.html")]
pub struct RecordsPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub query: String,
    pub notice: Option<Ink>,
    /// What narrows the list down, in words; each can be taken away.
    pub narrowed: Vec<Narrowed>,
    pub records: Vec<Item>,
    /// What was found, and everything that the station has.
    pub files: Files,
    pub jsonl: String,
    pub geojson: String,
    pub pager: Pager,
}

#[derive(Debug)]
pub struct Narrowed {
    pub label: Ink,
    pub href: String,
}

#[derive(Debug)]
pub struct Item {
    pub title: Ink,
    pub href: String,
    pub kind: Ink,
    pub number: Ink,
    pub day: String,
    pub state: Ink,
    pub author: Ink,
    pub marks: Vec<Mark>,
}

/// A record as the store lists it.
#[derive(Debug)]
pub struct Row {
    pub record: RecordId,
    pub kind: String,
    pub title: String,
    pub day: Option<String>,
    pub state: String,
    pub author: String,
    pub flags: i64,
    pub number: Option<String>,
}

impl Row {
    pub async fn read(tx: &mut Tx, shown: &Shown, row: &db::Row) -> Result<Row> {
        let record = RecordId(row.bytes("record")?);
        let number = tx
            .fetch_opt(sql!("number_of_record"), args![&shown.id, &record])
            .await?;
        Ok(Row {
            record,
            kind: row.get("kind")?,
            title: row.get("title")?,
            day: row.get("day")?,
            state: row.get("state")?,
            author: row.get("author")?,
            flags: row.get("flags")?,
            number: number.map(|number| number.get("text")).transpose()?,
        })
    }
}

/// What the store says of a record, as pages mark it.
pub const FLAGGED: [(i64, Mark); 4] = [
    (flags::LATE, Mark::Late),
    (flags::AMENDED, Mark::Amended),
    (flags::CONFLICT, Mark::Conflict),
    (flags::REMOVED, Mark::Removed),
];

/// What was asked for, ready for the store.
#[derive(Debug, PartialEq, Eq)]
pub struct Terms {
    like: [String; MAX_TERMS],
    /// Finds a number that has all of it.
    number: String,
    is_cut: bool,
}

impl Terms {
    pub fn of(query: &str) -> Terms {
        let query = folded(query);
        let cut = |text: &str| -> String { text.chars().take(MAX_LETTERS).collect() };
        let words: Vec<&str> = query.split_whitespace().take(MAX_TERMS + 1).collect();
        let mut like: Vec<String> = words
            .iter()
            .take(MAX_TERMS)
            .map(|word| within(&day_of(word).unwrap_or_else(|| cut(word))))
            .collect();
        like.resize(MAX_TERMS, "%".to_owned());
        let whole = query.trim();
        let is_long = |word: &&str| word.chars().nth(MAX_LETTERS).is_some();
        Terms {
            is_cut: words.len() > MAX_TERMS || words.iter().any(is_long),
            // An empty pattern finds no number; "%" would find each.
            number: match whole.is_empty() {
                true => String::new(),
                false => within(&cut(whole)),
            },
            like: like.try_into().unwrap_or_default(),
        }
    }
}

/// A pattern that finds a text anywhere and takes nothing in it for a sign of its own.
fn within(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// `2026年5月11日`, `2026/5/11` and `2026-5-11` as lines write that day; a month likewise.
fn day_of(word: &str) -> Option<String> {
    let is_date = |c: char| c.is_ascii_digit() || matches!(c, '年' | '月' | '日' | '/' | '-' | '.');
    if !word.chars().all(is_date) {
        return None;
    }
    let parts: Vec<&str> = word
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let [year, month, rest @ ..] = parts.as_slice() else {
        return None;
    };
    let month: u8 = month
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    if year.len() != 4 {
        return None;
    }
    match rest {
        [] => Some(format!("{year}-{month:02}")),
        [day] => {
            let day: u8 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
            Some(format!("{year}-{month:02}-{day:02}"))
        }
        _ => None,
    }
}

pub async fn records(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    let at = Pager::asked(&reader);
    let terms = Terms::of(reader.param("q").unwrap_or_default());
    let (station, rows, more) = read_tx!(app.db, "records", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let skip = u64::from(at - 1) * A_PAGE;
        let part = Part {
            before: Before::default(),
            most: A_PAGE + 1,
            skip,
        };
        let found = find(tx, &reader, &shown, &terms, &part, now).await?;
        let mut rows = Vec::new();
        for row in found.iter().take(A_PAGE as usize) {
            rows.push(Row::read(tx, &shown, row).await?);
        }
        Ok((shown, rows, found.len() as u64 > A_PAGE))
    })
    .await?;
    let pager = Pager::of(&reader, at, more);
    frame::page(&reader, &draw(&reader, &station, &rows, pager))
}

/// Which part of what is found.
#[derive(Debug)]
pub struct Part {
    pub before: Before,
    pub most: u64,
    pub skip: u64,
}

/// The records that pass the reader's filters, the newest change first.
pub async fn find(
    tx: &mut Tx,
    reader: &Reader,
    shown: &Shown,
    terms: &Terms,
    part: &Part,
    now: i64,
) -> Result<Vec<db::Row>> {
    let only = match reader.param("only") {
        Some("late") => flags::LATE,
        Some("amended") => flags::AMENDED,
        Some("removed") => flags::REMOVED,
        Some(_) | None => 0,
    };
    let mut since = 0;
    if reader.param("since") == Some("yesterday") {
        let times = shown.times(reader);
        let before = times.day_of(now - 2 * DAY);
        let began = times.end_of(&before).unwrap_or(now - DAY);
        let row = tx
            .fetch_opt(sql!("entry_first_since"), args![&shown.id, began])
            .await?;
        since = row.ok_or(Error::Damaged("count"))?.count("idx")?;
    }
    let text = |name: &str| folded(reader.param(name).unwrap_or_default());
    let plain = |name: &str| {
        let asked = reader.param(name).unwrap_or_default().chars();
        asked.filter(|c| !c.is_control()).collect::<String>()
    };
    let (kind, state, officer, day) = (text("kind"), text("state"), plain("officer"), text("day"));
    let [a, b, c, d] = &terms.like;
    let query = args![
        &shown.id,
        since,
        only,
        &kind,
        &state,
        &officer,
        &day,
        a,
        b,
        c,
        d,
        &terms.number,
        part.most,
        part.skip,
        part.before.entry,
        &part.before.record
    ];
    tx.fetch_all(sql!("record_search"), query).await
}

pub fn draw(reader: &Reader, station: &Shown, rows: &[Row], pager: Pager) -> RecordsPage {
    let w = reader.words();
    let query = typed(reader.param("q").unwrap_or_default());
    let terms = Terms::of(reader.param("q").unwrap_or_default());
    let here = Crumb::new(
        Ink::label(&w.records_title),
        reader.to(&format!("{}/records", station.path())),
    );
    let notice = match (rows.is_empty(), query.is_empty()) {
        (true, false) => Some(Ink::sentence(
            &w.search_none,
            &[("text", beginning(&query))],
        )),
        (_, _) if terms.is_cut => Some(Ink::label(&w.search_cut)),
        (_, _) => None,
    };
    let frame = Frame::of(
        reader,
        station,
        Place::Records,
        w.records_title.clone(),
        vec![crumb(reader, station), here],
    );
    RecordsPage {
        frame,
        w,
        query,
        notice,
        narrowed: narrowed(reader, station),
        records: rows.iter().map(|row| item(reader, station, row)).collect(),
        files: Files::of(reader, station, List::Records),
        jsonl: reader.to(&format!("{}/records.jsonl", station.path())),
        geojson: reader.to(&format!("{}/records.geojson", station.path())),
        pager,
    }
}

fn narrowed(reader: &Reader, station: &Shown) -> Vec<Narrowed> {
    let w = reader.words();
    let language = reader.catalogue_language();
    let kind = station
        .catalogue()
        .kinds
        .get(reader.param("kind").unwrap_or_default());
    let mut narrowed = Vec::new();
    for name in ["kind", "state", "officer", "day", "only", "since"] {
        let Some(value) = reader.param(name) else {
            continue;
        };
        let label = match (name, value, kind) {
            ("kind", _, Some(kind)) => Ink::label(kind.label.get(language)),
            ("state", state, Some(kind)) => match kind.step(state) {
                Some(step) => Ink::label(step.label.get(language)),
                None => beginning(state),
            },
            ("officer", person, _) => station.who(reader, person),
            ("day", day, _) => Ink::label(&station.times(reader).day(day)),
            ("only", "late", _) => Ink::label(&w.mark_late),
            ("only", "amended", _) => Ink::label(&w.mark_amended),
            ("only", "removed", _) => Ink::label(&w.mark_removed),
            ("since", _, _) => Ink::label(&w.since_yesterday),
            (_, value, _) => beginning(value),
        };
        let href = reader.here(&[(name, ""), ("page", "")]);
        narrowed.push(Narrowed { label, href });
    }
    narrowed
}

fn item(reader: &Reader, station: &Shown, row: &Row) -> Item {
    let language = reader.catalogue_language();
    let kind = station.catalogue().kinds.get(&row.kind);
    let states = row.state.split('|').filter(|state| !state.is_empty());
    let states: Vec<Ink> = states
        .map(|state| match kind.and_then(|kind| kind.step(state)) {
            Some(step) => Ink::label(step.label.get(language)),
            None => Ink::written(state),
        })
        .collect();
    let set = FLAGGED
        .into_iter()
        .filter(|(flag, _)| row.flags & flag != 0);
    Item {
        title: station.title(reader, &row.title),
        href: reader.to(&station.record_path(&row.record.to_string())),
        kind: match kind {
            Some(kind) => Ink::label(kind.label.get(language)),
            None => Ink::written(&row.kind),
        },
        number: Ink::written(row.number.as_deref().unwrap_or_default()),
        day: row
            .day
            .as_deref()
            .map_or_else(String::new, |day| station.times(reader).day(day)),
        state: Ink::joined(&states, &reader.words().list_between),
        author: station.who(reader, &row.author),
        marks: set.map(|(_, mark)| mark).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_words_days_and_a_number_and_never_more_than_four() {
        let terms = Terms::of("锦华路  2026年5月1日 100%_");
        assert_eq!(terms.like, ["%锦华路%", "%2026-05-01%", "%100\\%\\_%", "%"]);
        assert_eq!(terms.number, "%锦华路  2026年5月1日 100\\%\\_%");
        assert!(!terms.is_cut);
        assert!(Terms::of("a b c d e").is_cut);
        let long = Terms::of(&"字".repeat(10_000));
        assert!(long.is_cut && long.like[0].chars().count() == MAX_LETTERS + 2);
        assert_eq!(Terms::of(" \u{0} ").number, "");
    }

    #[test]
    fn days_and_months_are_known_however_they_are_written() {
        for (word, day) in [
            ("2026年5月11日", Some("2026-05-11")),
            ("2026/5/11", Some("2026-05-11")),
            ("2026-05", Some("2026-05")),
            ("2026年", None),
            ("13800138000", None),
            ("2026-13", None),
            ("锦2026-05", None),
        ] {
            assert_eq!(day_of(word).as_deref(), day, "{word}");
        }
    }
}
