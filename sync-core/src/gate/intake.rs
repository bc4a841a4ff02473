//! May this envelope be kept? Whatever passes here is stored, receipted and judged later; what
//! does not is refused with what the sender can do.

use crate::envelope::{Charter, Envelope};
use crate::ids::{DeviceId, StationId};

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
    #[error("device {0} was removed and has left as much as it may")]
    Removed(DeviceId),
}

/// Checks whose the envelope is. Its place in the device log is told by
/// [`crate::envelope::chain::place`].
pub fn check(
    station: &StationId,
    charter: &Charter,
    envelope: &Envelope,
) -> Result<(), TurnedAway> {
    let body = &envelope.body;
    if body.station != *station {
        return Err(TurnedAway::Station(body.station.clone()));
    }
    // Whose key was a member's once is taken in still, and held.
    let key = match (charter.ever(body.device), charter.server_ever(body.device)) {
        (Some(grant), _) => &grant.sign_key,
        (None, Some(server)) => &server.sign_key,
        (None, None) => return Err(TurnedAway::Stranger(body.device)),
    };
    match envelope.verify(key) {
        true => Ok(()),
        false => Err(TurnedAway::Signature(body.device)),
    }
}
