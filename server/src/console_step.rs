//! A step that is taken at the station alone (`where = "console"`): it needs what a phone without
//! signal has not, such as the seal. It is judged as everybody's steps are: the gate's policy says
//! whether the member may, and the phone's own questions whether the record is ready for it.
//!
//! What a phone can do is refused here: there its officer signs for it.

use sync_core::fieldbook::check;
use sync_core::ids::{RecordId, StationId};
use sync_core::record::value;
use sync_core::record::view::View;
use sync_core::record::write::{Edit, Spot};

use crate::admission::record as records;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::hand::{Hand, Writing};
use crate::station_log::StationLog;
use crate::{args, sql};

/// The shortest beginning of an id that names a record.
const BEGINNING: usize = 4;
const DIGITS: usize = 32;

#[derive(Debug, Clone)]
pub struct Wanted {
    /// The step's name or label.
    pub step: String,
    pub note: Option<String>,
    /// Fields and their values, filled in by the same act.
    pub values: Vec<(String, String)>,
}

/// Takes it. Gives the step's name.
pub async fn take(
    tx: &mut Tx,
    hand: &Hand<'_>,
    station: &StationId,
    record: RecordId,
    wanted: &Wanted,
) -> Result<String> {
    let mut log = StationLog::open(tx, station, hand.data, hand.clock).await?;
    let docket = records::load(log.tx, station, record).await?.docket;
    if docket.history.is_empty() {
        return Err(Error::RecordUnknown(record));
    }
    let before = View::of(&docket.history);
    let writing = Writing::begin(&mut log, hand, &before.kind, &docket, None).await?;
    let (to, edits) = edits(&writing, record, wanted)?;
    check::before(&writing.kind, Some(&before), &edits)?;
    let (act, history) = writing.act(&mut log, &edits)?;
    let after = View::of(&history);
    check::after(&writing.station(), &writing.kind, &after, &edits, false)?;
    writing.enter(&mut log, act).await?;
    log.close().await?;
    Ok(to)
}

/// The record that goes by a number of its books, an id or the beginning of one.
pub async fn find(tx: &mut Tx, station: &StationId, given: &str) -> Result<RecordId> {
    let digits = given.to_ascii_lowercase().replace('-', "");
    let is_id = (BEGINNING..=DIGITS).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let mut rows = tx
        .fetch_all(sql!("number_named"), args![station, given])
        .await?;
    if rows.is_empty() && is_id {
        let bound = |fill: &str| {
            let id = format!("{digits}{}", fill.repeat(DIGITS - digits.len()));
            id.parse::<RecordId>()
        };
        let (Ok(first), Ok(last)) = (bound("0"), bound("f")) else {
            return Err(not_one(station, given, false));
        };
        let within = args![station, &first, &last];
        rows = tx.fetch_all(sql!("record_named"), within).await?;
    }
    match rows.as_slice() {
        [row] => Ok(RecordId(row.bytes("record")?)),
        rows => Err(not_one(station, given, !rows.is_empty())),
    }
}

fn not_one(station: &StationId, given: &str, are_several: bool) -> Error {
    let (station, given) = (station.clone(), given.to_owned());
    match are_several {
        true => Error::RecordAmbiguous { station, given },
        false => Error::RecordNotFound { station, given },
    }
}

fn edits(writing: &Writing<'_>, record: RecordId, wanted: &Wanted) -> Result<(String, Vec<Edit>)> {
    let (kind, given) = (&writing.kind, wanted.step.as_str());
    let step = kind.step(given).or_else(|| {
        let mut steps = kind.steps.iter();
        steps.find(|step| [&step.label.zh, &step.label.en].contains(&&wanted.step))
    });
    let to = step.map_or(given, |step| &step.to).to_owned();
    if step.is_some_and(|step| step.where_.is_none()) {
        return Err(Error::NotWritten {
            what: format!(
                "{to} is taken on a phone, where its officer signs for it: fieldbook step {record} {to}"
            ),
        });
    }
    let mut edits = Vec::new();
    for (name, text) in &wanted.values {
        let Some(field) = kind.field(name) else {
            return Err(unfit(format!(
                "{} has no field {name}; its fields stand in docs/record-kinds.md",
                kind.name
            )));
        };
        if field.is_rows() {
            return Err(unfit(format!(
                "{name} has rows: they are written on a phone"
            )));
        }
        let (value, name) = (value::from_text(field, text).map_err(unfit)?, name.clone());
        edits.push(match field.many {
            true => Edit::Add { field: name, value },
            false => Edit::Set {
                spot: Spot::Field(name),
                value,
            },
        });
    }
    let note = wanted.note.clone();
    edits.push(Edit::Step {
        to: to.clone(),
        note,
    });
    Ok((to, edits))
}

fn unfit(what: impl ToString) -> Error {
    Error::NotWritten {
        what: what.to_string(),
    }
}
