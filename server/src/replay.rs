//! The station log read from its beginning: what every record must hold, and every number that
//! was given, if nothing but the signed log is believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::catalogue::Catalogue;
use sync_core::envelope::{Act, Charter, Entry, Envelope, Number, Outcome, Statement};
use sync_core::gate::answers::Judged;
use sync_core::gate::{Answers, Arrival, Code, Desk};
use sync_core::ids::{ActId, DeviceId, Hash, PersonId, RecordId, StationId};
use sync_core::record::history::History;

use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::{args, sql};

/// Entries read at once.
const PART: u64 = 256;

/// What one admitted act does to one record.
#[derive(Debug)]
struct Piece {
    act: Act,
    device: DeviceId,
    person: PersonId,
    arrival: Arrival,
}

#[derive(Debug, Default)]
pub struct Replay {
    records: BTreeMap<RecordId, Vec<Piece>>,
    pub numbers: Vec<Number>,
    /// Acts that name others in `again`.
    pub answers: Answers,
    /// Of those that were stranded, the act and, once it is read, the one that says it anew.
    stranded: BTreeMap<ActId, (Act, Option<Act>)>,
}

impl Replay {
    /// Reads the whole log of a station.
    pub async fn read(tx: &mut Tx, station: &StationId, charter: &Charter) -> Result<Replay> {
        let mut replay = Replay::default();
        let mut next = 0;
        loop {
            let part = args![station, next, next + PART];
            let entries = tx.fetch_all(sql!("entry_range"), part).await?;
            let bodies = tx.fetch_all(sql!("envelope_range"), part).await?;
            if entries.is_empty() {
                return Ok(replay);
            }
            if entries.len() != bodies.len() {
                return Err(Error::Damaged("station log"));
            }
            for (entry, body) in entries.iter().zip(&bodies) {
                replay.take(charter, entry, body)?;
            }
            next += entries.len() as u64;
        }
    }

    pub fn records(&self) -> impl Iterator<Item = &RecordId> {
        self.records.keys()
    }

    /// Merges a record anew.
    pub fn history(
        &mut self,
        record: RecordId,
        station: &StationId,
        charter: &Charter,
        catalogues: &BTreeMap<Hash, Arc<Catalogue>>,
    ) -> Result<History> {
        let mut desk = Desk::new(station, charter, catalogues);
        for piece in self.records.remove(&record).unwrap_or_default() {
            desk.replay(&piece.act, piece.device, &piece.person, piece.arrival)
                .map_err(|held| Error::Differs {
                    what: format!(
                        "record {record}: act {} of device {} was admitted and does not stand ({held})",
                        piece.act.n, piece.device
                    ),
                })?;
        }
        let docket = desk.records.remove(&record);
        Ok(docket.map_or_else(|| History::new(record), |docket| docket.history))
    }

    fn take(&mut self, charter: &Charter, entry: &Row, body: &Row) -> Result<()> {
        let entry: Vec<u8> = entry.get("bytes")?;
        let entry = Entry::from_bytes(&entry).map_err(|_| Error::Damaged("station log"))?;
        let bytes: Vec<u8> = body.get("bytes")?;
        let envelope = Envelope::decode(&bytes).map_err(|_| Error::Damaged("envelope"))?;
        let Ok(frame) = envelope.open() else {
            return Ok(());
        };
        let device = envelope.body.device;
        let is_server = charter.server_ever(device).is_some();
        let person = match charter.ever(device) {
            Some(grant) => grant.person.clone(),
            None => PersonId::server(),
        };
        let arrival = Arrival {
            received_at: Some(entry.received_at),
            entry: Some(entry.index),
            epoch_before: None,
        };
        for (index, act) in frame.acts.iter().enumerate() {
            let Ok(act) = act else { continue };
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            if !entry.holds(index) {
                self.spread(act, device, &person, arrival);
            }
            let held = entry.held.iter().find(|held| held.index == index);
            let code = held.map(|held| &*held.code);
            // What takes a server down is not looked into, or could not even be opened there.
            let unread = entry.whole && code.is_none_or(|code| code == Code::TookServerDown.word());
            if unread {
                continue;
            }
            let id = ActId { device, n: act.n };
            match act.original() {
                Some(original) if is_server => self.written_anew(original.act, act),
                Some(_) | None if is_server => {}
                Some(_) | None => self.name(act, id, &person, code),
            }
        }
        if is_server {
            for statement in frame.statements {
                self.said(statement);
            }
        }
        Ok(())
    }

    fn name(&mut self, act: &Act, id: ActId, person: &PersonId, held: Option<&str>) {
        let Some(named) = self.answers.of(act, id, person) else {
            return;
        };
        let outcome = match held {
            None => Judged::InBooks,
            Some(code) if code == Code::SaidAlready.word() => Judged::SaidAlready,
            Some(code) => {
                if code == Code::Stranded.word() {
                    self.stranded.insert(id, (act.clone(), None));
                }
                Judged::Held
            }
        };
        self.answers.judged(named, act, outcome);
    }

    fn written_anew(&mut self, id: ActId, anew: &Act) {
        if let Some((_, written)) = self.stranded.get_mut(&id) {
            *written = Some(anew.clone());
        }
    }

    fn said(&mut self, statement: Statement) {
        match statement {
            Statement::Number(number) => self.numbers.push(number),
            Statement::Verdict(verdict) => {
                let Outcome::Rewritten { as_ } = verdict.outcome else {
                    return;
                };
                if verdict.code == Code::SaidAlready.word() {
                    self.answers.stands_as(verdict.act, as_);
                } else if let Some((act, Some(anew))) = self.stranded.remove(&verdict.act) {
                    self.answers.written_anew(verdict.act, &act, &anew);
                }
            }
            Statement::Charter(_)
            | Statement::Order(_)
            | Statement::Seal(_)
            | Statement::Other { .. } => {}
        }
    }

    /// An act stands in each of its records by itself once it was admitted.
    fn spread(&mut self, act: &Act, device: DeviceId, person: &PersonId, arrival: Arrival) {
        let mut parts: BTreeMap<RecordId, Vec<_>> = BTreeMap::new();
        for part in &act.parts {
            parts.entry(part.record).or_default().push(part.clone());
        }
        for (record, parts) in parts {
            let piece = Piece {
                act: Act {
                    parts,
                    ..act.clone()
                },
                device,
                person: person.clone(),
                arrival,
            };
            self.records.entry(record).or_default().push(piece);
        }
    }
}
