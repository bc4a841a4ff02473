//! The forms of a catalogue as data: what an app draws, completes and checks by.

use serde::Serialize;
use sync_core::catalogue::{Catalogue, Field, Kind, Label, Required, Step, Where};

/// A kind of record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct KindForm {
    pub name: String,
    pub label: Names,
    /// Roles that may make one, or `member`.
    pub create: Vec<String>,
    /// The field that says when it happened.
    pub clock: Option<String>,
    /// The field that names it in lists.
    pub title: Option<String>,
    pub fields: Vec<FieldForm>,
    pub steps: Vec<StepForm>,
}

/// What people read, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct Names {
    pub zh: String,
    pub en: String,
}

/// A field, or a cell of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct FieldForm {
    pub name: String,
    pub label: Names,
    /// The word of its type, such as `choice`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// `create`, or the step for which it must be filled.
    pub required: Option<String>,
    /// Roles that may write it, or `author`, `handler`, `member`.
    pub write: Vec<String>,
    /// It takes many values.
    pub many: bool,
    /// What of a person it tells, where it is encrypted and masked.
    pub personal: Option<String>,
    /// The kind it links to.
    pub links: Option<String>,
    /// The expression under which it is asked for.
    pub when: Option<String>,
    pub codes: Vec<CodeForm>,
    /// Of a table or evidence, the cells of a row: names, labels, types and codes.
    pub cells: Vec<CellForm>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct CellForm {
    pub name: String,
    pub label: Names,
    #[serde(rename = "type")]
    pub field_type: String,
    pub required: Option<String>,
    pub personal: Option<String>,
    pub links: Option<String>,
    pub codes: Vec<CodeForm>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct CodeForm {
    pub code: String,
    pub label: Names,
    /// The days between which it is offered.
    pub from: Option<String>,
    pub until: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct StepForm {
    pub to: String,
    pub label: Names,
    /// States it may be taken from; empty or `nothing`: a record may begin with it.
    pub from: Vec<String>,
    /// Roles that may take it, or `author`, `handler`, `member`.
    pub by: Vec<String>,
    /// It is taken at the console only.
    pub console: bool,
    /// What must be true of the record.
    pub when: Option<String>,
}

/// All forms of a catalogue, by name.
pub fn kinds(catalogue: &Catalogue) -> Vec<KindForm> {
    let all = catalogue.kinds.values();
    all.map(|kind| self::kind(catalogue, kind)).collect()
}

/// The form of one kind.
pub fn kind(catalogue: &Catalogue, kind: &Kind) -> KindForm {
    KindForm {
        name: kind.name.clone(),
        label: names(&kind.label),
        create: kind.create.clone(),
        clock: kind.clock.clone(),
        title: kind.title.clone(),
        fields: kind.fields.iter().map(|at| field(catalogue, at)).collect(),
        steps: kind.steps.iter().map(step).collect(),
    }
}

fn field(catalogue: &Catalogue, field: &Field) -> FieldForm {
    FieldForm {
        name: field.name.clone(),
        label: names(&field.label),
        field_type: field.ty.word().to_owned(),
        required: required(&field.required),
        write: field.write.clone(),
        many: field.many,
        personal: field.personal.map(|personal| personal.word().to_owned()),
        links: field.links.clone(),
        when: field.when.as_ref().map(|when| when.source().to_owned()),
        codes: codes(catalogue, field),
        cells: field
            .row_cells()
            .iter()
            .map(|at| cell(catalogue, at))
            .collect(),
    }
}

fn cell(catalogue: &Catalogue, cell: &Field) -> CellForm {
    CellForm {
        name: cell.name.clone(),
        label: names(&cell.label),
        field_type: cell.ty.word().to_owned(),
        required: required(&cell.required),
        personal: cell.personal.map(|personal| personal.word().to_owned()),
        links: cell.links.clone(),
        codes: codes(catalogue, cell),
    }
}

fn codes(catalogue: &Catalogue, field: &Field) -> Vec<CodeForm> {
    let list = field.codes.as_ref();
    let list = list.and_then(|list| catalogue.codes.get(list));
    let codes = list.iter().flat_map(|list| &list.codes);
    codes
        .map(|code| CodeForm {
            code: code.code.clone(),
            label: names(&code.label),
            from: code.from.clone(),
            until: code.until.clone(),
        })
        .collect()
}

pub(crate) fn step(step: &Step) -> StepForm {
    StepForm {
        to: step.to.clone(),
        label: names(&step.label),
        from: step.from.clone(),
        by: step.by.clone(),
        console: step.where_ == Some(Where::Console),
        when: step.when.as_ref().map(|when| when.source().to_owned()),
    }
}

fn required(required: &Required) -> Option<String> {
    match required {
        Required::Never => None,
        Required::Create => Some("create".to_owned()),
        Required::Step(step) => Some(step.clone()),
    }
}

fn names(label: &Label) -> Names {
    Names {
        zh: label.zh.clone(),
        en: label.en.clone(),
    }
}
