//! Who wrote an envelope, and what they may.

use std::sync::Arc;

use super::desk::Desk;
use super::held::{Code, Held};
use super::policy::{Rights, Seat};
use crate::catalogue::Catalogue;
use crate::ids::{DeviceId, Epoch, PersonId};

pub struct Standing {
    pub rights: Rights,
    pub catalogue: Option<Arc<Catalogue>>,
    /// Whether policy applies: not to the server, who may write for others, and not to what was
    /// judged already.
    pub judged: bool,
}

impl Standing {
    pub fn server() -> Standing {
        Standing::replayed(PersonId::server())
    }

    pub fn replayed(person: PersonId) -> Standing {
        let rights = Rights {
            person,
            roles: Vec::new(),
            seat: Seat::Phone,
        };
        Standing {
            rights,
            catalogue: None,
            judged: false,
        }
    }
}

impl Desk<'_> {
    /// Who wrote the envelope, with the rights granted then and still.
    pub(super) fn standing(&self, device: DeviceId, epoch: Epoch) -> Result<Standing, Held> {
        if self.charter.server_ever(device).is_some() {
            return Ok(Standing::server());
        }
        let then = self
            .charter
            .at(epoch)
            .ok_or_else(|| Held::new(Code::Epoch, format!("{epoch:?}")))?;
        let now = self
            .charter
            .now()
            .ok_or_else(|| Held::new(Code::Epoch, "no charter"))?;
        let grant = then
            .device(device)
            .ok_or_else(|| Held::new(Code::NotAMember, device))?;
        if now.device(device).is_none() {
            return Err(Held::new(Code::DeviceRemoved, device));
        }
        let active = |at: &crate::envelope::CharterAt<'_>| {
            at.member(&grant.person).is_some_and(|member| member.active)
        };
        if !active(&then) || !active(&now) {
            return Err(Held::new(Code::NotAMember, &grant.person));
        }
        let still = now.roles(&grant.person);
        let roles = then
            .roles(&grant.person)
            .iter()
            .filter(|role| still.contains(role));
        Ok(Standing {
            rights: Rights {
                person: grant.person.clone(),
                roles: roles.cloned().collect(),
                seat: Seat::Phone,
            },
            catalogue: self.catalogue_at(epoch),
            judged: true,
        })
    }
}
