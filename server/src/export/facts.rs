//! What do rows say besides their lines: the numbers of their records, and what stands for the
//! records that their cells name.

use std::collections::BTreeSet;

use sync_core::book::{Line, LineCell, PageFacts, Period, Said};
use sync_core::catalogue::{Book, Ref};
use sync_core::ids::{ActId, DeviceId, RecordId};

use super::parts::Part;
use crate::admission::numbers;
use crate::db::Tx;
use crate::error::Result;
use crate::pages::station::Shown;
use crate::{args, sql};

/// What every part of an export says alike.
pub fn around(shown: &Shown, now: i64) -> PageFacts {
    PageFacts {
        station: shown.name.clone(),
        period: Period::All,
        offset: shown.books.offset(),
        as_of: now,
        coverage: shown.device_coverage(),
        ..PageFacts::default()
    }
}

/// What the lines of one part need.
pub async fn of(
    tx: &mut Tx,
    shown: &Shown,
    book: &Book,
    part: &mut Part,
    now: i64,
) -> Result<PageFacts> {
    let mut facts = around(shown, now);
    facts.numbers = std::mem::take(&mut part.numbers);
    let mut wanted = named(&part.lines);
    if book.number.is_some() && !part.numbers_known {
        wanted.extend(part.lines.iter().map(|line| line.record));
    }
    for record in wanted {
        let rows = tx
            .fetch_all(sql!("number_of_record"), args![&shown.id, &record])
            .await?;
        for row in &rows {
            facts.numbers.push(numbers::read(row)?);
        }
        if !rows.is_empty() {
            continue;
        }
        let first = args![&shown.id, &record];
        if let Some(row) = tx.fetch_opt(sql!("change_first"), first).await? {
            let act = ActId {
                device: DeviceId(row.bytes("device")?),
                n: row.count("act_n")?,
            };
            facts.provisional.insert(record, act.to_string());
        }
    }
    Ok(facts)
}

/// The records that cells and amendments name.
fn named(lines: &[Line]) -> BTreeSet<RecordId> {
    let mut named: BTreeSet<RecordId> = BTreeSet::new();
    let mut look = |text: &str| {
        let found = Ref::find(text);
        named.extend(
            found
                .iter()
                .filter_map(|one| one.record.parse::<RecordId>().ok()),
        );
    };
    let mut said = |said: &Said| {
        look(&said.zh);
        if said.en != said.zh {
            look(&said.en);
        }
    };
    for line in lines {
        for cell in line.cells.values() {
            match cell {
                LineCell::Text(text) => said(text),
                LineCell::Refs(texts) => texts.iter().for_each(|text| said(&Said::same(text))),
                LineCell::Contested(values) => values.iter().for_each(|value| said(&value.text)),
                LineCell::Number(_) | LineCell::Span(..) | LineCell::Unreadable => {}
            }
        }
        for amendment in &line.marks.amended {
            said(&amendment.old);
            said(&amendment.new);
        }
    }
    named
}
