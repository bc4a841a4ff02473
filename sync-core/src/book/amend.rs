//! What was changed after a record was submitted: old value, new value, who, when, why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reading::{self, Place, Reading};
use super::{Amendment, LineCell, Said};
use crate::catalogue::{Kind, Language, RecordData, display_span};
use crate::record::change::Scalar;
use crate::record::state;
use crate::record::view::{Slot, View, Written};
use crate::record::write::{AMEND, REMOVED};

/// The states of a record from its submission on.
pub(super) struct Past {
    submitted: Option<Arc<RecordData>>,
    stages: Vec<Stage>,
}

/// One person's amendments in one go.
struct Stage {
    group: Group,
    data: Arc<RecordData>,
}

/// More stages are taken as one: a page that lists more says less.
const MAX_STAGES: usize = 32;

impl Past {
    pub fn of(reading: &Reading<'_>) -> Past {
        let (view, kind) = (reading.view, reading.kind);
        let late = state::amendments(view, kind);
        let mut touched = touched(view);
        let mut groups: Vec<Group> = Vec::new();
        for change in late.iter().copied() {
            let Some(fields) = touched.remove(&change) else {
                continue;
            };
            let reason = reason(view, change);
            let is_full = groups.len() == MAX_STAGES;
            match groups.last_mut() {
                Some(last) if is_full || last.goes_on(change, &reason, view) => {
                    last.changes.push((change, fields));
                }
                Some(_) | None => groups.push(Group {
                    changes: vec![(change, fields)],
                    reason,
                }),
            }
        }
        if groups.is_empty() {
            return Past {
                submitted: None,
                stages: Vec::new(),
            };
        }
        let mut known = vec![true; view.changes.len()];
        for change in late {
            known[change] = false;
        }
        let read = |known: &[bool]| {
            let then = view.within(|change| known[change]);
            reading::read(&then, kind, reading.station)
        };
        let submitted = Some(read(&known));
        let stages = groups.into_iter().map(|group| {
            if let Some((last, _)) = group.changes.last() {
                // The shared order puts causes first, so a beginning of it is a whole past.
                known[..=*last].fill(true);
            }
            let data = read(&known);
            Stage { group, data }
        });
        Past {
            submitted,
            stages: stages.collect(),
        }
    }

    /// The amendments of one line, by column, then in the order in which they were made.
    pub fn amendments(
        &self,
        reading: &Reading<'_>,
        places: &[Place<'_>],
        officer: &str,
    ) -> Vec<Amendment> {
        let Some(submitted) = &self.submitted else {
            return Vec::new();
        };
        let mut amendments = Vec::new();
        for place in places {
            let fields = place.fields(reading.kind);
            let said = |data| text(reading.cell(place, data, Some(officer)), reading);
            let mut old = None;
            for Stage { group, data } in &self.stages {
                let Some((change, replaces)) = group.touch(&fields) else {
                    continue;
                };
                let before = old.take().unwrap_or_else(|| said(submitted));
                let new = said(data);
                if new != before {
                    let origin = &reading.view.changes[change].origin;
                    amendments.push(Amendment {
                        column: place.column.id.clone(),
                        added: !replaces,
                        old: before,
                        new: new.clone(),
                        by: origin.person.to_string(),
                        device: origin.act.device,
                        at: origin.at,
                        reason: group.reason.clone(),
                    });
                }
                old = Some(new);
            }
        }
        amendments
    }
}

/// Whether anything was replaced or struck out after the record was submitted.
pub(super) fn is_amended(view: &View, kind: &Kind) -> bool {
    let late: BTreeSet<usize> = state::amendments(view, kind).into_iter().collect();
    let replaces = |fields: &Touched| fields.values().any(|replaces| *replaces);
    !late.is_empty()
        && touched(view)
            .iter()
            .any(|(change, fields)| late.contains(change) && replaces(fields))
}

/// The fields that a change wrote to, each with whether it replaced or struck out something
/// there rather than add to it. Tables and sets go by their own names.
type Touched = BTreeMap<String, bool>;

/// Changes of one person that follow each other closely, as those of a text that is being
/// written, in the shared order.
struct Group {
    changes: Vec<(usize, Touched)>,
    reason: Option<String>,
}

/// A person who pauses longer begins anew.
const PAUSE: i64 = 10 * 60_000;

impl Group {
    fn goes_on(&self, change: usize, reason: &Option<String>, view: &View) -> bool {
        self.changes.last().is_some_and(|(last, _)| {
            let (last, next) = (&view.changes[*last].origin, &view.changes[change].origin);
            last.person == next.person
                && (0..=PAUSE).contains(&next.at.saturating_sub(last.at))
                && self.reason == *reason
        })
    }

    /// The last change that wrote to one of the fields, and whether any of them replaced
    /// something there.
    fn touch(&self, fields: &BTreeSet<&str>) -> Option<(usize, bool)> {
        let mut touch = None;
        for (change, touched) in &self.changes {
            for (field, replaces) in touched {
                if fields.contains(field.as_str()) {
                    let before = touch.is_some_and(|(_, replaced)| replaced);
                    touch = Some((*change, before || *replaces));
                }
            }
        }
        touch
    }
}

fn reason(view: &View, change: usize) -> Option<String> {
    let mut marks = view.marks.iter().filter(|mark| mark.change == change);
    let mark = marks.find(|mark| mark.text("type") == Some(AMEND))?;
    mark.text("reason").map(str::to_owned)
}

/// What each change touched.
fn touched(view: &View) -> BTreeMap<usize, Touched> {
    let mut touched: BTreeMap<usize, Touched> = BTreeMap::new();
    let mut note = |change: usize, key: &str, replaces: bool| {
        let base = key.split('/').next().unwrap_or(key).to_owned();
        let known = touched.entry(change).or_default().entry(base).or_default();
        *known |= replaces;
    };
    let is_removal = |key: &str| key.rsplit('/').next() == Some(REMOVED);
    for (key, slot) in &view.fields {
        for written in slot.writes() {
            let replaces = is_removal(key) || replaced(view, slot, written);
            note(written.change, key, replaces);
        }
    }
    for (key, row) in &view.rows {
        note(row.change, key, false);
        for (cell, slot) in &row.cells {
            for written in slot.writes() {
                let replaces = is_removal(cell) || replaced(view, slot, written);
                note(written.change, key, replaces);
            }
        }
    }
    for (key, text) in &view.texts {
        let first = text.changes.first();
        // A word put between others changes what they say.
        let mut note = |change: &usize| note(*change, key, Some(change) != first);
        text.changes.iter().for_each(&mut note);
    }
    touched
}

/// Whether a write stands in the place of another value that its writer saw.
fn replaced(view: &View, slot: &Slot, written: &Written) -> bool {
    slot.earlier.iter().any(|before| {
        before.op < written.op
            && before.change != written.change
            && before.value != written.value
            && before.value != Scalar::Null
            && view.saw(written.change, before.change)
    })
}

fn text(cell: Option<LineCell>, reading: &Reading<'_>) -> Said {
    match cell {
        None => Said::default(),
        Some(LineCell::Text(text)) => text,
        Some(LineCell::Number(n)) => Said::same(super::fold::number(n)),
        Some(LineCell::Span(from, until)) => {
            let offset = reading.station.offset();
            let print = |language| display_span(from, until, None, offset, language);
            Said {
                zh: print(Language::Zh),
                en: print(Language::En),
            }
        }
        Some(LineCell::Refs(references)) => Said::same(references.join("、")),
        Some(LineCell::Contested(_)) => Said::default(),
        Some(LineCell::Unreadable) => Said {
            zh: "无法显示".into(),
            en: "unreadable".into(),
        },
    }
}
