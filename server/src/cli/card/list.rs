//! `wardbook card list`: how the cards of a station stand, and what of them is open.

use serde_json::{Value, json};

use super::super::{StationOptions, out};
use crate::card::audit::{Audit, Open};
use crate::card::read::Place;
use crate::card::{Card, Code};
use crate::clock::Clock;
use crate::error::Result;
use crate::known::Known;
use crate::pages::time::Times;
use crate::{config, read_tx};

pub async fn run(at: &StationOptions, audit: bool, json: bool, clock: &Clock) -> Result<()> {
    let db = at.store.open().await?;
    let now = clock.now_ms();
    let (place, cards) = read_tx!(db, "card_list", async |tx| {
        let place = Place::read(tx, &Known::default(), &at.station, now).await?;
        let mut cards = Vec::new();
        for (code, record) in Code::list(tx, &at.station).await? {
            cards.push(place.card(tx, code, record).await?);
        }
        Ok((place, cards))
    })
    .await?;
    db.close().await;
    let audited = Audit::of(&cards, now);
    let times = Times {
        offset: place.offset(),
        language: config::language(),
    };
    if json {
        out::json(&as_json(&cards, &audited, times));
        return Ok(());
    }
    match audit {
        true => audited
            .open
            .iter()
            .for_each(|open| out::say(&open_line(open, times))),
        false => cards
            .iter()
            .for_each(|card| out::say(&card_line(card, &audited))),
    }
    Ok(())
}

/// Code, state, officer, name, phone, places, last check, reasons, open items.
fn card_line(card: &Card, audit: &Audit) -> String {
    let (content, standing) = (&card.content, &card.standing);
    let officer = content.officer.as_ref().map(ToString::to_string);
    let reasons: Vec<&str> = standing
        .reasons
        .iter()
        .map(|reason| reason.word())
        .collect();
    let verified = standing.verified.map(|day| day.to_string());
    let open = audit
        .open
        .iter()
        .filter(|open| open.code == card.code)
        .count();
    [
        card.code.to_string(),
        standing.state.word().to_owned(),
        officer.unwrap_or_default(),
        one_line(&standing.current.name),
        one_line(&standing.current.phone),
        standing.points.len().to_string(),
        verified.unwrap_or_default(),
        reasons.join(","),
        open.to_string(),
    ]
    .join("\t")
}

/// Code, what is to do, place, due, overdue.
fn open_line(open: &Open, times: Times) -> String {
    [
        open.code.to_string(),
        open.task.word().to_owned(),
        one_line(&open.place),
        open.due.map(|due| last_day(due, times)).unwrap_or_default(),
        if open.overdue { "overdue" } else { "" }.to_owned(),
    ]
    .join("\t")
}

/// A column stays a column whatever a phone has sent.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The last day on which it is in time: a limit ends with the first moment after it.
fn last_day(due: i64, times: Times) -> String {
    times.day_of(due - 1)
}

fn as_json(cards: &[Card], audit: &Audit, times: Times) -> Value {
    let cards: Vec<Value> = cards.iter().map(|card| card_json(card, times)).collect();
    let open = audit.open.iter().map(|open| {
        json!({
            "card": open.code.to_string(),
            "task": open.task.word(),
            "place": open.place,
            "due": open.due.map(|due| last_day(due, times)),
            "overdue": open.overdue,
        })
    });
    json!({
        "cards": cards,
        "open": open.collect::<Vec<_>>(),
        "currency": { "posted": audit.posted, "checked_in_time": audit.checked_in_time },
        "checks": { "points": audit.points, "passed": audit.points_passed },
    })
}

fn card_json(card: &Card, times: Times) -> Value {
    let (content, standing) = (&card.content, &card.standing);
    let points = standing.points.iter().map(|point| {
        json!({
            "place": point.place,
            "posted_at": times.iso(point.posted_at),
            "by": point.by,
            "open": point.is_open(),
        })
    });
    json!({
        "code": card.code.to_string(),
        "record": content.record.to_string(),
        "state": standing.state.word(),
        "reasons": standing.reasons.iter().map(|reason| reason.word()).collect::<Vec<_>>(),
        "officer": content.officer.as_ref().map(ToString::to_string),
        "name": standing.current.name,
        "phone": standing.current.phone,
        "places": points.collect::<Vec<_>>(),
        "last_verified": standing.verified.map(|day| day.to_string()),
        "check_due": standing.check_due.map(|due| last_day(due, times)),
        "conflict": content.conflicted,
        "reason": content.reason,
    })
}
