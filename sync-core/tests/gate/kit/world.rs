//! Phones that write, meet and sync in an order that a seed decides.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::chain::{self, Place, Tail};
use sync_core::envelope::{Act, Draft, Envelope, Frame, Need, Part, header};
use sync_core::gate::desk::Judgement;
use sync_core::gate::intake;
use sync_core::gate::{Arrival, Code, Desk, Verdict};
use sync_core::ids::{ActId, DeviceId, Hash, PersonId, RecordId};
use sync_core::record::change::Decoded;
use sync_core::record::history::{History, Origin};
use sync_core::record::view::View;
use sync_core::record::write::{self, Birth, Pen, Refused};

use super::edits::{Plan, Planner, may_create};
use super::station::EPOCH;
use super::{Rng, Station, station};

pub struct Sent {
    pub phone: usize,
    pub envelope: Envelope,
    pub frame: Frame,
}

pub struct Entry {
    pub sent: usize,
    pub judgement: Judgement,
}

pub struct Phone {
    /// Its place among the station's keys.
    pub key: usize,
    /// The envelopes it holds, in an order that puts causes first.
    known: Vec<usize>,
    /// How much of the station log it has followed.
    pub followed: usize,
    pub unsent: Vec<Act>,
    written: Vec<Act>,
    acts: u64,
    made: u64,
    tail: Tail,
    pub g: BTreeMap<RecordId, u32>,
    pub histories: BTreeMap<RecordId, History>,
    /// It believes colleagues without looking at their rights.
    credulous: bool,
}

pub struct World {
    pub station: &'static Station,
    pub rng: Rng,
    pub desk: Desk<'static>,
    pub log: Vec<Entry>,
    pub sent: Vec<Sent>,
    pub phones: Vec<Phone>,
    pub clock: i64,
    /// How many acts in a hundred are written without caring for rights.
    mischief: usize,
    /// Acts that their authors knew to be forbidden.
    pub forbidden: BTreeSet<ActId>,
    /// Changes that the server holds.
    held: BTreeSet<Hash>,
    tails: BTreeMap<DeviceId, Tail>,
    at_server: BTreeSet<usize>,
}

impl World {
    pub fn new(seed: u64) -> World {
        let mut rng = Rng::new(seed);
        let station = station();
        let count = 2 + rng.below(4);
        let mut keys: Vec<usize> = (1..station.keys.len()).collect();
        rng.shuffle(&mut keys);
        // Somebody must be able to make a record of the large kind.
        keys.truncate(count);
        if !keys.iter().any(|key| [1, 2, 3, 5].contains(key)) {
            keys[0] = 1;
        }
        let credulous = rng.chance(50);
        World::with(rng, &keys, credulous)
    }

    /// A world whose phones believe each other, so that much rests on what is held.
    pub fn credulous(seed: u64) -> World {
        let mut world = World::new(seed);
        world.mischief = 30;
        for phone in &mut world.phones {
            phone.credulous = true;
        }
        world
    }

    /// A world of these phones, in which nothing happens by itself.
    pub fn of(keys: &[usize]) -> World {
        World::with(Rng::new(0), keys, false)
    }

    fn with(rng: Rng, keys: &[usize], credulous: bool) -> World {
        let station = station();
        let phones = keys
            .iter()
            .map(|key| Phone {
                key: *key,
                known: Vec::new(),
                followed: 0,
                unsent: Vec::new(),
                written: Vec::new(),
                acts: 0,
                made: 0,
                tail: Tail::NONE,
                g: BTreeMap::new(),
                histories: BTreeMap::new(),
                credulous,
            })
            .collect();
        World {
            station,
            rng,
            desk: station.desk(),
            log: Vec::new(),
            sent: Vec::new(),
            phones,
            clock: 1_778_000_000_000,
            mischief: 8,
            forbidden: BTreeSet::new(),
            held: BTreeSet::new(),
            tails: BTreeMap::new(),
            at_server: BTreeSet::new(),
        }
    }

    pub fn run(&mut self, rounds: usize) {
        for _ in 0..rounds {
            let phone = self.rng.below(self.phones.len());
            match self.rng.below(10) {
                0..6 => self.write(phone),
                6 => self.close(phone),
                7 => {
                    let other = self.rng.below(self.phones.len());
                    self.meet(phone, other);
                }
                _ => self.sync(phone),
            }
        }
    }

    /// All phones bring what they have, and read the log to its end.
    pub fn settle(&mut self) {
        for _ in 0..2 {
            for phone in 0..self.phones.len() {
                self.push(phone);
                self.phones[phone].followed = self.log.len();
            }
        }
        for phone in 0..self.phones.len() {
            self.rebuild(phone);
        }
    }

    pub fn person(&self, phone: usize) -> &'static PersonId {
        &self.station.owners[self.phones[phone].key]
    }

    pub fn device(&self, phone: usize) -> DeviceId {
        self.station.device(self.phones[phone].key)
    }

    /// One honest act, or one that the gate will hold, if anything comes to mind.
    pub fn write(&mut self, phone: usize) {
        let mischief = if self.rng.chance(self.mischief) {
            100
        } else {
            0
        };
        let records = if self.rng.chance(20) { 2 } else { 1 };
        if let Some((act, forbidden)) = self.draft(phone, records, mischief) {
            if forbidden {
                let device = self.device(phone);
                self.forbidden.insert(ActId { device, n: act.n });
            }
            self.adopt(phone, act);
        }
    }

    /// Keeps an act as its author's phone does.
    pub fn adopt(&mut self, phone: usize, act: Act) {
        let person = self.person(phone).clone();
        let device = self.device(phone);
        let state = &mut self.phones[phone];
        state.acts = act.n;
        for part in &act.parts {
            if let Some(made) = part.made {
                state.made = state.made.max(made);
            }
            let history = state
                .histories
                .entry(part.record)
                .or_insert_with(|| History::new(part.record));
            let origin = Origin {
                act: ActId { device, n: act.n },
                person: person.clone(),
                at: act.at,
                received_at: None,
                entry: None,
            };
            let decoded = Decoded::strict(&part.change).unwrap();
            history.push(decoded, part.change.clone(), origin).unwrap();
        }
        state.unsent.push(act.clone());
        state.written.push(act);
    }

    /// What the phone's owner would do next, without doing it.
    pub fn draft(&mut self, phone: usize, records: usize, mischief: usize) -> Option<(Act, bool)> {
        self.clock += 1_000 + self.rng.below(100_000) as i64;
        let mut parts = Vec::new();
        let mut forbidden = false;
        for _ in 0..records {
            let made = self.phones[phone].made
                + 1
                + parts.iter().filter(|p: &&Part| p.made.is_some()).count() as u64;
            let known: Vec<RecordId> = self.phones[phone]
                .histories
                .iter()
                .filter(|(record, history)| {
                    !history.is_empty() && parts.iter().all(|part: &Part| part.record != **record)
                })
                .map(|(record, _)| *record)
                .collect();
            let fresh = known.is_empty() || self.rng.chance(12) && known.len() < 5;
            let part = match fresh {
                true => self.first(phone, made, mischief),
                false => {
                    let record = *self.rng.pick(&known);
                    self.further(phone, record, mischief)
                }
            };
            if let Some((part, is_forbidden)) = part {
                parts.push(part);
                forbidden |= is_forbidden;
            }
        }
        if parts.is_empty() {
            return None;
        }
        let act = Act {
            n: self.phones[phone].acts + 1,
            at: self.clock,
            mono: 0,
            parts,
            again: None,
            on_behalf: None,
        };
        Some((act, forbidden))
    }

    fn first(&mut self, phone: usize, made: u64, mischief: usize) -> Option<(Part, bool)> {
        let (station, person, device) = (self.station, self.person(phone), self.device(phone));
        let kind = station.kind(if self.rng.chance(75) { "site" } else { "note" });
        let allowed = may_create(kind, station.roles(person));
        if !allowed && mischief == 0 {
            return None;
        }
        let record = RecordId::derive(&station.id, device, made);
        let planner = Planner {
            roles: station.roles(person),
            rng: &mut self.rng,
            kind,
            person,
            view: None,
            mischief,
        };
        let plan = planner.plan();
        let external_id = self.rng.chance(30).then(|| format!("F-{made}"));
        let birth = Birth {
            kind,
            external_id: external_id.as_deref(),
        };
        let pen = Pen {
            station: &station.id,
            device,
            g: 0,
            person,
            at: self.clock,
        };
        let change = write::create(record, birth, &plan.edits, &pen).unwrap();
        let part = Part {
            record,
            g: 0,
            change,
            made: Some(made),
        };
        Some((part, !allowed || !plan.forbidden.is_empty()))
    }

    pub fn further(
        &mut self,
        phone: usize,
        record: RecordId,
        mischief: usize,
    ) -> Option<(Part, bool)> {
        let (station, person, device) = (self.station, self.person(phone), self.device(phone));
        let history = &self.phones[phone].histories[&record];
        let view = View::of(history);
        let kind = station.kind(&view.kind);
        let planner = Planner {
            roles: station.roles(person),
            rng: &mut self.rng,
            kind,
            person,
            view: Some(&view),
            mischief,
        };
        let Plan { edits, forbidden } = planner.plan();
        let g = self.phones[phone].g.get(&record).copied().unwrap_or(0);
        let pen = Pen {
            station: &station.id,
            device,
            g,
            person,
            at: self.clock,
        };
        match write::change(history, Some(kind), &edits, &pen) {
            Ok(change) => {
                // To write what is there already is no change, and cannot be forbidden.
                let alone = write::change(history, Some(kind), &forbidden, &pen);
                let part = Part {
                    record,
                    g,
                    change,
                    made: None,
                };
                Some((part, alone.is_ok()))
            }
            Err(Refused::Nothing) => None,
            // A field that shows the causally last value needs no settlement.
            Err(Refused::NoConflict(_)) => None,
            Err(refused) => panic!("{refused}: {edits:?}"),
        }
    }

    pub fn close(&mut self, phone: usize) {
        let acts = std::mem::take(&mut self.phones[phone].unsent);
        if acts.is_empty() {
            return;
        }
        let envelope = self.envelope(phone, &acts);
        let frame = envelope.open().unwrap();
        let state = &mut self.phones[phone];
        state.tail = Tail {
            seq: envelope.body.seq,
            hash: envelope.hash(),
        };
        state.known.push(self.sent.len());
        let envelope = Envelope::decode(&envelope.to_bytes()).unwrap();
        self.sent.push(Sent {
            phone,
            envelope,
            frame,
        });
    }

    /// The phone's next envelope, if it held these acts.
    pub fn envelope(&self, phone: usize, acts: &[Act]) -> Envelope {
        let state = &self.phones[phone];
        let mut needs: BTreeMap<DeviceId, Need> = BTreeMap::new();
        for known in &state.known {
            let need = self.sent[*known].envelope.as_need();
            if need.device != self.device(phone) {
                needs.insert(need.device, need);
            }
        }
        let draft = Draft {
            station: self.station.id.clone(),
            device: self.device(phone),
            seq: state.tail.seq + 1,
            prev: state.tail.hash,
            epoch: EPOCH,
            needs: needs.into_values().collect(),
            beacon: None,
            made_at: self.clock,
            mono: 0,
            sheet_root: Hash::ZERO,
        };
        let unsigned = header::close(draft, acts, &[]).unwrap();
        let sig = self.station.keys[state.key].sign(&unsigned.sign_bytes());
        unsigned.signed(sig).unwrap()
    }

    /// `phone` takes over what `other` holds.
    pub fn meet(&mut self, phone: usize, other: usize) {
        self.close(other);
        let theirs = self.phones[other].known.clone();
        let state = &mut self.phones[phone];
        for sent in theirs {
            if !state.known.contains(&sent) {
                state.known.push(sent);
            }
        }
        self.rebuild(phone);
    }

    pub fn sync(&mut self, phone: usize) {
        self.push(phone);
        let left = self.log.len() - self.phones[phone].followed;
        let steps = match self.rng.chance(70) {
            true => left,
            false => self.rng.below(left + 1),
        };
        self.phones[phone].followed += steps;
        self.rebuild(phone);
    }

    fn push(&mut self, phone: usize) {
        self.close(phone);
        for sent in self.phones[phone].known.clone() {
            if self.at_server.insert(sent) {
                self.admit(sent);
            }
        }
    }

    fn admit(&mut self, index: usize) {
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

pub fn arrival(entry: usize) -> Arrival {
    Arrival {
        received_at: Some(1_778_000_000_000 + entry as i64),
        entry: Some(entry as u64),
        epoch_before: None,
    }
}
