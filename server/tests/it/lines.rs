//! Lines of books that no record has made, and what a page would show of them.

use serde_json::Value;
use sync_core::book::{self, Clocks, Line, LineCell, LineMarks, PageFacts, Said, row_json};
use sync_core::catalogue::Catalogue;
use sync_core::envelope::Number;
use sync_core::ids::{Hash, RecordId, StationId};
use wardbook::admission::numbers;
use wardbook::{args, sql, write_tx};

use crate::store::{NOW, TestStore};

/// The `n`th of some records that nothing puts in order.
pub fn record(n: u64) -> RecordId {
    RecordId(Hash::of(&n.to_be_bytes()).0[..16].try_into().unwrap())
}

pub fn line(book: &str, n: u64, day: Option<String>, row_key: &str, officer: &str) -> Line {
    let happened = 1_000_000 + (n % 7) as i64;
    let cause = LineCell::Text(Said::same(format!("案由{n}")));
    let text = day.clone().unwrap_or_default();
    Line {
        book: book.to_owned(),
        record: record(n),
        row_key: row_key.to_owned(),
        sort: format!(
            "{text}\u{1f}{:020}",
            i128::from(happened) - i128::from(i64::MIN)
        ),
        day,
        officer: officer.to_owned(),
        provisional: format!("L-x-{n}"),
        summary: None,
        cells: [
            ("cause".to_owned(), cause.clone()),
            ("finding".to_owned(), cause),
        ]
        .into(),
        limits: Default::default(),
        open: Default::default(),
        marks: LineMarks {
            clocks: Clocks {
                happened,
                ..Clocks::default()
            },
            ..LineMarks::default()
        },
    }
}

pub async fn put(store: &TestStore, station: &StationId, lines: &[Line], given: &[Number]) {
    write_tx!(store.db, "test", async |tx| {
        for line in lines {
            let cells = serde_json::to_string(line).unwrap();
            let args = args![
                station,
                &line.book,
                &line.record,
                &line.row_key,
                line.day.as_deref(),
                &line.officer,
                &line.sort,
                &cells
            ];
            tx.exec(sql!("line_insert"), args).await?;
        }
        for number in given {
            numbers::put(tx, station, number).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// What one page of all these lines would show.
pub fn page(book: &str, lines: &[Line], numbers: &[Number]) -> Vec<Value> {
    let facts = PageFacts {
        station: "测试站".to_owned(),
        offset: 480,
        as_of: NOW,
        numbers: numbers.to_vec(),
        ..PageFacts::default()
    };
    let page = book::page(&Catalogue::embedded().books[book], lines, &facts);
    let rows = page.rows.iter();
    rows.map(|row| Value::Object(row_json(&page, row)))
        .collect()
}

/// Of rows that are counted through a file: all but the count.
pub fn uncounted(rows: &[Value]) -> Vec<Value> {
    let without = |row: &Value| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().remove("serial");
        row
    };
    rows.iter().map(without).collect()
}
