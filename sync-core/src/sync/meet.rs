//! What do two phones say to each other?

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::message::{Message, WireEnvelope};
use crate::envelope::log::SignedHead;
use crate::ids::{DeviceId, Hash, StationId};

/// "This is what I hold": the first message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Offer {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub device: DeviceId,
    /// The last envelope held of each device; a device that is not named is not held.
    #[n(2)]
    pub vector: BTreeMap<DeviceId, u64>,
    /// The newest tree head. Two that do not fit convict the server.
    #[n(3)]
    pub head: Option<SignedHead>,
}

/// "This is what you lack": the second message and, with an empty vector, the third.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    #[n(0)]
    pub station: StationId,
    #[n(1)]
    pub device: DeviceId,
    /// Each after those it rests on.
    #[n(2)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub envelopes: Vec<WireEnvelope>,
    /// What the answering phone holds, so that the other can send what is missing.
    #[n(3)]
    pub vector: BTreeMap<DeviceId, u64>,
    #[n(4)]
    pub head: Option<SignedHead>,
    /// That the head's tree begins with, or is the beginning of, the other's; empty where the
    /// answering phone cannot prove it.
    #[n(5)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub proof: Vec<Hash>,
    /// There was more than fits: ask again.
    #[n(6)]
    #[cbor(default)]
    pub more: bool,
}

impl Message for Offer {}
impl Message for Answer {}
