//! A deed becomes an act in the server's log: in its own name, or on behalf of a member, who then
//! may do only what their own phone could.

use std::sync::Arc;

use sync_core::catalogue::{Catalogue, Kind, day_of};
use sync_core::envelope::{Act, Behalf, Charter, Part};
use sync_core::gate::policy::{self, Rights};
use sync_core::gate::{Docket, Held};
use sync_core::ids::{ActId, Hash, PersonId, RecordId, StationId};
use sync_core::record::change::Decoded;
use sync_core::record::history::{History, Origin};
use sync_core::record::view::View;
use sync_core::record::write::{self, Birth, Edit, Pen};

use super::content::Content;
use super::deed::{Deed, Ground};
use super::standing::Step;
use super::{Code, KIND, Wanted};
use crate::admission::{history, record};
use crate::charter::{self, Catalogues};
use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::officer::Officer;
use crate::own_acts;
use crate::station_log::StationLog;
use crate::{args, sql};

/// Whose hand it is.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    pub data: &'a DataDir,
    pub clock: &'a Clock,
    /// The member on whose behalf; none: the server itself.
    pub by: Option<&'a PersonId>,
}

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
    let mut writing = Writing::begin(&mut log, hand, &docket, Some(made)).await?;
    let edits = writing.edits(&deed, &blank, Some(&officer))?;
    writing.finish(&edits, &deed).await?;
    log.close().await?;
    Code::ensure(tx, station, record).await
}

/// Does something to a card that is there.
pub async fn change(tx: &mut Tx, hand: &Hand<'_>, code: &Code, deed: &Deed) -> Result<()> {
    let (station, record) = code.find(tx).await?;
    let mut log = StationLog::open(tx, &station, hand.data, hand.clock).await?;
    let docket = record::load(log.tx, &station, record).await?.docket;
    let mut writing = Writing::begin(&mut log, hand, &docket, None).await?;
    let content = Content::of(&View::of(&docket.history), Some(&writing.kind));
    let officer = match &content.officer {
        Some(person) => Officer::find(writing.log.tx, &station, person).await?,
        None => None,
    };
    let edits = writing.edits(deed, &content, officer.as_ref());
    let edits = edits.map_err(|error| named(error, code))?;
    writing
        .finish(&edits, deed)
        .await
        .map_err(|error| named(error, code))?;
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

fn refused(what: impl ToString) -> Error {
    Error::CardRefused {
        card: None,
        what: what.to_string(),
    }
}

fn named(error: Error, code: &Code) -> Error {
    match error {
        Error::CardRefused { card: None, what } => Error::CardRefused {
            card: Some(code.clone()),
            what,
        },
        other => other,
    }
}

struct Writing<'l, 't, 'a> {
    log: &'l mut StationLog<'t>,
    charter: Charter,
    catalogues: Catalogues,
    kind: Kind,
    by: PersonId,
    docket: &'a Docket,
    made: Option<u64>,
}

impl<'l, 't, 'a> Writing<'l, 't, 'a> {
    async fn begin(
        log: &'l mut StationLog<'t>,
        hand: &Hand<'_>,
        docket: &'a Docket,
        made: Option<u64>,
    ) -> Result<Writing<'l, 't, 'a>> {
        let station = log.station.id.clone();
        let rows = log
            .tx
            .fetch_all(sql!("catalogue_list"), args![&station])
            .await?;
        let catalogues = charter::read_catalogues(&rows)?;
        let charter = charter::load(log.tx, &station).await?;
        let newest: Arc<Catalogue> = charter::newest_catalogue(&charter, &catalogues)?;
        let kind = newest.kinds.get(KIND).cloned().ok_or_else(|| {
            refused(format!(
                "the station's catalogue has no kind {KIND}; give it one that has: wardbook serve --catalogue"
            ))
        })?;
        let by = hand.by.cloned().unwrap_or_else(PersonId::server);
        if hand.by.is_some() {
            is_member(&charter, &station, &by)?;
        }
        Ok(Writing {
            log,
            charter,
            catalogues,
            kind,
            by,
            docket,
            made,
        })
    }

    fn edits(
        &self,
        deed: &Deed,
        content: &Content,
        officer: Option<&Officer>,
    ) -> Result<Vec<Edit>> {
        let now = self.log.now;
        let zone = i32::try_from(self.log.station.zone_minutes).unwrap_or_default();
        let today = day_of(now, zone).map_or_else(String::new, |day| day.to_string());
        let ground = Ground {
            content,
            officer,
            by: &self.by,
            now,
            today: &today,
        };
        deed.edits(&ground).map_err(refused)
    }

    async fn finish(&mut self, edits: &[Edit], deed: &Deed) -> Result<()> {
        if let Deed::Draft { wanted, .. } | Deed::Edit { wanted, .. } = deed
            && let Some(photo) = &wanted.photo
        {
            let station = &self.log.station.id;
            let hash = Hash::of(&photo.bytes);
            let row = args![station, &hash, photo.mime, &photo.bytes];
            self.log.tx.exec(sql!("card_photo_insert"), row).await?;
        }
        let act = self.act(edits)?;
        own_acts::enter(self.log, &self.charter, &self.catalogues, vec![act]).await
    }

    fn act(&mut self, edits: &[Edit]) -> Result<Act> {
        let device = self.log.station.server_device;
        let history = &self.docket.history;
        let g = self.docket.generations.get(&device).copied().unwrap_or(0);
        let pen = Pen {
            station: &self.log.station.id,
            device,
            g,
            person: &self.by,
            at: self.log.now,
        };
        let change = match self.made {
            Some(_) => {
                let birth = Birth {
                    kind: &self.kind,
                    external_id: None,
                };
                write::create(history.record, birth, edits, &pen)
            }
            None => write::change(history, Some(&self.kind), edits, &pen),
        };
        let change = change.map_err(refused)?;
        self.may(&change)?;
        let is_member = self.by != PersonId::server();
        Ok(Act {
            n: self.log.next_act(),
            at: self.log.now,
            mono: 0,
            parts: vec![Part {
                record: history.record,
                g,
                change,
                made: self.made,
            }],
            again: None,
            on_behalf: is_member.then(|| Behalf {
                person: self.by.clone(),
                original: None,
            }),
        })
    }

    /// The gate's own rules, for what is done on behalf of a member.
    fn may(&self, change: &[u8]) -> Result<()> {
        if self.by == PersonId::server() {
            return Ok(());
        }
        let now = self.charter.now().ok_or(Error::Damaged("charter"))?;
        let rights = Rights {
            person: self.by.clone(),
            roles: now.roles(&self.by).to_vec(),
            server: false,
        };
        let mut history: History = self.docket.history.clone();
        let decoded = Decoded::strict(change).map_err(refused)?;
        let origin = Origin {
            act: ActId {
                device: self.log.station.server_device,
                n: self.log.station.server_acts + 1,
            },
            person: self.by.clone(),
            at: self.log.now,
            received_at: None,
            entry: None,
        };
        let position = history
            .push(decoded, change.to_vec(), origin)
            .map_err(refused)?;
        let (station, kind) = (&self.log.station.id, Some(&self.kind));
        policy::check(&history, position, station, kind, &rights).map_err(|held: Held| {
            refused(format!(
                "{} may not do this with the roles held ({held}); name somebody who may with --by",
                self.by
            ))
        })
    }
}

fn is_member(charter: &Charter, station: &StationId, person: &PersonId) -> Result<()> {
    let now = charter.now().ok_or(Error::Damaged("charter"))?;
    match now.member(person).is_some_and(|member| member.active) {
        true => Ok(()),
        false => Err(Error::OfficerUnknown {
            station: station.clone(),
            person: person.clone(),
        }),
    }
}
