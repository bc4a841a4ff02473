//! What is signed of an envelope, and when is one well-formed?

use minicbor::{Decode, Decoder, Encode};

use super::act::Act;
use super::codec::{BadBytes, from_bytes, to_bytes};
use super::frame::{BadLeaves, Frame, act_leaves, root_of};
use super::log::Seen;
use super::pack::{self, BadFrame, CannotPack};
use super::sign::{self, ES256, SIGNATURE};
use super::statement::Statement;
use crate::ids::{DeviceId, Epoch, Hash, StationId};

/// The largest envelope, in bytes.
pub const MAX_ENVELOPE: usize = 256 * 1024;
/// Envelopes of other devices that one may name.
pub const MAX_NEEDS: usize = 1024;
/// The version written.
pub const VERSION: u8 = 1;

const DOMAIN: &str = "wardbook envelope";

/// What the device signs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Body {
    #[n(0)]
    pub v: u8,
    #[n(1)]
    pub station: StationId,
    #[n(2)]
    pub device: DeviceId,
    /// Counts the device's envelopes in the station from 1.
    #[n(3)]
    pub seq: u64,
    /// The envelope `seq - 1`; zero for the first.
    #[n(4)]
    pub prev: Hash,
    /// The charter it was written under.
    #[n(5)]
    pub epoch: Epoch,
    /// The newest envelope of each other device that the acts rest on, by ascending device.
    #[n(6)]
    pub needs: Vec<Need>,
    /// ms since 1970, the device's clock when the envelope was closed. A claim.
    #[n(7)]
    pub made_at: i64,
    /// ms since the device was started. A claim.
    #[n(8)]
    pub mono: u64,
    /// SHA-256 of the frame.
    #[n(9)]
    pub frame_hash: Hash,
    /// Merkle root over the changes (`act::change_leaf`).
    #[n(10)]
    pub change_root: Hash,
    /// Merkle root over the key sheet; zero where there is none.
    #[n(11)]
    pub sheet_root: Hash,
    /// The signature's algorithm: 1 is ES256.
    #[n(12)]
    pub alg: u8,
    /// Whether acts of other people are in it. The server's envelopes only.
    #[n(13)]
    pub on_behalf: bool,
    /// The newest tree head the device has seen.
    #[n(14)]
    pub beacon: Option<Seen>,
}

/// An envelope of another device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Need {
    #[n(0)]
    pub device: DeviceId,
    #[n(1)]
    pub seq: u64,
    #[n(2)]
    pub hash: Hash,
}

/// What the closing device knows; the rest follows from the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub station: StationId,
    pub device: DeviceId,
    pub seq: u64,
    pub prev: Hash,
    pub epoch: Epoch,
    /// In any order; each device once.
    pub needs: Vec<Need>,
    pub beacon: Option<Seen>,
    pub made_at: i64,
    pub mono: u64,
    pub sheet_root: Hash,
}

/// Closes `acts` and `statements` into an envelope that lacks only its signature.
pub fn close(
    draft: Draft,
    acts: &[Act],
    statements: &[Statement],
) -> Result<Unsigned, CannotClose> {
    let frame = pack::pack(acts, statements)?;
    let mut leaves = Vec::new();
    for (index, act) in acts.iter().enumerate() {
        leaves.extend(act_leaves(index, act)?);
    }
    let mut needs = draft.needs;
    needs.sort_by_key(|need| need.device);
    let body = Body {
        v: VERSION,
        station: draft.station,
        device: draft.device,
        seq: draft.seq,
        prev: draft.prev,
        epoch: draft.epoch,
        needs,
        made_at: draft.made_at,
        mono: draft.mono,
        frame_hash: Hash::of(&frame),
        change_root: root_of(&leaves),
        sheet_root: draft.sheet_root,
        alg: ES256,
        on_behalf: acts.iter().any(|act| act.on_behalf.is_some()),
        beacon: draft.beacon,
    };
    body.check()?;
    let body_bytes = to_bytes(&body);
    let unsigned = Unsigned(Envelope {
        body,
        body_bytes,
        sig: Vec::new(),
        frame,
    });
    // The signature is still missing; its head and 64 bytes count too.
    let length = unsigned.0.to_bytes().len() + SIGNATURE + 1;
    if length > MAX_ENVELOPE {
        return Err(CannotClose::TooLong { length });
    }
    Ok(unsigned)
}

/// A closed envelope that waits for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned(Envelope);

impl Unsigned {
    /// What the device's key signs.
    pub fn sign_bytes(&self) -> Vec<u8> {
        self.0.sign_bytes()
    }

    /// The envelope's hash, which does not depend on the signature.
    pub fn hash(&self) -> Hash {
        self.0.hash()
    }

    pub fn body(&self) -> &Body {
        &self.0.body
    }

    /// How long the packed acts are.
    pub fn frame_len(&self) -> usize {
        self.0.frame.len()
    }

    /// Adds the signature (r || s). Whether it is right is not checked here.
    ///
    /// # Errors
    /// [`BadEnvelope::Signature`] when it has not 64 bytes.
    pub fn signed(self, sig: Vec<u8>) -> Result<Envelope, BadEnvelope> {
        if sig.len() != SIGNATURE {
            return Err(BadEnvelope::Signature { length: sig.len() });
        }
        Ok(Envelope { sig, ..self.0 })
    }
}

/// A signed envelope: `[body bytes, signature, frame]`. Its body is well-formed and its frame is
/// the one the body names; whether the signature holds, only [`Envelope::verify`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub body: Body,
    /// The body as it was signed.
    pub body_bytes: Vec<u8>,
    /// r || s, 64 bytes.
    pub sig: Vec<u8>,
    pub frame: Vec<u8>,
}

impl Envelope {
    /// Reads an envelope without opening its frame.
    pub fn decode(bytes: &[u8]) -> Result<Envelope, BadEnvelope> {
        if bytes.len() > MAX_ENVELOPE {
            return Err(BadEnvelope::Bytes(BadBytes::TooLong {
                length: bytes.len(),
                limit: MAX_ENVELOPE,
            }));
        }
        let [body_bytes, sig, frame] = split(bytes).map_err(|at| {
            BadEnvelope::Bytes(BadBytes::Malformed {
                at,
                length: bytes.len(),
            })
        })?;
        // A newer body may have more fields, so its version is looked at before it is read.
        match body_bytes.get(1) {
            Some(&VERSION) | None => (),
            Some(&other) => return Err(BadEnvelope::Version(other)),
        }
        let body: Body = from_bytes(body_bytes)?;
        body.check()?;
        if sig.len() != SIGNATURE {
            return Err(BadEnvelope::Signature { length: sig.len() });
        }
        let envelope = Envelope {
            body,
            body_bytes: body_bytes.to_vec(),
            sig: sig.to_vec(),
            frame: frame.to_vec(),
        };
        if envelope.to_bytes() != bytes {
            return Err(BadEnvelope::Bytes(BadBytes::NotCanonical));
        }
        if Hash::of(frame) != envelope.body.frame_hash {
            return Err(BadEnvelope::Frame {
                envelope: envelope.hash(),
            });
        }
        Ok(envelope)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        use minicbor::bytes::ByteSlice;
        let part = |bytes| <&ByteSlice>::from(bytes);
        to_bytes(&(
            part(self.body_bytes.as_slice()),
            part(self.sig.as_slice()),
            part(self.frame.as_slice()),
        ))
    }

    /// SHA-256 of what is signed. A body signed twice is one envelope.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.sign_bytes())
    }

    pub fn sign_bytes(&self) -> Vec<u8> {
        sign::in_domain(DOMAIN, &self.body_bytes)
    }

    /// Whether the device whose key `public` is (SEC1, compressed) signed it.
    pub fn verify(&self, public: &[u8]) -> bool {
        DeviceId::of_key(public) == self.body.device
            && sign::verify(public, &self.sign_bytes(), &self.sig)
    }

    pub fn open(&self) -> Result<Frame, BadFrame> {
        pack::open(&self.frame)
    }

    /// Itself, as another envelope's `needs` names it.
    pub fn as_need(&self) -> Need {
        Need {
            device: self.body.device,
            seq: self.body.seq,
            hash: self.hash(),
        }
    }
}

/// The three parts, or where the bytes stop being them.
fn split(bytes: &[u8]) -> Result<[&[u8]; 3], usize> {
    let mut d = Decoder::new(bytes);
    let parts = (|| {
        if d.array()? != Some(3) {
            return Err(minicbor::decode::Error::message("not three parts"));
        }
        Ok([d.bytes()?, d.bytes()?, d.bytes()?])
    })();
    match (parts, d.position()) {
        (Ok(parts), at) if at == bytes.len() => Ok(parts),
        (_, at) => Err(at),
    }
}

impl Body {
    fn check(&self) -> Result<(), BadBody> {
        if self.v != VERSION || self.alg != ES256 {
            return Err(BadBody::Algorithm(self.alg));
        }
        if self.seq == 0 || (self.seq == 1) != (self.prev == Hash::ZERO) {
            return Err(BadBody::Seq { seq: self.seq });
        }
        if self.needs.len() > MAX_NEEDS {
            return Err(BadBody::TooManyNeeds {
                count: self.needs.len(),
            });
        }
        if let Some(pair) = self.needs.windows(2).find(|w| w[0].device >= w[1].device) {
            return Err(BadBody::Needs {
                device: pair[1].device,
            });
        }
        match self
            .needs
            .iter()
            .find(|n| n.device == self.device || n.seq == 0)
        {
            Some(need) => Err(BadBody::Needs {
                device: need.device,
            }),
            None => Ok(()),
        }
    }
}

/// A body that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    #[error("signature algorithm {0} is not known")]
    Algorithm(u8),
    #[error("number {seq} and the hash of the predecessor do not fit")]
    Seq { seq: u64 },
    #[error("{count} other envelopes named, at most {MAX_NEEDS} may be")]
    TooManyNeeds { count: usize },
    #[error("device {device} is named out of order, twice, without a number, or by itself")]
    Needs { device: DeviceId },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEnvelope {
    #[error("the envelope's bytes cannot be read")]
    Bytes(#[from] BadBytes),
    #[error("envelope version {0} is not known")]
    Version(u8),
    #[error("the envelope's body is wrong")]
    Body(#[from] BadBody),
    #[error("a signature of {length} bytes, it must have {SIGNATURE}")]
    Signature { length: usize },
    #[error("the frame of envelope {envelope} is not the one it was signed with")]
    Frame { envelope: Hash },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotClose {
    #[error("the acts cannot be packed")]
    Pack(#[from] CannotPack),
    #[error("the acts' changes cannot be named")]
    Leaves(#[from] BadLeaves),
    #[error("the draft is wrong")]
    Body(#[from] BadBody),
    #[error("{length} bytes, an envelope has at most {MAX_ENVELOPE}")]
    TooLong { length: usize },
}
