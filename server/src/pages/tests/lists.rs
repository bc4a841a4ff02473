//! What the lists of a sample station have.

use sync_core::catalogue::Book;
use sync_core::ids::Hash;

use super::super::record::{Linked, Links, Stored};
use super::super::station::Device;
use super::super::today::{BookCount, Counts};
use super::super::{forks, limits, records};
use super::sample::{Paper, Sample, at};

impl Sample {
    pub fn counts(&self) -> Counts {
        let has = !self.papers.is_empty();
        let some = |n: u64| if has { n } else { 0 };
        let book = |book: &Book| BookCount {
            name: book.name.clone(),
            today: some(2),
            yesterday: some(23),
            whole: some(100_000),
            last: has.then(|| "2026-05-11".to_owned()),
        };
        Counts {
            books: self
                .station
                .catalogue()
                .shelf()
                .into_iter()
                .map(book)
                .collect(),
            reviews: match has {
                true => vec![("duty_day".into(), "submitted".into(), 3)],
                false => Vec::new(),
            },
            overdue: some(2),
            soon: some(1),
            limits: self.limits(),
            held: self.held.len() as u64,
            conflicts: some(2),
            late: some(1),
            forks: self.forks().len() as u64,
        }
    }

    pub fn limits(&self) -> Vec<limits::Row> {
        let row = |(n, paper): (usize, &Paper)| {
            let facts = sync_core::book::facts(&paper.view(), &self.station.books);
            limits::Row {
                record: paper.history.record,
                name: "decide".into(),
                book: "R3".into(),
                column: "decided".into(),
                due: at(24 * (n as i64), 0),
                title: facts.title,
                kind: paper.kind.clone(),
                author: "O0001".into(),
                number: self.numbers.get(n).map(|number| number.text.clone()),
            }
        };
        self.papers.iter().enumerate().take(3).map(row).collect()
    }

    pub fn rows(&self) -> Vec<records::Row> {
        let row = |paper: &Paper| {
            let view = paper.view();
            let facts = sync_core::book::facts(&view, &self.station.books);
            let number = self
                .numbers
                .iter()
                .find(|number| number.record == view.record);
            records::Row {
                record: view.record,
                kind: view.kind.clone(),
                title: facts.title,
                day: facts.day,
                state: facts.state.join("|"),
                author: view.author().map(ToString::to_string).unwrap_or_default(),
                flags: if facts.conflicts > 0 { 15 } else { 0 },
                number: number.map(|number| number.text.clone()),
            }
        };
        self.papers.iter().map(row).collect()
    }

    pub fn forks(&self) -> Vec<forks::Row> {
        let row = |device: &Device| forks::Row {
            device: device.id,
            seq: 12,
            hash: Hash::of(&device.id.0),
            received: at(30, 0),
        };
        self.station.devices.iter().take(2).map(row).collect()
    }

    /// A record as its page gets it, with the records around it as its links.
    pub fn stored(&self, n: usize) -> Stored {
        let view = self.papers[n].view();
        let lines = sync_core::book::lines(&view, &self.station.books);
        let numbers = self
            .numbers
            .iter()
            .filter(|number| number.record == view.record);
        let linked = |row: &records::Row| Linked {
            record: row.record,
            field: "case".into(),
            kind: row.kind.clone(),
            title: row.title.clone(),
            day: row.day.clone(),
        };
        let rows = self.rows();
        let links = Links {
            named: rows.iter().skip(1).take(2).map(linked).collect(),
            naming: rows.iter().take(3).map(linked).collect(),
        };
        Stored {
            lines,
            numbers: numbers.cloned().collect(),
            links,
            view,
        }
    }
}
