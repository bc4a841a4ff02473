//! A deed becomes an act in the server's log: in its own name, or on behalf of a member, who then
//! may do only what their own phone could.

use sync_core::catalogue::{Kind, day_of};
use sync_core::gate::Docket;
use sync_core::ids::{Hash, PersonId, RecordId, StationId};
use sync_core::record::view::View;
use sync_core::record::write::Edit;

use super::content::Content;
use super::deed::{Deed, Ground};
use super::standing::Step;
use super::{Code, KIND, Wanted};
use crate::admission::{history, record};
use crate::db::Tx;
use crate::error::{Error, Result};
pub use crate::hand::Hand;
use crate::hand::Writing;
use crate::officer::Officer;
use crate::station_log::StationLog;
use crate::{args, sql};

/// Makes a card for an officer.
pub async fn draft(
    tx: &mut Tx,
    hand: &Hand<'_>,
    station: &StationId,
    officer: &PersonId,
    wanted: Wanted,
    like: Option<&Code>,
) -> Result<Code> {
    let officer = Officer::get(tx, station, officer).await?;
    let like = match like {
        Some(code) => {
            let (_, record) = own(tx, station, code).await?;
            Some(Box::new(content(tx, station, record, None).await?))
        }
        None => None,
    };
    let deed = Deed::Draft { wanted, like };
    let mut log = StationLog::open(tx, station, hand.data, hand.clock).await?;
    let made = log.next_record();
    let record = RecordId::derive(station, log.station.server_device, made);
    let docket = Docket::empty(record);
    let blank = Content::of(&blank(record), None);
    let written = async {
        let writing = Writing::begin(&mut log, hand, KIND, &docket, Some(made)).await?;
        let edits = edits(&log, &writing, &deed, &blank, Some(&officer))?;
        finish(&mut log, &writing, &edits, &deed).await
    };
    written.await.map_err(|error| named(error, None))?;
    log.close().await?;
    Code::ensure(tx, station, record).await
}

/// Does something to a card that is there.
pub async fn change(tx: &mut Tx, hand: &Hand<'_>, code: &Code, deed: &Deed) -> Result<()> {
    let (station, record) = code.find(tx).await?;
    let mut log = StationLog::open(tx, &station, hand.data, hand.clock).await?;
    let docket = record::load(log.tx, &station, record).await?.docket;
    let written = async {
        let writing = Writing::begin(&mut log, hand, KIND, &docket, None).await?;
        let content = Content::of(&View::of(&docket.history), Some(&writing.kind));
        let officer = match &content.officer {
            Some(person) => Officer::find(log.tx, &station, person).await?,
            None => None,
        };
        let edits = edits(&log, &writing, deed, &content, officer.as_ref())?;
        finish(&mut log, &writing, &edits, deed).await
    };
    written.await.map_err(|error| named(error, Some(code)))?;
    log.close().await
}

/// Says that the card `with` holds in the place of another of its station.
pub async fn replace(tx: &mut Tx, hand: &Hand<'_>, code: &Code, with: &Code) -> Result<()> {
    let (station, record) = code.find(tx).await?;
    let (_, newer) = own(tx, &station, with).await?;
    let unfit = |what: &str| Error::CardRefused {
        card: Some(with.clone()),
        what: what.to_owned(),
    };
    if newer == record {
        return Err(unfit("a card cannot take its own place"));
    }
    match content(tx, &station, newer, None).await?.step {
        Step::Approved | Step::Posted | Step::Stale => {}
        Step::Draft => {
            return Err(unfit(
                "it is not approved yet, so residents would find nobody: wardbook card approve",
            ));
        }
        Step::Withdrawn | Step::Replaced => {
            return Err(unfit("it does not hold any more; name the card that does"));
        }
    }
    change(tx, hand, code, &Deed::Replace { with: newer }).await
}

/// A card of this station, for those that name two.
pub async fn own(tx: &mut Tx, station: &StationId, code: &Code) -> Result<(StationId, RecordId)> {
    let found = code.find(tx).await?;
    match found.0 == *station {
        true => Ok(found),
        false => Err(Error::CardUnknown {
            code: Some(code.clone()),
        }),
    }
}

pub async fn content(
    tx: &mut Tx,
    station: &StationId,
    record: RecordId,
    kind: Option<&Kind>,
) -> Result<Content> {
    let rows = tx
        .fetch_all(sql!("change_of_record"), args![station, &record])
        .await?;
    Ok(Content::of(&View::of(&history(record, &rows)?), kind))
}

fn blank(record: RecordId) -> View {
    View {
        record,
        kind: KIND.to_owned(),
        v: 0,
        external_id: None,
        changes: Vec::new(),
        fields: Default::default(),
        rows: Default::default(),
        texts: Default::default(),
        steps: Vec::new(),
        marks: Vec::new(),
    }
}

/// What is refused of a card says which one.
fn named(error: Error, code: Option<&Code>) -> Error {
    match error {
        Error::NotWritten { what } | Error::CardRefused { card: None, what } => {
            Error::CardRefused {
                card: code.cloned(),
                what,
            }
        }
        other => other,
    }
}

fn edits(
    log: &StationLog<'_>,
    writing: &Writing<'_>,
    deed: &Deed,
    content: &Content,
    officer: Option<&Officer>,
) -> Result<Vec<Edit>> {
    let zone = i32::try_from(log.station.zone_minutes).unwrap_or_default();
    let today = day_of(log.now, zone).map_or_else(String::new, |day| day.to_string());
    let ground = Ground {
        content,
        officer,
        by: &writing.by,
        now: log.now,
        today: &today,
    };
    deed.edits(&ground)
        .map_err(|what| Error::CardRefused { card: None, what })
}

async fn finish(
    log: &mut StationLog<'_>,
    writing: &Writing<'_>,
    edits: &[Edit],
    deed: &Deed,
) -> Result<()> {
    if let Deed::Draft { wanted, .. } | Deed::Edit { wanted, .. } = deed
        && let Some(photo) = &wanted.photo
    {
        let station = &log.station.id;
        let hash = Hash::of(&photo.bytes);
        let row = args![station, &hash, photo.mime, &photo.bytes];
        log.tx.exec(sql!("card_photo_insert"), row).await?;
    }
    let (act, _) = writing.act(log, edits)?;
    writing.enter(log, act).await
}
