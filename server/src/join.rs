//! Enrolling a phone: the one-time code is used up, the device becomes a member's, and the
//! charter says so, in one transaction.

use sync_core::envelope::Signed;
use sync_core::envelope::sign::is_public_key;
use sync_core::ids::{DeviceId, Hash, PersonId, StationId};
use sync_core::sync::{CodeProof, Fingerprint, JoinRequest};

use crate::charter;
use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::invite;
use crate::station::Station;
use crate::{args, sql};

/// Who the phone is from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    pub device: DeviceId,
    pub person: PersonId,
}

/// Which station a request asks to join, and with which code: the sender has shown to hold it and
/// the key that is to be enrolled.
pub fn of(request: &Signed<JoinRequest>) -> Result<(StationId, &CodeProof)> {
    let asked = &request.message;
    let code = asked.code.as_ref().ok_or(Error::PhoneOutdated)?;
    let station = asked.station.clone();
    let station = station.ok_or(Error::RequestMalformed { what: "a station" })?;
    let agree_key_fits = asked.agree_key.is_empty() || is_public_key(&asked.agree_key);
    if !is_public_key(&asked.sign_key) || !agree_key_fits {
        return Err(Error::RequestMalformed { what: "a key" });
    }
    match request.proves_its_key() && asked.proves_its_code() {
        true => Ok((station, code)),
        false => Err(Error::SignatureWrong),
    }
}

/// Enrols the phone; the device that its store was until now ends with it. A second time with the
/// same code and key changes nothing, so that a phone whose answer was lost asks again.
pub async fn join(
    tx: &mut Tx,
    station: &StationId,
    code: &CodeProof,
    request: &JoinRequest,
    data: &DataDir,
    clock: &Clock,
) -> Result<Enrolled> {
    Station::lock(tx, station)
        .await
        .map_err(|error| match error {
            // Who holds no code learns nothing about which stations there are.
            Error::StationUnknown(_) => Error::InviteElsewhere,
            error => error,
        })?;
    if code.server != Fingerprint::of(station, &data.key(station)?.public()) {
        return Err(Error::InviteElsewhere);
    }
    let device = DeviceId::of_key(&request.sign_key);
    let invited = invite::redeem(tx, station, &code.key, &device, clock).await?;
    let person = invited.person;
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
