//! What is checked on the phone before an act is saved: the form, the order of steps, and what a
//! step needs.

use std::sync::Arc;

use super::Job;
use crate::book::Station;
use crate::catalogue::{Expr, ExprContext, Field, FieldType, Kind, RecordData, Required, Step};
use crate::fieldbook::refusal::Refusal;
use crate::record::change::{MAX_SCALAR, Scalar};
use crate::record::data::record_data;
use crate::record::parts;
use crate::record::state::{Progress, value};
use crate::record::value::fits;
use crate::record::view::View;
use crate::record::write::{self, Edit, REMOVED, Spot};

/// What only the phone checks, so that nothing incomplete is said to be done: the books mark it.
pub(super) struct Check<'a> {
    kind: &'a Kind,
    view: &'a View,
    context: ExprContext,
}

impl<'a> Check<'a> {
    pub(super) fn new(station: &Station, kind: &'a Kind, view: &'a View) -> Self {
        let data: RecordData = record_data(view, kind, station.offset());
        Check {
            kind,
            view,
            context: ExprContext::new(station.around().clone(), &kind.name, Arc::new(data)),
        }
    }

    pub(super) fn act(&self, job: &Job) -> Result<(), Refusal> {
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

/// Whether every edit names a field of the kind and fits it.
pub(super) fn form(kind: &Kind, edits: &[Edit]) -> Result<(), Refusal> {
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
pub(super) fn order(kind: &Kind, before: Option<&View>, edits: &[Edit]) -> Result<(), Refusal> {
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
