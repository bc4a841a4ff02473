//! Takes the facts one by one and tells what they come to.

use super::fact::Fact;
use super::findings::Findings;
use super::ledger::Ledger;
use super::patrols::Patrols;
use super::repeats::Repeats;
use super::report::{Measure, Metric, Report, Span};
use super::requests::Requests;
use super::sessions::Sessions;
use super::timely::OnTime;
use crate::book::{Line, Station};
use crate::catalogue::MetricRules;

/// The metrics of a period, being counted. The order of the lines does not matter. What it keeps
/// of a finding, and of a request near the period, is some hundred bytes; of anything else, counts.
#[derive(Debug)]
pub struct Tally<'s> {
    rules: &'s MetricRules,
    book: &'s str,
    span: Span,
    offset: i32,
    sessions: Sessions,
    requests: Requests,
    repeats: Repeats,
    findings: Findings,
    ledger: Ledger,
    patrols: Patrols,
    requests_due: OnTime,
    findings_due: OnTime,
    cases_due: OnTime,
}

impl<'s> Tally<'s> {
    /// None where the station's catalogue has no book of facts.
    pub fn new(station: &'s Station, span: Span, now: i64) -> Option<Tally<'s>> {
        let catalogue = station.catalogue();
        let (rules, offset) = (&catalogue.metrics, station.offset());
        let book = catalogue.books.get(rules.book.as_deref()?)?;
        Some(Tally {
            rules,
            book: &book.name,
            span,
            offset,
            sessions: Sessions::new(span, catalogue, now, offset),
            requests: Requests::new(span, catalogue, now),
            repeats: Repeats::new(span, catalogue),
            findings: Findings::new(span, catalogue, now, offset),
            ledger: Ledger::new(span, catalogue, offset),
            patrols: Patrols::new(span, catalogue, book, now, offset),
            requests_due: OnTime::new(span, now),
            findings_due: OnTime::new(span, now),
            cases_due: OnTime::new(span, now),
        })
    }

    /// The book whose lines it takes.
    pub fn book(&self) -> &'s str {
        self.book
    }

    /// What was struck out counts nowhere, and a kind that no formula knows only among the
    /// entries of the ledger.
    pub fn take(&mut self, line: &Line) {
        let fact = Fact::of(line, self.rules, self.offset);
        if line.book != self.book || fact.is_gone() {
            return;
        }
        match fact.kind() {
            "service_session" => self.sessions.take(&fact),
            "request" => {
                self.requests.take(&fact);
                self.repeats.take(&fact);
                self.requests_due.take(&fact);
            }
            "finding" => {
                self.findings.take(&fact, self.rules);
                self.patrols.take_finding(&fact);
                self.findings_due.take(&fact);
            }
            "patrol" => self.patrols.take(&fact),
            "case" => self.cases_due.take_each(&fact),
            _ => {}
        }
        self.ledger.take(&fact);
    }

    pub fn report(self) -> Report {
        let (sessions, officers) = self.sessions.told();
        let (findings, committees) = self.findings.told(self.rules);
        let mut findings_due = self.findings_due.share;
        // A finding needs no deadline.
        findings_due.notes.remove(&super::Note::NoLimit);
        let mut metrics: Vec<Metric> = vec![
            sessions,
            self.requests_due.share.told(Measure::RequestsOnTime),
            findings_due.told(Measure::FindingsOnTime),
            self.cases_due.share.told(Measure::CasesOnTime),
        ];
        metrics.extend(self.requests.told());
        metrics.extend(self.repeats.told());
        metrics.extend(findings);
        metrics.extend(self.ledger.told());
        metrics.extend(self.patrols.told());
        metrics.sort_by_key(|metric| metric.measure);
        Report {
            from: self.span.from,
            until: self.span.until,
            metrics,
            officers,
            committees,
        }
    }
}
