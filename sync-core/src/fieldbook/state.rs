//! What the phone keeps in memory: small, whatever the number of records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minicbor::{Decode, Encode};

use super::refusal::Refusal;
use crate::catalogue::Catalogue;
use crate::envelope::chain::Tail;
use crate::envelope::log::{SignedHead, TreeHead};
use crate::envelope::merkle::CompactRange;
use crate::envelope::{Charter, ServerKey};
use crate::ids::{DeviceId, Epoch, Hash, PersonId, StationId};
use crate::sync::{Fingerprint, JoinRequest, Nonce, RecordRequest, SyncRequest};

/// The store's format. A newer one is refused.
pub const FORMAT: u32 = 2;

/// All of it. Cloning is cheap enough to be done for every input.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub own: Own,
    pub seen: SeenLog,
    pub charter: Arc<Charter>,
    pub catalogues: Arc<BTreeMap<Hash, Arc<Catalogue>>>,
    /// What waits for a signature; asked for again after a restart.
    pub tickets: BTreeMap<u64, Ticket>,
    pub next_ticket: u64,
    /// What was asked for and waits for envelopes to be signed.
    pub then: Option<Then>,
}

/// The phone's own part: changes with every act. Key `state`.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Own {
    #[n(0)]
    pub enrolled: Option<Enrolled>,
    /// The last record counter used. Never falls.
    #[n(2)]
    pub last_record: u64,
    /// The last act number used. Never falls.
    #[n(3)]
    pub last_act: u64,
    /// The last act that was closed into an envelope.
    #[n(4)]
    pub closed_to: u64,
    /// The newest own envelope.
    #[n(5)]
    pub tail: Tail,
    /// Own envelopes that are closed and lack their signature.
    #[n(6)]
    pub unsigned: BTreeSet<u64>,
    #[n(7)]
    pub sent: u64,
    #[n(8)]
    pub registered: u64,
    #[n(9)]
    pub held: u64,
    /// The devices this store belonged to before it enrolled anew.
    #[n(10)]
    #[cbor(default)]
    pub former: Vec<DeviceId>,
    /// Acts of those that no server is known to have: until they are written anew.
    #[n(11)]
    pub anew: Option<Anew>,
    /// Own acts that stand in the place of earlier ones, which count no more.
    #[n(12)]
    #[cbor(default)]
    pub rewritten: u64,
    /// Another installation writes under this device's name: it must enrol anew.
    #[n(13)]
    #[cbor(default)]
    pub doubled: bool,
    /// Whom this phone has asked to join. Key 1 held less of it in earlier releases.
    #[n(14)]
    pub joining: Option<Joining>,
}

/// What an answer to joining must fit.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Joining {
    /// The key that asked.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub sign_key: Vec<u8>,
    #[n(1)]
    pub station: StationId,
    /// The server that made the code.
    #[n(2)]
    pub server: Fingerprint,
}

/// How far this phone is with learning what the server has of it. See [`super::anew`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Anew {
    /// Acts without a receipt and without a place in the log, as far as is known.
    #[n(0)]
    pub acts: u64,
    /// The own envelope behind which the log holds all that the server had before.
    #[n(1)]
    pub barrier: Option<u64>,
    /// Its entry was read.
    #[n(2)]
    #[cbor(default)]
    pub passed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enrolled {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub device: DeviceId,
    #[n(2)]
    pub person: PersonId,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub sign_key: Vec<u8>,
    #[n(4)]
    pub server: ServerKey,
}

/// What is known of the station's log and of the other devices. Key `seen`.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct SeenLog {
    #[n(0)]
    pub head: Option<SignedHead>,
    #[n(1)]
    pub range: CompactRange,
    #[n(2)]
    pub lineage: u32,
    #[n(3)]
    pub nonce: Option<Nonce>,
    /// The last envelope held of each other device.
    #[n(4)]
    pub peers: BTreeMap<DeviceId, Peer>,
    /// What the server has given no receipt for and no entry, each after what it rests on.
    #[n(5)]
    pub unsent: Vec<Unsent>,
    /// Set once the server has shown what cannot be; syncing stops.
    #[n(6)]
    pub alarm: Option<String>,
    #[n(7)]
    pub want_vector: bool,
    /// Envelopes in `wait/`, by what each lacks.
    #[n(8)]
    pub waiting: BTreeSet<(DeviceId, u64)>,
    /// All alarms there were, oldest first; of many, the newest.
    #[n(9)]
    #[cbor(default)]
    pub alarms: Vec<Alarm>,
    /// What the answer to joining said of the charter and the signed log has not said yet.
    #[n(10)]
    #[cbor(default)]
    pub unconfirmed: BTreeMap<Epoch, Hash>,
    /// So many entries of the log say all of it, by the signed head that came with the answer.
    #[n(11)]
    #[cbor(default)]
    pub confirmed_by: u64,
}

/// That the server showed what cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Alarm {
    #[n(0)]
    pub what: String,
    /// Milliseconds since 1970 by this phone's clock.
    #[n(1)]
    pub at: i64,
    /// When somebody said that it was looked into.
    #[n(2)]
    pub cleared: Option<i64>,
    /// The log proves that another installation bears this one's name: joining anew settles it
    /// and nothing else does.
    #[n(3)]
    pub lasting: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Peer {
    #[n(0)]
    pub tail: Tail,
    /// The last act number judged of it.
    #[n(1)]
    pub last_act: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Unsent {
    #[n(0)]
    pub device: DeviceId,
    #[n(1)]
    pub seq: u64,
    #[n(2)]
    pub hash: Hash,
    #[n(3)]
    pub acts: u64,
    #[n(4)]
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Ticket {
    Join(JoinRequest),
    Envelope { seq: u64, bytes: Vec<u8> },
    Request(SyncRequest),
    Record(RecordRequest),
}

/// What goes on once all envelopes are signed.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    Request {
        limit: Option<u32>,
        wait_ms: Option<u32>,
    },
    Offer,
    AnswerOffer(Vec<u8>),
}

impl State {
    pub fn empty() -> State {
        State {
            own: Own {
                enrolled: None,
                last_record: 0,
                last_act: 0,
                closed_to: 0,
                tail: Tail::NONE,
                unsigned: BTreeSet::new(),
                sent: 0,
                registered: 0,
                held: 0,
                former: Vec::new(),
                anew: None,
                rewritten: 0,
                doubled: false,
                joining: None,
            },
            seen: SeenLog {
                head: None,
                range: CompactRange::default(),
                lineage: 0,
                nonce: None,
                peers: BTreeMap::new(),
                unsent: Vec::new(),
                alarm: None,
                want_vector: false,
                waiting: BTreeSet::new(),
                alarms: Vec::new(),
                unconfirmed: BTreeMap::new(),
                confirmed_by: 0,
            },
            charter: Arc::new(Charter::default()),
            catalogues: Arc::new(BTreeMap::new()),
            tickets: BTreeMap::new(),
            next_ticket: 1,
            then: None,
        }
    }

    pub fn enrolled(&self) -> Result<&Enrolled, Refusal> {
        self.own.enrolled.as_ref().ok_or(Refusal::NotEnrolled)
    }

    /// This device; nobody's name before it is enrolled.
    pub fn device(&self) -> DeviceId {
        let enrolled = self.own.enrolled.as_ref();
        enrolled.map_or(DeviceId([0; 16]), |enrolled| enrolled.device)
    }

    /// Whether this phone wrote under that name before it enrolled anew.
    pub fn was(&self, device: DeviceId) -> bool {
        self.own.former.contains(&device)
    }

    pub fn station(&self) -> StationId {
        let enrolled = self.own.enrolled.as_ref();
        enrolled.map_or_else(StationId::none, |enrolled| enrolled.station.clone())
    }

    pub fn zone_minutes(&self) -> i32 {
        self.charter.now().map_or(480, |now| now.zone_minutes())
    }

    /// A ticket for something to be signed.
    pub fn ticket(&mut self, what: Ticket) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.tickets.insert(ticket, what);
        ticket
    }

    pub fn head(&self) -> Option<&TreeHead> {
        self.seen.head.as_ref().map(|head| &head.message)
    }

    /// The newest epoch whose catalogue is on this phone: what is written is judged by it.
    pub fn writing(&self) -> Option<(Epoch, Arc<Catalogue>)> {
        let newest = self.charter.newest()?;
        (0..=newest.n).rev().find_map(|n| {
            let epoch = Epoch { n, ..newest };
            let catalogue = self.catalogues.get(&self.charter.at(epoch)?.catalogue())?;
            Some((epoch, catalogue.clone()))
        })
    }
}
