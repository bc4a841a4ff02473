//! Whose hand writes at the station: the server's own, or that of a member on whose behalf it
//! acts. A member may do there what their roles let them, and no more; the gate's own rules say
//! what that is.

use std::sync::Arc;

use sync_core::book;
use sync_core::catalogue::{Catalogue, Kind};
use sync_core::envelope::{Act, Behalf, Charter, Part};
use sync_core::gate::policy::{self, Rights, Seat};
use sync_core::gate::{Docket, Held};
use sync_core::ids::{ActId, PersonId, StationId};
use sync_core::record::change::Decoded;
use sync_core::record::history::{History, Origin};
use sync_core::record::write::{self, Birth, Edit, Pen};

use crate::charter::{self, Catalogues};
use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::error::{Error, Result};
use crate::own_acts;
use crate::station_log::StationLog;
use crate::{args, sql};

#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    pub data: &'a DataDir,
    pub clock: &'a Clock,
    /// The member on whose behalf; none: the server itself.
    pub by: Option<&'a PersonId>,
}

/// A record on the table, and who is about to write into it.
#[derive(Debug)]
pub struct Writing<'d> {
    pub kind: Kind,
    pub by: PersonId,
    charter: Charter,
    catalogues: Catalogues,
    newest: Arc<Catalogue>,
    docket: &'d Docket,
    /// The counter of the record where it is a new one.
    made: Option<u64>,
}

impl<'d> Writing<'d> {
    pub async fn begin(
        log: &mut StationLog<'_>,
        hand: &Hand<'_>,
        kind: &str,
        docket: &'d Docket,
        made: Option<u64>,
    ) -> Result<Writing<'d>> {
        let station = log.station.id.clone();
        let rows = log
            .tx
            .fetch_all(sql!("catalogue_list"), args![&station])
            .await?;
        let catalogues = charter::read_catalogues(&rows)?;
        let charter = charter::load(log.tx, &station).await?;
        let newest = charter::newest_catalogue(&charter, &catalogues)?;
        let kind = newest.kinds.get(kind).cloned().ok_or_else(|| {
            refused(format!(
                "the station's catalogue has no kind {kind}; give it one that has: wardbook serve --catalogue"
            ))
        })?;
        let by = hand.by.cloned().unwrap_or_else(PersonId::server);
        if hand.by.is_some() {
            is_member(&charter, &station, &by)?;
        }
        Ok(Writing {
            kind,
            by,
            charter,
            catalogues,
            newest,
            docket,
            made,
        })
    }

    /// The station as its books are read.
    pub fn station(&self) -> book::Station {
        book::Station::new(&self.charter, Arc::clone(&self.newest))
    }

    /// The act of these edits, and the record with it.
    pub fn act(&self, log: &mut StationLog<'_>, edits: &[Edit]) -> Result<(Act, History)> {
        let device = log.station.server_device;
        let history = &self.docket.history;
        let g = self.docket.generations.get(&device).copied().unwrap_or(0);
        let pen = Pen {
            station: &log.station.id,
            device,
            g,
            person: &self.by,
            at: log.now,
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
        let n = log.next_act();
        let written = self.admitted(log, n, &change)?;
        let is_member = self.by != PersonId::server();
        let act = Act {
            n,
            at: log.now,
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
        };
        Ok((act, written))
    }

    pub async fn enter(&self, log: &mut StationLog<'_>, act: Act) -> Result<()> {
        own_acts::enter(log, &self.charter, &self.catalogues, vec![act]).await
    }

    /// The record with the change in it, which the gate lets the member make.
    fn admitted(&self, log: &StationLog<'_>, n: u64, change: &[u8]) -> Result<History> {
        let mut history = self.docket.history.clone();
        let decoded = Decoded::strict(change).map_err(refused)?;
        let origin = Origin {
            act: ActId {
                device: log.station.server_device,
                n,
            },
            person: self.by.clone(),
            at: log.now,
            received_at: None,
            entry: None,
        };
        let position = history
            .push(decoded, change.to_vec(), origin)
            .map_err(refused)?;
        if self.by == PersonId::server() {
            return Ok(history);
        }
        let now = self.charter.now().ok_or(Error::Damaged("charter"))?;
        let rights = Rights {
            person: self.by.clone(),
            roles: now.roles(&self.by).to_vec(),
            seat: Seat::Console,
        };
        let (station, kind) = (&log.station.id, Some(&self.kind));
        match policy::check(&history, position, station, kind, &rights) {
            Ok(()) => Ok(history),
            Err(held) => Err(refused(self.barred(&held))),
        }
    }

    fn barred(&self, held: &Held) -> String {
        let by = &self.by;
        format!(
            "{by} may not do this with the roles held ({held}); name somebody who may with --by"
        )
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

fn refused(what: impl ToString) -> Error {
    Error::NotWritten {
        what: what.to_string(),
    }
}
