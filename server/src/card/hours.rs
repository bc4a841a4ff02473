//! When somebody is there by what the card promises: weekdays, working days and the calendar.

use jiff::ToSpan;
use jiff::civil::{Date, Time};
use sync_core::catalogue::Holidays;

/// How far the next time of service is looked for: the longest holiday and then some.
const AHEAD: i64 = 21;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// One row of a card's service hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub day: ServiceDay,
    /// The code in the list `service_day`, for its label.
    pub code: String,
    pub span: Span,
}

/// Minutes after midnight, `from` before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub from: u16,
    pub until: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceDay {
    /// From Monday, 0; not on statutory holidays.
    Weekday(u8),
    Workday,
    Daily,
    /// A code of the station's own: it is shown and promises no day.
    Other,
}

/// The next time of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    pub day: Date,
    pub span: Span,
}

impl Window {
    /// None where the times are none, or end before they begin.
    pub fn read(code: &str, from: &str, until: &str) -> Option<Window> {
        let span = Span {
            from: minute(from)?,
            until: minute(until)?,
        };
        let weekday = WEEKDAYS.iter().position(|known| *known == code);
        let day = match (weekday, code) {
            (Some(day), _) => ServiceDay::Weekday(u8::try_from(day).ok()?),
            (None, "workday") => ServiceDay::Workday,
            (None, "daily") => ServiceDay::Daily,
            (None, _) => ServiceDay::Other,
        };
        (span.from < span.until).then(|| Window {
            day,
            code: code.to_owned(),
            span,
        })
    }

    fn holds(&self, day: Date, holidays: &Holidays) -> bool {
        match self.day {
            ServiceDay::Weekday(weekday) => {
                let is = day.weekday().to_monday_zero_offset().unsigned_abs();
                is == weekday && !holidays.is_holiday(day)
            }
            ServiceDay::Workday => holidays.is_workday(day),
            ServiceDay::Daily => true,
            ServiceDay::Other => false,
        }
    }
}

fn minute(text: &str) -> Option<u16> {
    // The end of a day is written as 24:00.
    if text == "24:00" {
        return Some(24 * 60);
    }
    let time: Time = text.parse().ok()?;
    Some(u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs()))
}

impl Span {
    pub fn holds(self, minute: u16) -> bool {
        (self.from..self.until).contains(&minute)
    }

    /// `14:00`, twice.
    pub fn times(self) -> (String, String) {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        (time(self.from), time(self.until))
    }
}

/// What the card promises on a day, in order.
pub fn on(windows: &[Window], day: Date, holidays: &Holidays) -> Vec<Span> {
    let holds = |window: &&Window| window.holds(day, holidays);
    let mut spans: Vec<Span> = windows.iter().filter(holds).map(|w| w.span).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// The first time of service that begins after a minute of a day.
pub fn next(windows: &[Window], day: Date, minute: u16, holidays: &Holidays) -> Option<Next> {
    (0..=AHEAD).find_map(|ahead| {
        let on_day = day.checked_add(ahead.days()).ok()?;
        let spans = on(windows, on_day, holidays);
        let span = spans.iter().find(|span| ahead > 0 || span.from > minute)?;
        Some(Next {
            day: on_day,
            span: *span,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::catalogue::Catalogue;

    fn window(code: &str, from: &str, until: &str) -> Window {
        Window::read(code, from, until).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn times(spans: &[Span]) -> Vec<String> {
        spans.iter().map(|span| span.times().0).collect()
    }

    #[test]
    fn a_weekday_rests_on_holidays_and_a_working_day_follows_the_calendar() {
        let holidays = &Catalogue::embedded().holidays;
        let windows = [
            window("workday", "09:00", "11:30"),
            window("wed", "14:00", "16:00"),
            window("daily", "20:00", "24:00"),
            window("lunar", "01:00", "02:00"),
        ];
        for (date, spans) in [
            ("2025-09-24", &["09:00", "14:00", "20:00"][..]),
            ("2025-09-25", &["09:00", "20:00"]),
            // National Day, a Wednesday; then the Sunday that was worked for it.
            ("2025-10-01", &["20:00"]),
            ("2025-09-28", &["09:00", "20:00"]),
        ] {
            assert_eq!(times(&on(&windows, day(date), holidays)), spans, "{date}");
        }
    }

    #[test]
    fn the_next_time_passes_over_a_long_holiday() {
        let holidays = &Catalogue::embedded().holidays;
        let windows = [window("wed", "14:00", "16:00")];
        let next = |date, minute| next(&windows, day(date), minute, holidays).unwrap().day;
        assert_eq!(next("2025-09-24", 13 * 60), day("2025-09-24"));
        // Begun already; the first of October is a holiday, and so is the eighth.
        assert_eq!(next("2025-09-24", 14 * 60), day("2025-10-15"));
        assert_eq!(super::next(&[], day("2025-09-24"), 0, holidays), None);
    }

    #[test]
    fn what_is_no_time_is_no_window() {
        for (from, until) in [
            ("", "10:00"),
            ("11:00", "10:00"),
            ("x", "y"),
            ("09:00", "09:00"),
        ] {
            assert_eq!(Window::read("mon", from, until), None, "{from} {until}");
        }
        let last = Date::MAX;
        let windows = [window("daily", "09:00", "10:00")];
        assert_eq!(super::next(&windows, last, 600, &Holidays::default()), None);
    }
}
