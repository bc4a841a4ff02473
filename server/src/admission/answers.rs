//! Acts that name others in `again`: read for a batch, written with it, and computed from the log.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::envelope::Act;
use sync_core::gate::answers::Place;
use sync_core::gate::{Answers, Named};
use sync_core::ids::{ActId, DeviceId, Hash, PersonId, StationId};

use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::{args, sql};

/// In a station's `meta`, once its table holds what its log gives: it is younger than some logs.
const KEPT: &str = "again";

/// What the acts of a batch name, and what stands in the books for the same.
pub async fn load(
    tx: &mut Tx,
    station: &StationId,
    acts: &[(ActId, PersonId, &Act)],
) -> Result<Answers> {
    let mut answers = Answers::default();
    let names: BTreeMap<ActId, ActId> = acts
        .iter()
        .filter_map(|(id, _, act)| Some((*id, act.again?)))
        .collect();
    let mut asked = BTreeSet::new();
    for (id, person, act) in acts {
        let Some(mut root) = act.again else { continue };
        // A chain within the batch; each step leads to another act of it, or out of it.
        for _ in 0..names.len() {
            match names.get(&root) {
                Some(before) => root = *before,
                None => break,
            }
        }
        for named in [*id, root] {
            if let Some(row) = one(tx, station, named).await? {
                answers.know(row);
            }
        }
        root = answers.get(root).map_or(root, |named| named.root);
        if !asked.insert((person, root)) {
            continue;
        }
        let key = args![station, person, &root.device, root.n];
        for row in tx.fetch_all(sql!("again_in_books"), key).await? {
            answers.know(read(&row)?);
        }
    }
    Ok(answers)
}

async fn one(tx: &mut Tx, station: &StationId, act: ActId) -> Result<Option<Named>> {
    let key = args![station, &act.device, act.n];
    let row = tx.fetch_opt(sql!("again_get"), key).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Named> {
    let places: String = row.get("places")?;
    let first = row.bytes_opt("first_device")?.map(DeviceId);
    let act = |device: &str, n: &str| -> Result<ActId> {
        let (device, n) = (DeviceId(row.bytes(device)?), row.count(n)?);
        Ok(ActId { device, n })
    };
    Ok(Named {
        act: act("device", "act_n")?,
        person: row.parse("person")?,
        again: act("again_device", "again_n")?,
        root: act("root_device", "root_n")?,
        said: row.bytes_opt("said")?.map(Hash),
        places: places
            .split_whitespace()
            .map(|place| place_of(place).ok_or(Error::Damaged("place of an act")))
            .collect::<Result<_>>()?,
        first: first
            .zip(row.count_opt("first_n")?)
            .map(|(device, n)| ActId { device, n }),
    })
}

fn place_of(text: &str) -> Option<Place> {
    let (record, change) = text.split_once(':')?;
    Some(Place {
        record: record.parse().ok()?,
        change: change.parse().ok()?,
    })
}

/// Writes down what was judged. The first act that bears a name keeps it.
pub async fn store<'a>(
    tx: &mut Tx,
    station: &StationId,
    new: impl Iterator<Item = &'a Named>,
) -> Result<()> {
    for named in new {
        let places: Vec<String> = named
            .places
            .iter()
            .map(|place| format!("{}:{}", place.record, place.change))
            .collect();
        tx.exec(
            sql!("again_insert"),
            args![
                station,
                &named.act.device,
                named.act.n,
                &named.person,
                &named.again.device,
                named.again.n,
                &named.root.device,
                named.root.n,
                named.said.as_ref(),
                &places.join(" "),
                named.first.as_ref().map(|first| &first.device),
                named.first.map(|first| first.n)
            ],
        )
        .await?;
    }
    Ok(())
}

/// All that are stored; none where the table was never filled.
pub async fn all(tx: &mut Tx, station: &StationId) -> Result<Option<Vec<Named>>> {
    if !is_kept(tx, station).await? {
        return Ok(None);
    }
    let rows = tx.fetch_all(sql!("again_list"), args![station]).await?;
    rows.iter().map(read).collect::<Result<_>>().map(Some)
}

pub async fn is_kept(tx: &mut Tx, station: &StationId) -> Result<bool> {
    let row = tx.fetch_opt(sql!("meta_get"), args![station, KEPT]).await?;
    Ok(row.is_some())
}

/// Puts what the log gives in the place of what was there.
pub async fn replace(tx: &mut Tx, station: &StationId, answers: &Answers) -> Result<()> {
    tx.exec(sql!("again_clear"), args![station]).await?;
    store(tx, station, answers.fresh()).await?;
    keep(tx, station).await
}

/// From here on the table holds what the log gives.
pub async fn keep(tx: &mut Tx, station: &StationId) -> Result<()> {
    let yes: &[u8] = &[1];
    tx.exec(sql!("meta_put"), args![station, KEPT, yes]).await?;
    Ok(())
}
