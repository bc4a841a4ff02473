//! A page of a book as it is laid out: the official form, and beside it what software adds.

mod clocks;
mod coverage;
mod notes;
mod row;

use sync_core::book::{Page, Said, Variant};
use sync_core::catalogue::Column;

use super::ink::Ink;
use super::mark::Mark;
use super::reader::Reader;
use super::station::{DeviceName, Shown};

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
    /// What identifies the sheet.
    pub proof: Ink,
    /// What an empty page says.
    pub empty: Vec<Ink>,
    pub notice: Option<Ink>,
    pub cut: Option<String>,
    /// The days or months beside this one.
    pub periods: Vec<Turn>,
    /// The parts beside this one, where a page has several.
    pub parts: Vec<Turn>,
    pub jump: Option<Jump>,
    pub path: String,
    pub kept: Vec<(String, String)>,
    pub margin_href: String,
    pub csv: String,
    pub jsonl: String,
    pub xlsx: String,
}

#[derive(Debug)]
pub struct Turn {
    /// `prev`, `next` or nothing.
    pub rel: &'static str,
    pub href: String,
    pub label: String,
}

/// A box that takes its reader to a place of the book.
#[derive(Debug)]
pub struct Jump {
    /// The parameter.
    pub name: &'static str,
    /// The type of its input.
    pub kind: &'static str,
    pub label: String,
    pub value: String,
    /// The last that may be entered; empty: without end.
    pub most: &'static str,
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
    /// Where an address may point: its first record.
    pub id: String,
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
    /// Of which record, where that has not been said.
    pub of: Option<Link>,
    pub values: Vec<Value>,
}

/// A record by what a row calls it.
#[derive(Debug)]
pub struct Link {
    pub href: String,
    pub label: Ink,
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
    /// That more may come, where the period is not over.
    pub running: &'static str,
    pub missing: Vec<DeviceLine>,
}

#[derive(Debug)]
pub struct DeviceLine {
    pub name: DeviceName,
    pub last: Option<Moment>,
    pub waiting: u64,
    pub waiting_line: String,
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
}

fn class_of(column: &str) -> &'static str {
    match column {
        Column::SERIAL => "serial",
        Column::NUMBER => "number",
        _ => "",
    }
}
