//! A page of a book as it is laid out: the official form, and beside it what software adds.

use sync_core::book::{
    Amendment, Clocks, Coverage, Drift, DriftCause, Page, PageCell, PageDue, PageRow, RowMarks,
    Said, Variant,
};
use sync_core::catalogue::Column;

use super::ink::Ink;
use super::mark::Mark;
use super::reader::Reader;
use super::station::{DeviceName, Shown};
use super::time::APART;

/// So many records of a row stand in its margin; the rest can be opened.
const ORIGINS_SHOWN: usize = 1;
/// A form with more columns needs a wide sheet before it reads as a table.
const WIDE: usize = 12;

#[derive(Debug)]
pub struct Sheet {
    pub title: Ink,
    pub station: Ink,
    pub period: String,
    pub page_number: Ink,
    /// The style's word for how many columns there are.
    pub width: &'static str,
    pub margin: bool,
    pub columns: Vec<Head>,
    pub rows: Vec<Row>,
    /// Cells in a row, the margin's included.
    pub span: usize,
    pub footer: Vec<Line>,
    /// What an empty page says.
    pub empty: Vec<Ink>,
    pub previous: Option<Turn>,
    pub next: Option<Turn>,
    pub path: String,
    pub kept: Vec<(String, String)>,
    pub find: String,
    pub clear: String,
    pub margin_href: String,
    pub csv: String,
    pub jsonl: String,
    pub xlsx: String,
}

#[derive(Debug)]
pub struct Turn {
    pub href: String,
    pub label: String,
}

#[derive(Debug)]
pub struct Head {
    pub label: Ink,
    pub class: &'static str,
}

#[derive(Debug)]
pub struct Line {
    pub label: Ink,
    pub texts: Vec<Ink>,
}

#[derive(Debug)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub origins: Vec<Origin>,
    pub more: Vec<Origin>,
    pub more_label: String,
    pub notes: Vec<Note>,
    pub removed: bool,
    /// No cell leads to the record, so the margin does.
    pub opens_here: bool,
}

#[derive(Debug)]
pub struct Cell {
    pub label: String,
    pub class: &'static str,
    pub body: Body,
    pub href: Option<String>,
    pub due: Option<DueLine>,
}

#[derive(Debug)]
pub enum Body {
    Blank,
    Text(Ink),
    Amended(Amended),
    Contested(Vec<Ink>),
    Unreadable,
}

#[derive(Debug)]
pub struct Amended {
    pub old: Vec<Ink>,
    pub new: Ink,
}

#[derive(Debug)]
pub struct DueLine {
    pub text: String,
    pub over: bool,
}

/// Where a row comes from: one record of it.
#[derive(Debug)]
pub struct Origin {
    pub href: String,
    pub label: Ink,
    pub marks: Vec<Mark>,
    pub devices: Vec<DeviceName>,
    pub clocks: Vec<ClockLine>,
}

#[derive(Debug)]
pub struct ClockLine {
    pub label: String,
    pub text: String,
    /// Empty: it has not struck yet.
    pub iso: String,
    /// By how much it differs from the one before, and why.
    pub apart: Option<String>,
}

#[derive(Debug)]
pub struct Moment {
    pub text: String,
    pub iso: String,
}

#[derive(Debug)]
pub enum Note {
    Amended(AmendedNote),
    Conflict(ConflictNote),
    Sentence(SentenceNote),
}

#[derive(Debug)]
pub struct AmendedNote {
    pub column: Ink,
    pub old: Ink,
    pub new: Ink,
    pub by: Ink,
    pub reason: Ink,
}

#[derive(Debug)]
pub struct ConflictNote {
    pub label: Ink,
    pub values: Vec<Value>,
}

#[derive(Debug)]
pub struct SentenceNote {
    pub mark: Mark,
    pub text: Ink,
}

/// A value that somebody wrote, with who, which device and when.
#[derive(Debug)]
pub struct Value {
    pub text: Ink,
    pub by: Ink,
    pub device: DeviceName,
    pub at: Moment,
}

#[derive(Debug)]
pub struct CoverageView {
    pub title: String,
    pub line: Ink,
    pub missing: Vec<DeviceLine>,
}

#[derive(Debug)]
pub struct DeviceLine {
    pub name: DeviceName,
    pub last: Option<Moment>,
    pub waiting: u64,
    pub waiting_line: String,
    pub removed: bool,
}

/// Lays out for one reader of one station.
#[derive(Debug, Clone, Copy)]
pub struct Setter<'a> {
    pub reader: &'a Reader,
    pub station: &'a Shown,
}

impl Setter<'_> {
    pub fn said(&self, said: &Said) -> Ink {
        Ink::written(said.get(self.reader.catalogue_language()))
    }

    pub fn moment(&self, ms: i64) -> Moment {
        let times = self.station.times(self.reader);
        Moment {
            text: times.moment(ms),
            iso: times.iso(ms),
        }
    }

    pub fn value(&self, variant: &Variant) -> Value {
        Value {
            text: self.said(&variant.text),
            by: self.station.who(self.reader, &variant.by),
            device: self
                .station
                .device_beside(self.reader, variant.device, &variant.by),
            at: self.moment(variant.at),
        }
    }

    pub fn heads(&self, page: &Page) -> Vec<Head> {
        let head = |column: &sync_core::book::PageColumn| Head {
            label: Ink::label(column.label.get(self.reader.catalogue_language())),
            class: class_of(&column.id),
        };
        page.columns.iter().map(head).collect()
    }

    pub fn width(&self, page: &Page) -> &'static str {
        if page.columns.len() > WIDE {
            "wide"
        } else {
            "narrow"
        }
    }

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
        Row {
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
            due: cell.due.first().map(|due| self.due(due)),
        }
    }

    /// A cell that is a day or a moment is printed as these are, and breaks between its parts
    /// alone.
    fn cell_text(&self, text: &Said) -> Ink {
        let text = text.get(self.reader.catalogue_language());
        let times = self.station.times(self.reader);
        match times.reprinted(text) {
            Some(text) => Ink::breaking(&text, &['年', '月', ' ']),
            None => Ink::written(text),
        }
    }

    fn due(&self, due: &PageDue) -> DueLine {
        let words = self.reader.words();
        let times = self.station.times(self.reader);
        // The limit ends with a day; its first moment after would name the next one.
        let day = times.day(&times.day_of(due.due.due - 1));
        let word = match (due.over, due.due.done) {
            (true, _) => &words.due_over,
            (false, Some(_)) => &words.due_done,
            (false, None) => &words.due_by,
        };
        DueLine {
            text: word.replace("{day}", &day),
            over: due.over,
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

    /// Happened, recorded, received: in this order, each with what it says about the one before.
    pub fn clocks(&self, clocks: &Clocks, drift: Option<&Drift>) -> Vec<ClockLine> {
        let words = self.reader.words();
        let times = self.station.times(self.reader);
        let span = |word: &str, ms: i64| word.replace("{span}", &times.span(ms, words));
        // What happened on a day, at no time of it, counts as late from the day's end.
        let day = times.is_midnight(clocks.happened);
        let late = match day {
            true => {
                let end = times
                    .end_of(&times.day_of(clocks.happened))
                    .unwrap_or(clocks.happened);
                clocks.recorded.saturating_sub(end)
            }
            false => clocks.recorded.saturating_sub(clocks.happened),
        };
        let received = match clocks.received {
            Some(at) => ClockLine {
                label: words.received.clone(),
                text: times.moment_after(at, clocks.happened),
                iso: times.iso(at),
                apart: drift.map(|drift| {
                    let word = match (drift.cause, drift.ms < 0) {
                        (DriftCause::LateSync, _) => &words.clocks_behind,
                        (DriftCause::PhoneClock, true) => &words.clocks_ahead,
                        (DriftCause::PhoneClock, false) => &words.clocks_slow,
                    };
                    span(word, drift.ms)
                }),
            },
            None => ClockLine {
                label: words.received.clone(),
                text: words.not_received.clone(),
                iso: String::new(),
                apart: None,
            },
        };
        vec![
            ClockLine {
                label: words.happened.clone(),
                text: match day {
                    true => times.day(&times.day_of(clocks.happened)),
                    false => times.moment(clocks.happened),
                },
                iso: times.iso(clocks.happened),
                apart: None,
            },
            ClockLine {
                label: words.recorded.clone(),
                text: times.moment_after(clocks.recorded, clocks.happened),
                iso: times.iso(clocks.recorded),
                apart: (late > APART).then(|| span(&words.clocks_written_later, late)),
            },
            received,
        ]
    }

    fn notes(&self, page: &Page, marks: &RowMarks) -> Vec<Note> {
        let words = self.reader.words();
        let language = self.reader.catalogue_language();
        let line = &marks.marks;
        let mut notes = Vec::new();
        for amendment in line.amended.iter().filter(|amendment| amendment.replaces()) {
            let column = page
                .columns
                .iter()
                .find(|column| column.id == amendment.column);
            let label = column.map_or(amendment.column.as_str(), |column| {
                column.label.get(language)
            });
            notes.push(Note::Amended(self.amended(Ink::label(label), amendment)));
        }
        for conflict in &line.conflicts {
            notes.push(Note::Conflict(ConflictNote {
                label: self.said(&conflict.label),
                values: conflict
                    .values
                    .iter()
                    .map(|value| self.value(value))
                    .collect(),
            }));
        }
        if let Some(removed) = &line.removed {
            let sentence = if removed.disputed {
                &words.removed_disputed
            } else {
                &words.removed_by
            };
            let parts = [
                ("by", self.station.who(self.reader, &removed.by)),
                ("at", Ink::label(&self.moment(removed.at).text)),
                ("reason", self.reason(Some(&removed.reason))),
            ];
            let text = Ink::sentence(sentence, &parts);
            notes.push(Note::Sentence(SentenceNote {
                mark: Mark::Removed,
                text,
            }));
        }
        if line.unknown {
            let text = Ink::label(&words.unknown_note);
            notes.push(Note::Sentence(SentenceNote {
                mark: Mark::Unknown,
                text,
            }));
        }
        if !line.unreadable.is_empty() {
            let columns: Vec<Ink> = line
                .unreadable
                .iter()
                .map(|column| Ink::written(column))
                .collect();
            let parts = [("columns", Ink::joined(&columns, &words.list_between))];
            let text = Ink::sentence(&words.unreadable_note, &parts);
            notes.push(Note::Sentence(SentenceNote {
                mark: Mark::Unreadable,
                text,
            }));
        }
        notes
    }

    pub fn amended(&self, column: Ink, amendment: &Amendment) -> AmendedNote {
        let device = self.station.device(self.reader, amendment.device);
        let parts = [
            ("by", self.station.who(self.reader, &amendment.by)),
            ("device", Ink::written(&device.id)),
            ("at", Ink::label(&self.moment(amendment.at).text)),
        ];
        AmendedNote {
            column,
            old: self.said(&amendment.old),
            new: self.said(&amendment.new),
            by: Ink::sentence(&self.reader.words().amended_by, &parts),
            reason: self.reason(amendment.reason.as_deref()),
        }
    }

    fn reason(&self, reason: Option<&str>) -> Ink {
        match reason {
            Some(reason) if !reason.trim().is_empty() => Ink::written(reason),
            Some(_) | None => Ink::label(&self.reader.words().no_reason),
        }
    }

    /// `title` and `lead` say that not all have come: `{n}` of `{all}`.
    pub fn coverage(&self, coverage: &Coverage, title: &str, lead: &str) -> CoverageView {
        let words = self.reader.words();
        let (missing, all) = (coverage.behind.len(), coverage.devices.len());
        let line = match (missing, all) {
            (_, 0) => words.coverage_none.as_str(),
            (0, _) => words.coverage_all.as_str(),
            _ => lead,
        };
        let n = [
            ("n", Ink::label(&missing.to_string())),
            ("all", Ink::label(&all.to_string())),
        ];
        CoverageView {
            title: if missing > 0 { title } else { &words.coverage }.to_owned(),
            line: Ink::sentence(line, &n),
            missing: coverage
                .missing()
                .map(|device| self.device_line(device.device, device.last_contact, device.waiting))
                .collect(),
        }
    }

    pub fn device_line(
        &self,
        device: sync_core::ids::DeviceId,
        last: Option<i64>,
        waiting: Option<u64>,
    ) -> DeviceLine {
        let waiting = waiting.unwrap_or_default();
        let line = &self.reader.words().waiting_count;
        DeviceLine {
            name: self.station.device(self.reader, device),
            last: last.map(|at| self.moment(at)),
            waiting,
            waiting_line: line.replace("{n}", &waiting.to_string()),
            removed: false,
        }
    }
}

fn class_of(column: &str) -> &'static str {
    match column {
        Column::SERIAL => "serial",
        Column::NUMBER => "number",
        _ => "",
    }
}
