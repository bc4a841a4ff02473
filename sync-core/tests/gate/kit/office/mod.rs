//! A server in memory: the real intake, desk, rewriting and log, without tables and network.

mod hand;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sync_core::catalogue::Catalogue;
use sync_core::envelope::chain::{self, Place, Tail};
use sync_core::envelope::merkle::CompactRange;
use sync_core::envelope::{
    Act, Charter, CharterDelta, Draft, Entry, Envelope, Frame, Outcome, ServerKey, SoftKey,
    Statement, TreeHead, Verdict as Said, header,
};
use sync_core::gate::intake::{self, TurnedAway};
use sync_core::gate::rewrite::HeldChange;
use sync_core::gate::{Answers, Arrival, Code, Desk, Docket, Held, Verdict};
use sync_core::ids::{ActId, DeviceId, Epoch, Hash, PersonId, RecordId, StationId};
use sync_core::record::change::Decoded;
use sync_core::sync::Want;

use hand::Hand;

/// One entry of the station log, with what it came from.
pub struct Logged {
    pub entry: Entry,
    pub envelope: Envelope,
    pub frame: Frame,
}

/// What became of an act, for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Admitted {
        entry: u64,
    },
    Held {
        entry: u64,
        reason: Held,
    },
    /// Held in one entry, and written anew in a later one.
    Rewritten {
        entry: u64,
        anew: u64,
        reason: Held,
    },
}

/// What the server does with an envelope that is brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    Stored,
    Need(Want),
    Away(TurnedAway),
}

pub struct Office {
    pub station: StationId,
    pub key: SoftKey,
    pub charter: Charter,
    pub deltas: Vec<CharterDelta>,
    pub catalogues: BTreeMap<Hash, Arc<Catalogue>>,
    pub records: BTreeMap<RecordId, Docket>,
    pub log: Vec<Logged>,
    pub fates: BTreeMap<ActId, Fate>,
    /// Everything that a receipt was given for.
    pub stored: BTreeSet<Hash>,
    inbox: VecDeque<(Envelope, i64)>,
    last_act: BTreeMap<DeviceId, u64>,
    tails: BTreeMap<DeviceId, Tail>,
    by_number: BTreeMap<(DeviceId, u64), Hash>,
    epochs: BTreeMap<DeviceId, Epoch>,
    held: BTreeMap<RecordId, Vec<HeldChange>>,
    held_changes: BTreeSet<Hash>,
    renamed: BTreeMap<RecordId, BTreeMap<String, String>>,
    /// Records that were made twice, and the one that is in the books.
    pub moved: BTreeMap<RecordId, RecordId>,
    answers: Answers,
    roots: Vec<Hash>,
    range: CompactRange,
    acts: u64,
    pub now: i64,
}

/// A verdict as it was first spoken, with what the charter said at that moment.
pub struct Spoken<'a> {
    pub envelope: &'a Envelope,
    pub act: &'a Act,
    /// Of a stranded act: what it was held for in the end, or nothing where it was written anew.
    pub verdict: &'a Verdict,
    pub stranded: bool,
    /// It rests on changes that are held.
    pub rests_on_held: bool,
}

impl Office {
    pub fn new(station: &StationId, key: SoftKey, catalogue: Catalogue) -> Office {
        let mut office = Office {
            station: station.clone(),
            charter: Charter::default(),
            deltas: Vec::new(),
            catalogues: BTreeMap::new(),
            records: BTreeMap::new(),
            log: Vec::new(),
            fates: BTreeMap::new(),
            stored: BTreeSet::new(),
            inbox: VecDeque::new(),
            last_act: BTreeMap::new(),
            tails: BTreeMap::new(),
            by_number: BTreeMap::new(),
            epochs: BTreeMap::new(),
            held: BTreeMap::new(),
            held_changes: BTreeSet::new(),
            renamed: BTreeMap::new(),
            moved: BTreeMap::new(),
            answers: Answers::default(),
            roots: vec![CompactRange::default().root()],
            range: CompactRange::default(),
            acts: 0,
            now: 1_778_480_000_000,
            key,
        };
        let mut delta = CharterDelta::new(Epoch::default());
        delta.catalogue = Some(catalogue.hash());
        delta.server = Some(ServerKey {
            device: office.key.device(),
            sign_key: office.key.public(),
        });
        office.keep_catalogue(catalogue);
        office.change(delta);
        office
    }

    pub fn keep_catalogue(&mut self, catalogue: Catalogue) {
        self.catalogues
            .insert(catalogue.hash(), Arc::new(catalogue));
    }

    /// A delta for the next epoch.
    pub fn next_epoch(&self) -> CharterDelta {
        let newest = self.charter.newest().unwrap();
        let n = newest.n + 1;
        CharterDelta::new(Epoch { n, ..newest })
    }

    /// The charter moves on.
    pub fn change(&mut self, delta: CharterDelta) {
        self.charter.apply(&delta).unwrap();
        self.deltas.push(delta.clone());
        self.say(Vec::new(), vec![Statement::Charter(delta)]);
    }

    pub fn head(&self, index: usize) -> TreeHead {
        TreeHead {
            lineage: 0,
            index: index as u64,
            root: self.roots[index],
            time: self.now,
        }
    }

    pub fn waits(&self) -> usize {
        self.inbox.len()
    }

    /// The first step: what is whole, signed and in its place is kept.
    pub fn take(&mut self, envelope: Envelope) -> Taken {
        let (device, seq) = (envelope.body.device, envelope.body.seq);
        if let Err(away) = intake::check(&self.station, &self.charter, &envelope) {
            return Taken::Away(away);
        }
        let tail = self.tails.get(&device).copied().unwrap_or(Tail::NONE);
        let held = self.by_number.get(&(device, seq)).copied();
        match chain::place(&tail, held, &envelope) {
            Place::Duplicate => return Taken::Stored,
            Place::Gap { have, .. } => {
                let seq = have + 1;
                return Taken::Need(Want { device, seq });
            }
            Place::Next => {}
            Place::Fork | Place::Past => panic!("{device} has forked"),
        }
        for need in &envelope.body.needs {
            if !self.stored.contains(&need.hash) {
                let (device, seq) = (need.device, need.seq);
                return Taken::Need(Want { device, seq });
            }
        }
        self.now += 1_000;
        self.arrived(&envelope);
        self.inbox.push_back((envelope, self.now));
        Taken::Stored
    }

    fn arrived(&mut self, envelope: &Envelope) {
        let (device, seq, hash) = (envelope.body.device, envelope.body.seq, envelope.hash());
        self.tails.insert(device, Tail { seq, hash });
        self.by_number.insert((device, seq), hash);
        self.stored.insert(hash);
    }

    /// The second step: judges as many envelopes as `most`, writes anew what they strand, and
    /// enters everything. Each verdict is told to `spoken`.
    pub fn admit(&mut self, most: usize, mut spoken: impl FnMut(&Charter, Spoken<'_>)) {
        let count = most.min(self.inbox.len());
        let batch: Vec<(Envelope, i64)> = self.inbox.drain(..count).collect();
        if batch.is_empty() {
            return;
        }
        let (station, charter) = (self.station.clone(), self.charter.clone());
        let catalogues = self.catalogues.clone();
        let mut desk = Desk::new(&station, &charter, &catalogues);
        desk.records = std::mem::take(&mut self.records);
        desk.last_act = std::mem::take(&mut self.last_act);
        desk.answers = Some(std::mem::take(&mut self.answers));
        let mut judged = Vec::new();
        for (at, (envelope, received_at)) in batch.iter().enumerate() {
            let (device, epoch) = (envelope.body.device, envelope.body.epoch);
            let arrival = Arrival {
                received_at: Some(*received_at),
                entry: Some((self.log.len() + at) as u64),
                epoch_before: self.epochs.insert(device, epoch),
            };
            let frame = envelope.open().unwrap();
            let judgement = desk.judge(envelope, &frame, arrival);
            judged.push((frame, judgement));
        }
        let mut hand = Hand {
            office: self,
            acts: Vec::new(),
        };
        let mut said = Vec::new();
        let behind = (hand.office.log.len() + batch.len()) as u64;
        let mut entered = Vec::new();
        for (at, ((envelope, received_at), (frame, judgement))) in
            batch.iter().zip(judged).enumerate()
        {
            let entry = (hand.office.log.len() + at) as u64;
            let mut verdicts = judgement.verdicts;
            let mut held = judgement.held;
            let device = envelope.body.device;
            for (index, (act, verdict)) in frame.acts.iter().zip(&mut verdicts).enumerate() {
                let act = act.as_ref().unwrap();
                let id = ActId { device, n: act.n };
                let (mut stranded, mut anew) = (false, None);
                let changes = act.changes().unwrap();
                let rests_on_held = act.parts.iter().any(|part| {
                    let decoded = Decoded::admitted(&part.change).unwrap();
                    let mut deps = decoded.deps.iter();
                    deps.any(|dep| hand.office.held_changes.contains(dep))
                });
                if let Verdict::Held(reason) = verdict {
                    if reason.code == Code::Stranded {
                        stranded = true;
                        anew = hand.write(&mut desk, envelope, act, reason, behind);
                    }
                    if reason.code == Code::SaidAlready && anew.is_none() {
                        anew = hand.said_already(&desk, act, id);
                    }
                    hand.note(&desk, act, id);
                    hand.office.held_changes.extend(changes);
                    let mark = held.iter_mut().find(|held| held.index as usize == index);
                    reason.code.word().clone_into(&mut mark.unwrap().code);
                    said.push(Statement::Verdict(Said {
                        act: id,
                        envelope: envelope.hash(),
                        code: reason.code.word().to_owned(),
                        detail: reason.detail.clone(),
                        outcome: match anew {
                            Some(as_) => Outcome::Rewritten { as_ },
                            None => Outcome::Held,
                        },
                    }));
                }
                let fate = match (&*verdict, anew) {
                    (Verdict::Admitted, _) => Fate::Admitted { entry },
                    (Verdict::Held(reason), Some(_)) => Fate::Rewritten {
                        entry,
                        anew: behind,
                        reason: reason.clone(),
                    },
                    (Verdict::Held(reason), None) => Fate::Held {
                        entry,
                        reason: reason.clone(),
                    },
                };
                let before = hand.office.fates.insert(id, fate);
                assert_eq!(before, None, "act {id} was judged twice");
                spoken(
                    &charter,
                    Spoken {
                        envelope,
                        act,
                        verdict: match anew {
                            Some(_) => &Verdict::Admitted,
                            None => verdict,
                        },
                        stranded,
                        rests_on_held,
                    },
                );
            }
            let entry = Entry {
                index: entry,
                envelope: envelope.hash(),
                device,
                seq: envelope.body.seq,
                received_at: *received_at,
                held,
                whole: judgement.whole,
            };
            entered.push((entry, envelope.clone(), frame));
        }
        let acts = hand.acts;
        assert_eq!(desk.prove(), [], "a record does not load any more");
        for docket in desk.records.values_mut() {
            docket.settle();
        }
        self.records = desk.records;
        self.last_act = desk.last_act;
        self.answers = desk.answers.unwrap();
        for (entry, envelope, frame) in entered {
            self.enter(entry, envelope, frame);
        }
        if !acts.is_empty() || !said.is_empty() {
            self.say(acts, said);
        }
    }

    /// The server's own envelope, whose acts stand in the records already.
    fn say(&mut self, acts: Vec<Act>, statements: Vec<Statement>) {
        let device = self.key.device();
        let tail = self.tails.get(&device).copied().unwrap_or(Tail::NONE);
        let draft = Draft {
            station: self.station.clone(),
            device,
            seq: tail.seq + 1,
            prev: tail.hash,
            epoch: self.charter.newest().unwrap(),
            needs: Vec::new(),
            beacon: None,
            made_at: self.now,
            mono: 0,
            sheet_root: Hash::ZERO,
        };
        let unsigned = header::close(draft, &acts, &statements).unwrap();
        let sig = self.key.sign(&unsigned.sign_bytes());
        let envelope = Envelope::decode(&unsigned.signed(sig).unwrap().to_bytes()).unwrap();
        let frame = envelope.open().unwrap();
        self.arrived(&envelope);
        let entry = Entry {
            index: self.log.len() as u64,
            envelope: envelope.hash(),
            device,
            seq: envelope.body.seq,
            received_at: self.now,
            held: Vec::new(),
            whole: false,
        };
        self.enter(entry, envelope, frame);
    }

    fn enter(&mut self, entry: Entry, envelope: Envelope, frame: Frame) {
        self.range.append(entry.leaf());
        self.roots.push(self.range.root());
        self.log.push(Logged {
            entry,
            envelope,
            frame,
        });
    }

    /// What the log alone makes of the records.
    pub fn rebuilt(&self) -> BTreeMap<RecordId, Docket> {
        let mut desk = Desk::new(&self.station, &self.charter, &self.catalogues);
        for logged in &self.log {
            let device = logged.entry.device;
            let owner = self.charter.ever(device);
            let person = owner.map_or_else(PersonId::server, |grant| grant.person.clone());
            let arrival = Arrival {
                received_at: Some(logged.entry.received_at),
                entry: Some(logged.entry.index),
                epoch_before: None,
            };
            for (index, act) in logged.frame.acts.iter().enumerate() {
                if !logged.entry.holds(index as u32) {
                    let act = act.as_ref().unwrap();
                    desk.replay(act, device, &person, arrival).unwrap();
                }
            }
        }
        desk.records
    }
}
