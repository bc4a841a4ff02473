//! How do cells name other records?

use std::collections::BTreeMap;

use super::page::PageFacts;
use super::{Line, Said};
use crate::catalogue::Ref;
use crate::envelope::Number;
use crate::ids::RecordId;

/// What stands for other records in cells.
pub(super) struct Names<'a> {
    numbers: BTreeMap<(&'a str, RecordId), &'a Number>,
    provisional: BTreeMap<RecordId, &'a str>,
}

impl<'a> Names<'a> {
    pub fn new(lines: &[&'a Line], facts: &'a PageFacts) -> Names<'a> {
        let mut numbers: BTreeMap<(&str, RecordId), &Number> = BTreeMap::new();
        for number in &facts.numbers {
            // A number given twice stays with the first.
            let first = numbers
                .entry((&number.book, number.record))
                .or_insert(number);
            if (number.year, number.n) < (first.year, first.n) {
                *first = number;
            }
        }
        let given = facts
            .provisional
            .iter()
            .map(|(record, text)| (*record, text.as_str()));
        let own = lines
            .iter()
            .map(|line| (line.record, line.provisional.as_str()));
        Names {
            numbers,
            provisional: given.chain(own).collect(),
        }
    }

    pub fn number(&self, book: &str, record: RecordId) -> Option<&'a Number> {
        self.numbers.get(&(book, record)).copied()
    }

    /// A reference, as its number, or what stands for it, or the beginning of the record's id.
    pub fn of(&self, reference: &Ref) -> String {
        let Ok(record) = reference.record.parse::<RecordId>() else {
            return reference.record.clone();
        };
        if let Some(number) = self.number(&reference.book, record) {
            return number.text.clone();
        }
        match self.provisional.get(&record) {
            Some(provisional) if !provisional.is_empty() => (*provisional).to_owned(),
            Some(_) | None => format!("({})", &reference.record[..8.min(reference.record.len())]),
        }
    }

    pub fn said(&self, text: &Said) -> Said {
        let resolve = |text: &str| Ref::replace(text, |reference| self.of(&reference));
        Said {
            zh: resolve(&text.zh),
            en: resolve(&text.en),
        }
    }
}
