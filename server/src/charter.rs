//! Who is a member, as the charter says it: read from its deltas, and issued anew whenever what
//! the operator entered has moved on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sync_core::catalogue::Catalogue;
use sync_core::envelope::{
    Charter, CharterDelta, DeviceGrant, Member, ServerKey, Statement, codec,
};
use sync_core::ids::{DeviceId, Epoch, Hash, RecordId, StationId};

use crate::admission::project;

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
            let catalogue = read_catalogue(&row.get::<Vec<u8>>("bundle")?)?;
            Ok((Hash(row.bytes("hash")?), Arc::new(catalogue)))
        })
        .collect()
}

pub fn read_catalogue(bundle: &[u8]) -> Result<Catalogue> {
    Catalogue::from_bundle(bundle).map_err(|_| Error::Damaged("catalogue"))
}

/// Issues a new epoch if members, devices, name, zone or catalogue are not what the newest one
/// says. `catalogue` is the one that shall hold from now on; none leaves it.
pub async fn revise(log: &mut StationLog<'_>, catalogue: Option<&Catalogue>) -> Result<()> {
    let mut charter = load(log.tx, &log.station.id).await?;
    let delta = difference(log, &charter, catalogue).await?;
    let Some(delta) = delta else { return Ok(()) };
    if let Some(catalogue) = catalogue {
        let (hash, bundle) = (catalogue.hash(), catalogue.bundle());
        let station = log.station.id.clone();
        log.tx
            .exec(sql!("catalogue_insert"), args![&station, &hash, &bundle])
            .await?;
    }
    let shown = Shown::by(&delta, &charter);
    charter
        .apply(&delta)
        .map_err(|_| Error::Damaged("charter"))?;
    shown.show_again(log, &charter).await?;
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

pub fn newest_catalogue(charter: &Charter, catalogues: &Catalogues) -> Result<Arc<Catalogue>> {
    let hash = charter.now().ok_or(Error::Damaged("charter"))?.catalogue();
    let newest = catalogues.get(&hash);
    newest.cloned().ok_or(Error::Damaged("catalogue"))
}

/// Which lines show what a delta changes.
enum Shown {
    Everywhere,
    /// Those that show one of these texts: codes of members and what stood for them.
    Where(Vec<String>),
}

impl Shown {
    fn by(delta: &CharterDelta, before: &Charter) -> Shown {
        if delta.catalogue.is_some() || delta.zone_minutes.is_some() {
            return Shown::Everywhere;
        }
        let mut texts = Vec::new();
        for member in &delta.members {
            let known = before.person(&member.person);
            let is_same = known.is_some_and(|known| {
                (&known.name, &known.certificate) == (&member.name, &member.certificate)
            });
            if is_same {
                continue;
            }
            texts.push(member.person.to_string());
            texts.extend(known.map(|known| known.name.clone()));
            texts.extend(known.and_then(|known| known.certificate.clone()));
        }
        Shown::Where(texts)
    }

    async fn show_again(self, log: &mut StationLog<'_>, charter: &Charter) -> Result<()> {
        let station = log.station.id.clone();
        let records = match self {
            Shown::Everywhere => None,
            Shown::Where(texts) => {
                let mut records = BTreeSet::new();
                for text in texts {
                    let within = format!("%{}%", in_json(&text));
                    let args = args![&station, &text, &within];
                    for row in log.tx.fetch_all(sql!("record_naming"), args).await? {
                        records.insert(RecordId(row.bytes("record")?));
                    }
                }
                if records.is_empty() {
                    return Ok(());
                }
                Some(records.into_iter().collect())
            }
        };
        let rows = log
            .tx
            .fetch_all(sql!("catalogue_list"), args![&station])
            .await?;
        let catalogues = read_catalogues(&rows)?;
        let catalogue = newest_catalogue(charter, &catalogues)?;
        let around = project::around(charter, catalogue);
        project::again(log.tx, &station, &around, records).await
    }
}

/// A text as it stands inside the JSON of a line. Finding too much harms nothing.
fn in_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted.trim_matches('"').replace('\\', "%")
}

async fn difference(
    log: &mut StationLog<'_>,
    charter: &Charter,
    catalogue: Option<&Catalogue>,
) -> Result<Option<CharterDelta>> {
    let station = &log.station;
    let epoch = match charter.newest() {
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
    let now = charter.now();
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
        let known = charter.ever(grant.device).is_some();
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
