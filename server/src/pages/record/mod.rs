//! `/s/{station}/records/{record}`: a record with every field, what stood there before, its steps
//! and what may follow, what contradicts itself in it, and the acts that made it.

mod acts;
mod books;
mod conflicts;
mod drawn;
mod fields;
mod links;
mod steps;
mod track;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use sync_core::book::{self, Breaches, Clocks, Line, LineMarks, RecordFacts};
use sync_core::catalogue::{Field, Kind};
use sync_core::envelope::Number;
use sync_core::ids::RecordId;
use sync_core::record::state;
use sync_core::record::view::View;
use sync_core::record::write::Spot;

use crate::admission::{history, numbers};
use crate::error::{Error, Result};
use crate::http::App;
use crate::pages::book::line;
use crate::pages::frame::{self, Crumb, Frame, Place};
use crate::pages::ink::{Ink, plain};
use crate::pages::mark::Mark;
use crate::pages::reader::Reader;
use crate::pages::sheet::{
    AmendedNote, ClockLine, ConflictNote, DueLine, Moment, SentenceNote, Setter, Value,
};
use crate::pages::station::{DeviceName, Shown, crumb};
use crate::pages::value::shown;
use crate::pages::words::Words;
use crate::{args, read_tx, sql};

use links::LinkView;
use track::Drawing;

#[cfg(test)]
pub use links::Linked;
pub use links::Links;

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
    /// What it came to against the rules of its kind.
    pub breaches: Vec<SentenceNote>,
    pub conflicts: Vec<ConflictNote>,
    pub amendments: Vec<AmendedNote>,
    pub fields: Vec<FieldView>,
    /// The labels of those that say nothing.
    pub unfilled: Ink,
    pub limits: Vec<LimitView>,
    pub named: Vec<LinkView>,
    pub naming: Vec<LinkView>,
    pub steps: Vec<StepView>,
    pub follow: Vec<FollowView>,
    pub books: Vec<BookLink>,
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
    pub drawing: Option<Drawing>,
}

impl FieldView {
    fn says_something(&self) -> bool {
        !self.values.is_empty() || !self.earlier.is_empty() || self.drawing.is_some()
    }
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

/// A step that may be taken next.
#[derive(Debug)]
pub struct FollowView {
    pub label: Ink,
    pub by: Ink,
    pub note: String,
}

#[derive(Debug)]
pub struct LimitView {
    pub label: Ink,
    pub from: Moment,
    pub done: Option<Moment>,
    pub due: DueLine,
    pub law: Ink,
}

/// A page of a book on which the record stands.
#[derive(Debug)]
pub struct BookLink {
    pub label: Ink,
    pub href: String,
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

/// What the store has of a record.
#[derive(Debug)]
pub struct Stored {
    pub view: View,
    pub lines: Vec<Line>,
    pub numbers: Vec<Number>,
    pub links: Links,
}

pub async fn record(
    State(app): State<Arc<App>>,
    Path((station, record)): Path<(String, String)>,
    reader: Reader,
) -> Result<Response> {
    let record: RecordId = record.parse().map_err(|_| Error::NoSuchRoute)?;
    let (station, stored) = read_tx!(app.db, "record", async |tx| {
        let shown = Shown::with(tx, &app.known, &station).await?;
        let key = args![&shown.id, &record];
        let changes = tx.fetch_all(sql!("change_of_record"), key).await?;
        if changes.is_empty() {
            return Err(Error::RecordUnknown(record));
        }
        let lines = tx.fetch_all(sql!("line_of_record"), key).await?;
        let numbers = tx.fetch_all(sql!("number_of_record"), key).await?;
        let lines = lines.iter().map(line).collect::<Result<Vec<_>>>()?;
        let stored = Stored {
            view: View::of(&history(record, &changes)?),
            lines: lines
                .into_iter()
                .filter(|line| shown.prints(line))
                .collect(),
            numbers: numbers.iter().map(numbers::read).collect::<Result<_>>()?,
            links: Links::read(tx, &shown, &record).await?,
        };
        Ok((shown, stored))
    })
    .await?;
    let page = draw(&reader, &station, &stored, app.clock.now_ms());
    frame::page(&reader, &page)
}

pub fn draw(reader: &Reader, station: &Shown, stored: &Stored, now: i64) -> RecordPage {
    let w = reader.words();
    let setter = Setter { reader, station };
    let (view, lines) = (&stored.view, stored.lines.as_slice());
    let kind = station.catalogue().kinds.get(&view.kind);
    let facts = book::facts(view, &station.books);
    let breaches = book::breaches(view, &station.books);
    let desk = Desk {
        setter: &setter,
        view,
        kind,
        links: &stored.links,
    };
    let kind_label = match kind {
        Some(kind) => Ink::label(kind.label.get(reader.catalogue_language())),
        None => Ink::written(&view.kind),
    };
    let id = view.record.to_string();
    let here = Crumb::new(kind_label.clone(), reader.to(&station.record_path(&id)));
    let marks = lines.first().map(|line| &line.marks);
    let author = view.author().map(ToString::to_string).unwrap_or_default();
    let crumbs = vec![crumb(reader, station), here];
    let numbers = stored.numbers.iter();
    let (fields, unfilled): (Vec<_>, Vec<_>) = desk
        .fields()
        .into_iter()
        .partition(FieldView::says_something);
    RecordPage {
        frame: Frame::of(
            reader,
            station,
            Place::Elsewhere,
            plain(&facts.title),
            crumbs,
        ),
        w,
        kind: kind_label,
        title: station.title(reader, &facts.title),
        marks: states(&facts, marks, &breaches),
        state: desk.state(),
        numbers: numbers.map(|number| Ink::written(&number.text)).collect(),
        author: station.who(reader, &author),
        external: Ink::written(view.external_id.as_deref().unwrap_or_default()),
        clocks: desk.clocks(&facts, marks),
        removed: desk.removed(),
        unknown: facts.unknown,
        breaches: setter
            .breaches(&breaches.steps, &breaches.missing)
            .chain(desk.drawn())
            .collect(),
        conflicts: desk.conflicts(),
        amendments: desk.amendments(lines),
        unfilled: Ink::joined(unfilled.iter().map(|field| &field.label), &w.list_between),
        fields,
        limits: desk.limits(lines, now),
        named: desk.links(&stored.links.named, true),
        naming: desk.links(&stored.links.naming, false),
        steps: desk.steps(),
        follow: desk.follow(),
        books: desk.books(lines, &stored.numbers),
        acts: desk.acts(),
        conflict_mark: Mark::Conflict,
        amended_mark: Mark::Amended,
        removed_mark: Mark::Removed,
        unknown_mark: Mark::Unknown,
    }
}

fn states(facts: &RecordFacts, marks: Option<&LineMarks>, breaches: &Breaches) -> Vec<Mark> {
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
        (!breaches.steps.is_empty(), Mark::Breach),
        (!breaches.missing.is_empty(), Mark::Missing),
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
    links: &'a Links,
}

/// A record's conflicts alone, for the list of those that have some.
pub fn conflicts(setter: &Setter<'_>, view: &View) -> Vec<ConflictNote> {
    let kind = setter.station.catalogue().kinds.get(&view.kind);
    let links = &Links::default();
    let desk = Desk {
        setter,
        view,
        kind,
        links,
    };
    desk.conflicts()
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
}
