//! The posted contact cards, and what is to do about them. Name and phone of the officer stand on
//! the card for everybody to read.

use sync_core::catalogue::last_day;

use super::Ask;
use super::table::{Column, Value, columns};
use crate::card::audit::{Audit, Open};
use crate::card::{Card, KIND};
use crate::db::Tx;
use crate::error::Result;
use crate::pages::cards::{reason_label, stored, task_label};

pub const COLUMNS: &[Column] = columns! {
    card: cards.card,
    state: cards.state,
    reasons: export.card_reasons,
    officer: cards.officer,
    phone: cards.phone,
    places: cards.places,
    checked: cards.checked,
    record: export.record_id,
};

pub const TASKS: &[Column] = columns! {
    task: cards.task,
    place: cards.spot,
    card: cards.card,
    due: cards.due,
    state: cards.state,
};

pub async fn rows(tx: &mut Tx, ask: &Ask<'_>) -> Result<Vec<Vec<Value>>> {
    let cards = stored(tx, ask.known, ask.shown, ask.now).await?;
    Ok(cards.iter().map(|card| cells(ask, card)).collect())
}

fn cells(ask: &Ask<'_>, card: &Card) -> Vec<Value> {
    let (plain, standing) = (&ask.plain, &card.standing);
    let words = plain.labels.cards;
    let reasons = standing.reasons.iter();
    let reasons: Vec<&str> = reasons.map(|one| reason_label(words, *one)).collect();
    vec![
        card.code.to_string().into(),
        plain.states(KIND, standing.state.word()).into(),
        reasons.join(&words.between).into(),
        standing.current.name.as_str().into(),
        standing.current.phone.as_str().into(),
        (standing.points.len() as u64).into(),
        standing.verified.map_or(Value::Nothing, Value::Day),
        card.content.record.to_string().into(),
    ]
}

pub async fn tasks(tx: &mut Tx, ask: &Ask<'_>) -> Result<Vec<Vec<Value>>> {
    let cards = stored(tx, ask.known, ask.shown, ask.now).await?;
    let open = Audit::of(&cards, ask.now).open;
    Ok(open.iter().map(|one| task(ask, one)).collect())
}

fn task(ask: &Ask<'_>, open: &Open) -> Vec<Value> {
    let words = ask.plain.labels.cards;
    let offset = ask.shown.books.offset();
    let last = open.due.and_then(|due| last_day(due, offset));
    vec![
        task_label(words, open.task).into(),
        open.place.as_str().into(),
        open.code.to_string().into(),
        last.map_or(Value::Nothing, Value::Day),
        open.overdue.then_some(words.overdue.as_str()).into(),
    ]
}
