//! What people wrote without knowing of each other, value by value.

use std::sync::Arc;

use super::reading::{self, Place, Reading};
use super::{LineConflict, Said, Station, Variant};
use crate::catalogue::{Field, Fold, Personal, RecordData};
use crate::record::change::Scalar;
use crate::record::data;
use crate::record::state::{self, Conflict};
use crate::record::value::to_json;
use crate::record::view::{Slot, View, Written};
use crate::record::write::{REMOVED, Spot};

/// What people wrote into a record without knowing of each other, as lists print it. Of a kind
/// that the catalogue does not know, that there is something, and who wrote last.
pub fn conflicts(view: &View, station: &Station) -> Vec<LineConflict> {
    match station.catalogue().kinds.get(&view.kind) {
        Some(kind) => {
            let reading = Reading::of(view, kind, station);
            let contests = Contest::all(&reading);
            contests.iter().map(|one| one.of(&[], &reading)).collect()
        }
        None => state::conflicts(view, None)
            .iter()
            .map(|conflict| unknown(view, conflict))
            .collect(),
    }
}

fn unknown(view: &View, conflict: &Conflict<'_>) -> LineConflict {
    let (path, values) = match conflict {
        Conflict::Values { spot, values } => {
            let value = |one: &&Written| told(view, one.change, Said::same(raw(&one.value)), None);
            (spot.path(), values.iter().map(value).collect())
        }
        Conflict::RemovedEdited {
            target, removal, ..
        } => {
            let path = target.map_or(REMOVED.to_owned(), |row| format!("{row}:{REMOVED}"));
            let reason = Said::same(raw(&removal.value));
            (path, vec![told(view, removal.change, reason, None)])
        }
        Conflict::Steps(steps) => {
            let value = |step: &&crate::record::view::Entry| {
                let to = step.text("to").unwrap_or_default();
                told(view, step.change, Said::same(to), None)
            };
            ("steps".to_owned(), steps.iter().map(value).collect())
        }
    };
    let values: Vec<Value> = values;
    LineConflict {
        label: Said::same(path.clone()),
        // Of what nobody knows anything, it may tell anything of anybody.
        personal: (path != "steps").then_some(Personal::Note),
        path,
        columns: Vec::new(),
        values: values.into_iter().map(|value| value.told).collect(),
    }
}

/// One conflict of a record.
pub(super) struct Contest {
    path: String,
    /// The name of the field it is about; empty where it is about the whole record.
    field: String,
    label: Said,
    values: Vec<Value>,
    /// What the values tell of a person.
    personal: Option<Personal>,
}

struct Value {
    told: Variant,
    /// The record as if this were the only value; none where a cell cannot show it.
    data: Option<Arc<RecordData>>,
}

/// More values of one conflict are named without what each column would print of them.
const MAX_SHOWN: usize = 16;

impl Contest {
    pub fn all(reading: &Reading<'_>) -> Vec<Contest> {
        let found = state::conflicts(reading.view, Some(reading.kind));
        found
            .into_iter()
            .map(|conflict| Contest::of_conflict(conflict, reading))
            .collect()
    }

    fn of_conflict(conflict: Conflict<'_>, reading: &Reading<'_>) -> Contest {
        match conflict {
            Conflict::Values { spot, values } => Contest::of_values(&spot, &values, reading),
            Conflict::RemovedEdited {
                target,
                removal,
                edits,
            } => {
                let path = target.map_or(REMOVED.to_owned(), |row| format!("{row}:{REMOVED}"));
                let field = target
                    .and_then(|row| row.split('/').next())
                    .unwrap_or_default();
                let known = reading.kind.field(field);
                let what = Said {
                    zh: "作废与修改".into(),
                    en: "struck out and edited".into(),
                };
                let reason = removal.value.as_str().unwrap_or_default();
                let struck = Said {
                    zh: format!("作废：{reason}"),
                    en: format!("struck out: {reason}"),
                };
                let edited = Said {
                    zh: "另有修改".into(),
                    en: "edited".into(),
                };
                let edits = edits.into_iter().map(|change| (edited.clone(), change));
                let values = [(struck, removal.change)].into_iter().chain(edits);
                Contest {
                    path,
                    field: field.to_owned(),
                    label: known.map_or(what, label),
                    values: values
                        .map(|(text, change)| told(reading.view, change, text, None))
                        .collect(),
                    personal: known.and_then(any_personal),
                }
            }
            Conflict::Steps(steps) => {
                let value = |step: &&crate::record::view::Entry| {
                    let to = step.text("to").unwrap_or_default();
                    let text = reading.kind.step(to).map_or_else(
                        || Said::same(to),
                        |step| Said {
                            zh: step.label.zh.clone(),
                            en: step.label.en.clone(),
                        },
                    );
                    told(reading.view, step.change, text, None)
                };
                Contest {
                    path: "steps".to_owned(),
                    field: String::new(),
                    label: Said {
                        zh: "状态".into(),
                        en: "State".into(),
                    },
                    values: steps.iter().map(value).collect(),
                    personal: None,
                }
            }
        }
    }

    fn of_values(spot: &Spot, values: &[&Written], reading: &Reading<'_>) -> Contest {
        let (base, cell) = match spot {
            Spot::Field(name) => (name.as_str(), None),
            Spot::Cell { row, cell } => (row.split('/').next().unwrap_or(row), Some(cell)),
        };
        let known = reading.kind.field(base);
        let field = match cell {
            Some(cell) => known.and_then(|table| table.cell(cell)),
            None => known,
        };
        let mut lone = Lone::new(spot, known.filter(|_| values.len() <= MAX_SHOWN), reading);
        let told = values.iter().map(|written| {
            let text = field.map_or_else(
                || Said::same(raw(&written.value)),
                |field| reading.field_text(field, &data::single(field, &written.value)),
            );
            let data = lone.as_mut().and_then(|lone| lone.data(written));
            told(reading.view, written.change, emptied(text), data)
        });
        Contest {
            path: spot.path(),
            field: base.to_owned(),
            values: told.collect(),
            label: match (known, field, cell) {
                (Some(table), Some(field), Some(_)) => {
                    let (table, field) = (label(table), label(field));
                    Said {
                        zh: format!("{}：{}", table.zh, field.zh),
                        en: format!("{}: {}", table.en, field.en),
                    }
                }
                (_, Some(field), _) => label(field),
                (_, None, _) => Said::same(spot.path()),
            },
            personal: match field {
                Some(field) => any_personal(field),
                // Of what nobody knows anything, it may tell anything of anybody.
                None => Some(Personal::Note),
            },
        }
    }

    /// The conflict as it stands beside a line of a book with these columns.
    pub fn of(&self, places: &[Place<'_>], reading: &Reading<'_>) -> LineConflict {
        let shown = places.iter().filter(|place| self.is_in(place, reading));
        LineConflict {
            path: self.path.clone(),
            label: self.label.clone(),
            columns: shown.map(|place| place.column.id.clone()).collect(),
            values: self.values.iter().map(|value| value.told.clone()).collect(),
            personal: self.personal,
        }
    }

    fn is_in(&self, place: &Place<'_>, reading: &Reading<'_>) -> bool {
        !self.field.is_empty() && place.fields(reading.kind).contains(self.field.as_str())
    }

    /// Everything that a column would print, one for each value in conflict; none where all
    /// values print the same, or where the column adds up and cannot show two.
    pub fn variants(
        contests: &[Contest],
        reading: &Reading<'_>,
        place: &Place<'_>,
        officer: &str,
    ) -> Option<Vec<Variant>> {
        match place.column.fold {
            Fold::First | Fold::List | Fold::Once => {}
            Fold::Sum | Fold::Span | Fold::Refs | Fold::Sheets => return None,
        }
        let mut variants: Vec<Variant> = Vec::new();
        for contest in contests
            .iter()
            .filter(|contest| contest.is_in(place, reading))
        {
            for value in &contest.values {
                let Some(data) = &value.data else { continue };
                let text = match reading.cell(place, data, Some(officer)) {
                    Some(cell) => cell.as_text().cloned(),
                    None => Some(emptied(Said::default())),
                };
                let Some(text) = text else { continue };
                if variants.iter().all(|known| known.text != text) {
                    variants.push(Variant {
                        text,
                        ..value.told.clone()
                    });
                }
            }
        }
        (variants.len() > 1).then_some(variants)
    }
}

/// The record with one value at a time at the place of a conflict.
struct Lone<'r, 'a> {
    reading: &'r Reading<'a>,
    view: View,
    field: &'r Field,
    spot: Spot,
}

impl<'r, 'a> Lone<'r, 'a> {
    fn new(spot: &Spot, field: Option<&'r Field>, reading: &'r Reading<'a>) -> Option<Self> {
        let (view, spot) = (reading.view.clone(), spot.clone());
        Some(Lone {
            reading,
            view,
            field: field?,
            spot,
        })
    }

    fn data(&mut self, written: &Written) -> Option<Arc<RecordData>> {
        let slot = match &self.spot {
            Spot::Field(name) => self.view.fields.get_mut(name)?,
            Spot::Cell { row, cell } => self.view.rows.get_mut(row)?.cells.get_mut(cell)?,
        };
        *slot = Slot {
            values: vec![written.clone()],
            earlier: Vec::new(),
        };
        let mut data = (*self.reading.data).clone();
        if self.reading.kind.clock.as_deref() == Some(&self.field.name) {
            let offset = self.reading.station.offset();
            data.facts.happened = Some(data::happened(&self.view, self.reading.kind, offset));
        }
        let datum = data::datum(&self.view, self.field);
        data.fields.insert(self.field.name.clone(), datum);
        Some(reading::timed(
            data,
            &self.view,
            self.reading.kind,
            self.reading.station,
        ))
    }
}

fn told(view: &View, change: usize, text: Said, data: Option<Arc<RecordData>>) -> Value {
    let origin = &view.changes[change].origin;
    let told = Variant {
        text,
        by: origin.person.to_string(),
        device: origin.act.device,
        at: origin.at,
    };
    Value { told, data }
}

/// An emptied field is a value too, and must be seen.
fn emptied(text: Said) -> Said {
    if text.is_empty() {
        Said {
            zh: "（空）".into(),
            en: "(empty)".into(),
        }
    } else {
        text
    }
}

fn raw(value: &Scalar) -> String {
    match to_json(crate::catalogue::FieldType::Text, value) {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What a field or any of its cells tells of a person.
fn any_personal(field: &Field) -> Option<Personal> {
    let cells = field.cells.iter().filter_map(|cell| cell.personal);
    field.personal.into_iter().chain(cells).next()
}

fn label(field: &Field) -> Said {
    Said {
        zh: field.label.zh.clone(),
        en: field.label.en.clone(),
    }
}
