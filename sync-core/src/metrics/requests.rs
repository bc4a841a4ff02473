//! Were people answered, called back, and content? (响应率、回访率、解决率、满意率)

use super::fact::Fact;
use super::report::{Measure, Metric, Note, Share, Span};
use super::trail::Stand;
use crate::catalogue::{Catalogue, MetricSetting};

const HOUR: i64 = 3_600_000;

#[derive(Debug)]
pub(super) struct Requests {
    span: Span,
    now: i64,
    within: i64,
    responded: Share,
    called: Share,
    resolved: Share,
    satisfied: Share,
}

impl Requests {
    pub fn new(span: Span, catalogue: &Catalogue, now: i64) -> Requests {
        Requests {
            span,
            now,
            within: catalogue.metric_value(MetricSetting::FirstResponseHours) * HOUR,
            responded: Share::default(),
            called: Share::default(),
            resolved: Share::default(),
            satisfied: Share::default(),
        }
    }

    pub fn take(&mut self, fact: &Fact<'_>) {
        if fact.trail.last() == Stand::Void {
            return;
        }
        self.response(fact);
        self.callback(fact);
    }

    fn response(&mut self, fact: &Fact<'_>) {
        let received = fact.happened();
        if !self.span.holds(received) {
            return;
        }
        let limit = received.saturating_add(self.within);
        match fact.number("responded") {
            Some(at) => self.responded.count(at <= limit, received, fact.record()),
            None if self.now < limit => self.responded.note(Note::Pending),
            None => self.responded.count(false, received, fact.record()),
        }
        if fact.is_contested("responded") {
            self.responded.note(Note::Contested);
        }
    }

    fn callback(&mut self, fact: &Fact<'_>) {
        let called = fact.number("called");
        if let Some(done) = fact.trail.done_at().filter(|done| self.span.holds(*done)) {
            self.called.count(called.is_some(), done, fact.record());
        }
        let Some(called) = called.filter(|called| self.span.holds(*called)) else {
            return;
        };
        let (resolved, satisfied) = (&mut self.resolved, &mut self.satisfied);
        if !fact.is("answered") {
            let disputed = fact.is_contested("answered");
            let note = if disputed {
                Note::Contested
            } else {
                Note::Unanswered
            };
            resolved.note(note);
            satisfied.note(note);
            return;
        }
        resolved.count(fact.is("resolved"), called, fact.record());
        satisfied.count(fact.is("satisfied"), called, fact.record());
    }

    pub fn told(self) -> [Metric; 4] {
        [
            self.responded.told(Measure::FirstResponse),
            self.called.told(Measure::CalledBack),
            self.resolved.told(Measure::Resolved),
            self.satisfied.told(Measure::Satisfied),
        ]
    }
}
