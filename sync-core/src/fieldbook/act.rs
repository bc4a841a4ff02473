//! From deeds to an act that is saved.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::{Batch, Stop};
use super::door::{Deed, Now, Reply};
use super::refusal::Refusal;
use super::rows::{self, ActRow, Fate, TrayRow};
use super::shelf::Shelf;
use super::state::State;
use crate::book::Station;
use crate::catalogue::{
    Catalogue, Expr, ExprContext, Field, FieldType, HANDLER, Kind, RecordData, Required, Step,
};
use crate::envelope::codec::to_bytes;
use crate::envelope::pack::{CannotPack, act_size};
use crate::envelope::{Act, MAX_ACT, Need, Part};
use crate::gate::policy::MAX_EXTERNAL_ID;
use crate::gate::{Code, Held};
use crate::ids::{ActId, Hash, PersonId, RecordId};
use crate::record::change::{MAX_SCALAR, Scalar};
use crate::record::data::record_data;
use crate::record::parts;
use crate::record::state::{Progress, differ, value};
use crate::record::value::fits;
use crate::record::view::{Slot, View};
use crate::record::write::{self, Birth, Edit, Pen, REMOVED, Spot};

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
    if let Some(again) = again {
        let key = rows::tray_key(again.n);
        let row: Option<TrayRow> = batch.get(&key)?;
        let device = row.map(|row| row.device.unwrap_or(enrolled.device));
        if device != Some(again.device) {
            return Err(Refusal::NotInTray(again).into());
        }
        batch.delete(key);
        state.own.held = state.own.held.saturating_sub(1);
    }
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
            check_form(kind, &job.edits)?;
            let view = shelf.history(job.record).map(View::of);
            check_order(kind, view.as_ref(), &job.edits)?;
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
            Check::new(&station, kind, &View::of(history)).act(job)?;
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

/// Whether every edit names a field of the kind and fits it.
fn check_form(kind: &Kind, edits: &[Edit]) -> Result<(), Refusal> {
    let unknown = |field: &str, known: &[Field]| Refusal::UnknownField {
        kind: kind.name.clone(),
        field: field.to_owned(),
        known: known.iter().map(|field| field.name.clone()).collect(),
    };
    let field = |name: &str| {
        let field = kind.field(name);
        field.ok_or_else(|| unknown(name, &kind.fields))
    };
    let wrong = |field: &str, wanted| Refusal::WrongForm {
        kind: kind.name.clone(),
        field: field.to_owned(),
        wanted,
    };
    let value = |field: &Field, value: &Scalar| match value {
        Scalar::Str(text) if text.len() > MAX_SCALAR => {
            Err(write::Refused::TooLong(text.len()).into())
        }
        value if fits(field, value) => Ok(()),
        _ => Err(wrong(&field.name, field.ty.word())),
    };
    for edit in edits {
        match edit {
            Edit::Set { spot, value: v } | Edit::Settle { spot, value: v } => match spot {
                Spot::Field(name) => {
                    let field = field(name)?;
                    if field.many || field.is_rows() {
                        return Err(wrong(name, "additions; it holds several"));
                    }
                    value(field, v)?;
                }
                Spot::Cell { row, cell } => {
                    let table = field(row.split('/').next().unwrap_or(row))?;
                    let cell = table.cell(cell);
                    value(cell.ok_or_else(|| unknown(row, table.row_cells()))?, v)?;
                }
            },
            Edit::Add {
                field: name,
                value: v,
            } => {
                let field = field(name)?;
                if !field.many && field.ty != FieldType::Track {
                    return Err(wrong(name, "one value; set it"));
                }
                value(field, v)?;
            }
            Edit::AddRow { field: name, cells } => {
                let table = field(name)?;
                if !table.is_rows() {
                    return Err(wrong(name, "values, not rows"));
                }
                for (name, v) in cells {
                    let cell = table.cell(name);
                    value(cell.ok_or_else(|| unknown(name, table.row_cells()))?, v)?;
                }
            }
            Edit::Splice { field: name, .. } => {
                if field(name)?.ty != FieldType::CoText {
                    return Err(wrong(name, "a value; it is not written together"));
                }
            }
            Edit::Remove { target, .. } => {
                if let Some(target) = target.as_deref().filter(|target| *target != REMOVED) {
                    field(target.split('/').next().unwrap_or(target))?;
                }
            }
            Edit::Step { .. } | Edit::Amend { .. } => {}
        }
    }
    Ok(())
}

/// Whether every step can be taken from where the record stands, one after the other.
fn check_order(kind: &Kind, before: Option<&View>, edits: &[Edit]) -> Result<(), Refusal> {
    let names = |steps: &mut dyn Iterator<Item = &Step>| -> Vec<String> {
        steps.map(|step| step.to.clone()).collect()
    };
    let progress = before.map_or(Progress::Nothing, Progress::of);
    let mut states: Vec<Option<&str>> = match &progress {
        Progress::Contested(steps) => steps.iter().map(|step| step.text("to")).collect(),
        Progress::Nothing | Progress::At(_) => vec![progress.state()],
    };
    for edit in edits {
        let Edit::Step { to, .. } = edit else {
            continue;
        };
        let Some(step) = kind.step(to) else {
            return Err(Refusal::UnknownStep {
                kind: kind.name.clone(),
                step: to.clone(),
                known: names(&mut kind.steps.iter()),
            });
        };
        let from_here = |step: &&Step| states.iter().any(|state| step.follows(*state));
        if !from_here(&step) {
            let from = states.iter().flatten().copied().collect::<Vec<_>>();
            return Err(Refusal::StepNotFromHere {
                step: to.clone(),
                from: match from.is_empty() {
                    true => Step::NOTHING.to_owned(),
                    false => from.join(", "),
                },
                next: names(&mut kind.steps.iter().filter(from_here)),
            });
        }
        states = vec![Some(to)];
    }
    Ok(())
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

/// What only the phone checks, so that nothing incomplete is said to be done: the books mark it.
struct Check<'a> {
    kind: &'a Kind,
    view: &'a View,
    context: ExprContext,
}

impl<'a> Check<'a> {
    fn new(station: &Station, kind: &'a Kind, view: &'a View) -> Self {
        let data: RecordData = record_data(view, kind, station.offset());
        Check {
            kind,
            view,
            context: ExprContext::new(station.around().clone(), &kind.name, Arc::new(data)),
        }
    }

    fn act(&self, job: &Job) -> Result<(), Refusal> {
        if job.made.is_some() {
            let fields = self.empty(|required| *required == Required::Create);
            if !fields.is_empty() {
                return Err(Refusal::Missing { fields });
            }
        }
        for edit in &job.edits {
            if let Edit::Step { to, .. } = edit
                && let Some(step) = self.kind.step(to)
            {
                self.step(step)?;
            }
        }
        Ok(())
    }

    fn step(&self, step: &Step) -> Result<(), Refusal> {
        let wanted = |required: &Required| match required {
            Required::Step(of) => *of == step.to,
            Required::Never | Required::Create => false,
        };
        let fields = self.empty(wanted);
        if !fields.is_empty() {
            let step = step.to.clone();
            return Err(Refusal::StepLacks { step, fields });
        }
        if let Some(when) = &step.when
            && !self.holds(when)
        {
            return Err(Refusal::StepCondition {
                step: step.to.clone(),
                condition: when.source().to_owned(),
            });
        }
        let broken = step.guards.iter().find(|guard| !self.holds(&guard.when));
        broken.map_or(Ok(()), |guard| {
            Err(Refusal::StepGuard {
                step: step.to.clone(),
                otherwise: guard.otherwise.clone(),
            })
        })
    }

    /// The fields that are wanted and empty, where their own condition asks for them at all.
    fn empty(&self, wanted: impl Fn(&Required) -> bool) -> Vec<String> {
        self.kind
            .fields
            .iter()
            .filter(|field| wanted(&field.required))
            .filter(|field| field.when.as_ref().is_none_or(|when| self.holds(when)))
            .filter(|field| self.is_empty(field))
            .map(|field| field.name.clone())
            .collect()
    }

    fn is_empty(&self, field: &Field) -> bool {
        if field.many {
            return parts::values(self.view, &field.name).is_empty();
        }
        if field.is_rows() {
            let rows = parts::rows(self.view, &field.name);
            return !rows.iter().any(|row| row.removed.is_none());
        }
        if field.ty == FieldType::Track {
            return parts::points(self.view, &field.name).is_empty();
        }
        if field.ty == FieldType::CoText {
            let text = self.view.texts.get(&field.name);
            return text.is_none_or(|text| text.text.is_empty());
        }
        value(self.view, &field.name).is_none()
    }

    /// An expression that fails on this record asks for nothing.
    fn holds(&self, when: &Expr) -> bool {
        when.truth(&self.context).unwrap_or(true)
    }
}
