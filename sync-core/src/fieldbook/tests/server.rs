//! An honest server in a few lines: it judges what it is sent, keeps the log and answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::envelope::chain::{self, Place, Tail};
use crate::envelope::log::TreeHead;
use crate::envelope::merkle::CompactRange;
use crate::envelope::sign::Signed;
use crate::envelope::{
    Act, Charter, CharterDelta, DeviceGrant, Draft, Entry, Envelope, Member, Outcome, ServerKey,
    SoftKey, Statement, Verdict, header,
};
use crate::gate::desk::Arrival;
use crate::gate::intake;
use crate::gate::{Desk, Docket};
use crate::ids::{ActId, DeviceId, Epoch, Hash, PersonId, RecordId, StationId};
use crate::record::view::View;
use crate::sync::message::{Message, charter_to_wire};
use crate::sync::{
    JoinCode, JoinRequest, JoinResponse, Receipt, Stored, SyncRequest, SyncResponse, Want,
    WireEntry, WireEnvelope, nonce,
};

const NONCE_KEY: [u8; 32] = [9; 32];
const KEY: [u8; 32] = [200; 32];

pub struct Server {
    pub station: StationId,
    pub key: SoftKey,
    pub charter: Charter,
    pub deltas: Vec<CharterDelta>,
    pub catalogues: BTreeMap<Hash, Arc<Catalogue>>,
    pub records: BTreeMap<RecordId, Docket>,
    pub last_act: BTreeMap<DeviceId, u64>,
    tails: BTreeMap<DeviceId, Tail>,
    pub log: Vec<(Entry, Envelope)>,
    pub range: CompactRange,
    pub now: i64,
    own_acts: u64,
    /// Entries shown in one answer.
    pub page: usize,
}

impl Server {
    pub fn new(catalogue: Catalogue) -> Server {
        let key = SoftKey::from_secret(&KEY).unwrap();
        let mut server = Server {
            station: StationId::new("S00").unwrap(),
            charter: Charter::default(),
            deltas: Vec::new(),
            catalogues: BTreeMap::from([(catalogue.hash(), Arc::new(catalogue.clone()))]),
            records: BTreeMap::new(),
            last_act: BTreeMap::new(),
            tails: BTreeMap::new(),
            log: Vec::new(),
            range: CompactRange::default(),
            now: 1_778_480_000_000,
            own_acts: 0,
            page: usize::MAX,
            key,
        };
        let mut delta = CharterDelta::new(Epoch::default());
        delta.catalogue = Some(catalogue.hash());
        delta.server = Some(ServerKey {
            device: server.key.device(),
            sign_key: server.key.public(),
        });
        server.charter.apply(&delta).unwrap();
        server.deltas.push(delta.clone());
        server.state(vec![], vec![Statement::Charter(delta)]);
        server
    }

    /// An epoch in which the person has these roles, and this device if it brings a new one.
    pub fn grant(&mut self, person: &PersonId, roles: &[&str], device: Option<&JoinRequest>) {
        let newest = self.charter.newest().unwrap();
        let mut delta = CharterDelta::new(Epoch {
            n: newest.n + 1,
            ..newest
        });
        delta.members.push(Member {
            person: person.clone(),
            name: format!("队员{person}"),
            post: "队员".into(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            active: true,
            certificate: None,
            certificate_until: None,
        });
        delta.devices.extend(device.map(|request| DeviceGrant {
            device: DeviceId::of_key(&request.sign_key),
            person: person.clone(),
            sign_key: request.sign_key.clone(),
            agree_key: request.agree_key.clone(),
            removed: false,
        }));
        delta
            .removed_devices
            .extend(device.and_then(|request| request.replaces));
        self.charter.apply(&delta).unwrap();
        self.deltas.push(delta.clone());
        self.state(vec![], vec![Statement::Charter(delta)]);
    }

    /// A code of any server of these tests: they all have one key.
    pub fn code() -> String {
        let key = SoftKey::from_secret(&KEY).unwrap();
        let station = StationId::new("S00").unwrap();
        JoinCode::new(station, [3; 10], &key.public()).reveal()
    }

    pub fn join(&mut self, person: &PersonId, roles: &[&str], bytes: &[u8]) -> Vec<u8> {
        let request = Signed::<JoinRequest>::from_wire(bytes).unwrap();
        assert!(request.proves_its_key() && request.message.proves_its_code());
        self.grant(person, roles, Some(&request.message));
        self.welcome(&request.message)
    }

    /// A join whose answer was lost.
    pub fn join_again(&mut self, bytes: &[u8]) -> Vec<u8> {
        let request = Signed::<JoinRequest>::from_wire(bytes).unwrap();
        self.welcome(&request.message)
    }

    fn welcome(&self, request: &JoinRequest) -> Vec<u8> {
        let device = DeviceId::of_key(&request.sign_key);
        let person = &self.charter.ever(device).unwrap().person;
        let catalogue = self.charter.now().unwrap().catalogue();
        let answer = JoinResponse {
            station: self.station.clone(),
            device,
            person: person.clone(),
            server: ServerKey {
                device: self.key.device(),
                sign_key: self.key.public(),
            },
            charter: charter_to_wire(&self.deltas),
            catalogue: self.catalogues[&catalogue].bundle(),
            nonce: nonce::issue(&NONCE_KEY, self.now),
            head: Signed::by(&self.key, self.head(self.log.len())),
        };
        Signed::by(&self.key, answer).to_wire()
    }

    pub fn head(&self, index: usize) -> TreeHead {
        let mut range = CompactRange::default();
        for (entry, _) in &self.log[..index] {
            range.append(entry.leaf());
        }
        TreeHead {
            lineage: 0,
            index: index as u64,
            root: range.root(),
            time: self.now,
        }
    }

    /// Answers one request; everything is judged at once.
    pub fn sync(&mut self, bytes: &[u8]) -> Vec<u8> {
        let request = Signed::<SyncRequest>::from_wire(bytes).unwrap();
        let asked = &request.message;
        assert!(request.verify(&self.charter.ever(asked.device).unwrap().sign_key));
        self.answer(asked)
    }

    fn answer(&mut self, asked: &SyncRequest) -> Vec<u8> {
        assert!(nonce::valid(&NONCE_KEY, &asked.nonce, self.now));
        let mut answer = SyncResponse::nothing_new(nonce::issue(&NONCE_KEY, self.now));
        let mut stored = Vec::new();
        for wire in &asked.envelopes {
            let envelope = Envelope::decode(&wire.bytes).unwrap();
            match self.intake(envelope.clone()) {
                Ok(()) => stored.push(Stored {
                    envelope: envelope.hash(),
                    sheet: false,
                }),
                Err(want) => {
                    answer.need.push(want);
                    break;
                }
            }
        }
        let from = asked.seen.map_or(0, |seen| seen.index as usize);
        let to = self.log.len().min(from.saturating_add(self.page));
        for (entry, envelope) in &self.log[from..to] {
            answer.entries.push(WireEntry::of(entry));
            if entry.device != asked.device && !entry.whole {
                let bytes = envelope.to_bytes();
                answer.envelopes.push(WireEnvelope { bytes, sheet: None });
            }
        }
        if from < to {
            answer.head = Some(Signed::by(&self.key, self.head(to)));
        }
        answer.more = to < self.log.len();
        if !stored.is_empty() {
            let receipt = Receipt {
                stored,
                time: self.now,
                backed_up_to: None,
            };
            answer.receipt = Some(Signed::by(&self.key, receipt));
        }
        answer.to_wire()
    }

    /// The answer to a request, as if it had brought nothing.
    pub fn log_after(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut request = Signed::<SyncRequest>::from_wire(bytes).unwrap().message;
        request.envelopes.clear();
        self.answer(&request)
    }

    fn intake(&mut self, envelope: Envelope) -> Result<(), Want> {
        let body = &envelope.body;
        let tail = self.tails.get(&body.device).copied().unwrap_or(Tail::NONE);
        let held = self
            .log
            .iter()
            .find(|(entry, _)| entry.device == body.device && entry.seq == body.seq)
            .map(|(entry, _)| entry.envelope);
        intake::check(&self.station, &self.charter, &envelope).unwrap();
        match chain::place(&tail, held, &envelope) {
            Place::Duplicate => return Ok(()),
            Place::Gap { have, .. } => {
                return Err(Want {
                    device: body.device,
                    seq: have + 1,
                });
            }
            Place::Next => {}
            Place::Fork | Place::Past => panic!("a fork"),
        }
        for need in &body.needs {
            let tail = self.tails.get(&need.device).copied().unwrap_or(Tail::NONE);
            if tail.seq < need.seq {
                return Err(Want {
                    device: need.device,
                    seq: tail.seq + 1,
                });
            }
        }
        self.admit(envelope);
        Ok(())
    }

    fn admit(&mut self, envelope: Envelope) {
        self.now += 1000;
        let frame = envelope.open().unwrap();
        let index = self.log.len() as u64;
        let mut desk = Desk::new(&self.station, &self.charter, &self.catalogues);
        desk.records = std::mem::take(&mut self.records);
        desk.last_act = std::mem::take(&mut self.last_act);
        let arrival = Arrival {
            received_at: Some(self.now),
            entry: Some(index),
            epoch_before: None,
        };
        let judged = desk.judge(&envelope, &frame, arrival);
        assert_eq!(desk.prove(), []);
        let records = std::mem::take(&mut desk.records);
        self.last_act = std::mem::take(&mut desk.last_act);
        self.records = records;
        let device = envelope.body.device;
        let entry = Entry {
            index,
            envelope: envelope.hash(),
            device,
            seq: envelope.body.seq,
            received_at: self.now,
            held: judged.held.clone(),
            whole: judged.whole,
        };
        self.range.append(entry.leaf());
        self.tails.insert(
            device,
            Tail {
                seq: entry.seq,
                hash: entry.envelope,
            },
        );
        self.log.push((entry, envelope.clone()));
        let mut statements = Vec::new();
        for held in &judged.held {
            let crate::gate::Verdict::Held(reason) = &judged.verdicts[held.index as usize] else {
                continue;
            };
            let Ok(act) = &frame.acts[held.index as usize] else {
                continue;
            };
            statements.push(Statement::Verdict(Verdict {
                act: ActId { device, n: act.n },
                envelope: envelope.hash(),
                code: reason.code.word().into(),
                detail: reason.detail.clone(),
                outcome: Outcome::Held,
            }));
        }
        if !statements.is_empty() {
            self.state(vec![], statements);
        }
    }

    pub fn next_own_act(&mut self) -> u64 {
        self.own_acts += 1;
        self.own_acts
    }

    /// The server's own envelope.
    pub fn state(&mut self, acts: Vec<Act>, statements: Vec<Statement>) {
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
        self.admit(unsigned.signed(sig).unwrap());
    }

    pub fn view(&self, record: RecordId) -> View {
        View::of(&self.records[&record].history)
    }
}
