//! A row of a book: its cells, and the records that it was folded from.

use sync_core::book::{Amendment, Due, Page, PageCell, PageDue, PageRow, RowMarks, Said};
use sync_core::catalogue::Column;

use super::{Amended, Body, Cell, DueLine, Origin, Row, Setter, class_of};
use crate::pages::ink::Ink;
use crate::pages::mark::Mark;

/// So many records of a row stand in its margin; the rest can be opened.
const ORIGINS_SHOWN: usize = 1;

impl Setter<'_> {
    pub fn row(&self, page: &Page, row: &PageRow, margin: bool) -> Row {
        let only = match row.records.as_slice() {
            [record] => Some(
                self.reader
                    .to(&self.station.record_path(&record.to_string())),
            ),
            _ => None,
        };
        let mut cells: Vec<Cell> = Vec::with_capacity(row.cells.len());
        for (column, cell) in page.columns.iter().zip(&row.cells) {
            let label = column
                .label
                .get(self.reader.catalogue_language())
                .to_owned();
            let mut set = self.cell(&column.id, label, cell);
            if column.id == Column::SERIAL {
                set.href.clone_from(&only);
            }
            if column.id == Column::NUMBER && row.number.is_none() {
                set.class = "number provisional";
            }
            cells.push(set);
        }
        let opens_here = !cells.iter().any(|cell| cell.href.is_some());
        let mut origins: Vec<Origin> = Vec::new();
        if margin {
            origins.extend(row.marks.iter().map(|marks| self.origin(marks)));
        }
        let shown = if origins.len() > ORIGINS_SHOWN + 1 {
            ORIGINS_SHOWN
        } else {
            origins.len()
        };
        let more = origins.split_off(shown);
        let more_label = self
            .reader
            .words()
            .records_in_row
            .replace("{n}", &more.len().to_string());
        let first = row.records.first();
        Row {
            id: first.map_or_else(String::new, |record| format!("r-{record}")),
            cells,
            origins,
            more,
            more_label,
            notes: row
                .marks
                .iter()
                .flat_map(|marks| self.notes(page, marks))
                .collect(),
            removed: row.struck,
            opens_here,
        }
    }

    fn cell(&self, column: &str, label: String, cell: &PageCell) -> Cell {
        let contested: Vec<Ink> = cell
            .parts
            .iter()
            .filter(|part| part.variant.is_some())
            .map(|part| self.said(&part.text))
            .collect();
        let old: Vec<Ink> = cell
            .amended
            .iter()
            .filter(|amendment| amendment.replaces())
            .map(|amendment| self.said(&amendment.old))
            .collect();
        let struck: Vec<Ink> = cell
            .parts
            .iter()
            .filter(|part| part.struck)
            .map(|part| self.said(&part.text))
            .collect();
        let text = self.cell_text(&cell.text);
        let body = if cell.unreadable && text.is_empty() {
            Body::Unreadable
        } else if contested.len() > 1 {
            Body::Contested(contested)
        } else if !old.is_empty() || !struck.is_empty() {
            Body::Amended(Amended {
                old: old.into_iter().chain(struck).collect(),
                new: text,
            })
        } else if text.is_empty() {
            Body::Blank
        } else {
            Body::Text(text)
        };
        let class = match body {
            Body::Blank if column != Column::SERIAL && cell.due.is_empty() => "blank",
            _ => class_of(column),
        };
        Cell {
            label,
            class,
            body,
            href: None,
            due: cell
                .due
                .first()
                .and_then(|due| self.page_due(due, &cell.text)),
        }
    }

    /// A cell that is a day or a moment breaks between its parts alone.
    fn cell_text(&self, text: &Said) -> Ink {
        let text = text.get(self.reader.catalogue_language());
        match self.station.times(self.reader).is_printed(text) {
            true => Ink::breaking(text, &['年', '月', ' ']),
            false => Ink::written(text),
        }
    }

    /// Beside a cell that is the limit's own day the day is not said again.
    fn page_due(&self, page: &PageDue, beside: &Said) -> Option<DueLine> {
        let due = &page.due;
        let as_of = if page.over { i64::MAX } else { i64::MIN };
        let line = self.due(due, as_of);
        let day = self.station.times(self.reader).last_day(due.due);
        let is_said = beside.get(self.reader.catalogue_language()) == day;
        if !is_said || due.stopped.is_some() && due.done.is_none() {
            return Some(line);
        }
        let words = self.reader.words();
        let text = match (line.over, due.done) {
            (false, None) => return None,
            (false, Some(_)) => &words.due_met,
            (true, None) => &words.due_missed,
            (true, Some(_)) => &words.due_late,
        };
        Some(DueLine {
            text: text.clone(),
            over: line.over,
        })
    }

    /// How a limit stands at a moment, in words. While its clock stands still nothing is due.
    pub fn due(&self, due: &Due, now: i64) -> DueLine {
        if due.excused && due.is_over(now) {
            let line = self.due_line(due.due, due.done, now);
            let day = self.station.times(self.reader).last_day(due.due);
            return DueLine {
                text: self.reader.words().due_excused.replace("{day}", &day),
                over: line.over && due.done.is_none(),
            };
        }
        let Some(since) = due.stopped.filter(|_| due.done.is_none()) else {
            return self.due_line(due.due, due.done, now);
        };
        let times = self.station.times(self.reader);
        let day = times.day(&times.day_of(since));
        DueLine {
            text: self.reader.words().due_stopped.replace("{day}", &day),
            over: false,
        }
    }

    pub fn due_line(&self, due: i64, done: Option<i64>, now: i64) -> DueLine {
        let words = self.reader.words();
        let day = self.station.times(self.reader).last_day(due);
        let over = done.unwrap_or(now) >= due;
        let word = match (over, done) {
            (true, Some(_)) => &words.due_done_late,
            (true, None) => &words.due_over,
            (false, Some(_)) => &words.due_done,
            (false, None) => &words.due_by,
        };
        DueLine {
            text: word.replace("{day}", &day),
            over,
        }
    }

    fn origin(&self, marks: &RowMarks) -> Origin {
        let line = &marks.marks;
        let mut shown = vec![Mark::Registered];
        for (set, mark) in [
            (line.late, Mark::Late),
            (line.amended.iter().any(Amendment::replaces), Mark::Amended),
            (!line.conflicts.is_empty(), Mark::Conflict),
            (line.removed.is_some(), Mark::Removed),
            (line.unknown, Mark::Unknown),
            (!line.breaches.is_empty(), Mark::Breach),
            (!line.missing.is_empty(), Mark::Missing),
            (!line.unreadable.is_empty(), Mark::Unreadable),
        ] {
            if set {
                shown.push(mark);
            }
        }
        Origin {
            href: self
                .reader
                .to(&self.station.record_path(&marks.record.to_string())),
            label: Ink::written(&marks.provisional),
            marks: shown,
            devices: line
                .devices
                .iter()
                .map(|device| self.station.device(self.reader, *device))
                .collect(),
            clocks: self.clocks(&line.clocks, line.drift.as_ref()),
        }
    }
}
