//! `/s/{station}/cards`: the audit of the posted contact cards, what is open first.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::export::Files;
use super::frame::{self, Crumb, Frame, Place as Page};
use super::ink::Ink;
use super::reader::Reader;
use super::station::{Shown, crumb};
use super::words::words;
use crate::card::audit::{Audit, Open, Task};
use crate::card::read::Place;
use crate::card::standing::Reason;
use crate::card::{Card, Code, KIND};
use crate::db::Tx;
use crate::error::Result;
use crate::export::List;
use crate::http::App;
use crate::known::Known;
use crate::messages::{Language, embedded as read};
use crate::read_tx;

words! {
    title lead empty empty_how open open_none task spot due overdue no_due card state officer
    phone places checked never measures repost mend update recheck settle name_changed post_changed
    certificate_changed phone_changed officer_left edited check_failed check_overdue marked between
}

static ZH: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/cards.zh.toml")));
static EN: LazyLock<Words> = LazyLock::new(|| read(include_str!("../../messages/cards.en.toml")));

pub fn labels(language: Language) -> &'static Words {
    match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    }
}

#[derive(Debug, Template)]
#[template(path = "cards.html")]
pub struct CardsPage {
    frame: Frame,
    w: &'static super::words::Words,
    c: &'static Words,
    measures: Ink,
    empty_how: Ink,
    open: Vec<OpenLine>,
    tasks: Files,
    files: Files,
    cards: Vec<CardLine>,
}

#[derive(Debug)]
struct OpenLine {
    task: Ink,
    card: Ink,
    place: Ink,
    due: Option<Ink>,
    overdue: bool,
}

#[derive(Debug)]
struct CardLine {
    code: Ink,
    state: Ink,
    reasons: Ink,
    officer: Ink,
    phone: Ink,
    places: usize,
    checked: Option<Ink>,
}

pub async fn cards(
    State(app): State<Arc<App>>,
    Path(station): Path<String>,
    reader: Reader,
) -> Result<Response> {
    let now = app.clock.now_ms();
    let (shown, cards) = read_tx!(app.db, "cards", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let cards = stored(tx, &app.known, &shown, now).await?;
        Ok((shown, cards))
    })
    .await?;
    frame::page(&reader, &draw(&reader, &shown, &cards, now))
}

pub async fn stored(tx: &mut Tx, known: &Known, shown: &Shown, now: i64) -> Result<Vec<Card>> {
    let place = Place::read(tx, known, &shown.id, now).await?;
    let mut cards = Vec::new();
    for (code, record) in Code::list(tx, &shown.id).await? {
        cards.push(place.card(tx, code, record).await?);
    }
    Ok(cards)
}

pub fn draw(reader: &Reader, station: &Shown, cards: &[Card], now: i64) -> CardsPage {
    let c = labels(reader.language);
    let audit = Audit::of(cards, now);
    let path = format!("{}/cards", station.path());
    let here = Crumb::new(Ink::label(&c.title), reader.to(&path));
    let link = |card: &Card| {
        let href = reader.to(&station.record_path(&card.content.record.to_string()));
        Ink::link(&href, &Ink::label(&card.code.to_string()))
    };
    let counted = |n: usize| Ink::label(&n.to_string());
    CardsPage {
        frame: Frame::of(
            reader,
            station,
            Page::Cards,
            c.title.clone(),
            vec![crumb(reader, station), here],
        ),
        w: reader.words(),
        c,
        measures: Ink::sentence(
            &c.measures,
            &[
                ("checked", counted(audit.checked_in_time)),
                ("posted", counted(audit.posted)),
                ("passed", counted(audit.points_passed)),
                ("points", counted(audit.points)),
            ],
        ),
        empty_how: Ink::sentence(
            &c.empty_how,
            &[("station", Ink::label(station.id.as_str()))],
        ),
        tasks: Files::of(reader, station, List::CardTasks),
        files: Files::of(reader, station, List::Cards),
        open: audit
            .open
            .iter()
            .map(|open| open_line(reader, station, open, cards, link))
            .collect(),
        cards: cards
            .iter()
            .map(|card| card_line(reader, station, card, link(card)))
            .collect(),
    }
}

fn open_line(
    reader: &Reader,
    station: &Shown,
    open: &Open,
    cards: &[Card],
    link: impl Fn(&Card) -> Ink,
) -> OpenLine {
    let c = labels(reader.language);
    let times = station.times(reader);
    let of = cards.iter().find(|card| card.code == open.code);
    OpenLine {
        task: Ink::label(task_label(c, open.task)),
        card: of.map(link).unwrap_or_default(),
        place: Ink::written(&open.place),
        due: open.due.map(|due| Ink::label(&times.last_day(due))),
        overdue: open.overdue,
    }
}

fn card_line(reader: &Reader, station: &Shown, card: &Card, code: Ink) -> CardLine {
    let c = labels(reader.language);
    let standing = &card.standing;
    let kind = station.catalogue().kinds.get(KIND);
    let step = kind.and_then(|kind| kind.step(standing.state.word()));
    let state = step.map_or(standing.state.word(), |step| {
        step.label.get(reader.catalogue_language())
    });
    let reasons = standing
        .reasons
        .iter()
        .map(|reason| reason_label(c, *reason));
    let reasons: Vec<Ink> = reasons.map(Ink::label).collect();
    let times = station.times(reader);
    CardLine {
        code,
        state: Ink::label(state),
        reasons: Ink::joined(&reasons, &c.between),
        officer: Ink::written(&standing.current.name),
        phone: Ink::written(&standing.current.phone),
        places: standing.points.len(),
        checked: standing
            .verified
            .map(|day| Ink::label(&times.day(&day.to_string()))),
    }
}

pub fn task_label(c: &Words, task: Task) -> &str {
    match task {
        Task::Repost => &c.repost,
        Task::Mend => &c.mend,
        Task::Update => &c.update,
        Task::Recheck => &c.recheck,
        Task::Settle => &c.settle,
    }
}

pub fn reason_label(c: &Words, reason: Reason) -> &str {
    match reason {
        Reason::NameChanged => &c.name_changed,
        Reason::PostChanged => &c.post_changed,
        Reason::CertificateChanged => &c.certificate_changed,
        Reason::PhoneChanged => &c.phone_changed,
        Reason::OfficerLeft => &c.officer_left,
        Reason::Edited => &c.edited,
        Reason::CheckFailed => &c.check_failed,
        Reason::CheckOverdue => &c.check_overdue,
        Reason::Marked => &c.marked,
    }
}
