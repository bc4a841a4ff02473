//! Where a record stands, how it came there, what may follow, and by when it must.

use sync_core::book::{self, Due, Line};
use sync_core::catalogue::{AUTHOR, HANDLER, MEMBER, Where};
use sync_core::record::state::Progress;
use sync_core::record::view::Entry;

use super::{By, Desk, FollowView, LimitView, StepView};
use crate::pages::cited::cited;
use crate::pages::ink::Ink;

impl Desk<'_> {
    pub(super) fn state(&self) -> Ink {
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

    pub(super) fn steps(&self) -> Vec<StepView> {
        let step = |entry: &Entry| {
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

    /// The steps that may be taken from here, and by whom. While it is contested, from each.
    pub(super) fn follow(&self) -> Vec<FollowView> {
        let Some(kind) = self.kind else {
            return Vec::new();
        };
        let states: Vec<Option<&str>> = match Progress::of(self.view) {
            Progress::Nothing => vec![None],
            Progress::At(step) => vec![step.text("to")],
            Progress::Contested(steps) => steps.iter().map(|step| step.text("to")).collect(),
        };
        let w = self.words();
        let follows = kind
            .steps
            .iter()
            .filter(|step| states.iter().any(|state| step.follows(*state)));
        let view = |step: &sync_core::catalogue::Step| {
            let by: Vec<Ink> = step.by.iter().map(|role| self.role(role)).collect();
            FollowView {
                label: self.step_label(&step.to),
                by: Ink::joined(&by, &w.list_between),
                note: match (step.where_, &step.when) {
                    (Some(Where::Console), _) => w.step_at_console.clone(),
                    (None, Some(_)) => w.step_when.clone(),
                    (None, None) => String::new(),
                },
            }
        };
        follows.map(view).collect()
    }

    fn role(&self, role: &str) -> Ink {
        let w = self.words();
        match role {
            AUTHOR => Ink::label(&w.role_author),
            HANDLER => Ink::label(&w.role_handler),
            MEMBER => Ink::label(&w.role_member),
            role => match self.setter.station.catalogue().roles.get(role) {
                Some(role) => Ink::label(role.label.get(self.setter.reader.catalogue_language())),
                None => Ink::written(role),
            },
        }
    }

    /// The limits that have begun, as a book's column names them or by what ends them.
    pub(super) fn limits(&self, lines: &[Line], now: i64) -> Vec<LimitView> {
        let (reader, station) = (self.setter.reader, self.setter.station);
        let dues = book::dues(self.view, &station.books).into_iter();
        let limit = |due: Due| {
            let column = lines.iter().find_map(|line| {
                let mut shown = line.limits.iter();
                let (column, _) = shown.find(|(_, shown)| shown.limit == due.limit)?;
                station.catalogue().books.get(&line.book)?.column(column)
            });
            let law = self.kind.and_then(|kind| kind.limits_of(&due.limit).next());
            LimitView {
                label: match column {
                    Some(column) => Ink::label(column.label.get(reader.catalogue_language())),
                    None => Ink::label(&station.awaited(reader, &self.view.kind, &due.limit)),
                },
                from: self.setter.moment(due.from),
                done: due.done.map(|at| self.setter.moment(at)),
                due: self.setter.due(&due, now),
                law: law.map_or_else(Ink::default, |limit| cited(&limit.law, reader.language)),
            }
        };
        dues.map(limit).collect()
    }
}
