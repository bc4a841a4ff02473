//! Register numbers: given gap-free per book and year, at the first admission of the step that
//! the book names, the year being the server's. They are statements of the server; a rebuild replays them.

use sync_core::catalogue::day_of;
use sync_core::envelope::Number;
use sync_core::ids::{RecordId, StationId};

use super::project::Due;
use crate::db::{Row, Tx};
use crate::error::Result;
use crate::station_log::StationLog;
use crate::{args, sql};

/// Gives the records their numbers, in the order in which their steps were admitted.
pub async fn give(log: &mut StationLog<'_>, due: &[(RecordId, Due)]) -> Result<Vec<Number>> {
    let zone = i32::try_from(log.station.zone_minutes).unwrap_or_default();
    let year = day_of(log.now, zone).map_or(1970, |day| day.year());
    let mut given = Vec::new();
    for (record, due) in due {
        let station = log.station.id.clone();
        let row = log
            .tx
            .fetch_opt(
                sql!("number_last"),
                args![&station, &due.book, i32::from(year)],
            )
            .await?;
        let last = row
            .map(|row| row.count("n"))
            .transpose()?
            .unwrap_or_default();
        let number = Number {
            book: due.book.clone(),
            year: i32::from(year),
            n: last + 1,
            record: *record,
            step: due.step.clone(),
            at: log.now,
            text: due.rule.text(&log.station.word, year, last + 1),
        };
        put(log.tx, &log.station.id, &number).await?;
        given.push(number);
    }
    Ok(given)
}

pub async fn put(tx: &mut Tx, station: &StationId, number: &Number) -> Result<()> {
    tx.exec(
        sql!("number_insert"),
        args![
            station,
            &number.book,
            number.year,
            number.n,
            &number.record,
            &number.step,
            number.at,
            &number.text
        ],
    )
    .await?;
    let (book, record) = (&number.book, &number.record);
    let placed = args![station, book, record, place(number)];
    tx.exec(sql!("line_place"), placed).await?;
    Ok(())
}

/// Where a number stands in a book that is one sequence, as `line_insert` places lines.
pub fn place(number: &Number) -> i64 {
    i64::from(number.year)
        .saturating_mul(1_000_000_000_000)
        .saturating_add(i64::try_from(number.n).unwrap_or(i64::MAX))
}

pub fn read(row: &Row) -> Result<Number> {
    Ok(Number {
        book: row.get("book")?,
        year: i32::try_from(row.get::<i64>("year")?).unwrap_or_default(),
        n: row.count("n")?,
        record: RecordId(row.bytes("record")?),
        step: row.get("step")?,
        at: row.get("at")?,
        text: row.get("text")?,
    })
}
