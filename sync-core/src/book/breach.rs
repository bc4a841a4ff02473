//! Was every step of a record taken as its kind says, and is what it must say by now there?
//!
//! Phones check this before they save; no gate holds what one let through. It shows in the books.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::line::{Breach, Why};
use super::reading::Reading;
use super::{Said, Station};
use crate::catalogue::{Datum, ExprContext, Label, Required, Step};
use crate::record::data::record_data;
use crate::record::view::{Entry, View};

/// What a record came to against the rules of its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaches {
    /// In the order of the steps.
    pub steps: Vec<Breach>,
    /// The labels of the fields that must be filled in by now and are empty.
    pub missing: Vec<Said>,
}

/// The breaches of a record; none of one whose kind the catalogue does not know.
pub fn breaches(view: &View, station: &Station) -> Breaches {
    let kind = station.catalogue().kinds.get(&view.kind);
    kind.map_or_else(Breaches::default, |kind| {
        Reading::of(view, kind, station).breaches
    })
}

/// Only the last steps are looked at: a record with more is not one of this world.
const LOOKED_AT: usize = 64;
/// A line that lists more says less.
const TOLD: usize = 16;

pub(super) fn of(reading: &Reading<'_>) -> Breaches {
    let missing = required(reading).filter(|(_, is_empty)| *is_empty);
    Breaches {
        missing: missing.map(|(label, _)| said(label)).collect(),
        steps: steps(reading),
    }
}

/// The fields that must be filled in by now, each with whether it is empty. A field whose
/// condition cannot be told is not asked for.
pub(super) fn required<'r>(
    reading: &'r Reading<'_>,
) -> impl Iterator<Item = (&'r Label, bool)> + 'r {
    let steps = &reading.data.steps;
    let context = reading.context(&reading.data);
    let fields = reading.kind.fields.iter().filter(move |field| {
        let by_now = match &field.required {
            Required::Never => false,
            Required::Create => true,
            Required::Step(step) => steps.contains_key(step),
        };
        let when = field.when.as_ref();
        by_now && when.is_none_or(|when| when.truth(&context).unwrap_or(false))
    });
    fields.map(|field| {
        let is_empty = match reading.data.fields.get(&field.name) {
            None | Some(Datum::Empty) => true,
            Some(Datum::Text(text)) => text.trim().is_empty(),
            Some(Datum::List(items)) => items.is_empty(),
            Some(Datum::Rows(rows)) => rows.is_empty(),
            Some(
                Datum::Integer(_)
                | Datum::Decimal(_)
                | Datum::Boolean(_)
                | Datum::Instant(_)
                | Datum::Point { .. }
                | Datum::Track { .. },
            ) => false,
        };
        (&field.label, is_empty)
    })
}

fn steps(reading: &Reading<'_>) -> Vec<Breach> {
    let view = reading.view;
    let skipped = view.steps.len().saturating_sub(LOOKED_AT);
    let looked_at = &view.steps[skipped..];
    let mut found = Vec::new();
    for (at, entry) in looked_at.iter().enumerate() {
        let step = entry.text("to").and_then(|to| reading.kind.step(to));
        // A step of a newer phone: what it asks for is not known here.
        let Some(step) = step else { continue };
        let before = standing(view, &looked_at[..at], entry);
        let why = match follows(step, &before, skipped > 0) {
            true => condition(reading, entry, step),
            false => Some(Why::Order {
                from: before.iter().map(|from| name(reading, from)).collect(),
            }),
        };
        if let Some(why) = why {
            let origin = &view.changes[entry.change].origin;
            found.push(Breach {
                step: said(&step.label),
                why,
                by: origin.person.to_string(),
                device: origin.act.device,
                at: origin.at,
            });
        }
        if found.len() == TOLD {
            break;
        }
    }
    found
}

/// Where the record stood for whoever took a step: the newest of the steps that they knew of,
/// several where those contradict each other.
fn standing<'v>(view: &'v View, earlier: &'v [Entry], step: &Entry) -> BTreeSet<&'v str> {
    let knew = |later: &Entry, entry: &Entry| match later.change == entry.change {
        true => later.op > entry.op,
        false => view.saw(later.change, entry.change),
    };
    let known: Vec<&Entry> = earlier.iter().filter(|entry| knew(step, entry)).collect();
    let newest = known
        .iter()
        .filter(|entry| !known.iter().any(|later| knew(later, entry)));
    newest.filter_map(|entry| entry.text("to")).collect()
}

fn follows(step: &Step, before: &BTreeSet<&str>, is_cut: bool) -> bool {
    match before.is_empty() {
        true => is_cut || step.follows(None),
        false => before.iter().any(|state| step.follows(Some(state))),
    }
}

/// What the step asks for and the record did not fulfil, as whoever took it knew it with their own
/// act.
fn condition(reading: &Reading<'_>, entry: &Entry, step: &Step) -> Option<Why> {
    if step.when.is_none() && step.guards.is_empty() {
        return None;
    }
    let (view, station) = (reading.view, reading.station);
    let then = view.within(|change| view.saw(entry.change, change));
    let data = record_data(&then, reading.kind, station.offset());
    let around = station.around().clone();
    let context = ExprContext::new(around, &reading.kind.name, Arc::new(data));
    // As on the phone: what cannot be told is no breach.
    let holds = |expr: &crate::catalogue::Expr| expr.truth(&context).unwrap_or(true);
    if step.when.as_ref().is_some_and(|when| !holds(when)) {
        return Some(Why::Condition);
    }
    let broken = step.guards.iter().find(|guard| !holds(&guard.when));
    broken.map(|guard| Why::Guard(said(&guard.otherwise)))
}

fn name(reading: &Reading<'_>, step: &str) -> Said {
    match reading.kind.step(step) {
        Some(step) => said(&step.label),
        None => Said::same(super::marks::plain(step)),
    }
}

fn said(label: &Label) -> Said {
    super::fold::both(label)
}
