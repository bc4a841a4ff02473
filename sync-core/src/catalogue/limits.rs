//! When a time limit ends.
//!
//! Five units (`docs/record-kinds.md` names those in use). In days, the first does not count and
//! the last ends at midnight; in hours, time runs on from the very moment.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::Offset};

use super::{Holidays, TimeUnit};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const MINUTE: i64 = 60_000;

/// The first moment (milliseconds since 1970) after a limit of `value` `unit`s that began at
/// `from`, in a time zone `offset` minutes east of UTC. A day's limit that may be used up to
/// its last minute ends at midnight, so "due" is the day before the date of this moment.
///
/// A moment outside the calendar, or a table in which nearly no day works, gives `i64::MAX`:
/// such a limit never ends.
pub fn due(from: i64, value: u32, unit: TimeUnit, holidays: &Holidays, offset: i32) -> i64 {
    due_after(from, value, unit, &[], holidays, offset)
}

/// The same where the clock stood still from one moment until another, in order. A day counts
/// if the clock ran at any moment of it: that is the earlier end, hence the safer one.
pub(super) fn due_after(
    from: i64,
    value: u32,
    unit: TimeUnit,
    stops: &[(i64, i64)],
    holidays: &Holidays,
    offset: i32,
) -> i64 {
    let value_ms = i64::from(value);
    let days = Days {
        holidays,
        stops,
        offset,
    };
    match unit {
        TimeUnit::UrgentHour => Some(running(from, value_ms * HOUR, stops)),
        TimeUnit::UrgentDay => Some(running(from, value_ms * DAY, stops)),
        TimeUnit::WorkHour => days.after_work_hours(from, value_ms * HOUR),
        TimeUnit::WorkDay => days.after_work_days(from, value),
        TimeUnit::NaturalDay => days.after_natural_days(from, value),
    }
    .unwrap_or(i64::MAX)
}

/// The day of a moment in the station's time zone.
pub fn day_of(moment: i64, offset: i32) -> Option<Date> {
    let offset = Offset::from_seconds(offset.checked_mul(60)?).ok()?;
    let moment = Timestamp::from_millisecond(moment).ok()?;
    Some(offset.to_datetime(moment).date())
}

/// The last day of a limit, which ends with the first moment that is too late.
pub fn last_day(due: i64, offset: i32) -> Option<Date> {
    day_of(due.saturating_sub(1), offset)
}

/// The first moment of a day in the station's time zone.
pub fn midnight(day: Date, offset: i32) -> Option<i64> {
    let days = day.since(Date::constant(1970, 1, 1)).ok()?.get_days();
    Some(i64::from(days) * DAY - i64::from(offset) * MINUTE)
}

/// After so long a time in which the clock ran.
fn running(from: i64, length: i64, stops: &[(i64, i64)]) -> i64 {
    let mut due = from.saturating_add(length);
    let mut seen = from;
    for (start, end) in stops {
        let start = (*start).max(seen);
        if start < due && start < *end {
            due = due.saturating_add(end.saturating_sub(start));
            seen = *end;
        }
    }
    due
}

struct Days<'a> {
    holidays: &'a Holidays,
    stops: &'a [(i64, i64)],
    offset: i32,
}

impl Days<'_> {
    /// The day itself, or where the clock stood still all day, the day on which it ran again.
    fn running(&self, day: Date) -> Option<Date> {
        let mut day = day;
        for (start, end) in self.stops {
            let begins = midnight(day, self.offset)?;
            if *start <= begins && *end >= begins.saturating_add(DAY) {
                day = day_of(*end, self.offset)?;
            }
        }
        Some(day)
    }

    fn next(&self, day: Date) -> Option<Date> {
        self.running(day.tomorrow().ok()?)
    }

    fn after_work_days(&self, from: i64, value: u32) -> Option<i64> {
        let mut day = day_of(from, self.offset)?;
        let mut left = value;
        let mut idle = 0;
        while left > 0 {
            day = self.next(day)?;
            if self.holidays.is_workday(day) {
                left -= 1;
                idle = 0;
            } else {
                idle = still_idle(idle)?;
            }
        }
        midnight(day.tomorrow().ok()?, self.offset)
    }

    /// Only a day listed as a holiday moves the end (令55 Art. 45 says 法定节假日); an ordinary
    /// weekend does not.
    fn after_natural_days(&self, from: i64, value: u32) -> Option<i64> {
        let mut day = day_of(from, self.offset)?;
        if self.stops.is_empty() {
            day = day.checked_add(i64::from(value).days()).ok()?;
        } else {
            for _ in 0..value {
                day = self.next(day)?;
            }
        }
        if self.holidays.is_holiday(day) {
            let mut idle = 0;
            while !self.holidays.is_workday(day) {
                day = self.next(day)?;
                idle = still_idle(idle)?;
            }
        }
        midnight(day.tomorrow().ok()?, self.offset)
    }

    fn after_work_hours(&self, from: i64, length: i64) -> Option<i64> {
        let mut day = self.running(day_of(from, self.offset)?)?;
        let mut left = length;
        let mut idle = 0;
        loop {
            let start = midnight(day, self.offset)?;
            let hours = if self.holidays.is_workday(day) {
                self.holidays.office_hours.as_slice()
            } else {
                &[]
            };
            let before = left;
            for part in hours {
                let mut open = (start + i64::from(part.from) * MINUTE).max(from);
                let close = start + i64::from(part.until) * MINUTE;
                // What of the part lies before each stop, then what lies after the last.
                for (stop, end) in self.stops.iter().chain(&[(close, close)]) {
                    let usable = (*stop).min(close).saturating_sub(open).max(0);
                    if usable > 0 && left <= usable {
                        return Some(open + left);
                    }
                    left -= usable;
                    open = open.max(*end);
                }
            }
            idle = if left == before { still_idle(idle)? } else { 0 };
            day = self.next(day)?;
        }
    }
}

/// Gives up after a year in which nobody worked.
fn still_idle(days: u32) -> Option<u32> {
    (days < 366).then_some(days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    const EAST_8: i32 = 8 * 60;

    fn at(text: &str) -> i64 {
        format!("{text}+08:00")
            .parse::<Timestamp>()
            .unwrap()
            .as_millisecond()
    }

    fn due_at(from: &str, value: u32, unit: TimeUnit) -> i64 {
        due(
            at(from),
            value,
            unit,
            &Catalogue::embedded().holidays,
            EAST_8,
        )
    }

    #[test]
    fn t1_working_days_run_over_a_make_up_saturday() {
        assert_eq!(
            due_at("2025-09-30T15:00", 3, TimeUnit::WorkDay),
            at("2025-10-12T00:00")
        );
    }

    #[test]
    fn t2_calendar_days_that_end_on_a_holiday_move_on() {
        assert_eq!(
            due_at("2025-07-10T09:00", 90, TimeUnit::NaturalDay),
            at("2025-10-10T00:00")
        );
    }

    #[test]
    fn calendar_days_that_end_on_an_ordinary_sunday_do_not_move() {
        assert_eq!(
            due_at("2025-07-10T09:00", 3, TimeUnit::NaturalDay),
            at("2025-07-14T00:00")
        );
    }

    #[test]
    fn t3_urgent_hours_run_through_the_night() {
        assert_eq!(
            due_at("2025-07-11T23:30", 2, TimeUnit::UrgentHour),
            at("2025-07-12T01:30")
        );
        assert_eq!(
            due_at("2025-07-11T23:30", 1, TimeUnit::UrgentDay),
            at("2025-07-12T23:30")
        );
    }

    #[test]
    fn t3_work_hours_run_in_office_hours_only() {
        assert_eq!(
            due_at("2025-07-10T16:30", 4, TimeUnit::WorkHour),
            at("2025-07-11T10:30")
        );
    }

    #[test]
    fn work_hours_begun_on_a_friday_evening_go_on_after_the_weekend() {
        assert_eq!(
            due_at("2025-07-11T19:00", 5, TimeUnit::WorkHour),
            at("2025-07-14T15:00")
        );
    }

    #[test]
    fn a_limit_filled_to_the_end_of_office_hours_ends_there_and_not_after_lunch() {
        assert_eq!(
            due_at("2025-07-10T08:00", 4, TimeUnit::WorkHour),
            at("2025-07-10T12:00")
        );
    }

    #[test]
    fn the_day_is_the_stations_and_not_that_of_greenwich() {
        assert_eq!(
            due_at("2025-07-10T00:30", 1, TimeUnit::WorkDay),
            at("2025-07-12T00:00")
        );
    }

    #[test]
    fn without_office_hours_a_limit_in_work_hours_never_ends() {
        let none = Holidays::default();
        assert_eq!(due(0, 1, TimeUnit::WorkHour, &none, EAST_8), i64::MAX);
    }

    #[test]
    fn no_moment_makes_it_panic() {
        for from in [i64::MIN, i64::MAX, -1, 0, i64::MAX / 2] {
            for (_, unit) in <TimeUnit as crate::catalogue::names::Word>::ALL {
                due(
                    from,
                    u32::MAX,
                    *unit,
                    &Catalogue::embedded().holidays,
                    i32::MAX,
                );
                due(from, 3, *unit, &Catalogue::embedded().holidays, EAST_8);
            }
        }
    }
}
