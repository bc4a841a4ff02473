//! Was what fell due in the period done by then? (按期办结率)
//!
//! The limit is the one that stands after extensions. What is suspended is left out, and so is
//! what was withdrawn or turned out to be nothing. Where an appeal was approved the record leaves
//! the rate and is listed beside it.

use super::fact::Fact;
use super::report::{Note, Share, Span};
use super::trail::Stand;
use crate::book::Due;

#[derive(Debug)]
pub(super) struct OnTime {
    span: Span,
    now: i64,
    pub share: Share,
}

impl OnTime {
    pub fn new(span: Span, now: i64) -> OnTime {
        OnTime {
            span,
            now,
            share: Share::default(),
        }
    }

    /// A record with one moment by which all must be done: that of the limit it is under, else of
    /// the day in `due_on`.
    pub fn take(&mut self, fact: &Fact<'_>) {
        if fact.is_contested("due_on") {
            self.share.note(Note::Contested);
            return;
        }
        let limit = fact.limits().min_by_key(|limit| limit.due);
        let excused = limit.is_some_and(|limit| limit.excused);
        match limit
            .map(|limit| limit.due)
            .or_else(|| fact.end_of("due_on"))
        {
            Some(due) => self.count(fact, due, fact.trail.before(due) == Stand::Done, excused),
            None if self.span.holds(fact.happened()) && fact.trail.last() != Stand::Void => {
                self.share.note(Note::NoLimit);
            }
            None => {}
        }
    }

    /// A record under several limits, each of which counts.
    pub fn take_each(&mut self, fact: &Fact<'_>) {
        for limit in fact.limits() {
            let is_kept = |limit: &Due| limit.done.is_some_and(|done| done < limit.due);
            let ended = fact.trail.before(limit.due) == Stand::Done;
            self.count(fact, limit.due, is_kept(limit) || ended, limit.excused);
        }
    }

    fn count(&mut self, fact: &Fact<'_>, due: i64, kept: bool, excused: bool) {
        // Due is the first moment after the limit, so the limit itself lies just before.
        let fell_due = due.saturating_sub(1);
        if !self.span.holds(fell_due) || due > self.now {
            return;
        }
        match fact.trail.last() {
            Stand::Void => {}
            Stand::Paused => self.share.note(Note::Suspended),
            Stand::Open | Stand::Done | Stand::Contested if excused && !kept => {
                self.share.note(Note::Excused);
                self.share.excused.add(due, fact.record());
            }
            Stand::Contested => {
                self.share.note(Note::Contested);
                self.share.count(kept, due, fact.record());
            }
            Stand::Open | Stand::Done => self.share.count(kept, due, fact.record()),
        }
    }
}
