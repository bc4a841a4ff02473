//! Enrolling a phone: the one-time code is used up, the device becomes a member's, and the
//! charter says so, in one transaction.

use sync_core::envelope::sign::is_public_key;
use sync_core::ids::{DeviceId, Hash, PersonId, StationId};
use sync_core::sync::JoinRequest;

use crate::charter;
use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::invite::{self, JoinCode};
use crate::station::Station;
use crate::{args, sql};

/// Who the phone is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub device: DeviceId,
    pub person: PersonId,
}

/// The station that a request asks to join; the code names it.
pub fn station_of(request: &JoinRequest) -> Result<(StationId, JoinCode)> {
    let code = JoinCode::parse(&request.code)?;
    let station = code.station().clone();
    if request
        .station
        .as_ref()
        .is_some_and(|given| *given != station)
    {
        return Err(Error::InviteUnknown);
    }
    let agree_key_fits = request.agree_key.is_empty() || is_public_key(&request.agree_key);
    if !is_public_key(&request.sign_key) || !agree_key_fits {
        return Err(Error::RequestMalformed { what: "a key" });
    }
    Ok((station, code))
}

/// Enrols the phone; the device that its store was until now ends with it. A second time with the same code and key changes nothing, so that a phone
/// whose answer was lost asks again.
pub async fn join(
    tx: &mut Tx,
    request: &JoinRequest,
    code: &JoinCode,
    data: &DataDir,
    clock: &Clock,
) -> Result<Enrolled> {
    let station = code.station();
    Station::lock(tx, station)
        .await
        .map_err(|error| match error {
            // Who holds no code learns nothing about which stations there are.
            Error::StationUnknown(_) => Error::InviteUnknown,
            error => error,
        })?;
    let device = DeviceId::of_key(&request.sign_key);
    let person = invite::redeem(tx, code, &device, clock).await?.person;
    let row = tx
        .fetch_opt(sql!("device_get"), args![station, &device])
        .await?;
    if let Some(row) = row {
        let is_removed = row.get::<Option<i64>>("removed_seq")?.is_some();
        return match row.parse::<PersonId>("person")? == person && !is_removed {
            true => Ok(Enrolled { device, person }),
            false => Err(Error::DeviceTaken),
        };
    }
    let now = clock.now_ms();
    let (sign_key, agree_key) = (&request.sign_key, &request.agree_key);
    tx.exec(
        sql!("device_insert"),
        args![
            station,
            &device,
            &person,
            sign_key,
            agree_key,
            0,
            &Hash::ZERO,
            now,
            now,
            request.clock.wall.saturating_sub(now),
            false,
            0,
            0
        ],
    )
    .await?;
    if let Some(replaced) = &request.replaces {
        tx.exec(sql!("device_remove"), args![station, replaced, &person])
            .await?;
    }
    charter::issue(tx, station, None, data, clock).await?;
    Ok(Enrolled { device, person })
}
