//! What is in an act?

use minicbor::{Decode, Encode};

use super::change::{BadChange, change_hash};
use super::merkle;
use crate::ids::{ActId, DeviceId, Hash, PersonId, RecordId};

/// An act alone in a frame may take this many bytes. Checked before SAVED.
pub const MAX_ACT: usize = 48 * 1024;

/// One act: what one person did in one go, whole or absent everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Act {
    /// Counts the device's acts from 1 and never falls.
    #[n(0)]
    pub n: u64,
    /// The device's wall clock when the act was saved: ms since 1970, UTC. A claim.
    #[n(1)]
    pub at: i64,
    /// ms since the device was started. A claim.
    #[n(2)]
    pub mono: u64,
    #[n(3)]
    pub parts: Vec<Part>,
    /// Submitted again: the held act in whose place this one stands.
    #[n(4)]
    pub again: Option<ActId>,
    /// For whom the server writes. In the server's envelopes only.
    #[n(5)]
    pub on_behalf: Option<Behalf>,
}

/// One change to one record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Part {
    #[n(0)]
    pub record: RecordId,
    /// The generation of the device's actor in the record.
    #[n(1)]
    pub g: u32,
    /// A raw Automerge change chunk, not deflated (`Change::raw_bytes`).
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub change: Vec<u8>,
    /// The device's record counter, when this part creates the record.
    #[n(3)]
    pub made: Option<u64>,
}

/// Whose act it is, when the server writes it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Behalf {
    #[n(0)]
    pub person: PersonId,
    /// The signed act this one is written anew from.
    #[n(1)]
    pub original: Option<Original>,
}

/// A signed act that the server wrote anew.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Original {
    #[n(0)]
    pub act: ActId,
    #[n(1)]
    pub envelope: Hash,
    /// The clock of the original, ms since 1970.
    #[n(2)]
    pub at: i64,
    /// Keys of rows that got a new name: (old, new).
    #[n(3)]
    pub renamed: Vec<(String, String)>,
}

impl Act {
    /// The act as its author knows it: the original one, where the server wrote it anew.
    pub fn author_act(&self, device: DeviceId) -> ActId {
        let own = ActId { device, n: self.n };
        self.original().map_or(own, |original| original.act)
    }

    /// Who did it, given whose device it is.
    pub fn author<'a>(&'a self, owner: &'a PersonId) -> &'a PersonId {
        self.on_behalf
            .as_ref()
            .map_or(owner, |behalf| &behalf.person)
    }

    /// When its author saved it, in milliseconds since 1970 by the clock of the author's device.
    pub fn written_at(&self) -> i64 {
        self.original().map_or(self.at, |original| original.at)
    }

    /// The held act that this one writes anew.
    pub fn original(&self) -> Option<&Original> {
        self.on_behalf
            .as_ref()
            .and_then(|behalf| behalf.original.as_ref())
    }

    /// The hashes of the act's changes, in the order of its parts. The error names the part.
    pub fn changes(&self) -> Result<Vec<Hash>, BadPart> {
        self.parts
            .iter()
            .enumerate()
            .map(|(part, p)| {
                change_hash(&p.change).map_err(|source| BadPart {
                    act: self.n,
                    part,
                    record: p.record,
                    source,
                })
            })
            .collect()
    }
}

/// The leaf of one change under a `change_root`: H(0x00 || record || change hash). With its path
/// it proves the change without the rest of the envelope.
pub fn change_leaf(record: RecordId, change: &Hash) -> Hash {
    let mut data = [0; 48];
    data[..16].copy_from_slice(&record.0);
    data[16..].copy_from_slice(&change.0);
    merkle::leaf(&data)
}

/// A part whose change is not a raw change chunk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("part {part} of act {act}, in record {record}, is no raw change")]
pub struct BadPart {
    pub act: u64,
    pub part: usize,
    pub record: RecordId,
    pub source: BadChange,
}
