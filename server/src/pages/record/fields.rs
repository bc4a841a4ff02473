//! What a record's fields say, who wrote it, and what stood there before.

use sync_core::catalogue::{Field, FieldType};
use sync_core::record::change::Scalar;
use sync_core::record::parts;
use sync_core::record::view::Slot;
use sync_core::record::write::{REMOVED, Spot};

use super::{By, Desk, FieldView, Shape};
use crate::pages::ink::Ink;
use crate::pages::value;

impl Desk<'_> {
    pub(super) fn fields(&self) -> Vec<FieldView> {
        let known = self.kind.iter().flat_map(|kind| &kind.fields);
        let mut fields: Vec<FieldView> = known
            .map(|field| self.field(&field.name, Some(field)))
            .collect();
        let keys = self
            .view
            .fields
            .keys()
            .chain(self.view.rows.keys())
            .chain(self.view.texts.keys());
        let mut names: Vec<&str> = keys.filter_map(|key| key.split('/').next()).collect();
        names.sort_unstable();
        names.dedup();
        let is_known = |name: &str| self.kind.is_some_and(|kind| kind.field(name).is_some());
        let unknown = names
            .into_iter()
            .filter(|name| *name != REMOVED && !is_known(name));
        fields.extend(unknown.map(|name| self.field(name, None)));
        fields
    }

    fn field(&self, name: &str, field: Option<&Field>) -> FieldView {
        let mut seen = FieldView {
            label: self.label(&Spot::Field(name.to_owned())),
            unknown: field.is_none(),
            values: Vec::new(),
            written: Vec::new(),
            earlier: Vec::new(),
            earlier_line: String::new(),
            drawing: None,
        };
        if field.is_some_and(|field| field.ty == FieldType::Track) {
            self.track(name, &mut seen);
        } else {
            self.text(name, &mut seen);
            if let Some(slot) = self.view.slot(name) {
                self.slot(field, slot, &mut seen);
            }
            for member in parts::members(self.view, name) {
                let text = self.shown(field, &member.written.value);
                seen.values.push(Shape {
                    text,
                    gone: member.removed.is_some(),
                });
                seen.written.push(self.by(member.written.change));
            }
            for row in parts::rows(self.view, name) {
                self.row(field, &row, &mut seen);
            }
        }
        let n = seen.earlier.len().to_string();
        seen.earlier_line = self.words().earlier_count.replace("{n}", &n);
        // Ten cells of one person's one act need its name once.
        seen.written
            .dedup_by(|b, a| a.by == b.by && a.device == b.device && a.at.text == b.at.text);
        seen
    }

    fn slot(&self, field: Option<&Field>, slot: &Slot, seen: &mut FieldView) {
        for written in &slot.values {
            let text = self.shown(field, &written.value);
            if !text.is_empty() {
                seen.values.push(Shape { text, gone: false });
            }
            seen.written.push(self.by(written.change));
        }
        for written in slot.earlier.iter().rev() {
            seen.earlier
                .push(self.value(self.shown(field, &written.value), written.change));
        }
    }

    fn row(&self, field: Option<&Field>, part: &parts::RowPart<'_>, seen: &mut FieldView) {
        let language = self.setter.reader.catalogue_language();
        let mut cells = Vec::new();
        // In the order of the form, then what it does not know.
        let form: Vec<&str> = field
            .iter()
            .flat_map(|field| field.row_cells())
            .map(|cell| cell.name.as_str())
            .collect();
        let place = |name: &str| {
            form.iter()
                .position(|known| *known == name)
                .unwrap_or(form.len())
        };
        let mut slots: Vec<(&String, &Slot)> = part
            .row
            .cells
            .iter()
            .filter(|(name, _)| *name != REMOVED)
            .collect();
        slots.sort_by_key(|(name, _)| place(name));
        for (name, slot) in slots {
            let cell = field.and_then(|field| field.cell(name));
            let label = cell.map_or_else(
                || Ink::written(name),
                |cell| Ink::label(cell.label.get(language)),
            );
            let values: Vec<Ink> = slot
                .values
                .iter()
                .map(|written| self.shown(cell, &written.value))
                .filter(|text| !text.is_empty())
                .collect();
            if !values.is_empty() {
                let pair = [label.clone(), Ink::joined(&values, " / ")];
                cells.push(Ink::joined(&pair, &self.words().label_between));
            }
            for written in slot.earlier.iter().rev() {
                let pair = [label.clone(), self.shown(cell, &written.value)];
                let text = Ink::joined(&pair, &self.words().label_between);
                seen.earlier.push(self.value(text, written.change));
            }
        }
        let text = Ink::joined(&cells, &self.words().cell_between);
        seen.values.push(Shape {
            text,
            gone: part.is_gone(),
        });
        seen.written.push(self.by(part.row.change));
    }

    /// Where somebody walked is drawn without a map: it shows that it was walked, not where.
    fn track(&self, name: &str, seen: &mut FieldView) {
        let points = parts::points(self.view, name);
        seen.drawing = self.drawing(&points);
        let members = parts::members(self.view, name);
        let ends = [members.first(), members.last()];
        let by = |member: &parts::Member<'_>| self.by(member.written.change);
        seen.written.extend(ends.into_iter().flatten().map(by));
    }

    fn shown(&self, field: Option<&Field>, value: &Scalar) -> Ink {
        let link = match (field.map(|field| field.ty), value.as_str()) {
            (Some(FieldType::Record), Some(id)) => self.linked(id),
            (_, _) => None,
        };
        link.unwrap_or_else(|| value::shown(self.setter, field, value))
    }

    fn text(&self, name: &str, seen: &mut FieldView) {
        let Some(text) = self.view.texts.get(name) else {
            return;
        };
        if !text.text.is_empty() {
            seen.values.push(Shape {
                text: Ink::written(&text.text),
                gone: false,
            });
        }
        let mut last: Vec<By> = Vec::new();
        for change in &text.changes {
            let by = self.by(*change);
            last.retain(|known| known.by != by.by);
            last.push(by);
        }
        seen.written.extend(last);
    }
}
