//! Phones that write, meet and sync in an order that a seed decides.

mod log;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::chain::Tail;
use sync_core::envelope::{Act, Draft, Envelope, Frame, Need, header};
use sync_core::gate::desk::Judgement;
use sync_core::gate::{Arrival, Desk};
use sync_core::ids::{ActId, DeviceId, Hash, PersonId, RecordId};
use sync_core::record::history::History;

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
}

pub fn arrival(entry: usize) -> Arrival {
    Arrival {
        received_at: Some(1_778_000_000_000 + entry as i64),
        entry: Some(entry as u64),
        epoch_before: None,
    }
}
