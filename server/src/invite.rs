//! Join codes: a secret that an officer types once to enrol a phone. The store keeps its hash.
//!
//! `S00-7K3QF-M2XWD-9TBHA`: the station, then 15 characters (75 bits) without those that are
//! mistaken for each other. Case, spaces and I, L, O for 1, 1, 0 do not matter.

mod withdraw;

use std::fmt;
use std::time::Duration;

use sync_core::ids::{DeviceId, Hash, PersonId, StationId};

use crate::clock::Clock;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::officer::{ChangedAt, Officer};
use crate::station::Station;
use crate::{args, sql};

pub use withdraw::{Invite, withdraw};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 5;
const GROUPS: usize = 3;

/// How long a code is good when nobody says otherwise.
pub const DEFAULT_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The role of a member whom `invite` names first.
pub const DEFAULT_ROLE: &str = "stationed_officer";

#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode {
    station: StationId,
    secret: String,
}

/// A code is a secret: it is shown to the person it is made for and nowhere else.
impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinCode({}, ..)", self.station)
    }
}

impl JoinCode {
    fn draw(station: StationId, clock: &Clock) -> JoinCode {
        let secret = clock.entropy()[..GROUP * GROUPS]
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect();
        JoinCode { station, secret }
    }

    /// Reads a code as a person typed it.
    pub fn parse(text: &str) -> Result<JoinCode> {
        let text: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .take(64)
            .collect();
        let mut parts: Vec<&str> = text.rsplitn(GROUPS + 1, '-').collect();
        if parts.len() != GROUPS + 1 {
            return Err(Error::InviteUnknown);
        }
        parts.reverse();
        let station = StationId::new(parts[0]).map_err(|_| Error::InviteUnknown)?;
        let secret: String = parts[1..]
            .concat()
            .chars()
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let fits = secret.len() == GROUP * GROUPS && secret.bytes().all(|b| ALPHABET.contains(&b));
        match fits {
            true => Ok(JoinCode { station, secret }),
            false => Err(Error::InviteUnknown),
        }
    }

    pub fn station(&self) -> &StationId {
        &self.station
    }

    /// 75 random bits cannot be searched, so a plain hash keeps them.
    fn hash(&self) -> Hash {
        let parts = [self.station.as_str().as_bytes(), self.secret.as_bytes()];
        Hash::of_parts("wardbook join code", &parts)
    }

    /// The code as it is printed and typed.
    pub fn reveal(&self) -> String {
        let mut text = self.station.to_string();
        for group in self.secret.as_bytes().chunks(GROUP) {
            text.push('-');
            text.extend(group.iter().copied().map(char::from));
        }
        text
    }
}

/// What a good code gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    pub person: PersonId,
    pub role: String,
}

/// Makes a code for an officer. One who is not a member yet becomes one, with the given role and
/// their code as name until it is entered.
pub async fn invite(
    tx: &mut Tx,
    station: &StationId,
    person: &PersonId,
    role: Option<&str>,
    life: Duration,
    clock: &Clock,
) -> Result<JoinCode> {
    Station::lock(tx, station).await?;
    let officer = match Officer::get(tx, station, person).await {
        Err(Error::OfficerUnknown { .. }) => {
            let officer = Officer {
                person: person.clone(),
                name: person.to_string(),
                post: String::new(),
                certificate: String::new(),
                valid_from: None,
                valid_until: None,
                roles: vec![role.unwrap_or(DEFAULT_ROLE).to_owned()],
                phone: String::new(),
                removed_at: None,
                changed: ChangedAt::default(),
            };
            officer.add(tx, station, clock).await?;
            officer
        }
        officer => officer?,
    };
    let role = match role {
        Some(role) => role.to_owned(),
        None => officer
            .roles
            .first()
            .cloned()
            .unwrap_or_else(|| DEFAULT_ROLE.to_owned()),
    };
    if !officer.roles.contains(&role) {
        return Err(Error::RoleNotHeld {
            person: person.clone(),
            role,
        });
    }
    let code = JoinCode::draw(station.clone(), clock);
    let now = clock.now_ms();
    let life = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    tx.exec(
        sql!("invite_insert"),
        args![
            station,
            &code.hash(),
            person,
            &role,
            now,
            now.saturating_add(life)
        ],
    )
    .await?;
    Ok(code)
}

/// Uses a code up for a device. It is good once; for the same device, once is also again, so
/// that a phone whose answer was lost may ask a second time.
pub async fn redeem(
    tx: &mut Tx,
    code: &JoinCode,
    device: &DeviceId,
    clock: &Clock,
) -> Result<Invited> {
    let (station, hash) = (code.station(), code.hash());
    let taken = take(tx, station, &hash, device, clock.now_ms()).await?;
    if let Some(invited) = taken {
        return Ok(invited);
    }
    let Some(row) = tx
        .fetch_opt(sql!("invite_get"), args![station, &hash])
        .await?
    else {
        return Err(Error::InviteUnknown);
    };
    match row.bytes_opt("used_by")?.map(DeviceId) {
        Some(before) if before == *device => Ok(Invited {
            person: row.parse("person")?,
            role: row.get("role")?,
        }),
        Some(_) => Err(Error::InviteUsed),
        None => Err(Error::InviteExpired),
    }
}

async fn take(
    tx: &mut Tx,
    station: &StationId,
    hash: &Hash,
    device: &DeviceId,
    now: i64,
) -> Result<Option<Invited>> {
    let row = tx
        .fetch_opt(sql!("invite_use"), args![station, hash, now, device])
        .await?;
    row.map(|row| {
        Ok(Invited {
            person: row.parse("person")?,
            role: row.get("role")?,
        })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let station = StationId::new("S-00").unwrap();
        let code = JoinCode {
            station,
            secret: "0123456789ABCDE".to_owned(),
        };
        assert_eq!(code.reveal(), "S-00-01234-56789-ABCDE");
        for typed in [
            "S-00-01234-56789-ABCDE",
            " S-00-oL234-56789-abcde\n",
            "S-00 -OI234-56789-ABCDE",
        ] {
            assert_eq!(JoinCode::parse(typed).unwrap(), code, "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_an_unknown_code() {
        for typed in [
            "",
            "-",
            "S00",
            "S00-1-2-3",
            "S00-01234-56789-ABCDU",
            "S/0-01234-56789-ABCDE",
        ] {
            assert!(
                matches!(JoinCode::parse(typed), Err(Error::InviteUnknown)),
                "{typed}"
            );
        }
    }
}
