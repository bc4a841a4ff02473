//! What was changed after a record was submitted: old value, new value, who, when, why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reading::{Place, Reading};
use super::{Amendment, LineCell, Said};
use crate::catalogue::{Kind, Language, RecordData, display_span};
use crate::record::data;
use crate::record::state;
use crate::record::view::View;
use crate::record::write::{AMEND, REMOVED};

/// The states of a record from its submission on.
pub(super) struct Past {
    submitted: Option<Arc<RecordData>>,
    stages: Vec<Stage>,
}

/// One person's amendments in one go.
struct Stage {
    /// The last of its changes: an index into the view's.
    change: usize,
    reason: Option<String>,
    fields: BTreeSet<String>,
    data: Arc<RecordData>,
}

/// More stages are taken as one: a page that lists more says less.
const MAX_STAGES: usize = 32;

impl Past {
    pub fn of(reading: &Reading<'_>) -> Past {
        let (view, kind) = (reading.view, reading.kind);
        let late = state::amendments(view, kind);
        let mut written = written_fields(view);
        let mut groups: Vec<Group> = Vec::new();
        for change in late.iter().copied() {
            let Some(fields) = written.remove(&change) else {
                continue;
            };
            let group = Group {
                changes: vec![change],
                reason: reason(view, change),
                fields,
            };
            let is_full = groups.len() == MAX_STAGES;
            match groups.last_mut() {
                Some(last) if last.goes_on(&group, view) => last.take(group),
                Some(last) if is_full => last.take(group),
                Some(_) | None => groups.push(group),
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
            Arc::new(data::record_data(&then, kind, reading.station.offset()))
        };
        let submitted = Some(read(&known));
        let stages = groups.into_iter().map(|group| {
            let change = group.changes.last().copied().unwrap_or_default();
            // The shared order puts causes first, so a beginning of it is a whole past.
            known[..=change].fill(true);
            Stage {
                change,
                reason: group.reason,
                fields: group.fields,
                data: read(&known),
            }
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
            for stage in &self.stages {
                if stage
                    .fields
                    .iter()
                    .all(|field| !fields.contains(field.as_str()))
                {
                    continue;
                }
                let before = old.take().unwrap_or_else(|| said(submitted));
                let new = said(&stage.data);
                if new != before {
                    let origin = &reading.view.changes[stage.change].origin;
                    amendments.push(Amendment {
                        column: place.column.id.clone(),
                        old: before,
                        new: new.clone(),
                        by: origin.person.to_string(),
                        device: origin.act.device,
                        at: origin.at,
                        reason: stage.reason.clone(),
                    });
                }
                old = Some(new);
            }
        }
        amendments
    }
}

/// Whether anything that stood when the record was submitted was replaced or struck out.
pub(super) fn is_amended(view: &View, kind: &Kind) -> bool {
    let late: BTreeSet<usize> = state::amendments(view, kind).into_iter().collect();
    if late.is_empty() {
        return false;
    }
    let rows = view.rows.values().flat_map(|row| &row.cells);
    let mut slots = view.fields.iter().chain(rows);
    let replaced = slots.any(|(key, slot)| {
        let is_removal = key == REMOVED || key.ends_with("/removed");
        let mut writes = slot.writes();
        let is_late = slot.writes().any(|written| late.contains(&written.change));
        is_late && (is_removal || writes.any(|written| !late.contains(&written.change)))
    });
    let struck = |text: &crate::record::view::Text| {
        text.letters.iter().any(|letter| {
            !late.contains(&letter.written)
                && letter.struck.iter().any(|change| late.contains(change))
        })
    };
    replaced || view.texts.values().any(struck)
}

struct Group {
    changes: Vec<usize>,
    reason: Option<String>,
    fields: BTreeSet<String>,
}

impl Group {
    /// Whether the same person goes on with what needs no reason of its own.
    fn goes_on(&self, next: &Group, view: &View) -> bool {
        let person = |group: &Group| {
            let last = group.changes.last();
            last.map(|change| view.changes[*change].origin.person.clone())
        };
        person(self) == person(next) && (next.reason.is_none() || next.reason == self.reason)
    }

    fn take(&mut self, next: Group) {
        self.changes.extend(next.changes);
        self.fields.extend(next.fields);
        self.reason = next.reason.or(self.reason.take());
    }
}

fn reason(view: &View, change: usize) -> Option<String> {
    let mut marks = view.marks.iter().filter(|mark| mark.change == change);
    let mark = marks.find(|mark| mark.text("type") == Some(AMEND))?;
    mark.text("reason").map(str::to_owned)
}

/// The fields that each change wrote to, tables and sets by their own names.
fn written_fields(view: &View) -> BTreeMap<usize, BTreeSet<String>> {
    let mut written: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let mut note = |change: usize, key: &str| {
        let base = key.split('/').next().unwrap_or(key);
        written.entry(change).or_default().insert(base.to_owned());
    };
    for (key, slot) in &view.fields {
        slot.writes().for_each(|at| note(at.change, key));
    }
    for (key, row) in &view.rows {
        note(row.change, key);
        let writes = row.cells.values().flat_map(|slot| slot.writes());
        writes.for_each(|at| note(at.change, key));
    }
    for (key, text) in &view.texts {
        text.changes.iter().for_each(|change| note(*change, key));
    }
    written
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
