//! Are the books kept in time, in full, with evidence, and right at once? (台账质量)

use super::fact::Fact;
use super::report::{Measure, Metric, Note, Share, Span};
use crate::catalogue::{Catalogue, MetricSetting};

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * HOUR;

#[derive(Debug)]
pub(super) struct Ledger {
    span: Span,
    offset: i32,
    within: i64,
    timely: Share,
    complete: Share,
    evidenced: Share,
    corrected: Share,
}

impl Ledger {
    pub fn new(span: Span, catalogue: &Catalogue, offset: i32) -> Ledger {
        Ledger {
            span,
            offset,
            within: catalogue.metric_value(MetricSetting::LateHours) * HOUR,
            timely: Share::default(),
            complete: Share::default(),
            evidenced: Share::default(),
            corrected: Share::default(),
        }
    }

    pub fn take(&mut self, fact: &Fact<'_>) {
        let (at, record) = (fact.happened(), fact.record());
        if !self.span.holds(at) {
            return;
        }
        let late = fact.recorded().saturating_sub(self.ended(at)) > self.within;
        self.timely.count(!late, at, record);
        if fact.is_unreadable() {
            self.timely.note(Note::Unreadable);
        }
        let (required, missing) = (fact.count("required"), fact.count("missing"));
        let complete = &mut self.complete;
        complete.of += required;
        complete.hits += required.saturating_sub(missing);
        let breaches = fact.count("breaches");
        complete.note_all(Note::Breaches, breaches);
        if missing > 0 || breaches > 0 {
            complete.behind.add(at, record);
        }
        if let Some(proof) = fact.number("proof") {
            self.evidenced.count(proof > 0, at, record);
        }
        self.corrected
            .count_unwanted(fact.is("amended"), at, record);
    }

    /// A date is kept as its first moment and has happened when the day is over.
    fn ended(&self, at: i64) -> i64 {
        let is_date = at
            .saturating_add(i64::from(self.offset) * MINUTE)
            .rem_euclid(DAY)
            == 0;
        at.saturating_add(if is_date { DAY } else { 0 })
    }

    pub fn told(self) -> [Metric; 4] {
        [
            self.timely.told(Measure::Timely),
            self.complete.told(Measure::Complete),
            self.evidenced.told(Measure::Evidenced),
            self.corrected.told(Measure::Corrected),
        ]
    }
}
