//! From deeds to an act that is saved.

use std::collections::BTreeMap;

use super::again;
use super::batch::{Batch, Stop};
use super::check;
use super::door::{Deed, Now, Reply};
use super::refusal::Refusal;
use super::rows::{self, ActRow, Fate, TrayRow};
use super::shelf::Shelf;
use super::state::State;
use crate::book::Station;
use crate::catalogue::{Catalogue, HANDLER, Kind};
use crate::envelope::codec::to_bytes;
use crate::envelope::pack::{CannotPack, act_size};
use crate::envelope::{Act, MAX_ACT, Need, Part};
use crate::gate::policy::MAX_EXTERNAL_ID;
use crate::gate::{Code, Held};
use crate::ids::{ActId, Hash, PersonId, RecordId};
use crate::record::state::differ;
use crate::record::view::{Slot, View};
use crate::record::write::{self, Birth, Edit, Pen, Spot};

/// What an act does to one record.
struct Job {
    record: RecordId,
    made: Option<u64>,
    kind: String,
    external_id: Option<String>,
    edits: Vec<Edit>,
}

pub fn record(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    now: Now,
    deeds: Vec<Deed>,
    again: Option<ActId>,
) -> Result<Reply, Stop> {
    let enrolled = state.enrolled()?.clone();
    let (epoch, catalogue) = state.writing().ok_or_else(|| {
        Refusal::NoCatalogue(
            state
                .charter
                .now()
                .map_or(Hash::ZERO, |now| now.catalogue()),
        )
    })?;
    let repeated = match again {
        None => None,
        Some(again) => {
            let key = rows::tray_key(again.n);
            let row: Option<TrayRow> = batch.get(&key)?;
            let is_its = |row: &TrayRow| row.device.unwrap_or(enrolled.device) == again.device;
            let row = row.filter(is_its).ok_or(Refusal::NotInTray(again))?;
            batch.delete(key);
            state.own.held = state.own.held.saturating_sub(1);
            Some((again, row.act))
        }
    };
    let touched: Vec<RecordId> = deeds
        .iter()
        .filter_map(|deed| match deed {
            Deed::Create { .. } => None,
            Deed::Change { record, .. } => Some(*record),
        })
        .collect();
    shelf.fetch(batch, &touched)?;
    let jobs = jobs(state, shelf, deeds)?;
    for job in jobs.iter().filter(|job| job.made.is_some()) {
        shelf.begin(job.record);
        if let Some(id) = &job.external_id {
            batch.want(&rows::external_key(id));
        }
    }
    batch.ready()?;

    state.own.last_act += 1;
    let n = state.own.last_act;
    let mut rests_on = Vec::new();
    let mut parts = Vec::new();
    for job in &jobs {
        let kind = catalogue.kinds.get(&job.kind);
        if let Some(kind) = kind {
            let view = shelf.history(job.record).map(View::of);
            check::before(kind, view.as_ref(), &job.edits)?;
        } else if job.made.is_some() {
            let kind = job.kind.chars().take(80).collect();
            let known = catalogue.kinds.keys().cloned().collect();
            return Err(Refusal::UnknownKind { kind, known }.into());
        }
        let sheet = &shelf.sheets[&job.record];
        let pen = Pen {
            station: &enrolled.station,
            device: enrolled.device,
            g: sheet.row.own_g,
            person: &enrolled.person,
            at: now.wall,
        };
        let change = match (shelf.history(job.record), kind) {
            (None, Some(kind)) => {
                let external_id = job.external_id.as_deref();
                let birth = Birth { kind, external_id };
                write::create(job.record, birth, &job.edits, &pen)?
            }
            (None, None) => return Err(Refusal::NoRecord(job.record).into()),
            (Some(history), kind) => {
                rests_on.extend(sheet.rests_on(history));
                let view = View::of(history);
                let edits = settle_equals(&view, job.edits.clone());
                write::change(history, kind, &edits, &pen)?
            }
        };
        parts.push(Part {
            record: job.record,
            g: sheet.row.own_g,
            change,
            made: job.made,
        });
    }
    let act = Act {
        n,
        at: now.wall,
        mono: now.mono,
        parts,
        again,
        on_behalf: None,
    };
    let bytes = check_size(&act)?;
    shelf.carries(&act, enrolled.device, None);
    shelf
        .at_desk(state, |desk| desk.judge_own(&act, enrolled.device, epoch))
        .map_err(|held| told(&catalogue, &jobs, &enrolled.person, held))?;
    for job in &jobs {
        if let (Some(kind), Some(history)) =
            (catalogue.kinds.get(&job.kind), shelf.history(job.record))
        {
            let station = Station::new(&state.charter, catalogue.clone());
            check::after(
                &station,
                kind,
                &View::of(history),
                &job.edits,
                job.made.is_some(),
            )?;
        }
    }
    let records: Vec<RecordId> = jobs.iter().map(|job| job.record).collect();
    shelf.keep(batch, records.iter().copied());
    let row = ActRow {
        at: now.wall,
        records: records.clone(),
        epoch,
        rests_on: newest(rests_on),
        bytes: Some(bytes),
        envelope: None,
        fate: Fate::Saved,
    };
    batch.put(rows::act_key(n), &row);
    if let Some((again, old)) = repeated
        && let Some(row) = again::row(&old, &act)
    {
        batch.put(rows::again_key(again.n), &row);
    }
    let act = ActId {
        device: enrolled.device,
        n,
    };
    Ok(Reply::Saved { act, records })
}

/// Who only becomes a handler in this very act has the rights of one from the next act on.
fn told(catalogue: &Catalogue, jobs: &[Job], person: &PersonId, held: Held) -> Refusal {
    let becomes = |kind: &Kind, edit: &Edit| match edit {
        Edit::Add { field, value } => {
            kind.handlers.as_ref() == Some(field) && value.as_str() == Some(person.as_str())
        }
        _ => false,
    };
    let waits = jobs.iter().find_map(|job| {
        let kind = catalogue.kinds.get(&job.kind)?;
        job.edits.iter().find(|edit| becomes(kind, edit))?;
        job.edits.iter().find_map(|edit| match edit {
            Edit::Step { to, .. } => {
                let step = kind.step(to)?;
                step.by.iter().any(|by| by == HANDLER).then(|| to.clone())
            }
            _ => None,
        })
    });
    match waits.filter(|_| held.code == Code::Forbidden) {
        Some(step) => Refusal::HandlerFromNextAct { step },
        None => Refusal::Gate(held),
    }
}

/// One job a record: an act holds one change of each.
fn jobs(state: &mut State, shelf: &Shelf, deeds: Vec<Deed>) -> Result<Vec<Job>, Refusal> {
    let enrolled = state.enrolled()?.clone();
    let mut jobs: Vec<Job> = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Create {
                kind,
                external_id,
                edits,
            } => {
                let length = external_id.as_ref().map_or(1, String::len);
                if !(1..=MAX_EXTERNAL_ID).contains(&length) {
                    return Err(Refusal::ExternalId { length });
                }
                state.own.last_record += 1;
                let made = state.own.last_record;
                jobs.push(Job {
                    record: RecordId::derive(&enrolled.station, enrolled.device, made),
                    made: Some(made),
                    kind,
                    external_id,
                    edits,
                });
            }
            Deed::Change { record, edits } => {
                if let Some(job) = jobs.iter_mut().find(|job| job.record == record) {
                    job.edits.extend(edits);
                    continue;
                }
                let history = shelf.history(record).ok_or(Refusal::NoRecord(record))?;
                jobs.push(Job {
                    record,
                    made: None,
                    kind: View::of(history).kind,
                    external_id: None,
                    edits,
                });
            }
        }
    }
    let has_work = |job: &Job| job.made.is_some() || !job.edits.is_empty();
    match !jobs.is_empty() && jobs.iter().all(has_work) {
        true => Ok(jobs),
        false => Err(Refusal::NothingToDo),
    }
}

/// Where several people wrote the same value at once, nobody has anything to decide: writing
/// over it settles it.
fn settle_equals(view: &View, edits: Vec<Edit>) -> Vec<Edit> {
    let equal = |spot: &Spot| {
        let slot = slot_of(view, spot);
        slot.is_some_and(|slot| slot.values.len() > 1 && !differ(slot))
    };
    edits
        .into_iter()
        .map(|edit| match edit {
            Edit::Set { spot, value } if equal(&spot) => Edit::Settle { spot, value },
            edit => edit,
        })
        .collect()
}

fn slot_of<'v>(view: &'v View, spot: &Spot) -> Option<&'v Slot> {
    match spot {
        Spot::Field(name) => view.fields.get(name),
        Spot::Cell { row, cell } => view.rows.get(row)?.cells.get(cell),
    }
}

pub fn check_size(act: &Act) -> Result<Vec<u8>, Refusal> {
    let bytes = to_bytes(act);
    // What is short as it is needs no packing to be known as short.
    if bytes.len() < MAX_ACT - 1024 {
        return Ok(bytes);
    }
    match act_size(act) {
        Ok(_) => Ok(bytes),
        Err(CannotPack::ActTooLong { size, .. } | CannotPack::TooLong { length: size }) => {
            Err(Refusal::ActTooLong {
                size,
                limit: MAX_ACT,
            })
        }
        Err(other @ (CannotPack::TooMany { .. } | CannotPack::Compress)) => {
            Err(Refusal::Close(other.to_string()))
        }
    }
}

/// Of several envelopes of one device, the newest.
pub fn newest(needs: Vec<Need>) -> Vec<Need> {
    let mut newest: BTreeMap<_, Need> = BTreeMap::new();
    for need in needs {
        let known = newest.entry(need.device).or_insert(need);
        if known.seq < need.seq {
            *known = need;
        }
    }
    newest.into_values().collect()
}
