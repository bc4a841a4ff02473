//! What lists and books say of a record once it is merged: its row, its lines, its number.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::book::{self, Line, Station as BookStation};
use sync_core::catalogue::{Catalogue, NumberRule};
use sync_core::envelope::Charter;
use sync_core::gate::Docket;
use sync_core::ids::{RecordId, StationId};
use sync_core::record::history::History;
use sync_core::record::view::View;

use super::lists::{self, Listed};
use super::load::Batch;
use super::record::history;
use super::store;
use crate::db::{Row, Tx, storable};
use crate::error::Result;
use crate::{args, sql};

/// A record's row in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub kind: String,
    pub external_id: Option<String>,
    pub title: String,
    /// The record's day in the station's time zone, `2026-05-11`.
    pub day: Option<String>,
    /// The step it stands at, several joined by `|` where it is contested.
    pub state: String,
    pub author: String,
    pub created_entry: u64,
    pub updated_entry: u64,
    pub changes: u64,
    pub operations: u64,
    pub flags: i64,
}

impl Summary {
    pub fn read(row: &Row) -> Result<Summary> {
        Ok(Summary {
            kind: row.get("kind")?,
            external_id: row.get("external_id")?,
            title: row.get("title")?,
            day: row.get("day")?,
            state: row.get("state")?,
            author: row.get("author")?,
            created_entry: row.count("created_entry")?,
            updated_entry: row.count("updated_entry")?,
            changes: row.count("changes")?,
            operations: row.count("ops")?,
            flags: row.get("flags")?,
        })
    }
}

/// What a list may filter by.
pub mod flags {
    pub const CONFLICT: i64 = 1;
    pub const AMENDED: i64 = 2;
    pub const REMOVED: i64 = 4;
    pub const LATE: i64 = 8;
}

/// A record that a batch touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Projected {
    pub record: RecordId,
    pub summary: Summary,
    pub lines: Vec<Line>,
    pub due: Vec<Due>,
    pub listed: Listed,
}

/// A number that a record has earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub book: String,
    pub step: String,
    pub rule: NumberRule,
    /// The log entry that brought the step: numbers are given in this order.
    pub entry: u64,
}

/// What of the station a record is read with.
pub fn around(charter: &Charter, catalogue: Arc<Catalogue>) -> BookStation {
    BookStation::new(charter, catalogue)
}

/// The rows and lines of every record that the batch has changed.
pub fn touched(batch: &Batch, records: &BTreeMap<RecordId, Docket>) -> Vec<Projected> {
    let station = &batch.holding.books;
    records
        .values()
        .filter(|docket| !docket.new_changes().is_empty())
        .map(|docket| {
            let mut projected = of(&docket.history, station);
            let numbered = batch.around.numbered.get(&projected.record);
            projected
                .due
                .retain(|due| !numbered.is_some_and(|books| books.contains(&due.book)));
            projected
        })
        .collect()
}

/// Computes rows and lines of stored records again, because what they are read with has changed.
/// Without a list: of all.
pub async fn again(
    tx: &mut Tx,
    station: &StationId,
    around: &BookStation,
    records: Option<Vec<RecordId>>,
) -> Result<()> {
    let listed = records.is_some();
    let mut records = records.unwrap_or_default();
    let mut last = RecordId([0; 16]);
    loop {
        if !listed {
            let page = args![station, &last, 200];
            let rows = tx.fetch_all(sql!("record_list"), page).await?;
            records = rows
                .iter()
                .map(|row| row.bytes("record").map(RecordId))
                .collect::<Result<_>>()?;
        }
        for record in &records {
            let rows = tx
                .fetch_all(sql!("change_of_record"), args![station, record])
                .await?;
            let projected = of(&history(*record, &rows)?, around);
            store::replace(tx, station, &projected).await?;
        }
        match records.last() {
            Some(record) if !listed => last = *record,
            Some(_) | None => return Ok(()),
        }
    }
}

/// What a record says, from its history: the same for a live merge and a rebuild.
pub fn of(history: &History, station: &BookStation) -> Projected {
    let view = View::of(history);
    let facts = book::facts(&view, station);
    let lines = book::lines(&view, station);
    let listed = lists::of(&view, &facts, &lines, station);
    let entries = || view.changes.iter().filter_map(|change| change.origin.entry);
    let mut flags = 0;
    for (set, flag) in [
        (facts.conflicts > 0, flags::CONFLICT),
        (facts.amended, flags::AMENDED),
        (facts.removed, flags::REMOVED),
        (lines.iter().any(|line| line.marks.late), flags::LATE),
    ] {
        if set {
            flags |= flag;
        }
    }
    let summary = Summary {
        kind: storable(&view.kind),
        external_id: view.external_id.as_deref().map(storable),
        title: storable(&facts.title),
        day: facts.day,
        state: storable(&facts.state.join("|")),
        author: view.author().map(ToString::to_string).unwrap_or_default(),
        created_entry: entries().min().unwrap_or_default(),
        updated_entry: entries().max().unwrap_or_default(),
        changes: view.changes.len() as u64,
        operations: history.operations() as u64,
        flags,
    };
    Projected {
        record: view.record,
        summary,
        lines,
        due: due(&view, station),
        listed,
    }
}

fn due(view: &View, station: &BookStation) -> Vec<Due> {
    let mut due = Vec::new();
    for (name, book) in &station.catalogue().books {
        let Some(rule) = &book.number else { continue };
        if book.source(&view.kind).is_none() {
            continue;
        }
        let entry_of = |change: usize| view.changes[change].origin.entry.unwrap_or_default();
        let steps = view.steps.iter().filter_map(|step| {
            let to = step.text("to")?;
            rule.when
                .iter()
                .any(|when| when == to)
                .then(|| (entry_of(step.change), to.to_owned()))
        });
        let created = rule
            .when
            .iter()
            .any(|when| when == "create")
            .then(|| (entry_of(0), "create".to_owned()));
        if let Some((entry, step)) = steps.chain(created).min() {
            due.push(Due {
                book: name.clone(),
                step,
                rule: rule.clone(),
                entry,
            });
        }
    }
    due
}
