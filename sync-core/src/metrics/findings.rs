//! Do new problems stay away and old ones become fewer? (新增问题零增长, 遗留问题负增长)
//!
//! A legacy is what was first observed before the baseline, what was marked as one, and a legacy
//! that came back: it counts as a legacy again and not as new. What was found twice or proved to
//! be nothing was not found.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::Fact;
use super::report::{Committee, Figure, Measure, Metric, Note, Share, Span};
use super::trail::Stand;
use crate::catalogue::{Catalogue, MetricRules, MetricSetting, midnight};
use crate::ids::RecordId;

const DAY: i64 = 86_400_000;
/// A station has a few; a page that lists more helps nobody.
const MOST_COMMITTEES: usize = 500;

#[derive(Debug)]
pub(super) struct Findings {
    span: Span,
    /// The end of the period, or now where it has not come.
    end: i64,
    /// When they are looked at: the end of the period. While it lasts, every step that is known
    /// counts, also one of a phone whose clock is fast.
    looked: i64,
    offset: i32,
    within: i64,
    all: BTreeMap<RecordId, Finding>,
    /// By the number that findings keep instead.
    committees: Vec<String>,
    known: BTreeMap<String, u32>,
    recurrence: Share,
    contested: u64,
}

/// What of a finding has to wait until all are known: some 60 bytes.
#[derive(Debug)]
struct Finding {
    observed: i64,
    recurs: Option<RecordId>,
    committee: u32,
    is_legacy: bool,
    /// Stood just before the period, and at its end.
    stood: bool,
    stands: bool,
}

impl Findings {
    pub fn new(span: Span, catalogue: &Catalogue, now: i64, offset: i32) -> Findings {
        Findings {
            span,
            end: span.end.min(now),
            looked: if span.end <= now { span.end } else { i64::MAX },
            offset,
            within: catalogue.metric_value(MetricSetting::RecurrenceDays) * DAY,
            all: BTreeMap::new(),
            committees: Vec::new(),
            known: BTreeMap::new(),
            recurrence: Share::default(),
            contested: 0,
        }
    }

    pub fn take(&mut self, fact: &Fact<'_>, rules: &MetricRules) {
        let observed = fact.happened();
        let stand = fact.trail.last();
        if observed >= self.span.end || stand == Stand::Void {
            return;
        }
        if stand == Stand::Contested {
            self.contested += 1;
        }
        let recurs = fact.record_in("recurs");
        if recurs.is_some() && self.span.holds(observed) {
            self.recurrence.hits += 1;
            self.recurrence.behind.add(observed, fact.record());
        }
        if let Some(done) = fact.trail.done_at()
            && (self.end.saturating_sub(self.within)..self.span.end).contains(&done)
        {
            self.recurrence.of += 1;
        }
        let name = fact.name("committee");
        let baseline = rules
            .baseline(&name)
            .and_then(|day| midnight(day, self.offset));
        let stands = |at| fact.trail.before(at) != Stand::Done;
        let finding = Finding {
            observed,
            recurs,
            committee: self.number(&name),
            is_legacy: fact.is("legacy") || baseline.is_some_and(|day| observed < day),
            stood: observed < self.span.start && stands(self.span.start),
            stands: stands(self.looked),
        };
        self.all.insert(fact.record(), finding);
    }

    fn number(&mut self, committee: &str) -> u32 {
        if let Some(number) = self.known.get(committee) {
            return *number;
        }
        let number = u32::try_from(self.committees.len()).unwrap_or(u32::MAX);
        self.committees.push(committee.to_owned());
        self.known.insert(committee.to_owned(), number);
        number
    }

    /// Whether a finding, or what it recurs from however far back, is a legacy. Each is walked
    /// over once, whatever recurs from what.
    fn legacies(&self) -> BTreeMap<RecordId, bool> {
        let mut told: BTreeMap<RecordId, bool> = BTreeMap::new();
        for record in self.all.keys() {
            let mut path = BTreeSet::new();
            let mut at = Some(*record);
            let mut is_legacy = false;
            while let Some(id) = at.filter(|id| !path.contains(id)) {
                if let Some(known) = told.get(&id) {
                    is_legacy = *known;
                    break;
                }
                let Some(finding) = self.all.get(&id) else {
                    break;
                };
                path.insert(id);
                is_legacy = finding.is_legacy;
                at = finding.recurs.filter(|_| !is_legacy);
            }
            told.extend(path.into_iter().map(|id| (id, is_legacy)));
        }
        told
    }

    pub fn told(mut self, rules: &MetricRules) -> ([Metric; 3], Vec<Committee>) {
        let mut committees: Vec<Committee> = self
            .committees
            .iter()
            .map(|name| Committee {
                committee: name.clone(),
                baseline: rules.baseline(name),
                ..Committee::default()
            })
            .collect();
        let legacies = self.legacies();
        let (mut new, mut legacy) = (Share::default(), Share::default());
        for (record, finding) in &self.all {
            let index = usize::try_from(finding.committee).unwrap_or(usize::MAX);
            let Some(committee) = committees.get_mut(index) else {
                continue;
            };
            if legacies.get(record) == Some(&true) {
                committee.legacy_start += u64::from(finding.stood);
                committee.legacy_end += u64::from(finding.stands);
                if finding.stands {
                    let age = self.end.saturating_sub(finding.observed);
                    legacy.note(bucket(age));
                    legacy.behind.add(finding.observed, *record);
                }
                if finding.recurs.is_some() && self.span.holds(finding.observed) {
                    legacy.note(Note::Recurred);
                }
            } else if self.span.holds(finding.observed) {
                committee.found += 1;
                if finding.stands {
                    committee.standing += 1;
                    new.behind.add(finding.observed, *record);
                }
                if finding.recurs.is_some() {
                    new.note(Note::Recurred);
                }
            } else if self.span.before(finding.observed) {
                new.note(Note::FoundBefore);
            }
        }
        new.note_all(Note::Contested, self.contested);
        let sum = |of: fn(&Committee) -> u64| committees.iter().map(of).sum();
        let growth = Figure::Growth {
            found: sum(|one| one.found),
            standing: sum(|one| one.standing),
        };
        let change = Figure::Change {
            start: sum(|one| one.legacy_start),
            end: sum(|one| one.legacy_end),
        };
        let metrics = [
            new.told_as(Measure::NewStanding, growth),
            legacy.told_as(Measure::Legacy, change),
            std::mem::take(&mut self.recurrence).told(Measure::Recurrence),
        ];
        committees.retain(|one| one.found + one.legacy_start + one.legacy_end > 0);
        committees.sort_by(|a, b| a.committee.cmp(&b.committee));
        committees.truncate(MOST_COMMITTEES);
        (metrics, committees)
    }
}

fn bucket(age: i64) -> Note {
    match age.div_euclid(DAY) {
        ..90 => Note::UpTo90Days,
        90..365 => Note::UpToAYear,
        365.. => Note::OverAYear,
    }
}
