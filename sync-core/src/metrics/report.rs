//! What the metrics say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::catalogue::midnight;
use crate::ids::RecordId;

/// The metrics of one station and period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    #[serde(serialize_with = "day")]
    pub from: Date,
    /// The last day.
    #[serde(serialize_with = "day")]
    pub until: Date,
    pub metrics: Vec<Metric>,
    /// Sessions by officer, by code: told, not compared.
    pub officers: Vec<Officer>,
    /// Zero growth by committee, by name.
    pub committees: Vec<Committee>,
}

impl Report {
    pub fn metric(&self, measure: Measure) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.measure == measure)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    pub measure: Measure,
    pub figure: Figure,
    /// What was counted beside it, or left out of it.
    pub notes: BTreeMap<Note, u64>,
    pub behind: Behind,
    /// Passed their limit, and left out because an appeal was approved.
    pub excused: Behind,
}

/// A number never stands without what it was counted out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// `hits` of `of`: a share. Out of nothing there is no rate.
    Rate { hits: u64, of: u64 },
    /// `n` to each of `of`: no share.
    Each { n: u64, of: u64 },
    /// Wanted: none of what was found stands at the end.
    Growth { found: u64, standing: u64 },
    /// Wanted: fewer at the end than at the start, or none at all.
    Change { start: u64, end: u64 },
}

impl Figure {
    /// Whether what is wanted was reached, of figures with a target.
    pub fn is_met(self) -> Option<bool> {
        match self {
            Figure::Rate { .. } | Figure::Each { .. } => None,
            Figure::Growth { standing, .. } => Some(standing == 0),
            Figure::Change { start, end } => Some(end < start || (start == 0 && end == 0)),
        }
    }

    /// `95.5%`, `0.4`, `1`, `-2`; nothing where there is nothing to count out of.
    pub fn text(self) -> Option<String> {
        let decimals = |n: u64, of: u64, scale: u64| {
            let (n, of, scale) = (u128::from(n), u128::from(of), u128::from(scale));
            let tenths = (n * scale * 10 + of / 2).checked_div(of)?;
            Some(format!("{}.{}", tenths / 10, tenths % 10))
        };
        match self {
            Figure::Rate { hits, of } => Some(format!("{}%", decimals(hits, of, 100)?)),
            Figure::Each { n, of } => decimals(n, of, 1),
            Figure::Growth { standing, .. } => Some(standing.to_string()),
            Figure::Change { start, end } if end > start => Some(format!("+{}", end - start)),
            Figure::Change { start, end } if end < start => Some(format!("-{}", start - end)),
            Figure::Change { .. } => Some("0".to_owned()),
        }
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum $name { $($(#[$case_doc])* #[serde(rename = $word)] $case,)+ }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$case,)+];

            /// As files and messages name it.
            pub fn word(self) -> &'static str {
                match self { $($name::$case => $word,)+ }
            }
        }
    };
}

named!(
    /// In the order in which they are printed.
    Measure {
        ServiceWeeks = "service_weeks",
        PatrolsDone = "patrols_done",
        Categories = "categories",
        FindingsAPatrol = "findings_a_patrol",
        NothingFound = "nothing_found",
        NewStanding = "new_standing",
        Legacy = "legacy",
        Recurrence = "recurrence",
        FindingsOnTime = "findings_on_time",
        RequestsOnTime = "requests_on_time",
        FirstResponse = "first_response",
        CalledBack = "called_back",
        Resolved = "resolved",
        Satisfied = "satisfied",
        Repeats = "repeats",
        RepeatPerson = "repeat_person",
        RepeatSite = "repeat_site",
        CasesOnTime = "cases_on_time",
        Timely = "timely",
        Complete = "complete",
        Evidenced = "evidenced",
        Corrected = "corrected",
    }
);

named!(
    /// What stands beside a figure.
    Note {
        Sessions = "sessions",
        ValidSessions = "valid_sessions",
        Minutes = "minutes",
        Served = "served",
        TooShort = "too_short",
        Interrupted = "interrupted",
        Elsewhere = "elsewhere",
        /// Counted, although nobody noted the sign-in point.
        NoPoint = "no_point",
        WeeksOff = "weeks_off",
        NoCalendar = "no_calendar",
        Suspended = "suspended",
        Excused = "excused",
        Breaches = "breaches",
        NoLimit = "no_limit",
        Contested = "contested",
        Pending = "pending",
        Merged = "merged",
        NoKey = "no_key",
        Unanswered = "unanswered",
        FoundBefore = "found_before",
        Recurred = "recurred",
        UpTo90Days = "up_to_90_days",
        UpToAYear = "up_to_a_year",
        OverAYear = "over_a_year",
        Ahead = "ahead",
        Unplanned = "unplanned",
        Unreadable = "unreadable",
    }
);

/// The records that make the difference: those that should have been counted and were not, or
/// those that a rate counts although nobody wants them. The earliest of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Behind {
    pub all: u64,
    pub records: Vec<RecordId>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Officer {
    /// The member's code.
    pub officer: String,
    pub sessions: u64,
    pub valid: u64,
    pub minutes: u64,
    pub served: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Committee {
    /// Empty: findings of which nobody noted it.
    pub committee: String,
    #[serde(serialize_with = "maybe_day")]
    pub baseline: Option<Date>,
    pub found: u64,
    pub standing: u64,
    pub legacy_start: u64,
    pub legacy_end: u64,
}

fn day<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
}

#[expect(clippy::ref_option, reason = "serde asks for it")]
fn maybe_day<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
    day.map(|day| day.to_string()).serialize(to)
}

/// The days of a period, and its first moment and the first one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: Date,
    pub until: Date,
    pub start: i64,
    pub end: i64,
}

/// Why two days make no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    #[error("the last day lies before the first")]
    Backwards,
    #[error("the period is longer than {} days", Span::LONGEST)]
    TooLong,
    #[error("the days lie outside the calendar")]
    Outside,
}

impl Span {
    /// Three years, leap days included.
    pub const LONGEST: i32 = 1_096;

    /// The days `from` to `until`, both of them in it, in a time zone `offset` minutes east of UTC.
    pub fn new(from: Date, until: Date, offset: i32) -> Result<Span, SpanError> {
        if until < from {
            return Err(SpanError::Backwards);
        }
        let days = until
            .since(from)
            .map_err(|_| SpanError::Outside)?
            .get_days();
        if days >= Self::LONGEST {
            return Err(SpanError::TooLong);
        }
        let after = until.checked_add(1.day()).map_err(|_| SpanError::Outside)?;
        let moment = |day| midnight(day, offset).ok_or(SpanError::Outside);
        Ok(Span {
            from,
            until,
            start: moment(from)?,
            end: moment(after)?,
        })
    }

    pub fn holds(&self, at: i64) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// A period as long, just before.
    pub fn before(&self, at: i64) -> bool {
        let length = self.end.saturating_sub(self.start);
        (self.start.saturating_sub(length)..self.start).contains(&at)
    }
}

/// Keeps the earliest of many, so that a page has something to show and memory an end.
#[derive(Debug, Clone, Default)]
pub(super) struct Earliest {
    all: u64,
    kept: BTreeSet<(i64, RecordId)>,
}

impl Earliest {
    const KEPT: usize = 50;

    pub fn add(&mut self, at: i64, record: RecordId) {
        self.all += 1;
        self.kept.insert((at, record));
        if self.kept.len() > Self::KEPT {
            self.kept.pop_last();
        }
    }

    pub fn told(self) -> Behind {
        Behind {
            all: self.all,
            records: self.kept.into_iter().map(|(_, record)| record).collect(),
        }
    }
}

/// A rate that is still being counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Share {
    pub hits: u64,
    pub of: u64,
    pub notes: BTreeMap<Note, u64>,
    pub behind: Earliest,
    pub excused: Earliest,
}

impl Share {
    /// One more to count out of; those that were not hit are what people want to see.
    pub fn count(&mut self, hit: bool, at: i64, record: RecordId) {
        self.of += 1;
        if hit {
            self.hits += 1;
        } else {
            self.behind.add(at, record);
        }
    }

    /// As [`Share::count`], of a rate that nobody wants high.
    pub fn count_unwanted(&mut self, hit: bool, at: i64, record: RecordId) {
        self.of += 1;
        if hit {
            self.hits += 1;
            self.behind.add(at, record);
        }
    }

    pub fn note(&mut self, note: Note) {
        self.note_all(note, 1);
    }

    pub fn note_all(&mut self, note: Note, n: u64) {
        if n > 0 {
            let noted = self.notes.entry(note).or_default();
            *noted = noted.saturating_add(n);
        }
    }

    pub fn told(self, measure: Measure) -> Metric {
        let figure = Figure::Rate {
            hits: self.hits,
            of: self.of,
        };
        self.told_as(measure, figure)
    }

    pub fn told_as(self, measure: Measure, figure: Figure) -> Metric {
        Metric {
            measure,
            figure,
            notes: self.notes,
            behind: self.behind.told(),
            excused: self.excused.told(),
        }
    }
}
