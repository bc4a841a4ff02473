//! What the server writes on behalf of those whose acts are stranded.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::{Act, Envelope};
use sync_core::gate::desk::kind_of;
use sync_core::gate::rewrite::{self, Ground, HeldChange, Server, Stranded};
use sync_core::gate::{Arrival, Code, Desk, Held};
use sync_core::ids::{ActId, RecordId};
use sync_core::record::change::Decoded;

use super::Office;

/// The server's hand while it writes anew what a batch stranded.
pub struct Hand<'a> {
    pub office: &'a mut Office,
    pub acts: Vec<Act>,
}

impl Hand<'_> {
    /// Writes a stranded act anew; where that cannot be, `reason` says why.
    pub fn write(
        &mut self,
        desk: &mut Desk<'_>,
        envelope: &Envelope,
        act: &Act,
        reason: &mut Held,
        entry: u64,
    ) -> Option<ActId> {
        let (device, epoch) = (envelope.body.device, envelope.body.epoch);
        let own = self.office.key.device();
        let rights = desk.rights(device, epoch).unwrap();
        let catalogue = desk.catalogue_at(epoch);
        let none = BTreeMap::new();
        let touched: BTreeSet<RecordId> = act.parts.iter().map(|part| part.record).collect();
        let mut grounds = BTreeMap::new();
        for (record, docket) in &mut desk.records {
            if touched.contains(record) {
                let ground = Ground {
                    kind: kind_of(&docket.history, catalogue.as_deref()),
                    held: self.office.held.get(record).cloned().unwrap_or_default(),
                    renamed: self.office.renamed.get(record).unwrap_or(&none),
                    generation: docket.generations.get(&own).copied().unwrap_or_default(),
                    history: &mut docket.history,
                };
                grounds.insert(*record, ground);
            }
        }
        let stranded = Stranded {
            act,
            device,
            envelope: envelope.hash(),
            rights: &rights,
        };
        let station = &self.office.station;
        let server = Server {
            station,
            device: own,
        };
        let paths = |code, dropped: &[rewrite::Dropped]| {
            let paths = dropped
                .iter()
                .map(|at| format!("{}/{}", at.record, at.path));
            let paths: Vec<String> = paths.collect();
            Held::new(code, paths.join(" "))
        };
        match rewrite::rewrite(&stranded, &mut grounds, &server) {
            rewrite::Outcome::Held(held) => *reason = held,
            rewrite::Outcome::NoPlace { dropped } => *reason = paths(Code::Stranded, &dropped),
            rewrite::Outcome::Rewritten(rewritten) => {
                self.office.acts += 1;
                let n = self.office.acts;
                let anew = rewritten.act(n, self.office.now, 0);
                let arrival = Arrival {
                    received_at: Some(self.office.now),
                    entry: Some(entry),
                    epoch_before: None,
                };
                desk.replay(&anew, own, &rights.person, arrival).unwrap();
                if !rewritten.dropped.is_empty() {
                    *reason = paths(Code::Partly, &rewritten.dropped);
                }
                for part in &rewritten.parts {
                    let names = self.office.renamed.entry(part.record).or_default();
                    names.extend(rewritten.renamed().iter().cloned());
                }
                self.acts.push(anew);
                return Some(ActId { device: own, n });
            }
        }
        None
    }

    /// What rests on this one finds it.
    pub fn note(&mut self, desk: &Desk<'_>, act: &Act, id: ActId) {
        for part in &act.parts {
            let decoded = Decoded::admitted(&part.change).unwrap();
            let docket = desk.records.get(&part.record);
            if docket.is_some_and(|docket| docket.held.contains_key(&decoded.hash)) {
                let held = self.office.held.entry(part.record).or_default();
                held.push(HeldChange { act: id, decoded });
            }
        }
    }
}
