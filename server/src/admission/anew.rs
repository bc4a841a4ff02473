//! Stranded acts, written anew by the server once a batch is judged.

use std::collections::BTreeMap;

use sync_core::envelope::{Act, Envelope};
use sync_core::gate::desk::kind_of;
use sync_core::gate::rewrite::{self, Ground, HeldChange, Outcome, Server, Stranded};
use sync_core::gate::{Arrival, Code, Desk, Held};
use sync_core::ids::{ActId, DeviceId, RecordId};
use sync_core::record::change::Decoded;

use super::judge::{Entered, HeldItem};
use super::load::Batch;
use crate::station_log::Packing;

/// Old names of rows and members, and those they got when their act was written anew.
pub type Renames = BTreeMap<RecordId, BTreeMap<String, String>>;

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
        held: batch.held.clone(),
        renames: batch.renames.clone(),
        anew: Anew::default(),
        packing: Packing::default(),
    };
    for (at, one) in entered.iter_mut().enumerate() {
        for item in &mut one.items {
            let act = item.index.and_then(|index| {
                let frame = batch.envelopes[at].frame.as_ref()?;
                frame.acts.get(index as usize)?.as_ref().ok()
            });
            if let (Code::Stranded, Some(act)) = (item.reason.code, act) {
                writer.stranded(desk, &one.envelope, act, item);
            }
            writer.note(desk, item, one.envelope.body.device);
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
        let rights = match desk.rights(device, epoch) {
            Ok(rights) => rights,
            Err(reason) => {
                item.reason = reason;
                return;
            }
        };
        let catalogue = desk.catalogue_at(epoch);
        let none = BTreeMap::new();
        let mut grounds = BTreeMap::new();
        for (record, docket) in &mut desk.records {
            if !item.records.contains(record) {
                continue;
            }
            let generation = docket
                .generations
                .get(&self.server)
                .copied()
                .unwrap_or_default();
            let kind = kind_of(&docket.history, catalogue.as_deref());
            let ground = Ground {
                kind,
                held: self.held.get(record).cloned().unwrap_or_default(),
                renamed: self.renames.get(record).unwrap_or(&none),
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
        };
        let server = Server {
            station: &self.batch.station.id,
            device: self.server,
        };
        match rewrite::rewrite(&stranded, &mut grounds, &server) {
            Outcome::Held(reason) => item.reason = reason,
            Outcome::NoPlace { dropped } => item.reason = no_place(Code::Stranded, &dropped),
            Outcome::Rewritten(rewritten) => {
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
                if !rewritten.dropped.is_empty() {
                    item.reason = no_place(Code::Partly, &rewritten.dropped);
                }
                for part in &rewritten.parts {
                    for (old, new) in rewritten.renamed() {
                        let names = self.renames.entry(part.record).or_default();
                        names.insert(old.clone(), new.clone());
                        self.anew
                            .renamed
                            .push((part.record, old.clone(), new.clone()));
                    }
                }
                item.rewritten = Some(ActId {
                    device: self.server,
                    n,
                });
                self.anew.acts.push(anew);
                self.packing = packing;
            }
        }
    }

    /// What rests on this one finds it.
    fn note(&mut self, desk: &Desk<'_>, item: &HeldItem, device: DeviceId) {
        for (record, _, bytes) in &item.changes {
            let Ok(decoded) = Decoded::admitted(bytes) else {
                continue;
            };
            let is_known = desk
                .records
                .get(record)
                .is_some_and(|docket| docket.held.contains_key(&decoded.hash));
            if is_known {
                let act = ActId {
                    device,
                    n: item.act,
                };
                self.held
                    .entry(*record)
                    .or_default()
                    .push(HeldChange { act, decoded });
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
