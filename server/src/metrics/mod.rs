//! The metrics of a station and period, counted from the lines of its book of facts.

pub mod file;
pub mod words;

use sync_core::book::{Line, Station as BookStation};
use sync_core::ids::{RecordId, StationId};
use sync_core::metrics::{Report, Span, Tally};

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::{args, sql};

/// Lines read at once.
const PART: usize = 1_000;

/// A period in the station's time zone; without days the month of `now`, without a last day the
/// rest of the first one's month.
pub fn span(from: Option<&str>, until: Option<&str>, now: i64, offset: i32) -> Result<Span> {
    let day = |text: &str| {
        text.parse::<jiff::civil::Date>()
            .map_err(|_| Error::PeriodWrong)
    };
    let today = sync_core::catalogue::day_of(now, offset).ok_or(Error::PeriodWrong)?;
    let (from, until) = match (from, until) {
        (None, None) => (today.first_of_month(), today.last_of_month()),
        (Some(from), None) => (day(from)?, day(from)?.last_of_month()),
        (None, Some(until)) => (day(until)?.first_of_month(), day(until)?),
        (Some(from), Some(until)) => (day(from)?, day(until)?),
    };
    Span::new(from, until, offset).map_err(|_| Error::PeriodWrong)
}

pub async fn count(
    tx: &mut Tx,
    id: &StationId,
    station: &BookStation,
    span: Span,
    now: i64,
) -> Result<Report> {
    let mut tally = Tally::new(station, span, now).ok_or(Error::NothingMeasured)?;
    let mut record = RecordId([0; 16]);
    let mut row_key = String::new();
    loop {
        let part = args![id, tally.book(), &record, &row_key, PART as u64];
        let rows = tx.fetch_all(sql!("line_range"), part).await?;
        for row in &rows {
            let text: String = row.get("cells")?;
            let line: Line = serde_json::from_str(&text).map_err(|_| Error::Damaged("line"))?;
            tally.take(&line);
        }
        let Some(last) = rows.last().filter(|_| rows.len() == PART) else {
            return Ok(tally.report());
        };
        record = RecordId(last.bytes("record")?);
        row_key = last.get("row_key")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-05-11 00:00 in China.
    const NOW: i64 = 1_778_428_800_000;

    #[test]
    fn without_days_the_period_is_the_month() {
        let days = |from, until| {
            let span = span(from, until, NOW, 480).ok()?;
            Some((span.from.to_string(), span.until.to_string()))
        };
        let may = Some(("2026-05-01".to_owned(), "2026-05-31".to_owned()));
        assert_eq!(days(None, None), may);
        assert_eq!(days(Some("2026-05-01"), None), may);
        assert_eq!(days(None, Some("2026-05-31")), may);
        for (from, until) in [("yesterday", "2026-05-01"), ("2026-05-02", "2026-05-01")] {
            assert_eq!(days(Some(from), Some(until)), None);
        }
        assert_eq!(days(Some("1990-01-01"), Some("2026-05-01")), None);
    }
}
