//! What stands around the rows of a page: what it comes to, what was amended, who has not sent.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::Offset};

use super::fold::{both, number};
use super::page::{
    AmendmentNote, Coverage, PageCell, PageFacts, PagePart, PageRow, Period, RowMarks, SaidBy,
    Summary, Total,
};
use super::{Amendment, Line, Said};
use crate::catalogue::{Book, Fold, Language, spoken_moment};
use crate::ids::RecordId;

pub(super) fn summary(book: &Book, rows: &[PageRow], said: Vec<SaidBy>) -> Summary {
    let marks: BTreeMap<RecordId, &RowMarks> = rows
        .iter()
        .flat_map(|row| &row.marks)
        .map(|marks| (marks.record, marks))
        .collect();
    let count = |test: fn(&RowMarks) -> bool| marks.values().filter(|marks| test(marks)).count();
    let totals = book
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.fold == Fold::Sum);
    Summary {
        said,
        rows: rows.len(),
        records: marks.len(),
        struck: count(|one| one.marks.removed.is_some()),
        late: count(|one| one.marks.late),
        amended: count(|one| one.marks.amended.iter().any(Amendment::replaces)),
        conflicts: count(|one| !one.marks.conflicts.is_empty()),
        totals: totals
            .map(|(at, column)| {
                let number_of = |row: &PageRow| row.cells.get(at).and_then(|cell| cell.number);
                let sum: f64 = rows.iter().filter_map(number_of).sum();
                let (column, label) = (column.id.clone(), both(&column.label));
                Total {
                    column,
                    label,
                    number: sum,
                    text: number(sum),
                }
            })
            .collect(),
    }
}

/// What the records that hold say at the foot, by officer, then time.
pub(super) fn said(lines: &[&Line]) -> Vec<SaidBy> {
    let holds = |line: &&&Line| line.marks.removed.as_ref().is_none_or(|one| one.disputed);
    let mut said: Vec<SaidBy> = Vec::new();
    for line in lines.iter().filter(holds) {
        let Some(text) = &line.summary else { continue };
        if said.iter().all(|one| one.record != line.record) {
            said.push(SaidBy {
                officer: line.officer.clone(),
                record: line.record,
                text: text.clone(),
            });
        }
    }
    said.sort_by(|a, b| a.officer.cmp(&b.officer));
    said
}

/// 更正记录, as a cell of a row: what was replaced in it and when. By whom stands in the margin.
pub(super) fn amended(book: &Book, row: &PageRow, offset: i32) -> PageCell {
    let mut cell = PageCell::default();
    for marks in &row.marks {
        for one in marks.marks.amended.iter().filter(|one| one.replaces()) {
            let label = book.column(&one.column).map(|column| &column.label);
            let text = |language: Language| {
                let label = label.map_or("", |label| label.get(language));
                let at = spoken_moment(one.at, offset, language);
                let (old, new) = (one.old.get(language), one.new.get(language));
                let reason = one.reason.as_deref().unwrap_or_default();
                format!("{label} {old}→{new} {at} {reason}")
                    .trim_end()
                    .to_owned()
            };
            cell.parts.push(PagePart {
                text: Said {
                    zh: text(Language::Zh),
                    en: text(Language::En),
                },
                record: marks.record,
                struck: false,
                variant: None,
                open: None,
            });
        }
    }
    cell.join();
    cell
}

/// What replaced something, and what its author calls an amendment. A cell that was filled in
/// later replaces nothing; its own mark says so.
pub(super) fn amendments(book: &Book, rows: &[PageRow]) -> Vec<AmendmentNote> {
    let mut notes = Vec::new();
    for row in rows {
        for marks in &row.marks {
            let amended = marks.marks.amended.iter();
            for amendment in amended.filter(|one| one.replaces() || one.reason.is_some()) {
                let column = book.column(&amendment.column);
                notes.push(AmendmentNote {
                    serial: row.serial,
                    record: marks.record,
                    label: column.map_or_else(Said::default, |column| both(&column.label)),
                    amendment: amendment.clone(),
                });
            }
        }
    }
    notes
}

pub(super) fn coverage(facts: &PageFacts) -> Coverage {
    let mut devices = facts.coverage.clone();
    devices.sort_by(|a, b| (&a.person, a.device).cmp(&(&b.person, b.device)));
    let end = end_of(&facts.period, facts.offset);
    let is_behind = |at: &usize| {
        let device = &devices[*at];
        let silent = match (device.last_contact, end) {
            (Some(contact), Some(end)) => contact < end,
            (Some(_), None) => false,
            (None, _) => true,
        };
        silent || device.waiting.is_some_and(|waiting| waiting > 0)
    };
    let behind = (0..devices.len()).filter(is_behind).collect();
    Coverage { behind, devices }
}

/// The first moment after a period, in milliseconds since 1970.
fn end_of(period: &Period, offset: i32) -> Option<i64> {
    let next = match period {
        Period::Day(day) => day.parse::<Date>().ok()?.tomorrow().ok()?,
        Period::Month(month) => {
            let first: Date = format!("{month}-01").parse().ok()?;
            first.checked_add(1.month()).ok()?
        }
        Period::All => return None,
    };
    let offset = Offset::from_seconds(offset.checked_mul(60)?).ok()?;
    let midnight = offset.to_timestamp(next.at(0, 0, 0, 0)).ok()?;
    Some(Timestamp::as_millisecond(midnight))
}
