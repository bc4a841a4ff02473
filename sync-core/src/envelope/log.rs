//! What stands in a station's log, and how is its head named?

use minicbor::{Decode, Encode};

use super::codec::{BadBytes, from_bytes, to_bytes};
use super::merkle;
use super::sign::{Signable, Signed};
use crate::ids::{DeviceId, Hash};

/// The outcome of one envelope: the station's log is a dense list of these.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Entry {
    /// Counts from 0.
    #[n(0)]
    pub index: u64,
    #[n(1)]
    pub envelope: Hash,
    #[n(2)]
    pub device: DeviceId,
    #[n(3)]
    pub seq: u64,
    /// When the server stored the envelope: ms since 1970.
    #[n(4)]
    pub received_at: i64,
    /// The acts that were not merged, by ascending index.
    #[n(5)]
    pub held: Vec<HeldAct>,
    /// Held as a whole: the envelope's body is not sent to followers.
    #[n(6)]
    pub whole: bool,
}

/// An act of the envelope that was not merged.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HeldAct {
    /// Which act of the frame, from 0.
    #[n(0)]
    pub index: u32,
    /// Which rule held it, as a stable word.
    #[n(1)]
    pub code: String,
    /// The hashes of its changes, in order. With them a follower that cannot rebuild a held
    /// change checks the envelope's `change_root` all the same.
    #[n(2)]
    pub leaves: Vec<Hash>,
}

impl Entry {
    /// The bytes of the leaf: canonical CBOR.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_bytes(self)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Entry, BadBytes> {
        from_bytes(bytes)
    }

    /// The leaf hash under the log's root.
    pub fn leaf(&self) -> Hash {
        merkle::leaf(&self.to_bytes())
    }

    pub fn holds(&self, index: u32) -> bool {
        self.whole || self.held.iter().any(|act| act.index == index)
    }
}

/// Where somebody stands in the log: what a client says it has seen, and the beacon of an
/// envelope (the newest tree head its device knew).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Seen {
    #[n(0)]
    pub lineage: u32,
    /// The number of entries.
    #[n(1)]
    pub index: u64,
    #[n(2)]
    pub root: Hash,
}

/// The state of the log as the server signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct TreeHead {
    #[n(0)]
    pub lineage: u32,
    /// The number of entries.
    #[n(1)]
    pub index: u64,
    #[n(2)]
    pub root: Hash,
    /// ms since 1970, the server's clock.
    #[n(3)]
    pub time: i64,
}

impl TreeHead {
    pub fn seen(&self) -> Seen {
        Seen {
            lineage: self.lineage,
            index: self.index,
            root: self.root,
        }
    }
}

impl Signable for TreeHead {
    const DOMAIN: &'static str = "wardbook tree head";
}

pub type SignedHead = Signed<TreeHead>;
