//! The metrics of a period, the officers' service in it, and the committees' findings.

use sync_core::metrics::{Figure, Metric, Report};

use super::Ask;
use super::table::{Column, Value, columns};
use crate::db::Tx;
use crate::error::Result;
use crate::metrics::file::notes;
use crate::metrics::{count, span};

pub const COLUMNS: &[Column] = columns! {
    from: metrics.from,
    until: metrics.until,
    metric: metrics.metric,
    figure: metrics.figure,
    hits: metrics.csv_hits,
    of: metrics.csv_of,
    beside: metrics.beside,
    definition: metrics.definition,
    source: metrics.source,
};

pub const OFFICERS: &[Column] = columns! {
    from: metrics.from,
    until: metrics.until,
    officer: metrics.officer,
    officer_code: export.person_code,
    sessions: metrics.sessions,
    valid: metrics.valid,
    hours: metrics.hours,
    served: metrics.served,
};

pub const COMMITTEES: &[Column] = columns! {
    from: metrics.from,
    until: metrics.until,
    committee: metrics.committee,
    baseline: metrics.baseline,
    found: metrics.found,
    standing: metrics.standing,
    legacy_start: metrics.legacy_start,
    legacy_end: metrics.legacy_end,
};

async fn report(tx: &mut Tx, ask: &Ask<'_>) -> Result<Report> {
    let station = &ask.shown.books;
    let (from, until) = (ask.reader.param("from"), ask.reader.param("to"));
    let span = span(from, until, ask.now, station.offset())?;
    count(tx, &ask.shown.id, station, span, ask.now).await
}

pub async fn rows(tx: &mut Tx, ask: &Ask<'_>) -> Result<Vec<Vec<Value>>> {
    let report = report(tx, ask).await?;
    let metrics = report.metrics.iter();
    Ok(metrics.map(|metric| cells(ask, &report, metric)).collect())
}

fn cells(ask: &Ask<'_>, report: &Report, metric: &Metric) -> Vec<Value> {
    let w = ask.plain.labels.metrics;
    let words = w.measure(metric.measure);
    let (hits, of) = match metric.figure {
        Figure::Rate { hits, of } | Figure::Each { n: hits, of } => (hits, of),
        Figure::Growth { found, standing } => (standing, found),
        Figure::Change { start, end } => (end, start),
    };
    vec![
        Value::Day(report.from),
        Value::Day(report.until),
        words.name.as_str().into(),
        metric
            .figure
            .text()
            .unwrap_or_else(|| w.none.clone())
            .into(),
        hits.into(),
        of.into(),
        notes(metric, w)
            .join(&ask.plain.labels.pages.cell_between)
            .into(),
        words.definition(ask.shown.catalogue()).into(),
        words.source.as_str().into(),
    ]
}

pub async fn officers(tx: &mut Tx, ask: &Ask<'_>) -> Result<Vec<Vec<Value>>> {
    let report = report(tx, ask).await?;
    let row = |one: &sync_core::metrics::Officer| {
        vec![
            Value::Day(report.from),
            Value::Day(report.until),
            ask.plain.person(&one.officer),
            one.officer.as_str().into(),
            one.sessions.into(),
            one.valid.into(),
            hours(one.minutes),
            one.served.into(),
        ]
    };
    Ok(report.officers.iter().map(row).collect())
}

/// In tenths, as on the page.
fn hours(minutes: u64) -> Value {
    match Value::from(minutes / 6) {
        Value::Number(tenths) => Value::Number(tenths / 10.0),
        other => other,
    }
}

pub async fn committees(tx: &mut Tx, ask: &Ask<'_>) -> Result<Vec<Vec<Value>>> {
    let report = report(tx, ask).await?;
    let unknown = &ask.plain.labels.metrics.committee_unknown;
    let row = |one: &sync_core::metrics::Committee| {
        let name = match one.committee.as_str() {
            "" => unknown.as_str(),
            name => name,
        };
        vec![
            Value::Day(report.from),
            Value::Day(report.until),
            name.into(),
            one.baseline.map_or(Value::Nothing, Value::Day),
            one.found.into(),
            one.standing.into(),
            one.legacy_start.into(),
            one.legacy_end.into(),
        ]
    };
    Ok(report.committees.iter().map(row).collect())
}
