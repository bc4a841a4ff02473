//! The metrics as JSON for other programs, with what stands behind each.

use std::io::{self, Write};

use serde_json::{Value, json};
use sync_core::book::Station as BookStation;
use sync_core::catalogue::{Language, MetricSetting};
use sync_core::metrics::{Metric, Report};

use super::words::MetricWords;

pub fn write(
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

/// What stands beside a figure, in words.
pub fn notes(metric: &Metric, w: &MetricWords) -> Vec<String> {
    let target = metric.figure.is_met();
    let target = target.map(|met| if met { &w.met } else { &w.missed }.clone());
    let noted = metric.notes.iter().map(|(note, n)| w.note(*note, *n));
    target.into_iter().chain(noted).collect()
}
