//! What does one epoch change in the charter?

use minicbor::{Decode, Encode};

use crate::ids::{DeviceId, Epoch, Hash, PersonId};

/// What an epoch changes. The first epoch of a later lineage states everything: whom it does not
/// name is a member no more, so that replicas that saw different ends of the old lineage agree.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CharterDelta {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub members: Vec<Member>,
    #[n(2)]
    pub devices: Vec<DeviceGrant>,
    #[n(3)]
    pub removed_devices: Vec<DeviceId>,
    /// The hash of the catalogue bundle. The first epoch must name one.
    #[n(4)]
    pub catalogue: Option<Hash>,
    /// The first epoch of a lineage must name it.
    #[n(5)]
    pub server: Option<ServerKey>,
    #[n(6)]
    pub station_name: Option<String>,
    /// The station's time zone: minutes east of UTC.
    #[n(7)]
    pub zone_minutes: Option<i32>,
}

impl CharterDelta {
    /// A delta that changes nothing yet.
    pub fn new(epoch: Epoch) -> CharterDelta {
        CharterDelta {
            epoch,
            members: Vec::new(),
            devices: Vec::new(),
            removed_devices: Vec::new(),
            catalogue: None,
            server: None,
            station_name: None,
            zone_minutes: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Member {
    #[n(0)]
    pub person: PersonId,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub post: String,
    /// By the names of the catalogue's `roles.toml`.
    #[n(3)]
    pub roles: Vec<String>,
    #[n(4)]
    pub active: bool,
    /// The number of the enforcement certificate (执法证).
    #[n(5)]
    pub certificate: Option<String>,
    /// The last day it is valid: `YYYY-MM-DD`.
    #[n(6)]
    pub certificate_until: Option<String>,
}

/// A device and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct DeviceGrant {
    #[n(0)]
    pub device: DeviceId,
    #[n(1)]
    pub person: PersonId,
    /// SEC1, compressed, 33 bytes; `device` is derived from it.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub sign_key: Vec<u8>,
    /// SEC1, compressed, 33 bytes; empty while the device has none.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub agree_key: Vec<u8>,
    #[n(4)]
    pub removed: bool,
}

/// The server's device in the station.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ServerKey {
    #[n(0)]
    pub device: DeviceId,
    /// SEC1, compressed, 33 bytes.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub sign_key: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDelta {
    #[error("epoch {given:?} does not follow {newest:?}")]
    Epoch { given: Epoch, newest: Option<Epoch> },
    #[error("the key of device {device} is not a key, or not that device's")]
    Key { device: DeviceId },
    #[error("device {device} is given to {person}, who is not a member")]
    Stranger { device: DeviceId, person: PersonId },
    #[error("device {device} is already {person}'s")]
    Taken { device: DeviceId, person: PersonId },
    #[error("device {device} is removed without having been granted")]
    Unknown { device: DeviceId },
    #[error("{what} {id} is named twice")]
    Twice { what: &'static str, id: String },
    #[error("epoch {epoch:?} begins a lineage without naming catalogue and server")]
    Incomplete { epoch: Epoch },
}
