//! The rows of the metrics page.

use sync_core::catalogue::MetricSetting;
use sync_core::ids::RecordId;
use sync_core::metrics::{Measure, Metric, Report};

use super::Found;
use crate::metrics::file::notes;
use crate::metrics::words::MetricWords;
use crate::pages::cited::cited;
use crate::pages::held::Link;
use crate::pages::ink::Ink;
use crate::pages::reader::Reader;
use crate::pages::station::Shown;

/// Records listed under one metric.
const LISTED: usize = 20;

/// Metrics of one kind of work.
#[derive(Debug)]
pub struct Group {
    pub id: &'static str,
    pub label: String,
    pub rows: Vec<Row>,
}

#[derive(Debug)]
pub struct Row {
    pub id: &'static str,
    pub name: String,
    /// None where there was nothing to count out of.
    pub figure: Option<String>,
    pub counts: String,
    pub target: Option<bool>,
    pub notes: Vec<String>,
    pub definition: String,
    pub source: String,
    /// The records that make the difference, and those that were left out on appeal: how many,
    /// what they are, and the earliest of them.
    pub lists: Vec<Behind>,
}

#[derive(Debug)]
pub struct Behind {
    pub what: String,
    pub count: String,
    pub first: String,
    pub records: Vec<Link>,
}

#[derive(Debug)]
pub struct OfficerRow {
    pub name: Ink,
    pub code: String,
    pub sessions: u64,
    pub valid: u64,
    pub hours: String,
    pub served: u64,
}

#[derive(Debug)]
pub struct TownRow {
    pub name: Ink,
    pub baseline: Option<String>,
    pub found: u64,
    pub standing: u64,
    pub legacy_start: u64,
    pub legacy_end: u64,
}

#[derive(Debug)]
pub struct SettingRow {
    pub label: Ink,
    pub value: String,
    pub source: Ink,
}

fn group(measure: Measure) -> &'static str {
    match measure {
        Measure::ServiceWeeks
        | Measure::PatrolsDone
        | Measure::Categories
        | Measure::FindingsAPatrol
        | Measure::NothingFound => "work",
        Measure::NewStanding | Measure::Legacy | Measure::Recurrence | Measure::FindingsOnTime => {
            "findings"
        }
        Measure::RequestsOnTime
        | Measure::FirstResponse
        | Measure::CalledBack
        | Measure::Resolved
        | Measure::Satisfied
        | Measure::Repeats
        | Measure::RepeatPerson
        | Measure::RepeatSite => "requests",
        Measure::CasesOnTime => "cases",
        Measure::Timely | Measure::Complete | Measure::Evidenced | Measure::Corrected => "books",
    }
}

/// The records that the page links to under a metric.
pub fn linked(metric: &Metric) -> impl Iterator<Item = &RecordId> {
    let lists = [&metric.behind, &metric.excused].into_iter();
    lists.flat_map(|list| list.records.iter().take(LISTED))
}

pub fn groups(reader: &Reader, station: &Shown, found: &Found) -> Vec<Group> {
    let m = MetricWords::of(reader.language);
    let mut groups: Vec<Group> = Vec::new();
    for metric in &found.report.metrics {
        let id = group(metric.measure);
        let row = row(reader, station, found, metric);
        match groups.last_mut().filter(|group| group.id == id) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group {
                id,
                label: m.groups.get(id).cloned().unwrap_or_default(),
                rows: vec![row],
            }),
        }
    }
    groups
}

fn row(reader: &Reader, station: &Shown, found: &Found, metric: &Metric) -> Row {
    let m = MetricWords::of(reader.language);
    let words = m.measure(metric.measure);
    let target = metric.figure.is_met();
    let listed = |list: &sync_core::metrics::Behind, what: &str| {
        (list.all > 0).then(|| {
            let records = list.records.iter().take(LISTED);
            let records = records.map(|record| link(reader, station, found, record));
            let records: Vec<Link> = records.collect();
            let n = records.len().to_string();
            let first = m.behind_first.replace("{n}", &n);
            Behind {
                what: what.to_owned(),
                count: m.behind.replace("{n}", &list.all.to_string()),
                first: if list.all > records.len() as u64 {
                    first.replace("{all}", &list.all.to_string())
                } else {
                    String::new()
                },
                records,
            }
        })
    };
    let behind = listed(&metric.behind, &words.behind);
    let excused = listed(&metric.excused, &m.excused);
    // The verdict on a target stands with the figure.
    let notes = notes(metric, m)
        .into_iter()
        .skip(usize::from(target.is_some()));
    Row {
        id: metric.measure.word(),
        name: words.name.clone(),
        figure: metric.figure.text(),
        counts: m.counts(metric.figure),
        target,
        notes: notes.collect(),
        definition: words.definition(station.catalogue()),
        source: words.source.clone(),
        lists: behind.into_iter().chain(excused).collect(),
    }
}

fn link(reader: &Reader, station: &Shown, found: &Found, record: &RecordId) -> Link {
    let id = record.to_string();
    let href = reader.to(&station.record_path(&id));
    let label = match found.titles.get(record) {
        Some(summary) => {
            let day = summary.day.as_deref().unwrap_or_default();
            let day = Ink::label(&station.times(reader).day(day));
            let title = station.title(reader, &summary.title);
            Ink::joined(&[day, title], " ")
        }
        None => Ink::written(id.get(..8).unwrap_or(&id)),
    };
    Link { label, href }
}

pub fn officers(reader: &Reader, station: &Shown, report: &Report) -> Vec<OfficerRow> {
    let row = |one: &sync_core::metrics::Officer| OfficerRow {
        name: station.who(reader, &one.officer),
        code: one.officer.clone(),
        sessions: one.sessions,
        valid: one.valid,
        hours: format!("{}.{}", one.minutes / 60, one.minutes % 60 / 6),
        served: one.served,
    };
    report.officers.iter().map(row).collect()
}

pub fn committees(reader: &Reader, station: &Shown, report: &Report) -> Vec<TownRow> {
    let m = MetricWords::of(reader.language);
    let times = station.times(reader);
    let row = |one: &sync_core::metrics::Committee| TownRow {
        name: if one.committee.is_empty() {
            Ink::label(&m.committee_unknown)
        } else {
            Ink::written(&one.committee)
        },
        baseline: one.baseline.map(|day| times.day(&day.to_string())),
        found: one.found,
        standing: one.standing,
        legacy_start: one.legacy_start,
        legacy_end: one.legacy_end,
    };
    report.committees.iter().map(row).collect()
}

pub fn settings(reader: &Reader, station: &Shown) -> Vec<SettingRow> {
    let language = reader.catalogue_language();
    let row = |name: &MetricSetting| {
        let setting = station.catalogue().metric_setting(*name)?;
        Some(SettingRow {
            label: Ink::label(setting.label.get(language)),
            value: setting.value.to_string(),
            source: cited(&setting.source, reader.language),
        })
    };
    MetricSetting::ALL.iter().filter_map(row).collect()
}
