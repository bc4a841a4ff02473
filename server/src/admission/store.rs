//! Writing a judged batch down: entries, changes, rows, lines, numbers and what the server says
//! of them, in one transaction, if the log still stands where the batch was read.

use std::collections::BTreeMap;

use sync_core::book::Line;
use sync_core::envelope::change::change_hash;
use sync_core::envelope::{Outcome, Statement, Verdict};
use sync_core::gate::Docket;
use sync_core::ids::{ActId, RecordId, StationId};
use sync_core::record::history::Change;

use super::judge::{Entered, HeldItem, Judged};
use super::project::Projected;
use super::{answers, lists, numbers};
use crate::card;
use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::station_log::StationLog;
use crate::{args, sql, write_tx};

/// Stores a batch. False: another writer was first, nothing is stored, and it must be judged anew.
pub async fn store(db: &Db, data: &DataDir, clock: &Clock, judged: Judged) -> Result<bool> {
    let id = judged.batch.station.id.clone();
    write_tx!(*db, "admission", async |tx| {
        let mut log = StationLog::open(tx, &id, data, clock).await?;
        if log.station.entries != judged.batch.station.entries
            || log.station.epoch != judged.batch.station.epoch
        {
            return Ok(false);
        }
        log.now = judged.now;
        let mut statements = Vec::new();
        for entered in &judged.entered {
            log.append(
                &entered.envelope,
                entered.received_at,
                entered.held.clone(),
                entered.whole,
            )
            .await?;
            for item in &entered.items {
                held(&mut log, &judged.records, entered, item).await?;
                statements.push(verdict(entered, item));
            }
        }
        for (device, last) in &judged.last_act {
            log.tx
                .exec(sql!("device_acts"), args![&id, device, *last])
                .await?;
        }
        for (record, docket) in &judged.records {
            generations(log.tx, &id, *record, docket).await?;
            let first = docket.history.changes().len() - docket.new_changes().len();
            changes(log.tx, &id, *record, docket.new_changes(), first).await?;
        }
        let mut due: Vec<_> = judged
            .projected
            .iter()
            .flat_map(|record| record.due.iter().map(|due| (record.record, due.clone())))
            .collect();
        due.sort_by(|a, b| (a.1.entry, a.0, &a.1.book).cmp(&(b.1.entry, b.0, &b.1.book)));
        let given = numbers::give(&mut log, &due).await?;
        statements.extend(given.into_iter().map(Statement::Number));
        for record in &judged.projected {
            replace(log.tx, &id, record).await?;
        }
        answers::store(log.tx, &id, judged.answers.fresh()).await?;
        for (record, old, new) in &judged.anew.renamed {
            log.tx
                .exec(sql!("rename_insert"), args![&id, record, old, new])
                .await?;
        }
        for _ in &judged.anew.acts {
            log.next_act();
        }
        log.say(judged.anew.acts.clone(), statements).await?;
        log.close().await?;
        Ok(true)
    })
    .await
}

fn verdict(entered: &Entered, item: &HeldItem) -> Statement {
    Statement::Verdict(Verdict {
        act: ActId {
            device: entered.envelope.body.device,
            n: item.act,
        },
        envelope: entered.envelope.hash(),
        code: item.reason.code.word().to_owned(),
        detail: item.reason.detail.clone(),
        outcome: match item.rewritten {
            Some(as_) => Outcome::Rewritten { as_ },
            None => Outcome::Held,
        },
    })
}

async fn held(
    log: &mut StationLog<'_>,
    records: &BTreeMap<RecordId, Docket>,
    entered: &Entered,
    item: &HeldItem,
) -> Result<()> {
    let (id, envelope) = (&log.station.id, entered.envelope.hash());
    let named: Vec<String> = item.records.iter().map(ToString::to_string).collect();
    let person = item
        .person
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let index = item.index.map_or(-1, i64::from);
    log.tx
        .exec(
            sql!("held_insert"),
            args![
                id,
                &envelope,
                index,
                &entered.envelope.body.device,
                entered.envelope.body.seq,
                item.act,
                &person,
                item.reason.code.word(),
                &item.reason.detail,
                item.at,
                if item.rewritten.is_some() {
                    "rewritten"
                } else {
                    "held"
                },
                &named.join(" ")
            ],
        )
        .await?;
    for (record, g, bytes) in &item.changes {
        let Ok(hash) = change_hash(bytes) else {
            continue;
        };
        // The desk noted those that something may rest on.
        let docket = records.get(record);
        if docket.is_none_or(|docket| !docket.held.contains_key(&hash)) {
            continue;
        }
        log.tx
            .exec(
                sql!("held_change_insert"),
                args![
                    id,
                    record,
                    &hash,
                    &entered.envelope.body.device,
                    *g,
                    item.act,
                    bytes,
                    &envelope,
                    index,
                    log.next_entry() - 1
                ],
            )
            .await?;
    }
    Ok(())
}

async fn generations(
    tx: &mut Tx,
    station: &StationId,
    record: RecordId,
    docket: &Docket,
) -> Result<()> {
    for (device, g) in &docket.generations {
        tx.exec(sql!("generation_put"), args![station, &record, device, *g])
            .await?;
    }
    Ok(())
}

/// Writes changes of a record down, of which the first is its `first`th.
pub async fn changes(
    tx: &mut Tx,
    station: &StationId,
    record: RecordId,
    changes: &[Change],
    first: usize,
) -> Result<()> {
    for (at, change) in changes.iter().enumerate() {
        let origin = &change.origin;
        tx.exec(
            sql!("change_insert"),
            args![
                station,
                &record,
                (first + at) as u64,
                &change.decoded.hash,
                &change.bytes,
                &origin.act.device,
                change.decoded.seq,
                origin.act.n,
                &origin.person,
                origin.at,
                origin.received_at.unwrap_or_default(),
                origin.entry.unwrap_or_default()
            ],
        )
        .await?;
    }
    Ok(())
}

/// What the server itself has written into a record: its changes, its row and its lines.
pub async fn more(
    tx: &mut Tx,
    station: &StationId,
    docket: &Docket,
    projected: &Projected,
) -> Result<()> {
    generations(tx, station, projected.record, docket).await?;
    let first = docket.history.changes().len() - docket.new_changes().len();
    changes(tx, station, projected.record, docket.new_changes(), first).await?;
    replace(tx, station, projected).await
}

/// A line as its row keeps it.
pub fn cells(line: &Line) -> Result<String> {
    serde_json::to_string(line).map_err(|_| Error::Damaged("line"))
}

/// Puts a record's row and lines in the place of those that were there.
pub async fn replace(tx: &mut Tx, station: &StationId, record: &Projected) -> Result<()> {
    let summary = &record.summary;
    tx.exec(
        sql!("record_put"),
        args![
            station,
            &record.record,
            &summary.kind,
            summary.external_id.as_deref(),
            &summary.title,
            summary.day.as_deref(),
            &summary.state,
            &summary.author,
            summary.created_entry,
            summary.updated_entry,
            summary.changes,
            summary.operations,
            summary.flags
        ],
    )
    .await?;
    if summary.kind == card::KIND {
        card::Code::ensure(tx, station, record.record).await?;
    }
    tx.exec(sql!("line_delete"), args![station, &record.record])
        .await?;
    for line in &record.lines {
        let cells = cells(line)?;
        tx.exec(
            sql!("line_insert"),
            args![
                station,
                &line.book,
                &record.record,
                &line.row_key,
                line.day.as_deref(),
                &line.officer,
                &line.sort,
                &cells
            ],
        )
        .await?;
    }
    lists::replace(tx, station, &record.record, &record.listed).await
}
