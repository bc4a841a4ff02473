//! What goes in and comes out at the door of the phone's state machine.

use std::collections::{BTreeMap, BTreeSet};

use super::state::State;
use crate::ids::{ActId, DeviceId, Hash, PersonId, RecordId, StationId};
use crate::record::write::Edit;

/// The clocks of the device when the input came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970.
    pub wall: i64,
    /// Milliseconds since the device was started.
    pub mono: u64,
    /// Differs between two starts of the device.
    pub boot: u64,
}

/// What the host is asked to read from its table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    pub keys: Vec<String>,
    /// Every key that begins so, with its value.
    pub prefixes: Vec<String>,
}

impl Needs {
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.prefixes.is_empty()
    }
}

/// What the host has read: keys with their values, and which keys and prefixes were asked for,
/// so that "not there" and "not read yet" are two things.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    values: BTreeMap<String, Vec<u8>>,
    absent: BTreeSet<String>,
    prefixes: BTreeSet<String>,
}

impl Loaded {
    pub fn new() -> Loaded {
        Loaded::default()
    }

    pub fn insert(&mut self, key: impl Into<String>, value: Vec<u8>) {
        self.values.insert(key.into(), value);
    }

    /// The table has no such key.
    pub fn said_absent(&mut self, key: impl Into<String>) {
        self.absent.insert(key.into());
    }

    /// All keys that begin with `prefix` have been inserted.
    pub fn said_prefix(&mut self, prefix: impl Into<String>) {
        self.prefixes.insert(prefix.into());
    }

    /// The value of a key; the outer `None` when nobody has read it yet.
    pub(super) fn get(&self, key: &str) -> Option<Option<&[u8]>> {
        if let Some(value) = self.values.get(key) {
            return Some(Some(value));
        }
        (self.absent.contains(key) || self.covers(key)).then_some(None)
    }

    /// All that begins with `prefix`; `None` when nobody has read it yet.
    pub(super) fn scan<'a>(
        &'a self,
        prefix: &'a str,
    ) -> Option<impl Iterator<Item = (&'a str, &'a [u8])> + 'a> {
        self.covers(prefix).then(|| {
            self.values
                .range(prefix.to_owned()..)
                .take_while(move |(key, _)| key.starts_with(prefix))
                .map(|(key, value)| (key.as_str(), value.as_slice()))
        })
    }

    fn covers(&self, key: &str) -> bool {
        self.prefixes.iter().any(|prefix| key.starts_with(prefix))
    }
}

/// One write of a batch. A batch holds at most one for each key, in ascending order of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Put { key: String, value: Vec<u8> },
    Delete { key: String },
}

/// One thing of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Create {
        kind: String,
        external_id: Option<String>,
        edits: Vec<Edit>,
    },
    Change {
        record: RecordId,
        edits: Vec<Edit>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Enrol this installation. A sign request comes back, then [`Reply::JoinRequest`].
    Join {
        code: String,
        station: Option<StationId>,
        /// What the officer calls the phone.
        name: String,
        /// SEC1, compressed, 33 bytes.
        sign_key: Vec<u8>,
        agree_key: Vec<u8>,
        /// The store is a copy, or its key is lost: it becomes another device and keeps what it
        /// knows. Without it a phone that has joined is refused, unless another installation was
        /// seen to write under its name.
        anew: bool,
    },
    /// The body of the answer to `POST /v1/join`.
    Joined(Vec<u8>),
    /// One act. SAVED may be said once the writes are committed.
    Record {
        act: Vec<Deed>,
        /// Submitted again: the held act of the tray in whose place it stands.
        again: Option<ActId>,
    },
    /// One line of an import file, or a `set` and the `append` that follows it: one act. A line
    /// that was played already answers [`Reply::Skipped`].
    Line {
        /// The hash of the whole file.
        file: Hash,
        /// From 1; of a pair, the first.
        line: u64,
        text: String,
        then: Option<String>,
    },
    /// Close what waits into envelopes, because bytes are about to leave.
    Close,
    /// The signature (r || s, 64 bytes) that a sign request asked for.
    Signed { ticket: u64, sig: Vec<u8> },
    /// Give the next request for `POST /v1/sync`. Closes first: when there is something to sign,
    /// this input comes back in `again` after the last signature.
    NextRequest {
        /// The most bytes of envelopes that the answer may hold.
        limit: Option<u32>,
        wait_ms: Option<u32>,
    },
    /// The body of the answer to `POST /v1/sync`.
    Answer(Vec<u8>),
    /// The server turned these envelopes of the last request away, each with the stable word for
    /// why. They are not sent again.
    TurnedAway(Vec<(Hash, String)>),
    /// The server has ended this device: it must join anew, and may.
    Removed,
    /// The log was read as far as it must be: write anew what it does not have. Comes from
    /// `again` only.
    WriteAnew,
    /// Somebody has looked into the alarm: syncing goes on, and finds it again if it stands.
    ClearAlarm,
    /// The server called the nonce stale and gave this one (20 bytes): ask for the next request
    /// again.
    FreshNonce(Vec<u8>),
    /// Give the request for one record, for [`crate::fieldbook::Fieldbook::read_record`].
    AskRecord(RecordId),
    /// Begin to hand over to another phone: gives [`Reply::Message`] of the first kind. Closes
    /// first, as `NextRequest` does.
    Offer,
    /// The other phone's first message: gives the second.
    AnswerOffer(Vec<u8>),
    /// The other phone's second or third message. The second is answered by a third, if the
    /// other lacks something.
    Absorb(Vec<u8>),
    /// An envelope that waited has what it lacked. Comes from `again` only.
    Free { device: DeviceId, seq: u64 },
}

/// What the platform's key is to sign, as it stands (it begins with its domain).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignRequest {
    pub ticket: u64,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The body for `POST /v1/join`.
    JoinRequest(Vec<u8>),
    Joined {
        station: StationId,
        device: DeviceId,
        person: PersonId,
    },
    /// An act, and the records it touched: those it made first, in the order of its deeds.
    Saved {
        act: ActId,
        records: Vec<RecordId>,
    },
    /// The line was played before, as this act.
    Skipped {
        act: ActId,
    },
    /// So many envelopes were closed; their signatures are asked for.
    Closed {
        envelopes: usize,
    },
    /// The body for `POST /v1/sync`.
    Request(Vec<u8>),
    Synced(Synced),
    /// For the header `wardbook-request` of `GET /v1/stations/{station}/records/{record}`.
    RecordRequest(Vec<u8>),
    /// This phone enrolled anew and knows now what the server had of it: so many acts were
    /// written as its own, so many went into the tray.
    WrittenAnew {
        written: u64,
        held: u64,
    },
    /// For the other phone.
    Message(Vec<u8>),
    Absorbed(Absorbed),
    /// The server showed two histories, or something it did not sign. Nothing of the answer was
    /// taken; the phone goes on recording and stops syncing until the chief has looked.
    Alarm(String),
}

/// What an answer of the server brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// Acts with a receipt that had none before.
    pub sent: u64,
    /// Acts of others that are in the records now.
    pub received: u64,
    /// Own acts that are in the books now.
    pub registered: u64,
    /// Own acts that lie in the tray now.
    pub held: u64,
    /// How much of the log is known.
    pub index: u64,
    /// Ask again at once: there is more on either side.
    pub more: bool,
}

/// What another phone brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absorbed {
    /// Envelopes that are new here.
    pub stored: u64,
    /// Of these, how many wait for one that is missing.
    pub waiting: u64,
    /// Acts in the records now, provisionally.
    pub acts: u64,
    /// Acts that the gate here did not let in.
    pub held: u64,
    /// The other phone has more: offer again.
    pub more: bool,
}

/// Own acts, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// All that were ever saved here.
    pub saved: u64,
    /// With a receipt of the server.
    pub sent: u64,
    /// In the books, as they were written or written anew.
    pub registered: u64,
    /// In the tray.
    pub held: u64,
    /// Of those saved: written before this phone enrolled anew, and to be written anew once it
    /// knows that the server has them not.
    pub anew: u64,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once, never stored"
)]
pub enum Handled {
    Done(Effects),
    /// Load these too and call again with the same input, now and entropy.
    More(Needs),
}

#[derive(Debug)]
pub struct Effects {
    /// Commit these as one batch.
    pub writes: Vec<Write>,
    pub replies: Vec<Reply>,
    pub sign: Vec<SignRequest>,
    /// Inputs that have become possible: handle them after this one was adopted.
    pub again: Vec<Input>,
    pub(super) next: State,
}
