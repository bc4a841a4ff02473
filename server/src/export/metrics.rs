//! The metrics of a period as JSON.

use std::io::Write;

use sync_core::book::Station;
use sync_core::catalogue::Language;
use sync_core::ids::StationId;

use super::written;
use crate::db::Tx;
use crate::error::Result;
use crate::metrics;
use crate::pages::station::Shown;

pub async fn metrics(
    tx: &mut Tx,
    station: &StationId,
    (from, to): (Option<&str>, Option<&str>),
    now: i64,
    language: Language,
    out: impl Write,
) -> Result<()> {
    let around = around(tx, station).await?;
    let span = metrics::span(from, to, now, around.offset())?;
    let report = metrics::count(tx, station, &around, span, now).await?;
    written(metrics::file::write(&report, &around, language, out)).map(drop)
}

/// What a station's records are read with.
pub async fn around(tx: &mut Tx, station: &StationId) -> Result<Station> {
    Ok(Shown::read(tx, station.as_str()).await?.books)
}
