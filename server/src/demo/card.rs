//! The posted contact card of one officer, as `wardbook card` makes it.

use serde::Deserialize;
use sync_core::ids::PersonId;

use super::stage::Stage;
use crate::card::read::set_address;
use crate::card::write::{self, Hand};
use crate::card::{Code, Deed, Wanted};
use crate::error::Result;
use crate::write_tx;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    pub officer: PersonId,
    pub approved_by: PersonId,
    pub posted_by: PersonId,
    pub squad: String,
    pub station_place: String,
    pub duties: Vec<String>,
    /// Day, from, until.
    pub hours: Vec<(String, String, String)>,
    pub supervision: String,
    pub commitments: Vec<String>,
    pub fallback_phone: String,
    /// Where it hangs.
    pub places: Vec<String>,
}

/// Drafts, approves and posts it.
pub async fn post(stage: &Stage, card: &Card) -> Result<Code> {
    let app = &stage.server.app;
    let hand = |by| Hand {
        data: &app.data,
        clock: &app.clock,
        by,
    };
    let wanted = Wanted {
        squad: Some(card.squad.clone()),
        station_place: Some(card.station_place.clone()),
        duty_scope: Some(card.duties.join("\n")),
        hours: Some(card.hours.clone()),
        supervision_channel: Some(card.supervision.clone()),
        commitments: Some(card.commitments.join("\n")),
        fallback_phone: Some(card.fallback_phone.clone()),
        ..Wanted::default()
    };
    let address = format!("http://{}", stage.server.address);
    let code = write_tx!(app.db, "demo_card", async |tx| {
        let (station, officer) = (&stage.station, &card.officer);
        set_address(tx, station, &address).await?;
        write::draft(tx, &hand(None), station, officer, wanted.clone(), None).await
    })
    .await?;
    let posted = card.places.iter().map(|place| {
        let place = place.clone();
        (&card.posted_by, Deed::Post { place })
    });
    let deeds = [(&card.approved_by, Deed::Approve)]
        .into_iter()
        .chain(posted);
    for (by, deed) in deeds {
        write_tx!(app.db, "demo_card", async |tx| {
            write::change(tx, &hand(Some(by)), &code, &deed).await
        })
        .await?;
    }
    Ok(code)
}
