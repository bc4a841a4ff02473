//! The store's table: what lies under which key.
//!
//! | key | holds | changes |
//! |---|---|---|
//! | `meta` | the store's format | never |
//! | `state` | enrolment, counters, tail, counts of own acts ([`super::state::Own`]) | with every act |
//! | `seen` | tree head and compact range, nonce, other devices' tails, what is unsent ([`super::state::SeenLog`]) | with every sync |
//! | `charter` | the charter of all epochs | rarely |
//! | `catalogue/<hash>` | a catalogue bundle | rarely |
//! | `rec/<record>/<n>` | one change with its origin ([`ChangeRow`]); `n` counts up, gaps are changes taken out | added to; rewritten once when registered |
//! | `gen/<record>` | the generations devices have reached, changes that are held ([`RecordRow`]) | with every change of the record |
//! | `idx/<record>` | the row of lists ([`super::IndexRow`]) | with every change of the record |
//! | `ext/<external id>` | the records of that id, and which of them were made here | once a record |
//! | `num/<record>/<book>` | the register number as printed | once |
//! | `act/<n>` | an own act: its bytes until it is closed, then its envelope; its fate ([`ActRow`]) | four times |
//! | `line/<file>/<line>` | the act that played an import line | once, in the batch of the act |
//! | `tray/<n>` | an own act that was held ([`TrayRow`]) | |
//! | `again/<n>` | what a held act said, and what was submitted in its place ([`AgainRow`]) | |
//! | `was/<n>` | an act of the device this was, until the log says what became of it ([`WasRow`]) | |
//! | `unsigned/<seq>` | an own envelope that waits for its signature | |
//! | `env/<device>/<seq>` | a signed envelope | once |
//! | `wait/<device>/<seq>` | a colleague's envelope that lacks one before it | |
//! | `fork/<device>/<hash>` | a second envelope under a number that is taken: proof | |
//!
//! Numbers are decimal, of 12 digits (lines of 10), so that keys sort as numbers do.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::envelope::Need;
use crate::ids::{ActId, DeviceId, Epoch, Hash, PersonId, RecordId};
use crate::record::history::Origin;

pub const META: &str = "meta";
pub const STATE: &str = "state";
pub const SEEN: &str = "seen";
pub const CHARTER: &str = "charter";
pub const CATALOGUES: &str = "catalogue/";
pub const INDEX: &str = "idx/";
pub const TRAY: &str = "tray/";
pub const ACTS: &str = "act/";
pub const WAS: &str = "was/";
pub const AGAIN: &str = "again/";

pub fn catalogue_key(hash: Hash) -> String {
    format!("{CATALOGUES}{hash}")
}
pub fn changes_prefix(record: RecordId) -> String {
    format!("rec/{record}/")
}
pub fn change_key(record: RecordId, n: u64) -> String {
    format!("rec/{record}/{n:012}")
}
pub fn record_key(record: RecordId) -> String {
    format!("gen/{record}")
}
pub fn index_key(record: RecordId) -> String {
    format!("{INDEX}{record}")
}
pub fn external_key(id: &str) -> String {
    format!("ext/{id}")
}
pub fn number_key(record: RecordId, book: &str) -> String {
    format!("num/{record}/{book}")
}
pub fn numbers_prefix(record: RecordId) -> String {
    format!("num/{record}/")
}
pub fn act_key(n: u64) -> String {
    format!("{ACTS}{n:012}")
}
pub fn line_key(file: Hash, line: u64) -> String {
    format!("line/{file}/{line:010}")
}
pub fn tray_key(n: u64) -> String {
    format!("{TRAY}{n:012}")
}
pub fn again_key(n: u64) -> String {
    format!("{AGAIN}{n:012}")
}
pub fn was_key(n: u64) -> String {
    format!("{WAS}{n:012}")
}
pub fn unsigned_key(seq: u64) -> String {
    format!("unsigned/{seq:012}")
}
pub fn envelope_key(device: DeviceId, seq: u64) -> String {
    format!("env/{device}/{seq:012}")
}
pub fn waiting_key(device: DeviceId, seq: u64) -> String {
    format!("wait/{device}/{seq:012}")
}
pub fn fork_key(device: DeviceId, hash: Hash) -> String {
    format!("fork/{device}/{hash}")
}

/// One change of a record, and how it came here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChangeRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub change: Vec<u8>,
    /// The act that carried it: the server's, where it wrote for somebody.
    #[n(1)]
    pub carrier: ActId,
    #[n(2)]
    pub g: u32,
    /// The act as its author knows it.
    #[n(3)]
    pub act: ActId,
    #[n(4)]
    pub person: PersonId,
    #[n(5)]
    pub at: i64,
    #[n(6)]
    pub received_at: Option<i64>,
    /// None while only phones know it: provisional, or not sent.
    #[n(7)]
    pub entry: Option<u64>,
    /// The envelope that brought it; none for own acts.
    #[n(8)]
    pub envelope: Option<Need>,
}

impl ChangeRow {
    pub fn origin(&self) -> Origin {
        Origin {
            act: self.act,
            person: self.person.clone(),
            at: self.at,
            received_at: self.received_at,
            entry: self.entry,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordRow {
    /// The generation under which this device writes. Never falls.
    #[n(0)]
    pub own_g: u32,
    /// The number of the next change row. Never falls.
    #[n(1)]
    pub next_row: u64,
    #[n(2)]
    pub generations: BTreeMap<DeviceId, u32>,
    #[n(3)]
    pub held: BTreeMap<Hash, (DeviceId, u32)>,
}

/// An own act.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ActRow {
    #[n(0)]
    pub at: i64,
    #[n(1)]
    pub records: Vec<RecordId>,
    /// The charter it was written under.
    #[n(2)]
    pub epoch: Epoch,
    /// Others' envelopes it rests on.
    #[n(3)]
    pub rests_on: Vec<Need>,
    /// Until it is closed.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Option<Vec<u8>>,
    /// The number of the envelope it was closed into.
    #[n(5)]
    pub envelope: Option<u64>,
    #[n(6)]
    pub fate: Fate,
}

/// How far an own act has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Fate {
    #[n(0)]
    Saved,
    #[n(1)]
    Sent,
    #[n(2)]
    Registered {
        #[n(0)]
        entry: u64,
    },
    /// It lies in the tray, or did until it was submitted again.
    #[n(3)]
    Held,
}

/// An own act that was held.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TrayRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub act: Vec<u8>,
    /// The stable word of the rule ([`crate::gate::Code`]).
    #[n(1)]
    pub code: String,
    #[n(2)]
    pub detail: String,
    /// The device it was written as, where that is not this one any more.
    #[n(3)]
    pub device: Option<DeviceId>,
}

/// An act of a device that this phone was, and of which no fate is known. Act numbers go on when
/// a phone enrols anew, so that no two of one store are the same.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WasRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub act: Vec<u8>,
    #[n(1)]
    pub device: DeviceId,
    /// The server has given a receipt: it is for the log to say what becomes of it.
    #[n(2)]
    pub sent: bool,
    /// Another installation of the same store has written it anew already.
    #[n(3)]
    pub twin: Option<Twin>,
}

/// A held act that was submitted again: what rests on it can be said where its rows and records are
/// now.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AgainRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub act: Vec<u8>,
    #[n(1)]
    pub now_is: Twin,
}

/// An act that stands in the place of another, change by change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Twin {
    /// Old and new, of each part.
    #[n(0)]
    pub records: Vec<(RecordId, RecordId)>,
    #[n(1)]
    pub changes: Vec<(Hash, Hash)>,
    /// Names of rows and members.
    #[n(2)]
    pub names: Vec<(String, String)>,
}
