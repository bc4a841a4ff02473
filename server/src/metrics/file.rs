//! The metrics as a file: CSV for spreadsheets, JSON for other programs.

use std::io::{self, Write};

use serde_json::{Value, json};
use sync_core::book::Station as BookStation;
use sync_core::catalogue::{Catalogue, Language, MetricSetting};
use sync_core::metrics::{Figure, Metric, Report};

use super::words::MetricWords;
use crate::export::csv;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

pub fn write(
    report: &Report,
    station: &BookStation,
    language: Language,
    format: Format,
    out: impl Write,
) -> io::Result<()> {
    match format {
        Format::Csv => csv(report, station, language, out),
        Format::Json => as_json(report, station, language, out),
    }
}

/// One row a metric. Sessions by officer and findings by committee stand in the JSON.
fn csv(
    report: &Report,
    station: &BookStation,
    language: Language,
    mut out: impl Write,
) -> io::Result<()> {
    let w = MetricWords::in_language(language);
    let catalogue = station.catalogue();
    out.write_all("\u{feff}".as_bytes())?;
    let header = [
        &w.from,
        &w.until,
        &w.metric,
        &w.figure,
        &w.csv_hits,
        &w.csv_of,
        &w.beside,
        &w.definition,
        &w.source,
    ];
    csv::record(&mut out, &header.map(String::as_str))?;
    for metric in &report.metrics {
        let row = row(report, metric, w, catalogue, language);
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        csv::record(&mut out, &row)?;
    }
    out.flush()
}

fn row(
    report: &Report,
    metric: &Metric,
    w: &MetricWords,
    catalogue: &Catalogue,
    language: Language,
) -> Vec<String> {
    let words = w.measure(metric.measure);
    let (hits, of) = match metric.figure {
        Figure::Rate { hits, of } | Figure::Each { n: hits, of } => (hits, of),
        Figure::Growth { found, standing } => (standing, found),
        Figure::Change { start, end } => (end, start),
    };
    vec![
        report.from.to_string(),
        report.until.to_string(),
        words.name.clone(),
        metric.figure.text().unwrap_or_else(|| w.none.clone()),
        hits.to_string(),
        of.to_string(),
        notes(metric, w).join(language.pick("；", "; ")),
        words.definition(catalogue),
        words.source.clone(),
    ]
}

/// What stands beside a figure, in words.
pub fn notes(metric: &Metric, w: &MetricWords) -> Vec<String> {
    let target = metric.figure.is_met();
    let target = target.map(|met| if met { &w.met } else { &w.missed }.clone());
    let noted = metric.notes.iter().map(|(note, n)| w.note(*note, *n));
    target.into_iter().chain(noted).collect()
}

fn as_json(
    report: &Report,
    station: &BookStation,
    language: Language,
    mut out: impl Write,
) -> io::Result<()> {
    let w = MetricWords::in_language(language);
    let catalogue = station.catalogue();
    let metrics = report.metrics.iter().map(|metric| {
        let words = w.measure(metric.measure);
        json!({
            "measure": metric.measure,
            "name": words.name,
            "text": metric.figure.text(),
            "met": metric.figure.is_met(),
            "figure": metric.figure,
            "notes": metric.notes,
            "behind": metric.behind,
            "excused": metric.excused,
            "definition": words.definition(catalogue),
            "source": words.source,
        })
    });
    let settings = MetricSetting::ALL.iter().filter_map(|name| {
        let setting = catalogue.metric_setting(*name)?;
        let told = json!({ "value": setting.value, "source": setting.source });
        Some((name.word().to_owned(), told))
    });
    let file = json!({
        "station": station.name,
        "from": report.from.to_string(),
        "until": report.until.to_string(),
        "metrics": metrics.collect::<Vec<Value>>(),
        "officers": report.officers,
        "committees": report.committees,
        "settings": settings.collect::<serde_json::Map<_, _>>(),
    });
    serde_json::to_writer_pretty(&mut out, &file)?;
    out.write_all(b"\n")?;
    out.flush()
}
