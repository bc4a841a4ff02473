//! The records in hand while one input is handled.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::{Batch, Stop};
use super::index;
use super::refusal::Refusal;
use super::rows::{self, ChangeRow, RecordRow};
use super::state::State;
use crate::envelope::change::change_hash;
use crate::envelope::{Act, Need};
use crate::gate::desk::Arrival;
use crate::gate::{Desk, Docket};
use crate::ids::{ActId, DeviceId, Hash, PersonId, RecordId};
use crate::record::change::Decoded;
use crate::record::history::History;
use crate::record::view::View;

/// One record, its rows beside its history: the `i`th row is the `i`th change.
#[derive(Debug)]
pub struct Sheet {
    pub rows: Vec<(u64, ChangeRow)>,
    pub row: RecordRow,
    touched: bool,
    /// It was not in the store.
    new: bool,
}

#[derive(Debug, Default)]
pub struct Shelf {
    pub dockets: BTreeMap<RecordId, Docket>,
    pub sheets: BTreeMap<RecordId, Sheet>,
    /// Of changes that may be admitted: who carries them.
    carried: BTreeMap<Hash, Carried>,
}

#[derive(Debug, Clone, Copy)]
struct Carried {
    carrier: ActId,
    g: u32,
    envelope: Option<Need>,
}

impl Shelf {
    /// Brings records to hand, all of which are asked for at once.
    pub fn fetch<'r>(
        &mut self,
        batch: &mut Batch<'_>,
        records: impl IntoIterator<Item = &'r RecordId>,
    ) -> Result<(), Stop> {
        let new: BTreeSet<RecordId> = records
            .into_iter()
            .copied()
            .filter(|record| !self.sheets.contains_key(record))
            .collect();
        for record in &new {
            batch.want(&rows::record_key(*record));
            batch.want_prefix(&rows::changes_prefix(*record));
        }
        batch.ready()?;
        for record in new {
            let row: RecordRow = batch.get(&rows::record_key(record))?.unwrap_or_default();
            let mut changes = Vec::new();
            for (key, change) in batch.scan::<ChangeRow>(&rows::changes_prefix(record))? {
                let n = key.rsplit('/').next().and_then(|n| n.parse().ok());
                changes.push((n.unwrap_or_default(), change));
            }
            let sheet = Sheet {
                new: changes.is_empty(),
                rows: changes,
                row,
                touched: false,
            };
            self.dockets.insert(record, docket(record, &sheet)?);
            self.sheets.insert(record, sheet);
        }
        Ok(())
    }

    /// A record that this device makes now: its counter was never used, so nothing is read.
    pub fn begin(&mut self, record: RecordId) {
        let sheet = Sheet {
            rows: Vec::new(),
            row: RecordRow::default(),
            touched: false,
            new: true,
        };
        self.sheets.insert(record, sheet);
        self.dockets.insert(record, Docket::empty(record));
    }

    pub fn history(&self, record: RecordId) -> Option<&History> {
        let docket = self.dockets.get(&record)?;
        (!docket.history.is_empty()).then_some(&docket.history)
    }

    /// Lets `work` judge at a desk with the records in hand.
    pub fn at_desk<T>(&mut self, state: &State, work: impl FnOnce(&mut Desk<'_>) -> T) -> T {
        let station = state.station();
        let mut desk = Desk::new(&station, &state.charter, &state.catalogues);
        desk.records = std::mem::take(&mut self.dockets);
        let done = work(&mut desk);
        self.dockets = std::mem::take(&mut desk.records);
        done
    }

    /// Notes who carries the changes of an act that is about to be judged.
    pub fn carries(&mut self, act: &Act, device: DeviceId, envelope: Option<Need>) {
        for part in &act.parts {
            if let Ok(hash) = change_hash(&part.change) {
                let carried = Carried {
                    carrier: ActId { device, n: act.n },
                    g: part.g,
                    envelope,
                };
                self.carried.insert(hash, carried);
            }
        }
    }

    /// Takes an act that the log admits: it may be here already, provisionally or as own.
    pub fn take_logged(
        &mut self,
        batch: &mut Batch<'_>,
        state: &State,
        act: &Act,
        from: (DeviceId, &PersonId, Option<Need>),
        arrival: Arrival,
    ) -> Result<bool, Stop> {
        let (device, person, envelope) = from;
        self.fetch(batch, act.parts.iter().map(|part| &part.record))?;
        let hashes: Vec<(RecordId, Hash)> = act
            .parts
            .iter()
            .filter_map(|part| Some((part.record, change_hash(&part.change).ok()?)))
            .collect();
        let is_here = |(record, hash): &(RecordId, Hash)| {
            self.dockets
                .get(record)
                .is_some_and(|docket| docket.history.position(hash).is_some())
        };
        if hashes.iter().all(is_here) {
            let carrier = ActId { device, n: act.n };
            for (record, _) in &hashes {
                self.register(batch, *record, carrier, arrival);
            }
            return Ok(false);
        }
        for (record, hash) in &hashes {
            if let Some(docket) = self.dockets.get_mut(record) {
                docket.held.remove(hash);
            }
        }
        self.carries(act, device, envelope);
        let replay = |shelf: &mut Shelf| {
            shelf.at_desk(state, |desk| desk.replay(act, device, person, arrival))
        };
        if replay(self).is_err() {
            // What only phones know gives way to what the log says.
            let provisional = self.provisional(&hashes, state.device());
            self.take_out(batch, state, provisional)?;
            for (record, hash) in &hashes {
                if let Some(docket) = self.dockets.get_mut(record) {
                    docket.held.remove(hash);
                }
            }
            replay(self).map_err(|held| Refusal::Diverged {
                act: ActId { device, n: act.n },
                held,
            })?;
        }
        self.keep(batch, act.parts.iter().map(|part| part.record));
        Ok(true)
    }

    fn provisional(&self, near: &[(RecordId, Hash)], own: DeviceId) -> BTreeSet<ActId> {
        near.iter()
            .filter_map(|(record, _)| self.sheets.get(record))
            .flat_map(|sheet| &sheet.rows)
            .filter(|(_, row)| row.entry.is_none() && row.carrier.device != own)
            .map(|(_, row)| row.carrier)
            .collect()
    }

    fn register(&mut self, batch: &mut Batch<'_>, record: RecordId, by: ActId, at: Arrival) {
        let Some(sheet) = self.sheets.get_mut(&record) else {
            return;
        };
        for (n, row) in sheet.rows.iter_mut().filter(|(_, row)| row.carrier == by) {
            row.received_at = at.received_at;
            row.entry = at.entry;
            batch.put(rows::change_key(record, *n), row);
        }
    }

    /// Takes acts out of all records, whole, with everything that rests on them. Where changes
    /// of this device go, it goes on under a new generation. Gives all acts taken out.
    pub fn take_out(
        &mut self,
        batch: &mut Batch<'_>,
        state: &State,
        acts: BTreeSet<ActId>,
    ) -> Result<BTreeSet<ActId>, Stop> {
        let mut out = acts;
        let mut gone: BTreeMap<RecordId, BTreeSet<Hash>> = BTreeMap::new();
        loop {
            let before = (out.len(), gone.values().map(BTreeSet::len).sum::<usize>());
            for (record, sheet) in &self.sheets {
                let changes = self.dockets[record].history.changes();
                for ((_, row), change) in sheet.rows.iter().zip(changes) {
                    let gone = gone.entry(*record).or_default();
                    let rests = change.decoded.deps.iter().any(|dep| gone.contains(dep));
                    if rests || out.contains(&row.carrier) {
                        out.insert(row.carrier);
                        gone.insert(change.decoded.hash);
                    }
                }
            }
            let others = self.records_of(batch, state, &out)?;
            self.fetch(batch, &others)?;
            if before == (out.len(), gone.values().map(BTreeSet::len).sum::<usize>()) {
                break;
            }
        }
        gone.retain(|_, hashes| !hashes.is_empty());
        for (record, hashes) in gone {
            self.rebuild_without(batch, record, &hashes, state.device())?;
        }
        Ok(out)
    }

    /// The records that acts touch: own ones by their rows, others' by their envelopes.
    fn records_of(
        &mut self,
        batch: &mut Batch<'_>,
        state: &State,
        acts: &BTreeSet<ActId>,
    ) -> Result<BTreeSet<RecordId>, Stop> {
        let mut records = BTreeSet::new();
        let own = state.device();
        let (mine, others): (Vec<&ActId>, Vec<&ActId>) =
            acts.iter().partition(|act| act.device == own);
        for act in &mine {
            batch.want(&rows::act_key(act.n));
        }
        let envelopes: BTreeSet<(DeviceId, u64)> = self
            .sheets
            .values()
            .flat_map(|sheet| &sheet.rows)
            .filter(|(_, row)| others.contains(&&row.carrier))
            .filter_map(|(_, row)| row.envelope.map(|need| (need.device, need.seq)))
            .collect();
        for (device, seq) in &envelopes {
            batch.want(&rows::envelope_key(*device, *seq));
        }
        batch.ready()?;
        for act in mine {
            if let Some(row) = batch.get::<rows::ActRow>(&rows::act_key(act.n))? {
                records.extend(row.records);
            }
        }
        for (device, seq) in envelopes {
            let Some(envelope) = super::log::stored(batch, device, seq)? else {
                continue;
            };
            let Ok(frame) = envelope.open() else { continue };
            for act in frame.acts.iter().flatten() {
                if acts.contains(&ActId { device, n: act.n }) {
                    records.extend(act.parts.iter().map(|part| part.record));
                }
            }
        }
        Ok(records)
    }

    fn rebuild_without(
        &mut self,
        batch: &mut Batch<'_>,
        record: RecordId,
        gone: &BTreeSet<Hash>,
        own: DeviceId,
    ) -> Result<(), Stop> {
        let (Some(sheet), Some(old)) = (self.sheets.get_mut(&record), self.dockets.remove(&record))
        else {
            return Ok(());
        };
        let mut held = old.held;
        let mut own_gone = false;
        let mut kept = Vec::new();
        for ((n, row), change) in std::mem::take(&mut sheet.rows)
            .into_iter()
            .zip(old.history.changes())
        {
            if gone.contains(&change.decoded.hash) {
                own_gone |= row.carrier.device == own;
                held.insert(change.decoded.hash, (row.carrier.device, row.g));
                batch.delete(rows::change_key(record, n));
            } else {
                kept.push((n, row));
            }
        }
        sheet.rows = kept;
        sheet.row.generations = old.generations;
        sheet.row.held = held;
        sheet.touched = true;
        if own_gone {
            sheet.next_generation(own);
        }
        let docket = docket(record, sheet)?;
        self.dockets.insert(record, docket);
        Ok(())
    }

    /// Sets the changes of an act aside that the log holds, so that what rests on them is known.
    pub fn set_aside(
        &mut self,
        batch: &mut Batch<'_>,
        state: &State,
        act: &Act,
        device: DeviceId,
    ) -> Result<(), Stop> {
        self.fetch(batch, act.parts.iter().map(|part| &part.record))?;
        self.at_desk(state, |desk| desk.set_aside(act, device));
        for part in &act.parts {
            if let Some(sheet) = self.sheets.get_mut(&part.record) {
                sheet.touched = true;
                if device == state.device() && sheet.row.own_g <= part.g {
                    sheet.next_generation(device);
                }
            }
        }
        Ok(())
    }

    /// Turns what was admitted into rows.
    pub fn keep(&mut self, batch: &mut Batch<'_>, records: impl IntoIterator<Item = RecordId>) {
        for record in records {
            let (Some(sheet), Some(docket)) =
                (self.sheets.get_mut(&record), self.dockets.get_mut(&record))
            else {
                continue;
            };
            sheet.touched = true;
            for change in docket.new_changes() {
                let Some(carried) = self.carried.get(&change.decoded.hash) else {
                    continue;
                };
                let row = ChangeRow {
                    change: change.bytes.clone(),
                    carrier: carried.carrier,
                    g: carried.g,
                    act: change.origin.act,
                    person: change.origin.person.clone(),
                    at: change.origin.at,
                    received_at: change.origin.received_at,
                    entry: change.origin.entry,
                    envelope: carried.envelope,
                };
                batch.put(rows::change_key(record, sheet.row.next_row), &row);
                sheet.rows.push((sheet.row.next_row, row));
                sheet.row.next_row += 1;
            }
            docket.settle();
        }
    }

    /// Writes what lists and the next act need of every record that was touched.
    pub fn save(&mut self, batch: &mut Batch<'_>, state: &State) -> Result<(), Stop> {
        let mut views = BTreeMap::new();
        for (record, sheet) in self.sheets.iter().filter(|(_, sheet)| sheet.touched) {
            let Some(history) = self.history(*record) else {
                continue;
            };
            let view = View::of(history);
            if let Some(id) = view.external_id.as_ref().filter(|_| sheet.new) {
                batch.want(&rows::external_key(id));
            }
            views.insert(*record, view);
        }
        batch.ready()?;
        for (record, sheet) in &mut self.sheets {
            let Some(docket) = self.dockets.get_mut(record).filter(|_| sheet.touched) else {
                continue;
            };
            sheet.row.generations = docket.generations.clone();
            sheet.row.held = docket.held.clone();
            batch.put(rows::record_key(*record), &sheet.row);
            let own = sheet.rows.first().map(|(_, row)| row.carrier.device) == Some(state.device());
            let birth = sheet.new.then_some(index::Birth { own });
            index::write(batch, state, *record, views.get(record), birth)?;
        }
        Ok(())
    }
}

impl Sheet {
    pub fn next_generation(&mut self, own: DeviceId) {
        let used = self.row.generations.get(&own).copied().unwrap_or(0);
        self.row.own_g = self.row.own_g.max(used) + 1;
    }

    /// The envelopes of others that what is visible now came in: what a new act rests on.
    pub fn rests_on(&self, history: &History) -> Vec<Need> {
        let heads = history.heads();
        self.rows
            .iter()
            .zip(history.changes())
            .filter(|(_, change)| heads.contains(&change.decoded.hash))
            .filter_map(|((_, row), _)| row.envelope)
            .collect()
    }
}

fn docket(record: RecordId, sheet: &Sheet) -> Result<Docket, Refusal> {
    let mut history = History::new(record);
    for (n, row) in &sheet.rows {
        let unreadable = |why: String| Refusal::Store {
            key: rows::change_key(record, *n),
            why,
        };
        let decoded = Decoded::admitted(&row.change).map_err(|bad| unreadable(bad.to_string()))?;
        history
            .push(decoded, row.change.clone(), row.origin())
            .map_err(|unsound| unreadable(unsound.to_string()))?;
    }
    Ok(Docket::loaded(
        history,
        sheet.row.generations.clone(),
        sheet.row.held.clone(),
    ))
}
