//! A card on paper: `wardbook card print` and `wardbook card qr`.

use super::super::out;
use super::{Which, wanted};
use crate::card::read::Place;
use crate::card::{Card, Code, Standing, State, qr as drawing};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::known::Known;
use crate::resident::{self, Form};
use crate::{args, config, read_tx, sql};

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Paper {
    Card,
    Notice,
}

pub async fn print(which: &Which, form: Paper, clock: &Clock) -> Result<()> {
    let db = which.store.open().await?;
    let now = clock.now_ms();
    let html = read_tx!(db, "card_print", async |tx| {
        let (station, record) = which.code.find(tx).await?;
        let place = Place::read(tx, &Known::default(), &station, now).await?;
        let card = place.card(tx, which.code.clone(), record).await?;
        may_be_printed(&place, &card)?;
        let photo = match &card.content.photo {
            Some(hash) => tx
                .fetch_opt(sql!("card_photo_get"), args![&station, hash])
                .await?
                .map(|row| wanted::embedded(&row))
                .transpose()?,
            None => None,
        };
        let form = match form {
            Paper::Card => Form::Card,
            Paper::Notice => Form::Notice,
        };
        resident::print(config::language(), &place, &card, form, photo)
    })
    .await?;
    db.close().await;
    out::file(&html);
    Ok(())
}

/// Paper that is wrong from the first day is not printed.
fn may_be_printed(place: &Place, card: &Card) -> Result<()> {
    let what = match card.standing.state {
        State::Draft => "it is not approved yet: wardbook card approve",
        State::Withdrawn => "it was withdrawn",
        State::Replaced => "another card has taken its place; print that one",
        State::Approved | State::Posted | State::Stale => {
            let differs = Standing::differs_from_directory(&card.content, card.officer.as_ref());
            if place.url(&card.code).is_none() {
                return Err(Error::CardAddressMissing(place.station.id.clone()));
            }
            if differs.is_empty() {
                return Ok(());
            }
            "the officer directory says otherwise; take that over first: wardbook card edit --reason"
        }
    };
    Err(Error::CardRefused {
        card: Some(card.code.clone()),
        what: what.to_owned(),
    })
}

/// The code's drawing alone.
pub async fn qr(which: &Which, clock: &Clock) -> Result<()> {
    let db = which.store.open().await?;
    let place = place_of(&db, &which.code, clock).await?;
    db.close().await;
    let missing = || Error::CardAddressMissing(place.station.id.clone());
    let url = place.url(&which.code).ok_or_else(missing)?;
    let svg = drawing::svg(&url, &which.code.to_string()).ok_or(Error::Page)?;
    out::file(&svg);
    Ok(())
}

async fn place_of(db: &Db, code: &Code, clock: &Clock) -> Result<Place> {
    let now = clock.now_ms();
    read_tx!(*db, "card", async |tx| {
        let (station, _) = code.find(tx).await?;
        Place::read(tx, &Known::default(), &station, now).await
    })
    .await
}
