//! A line: what one record contributes to one row of one book.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Due, Language, Personal};
use crate::ids::{DeviceId, RecordId};

/// Equal views give equal lines, to the byte of their JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub book: String,
    pub record: RecordId,
    /// Lines of one key fold into one row.
    pub row_key: String,
    /// The record's day in the station's time zone, `2026-05-11`.
    pub day: Option<String>,
    /// Whose line it is: the value of the source's `per`, by default the author's code.
    pub officer: String,
    /// Texts that sort as the rows do, as far as one record can tell.
    pub sort: String,
    /// `L-<device>-<n>`: what stands for the register number until there is one.
    pub provisional: String,
    /// What it says at the foot of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Said>,
    /// By column; a column to which the record has nothing to say is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cells: BTreeMap<String, LineCell>,
    /// What stands in personal columns for those who may not see personal values: as the cell
    /// prints the record with its personal fields masked. Where it is absent, the cell's own text
    /// is masked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<String, Said>,
    /// By column that shows a time limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, Due>,
    pub marks: LineMarks,
}

/// What a record says in one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineCell {
    /// References to other records stand in it as [`Ref`](crate::catalogue::Ref)s.
    Text(Said),
    /// For the fold `sum`.
    Number(f64),
    /// For the fold `span`: two moments in milliseconds since 1970.
    Span(i64, i64),
    /// For the fold `refs`, as texts with a `Ref` in each.
    Refs(Vec<String>),
    /// The values of a conflict that nobody has settled, each as the column prints it.
    Contested(Vec<Variant>),
    /// The column's expression failed on this record.
    Unreadable,
}

impl LineCell {
    pub fn as_text(&self) -> Option<&Said> {
        match self {
            LineCell::Text(text) => Some(text),
            LineCell::Number(_)
            | LineCell::Span(..)
            | LineCell::Refs(_)
            | LineCell::Contested(_)
            | LineCell::Unreadable => None,
        }
    }
}

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Said {
    pub zh: String,
    pub en: String,
}

impl Said {
    pub fn same(text: impl Into<String>) -> Said {
        let zh = text.into();
        Said { en: zh.clone(), zh }
    }

    pub fn get(&self, language: Language) -> &str {
        language.pick(&self.zh, &self.en)
    }

    pub fn is_empty(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }
}

/// One text where both languages say the same.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Same(String),
    Both { zh: String, en: String },
}

impl From<Wire> for Said {
    fn from(wire: Wire) -> Said {
        match wire {
            Wire::Same(text) => Said::same(text),
            Wire::Both { zh, en } => Said { zh, en },
        }
    }
}

impl From<Said> for Wire {
    fn from(Said { zh, en }: Said) -> Wire {
        if zh == en {
            Wire::Same(zh)
        } else {
            Wire::Both { zh, en }
        }
    }
}

/// A value that somebody wrote, and its circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    pub text: Said,
    /// The writer's code.
    pub by: String,
    pub device: DeviceId,
    /// Recorded, in milliseconds since 1970 by the device's clock.
    pub at: i64,
}

/// What stands beside a line, in the margin of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineMarks {
    /// The devices that wrote the record, in the order of their first change.
    pub devices: Vec<DeviceId>,
    pub clocks: Clocks,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// Recorded more than a day after it happened (补录).
    #[serde(skip_serializing_if = "is_false")]
    pub late: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amended: Vec<Amendment>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<LineConflict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removed>,
    /// A newer phone wrote fields that this catalogue does not know: the record holds more than
    /// the line says.
    #[serde(skip_serializing_if = "is_false")]
    pub unknown: bool,
    /// Steps that were not taken as the kind says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
    /// The fields that must be filled in by now and are empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Said>,
    /// The columns (or `per`, or `day`) that could not be worked out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A step that its phone should not have let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    pub step: Said,
    pub why: Why,
    /// The writer's code.
    pub by: String,
    pub device: DeviceId,
    /// Recorded, in milliseconds since 1970 by the device's clock.
    pub at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It does not follow where the record stood; nowhere where no step had been taken.
    Order { from: Vec<Said> },
    /// The condition under which the step is offered at all.
    Condition,
    /// What law or station demand, in the catalogue's sentence.
    Guard(Said),
}

/// The three clocks of a record, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// By the kind's clock field.
    pub happened: i64,
    /// By the phone that made the record.
    pub recorded: i64,
    /// By the server; none while only phones know the record.
    pub received: Option<i64>,
}

/// Recorded and received lie more than five minutes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// In milliseconds: received minus recorded, below zero where the phone was ahead; of a slow
    /// phone, what its clock was behind at least.
    pub ms: i64,
    pub cause: DriftCause,
}

/// As far as can be told from the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftCause {
    /// Nothing speaks against it: the phone was without signal.
    LateSync,
    /// The phone's clock was wrong: nothing is received before it was recorded, and nothing
    /// is recorded before what its writer had seen.
    PhoneClock,
}

/// A value that was changed after the record was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amendment {
    pub column: String,
    /// What stood there.
    pub old: Said,
    pub new: Said,
    pub by: String,
    pub device: DeviceId,
    /// Recorded, in milliseconds since 1970 by the device's clock.
    pub at: i64,
    pub reason: Option<String>,
    /// It was filled in, or rows or members were added: nothing was replaced or struck out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub added: bool,
}

impl Amendment {
    /// Whether something that stood in the book was replaced or struck out.
    pub fn replaces(&self) -> bool {
        !self.added
    }
}

/// Something that people wrote without knowing of each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineConflict {
    /// `field`, `table/row:cell`, `removed`, `table/row:removed` or `steps`.
    pub path: String,
    pub label: Said,
    /// The columns of this book that show it.
    pub columns: Vec<String>,
    pub values: Vec<Variant>,
    /// What the values tell of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Personal>,
}

/// A record that was struck out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub reason: String,
    pub by: String,
    pub device: DeviceId,
    pub at: i64,
    /// Others wrote to it without knowing: it stays in the book until a person decides.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disputed: bool,
}
