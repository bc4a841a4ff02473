//! Who is a member, as the charter says it: read from its deltas, and issued anew whenever what
//! the operator entered has moved on.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::catalogue::Catalogue;
use sync_core::envelope::{
    Charter, CharterDelta, DeviceGrant, Member, ServerKey, Statement, codec,
};
use sync_core::ids::{DeviceId, Epoch, Hash, StationId};

use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::officer::Officer;
use crate::station_log::StationLog;
use crate::{args, sql};

/// The catalogues a station has had, by their hash.
pub type Catalogues = BTreeMap<Hash, Arc<Catalogue>>;

/// A charter that its rows give; a row that does not fit is damage to the store.
pub fn read(rows: &[Row]) -> Result<Charter> {
    let mut charter = Charter::default();
    for row in rows {
        let bytes: Vec<u8> = row.get("delta")?;
        let delta: CharterDelta =
            codec::from_bytes(&bytes).map_err(|_| Error::Damaged("charter"))?;
        charter
            .apply(&delta)
            .map_err(|_| Error::Damaged("charter"))?;
    }
    Ok(charter)
}

pub async fn load(tx: &mut Tx, station: &StationId) -> Result<Charter> {
    read(&tx.fetch_all(sql!("charter_list"), args![station]).await?)
}

pub fn read_catalogues(rows: &[Row]) -> Result<Catalogues> {
    rows.iter()
        .map(|row| {
            let bundle: Vec<u8> = row.get("bundle")?;
            let catalogue =
                Catalogue::from_bundle(&bundle).map_err(|_| Error::Damaged("catalogue"))?;
            Ok((Hash(row.bytes("hash")?), Arc::new(catalogue)))
        })
        .collect()
}

/// Issues a new epoch if members, devices, name, zone or catalogue are not what the newest one
/// says. `catalogue` is the one that shall hold from now on; none leaves it.
pub async fn revise(log: &mut StationLog<'_>, catalogue: Option<&Catalogue>) -> Result<()> {
    let delta = difference(log, catalogue).await?;
    let Some(delta) = delta else { return Ok(()) };
    if let Some(catalogue) = catalogue {
        let (hash, bundle) = (catalogue.hash(), catalogue.bundle());
        let station = log.station.id.clone();
        log.tx
            .exec(sql!("catalogue_insert"), args![&station, &hash, &bundle])
            .await?;
    }
    log.charter
        .apply(&delta)
        .map_err(|_| Error::Damaged("charter"))?;
    let bytes = codec::to_bytes(&delta);
    log.tx
        .exec(
            sql!("charter_insert"),
            args![
                &log.station.id,
                delta.epoch.lineage,
                delta.epoch.n,
                &bytes,
                log.now
            ],
        )
        .await?;
    log.station.epoch = delta.epoch;
    log.say(Vec::new(), vec![Statement::Charter(delta)]).await?;
    Ok(())
}

/// [`revise`] for whoever has changed rows that the charter is issued from, in the same
/// transaction.
pub async fn issue(
    tx: &mut Tx,
    station: &StationId,
    catalogue: Option<&Catalogue>,
    data: &DataDir,
    clock: &Clock,
) -> Result<()> {
    let mut log = StationLog::open(tx, station, data, clock).await?;
    revise(&mut log, catalogue).await?;
    log.close().await
}

async fn difference(
    log: &mut StationLog<'_>,
    catalogue: Option<&Catalogue>,
) -> Result<Option<CharterDelta>> {
    let station = &log.station;
    let epoch = match log.charter.newest() {
        Some(newest) => Epoch {
            n: newest.n + 1,
            ..newest
        },
        None => Epoch {
            lineage: station.epoch.lineage,
            n: 0,
        },
    };
    let mut delta = CharterDelta::new(epoch);
    let now = log.charter.now();
    if now.as_ref().is_none_or(|now| now.server().is_none()) {
        let (device, sign_key) = (log.key.device(), log.key.public());
        delta.server = Some(ServerKey { device, sign_key });
    }
    if now
        .as_ref()
        .is_none_or(|now| now.station_name() != station.name)
    {
        delta.station_name = Some(station.name.clone());
    }
    let zone = i32::try_from(station.zone_minutes).unwrap_or_default();
    if now.as_ref().is_none_or(|now| now.zone_minutes() != zone) {
        delta.zone_minutes = Some(zone);
    }
    if let Some(hash) = catalogue.map(Catalogue::hash)
        && now.as_ref().is_none_or(|now| now.catalogue() != hash)
    {
        delta.catalogue = Some(hash);
    }
    for row in log
        .tx
        .fetch_all(sql!("officer_list"), args![&station.id])
        .await?
    {
        let member = member(Officer::read(&row)?);
        if now.as_ref().and_then(|now| now.member(&member.person)) != Some(&member) {
            delta.members.push(member);
        }
    }
    for row in log
        .tx
        .fetch_all(sql!("device_list"), args![&station.id])
        .await?
    {
        let grant = DeviceGrant {
            device: DeviceId(row.bytes("device")?),
            person: row.parse("person")?,
            sign_key: row.get("sign_key")?,
            agree_key: row.get("agree_key")?,
            removed: false,
        };
        let removed = row.get::<Option<i64>>("removed_seq")?.is_some();
        let known = log.charter.ever(grant.device).is_some();
        let stands = now
            .as_ref()
            .is_some_and(|now| now.device(grant.device).is_some());
        match (removed, known) {
            (false, false) => delta.devices.push(grant),
            (true, true) if stands => delta.removed_devices.push(grant.device),
            (false, true) | (true, false | true) => {}
        }
    }
    let says_nothing = CharterDelta::new(epoch) == delta;
    Ok((!says_nothing).then_some(delta))
}

fn member(officer: Officer) -> Member {
    Member {
        active: officer.removed_at.is_none(),
        certificate: (!officer.certificate.is_empty()).then_some(officer.certificate),
        certificate_until: officer.valid_until,
        person: officer.person,
        name: officer.name,
        post: officer.post,
        roles: officer.roles,
    }
}
