//! How long a record may take, and in which units that is counted.

use crate::catalogue::expr::Expr;
use crate::catalogue::names::words;

words!(
    /// The five units in which time limits are counted.
    TimeUnit, "time unit" {
        /// Continuous hours, nights and holidays included (紧急工作时).
        UrgentHour = "urgent_hour",
        /// Continuous days of 24 hours (紧急工作日).
        UrgentDay = "urgent_day",
        /// Hours of the office only (工作时).
        WorkHour = "work_hour",
        /// Whole working days; the first day does not count (工作日).
        WorkDay = "work_day",
        /// Calendar days; the first does not count, and a last one on a holiday moves on
        /// (自然日).
        NaturalDay = "natural_day",
    }
);

impl TimeUnit {
    /// Whether it counts days, so that the last one may be used up.
    pub fn is_of_days(self) -> bool {
        match self {
            Self::WorkDay | Self::NaturalDay => true,
            Self::UrgentHour | Self::UrgentDay | Self::WorkHour => false,
        }
    }
}

/// How long a record may take from one step to another. Several may have one name: the first
/// whose `when` holds is the record's.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    pub name: String,
    /// Any of these steps begins it.
    pub from: Vec<String>,
    /// Any of these steps ends it.
    pub until: Vec<String>,
    pub when: Option<Expr>,
    /// The date or instant field from which time counts, where it is filled; else the step's
    /// own time.
    pub since: Option<String>,
    /// The date or instant field that ends it when it is filled.
    pub filled: Option<String>,
    /// The date field that names the last day, where it is filled: it goes before the count.
    pub day: Option<String>,
    /// None only where there is a `day`.
    pub count: Option<Count>,
    /// The states in which the clock stands still.
    pub stops: Vec<String>,
    pub extensions: Vec<Extension>,
    /// Whether an appeal against its having been passed was approved: it is passed all the same,
    /// and leaves the assessment.
    pub excused: Option<Expr>,
    /// Law and article it comes from; empty where it is the station's own rule.
    pub law: String,
}

impl Limit {
    /// The fields that decide on it.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let named = [&self.since, &self.filled, &self.day].into_iter().flatten();
        let asked = [&self.when, &self.excused].into_iter().flatten();
        let asked = asked.flat_map(Expr::fields);
        named.map(String::as_str).chain(asked)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub value: u32,
    pub unit: TimeUnit,
}

/// A step that gives a limit more time, if it is taken before the limit has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    pub step: String,
    /// So often at most.
    pub times: u32,
    /// How much; the limit's own length where it says nothing.
    pub length: Option<Count>,
    pub law: String,
}
