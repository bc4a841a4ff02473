//! A page of a book: what is printed, row by row, with what stands in its margin.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::mask::mask;
use super::{Amendment, Due, LineConflict, LineMarks, Said, Variant};
use crate::catalogue::{Column, Personal, run_on};
use crate::envelope::Number;
use crate::ids::{DeviceId, PersonId, RecordId};

/// What a page says besides its lines: statements of the server, and what it knows of devices.
#[derive(Debug, Clone, Default)]
pub struct PageFacts {
    pub station: String,
    pub period: Period,
    /// Minutes east of UTC.
    pub offset: i32,
    /// Milliseconds since 1970: limits are judged as of then.
    pub as_of: i64,
    /// Those of the book's own records and of the records that its cells name, in any order.
    pub numbers: Vec<Number>,
    /// What stands for the numbers of records named in cells that have none yet:
    /// `L-<device>-<n>`. The records of the page itself need not be here.
    pub provisional: BTreeMap<RecordId, String>,
    pub coverage: Vec<DeviceCoverage>,
    /// Who reviewed the page: fills the columns that print the reviewer.
    pub reviewer: Option<Said>,
}

/// What a page holds, in days as lines write them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// `2026-05-11`
    Day(String),
    /// `2026-05`
    Month(String),
    /// All that there is.
    #[default]
    All,
}

/// What the server knows of a device of the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCoverage {
    pub device: DeviceId,
    pub person: PersonId,
    /// The person's name.
    pub name: String,
    /// When the device last reached the server, in milliseconds since 1970.
    pub last_contact: Option<i64>,
    /// The last envelope of its log that has arrived.
    pub last_seq: u64,
    /// What it says it has not sent yet, if it said so.
    pub waiting: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    pub book: String,
    pub title: Said,
    pub station: String,
    pub period: Period,
    pub columns: Vec<PageColumn>,
    pub rows: Vec<PageRow>,
    pub coverage: Coverage,
    /// Where the book's footer has one.
    pub summary: Option<Summary>,
    /// In the order of rows, then columns; where the book's footer has them.
    pub amendments: Option<Vec<AmendmentNote>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageColumn {
    pub id: String,
    pub label: Said,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Personal>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageRow {
    /// Counted from 1 within the page.
    pub serial: usize,
    /// What its lines have in common; the same on every page that ever shows the row.
    pub key: String,
    pub day: Option<String>,
    /// The register number, where the book has one and the server has given it.
    pub number: Option<String>,
    /// `L-<device>-<n>` of the row's first record: printed beside the number until the page is
    /// reviewed, and in its place until there is one.
    pub provisional: String,
    /// One for each column, in their order.
    pub cells: Vec<PageCell>,
    /// Those that it was folded from, by happened, then id.
    pub records: Vec<RecordId>,
    pub marks: Vec<RowMarks>,
    /// Every record of the row was struck out.
    pub struck: bool,
}

/// The marks of one of the records of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowMarks {
    pub record: RecordId,
    pub provisional: String,
    #[serde(flatten)]
    pub marks: LineMarks,
}

/// One cell. An empty one has no parts; print puts a slash into it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PageCell {
    /// The parts that hold, joined.
    pub text: Said,
    /// For a column that adds up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PagePart>,
    /// What stood here, each struck through before what replaced it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amended: Vec<Amendment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due: Vec<PageDue>,
    /// Several values stand in it, or one that stands for several: a person has to decide.
    pub conflict: bool,
    /// Its expression failed on at least one record.
    pub unreadable: bool,
}

/// What one record says in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagePart {
    pub text: Said,
    pub record: RecordId,
    /// The record was struck out: the text is printed struck through and counts no more.
    pub struck: bool,
    /// One of several values that people wrote without knowing of each other: who, which
    /// device, when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Variant>,
    /// What stands here for those who may not see personal values, where that is more than the
    /// text's own mask. It leaves with no page.
    #[serde(skip)]
    pub open: Option<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageDue {
    pub record: RecordId,
    #[serde(flatten)]
    pub due: Due,
    /// Not done in time, as of the page.
    pub over: bool,
}

/// Whether all that belongs on the page can have arrived. It stands before the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub devices: Vec<DeviceCoverage>,
    /// Those that have not reached the server since the page's period ended, or say that they
    /// have something left to send: indices into `devices`.
    pub behind: Vec<usize>,
}

impl Coverage {
    pub fn is_complete(&self) -> bool {
        self.behind.is_empty()
    }

    pub fn missing(&self) -> impl Iterator<Item = &DeviceCoverage> {
        self.behind.iter().filter_map(|at| self.devices.get(*at))
    }
}

/// What the page comes to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub rows: usize,
    pub records: usize,
    pub struck: usize,
    pub late: usize,
    pub amended: usize,
    pub conflicts: usize,
    /// Of each column that adds up.
    pub totals: Vec<Total>,
    /// What the officers themselves say of the day, by officer, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<SaidBy>,
}

/// A sentence at the foot of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidBy {
    /// The person's code.
    pub officer: String,
    pub record: RecordId,
    pub text: Said,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Total {
    pub column: String,
    pub label: Said,
    pub number: f64,
    pub text: String,
}

/// An amendment as the foot of the page lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendmentNote {
    pub serial: usize,
    pub record: RecordId,
    pub label: Said,
    #[serde(flatten)]
    pub amendment: Amendment,
}

impl Page {
    /// The page for those who may not see personal values: masked wherever they stand, in cells,
    /// conflicts and amendments.
    pub fn masked(&self) -> Page {
        let mut page = self.clone();
        for row in &mut page.rows {
            row.mask(&page.columns);
        }
        let personal = personal(&page.columns);
        for note in page.amendments.iter_mut().flatten() {
            mask_amendment(&mut note.amendment, &personal);
        }
        page
    }

    /// All records of the page.
    pub fn records(&self) -> BTreeSet<RecordId> {
        self.rows
            .iter()
            .flat_map(|row| row.records.iter().copied())
            .collect()
    }
}

impl PageRow {
    /// Masks what stands in the personal ones of its page's columns.
    pub fn mask(&mut self, columns: &[PageColumn]) {
        for (cell, column) in self.cells.iter_mut().zip(columns) {
            if let Some(kind) = column.personal {
                cell.mask(kind);
            }
        }
        let personal = personal(columns);
        for marks in &mut self.marks {
            mask_marks(&mut marks.marks, &personal);
        }
        self.mask_amendments(columns, &personal);
    }

    /// The column that lists amendments says what stood in other columns.
    fn mask_amendments(&mut self, columns: &[PageColumn], personal: &BTreeMap<&str, Personal>) {
        let mut amended = self.marks.iter().flat_map(|marks| &marks.marks.amended);
        let is_personal = amended.any(|one| personal.contains_key(one.column.as_str()));
        let at = columns
            .iter()
            .position(|column| column.id == Column::AMENDMENTS);
        if let Some(cell) = at
            .and_then(|at| self.cells.get_mut(at))
            .filter(|_| is_personal)
        {
            cell.mask(Personal::Note);
        }
    }
}

fn personal(columns: &[PageColumn]) -> BTreeMap<&str, Personal> {
    columns
        .iter()
        .filter_map(|column| Some((column.id.as_str(), column.personal?)))
        .collect()
}

impl PageCell {
    fn mask(&mut self, kind: Personal) {
        for part in &mut self.parts {
            match part.open.take() {
                Some(open) => part.text = open,
                None => mask_said(&mut part.text, kind),
            }
            if let Some(variant) = &mut part.variant {
                mask_said(&mut variant.text, kind);
            }
        }
        for amendment in &mut self.amended {
            mask_said(&mut amendment.old, kind);
            mask_said(&mut amendment.new, kind);
        }
        self.number = None;
        if self.parts.is_empty() {
            mask_said(&mut self.text, kind);
        } else {
            self.join();
        }
    }

    /// Joins the parts that hold, alternatives with a slash.
    pub(super) fn join(&mut self) {
        let join = |pick: fn(&Said) -> &str, semicolon: &str| {
            let mut joined = String::new();
            let mut before: Option<&PagePart> = None;
            for part in self.parts.iter().filter(|part| !part.struck) {
                let text = pick(&part.text);
                if text.is_empty() {
                    continue;
                }
                if let Some(before) = before {
                    let alternative = before.variant.is_some()
                        && part.variant.is_some()
                        && before.record == part.record;
                    match alternative {
                        true => joined.push_str(" / "),
                        false => run_on(&mut joined, semicolon),
                    }
                }
                joined.push_str(text);
                before = Some(part);
            }
            joined
        };
        let text = Said {
            zh: join(|said| &said.zh, "；"),
            en: join(|said| &said.en, "; "),
        };
        self.text = text;
    }
}

fn mask_marks(marks: &mut LineMarks, personal: &BTreeMap<&str, Personal>) {
    for amendment in &mut marks.amended {
        mask_amendment(amendment, personal);
    }
    for conflict in &mut marks.conflicts {
        conflict.mask();
    }
}

impl LineConflict {
    /// Masks what its values tell of persons.
    pub fn mask(&mut self) {
        if let Some(kind) = self.personal {
            for value in &mut self.values {
                mask_said(&mut value.text, kind);
            }
        }
    }
}

fn mask_amendment(amendment: &mut Amendment, personal: &BTreeMap<&str, Personal>) {
    if let Some(kind) = personal.get(amendment.column.as_str()) {
        mask_said(&mut amendment.old, *kind);
        mask_said(&mut amendment.new, *kind);
    }
}

fn mask_said(text: &mut Said, kind: Personal) {
    *text = Said {
        zh: mask(kind, &text.zh),
        en: mask(kind, &text.en),
    };
}
