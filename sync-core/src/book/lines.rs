//! What does a record contribute to the books?

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::amend::Past;
use super::conflict::Contest;
use super::marks::{self, day};
use super::mask::{mask, mask_data};
use super::reading::{Place, Reading};
use super::{Line, LineCell, LineMarks, Said, Station};
use crate::catalogue::{Book, Datum, RecordData, RowKey, Source};
use crate::record::view::View;

/// One line for each row key in each book that the record's kind feeds. An expression that fails
/// gives an unreadable cell and a mark; no line is lost to it.
pub fn lines(view: &View, station: &Station) -> Vec<Line> {
    let catalogue = station.catalogue();
    let Some(kind) = catalogue.kinds.get(&view.kind) else {
        return Vec::new();
    };
    let books = catalogue.books.values();
    let mut fed = books
        .filter_map(|book| Some((book, book.source(&view.kind)?)))
        .peekable();
    if fed.peek().is_none() {
        return Vec::new();
    }
    let reading = Reading::of(view, kind, station);
    let record = Record {
        marks: marks::of(&reading),
        past: Past::of(&reading),
        contests: Contest::all(&reading),
        day: day(view, Some(kind), station.offset()),
        masked: OnceCell::new(),
        reading,
    };
    fed.flat_map(|(book, source)| record.lines(book, source))
        .collect()
}

struct Record<'a> {
    reading: Reading<'a>,
    /// Those that are the same in every book.
    marks: LineMarks,
    past: Past,
    contests: Vec<Contest>,
    day: Option<String>,
    /// The record with its personal fields masked, once a column asks for it.
    masked: OnceCell<Arc<RecordData>>,
}

impl Record<'_> {
    fn lines(&self, book: &Book, source: &Source) -> Vec<Line> {
        if !self.feeds(source) {
            return Vec::new();
        }
        let mut unreadable = Vec::new();
        if self.day.is_none() {
            unreadable.push("day".to_owned());
        }
        let officers = self.officers(source, &mut unreadable);
        let mut lines: BTreeMap<String, Line> = BTreeMap::new();
        for officer in officers {
            for row_key in self.row_keys(book, &officer) {
                // In a book without a row for each officer a record has one line, not one each.
                let make = |key: &String| self.line(book, source, &officer, key, &unreadable);
                lines.entry(row_key).or_insert_with_key(make);
            }
        }
        lines.into_values().collect()
    }

    /// Whether the source takes it. One that cannot be told is taken: a row too many shows.
    fn feeds(&self, source: &Source) -> bool {
        let when = source.when.as_ref();
        let context = self.reading.context(&self.reading.data);
        when.is_none_or(|when| when.truth(&context).unwrap_or(true))
    }

    /// Whose lines the record gives: where `per` names nobody, the author's.
    fn officers(&self, source: &Source, unreadable: &mut Vec<String>) -> Vec<String> {
        let reading = &self.reading;
        let named = source
            .per
            .as_ref()
            .map(|per| per.list(&reading.context(&reading.data)));
        let named = match named {
            Some(Ok(named)) => named,
            Some(Err(_)) => {
                unreadable.push("per".to_owned());
                Vec::new()
            }
            None => Vec::new(),
        };
        let mut officers: Vec<String> = Vec::new();
        for officer in named.iter().map(|name| marks::plain(name)) {
            if !officers.contains(&officer) {
                officers.push(officer);
            }
        }
        if officers.is_empty() {
            officers.push(reading.data.facts.author.clone());
        }
        officers
    }

    /// The keys of the rows it belongs to: several where a link field names several records.
    fn row_keys(&self, book: &Book, officer: &str) -> Vec<String> {
        let mut keys = vec![String::new()];
        for part in &book.row {
            let values = match part {
                RowKey::Record => vec![self.reading.data.facts.id.clone()],
                RowKey::Day => vec![self.day.clone().unwrap_or_default()],
                RowKey::Officer => vec![officer.to_owned()],
                RowKey::Link(field) => self.links(field),
            };
            let extend = |key: &String| -> Vec<String> {
                let slash = if key.is_empty() { "" } else { "|" };
                let add = |value: &String| format!("{key}{slash}{}", escaped(value));
                values.iter().map(add).collect()
            };
            keys = keys.iter().flat_map(extend).collect();
        }
        keys
    }

    /// The records that a field links to; itself where it links none, so that it has a row.
    fn links(&self, field: &str) -> Vec<String> {
        let text = |datum: &Datum| {
            let id = marks::plain(datum.as_text()?);
            (!id.is_empty()).then_some(id)
        };
        let linked: BTreeSet<String> = match self.reading.data.fields.get(field) {
            Some(Datum::List(many)) => many.iter().filter_map(text).collect(),
            Some(one) => text(one).into_iter().collect(),
            None => BTreeSet::new(),
        };
        if linked.is_empty() {
            return vec![self.reading.data.facts.id.clone()];
        }
        linked.into_iter().collect()
    }

    fn line(
        &self,
        book: &Book,
        source: &Source,
        officer: &str,
        row_key: &str,
        unreadable: &[String],
    ) -> Line {
        let reading = &self.reading;
        let places = Place::all(book, source, reading.kind);
        let mut marks = self.marks.clone();
        marks.unreadable = unreadable.to_vec();
        marks.amended = self.past.amendments(reading, &places, officer);
        marks.conflicts = self
            .contests
            .iter()
            .map(|contest| contest.of(&places, reading))
            .collect();
        let mut cells = BTreeMap::new();
        let mut open = BTreeMap::new();
        let mut limits = BTreeMap::new();
        for place in &places {
            let id = &place.column.id;
            let mut cell = reading.cell(place, &reading.data, Some(officer));
            if let Some(variants) = Contest::variants(&self.contests, reading, place, officer) {
                cell = Some(LineCell::Contested(variants));
            }
            if cell == Some(LineCell::Unreadable) {
                marks.unreadable.push(id.clone());
            }
            if let Some(LineCell::Text(text)) = &cell
                && let Some(said) = self.open(place, text, officer)
            {
                open.insert(id.clone(), said);
            }
            if let Some(cell) = cell {
                cells.insert(id.clone(), cell);
            }
        }
        for column in &book.columns {
            if let Some(due) = column
                .limit
                .as_ref()
                .and_then(|limit| reading.data.limits.get(limit))
            {
                limits.insert(column.id.clone(), due.clone());
            }
        }
        Line {
            book: book.name.clone(),
            record: reading.view.record,
            row_key: row_key.to_owned(),
            day: self.day.clone(),
            officer: officer.to_owned(),
            sort: self.sort(book, officer, &cells),
            provisional: marks::provisional(reading.view),
            summary: reading.summary(source),
            cells,
            open,
            limits,
            marks,
        }
    }

    /// What a personal column prints for those who may not see personal values, where that is not
    /// its text's own mask: `王小明（居委）；匿名` is not one name.
    fn open(&self, place: &Place<'_>, text: &Said, officer: &str) -> Option<Said> {
        let kind = place.column.personal?;
        if !place.column.personal_in_part {
            return None;
        }
        let reading = &self.reading;
        let data = self
            .masked
            .get_or_init(|| mask_data(&reading.data, reading.kind));
        let said = match reading.cell(place, data, Some(officer)) {
            Some(cell) => cell.as_text()?.clone(),
            None => Said::default(),
        };
        let own = Said {
            zh: mask(kind, &text.zh),
            en: mask(kind, &text.en),
        };
        (said != own).then_some(said)
    }

    /// The columns that the book is ordered by, then day, the officer's code where rows are an
    /// officer's, and time.
    fn sort(&self, book: &Book, officer: &str, cells: &BTreeMap<String, LineCell>) -> String {
        let mut sort = String::new();
        for id in &book.order {
            sort.push_str(&cells.get(id).map_or_else(String::new, marks::sort_text));
            sort.push('\u{1f}');
        }
        sort.push_str(self.day.as_deref().unwrap_or_default());
        if book.row.contains(&RowKey::Officer) {
            sort.push('\u{1f}');
            sort.push_str(officer);
        }
        let happened = i128::from(self.marks.clocks.happened) - i128::from(i64::MIN);
        format!("{sort}\u{1f}{happened:020}")
    }
}

/// A part of a row key in which `|` ends nothing.
fn escaped(part: &str) -> String {
    part.replace('%', "%25").replace('|', "%7C")
}
