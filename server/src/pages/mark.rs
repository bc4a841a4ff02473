//! The states that pages mark: each a word and a shape, never a colour alone.

use super::words::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    Registered,
    Late,
    Amended,
    Conflict,
    Held,
    Removed,
    Unknown,
    Breach,
    Missing,
    Unreadable,
}

impl Mark {
    /// In the order in which the legend explains them.
    pub const ALL: [Mark; 10] = [
        Mark::Registered,
        Mark::Late,
        Mark::Amended,
        Mark::Conflict,
        Mark::Held,
        Mark::Removed,
        Mark::Unknown,
        Mark::Breach,
        Mark::Missing,
        Mark::Unreadable,
    ];

    /// The style's name of its shape.
    pub fn shape(&self) -> &'static str {
        match self {
            Mark::Registered => "registered",
            Mark::Late => "late",
            Mark::Amended => "amended",
            Mark::Conflict => "conflict",
            Mark::Held => "held",
            Mark::Removed => "removed",
            Mark::Unknown => "unknown",
            Mark::Breach => "breach",
            Mark::Missing => "missing",
            Mark::Unreadable => "unreadable",
        }
    }

    pub fn word<'w>(&self, words: &'w Words) -> &'w str {
        match self {
            Mark::Registered => &words.mark_registered,
            Mark::Late => &words.mark_late,
            Mark::Amended => &words.mark_amended,
            Mark::Conflict => &words.mark_conflict,
            Mark::Held => &words.mark_held,
            Mark::Removed => &words.mark_removed,
            Mark::Unknown => &words.mark_unknown,
            Mark::Breach => &words.mark_breach,
            Mark::Missing => &words.mark_missing,
            Mark::Unreadable => &words.mark_unreadable,
        }
    }
}
