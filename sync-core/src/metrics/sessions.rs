//! Were the weekly service sessions held? (驻点服务达标率)
//!
//! Each session is one officer's own stay: the minutes of two officers never add up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::fact::Fact;
use super::report::{Measure, Metric, Note, Officer, Share, Span};
use crate::catalogue::{Catalogue, MetricSetting, day_of, midnight};

#[derive(Debug)]
pub(super) struct Sessions {
    span: Span,
    offset: i32,
    least: i64,
    gap: i64,
    a_week: i64,
    /// By the Monday of a week of the period: the valid sessions held in it.
    weeks: BTreeMap<Date, i64>,
    share: Share,
    officers: BTreeMap<String, Officer>,
}

impl Sessions {
    /// A week belongs to the period that its Sunday lies in, once it is over. One in which no day
    /// is a working day has no office to open.
    pub fn new(span: Span, catalogue: &Catalogue, now: i64, offset: i32) -> Self {
        let holidays = &catalogue.holidays;
        let mut sessions = Sessions {
            span,
            offset,
            least: catalogue.metric_value(MetricSetting::SessionMinutes),
            gap: catalogue.metric_value(MetricSetting::SessionGap),
            a_week: catalogue.metric_value(MetricSetting::SessionsAWeek),
            weeks: BTreeMap::new(),
            share: Share::default(),
            officers: BTreeMap::new(),
        };
        let mut without_table = BTreeSet::new();
        let mut week = monday(span.from);
        while let Some(monday) = week {
            let days: Vec<Date> = (0..7)
                .filter_map(|n| monday.checked_add(n.days()).ok())
                .collect();
            let Some(sunday) = days.last().filter(|sunday| **sunday <= span.until) else {
                break;
            };
            let over = sunday.tomorrow().ok().and_then(|day| midnight(day, offset));
            if over.is_some_and(|over| over <= now) {
                if days.iter().any(|day| holidays.is_workday(*day)) {
                    sessions.weeks.insert(monday, 0);
                } else {
                    sessions.share.note(Note::WeeksOff);
                }
                if days.iter().any(|day| !holidays.covers(day.year())) {
                    without_table.insert(monday);
                }
            }
            week = monday.checked_add(7.days()).ok();
        }
        sessions
            .share
            .note_all(Note::NoCalendar, without_table.len() as u64);
        sessions
    }

    pub fn take(&mut self, fact: &Fact<'_>) {
        let valid = self.verdict(fact);
        let week = day_of(fact.happened(), self.offset).and_then(monday);
        let week = week.and_then(|monday| self.weeks.get_mut(&monday));
        if let Some(held) = week.filter(|_| valid.is_none()) {
            *held += 1;
        }
        if !self.span.holds(fact.happened()) {
            return;
        }
        let minutes = fact.count("minutes");
        let served = fact.count("served");
        let officer = self.officers.entry(fact.officer().to_owned());
        let officer = officer.or_insert_with(|| Officer {
            officer: fact.officer().to_owned(),
            ..Officer::default()
        });
        officer.sessions += 1;
        officer.valid += u64::from(valid.is_none());
        officer.minutes = officer.minutes.saturating_add(minutes);
        officer.served = officer.served.saturating_add(served);
        let share = &mut self.share;
        share.note(Note::Sessions);
        share.note_all(Note::Minutes, minutes);
        share.note_all(Note::Served, served);
        match valid {
            None => {
                share.note(Note::ValidSessions);
                if fact.is("no_point") {
                    share.note(Note::NoPoint);
                }
            }
            Some(why) => {
                share.note(why);
                share.behind.add(fact.happened(), fact.record());
            }
        }
    }

    /// Why it does not count, if so.
    fn verdict(&self, fact: &Fact<'_>) -> Option<Note> {
        if fact.is_contested("minutes") {
            return Some(Note::Contested);
        }
        if fact
            .number("minutes")
            .is_none_or(|minutes| minutes < self.least)
        {
            return Some(Note::TooShort);
        }
        if fact.is("elsewhere") || fact.is_contested("elsewhere") {
            return Some(Note::Elsewhere);
        }
        let away = fact.number("gap").is_some_and(|away| away > self.gap);
        (away || fact.is_contested("gap")).then_some(Note::Interrupted)
    }

    pub fn told(self) -> (Metric, Vec<Officer>) {
        let mut share = self.share;
        share.of = self.weeks.len() as u64;
        let held = self.weeks.values().filter(|held| **held >= self.a_week);
        share.hits = held.count() as u64;
        let officers = self.officers.into_values().collect();
        (share.told(Measure::ServiceWeeks), officers)
    }
}

fn monday(day: Date) -> Option<Date> {
    let since = day.weekday().to_monday_zero_offset();
    day.checked_sub(i64::from(since).days()).ok()
}
