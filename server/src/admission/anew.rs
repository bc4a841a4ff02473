//! Stranded acts, written anew by the server once a batch is judged.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::{Act, Envelope};
use sync_core::gate::desk::kind_of;
use sync_core::gate::policy::Rights;
use sync_core::gate::rewrite::{self, Ground, HeldChange, Outcome, Rewritten, Server, Stranded};
use sync_core::gate::{Arrival, Code, Desk, Held, answers};
use sync_core::ids::{ActId, DeviceId, RecordId};
use sync_core::record::change::Decoded;

use super::judge::{Entered, HeldItem};
use super::load::Batch;
use crate::station_log::Packing;

/// Old names of rows and members, and those they got when their act was written anew.
pub type Renames = BTreeMap<RecordId, BTreeMap<String, String>>;

/// Under this old name, which no row and no member has: the record that was made before by another
/// act which says the same, and which this one is in the books.
pub const MOVED: &str = "record";

/// The held changes and the new names of a record.
type Found = (Vec<HeldChange>, BTreeMap<String, String>);

/// What the server writes on behalf of others after a batch.
#[derive(Debug, Default)]
pub struct Anew {
    pub acts: Vec<Act>,
    /// New in this batch.
    pub renamed: Vec<(RecordId, String, String)>,
}

/// Writes every stranded act of the batch anew on the desk where it was judged, and notes with
/// each held act what became of it.
pub fn write(batch: &Batch, now: i64, desk: &mut Desk<'_>, entered: &mut [Entered]) -> Anew {
    let mut writer = Writer {
        batch,
        now,
        server: batch.station.server_device,
        held: batch.around.held.clone(),
        renames: batch.around.renames.clone(),
        anew: Anew::default(),
        packing: Packing::default(),
    };
    for (at, one) in entered.iter_mut().enumerate() {
        for item in &mut one.items {
            let act = item.index.and_then(|index| {
                let frame = batch.envelopes[at].frame.as_ref()?;
                frame.acts.get(index as usize)?.as_ref().ok()
            });
            let device = one.envelope.body.device;
            match (item.reason.code, act) {
                (Code::Stranded, Some(act)) => writer.stranded(desk, &one.envelope, act, item),
                (Code::SaidAlready, Some(act)) => writer.said_already(desk, act, item, device),
                (_, _) => {}
            }
            writer.note(desk, item, device);
            if let Some(held) = one
                .held
                .iter_mut()
                .find(|held| Some(held.index) == item.index)
            {
                item.reason.code.word().clone_into(&mut held.code);
            }
        }
    }
    writer.anew
}

struct Writer<'a> {
    batch: &'a Batch,
    now: i64,
    server: DeviceId,
    held: BTreeMap<RecordId, Vec<HeldChange>>,
    renames: Renames,
    anew: Anew,
    /// Where the acts so far will stand.
    packing: Packing,
}

impl Writer<'_> {
    fn stranded(
        &mut self,
        desk: &mut Desk<'_>,
        envelope: &Envelope,
        act: &Act,
        item: &mut HeldItem,
    ) {
        let (device, epoch) = (envelope.body.device, envelope.body.epoch);
        let id = ActId { device, n: act.n };
        let answers = desk.answers.as_mut();
        if let Some(reason) = answers.and_then(|answers| answers.said_after_all(id, act)) {
            item.reason = reason;
            return self.said_already(desk, act, item, device);
        }
        let rights = match desk.rights(device, epoch) {
            Ok(rights) => rights,
            Err(reason) => {
                item.reason = reason;
                return;
            }
        };
        let catalogue = desk.catalogue_at(epoch);
        let moved = self.moved(&item.records);
        let found = self.found(&item.records, &moved);
        let mut grounds = BTreeMap::new();
        for (record, docket) in &mut desk.records {
            let Some((held, renamed)) = found.get(record) else {
                continue;
            };
            let generation = docket
                .generations
                .get(&self.server)
                .copied()
                .unwrap_or_default();
            let kind = kind_of(&docket.history, catalogue.as_deref());
            let ground = Ground {
                kind,
                held: held.clone(),
                renamed,
                generation,
                history: &mut docket.history,
            };
            grounds.insert(*record, ground);
        }
        let stranded = Stranded {
            act,
            device,
            envelope: envelope.hash(),
            rights: &rights,
            moved: &moved,
        };
        let server = Server {
            station: &self.batch.station.id,
            device: self.server,
        };
        match rewrite::rewrite(&stranded, &mut grounds, &server) {
            Outcome::Held(reason) => item.reason = reason,
            Outcome::NoPlace { dropped } => item.reason = no_place(Code::Stranded, &dropped),
            Outcome::Rewritten(rewritten) => self.enter(desk, &rights, act, id, item, rewritten),
        }
    }

    fn enter(
        &mut self,
        desk: &mut Desk<'_>,
        rights: &Rights,
        act: &Act,
        id: ActId,
        item: &mut HeldItem,
        rewritten: Rewritten,
    ) {
        let n = self.batch.station.server_acts + self.anew.acts.len() as u64 + 1;
        let anew = rewritten.act(n, self.now, 0);
        let mut packing = self.packing.clone();
        // Behind the batch, in the server's own envelopes.
        let behind = self.batch.station.entries + self.batch.envelopes.len() as u64;
        let arrival = Arrival {
            received_at: Some(self.now),
            entry: Some(behind + packing.put_act(&anew)),
            epoch_before: None,
        };
        if let Err(reason) = desk.replay(&anew, self.server, &rights.person, arrival) {
            item.reason = reason;
            return;
        }
        match (rewritten.dropped.as_slice(), &mut desk.answers) {
            ([], Some(answers)) => answers.written_anew(id, act, &anew),
            ([], None) => {}
            (dropped, _) => item.reason = no_place(Code::Partly, dropped),
        }
        for part in &rewritten.parts {
            self.rename(part.record, rewritten.renamed());
        }
        let device = self.server;
        item.rewritten = Some(ActId { device, n });
        self.anew.acts.push(anew);
        self.packing = packing;
    }

    /// An act whose first is in the books stands there as the first does: under its names, and in
    /// its records.
    fn said_already(&mut self, desk: &Desk<'_>, act: &Act, item: &mut HeldItem, device: DeviceId) {
        let Some(answers) = &desk.answers else { return };
        let id = ActId { device, n: act.n };
        let first = answers.get(id).and_then(|named| named.first);
        let Some(first) = first.and_then(|first| answers.get(first)) else {
            return;
        };
        item.rewritten = Some(first.act);
        for (part, place) in act.parts.iter().zip(&first.places) {
            let docket = desk.records.get(&place.record);
            let (Some(docket), Ok(decoded)) = (docket, Decoded::admitted(&part.change)) else {
                continue;
            };
            let mut renamed = answers::renamed(&decoded, *place, &docket.history);
            if part.record != place.record {
                renamed.push((MOVED.to_owned(), place.record.to_string()));
            }
            self.rename(part.record, &renamed);
        }
    }

    fn rename(&mut self, record: RecordId, renamed: &[(String, String)]) {
        for (old, new) in renamed {
            let names = self.renames.entry(record).or_default();
            names.insert(old.clone(), new.clone());
            let renamed = (record, old.clone(), new.clone());
            self.anew.renamed.push(renamed);
        }
    }

    /// Of these records, those that were made twice, with what each is in the books.
    fn moved(&self, records: &[RecordId]) -> BTreeMap<RecordId, RecordId> {
        let to = |record| self.renames.get(record)?.get(MOVED)?.parse().ok();
        let moved = records
            .iter()
            .filter_map(|record| Some((*record, to(record)?)));
        moved.collect()
    }

    /// The held changes and new names of these records, by what each is in the books.
    fn found(
        &self,
        records: &[RecordId],
        moved: &BTreeMap<RecordId, RecordId>,
    ) -> BTreeMap<RecordId, Found> {
        let mut found: BTreeMap<RecordId, Found> = BTreeMap::new();
        let here = moved.values().chain(records);
        let all: BTreeSet<RecordId> = here.copied().collect();
        for record in all {
            let now = moved.get(&record).copied().unwrap_or(record);
            let (held, names) = found.entry(now).or_default();
            held.extend(self.held.get(&record).into_iter().flatten().cloned());
            names.extend(self.renames.get(&record).cloned().unwrap_or_default());
        }
        found
    }

    /// What rests on this one finds it.
    fn note(&mut self, desk: &Desk<'_>, item: &HeldItem, device: DeviceId) {
        let n = item.act;
        let act = ActId { device, n };
        let named = desk.answers.as_ref().and_then(|answers| answers.get(act));
        let first = named.and_then(|named| named.first);
        for (record, _, bytes) in &item.changes {
            let Ok(decoded) = Decoded::admitted(bytes) else {
                continue;
            };
            let is_known = desk
                .records
                .get(record)
                .is_some_and(|docket| docket.held.contains_key(&decoded.hash));
            if is_known {
                let held = self.held.entry(*record).or_default();
                held.push(HeldChange {
                    act,
                    first,
                    decoded,
                });
            }
        }
    }
}

/// Paths alone: no value that a person wrote.
fn no_place(code: Code, dropped: &[rewrite::Dropped]) -> Held {
    let paths: Vec<String> = dropped
        .iter()
        .take(20)
        .map(|dropped| format!("{}/{}", dropped.record, dropped.path))
        .collect();
    Held::new(code, paths.join(" "))
}
