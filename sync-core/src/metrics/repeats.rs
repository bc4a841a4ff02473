//! How many of the accepted requests repeat an earlier one? (重复投诉率)
//!
//! - By person: the same requester on the same matter within the window, with no new facts. The
//!   matter is the same where place and category are, or where somebody linked the two.
//! - By site: an earlier request on the same place and category within the window. One person
//!   counts once in a window there, however often he comes.
//! - Anonymous requests count for the site alone. One request counts once in the whole.

use std::collections::BTreeMap;

use super::fact::Fact;
use super::report::{Measure, Metric, Note, Share, Span};
use super::trail::Stand;
use crate::catalogue::{Catalogue, MetricSetting};
use crate::ids::RecordId;

const DAY: i64 = 86_400_000;

#[derive(Debug)]
pub(super) struct Repeats {
    span: Span,
    window: i64,
    /// Those accepted in the period and in two windows before it: the first tells what a request
    /// of the period repeats, the second whether that one was itself a repeat.
    requests: Vec<Request>,
    merged: u64,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    at: i64,
    record: RecordId,
    key: Option<String>,
    matter: Option<Matter>,
    linked: Option<RecordId>,
    new_facts: bool,
}

/// Place and category.
type Matter = (String, String);

/// What came before, while going through the requests in their order.
#[derive(Default)]
struct Earlier<'r> {
    by_record: BTreeMap<RecordId, &'r Request>,
    by_matter: BTreeMap<&'r Matter, i64>,
    by_person: BTreeMap<(&'r str, &'r Matter), i64>,
    /// When a person last counted for a site.
    counted: BTreeMap<(&'r str, &'r Matter), i64>,
}

impl Repeats {
    pub fn new(span: Span, catalogue: &Catalogue) -> Repeats {
        Repeats {
            span,
            window: catalogue.metric_value(MetricSetting::RepeatDays) * DAY,
            requests: Vec::new(),
            merged: 0,
        }
    }

    pub fn take(&mut self, fact: &Fact<'_>) {
        let at = fact.happened();
        let first = self.span.start.saturating_sub(2 * self.window);
        if !(first..self.span.end).contains(&at) {
            return;
        }
        if fact.trail.last() == Stand::Void {
            let is_merged = self.span.holds(at) && fact.is("merged");
            self.merged += u64::from(is_merged);
            return;
        }
        if !fact.trail.is_accepted() {
            return;
        }
        let some = |column: &str| Some(fact.name(column)).filter(|name| !name.is_empty());
        self.requests.push(Request {
            at,
            record: fact.record(),
            key: some("key"),
            matter: some("site").zip(some("topic")),
            linked: fact.record_in("repeats"),
            new_facts: fact.is("new_facts"),
        });
    }

    pub fn told(mut self) -> [Metric; 3] {
        self.requests.sort();
        let (mut any, mut person, mut site) =
            (Share::default(), Share::default(), Share::default());
        let mut earlier = Earlier::default();
        for request in &self.requests {
            let by_person = earlier.has_person(request, self.window);
            let by_site = earlier.has_site(request, self.window);
            earlier.add(request, by_site);
            if !self.span.holds(request.at) {
                continue;
            }
            any.count_unwanted(by_person || by_site, request.at, request.record);
            person.count_unwanted(by_person, request.at, request.record);
            site.count_unwanted(by_site, request.at, request.record);
            if request.key.is_none() {
                person.note(Note::NoKey);
            }
        }
        any.note_all(Note::Merged, self.merged);
        [
            any.told(Measure::Repeats),
            person.told(Measure::RepeatPerson),
            site.told(Measure::RepeatSite),
        ]
    }
}

impl<'r> Earlier<'r> {
    /// The request that somebody linked, if it lies in the window.
    fn linked(&self, request: &Request, since: i64) -> Option<&'r Request> {
        let linked = self.by_record.get(request.linked.as_ref()?)?;
        (linked.at >= since).then_some(*linked)
    }

    fn has_person(&self, request: &'r Request, window: i64) -> bool {
        let since = request.at.saturating_sub(window);
        let Some(key) = request.key.as_deref().filter(|_| !request.new_facts) else {
            return false;
        };
        let same = request
            .matter
            .as_ref()
            .and_then(|matter| self.by_person.get(&(key, matter)));
        let linked = self.linked(request, since);
        same.is_some_and(|at| *at >= since)
            || linked.is_some_and(|linked| linked.key.as_deref() == Some(key))
    }

    fn has_site(&self, request: &'r Request, window: i64) -> bool {
        let since = request.at.saturating_sub(window);
        let Some(matter) = &request.matter else {
            return self.linked(request, since).is_some();
        };
        let same = self.by_matter.get(matter).is_some_and(|at| *at >= since);
        let counted = request
            .key
            .as_deref()
            .and_then(|key| self.counted.get(&(key, matter)));
        (same || self.linked(request, since).is_some()) && counted.is_none_or(|at| *at < since)
    }

    fn add(&mut self, request: &'r Request, by_site: bool) {
        self.by_record.insert(request.record, request);
        let Some(matter) = &request.matter else {
            return;
        };
        self.by_matter.insert(matter, request.at);
        if let Some(key) = request.key.as_deref() {
            self.by_person.insert((key, matter), request.at);
            if by_site {
                self.counted.insert((key, matter), request.at);
            }
        }
    }
}
