//! Where does an envelope belong in its device's log?

use minicbor::{Decode, Encode};

use super::header::Envelope;
use crate::ids::Hash;

/// The newest envelope held of a device: `seq` 0 and [`Hash::ZERO`] when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Tail {
    #[n(0)]
    pub seq: u64,
    #[n(1)]
    pub hash: Hash,
}

impl Tail {
    pub const NONE: Tail = Tail {
        seq: 0,
        hash: Hash::ZERO,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It follows the tail.
    Next,
    /// The very envelope that is held under this number.
    Duplicate,
    /// Envelopes between are missing: the tail is `have`, the predecessor it needs is `want`.
    Gap { have: u64, want: u64 },
    /// Another envelope holds this number, or another one its predecessor's.
    Fork,
    /// Below the tail, and what is held under this number is not known here (a phone that
    /// started from a snapshot).
    Past,
}

/// The place of `envelope` behind `tail`. `held` is the hash of the envelope held under the same
/// number, where the caller has it.
pub fn place(tail: &Tail, held: Option<Hash>, envelope: &Envelope) -> Place {
    let (seq, hash) = (envelope.body.seq, envelope.hash());
    let held = held.or((seq == tail.seq).then_some(tail.hash));
    if seq > tail.seq {
        return match (seq - tail.seq, envelope.body.prev == tail.hash) {
            (1, true) => Place::Next,
            (1, false) => Place::Fork,
            _ => Place::Gap {
                have: tail.seq,
                want: seq - 1,
            },
        };
    }
    match held {
        Some(held) if held == hash => Place::Duplicate,
        Some(_) => Place::Fork,
        None => Place::Past,
    }
}
