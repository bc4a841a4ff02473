//! Books computed anew from the station log alone, and compared with what stands in the store.

use sync_core::book::Line;
use sync_core::envelope::Number;
use sync_core::gate::Named;
use sync_core::ids::{RecordId, StationId};
use sync_core::record::history::{Change, History};

use crate::admission::project::{self, Projected, Summary};
use crate::admission::{answers, lists, numbers, store};
use crate::card;
use crate::charter;
use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::replay::Replay;
use crate::station::Station;
use crate::{args, sql};

/// What was gone through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub records: u64,
    pub changes: u64,
    pub lines: u64,
    pub numbers: u64,
}

/// Compares every row with what the log gives; the first that differs is the error.
pub async fn check(tx: &mut Tx, station: &StationId) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut listed = [0; 3];
    let (mut replay, around) = begin(tx, station).await?;
    let records: Vec<RecordId> = replay.records().copied().collect();
    for record in records {
        let history = around.history(&mut replay, record)?;
        let rows = tx
            .fetch_all(sql!("change_of_record"), args![station, &record])
            .await?;
        same_changes(&history, &rows)?;
        let projected = project::of(&history, &around.station);
        let row = tx
            .fetch_opt(sql!("record_get"), args![station, &record])
            .await?;
        same_summary(&projected, row.as_ref())?;
        let rows = tx
            .fetch_all(sql!("line_of_record"), args![station, &record])
            .await?;
        let misplaced = args![station, &record];
        if !tx
            .fetch_all(sql!("line_misplaced"), misplaced)
            .await?
            .is_empty()
        {
            return Err(differs(format!("the place of record {record} in a book")));
        }
        same_lines(&projected, &rows)?;
        if lists::read(tx, station, &record).await? != projected.listed {
            return Err(differs(format!("what is listed of record {record}")));
        }
        listed[0] += 1;
        listed[1] += projected.listed.limits.len() as u64;
        listed[2] += projected.listed.links.len() as u64;
        if projected.summary.kind == card::KIND
            && card::Code::of(tx, station, record).await?.is_none()
        {
            return Err(differs(format!("card {record} has no code")));
        }
        counts.records += 1;
        counts.changes += history.changes().len() as u64;
        counts.lines += projected.lines.len() as u64;
    }
    nothing_else(tx, station, counts).await?;
    if lists::count(tx, station).await? != listed {
        return Err(differs(
            "the store lists records that the log has not".to_owned(),
        ));
    }
    same_answers(tx, station, &replay).await?;
    let mut given = replay.numbers;
    given.sort_by(|a, b| (&a.book, a.year, a.n).cmp(&(&b.book, b.year, b.n)));
    let rows = tx.fetch_all(sql!("number_list"), args![station]).await?;
    same_numbers(&given, &rows)?;
    counts.numbers = given.len() as u64;
    Ok(counts)
}

/// Writes every row anew. The station must be locked.
pub async fn rewrite(tx: &mut Tx, station: &StationId) -> Result<Counts> {
    Station::lock(tx, station).await?;
    let mut counts = Counts::default();
    let (mut replay, around) = begin(tx, station).await?;
    for clear in [
        sql!("change_clear"),
        sql!("line_clear"),
        sql!("record_clear"),
        sql!("number_clear"),
    ] {
        tx.exec(clear, args![station]).await?;
    }
    lists::clear(tx, station).await?;
    let records: Vec<RecordId> = replay.records().copied().collect();
    for record in records {
        let history = around.history(&mut replay, record)?;
        store::changes(tx, station, record, history.changes(), 0).await?;
        let projected = project::of(&history, &around.station);
        store::replace(tx, station, &projected).await?;
        counts.records += 1;
        counts.changes += history.changes().len() as u64;
        counts.lines += projected.lines.len() as u64;
    }
    answers::replace(tx, station, &replay.answers).await?;
    for number in &replay.numbers {
        numbers::put(tx, station, number).await?;
    }
    counts.numbers = replay.numbers.len() as u64;
    Ok(counts)
}

/// Computes what a store of an earlier version has not: what is listed of records, and which acts
/// name others.
pub async fn fill(tx: &mut Tx, station: &StationId) -> Result<bool> {
    let listed = fill_lists(tx, station).await?;
    if answers::is_kept(tx, station).await? {
        return Ok(listed);
    }
    Station::lock(tx, station).await?;
    let (replay, _) = begin(tx, station).await?;
    answers::replace(tx, station, &replay.answers).await?;
    Ok(true)
}

async fn fill_lists(tx: &mut Tx, station: &StationId) -> Result<bool> {
    let row = tx.fetch_opt(sql!("record_count"), args![station]).await?;
    let records = row.ok_or(Error::Damaged("count"))?.count("n")?;
    if lists::count(tx, station).await?[0] >= records {
        return Ok(false);
    }
    Station::lock(tx, station).await?;
    let charter = charter::load(tx, station).await?;
    let rows = tx.fetch_all(sql!("catalogue_list"), args![station]).await?;
    let newest = charter::newest_catalogue(&charter, &charter::read_catalogues(&rows)?)?;
    project::again(tx, station, &project::around(&charter, newest), None).await?;
    Ok(true)
}

struct Around {
    id: StationId,
    charter: sync_core::envelope::Charter,
    catalogues: charter::Catalogues,
    station: sync_core::book::Station,
}

impl Around {
    fn history(&self, replay: &mut Replay, record: RecordId) -> Result<History> {
        replay.history(record, &self.id, &self.charter, &self.catalogues)
    }
}

async fn begin(tx: &mut Tx, station: &StationId) -> Result<(Replay, Around)> {
    let charter = charter::load(tx, station).await?;
    let rows = tx.fetch_all(sql!("catalogue_list"), args![station]).await?;
    let catalogues = charter::read_catalogues(&rows)?;
    let replay = Replay::read(tx, station, &charter).await?;
    let newest = charter::newest_catalogue(&charter, &catalogues)?;
    let around = Around {
        id: station.clone(),
        station: project::around(&charter, newest),
        charter,
        catalogues,
    };
    Ok((replay, around))
}

fn differs(what: String) -> Error {
    Error::Differs { what }
}

fn same_changes(history: &History, rows: &[Row]) -> Result<()> {
    let record = history.record;
    let (stored, rebuilt) = (rows.len(), history.changes().len());
    for (pos, (change, row)) in history.changes().iter().zip(rows).enumerate() {
        if row.count("pos")? != pos as u64 || !same_change(change, row)? {
            return Err(differs(format!("change {pos} of record {record}")));
        }
    }
    match stored == rebuilt {
        true => Ok(()),
        false => Err(differs(format!(
            "record {record} has {stored} changes where the log has {rebuilt}"
        ))),
    }
}

fn same_change(change: &Change, row: &Row) -> Result<bool> {
    let origin = &change.origin;
    Ok(row.bytes("hash")? == change.decoded.hash.0
        && row.get::<Vec<u8>>("bytes")? == change.bytes
        && row.bytes("device")? == origin.act.device.0
        && row.count("seq")? == change.decoded.seq
        && row.count("act_n")? == origin.act.n
        && row.get::<String>("person")? == origin.person.as_str()
        && row.get::<i64>("at")? == origin.at
        && Some(row.get::<i64>("received_at")?) == origin.received_at
        && Some(row.count("entry")?) == origin.entry)
}

fn same_summary(projected: &Projected, row: Option<&Row>) -> Result<()> {
    let record = projected.record;
    let Some(row) = row else {
        return Err(differs(format!("record {record} has no row")));
    };
    match Summary::read(row)? == projected.summary {
        true => Ok(()),
        false => Err(differs(format!("the row of record {record}"))),
    }
}

fn same_lines(projected: &Projected, rows: &[Row]) -> Result<()> {
    let record = projected.record;
    let mut lines: Vec<&Line> = projected.lines.iter().collect();
    lines.sort_by(|a, b| (&a.book, &a.row_key).cmp(&(&b.book, &b.row_key)));
    let mut stored: Vec<&Row> = rows.iter().collect();
    // Engines sort texts each in their own way.
    stored.sort_by_cached_key(|row| (text(row, "book"), text(row, "row_key")));
    for (line, row) in lines.iter().zip(&stored) {
        let same = text(row, "book") == line.book
            && text(row, "row_key") == line.row_key
            && row.get::<Option<String>>("day")? == line.day
            && text(row, "officer") == line.officer
            && text(row, "sort") == line.sort
            && text(row, "cells") == store::cells(line)?;
        if !same {
            return Err(differs(format!(
                "the line of record {record} in book {}, row {}",
                line.book, line.row_key
            )));
        }
    }
    match lines.len() == stored.len() {
        true => Ok(()),
        false => Err(differs(format!(
            "record {record} has {} lines where the log gives {}",
            stored.len(),
            lines.len()
        ))),
    }
}

fn text(row: &Row, column: &str) -> String {
    row.get(column).unwrap_or_default()
}

async fn nothing_else(tx: &mut Tx, station: &StationId, counts: Counts) -> Result<()> {
    let known = [
        ("record", sql!("record_count"), counts.records),
        ("change", sql!("change_count"), counts.changes),
        ("line", sql!("line_count"), counts.lines),
    ];
    for (what, query, rebuilt) in known {
        let row = tx.fetch_opt(query, args![station]).await?;
        let stored = row.ok_or(Error::Damaged("count"))?.count("n")?;
        if stored != rebuilt {
            return Err(differs(format!(
                "the store has {stored} {what} rows where the log gives {rebuilt}"
            )));
        }
    }
    Ok(())
}

async fn same_answers(tx: &mut Tx, station: &StationId, replay: &Replay) -> Result<()> {
    // A store of an earlier version is filled when it is served.
    let Some(mut stored) = answers::all(tx, station).await? else {
        return Ok(());
    };
    stored.sort_by_key(|named| named.act);
    let given: Vec<&Named> = replay.answers.fresh().collect();
    match stored.iter().eq(given) {
        true => Ok(()),
        false => Err(differs("which acts name others in `again`".to_owned())),
    }
}

fn same_numbers(given: &[Number], rows: &[Row]) -> Result<()> {
    let mut stored = rows
        .iter()
        .map(numbers::read)
        .collect::<Result<Vec<Number>>>()?;
    stored.sort_by(|a, b| (&a.book, a.year, a.n).cmp(&(&b.book, b.year, b.n)));
    for (number, row) in given.iter().zip(&stored) {
        if number != row {
            return Err(differs(format!("number {}", number.text)));
        }
    }
    match given.len() == stored.len() {
        true => Ok(()),
        false => Err(differs(format!(
            "the store has {} numbers where the log gives {}",
            stored.len(),
            given.len()
        ))),
    }
}
