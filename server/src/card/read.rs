//! A card with all that it is read with, on one unmoving state of the store.

use std::sync::Arc;

use sync_core::catalogue::{Catalogue, Kind};
use sync_core::ids::{RecordId, StationId};
use sync_core::record::view::View;

use super::content::Content;
use super::duty::{self, Today};
use super::standing::{Ground, Standing};
use super::{Code, KIND};
use crate::admission::history;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::known::Known;
use crate::officer::Officer;
use crate::station::Station;
use crate::{args, sql};

/// The address under which residents reach a station's cards, in its `meta`.
const ADDRESS: &str = "card_address";

/// What all cards of a station are read with.
#[derive(Debug)]
pub struct Place {
    pub station: Station,
    pub catalogue: Arc<Catalogue>,
    pub now: i64,
    /// Where residents reach this server, `https://cards.example`; none: nobody has said.
    pub address: Option<String>,
}

#[derive(Debug)]
pub struct Card {
    pub code: Code,
    pub content: Content,
    pub officer: Option<Officer>,
    pub standing: Standing,
}

impl Place {
    pub async fn read(tx: &mut Tx, known: &Known, id: &StationId, now: i64) -> Result<Place> {
        let station = Station::find(tx, id).await?;
        let holding = known.holding_in(&station, tx).await?;
        let row = tx.fetch_opt(sql!("meta_get"), args![id, ADDRESS]).await?;
        let address = row.map(|row| row.get::<Vec<u8>>("value")).transpose()?;
        Ok(Place {
            catalogue: holding.books.catalogue().clone(),
            station,
            now,
            address: address.and_then(|bytes| String::from_utf8(bytes).ok()),
        })
    }

    pub fn kind(&self) -> Option<&Kind> {
        self.catalogue.kinds.get(KIND)
    }

    pub fn offset(&self) -> i32 {
        i32::try_from(self.station.zone_minutes).unwrap_or_default()
    }

    /// What a card's QR code says.
    pub fn url(&self, code: &Code) -> Option<String> {
        let address = self.address.as_deref()?;
        Some(format!("{address}/c/{}", code.as_str()))
    }

    pub async fn card(&self, tx: &mut Tx, code: Code, record: RecordId) -> Result<Card> {
        let id = &self.station.id;
        let rows = tx
            .fetch_all(sql!("change_of_record"), args![id, &record])
            .await?;
        if rows.is_empty() {
            return Err(Error::CardUnknown { code: Some(code) });
        }
        let content = Content::of(&View::of(&history(record, &rows)?), self.kind());
        let officer = match &content.officer {
            Some(person) => Officer::find(tx, id, person).await?,
            None => None,
        };
        let ground = Ground {
            officer: officer.as_ref(),
            kind: self.kind(),
            holidays: &self.catalogue.holidays,
            offset: self.offset(),
            now: self.now,
        };
        Ok(Card {
            standing: Standing::of(&content, &ground),
            code,
            content,
            officer,
        })
    }

    /// The card that has taken another one's place, if it is of this station and has a code.
    pub async fn successor(&self, tx: &mut Tx, card: &Card) -> Result<Option<Card>> {
        let Some(record) = card.content.replaced_by else {
            return Ok(None);
        };
        match Code::of(tx, &self.station.id, record).await? {
            Some(code) => Ok(Some(self.card(tx, code, record).await?)),
            None => Ok(None),
        }
    }

    pub async fn today(&self, tx: &mut Tx, card: &Card) -> Result<Option<Today>> {
        let (id, holidays) = (&self.station.id, &self.catalogue.holidays);
        duty::today(tx, id, &card.content, holidays, self.offset(), self.now).await
    }
}

/// Says where residents reach a station's cards.
pub async fn set_address(tx: &mut Tx, station: &StationId, address: &str) -> Result<()> {
    Station::lock(tx, station).await?;
    let row = args![station, ADDRESS, address.as_bytes()];
    tx.exec(sql!("meta_put"), row).await?;
    Ok(())
}
