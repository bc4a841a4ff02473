//! Code lists and roles: words that records store and people read as labels.

use super::names::Label;

/// The codes a choice may take. A code is never used again for something else; one that is no
/// longer wanted gets `until`, so that old records still read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList {
    pub name: String,
    pub label: Label,
    /// In the order in which they are offered.
    pub codes: Vec<Code>,
}

impl CodeList {
    pub fn code(&self, code: &str) -> Option<&Code> {
        self.codes.iter().find(|known| known.code == code)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub code: String,
    pub label: Label,
    /// The first day it is offered, `2026-05-11`.
    pub from: Option<String>,
    /// The last day it is offered.
    pub until: Option<String>,
}

impl Code {
    /// Whether it is offered on a day written `2026-05-11`; such days sort as texts do.
    pub fn offered_on(&self, day: &str) -> bool {
        self.from.as_deref().is_none_or(|from| from <= day)
            && self.until.as_deref().is_none_or(|until| day <= until)
    }
}

/// A number that differs from place to place: kinds and books name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub label: Label,
    pub value: u32,
    /// Where the value comes from; empty where the station chose it.
    pub source: String,
}

/// What a member may be at a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    pub label: Label,
    /// Sees personal values masked only, and holds no replica.
    pub masked: bool,
}

/// The words that stand beside roles wherever roles are named: everybody, and the two roles
/// that depend on the record.
pub const MEMBER: &str = "member";
pub const AUTHOR: &str = "author";
pub const HANDLER: &str = "handler";
