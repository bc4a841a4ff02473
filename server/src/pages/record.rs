//! `/s/{station}/records/{record}`: a record with every field, what stood there before, its steps,
//! what contradicts itself in it, and the acts that made it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::book::{self, Amendment, Clocks, Line, LineMarks, RecordFacts};
use sync_core::catalogue::{Field, FieldType, Kind};
use sync_core::ids::RecordId;
use sync_core::record::parts;
use sync_core::record::state::{self, Conflict, Progress};
use sync_core::record::view::{Slot, View, Written};
use sync_core::record::write::{REMOVED, Spot};

use super::frame::{self, Crumb, Frame};
use super::ink::{Ink, plain};
use super::mark::Mark;
use super::overview::crumb;
use super::reader::Reader;
use super::sheet::{AmendedNote, ClockLine, ConflictNote, Moment, Setter, Value};
use super::station::{DeviceName, Shown};
use super::time::APART;
use super::value::shown;
use super::words::Words;
use crate::admission::history;
use crate::error::{Error, Result};
use crate::http::App;
use crate::{args, read_tx, sql};

#[derive(Debug, Template)]
#[template(path = "record.html")]
pub struct RecordPage {
    pub frame: Frame,
    pub w: &'static Words,
    pub kind: Ink,
    pub title: Ink,
    pub marks: Vec<Mark>,
    pub state: Ink,
    pub numbers: Vec<Ink>,
    pub author: Ink,
    pub external: Ink,
    pub clocks: Vec<ClockLine>,
    pub removed: Ink,
    pub unknown: bool,
    pub conflicts: Vec<ConflictNote>,
    pub amendments: Vec<AmendedNote>,
    pub fields: Vec<FieldView>,
    pub steps: Vec<StepView>,
    pub acts: Vec<ActView>,
    pub conflict_mark: Mark,
    pub amended_mark: Mark,
    pub removed_mark: Mark,
    pub unknown_mark: Mark,
}

#[derive(Debug)]
pub struct FieldView {
    pub label: Ink,
    pub unknown: bool,
    pub values: Vec<Shape>,
    /// Who wrote what holds.
    pub written: Vec<By>,
    pub earlier: Vec<Value>,
    pub earlier_line: String,
}

#[derive(Debug)]
pub struct Shape {
    pub text: Ink,
    pub gone: bool,
}

#[derive(Debug)]
pub struct By {
    pub by: Ink,
    pub device: DeviceName,
    pub at: Moment,
}

#[derive(Debug)]
pub struct StepView {
    pub label: Ink,
    pub note: Ink,
    pub by: Ink,
    pub device: DeviceName,
    pub at: Moment,
}

#[derive(Debug)]
pub struct ActView {
    pub n: u64,
    pub by: Ink,
    pub device: DeviceName,
    pub at: Moment,
    pub received: Option<Moment>,
    pub apart: String,
    pub entry: String,
}

pub async fn record(
    State(app): State<Arc<App>>,
    Path((station, record)): Path<(String, String)>,
    reader: Reader,
) -> Result<Response> {
    let record: RecordId = record.parse().map_err(|_| Error::NoSuchRoute)?;
    let (station, view, lines, numbers) = read_tx!(app.db, "record", async |tx| {
        let shown = Shown::read(tx, &station).await?;
        let changes = tx
            .fetch_all(sql!("change_of_record"), args![&shown.id, &record])
            .await?;
        if changes.is_empty() {
            return Err(Error::NoSuchRoute);
        }
        let view = View::of(&history(record, &changes)?);
        let lines = tx
            .fetch_all(sql!("line_of_record"), args![&shown.id, &record])
            .await?;
        let lines = lines
            .iter()
            .map(super::book::line)
            .collect::<Result<Vec<_>>>()?;
        let numbers = tx
            .fetch_all(sql!("number_of_record"), args![&shown.id, &record])
            .await?;
        let numbers = numbers
            .iter()
            .map(|row| row.get("text"))
            .collect::<Result<Vec<String>>>()?;
        Ok((shown, view, lines, numbers))
    })
    .await?;
    frame::page(&reader, &draw(&reader, &station, &view, &lines, &numbers))
}

pub fn draw(
    reader: &Reader,
    station: &Shown,
    view: &View,
    lines: &[Line],
    numbers: &[String],
) -> RecordPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let kind = station.catalogue().kinds.get(&view.kind);
    let facts = book::facts(view, &station.books);
    let desk = Desk {
        setter: &setter,
        view,
        kind,
    };
    let kind_label = match kind {
        Some(kind) => Ink::label(kind.label.get(reader.catalogue_language())),
        None => Ink::written(&view.kind),
    };
    let id = view.record.to_string();
    let here = Crumb::new(
        Ink::written(id.get(..8).unwrap_or(&id)),
        reader.to(&station.record_path(&id)),
    );
    let marks = lines.first().map(|line| &line.marks);
    let author = view.author().map(ToString::to_string).unwrap_or_default();
    RecordPage {
        frame: Frame::new(
            reader,
            plain(&facts.title),
            vec![crumb(reader, station), here],
        ),
        w,
        kind: kind_label,
        title: Ink::written(&facts.title),
        marks: states(&facts, marks),
        state: desk.state(),
        numbers: numbers.iter().map(|number| Ink::written(number)).collect(),
        author: station.who(reader, &author),
        external: Ink::written(view.external_id.as_deref().unwrap_or_default()),
        clocks: desk.clocks(&facts, marks),
        removed: desk.removed(),
        unknown: facts.unknown,
        conflicts: desk.conflicts(),
        amendments: desk.amendments(lines),
        fields: desk.fields(),
        steps: desk.steps(),
        acts: desk.acts(),
        conflict_mark: Mark::Conflict,
        amended_mark: Mark::Amended,
        removed_mark: Mark::Removed,
        unknown_mark: Mark::Unknown,
    }
}

fn states(facts: &RecordFacts, marks: Option<&LineMarks>) -> Vec<Mark> {
    let mut shown = vec![Mark::Registered];
    for (set, mark) in [
        (marks.is_some_and(|marks| marks.late), Mark::Late),
        (facts.amended, Mark::Amended),
        (facts.conflicts > 0, Mark::Conflict),
        (facts.removed, Mark::Removed),
        (
            facts.unknown || marks.is_some_and(|marks| marks.unknown),
            Mark::Unknown,
        ),
    ] {
        if set {
            shown.push(mark);
        }
    }
    shown
}

/// What a record says, read through its kind.
struct Desk<'a> {
    setter: &'a Setter<'a>,
    view: &'a View,
    kind: Option<&'a Kind>,
}

/// A record's conflicts alone, for the list of those that have some.
pub fn conflicts(setter: &Setter<'_>, view: &View) -> Vec<ConflictNote> {
    let kind = setter.station.catalogue().kinds.get(&view.kind);
    Desk { setter, view, kind }.conflicts()
}

impl Desk<'_> {
    fn words(&self) -> &'static Words {
        self.setter.reader.words()
    }

    fn by(&self, change: usize) -> By {
        let origin = &self.view.changes[change].origin;
        By {
            by: self
                .setter
                .station
                .who(self.setter.reader, origin.person.as_str()),
            device: self.setter.station.device_beside(
                self.setter.reader,
                origin.act.device,
                origin.person.as_str(),
            ),
            at: self.setter.moment(origin.at),
        }
    }

    fn value(&self, text: Ink, change: usize) -> Value {
        let By { by, device, at } = self.by(change);
        Value {
            text,
            by,
            device,
            at,
        }
    }

    fn step_label(&self, to: &str) -> Ink {
        match self.kind.and_then(|kind| kind.step(to)) {
            Some(step) => Ink::label(step.label.get(self.setter.reader.catalogue_language())),
            None => Ink::written(to),
        }
    }

    fn state(&self) -> Ink {
        match Progress::of(self.view) {
            Progress::Nothing => Ink::label(&self.words().no_state),
            Progress::At(step) => self.step_label(step.text("to").unwrap_or_default()),
            Progress::Contested(steps) => {
                let labels: Vec<Ink> = steps
                    .iter()
                    .map(|step| self.step_label(step.text("to").unwrap_or_default()))
                    .collect();
                let states = Ink::joined(&labels, &self.words().list_between);
                Ink::sentence(&self.words().contested, &[("states", states)])
            }
        }
    }

    fn clocks(&self, facts: &RecordFacts, marks: Option<&LineMarks>) -> Vec<ClockLine> {
        if let Some(marks) = marks {
            return self.setter.clocks(&marks.clocks, marks.drift.as_ref());
        }
        let Some(first) = self.view.changes.first() else {
            return Vec::new();
        };
        let clocks = Clocks {
            happened: facts.happened,
            recorded: first.origin.at,
            received: first.origin.received_at,
        };
        self.setter.clocks(&clocks, None)
    }

    fn removed(&self) -> Ink {
        let Some(removal) = state::removal(self.view) else {
            return Ink::default();
        };
        let by = self.by(removal.change);
        let parts = [
            ("by", by.by),
            ("at", Ink::label(&by.at.text)),
            ("reason", shown(self.setter, None, &removal.value)),
        ];
        Ink::sentence(&self.words().removed_by, &parts)
    }

    fn label(&self, spot: &Spot) -> Ink {
        let language = self.setter.reader.catalogue_language();
        let field = |name: &str| self.kind.and_then(|kind| kind.field(name));
        match spot {
            Spot::Field(name) => match field(name) {
                Some(field) => Ink::label(field.label.get(language)),
                None => Ink::written(name),
            },
            Spot::Cell { row, cell } => {
                let table = row.split('/').next().unwrap_or(row);
                match field(table) {
                    Some(table) => {
                        let cell = table
                            .cell(cell)
                            .map_or(cell.as_str(), |cell| cell.label.get(language));
                        Ink::label(&format!("{} · {cell}", table.label.get(language)))
                    }
                    None => Ink::written(&spot.path()),
                }
            }
        }
    }

    fn field_of(&self, spot: &Spot) -> Option<&Field> {
        match spot {
            Spot::Field(name) => self.kind?.field(name),
            Spot::Cell { row, cell } => self.kind?.field(row.split('/').next()?)?.cell(cell),
        }
    }

    fn conflicts(&self) -> Vec<ConflictNote> {
        let written = |field: Option<&Field>, written: &Written| {
            self.value(shown(self.setter, field, &written.value), written.change)
        };
        let note = |conflict: Conflict<'_>| match conflict {
            Conflict::Values { spot, values } => ConflictNote {
                values: values
                    .iter()
                    .map(|one| written(self.field_of(&spot), one))
                    .collect(),
                label: self.label(&spot),
            },
            Conflict::RemovedEdited {
                target,
                removal,
                edits,
            } => {
                let what = match target {
                    Some(key) => self.label(&Spot::Field(
                        key.split('/').next().unwrap_or(key).to_owned(),
                    )),
                    None => Ink::label(&self.words().record),
                };
                let reason = shown(self.setter, None, &removal.value);
                let struck = Ink::sentence(&self.words().conflict_removed, &[("reason", reason)]);
                let mut values = vec![self.value(struck, removal.change)];
                values.extend(
                    edits
                        .iter()
                        .map(|edit| self.value(Ink::label(&self.words().conflict_edited), *edit)),
                );
                ConflictNote {
                    label: what,
                    values,
                }
            }
            Conflict::Steps(steps) => ConflictNote {
                label: Ink::label(&self.words().conflict_steps),
                values: steps
                    .iter()
                    .map(|step| {
                        self.value(
                            self.step_label(step.text("to").unwrap_or_default()),
                            step.change,
                        )
                    })
                    .collect(),
            },
        };
        state::conflicts(self.view, self.kind)
            .into_iter()
            .map(note)
            .collect()
    }

    /// What the books strike through, each once.
    fn amendments(&self, lines: &[Line]) -> Vec<AmendedNote> {
        let language = self.setter.reader.catalogue_language();
        let mut seen: Vec<(Ink, &Amendment)> = Vec::new();
        for line in lines {
            let book = self.setter.station.catalogue().books.get(&line.book);
            if book.is_some_and(|book| !book.has_pages()) {
                continue;
            }
            for amendment in line
                .marks
                .amended
                .iter()
                .filter(|amendment| amendment.replaces())
            {
                let column = book.and_then(|book| book.column(&amendment.column));
                let label = column.map_or(amendment.column.as_str(), |column| {
                    column.label.get(language)
                });
                let label = Ink::label(label);
                if !seen
                    .iter()
                    .any(|(known, one)| *known == label && one.at == amendment.at)
                {
                    seen.push((label, amendment));
                }
            }
        }
        seen.into_iter()
            .map(|(label, amendment)| self.setter.amended(label, amendment))
            .collect()
    }

    fn fields(&self) -> Vec<FieldView> {
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
        };
        if field.is_some_and(|field| field.ty == FieldType::Track) {
            self.track(name, &mut seen);
        } else {
            self.text(name, &mut seen);
            if let Some(slot) = self.view.slot(name) {
                self.slot(field, slot, &mut seen);
            }
            for member in parts::members(self.view, name) {
                let text = shown(self.setter, field, &member.written.value);
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
            let text = shown(self.setter, field, &written.value);
            if !text.is_empty() {
                seen.values.push(Shape { text, gone: false });
            }
            seen.written.push(self.by(written.change));
        }
        for written in slot.earlier.iter().rev() {
            seen.earlier
                .push(self.value(shown(self.setter, field, &written.value), written.change));
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
                .map(|written| shown(self.setter, cell, &written.value))
                .filter(|text| !text.is_empty())
                .collect();
            if !values.is_empty() {
                let pair = [label.clone(), Ink::joined(&values, " / ")];
                cells.push(Ink::joined(&pair, &self.words().label_between));
            }
            for written in slot.earlier.iter().rev() {
                let pair = [label.clone(), shown(self.setter, cell, &written.value)];
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

    /// The points of a way are counted, not shown: where somebody walked is not for a page.
    fn track(&self, name: &str, seen: &mut FieldView) {
        let points = parts::points(self.view, name);
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return;
        };
        let times = self.setter.station.times(self.setter.reader);
        let lasted = last
            .seconds
            .saturating_sub(first.seconds)
            .saturating_mul(1000);
        let parts = [
            ("n", Ink::label(&points.len().to_string())),
            ("span", Ink::label(&times.span(lasted, self.words()))),
        ];
        let text = Ink::sentence(&self.words().track_points, &parts);
        seen.values.push(Shape { text, gone: false });
        let members = parts::members(self.view, name);
        let ends = [members.first(), members.last()];
        seen.written.extend(
            ends.into_iter()
                .flatten()
                .map(|member| self.by(member.written.change)),
        );
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

    fn steps(&self) -> Vec<StepView> {
        let step = |entry: &sync_core::record::view::Entry| {
            let By { by, device, at } = self.by(entry.change);
            StepView {
                label: self.step_label(entry.text("to").unwrap_or_default()),
                note: Ink::written(entry.text("note").unwrap_or_default()),
                by,
                device,
                at,
            }
        };
        self.view.steps.iter().map(step).collect()
    }

    fn acts(&self) -> Vec<ActView> {
        let times = self.setter.station.times(self.setter.reader);
        let mut acts = Vec::new();
        let mut seen = Vec::new();
        for (at, change) in self.view.changes.iter().enumerate() {
            let origin = &change.origin;
            if seen.contains(&origin.act) {
                continue;
            }
            seen.push(origin.act);
            let By {
                by,
                device,
                at: recorded,
            } = self.by(at);
            let apart = origin.received_at.map(|received| received - origin.at);
            let word = match apart {
                Some(apart) if apart > APART => self.words().apart_later.as_str(),
                Some(apart) if apart < -APART => self.words().apart_earlier.as_str(),
                Some(_) | None => "",
            };
            acts.push(ActView {
                n: origin.act.n,
                by,
                device,
                at: recorded,
                received: origin.received_at.map(|at| self.setter.moment(at)),
                apart: word.replace(
                    "{span}",
                    &times.span(apart.unwrap_or_default(), self.words()),
                ),
                entry: origin
                    .entry
                    .map_or_else(String::new, |entry| entry.to_string()),
            });
        }
        acts
    }
}
