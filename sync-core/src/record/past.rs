//! A record as it stood before some of its changes were made or known.

use std::collections::BTreeMap;

use super::view::{Entry, Row, Slot, Text, View, Written};

impl View {
    /// The view of those changes alone for which `holds` is true; with each, they must hold what
    /// it rests on. Changes keep their places, so indices stay valid.
    pub fn within(&self, holds: impl Fn(usize) -> bool) -> View {
        let slots = |slots: &BTreeMap<String, Slot>| -> BTreeMap<String, Slot> {
            slots
                .iter()
                .map(|(key, slot)| (key.clone(), self.slot_within(slot, &holds)))
                .filter(|(_, slot)| !slot.values.is_empty())
                .collect()
        };
        let entries = |entries: &[Entry]| -> Vec<Entry> {
            let kept = entries.iter().filter(|entry| holds(entry.change));
            kept.cloned().collect()
        };
        View {
            record: self.record,
            kind: self.kind.clone(),
            v: self.v,
            external_id: self.external_id.clone(),
            changes: self.changes.clone(),
            fields: slots(&self.fields),
            rows: self
                .rows
                .iter()
                .filter(|(_, row)| holds(row.change))
                .map(|(key, row)| {
                    let cells = slots(&row.cells);
                    (key.clone(), Row { cells, ..*row })
                })
                .collect(),
            texts: self
                .texts
                .iter()
                .map(|(key, text)| (key.clone(), text_within(text, &holds)))
                .collect(),
            steps: entries(&self.steps),
            marks: entries(&self.marks),
        }
    }

    /// A value is visible unless somebody who saw it wrote another. Whoever replaces a value has
    /// a later operation, so from the last to the first each needs comparing only with those
    /// already found visible.
    fn slot_within(&self, slot: &Slot, holds: &impl Fn(usize) -> bool) -> Slot {
        let mut writes: Vec<&Written> = slot.writes().filter(|at| holds(at.change)).collect();
        writes.sort_by_key(|written| std::cmp::Reverse(written.op));
        let mut found = Slot::default();
        for written in writes {
            let is_replaced = found.values.iter().any(|later| {
                later.change == written.change || self.saw(later.change, written.change)
            });
            let list = if is_replaced {
                &mut found.earlier
            } else {
                &mut found.values
            };
            list.push(written.clone());
        }
        found.values.reverse();
        found.earlier.reverse();
        found
    }
}

fn text_within(text: &Text, holds: &impl Fn(usize) -> bool) -> Text {
    let letters = text.letters.iter().filter(|letter| holds(letter.written));
    let letters: Vec<_> = letters.cloned().collect();
    let is_visible = |struck: &[usize]| !struck.iter().any(|change| holds(*change));
    let changes = text.changes.iter().copied();
    Text {
        text: letters
            .iter()
            .filter(|letter| is_visible(&letter.struck))
            .map(|letter| letter.letter)
            .collect(),
        changes: changes.filter(|change| holds(*change)).collect(),
        letters,
    }
}
