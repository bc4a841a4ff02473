//! What the server makes of an envelope, and what a phone makes of the server's log.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::chain::{self, Place, Tail};
use sync_core::gate::intake;
use sync_core::gate::{Arrival, Code, Desk, Verdict};
use sync_core::ids::{ActId, RecordId};
use sync_core::record::change::Decoded;
use sync_core::record::history::History;

use super::{Entry, Sent, World, arrival};

impl World {
    pub(super) fn admit(&mut self, index: usize) {
        let Sent {
            phone,
            envelope,
            frame,
        } = &self.sent[index];
        let device = envelope.body.device;
        let tail = self.tails.entry(device).or_insert(Tail::NONE);
        let charter = &self.station.charter;
        assert_eq!(intake::check(&self.station.id, charter, envelope), Ok(()));
        assert_eq!(chain::place(tail, None, envelope), Place::Next);
        *tail = Tail {
            seq: envelope.body.seq,
            hash: envelope.hash(),
        };
        let arrival = arrival(self.log.len());
        let judgement = self.desk.judge(envelope, frame, arrival);
        for (act, verdict) in frame.acts.iter().zip(&judgement.verdicts) {
            let act = act.as_ref().unwrap();
            let rests_on_held = act.parts.iter().any(|part| {
                let decoded = Decoded::admitted(&part.change).unwrap();
                decoded.deps.iter().any(|dep| self.held.contains(dep))
            });
            let forbidden = self.forbidden.contains(&ActId { device, n: act.n });
            match verdict {
                Verdict::Admitted => assert!(
                    !forbidden && !rests_on_held,
                    "act {} of phone {phone} was let in: forbidden {forbidden}, rests on held {rests_on_held}",
                    act.n
                ),
                Verdict::Held(held) => {
                    let fits = match held.code {
                        Code::Forbidden | Code::ServerOnly => forbidden,
                        Code::Stranded => rests_on_held,
                        _ => false,
                    };
                    assert!(
                        fits,
                        "act {} of phone {phone} was held: {held}; {act:?}",
                        act.n
                    );
                    self.held.extend(act.changes().unwrap());
                }
            }
        }
        self.log.push(Entry {
            sent: index,
            judgement,
        });
    }

    /// Builds a phone's records from the log as far as it followed it, then from what it holds
    /// beyond.
    pub fn rebuild(&mut self, phone: usize) {
        let mut desk = self.station.desk();
        let own = self.device(phone);
        let mut in_log = BTreeSet::new();
        for (entry, at) in self.log[..self.phones[phone].followed].iter().zip(0..) {
            in_log.insert(entry.sent);
            self.replay(&mut desk, entry, at);
        }
        let state = &self.phones[phone];
        for index in state.known.iter().filter(|index| !in_log.contains(index)) {
            let sent = &self.sent[*index];
            let device = sent.envelope.body.device;
            if device == own || state.credulous {
                let person = &self.station.owners[self.phones[sent.phone].key];
                for act in sent.frame.acts.iter().flatten() {
                    let _ = desk.replay(act, device, person, Arrival::default());
                }
            } else {
                desk.judge(&sent.envelope, &sent.frame, Arrival::default());
            }
        }
        for act in &state.unsent {
            let _ = desk.replay(
                act,
                own,
                &self.station.owners[state.key],
                Arrival::default(),
            );
        }
        let histories: BTreeMap<RecordId, History> = desk
            .records
            .into_iter()
            .map(|(record, docket)| (record, docket.history))
            .collect();
        let state = &mut self.phones[phone];
        for part in state.written.iter().flat_map(|act| &act.parts) {
            let hash = Decoded::admitted(&part.change).unwrap().hash;
            let is_there = histories[&part.record].position(&hash).is_some();
            let g = state.g.entry(part.record).or_default();
            if !is_there {
                *g = (*g).max(part.g + 1);
            }
        }
        state.histories = histories;
    }

    pub fn replay(&self, desk: &mut Desk<'_>, entry: &Entry, at: usize) {
        let sent = &self.sent[entry.sent];
        let device = sent.envelope.body.device;
        let person = &self.station.owners[self.phones[sent.phone].key];
        for (act, verdict) in sent.frame.acts.iter().zip(&entry.judgement.verdicts) {
            let act = act.as_ref().unwrap();
            match verdict {
                Verdict::Admitted => desk.replay(act, device, person, arrival(at)).unwrap(),
                Verdict::Held(_) => desk.set_aside(act, device),
            }
        }
    }
}
