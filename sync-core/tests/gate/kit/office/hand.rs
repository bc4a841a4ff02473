//! What the server writes on behalf of those whose acts are stranded.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::{Act, Envelope};
use sync_core::gate::desk::kind_of;
use sync_core::gate::rewrite::{self, Ground, HeldChange, Server, Stranded};
use sync_core::gate::{Arrival, Code, Desk, Held, answers};
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
        let id = ActId { device, n: act.n };
        let after_all = desk.answers.as_mut().unwrap().said_after_all(id, act);
        if let Some(held) = after_all {
            *reason = held;
            return self.said_already(desk, act, id);
        }
        let own = self.office.key.device();
        let rights = desk.rights(device, epoch).unwrap();
        let catalogue = desk.catalogue_at(epoch);
        let touched: BTreeSet<RecordId> = act.parts.iter().map(|part| part.record).collect();
        let all = &self.office.moved;
        let moved = touched
            .iter()
            .filter_map(|old| Some((*old, *all.get(old)?)));
        let moved: BTreeMap<RecordId, RecordId> = moved.collect();
        let mut found: BTreeMap<RecordId, (Vec<HeldChange>, BTreeMap<String, String>)> =
            BTreeMap::new();
        let firsts = moved.values().copied().collect();
        for record in touched.union(&firsts) {
            let now = moved.get(record).unwrap_or(record);
            let (held, renamed) = found.entry(*now).or_default();
            held.extend(self.office.held.get(record).into_iter().flatten().cloned());
            renamed.extend(self.office.renamed.get(record).cloned().unwrap_or_default());
        }
        let mut grounds = BTreeMap::new();
        for (record, docket) in &mut desk.records {
            if let Some((held, renamed)) = found.get(record) {
                let ground = Ground {
                    kind: kind_of(&docket.history, catalogue.as_deref()),
                    held: held.clone(),
                    renamed,
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
            moved: &moved,
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
                match rewritten.dropped.as_slice() {
                    [] => desk.answers.as_mut().unwrap().written_anew(id, act, &anew),
                    dropped => *reason = paths(Code::Partly, dropped),
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

    /// An act that says again what is in the books stands there as its first does.
    pub fn said_already(&mut self, desk: &Desk<'_>, act: &Act, id: ActId) -> Option<ActId> {
        let known = desk.answers.as_ref().unwrap();
        let first = known.get(known.get(id)?.first?)?;
        for (part, place) in act.parts.iter().zip(&first.places) {
            let decoded = Decoded::admitted(&part.change).unwrap();
            let history = &desk.records[&place.record].history;
            let names = self.office.renamed.entry(part.record).or_default();
            names.extend(answers::renamed(&decoded, *place, history));
            if part.record != place.record {
                self.office.moved.insert(part.record, place.record);
            }
        }
        Some(first.act)
    }

    /// What rests on this one finds it.
    pub fn note(&mut self, desk: &Desk<'_>, act: &Act, id: ActId) {
        let named = desk.answers.as_ref().unwrap().get(id);
        let first = named.and_then(|named| named.first);
        for part in &act.parts {
            let decoded = Decoded::admitted(&part.change).unwrap();
            let docket = desk.records.get(&part.record);
            if docket.is_some_and(|docket| docket.held.contains_key(&decoded.hash)) {
                let held = self.office.held.entry(part.record).or_default();
                held.push(HeldChange {
                    act: id,
                    first,
                    decoded,
                });
            }
        }
    }
}
