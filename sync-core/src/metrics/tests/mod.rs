//! Records that officers wrote, and what they come to. May 2026 begins on a Friday; its Sundays
//! are the 3rd, 10th, 17th, 24th and 31st.

mod findings;
mod requests;
mod work;

use super::*;
use crate::book::tests::{Paper, Value, default_station, overlay, station};
use crate::book::{Line, Station};
use crate::catalogue::Catalogue;
use crate::record::write::{Edit, Spot};

const DAY: i64 = 86_400_000;
/// 2026-05-01 00:00 in China.
const MAY: i64 = 1_777_564_800_000;

/// A moment of May 2026: day, hour, minute. Day 0 is the last of April.
fn may(day: i64, hour: i64, minute: i64) -> i64 {
    MAY + (day - 1) * DAY + (hour * 60 + minute) * 60_000
}

fn span(from: &str, until: &str) -> Span {
    Span::new(from.parse().unwrap(), until.parse().unwrap(), 480).unwrap()
}

/// What the papers come to in May, looked at on 10 June; the same in every order.
fn of_may(station: &Station, papers: &[Paper]) -> Report {
    told(
        station,
        papers,
        span("2026-05-01", "2026-05-31"),
        may(41, 9, 0),
    )
}

fn told(station: &Station, papers: &[Paper], span: Span, now: i64) -> Report {
    let lines: Vec<Line> = papers
        .iter()
        .flat_map(|paper| paper.lines(station))
        .collect();
    let count = |lines: &mut dyn Iterator<Item = &Line>| {
        let mut tally = Tally::new(station, span, now).unwrap();
        lines.for_each(|line| tally.take(line));
        tally.report()
    };
    let report = count(&mut lines.iter());
    assert_eq!(report, count(&mut lines.iter().rev()));
    report
}

fn rate(report: &Report, measure: Measure) -> (u64, u64) {
    match figure(report, measure) {
        Figure::Rate { hits, of } | Figure::Each { n: hits, of } => (hits, of),
        other => panic!("{other:?}"),
    }
}

fn figure(report: &Report, measure: Measure) -> Figure {
    report.metric(measure).unwrap().figure
}

fn note(report: &Report, measure: Measure, note: Note) -> u64 {
    let notes = &report.metric(measure).unwrap().notes;
    notes.get(&note).copied().unwrap_or_default()
}

fn set(field: &str, value: impl Into<Value>) -> Edit {
    crate::book::tests::set(field, value)
}

fn yes(field: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: crate::record::change::Scalar::Bool(true),
    }
}

fn step(to: &str) -> Edit {
    crate::book::tests::step(to)
}

#[test]
fn out_of_nothing_there_is_no_rate() {
    let report = of_may(&default_station(), &[]);
    assert_eq!(report.metrics.len(), Measure::ALL.len());
    for metric in &report.metrics {
        match metric.figure {
            Figure::Rate { hits, of } => {
                assert_eq!(hits, 0, "{metric:?}");
                if metric.measure == Measure::ServiceWeeks {
                    assert_eq!(of, 5, "{metric:?}");
                } else {
                    assert_eq!(metric.figure.text(), None, "{metric:?}");
                }
            }
            Figure::Each { .. } => assert_eq!(metric.figure.text(), None),
            Figure::Growth { .. } | Figure::Change { .. } => {
                assert_eq!(metric.figure.is_met(), Some(true));
            }
        }
    }
}

#[test]
fn figures_are_rounded_as_they_are_at_school() {
    let rate = |hits, of| Figure::Rate { hits, of }.text().unwrap_or_default();
    assert_eq!(rate(2, 3), "66.7%");
    assert_eq!(rate(3, 3), "100.0%");
    assert_eq!(rate(0, 3), "0.0%");
    assert_eq!(rate(1, 0), "");
    assert_eq!(rate(u64::MAX, u64::MAX), "100.0%");
    assert_eq!(Figure::Each { n: 5, of: 4 }.text().unwrap(), "1.3");
    assert_eq!(Figure::Change { start: 12, end: 10 }.text().unwrap(), "-2");
    assert_eq!(Figure::Change { start: 0, end: 1 }.is_met(), Some(false));
}

#[test]
fn a_period_must_be_one() {
    let day = |text: &str| text.parse().unwrap();
    let span = |from, until| Span::new(day(from), day(until), 480);
    assert_eq!(span("2026-05-02", "2026-05-01"), Err(SpanError::Backwards));
    assert_eq!(span("2020-01-01", "2026-05-01"), Err(SpanError::TooLong));
    assert_eq!(span("9999-12-31", "9999-12-31"), Err(SpanError::Outside));
    let may = span("2026-05-01", "2026-05-31").unwrap();
    assert_eq!((may.start, may.end), (MAY, MAY + 31 * DAY));
}

#[test]
fn a_catalogue_without_the_book_of_facts_measures_nothing() {
    let bare = overlay(
        Catalogue::embedded().files(),
        &[("catalogue.toml", "extends = \"none\"")],
    );
    assert!(Tally::new(&station(bare), span("2026-05-01", "2026-05-31"), 0).is_some());
    let mut files = Catalogue::embedded().files().clone();
    files.remove("metrics.toml");
    let bare = overlay(&files, &[("catalogue.toml", "extends = \"none\"")]);
    assert!(Tally::new(&station(bare), span("2026-05-01", "2026-05-31"), 0).is_none());
}
