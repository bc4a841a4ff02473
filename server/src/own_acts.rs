//! Acts that the server writes itself, into new records or ones that are there: said in its log,
//! merged, and written down with their lines and numbers, all in the transaction of the log.

use std::collections::BTreeSet;
use std::sync::Arc;

use sync_core::envelope::{Act, Charter, Statement};

use sync_core::gate::{Arrival, Desk};
use sync_core::ids::{PersonId, RecordId, StationId};

use crate::admission::{numbers, project, record, store};
use crate::charter::{self, Catalogues};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::station_log::StationLog;
use crate::{args, sql};

/// Enters the acts, in their order. Their numbers are those that the log has given.
pub async fn enter(
    log: &mut StationLog<'_>,
    charter: &Charter,
    catalogues: &Catalogues,
    acts: Vec<Act>,
) -> Result<()> {
    let id = log.station.id.clone();
    let catalogue = charter::newest_catalogue(charter, catalogues)?;
    let entries = log.say(acts.clone(), Vec::new()).await?;
    let mut desk = Desk::new(&id, charter, catalogues);
    let mut touched = BTreeSet::new();
    for part in acts.iter().flat_map(|act| &act.parts) {
        if touched.insert(part.record) && part.made.is_none() {
            let stored = record::load(log.tx, &id, part.record).await?;
            desk.records.insert(part.record, stored.docket);
        }
    }
    let (device, server) = (log.station.server_device, PersonId::server());
    for (act, entry) in acts.iter().zip(entries) {
        let arrival = Arrival {
            received_at: Some(log.now),
            entry: Some(entry),
            epoch_before: None,
        };
        desk.replay(act, device, &server, arrival)
            .map_err(|held| Error::Differs {
                what: format!("the server's own act {} ({held})", act.n),
            })?;
    }
    let around = project::around(charter, Arc::clone(&catalogue));
    let mut due = Vec::new();
    for act in &acts {
        for record in act.parts.iter().map(|part| part.record) {
            if !touched.remove(&record) {
                continue;
            }
            let Some(docket) = desk.records.get(&record) else {
                continue;
            };
            let projected = project::of(&docket.history, &around);
            store::more(log.tx, &id, docket, &projected).await?;
            let numbered = numbered(log.tx, &id, record).await?;
            let earned = projected.due.into_iter();
            let earned = earned.filter(|due| !numbered.contains(&due.book));
            due.extend(earned.map(|due| (record, due)));
        }
    }
    let given = numbers::give(log, &due).await?;
    let statements = given.into_iter().map(Statement::Number).collect();
    log.say(Vec::new(), statements).await?;
    Ok(())
}

async fn numbered(tx: &mut Tx, station: &StationId, record: RecordId) -> Result<BTreeSet<String>> {
    let rows = tx
        .fetch_all(sql!("number_of_record"), args![station, &record])
        .await?;
    rows.iter().map(|row| row.get("book")).collect()
}
