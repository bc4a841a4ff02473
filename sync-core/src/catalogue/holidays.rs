//! Which days and hours count as working time.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// Statutory holidays, make-up workdays and office hours. A day that is not listed works from
/// Monday to Friday.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holidays {
    pub days: BTreeMap<Date, Holiday>,
    /// In order, not overlapping; empty where the catalogue has no `holidays.toml`.
    pub office_hours: Vec<OfficeHours>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    pub kind: DayKind,
    pub name: super::Label,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// A statutory holiday (法定节假日), the weekend days inside it included.
    Holiday,
    /// A weekend day worked instead (调休工作日).
    Workday,
}

/// Minutes after midnight, `from` before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfficeHours {
    pub from: u16,
    pub until: u16,
}

impl Holidays {
    pub fn is_holiday(&self, day: Date) -> bool {
        self.kind(day) == Some(DayKind::Holiday)
    }

    pub fn is_workday(&self, day: Date) -> bool {
        match self.kind(day) {
            Some(DayKind::Holiday) => false,
            Some(DayKind::Workday) => true,
            None => day.weekday().to_monday_zero_offset() < 5,
        }
    }

    /// Whether the table says anything of that year. Where it does not, a limit that reaches
    /// into the year knows weekends only.
    pub fn covers(&self, year: i16) -> bool {
        self.days.keys().any(|day| day.year() == year)
    }

    /// The first of these years of which the table says nothing.
    pub fn lacks(&self, years: impl IntoIterator<Item = i16>) -> Option<i16> {
        years.into_iter().find(|year| !self.covers(*year))
    }

    fn kind(&self, day: Date) -> Option<DayKind> {
        self.days.get(&day).map(|holiday| holiday.kind)
    }
}
