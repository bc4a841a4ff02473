//! Where does a record stand, what contradicts itself in it, and what was written too late?

use super::change::Scalar;
use super::parts;
use super::view::{Entry, Slot, View, Written};
use super::write::{REMOVED, Spot};
use crate::catalogue::{Kind, Merge};

/// What the steps of a record come to: the fold in causal order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<'v> {
    /// No step was taken.
    Nothing,
    At(&'v Entry),
    /// People took different steps without knowing of each other. Counts as open until somebody
    /// who has seen them all takes one.
    Contested(Vec<&'v Entry>),
}

impl<'v> Progress<'v> {
    pub fn of(view: &'v View) -> Progress<'v> {
        let newest: Vec<&Entry> = view
            .steps
            .iter()
            .filter(|step| !view.steps.iter().any(|later| follows(view, later, step)))
            .collect();
        let target = |step: &Entry| step.text("to").map(str::to_owned);
        match newest.as_slice() {
            [] => Progress::Nothing,
            [first, rest @ ..] if rest.iter().all(|step| target(step) == target(first)) => {
                Progress::At(first)
            }
            _ => Progress::Contested(newest),
        }
    }

    /// The state's name; none before the first step and while it is contested.
    pub fn state(&self) -> Option<&'v str> {
        match self {
            Progress::At(step) => step.text("to"),
            Progress::Nothing | Progress::Contested(_) => None,
        }
    }

    pub fn is_contested(&self) -> bool {
        matches!(self, Progress::Contested(_))
    }
}

/// Whether `later` was taken by somebody who knew of `earlier`.
fn follows(view: &View, later: &Entry, earlier: &Entry) -> bool {
    if later.change == earlier.change {
        later.op > earlier.op
    } else {
        view.saw(later.change, earlier.change)
    }
}

/// The step that submitted the record: the first of the kind's `submitted`, in the shared order.
pub fn submission<'v>(view: &'v View, kind: &Kind) -> Option<&'v Entry> {
    view.steps.iter().find(|step| {
        step.text("to")
            .is_some_and(|to| kind.submitted.iter().any(|name| name == to))
    })
}

/// The changes that amend a submitted record: those that whoever submitted it had not seen. A
/// kind without steps is submitted when it is made.
pub fn amendments(view: &View, kind: &Kind) -> Vec<usize> {
    let submitted = match submission(view, kind) {
        Some(step) => step.change,
        None if kind.submitted.is_empty() && !view.changes.is_empty() => 0,
        None => return Vec::new(),
    };
    (0..view.changes.len())
        .filter(|change| !view.saw(submitted, *change))
        .collect()
}

/// Something that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict<'v> {
    /// Different values of a field that flags them, written without knowing of each other.
    Values {
        spot: Spot,
        values: Vec<&'v Written>,
    },
    /// Struck out, while others wrote to it without knowing. No target: the record itself.
    RemovedEdited {
        target: Option<&'v str>,
        removal: &'v Written,
        /// Indices into the view's changes.
        edits: Vec<usize>,
    },
    /// Different steps.
    Steps(Vec<&'v Entry>),
}

/// Everything in a record that contradicts itself. What the kind does not know flags conflicts.
pub fn conflicts<'v>(view: &'v View, kind: Option<&Kind>) -> Vec<Conflict<'v>> {
    let mut found = Vec::new();
    for (name, slot) in &view.fields {
        let flags = kind
            .and_then(|kind| kind.field(name))
            .is_none_or(|field| field.merge == Merge::Flag);
        if flags && !name.contains('/') && name != REMOVED && differ(slot) {
            found.push(Conflict::Values {
                spot: Spot::Field(name.clone()),
                values: slot.values.iter().collect(),
            });
        }
    }
    let mut tables: Vec<&str> = view.rows.keys().filter_map(|key| table(key)).collect();
    tables.dedup();
    for part in tables.iter().flat_map(|table| parts::rows(view, table)) {
        for (cell, slot) in &part.row.cells {
            if cell != REMOVED && differ(slot) && !part.is_gone() {
                let (row, cell) = (part.key.to_owned(), cell.clone());
                found.push(Conflict::Values {
                    spot: Spot::Cell { row, cell },
                    values: slot.values.iter().collect(),
                });
            }
        }
        if let Some(removal) = part.removed.filter(|_| !part.edited.is_empty()) {
            found.push(Conflict::RemovedEdited {
                target: Some(part.key),
                removal,
                edits: part.edited,
            });
        }
    }
    if let Some(removal) = removal(view) {
        let edits: Vec<usize> = (0..view.changes.len())
            .filter(|change| !view.saw(removal.change, *change))
            .collect();
        if !edits.is_empty() {
            found.push(Conflict::RemovedEdited {
                target: None,
                removal,
                edits,
            });
        }
    }
    if let Progress::Contested(steps) = Progress::of(view) {
        found.push(Conflict::Steps(steps));
    }
    found
}

/// Why the record was struck out, if it was.
pub fn removal(view: &View) -> Option<&Written> {
    view.slot(REMOVED).and_then(Slot::last)
}

/// Whether a slot shows values that are not the same.
pub fn differ(slot: &Slot) -> bool {
    slot.values
        .windows(2)
        .any(|pair| pair[0].value != pair[1].value)
}

/// The visible value of a single field; none where it is empty.
pub fn value<'v>(view: &'v View, field: &str) -> Option<&'v Scalar> {
    let written = view.slot(field).and_then(Slot::last)?;
    (written.value != Scalar::Null).then_some(&written.value)
}

fn table(key: &str) -> Option<&str> {
    key.split_once('/').map(|(table, _)| table)
}
