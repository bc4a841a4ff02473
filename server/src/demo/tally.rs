//! What became of every act, counted from the stores: the phones' and the station's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sync_core::book::Line;
use sync_core::catalogue::Catalogue;
use sync_core::ids::{ActId, DeviceId, RecordId};
use sync_core::record::export::line;
use tokio::task::block_in_place;

use super::Numbers;
use super::failure::failed;
use super::phones::Carried;
use super::stage::Stage;
use crate::admission::project::flags;
use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::export::{self, RecordFormat};
use crate::{args, read_tx, sql};

/// What the station shows.
#[derive(Debug, Default)]
struct Shown {
    /// Each admitted act with the records it changed.
    admitted: BTreeMap<ActId, BTreeSet<RecordId>>,
    held: BTreeSet<ActId>,
    /// The export's line of each record, by the id it prints.
    exported: BTreeMap<String, Value>,
    contested: Vec<RecordId>,
    late: u64,
}

/// The numbers, and the first record in conflict.
pub async fn tally(stage: &Stage) -> Result<(Numbers, Option<RecordId>)> {
    let db = &stage.server.app.db;
    let shown = read_tx!(db, "demo_tally", async |tx| read(tx, stage).await).await?;
    let mut numbers = Numbers {
        conflicts: shown.contested.len() as u64,
        late: shown.late,
        ..Numbers::default()
    };
    for carried in &stage.phones {
        let status = carried.phone.status();
        numbers.saved += status.saved;
        numbers.sent += status.sent;
        numbers.registered += status.registered;
        numbers.held += status.held;
        numbers.lost += block_in_place(|| lost(carried, &shown))?;
    }
    Ok((numbers, shown.contested.first().copied()))
}

/// How many acts of a phone the station neither shows in full nor holds. A record shows in full
/// what was written when the export prints what the phone itself reads of it.
fn lost(carried: &Carried, shown: &Shown) -> Result<u64> {
    let phone = &carried.phone;
    let failed = || failed(format!("reading the phone of {}", carried.person));
    let device = phone.membership().map_err(failed())?.device;
    let catalogue = phone.catalogue().map_err(failed())?;
    let mut whole = BTreeSet::new();
    for row in phone.list().map_err(failed())? {
        let view = phone.view(row.record).map_err(failed())?;
        let line = Value::Object(line(&view, catalogue.kinds.get(&view.kind)));
        let id = line["id"].as_str().unwrap_or_default();
        if shown.exported.get(id) == Some(&line) {
            whole.insert(row.record);
        }
    }
    // A phone numbers its acts from 1 on, without a gap.
    let acts = (1..=phone.status().saved).map(|n| ActId { device, n });
    let is_there = |act: &ActId| {
        let records = shown.admitted.get(act);
        shown.held.contains(act) || records.is_some_and(|records| records.is_subset(&whole))
    };
    Ok(acts.filter(|act| !is_there(act)).count() as u64)
}

async fn read(tx: &mut Tx, stage: &Stage) -> Result<Shown> {
    let station = &stage.station;
    let mut shown = Shown::default();
    let all = args![station, 0_i64, i64::MAX];
    for row in tx.fetch_all(sql!("change_range"), all).await? {
        let records = shown.admitted.entry(act(&row)?).or_default();
        records.insert(RecordId(row.bytes("record")?));
    }
    for row in tx
        .fetch_all(sql!("held_list"), args![station, "held"])
        .await?
    {
        shown.held.insert(act(&row)?);
    }
    let none = (i64::MAX, RecordId([0xff; 16]));
    let flagged = args![
        station,
        flags::CONFLICT,
        i64::MAX,
        0_i64,
        "",
        "",
        none.0,
        &none.1
    ];
    for row in tx.fetch_all(sql!("record_list_flagged"), flagged).await? {
        shown.contested.push(RecordId(row.bytes("record")?));
    }
    let mut lines = Vec::new();
    export::records(tx, station, RecordFormat::Jsonl, false, &mut lines).await?;
    for line in String::from_utf8_lossy(&lines).lines() {
        let line: Value = serde_json::from_str(line).map_err(|_| Error::Damaged("export"))?;
        let id = line["id"].as_str().unwrap_or_default().to_owned();
        shown.exported.insert(id, line);
    }
    for book in Catalogue::embedded().shelf() {
        shown.late += late(tx, stage, &book.name).await?;
    }
    Ok(shown)
}

async fn late(tx: &mut Tx, stage: &Stage, book: &str) -> Result<u64> {
    let mut late = 0;
    let rows = tx
        .fetch_all(sql!("line_by_book"), args![&stage.station, book])
        .await?;
    for row in rows {
        let cells: String = row.get("cells")?;
        let line: Line = serde_json::from_str(&cells).map_err(|_| Error::Damaged("line"))?;
        late += u64::from(line.marks.late || line.marks.drift.is_some());
    }
    Ok(late)
}

fn act(row: &Row) -> Result<ActId> {
    Ok(ActId {
        device: DeviceId(row.bytes("device")?),
        n: row.count("act_n")?,
    })
}
