//! The station log read from its beginning: what every record must hold, and every number that
//! was given, if nothing but the signed log is believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::catalogue::Catalogue;
use sync_core::envelope::{Act, Charter, Entry, Envelope, Number, Statement};
use sync_core::gate::{Arrival, Desk};
use sync_core::ids::{DeviceId, Hash, PersonId, RecordId, StationId};
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
            if !entry.holds(u32::try_from(index).unwrap_or(u32::MAX)) {
                self.spread(act, device, &person, arrival);
            }
        }
        if is_server {
            let numbers = frame.statements.into_iter().filter_map(number);
            self.numbers.extend(numbers);
        }
        Ok(())
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

fn number(statement: Statement) -> Option<Number> {
    match statement {
        Statement::Number(number) => Some(number),
        Statement::Charter(_)
        | Statement::Verdict(_)
        | Statement::Order(_)
        | Statement::Seal(_)
        | Statement::Other { .. } => None,
    }
}
