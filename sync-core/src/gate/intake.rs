//! May this envelope be kept? Whatever passes here is stored, receipted and judged later; what
//! does not is refused with what the sender can do.

use crate::envelope::chain::{self, Place, Tail};
use crate::envelope::{Charter, Envelope};
use crate::ids::{DeviceId, Hash, StationId};

/// What becomes of an envelope at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Store it.
    Take,
    /// It is stored already: answer with a receipt again.
    Again,
    /// Not yet: envelopes of the same device before it are missing.
    Need { device: DeviceId, seq: u64 },
    /// Store it as proof and take nothing more from the device: two envelopes bear one number.
    Fork,
}

/// Why an envelope is turned away. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TurnedAway {
    #[error("the envelope belongs to station {0}")]
    Station(StationId),
    #[error("device {0} never was a device of this station")]
    Stranger(DeviceId),
    #[error("the envelope's signature is not that of device {0}")]
    Signature(DeviceId),
    #[error("device {0} is frozen: it sent two different envelopes under one number")]
    Frozen(DeviceId),
}

/// Checks an envelope against the charter and the device's tail. `held` is the hash stored under
/// its number, if any.
pub fn check(
    station: &StationId,
    charter: &Charter,
    tail: &Tail,
    held: Option<Hash>,
    frozen: bool,
    envelope: &Envelope,
) -> Result<Door, TurnedAway> {
    let body = &envelope.body;
    if body.station != *station {
        return Err(TurnedAway::Station(body.station.clone()));
    }
    let key = match (charter.ever(body.device), charter.server_ever(body.device)) {
        (Some(grant), _) => &grant.sign_key,
        (None, Some(server)) => &server.sign_key,
        (None, None) => return Err(TurnedAway::Stranger(body.device)),
    };
    if !envelope.verify(key) {
        return Err(TurnedAway::Signature(body.device));
    }
    match chain::place(tail, held, envelope) {
        Place::Duplicate => Ok(Door::Again),
        _ if frozen => Err(TurnedAway::Frozen(body.device)),
        Place::Next => Ok(Door::Take),
        Place::Gap { have, .. } => Ok(Door::Need {
            device: body.device,
            seq: have + 1,
        }),
        Place::Fork | Place::Past => Ok(Door::Fork),
    }
}
