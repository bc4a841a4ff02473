//! Whole records that a station had before: the server writes them in its own name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sync_core::catalogue::{Catalogue, Kind};
use sync_core::envelope::{Act, Part};
use sync_core::fieldbook::import::{Line, edits};
use sync_core::ids::{PersonId, RecordId, StationId};
use sync_core::record::write::{self, Birth, Edit, Pen};

use crate::charter;
use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::own_acts;
use crate::station_log::StationLog;
use crate::{args, sql, write_tx};

/// Records that one transaction takes: so long do phones wait at most.
const TOGETHER: usize = 100;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub records: u64,
    /// Lines whose `id` the stock holds already.
    pub skipped: u64,
}

/// One record of a file, read.
#[derive(Debug, Clone)]
struct Item {
    external_id: String,
    kind: String,
    edits: Vec<Edit>,
}

/// Takes `{"kind", "id", field: value, ...}` in, one line a record. What was taken in before is
/// passed over by its `id`, so that an import that was cut off is run again.
pub async fn import(
    db: &Db,
    data: &DataDir,
    clock: &Clock,
    station: &StationId,
    lines: impl Iterator<Item = std::io::Result<String>>,
    file: &std::path::Path,
) -> Result<Imported> {
    let rows = db.fetch_all(sql!("charter_list"), args![station]).await?;
    let charter = charter::read(&rows)?;
    let rows = db.fetch_all(sql!("catalogue_list"), args![station]).await?;
    let catalogue = charter::newest_catalogue(&charter, &charter::read_catalogues(&rows)?)?;
    let mut imported = Imported::default();
    let mut part = Vec::new();
    for (line, text) in (1..).zip(lines) {
        let text = text.map_err(|source| Error::file("reading", file, source))?;
        if text.trim().is_empty() {
            continue;
        }
        match read(&text, &catalogue) {
            Ok(item) => part.push((line, item)),
            Err(what) => {
                take(db, data, clock, station, &part, &mut imported).await?;
                return Err(Error::ImportLine { line, what });
            }
        }
        if part.len() == TOGETHER {
            take(db, data, clock, station, &part, &mut imported).await?;
            part.clear();
        }
    }
    take(db, data, clock, station, &part, &mut imported).await?;
    Ok(imported)
}

fn read(text: &str, catalogue: &Catalogue) -> Result<Item, String> {
    let mut body: Map<String, Value> = serde_json::from_str(text).map_err(|bad| bad.to_string())?;
    let mut word = |name: &str| match body.remove(name) {
        Some(Value::String(word)) if !word.is_empty() => Ok(word),
        _ => Err(format!("{name} is missing or no text")),
    };
    let (kind, id) = (word("kind")?, word("id")?);
    let of_kind = kind_of(catalogue, &kind)?;
    let line = Line::Create {
        id: id.clone(),
        kind: kind.clone(),
        body,
    };
    Ok(Item {
        edits: edits(&line, of_kind)?,
        external_id: id,
        kind,
    })
}

fn kind_of<'c>(catalogue: &'c Catalogue, kind: &str) -> Result<&'c Kind, String> {
    catalogue.kinds.get(kind).ok_or_else(|| {
        let known: Vec<&str> = catalogue.kinds.keys().map(String::as_str).collect();
        format!("there is no kind {kind}; there are {}", known.join(", "))
    })
}

type Numbered = (usize, Item);

async fn take(
    db: &Db,
    data: &DataDir,
    clock: &Clock,
    station: &StationId,
    part: &[Numbered],
    imported: &mut Imported,
) -> Result<()> {
    if part.is_empty() {
        return Ok(());
    }
    let taken = write_tx!(*db, "import", async |tx| {
        write_down(tx, data, clock, station, part).await
    })
    .await?;
    imported.records += taken;
    imported.skipped += part.len() as u64 - taken;
    Ok(())
}

async fn write_down(
    tx: &mut Tx,
    data: &DataDir,
    clock: &Clock,
    station: &StationId,
    part: &[Numbered],
) -> Result<u64> {
    let mut log = StationLog::open(tx, station, data, clock).await?;
    let rows = log
        .tx
        .fetch_all(sql!("catalogue_list"), args![station])
        .await?;
    let catalogues = charter::read_catalogues(&rows)?;
    let charter = charter::load(log.tx, station).await?;
    let catalogue = charter::newest_catalogue(&charter, &catalogues)?;
    let new = new_ones(&mut log, part).await?;
    let mut acts = Vec::new();
    for (line, item) in &new {
        let act = act(&mut log, &catalogue, item);
        acts.push(act.map_err(|what| Error::ImportLine { line: *line, what })?);
    }
    let taken = acts.len() as u64;
    own_acts::enter(&mut log, &charter, &catalogues, acts).await?;
    log.close().await?;
    Ok(taken)
}

/// Those that the stock does not hold, each id once.
async fn new_ones<'p>(log: &mut StationLog<'_>, part: &'p [Numbered]) -> Result<Vec<&'p Numbered>> {
    let mut new: BTreeMap<&str, &Numbered> = BTreeMap::new();
    for numbered in part {
        let id = &numbered.1.external_id;
        let rows = log
            .tx
            .fetch_all(sql!("record_by_external"), args![&log.station.id, id])
            .await?;
        let mut is_stock = false;
        for row in rows {
            is_stock |= row.get::<String>("author")? == PersonId::server().as_str();
        }
        if !is_stock {
            new.entry(id).or_insert(numbered);
        }
    }
    let mut new: Vec<&Numbered> = new.into_values().collect();
    new.sort_by_key(|(line, _)| *line);
    Ok(new)
}

fn act(log: &mut StationLog<'_>, catalogue: &Catalogue, item: &Item) -> Result<Act, String> {
    let made = log.next_record();
    let station = log.station.id.clone();
    let device = log.station.server_device;
    let record = RecordId::derive(&station, device, made);
    let pen = Pen {
        station: &station,
        device,
        g: 0,
        person: &PersonId::server(),
        at: log.now,
    };
    let birth = Birth {
        kind: kind_of(catalogue, &item.kind)?,
        external_id: Some(&item.external_id),
    };
    let change = write::create(record, birth, &item.edits, &pen).map_err(|why| why.to_string())?;
    Ok(Act {
        n: log.next_act(),
        at: log.now,
        mono: 0,
        parts: vec![Part {
            record,
            g: 0,
            change,
            made: Some(made),
        }],
        again: None,
        on_behalf: None,
    })
}
