//! What do a phone and the server say to each other?
//!
//! Maps with small integer keys; what is empty is left out; keys a release does not know are
//! passed over. Requests travel as [`Signed`], so an unknown key stays under the signature.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::join_code::{CodeProof, Enrolment};
use super::nonce::Nonce;
use crate::envelope::codec::{BadBytes, from_newer, to_bytes};
use crate::envelope::log::{Entry, Seen, SignedHead};
use crate::envelope::merkle;
use crate::envelope::sign::{Signable, Signed};
use crate::envelope::{CharterDelta, ServerKey};
use crate::ids::{DeviceId, Epoch, Hash, PersonId, RecordId, StationId};

/// Bytes of envelopes in one request, unless a single one is larger.
pub const MAX_REQUEST_ENVELOPES: usize = 48 * 1024;
/// A request, in bytes: the largest envelope, a sheet of the same size and the rest.
pub const MAX_REQUEST: usize = 640 * 1024;
/// Envelopes in one request or answer.
pub const MAX_ENVELOPES: usize = 256;
/// Bytes of envelopes in one answer, unless the request's `limit` is smaller or one is larger.
pub const MAX_ANSWER_ENVELOPES: usize = 1024 * 1024;
/// How long a server waits for the outcome when the client does not say: ms.
pub const DEFAULT_WAIT_MS: u32 = 250;
/// The longest it waits: ms.
pub const MAX_WAIT_MS: u32 = 30_000;

/// `POST /v1/sync`. Says where the phone stands and brings what it has closed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SyncRequest {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub device: DeviceId,
    /// The newest charter the phone holds.
    #[n(2)]
    pub epoch: Epoch,
    /// Where it stands in the station's log; `None` before it has a snapshot.
    #[n(3)]
    pub seen: Option<Seen>,
    #[n(4)]
    pub nonce: Nonce,
    #[n(5)]
    pub clock: Clock,
    #[n(6)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub envelopes: Vec<WireEnvelope>,
    /// How long to wait for the outcome: ms; 0 = receipt only, absent = [`DEFAULT_WAIT_MS`].
    #[n(7)]
    pub wait_ms: Option<u32>,
    /// The most bytes of envelopes the answer may hold.
    #[n(8)]
    pub limit: Option<u32>,
    /// The last envelope held of each device. Sent when `want_vector` asked for it.
    #[n(9)]
    pub vector: Option<BTreeMap<DeviceId, u64>>,
    /// The catalogue the phone holds.
    #[n(10)]
    pub catalogue: Option<Hash>,
}

/// The device's clocks when the request was made. Claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Clock {
    /// ms since 1970.
    #[n(0)]
    pub wall: i64,
    /// ms since the device was started.
    #[n(1)]
    pub mono: u64,
    /// Differs between two starts of the device.
    #[n(2)]
    pub boot: u64,
}

/// An envelope as it travels, with its key sheet where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct WireEnvelope {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub sheet: Option<Vec<u8>>,
}

/// A log entry as it travels: its bytes, so that the root can be computed even where a newer
/// entry cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct WireEntry(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub Vec<u8>,
);

impl WireEntry {
    pub fn of(entry: &Entry) -> WireEntry {
        WireEntry(entry.to_bytes())
    }

    pub fn entry(&self) -> Result<Entry, BadBytes> {
        Entry::from_bytes(&self.0)
    }

    pub fn leaf(&self) -> Hash {
        merkle::leaf(&self.0)
    }
}

/// The answer to a [`SyncRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SyncResponse {
    /// For the envelopes the request brought, once they are durable.
    #[n(0)]
    pub receipt: Option<Signed<Receipt>>,
    /// What the sender must bring first.
    #[n(1)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub need: Vec<Want>,
    /// Where `entries` lead; `None` when there is nothing new.
    #[n(2)]
    pub head: Option<SignedHead>,
    #[n(3)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub entries: Vec<WireEntry>,
    /// The bodies of the entries, without the asker's own and without wholly held ones.
    #[n(4)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub envelopes: Vec<WireEnvelope>,
    /// The server lost something: the next request should carry `vector`.
    #[n(5)]
    #[cbor(default, skip_if = "is_false")]
    pub want_vector: bool,
    /// The charter deltas after the request's epoch, in order, each as its canonical bytes. Signed
    /// they are in the server's envelopes alone: a phone believes those.
    #[n(6)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub charter: Vec<ByteVec>,
    /// The newest charter's catalogue bundle, when the request holds another.
    #[n(7)]
    #[cbor(with = "minicbor::bytes")]
    pub catalogue: Option<Vec<u8>>,
    /// For the next request.
    #[n(8)]
    pub nonce: Nonce,
    /// There are more entries; ask again at once.
    #[n(9)]
    #[cbor(default, skip_if = "is_false")]
    pub more: bool,
}

/// An envelope that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Want {
    #[n(0)]
    pub device: DeviceId,
    #[n(1)]
    pub seq: u64,
}

/// The server has these envelopes on disk. From here on a phone says 已送达.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    #[n(0)]
    pub stored: Vec<Stored>,
    /// ms since 1970, the server's clock.
    #[n(1)]
    pub time: i64,
    /// Everything received until then (ms since 1970) is in a backup; phones keep what is not.
    #[n(2)]
    pub backed_up_to: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Stored {
    #[n(0)]
    pub envelope: Hash,
    /// Whether its key sheet is held too; the author keeps the sheet until it is.
    #[n(1)]
    pub sheet: bool,
}

/// `POST /v1/join`. Signed by the very key it brings. Key 0 held the code itself in earlier
/// releases.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct JoinRequest {
    /// The station that the code names.
    #[n(1)]
    pub station: Option<StationId>,
    /// SEC1, compressed, 33 bytes.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub sign_key: Vec<u8>,
    /// SEC1, compressed, 33 bytes.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub agree_key: Vec<u8>,
    /// What the officer calls the phone.
    #[n(4)]
    pub name: String,
    #[n(5)]
    pub clock: Clock,
    /// The device this installation was until now. It ends as the new one begins.
    #[n(6)]
    pub replaces: Option<DeviceId>,
    /// That the sender holds a code from the chief. None from a phone of an earlier release.
    #[n(7)]
    pub code: Option<CodeProof>,
}

impl JoinRequest {
    /// Whether the code was used for these very keys.
    pub fn proves_its_code(&self) -> bool {
        let (Some(station), Some(code)) = (&self.station, &self.code) else {
            return false;
        };
        code.proves(&Enrolment {
            station: station.clone(),
            server: code.server,
            sign_key: self.sign_key.clone(),
            agree_key: self.agree_key.clone(),
            replaces: self.replaces,
        })
    }
}

impl Signed<JoinRequest> {
    /// Whether the sender holds the key it wants to enrol.
    pub fn proves_its_key(&self) -> bool {
        self.verify(&self.message.sign_key)
    }
}

/// Signed by the key it names as the server's, which is the one that the code names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct JoinResponse {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub device: DeviceId,
    #[n(2)]
    pub person: PersonId,
    #[n(3)]
    pub server: ServerKey,
    /// All charter deltas so far, in order, each as its canonical bytes. The log states them signed,
    /// up to `head`.
    #[n(4)]
    pub charter: Vec<ByteVec>,
    /// The catalogue bundle of the newest charter.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub catalogue: Vec<u8>,
    #[n(6)]
    pub nonce: Nonce,
    #[n(7)]
    pub head: SignedHead,
}

/// One record in full: what a phone that started from a snapshot does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordRequest {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub device: DeviceId,
    #[n(2)]
    pub record: RecordId,
    #[n(3)]
    pub nonce: Nonce,
}

/// The record's raw changes in an order in which they apply.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordResponse {
    #[n(0)]
    pub record: RecordId,
    #[n(1)]
    pub changes: Vec<ByteVec>,
    /// How much of the log they hold.
    #[n(2)]
    pub head: SignedHead,
    #[n(3)]
    pub nonce: Nonce,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SnapshotRequest {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub device: DeviceId,
    /// Which segment, from 0.
    #[n(2)]
    pub segment: u32,
    #[n(3)]
    pub nonce: Nonce,
}

impl SyncResponse {
    /// "Nothing new": neither receipt nor signature.
    pub fn nothing_new(nonce: Nonce) -> SyncResponse {
        SyncResponse {
            receipt: None,
            need: Vec::new(),
            head: None,
            entries: Vec::new(),
            envelopes: Vec::new(),
            want_vector: false,
            charter: Vec::new(),
            catalogue: None,
            nonce,
            more: false,
        }
    }
}

/// The deltas as they travel in an answer.
pub fn charter_to_wire(deltas: &[CharterDelta]) -> Vec<ByteVec> {
    deltas.iter().map(|delta| to_bytes(delta).into()).collect()
}

/// The deltas of an answer; the error names which one cannot be read.
pub fn charter_from_wire(deltas: &[ByteVec]) -> Result<Vec<CharterDelta>, (usize, BadBytes)> {
    let read = |(i, bytes): (usize, &ByteVec)| {
        crate::envelope::codec::from_bytes(bytes).map_err(|bad| (i, bad))
    };
    deltas.iter().enumerate().map(read).collect()
}

/// Messages of this module to and from the body of an HTTP request or answer.
pub trait Message: Encode<()> + for<'b> Decode<'b, ()> {
    fn to_wire(&self) -> Vec<u8> {
        to_bytes(self)
    }

    fn from_wire(bytes: &[u8]) -> Result<Self, BadBytes> {
        from_newer(bytes)
    }
}

impl<T: Signable> Message for Signed<T> {}
impl Message for SyncResponse {}
impl Message for RecordResponse {}

impl Signable for SyncRequest {
    const DOMAIN: &'static str = "wardbook sync request";
}
impl Signable for Receipt {
    const DOMAIN: &'static str = "wardbook receipt";
}
impl Signable for JoinRequest {
    const DOMAIN: &'static str = "wardbook join request";
}
impl Signable for JoinResponse {
    const DOMAIN: &'static str = "wardbook join response";
}
impl Signable for RecordRequest {
    const DOMAIN: &'static str = "wardbook record request";
}
impl Signable for SnapshotRequest {
    const DOMAIN: &'static str = "wardbook snapshot request";
}

fn is_false(flag: &bool) -> bool {
    !flag
}
