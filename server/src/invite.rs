//! Join codes, as the server knows them: by the hash of the public key that a code is the secret
//! of. Whoever reads the table can neither tell the codes nor use them.

mod withdraw;

use std::time::Duration;

use sync_core::ids::{DeviceId, Hash, PersonId, StationId};
use sync_core::sync::JoinCode;

use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::officer::{ChangedAt, Officer};
use crate::station::Station;
use crate::{args, sql};

pub use withdraw::{Invite, withdraw};

/// How long a code is good when nobody says otherwise.
pub const DEFAULT_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The role of a member whom `invite` names first.
pub const DEFAULT_ROLE: &str = "stationed_officer";

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
    data: &DataDir,
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
    let mut secret = [0; 10];
    secret.copy_from_slice(&clock.entropy()[..10]);
    let code = JoinCode::new(station.clone(), secret, &data.key(station)?.public());
    let now = clock.now_ms();
    let life = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    tx.exec(
        sql!("invite_insert"),
        args![
            station,
            &known_by(&code.key().public()),
            person,
            &role,
            now,
            now.saturating_add(life)
        ],
    )
    .await?;
    Ok(code)
}

/// What the table calls the code that has this public key.
fn known_by(code_key: &[u8]) -> Hash {
    Hash::of_parts("wardbook join code key", &[code_key])
}

/// Uses up, for a device, the code that has this public key. It is good once; for the same device,
/// once is also again, so that a phone whose answer was lost may ask a second time.
pub async fn redeem(
    tx: &mut Tx,
    station: &StationId,
    code_key: &[u8],
    device: &DeviceId,
    clock: &Clock,
) -> Result<Invited> {
    let hash = known_by(code_key);
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
