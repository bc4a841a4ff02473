//! A line of the facts' book, read by the names of its columns.

use jiff::civil::Date;

use super::trail::Trail;
use crate::book::{Line, LineCell};
use crate::catalogue::{MetricRules, midnight};
use crate::ids::RecordId;

/// What one record says. A value that people wrote differently without knowing of each other is
/// no value: nothing is counted on the strength of it.
pub(super) struct Fact<'l> {
    line: &'l Line,
    pub trail: Trail,
    offset: i32,
}

impl<'l> Fact<'l> {
    pub fn of(line: &'l Line, rules: &MetricRules, offset: i32) -> Fact<'l> {
        let mut fact = Fact {
            line,
            trail: Trail::default(),
            offset,
        };
        let phases = rules.phases_of(fact.kind());
        fact.trail = Trail::read(fact.text("trail"), phases);
        fact
    }

    pub fn kind(&self) -> &'l str {
        self.text("kind")
    }

    pub fn record(&self) -> RecordId {
        self.line.record
    }

    pub fn happened(&self) -> i64 {
        self.line.marks.clocks.happened
    }

    pub fn recorded(&self) -> i64 {
        self.line.marks.clocks.recorded
    }

    /// Whose record it is.
    pub fn officer(&self) -> &'l str {
        &self.line.officer
    }

    /// Struck out, and nobody objects.
    pub fn is_gone(&self) -> bool {
        let removed = self.line.marks.removed.as_ref();
        removed.is_some_and(|removed| !removed.disputed)
    }

    pub fn is_unreadable(&self) -> bool {
        !self.line.marks.unreadable.is_empty()
    }

    /// Empty where nothing was written.
    pub fn text(&self, column: &str) -> &'l str {
        let text = self.cell(column).and_then(LineCell::as_text);
        text.map_or("", |text| &text.zh)
    }

    /// Without spaces and to a length that names a place or a person: it is kept and compared.
    pub fn name(&self, column: &str) -> String {
        let letters = self.text(column).chars();
        letters.filter(|c| !c.is_whitespace()).take(80).collect()
    }

    pub fn is(&self, column: &str) -> bool {
        !self.text(column).is_empty()
    }

    /// A whole number, such as a moment or a count.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to lie where every whole number is exact"
    )]
    pub fn number(&self, column: &str) -> Option<i64> {
        match self.cell(column) {
            Some(LineCell::Number(n)) if n.abs() < 9e15 => Some(*n as i64),
            Some(
                LineCell::Number(_)
                | LineCell::Text(_)
                | LineCell::Span(..)
                | LineCell::Refs(_)
                | LineCell::Contested(_)
                | LineCell::Unreadable,
            )
            | None => None,
        }
    }

    /// How often something happened; a negative one is none.
    pub fn count(&self, column: &str) -> u64 {
        let n = self.number(column).unwrap_or_default();
        u64::try_from(n).unwrap_or_default()
    }

    pub fn day(&self, column: &str) -> Option<Date> {
        self.text(column).parse().ok()
    }

    /// The first moment after the day in a column, by which something is due.
    pub fn end_of(&self, column: &str) -> Option<i64> {
        midnight(self.day(column)?.tomorrow().ok()?, self.offset)
    }

    pub fn record_in(&self, column: &str) -> Option<RecordId> {
        self.text(column).parse().ok()
    }

    /// The time limits that the record is under.
    pub fn limits(&self) -> impl Iterator<Item = &'l crate::book::Due> {
        self.line.limits.values()
    }

    /// Whether people disagree on what stands in a column.
    pub fn is_contested(&self, column: &str) -> bool {
        let mut conflicts = self.line.marks.conflicts.iter();
        conflicts.any(|conflict| conflict.columns.iter().any(|one| one == column))
    }

    fn cell(&self, column: &str) -> Option<&'l LineCell> {
        let cell = self.line.cells.get(column)?;
        (!self.is_contested(column)).then_some(cell)
    }
}
