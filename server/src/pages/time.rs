//! Dates, times and spans as they are read: `2025年9月30日 14时05分`, `30 Sep 2025, 14:05`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use super::words::Words;
use crate::messages::Language;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// From here on two clocks count as different.
pub const APART: i64 = 5 * MINUTE;

/// The station's time zone and the reader's language.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Minutes east of UTC.
    pub offset: i32,
    pub language: Language,
}

impl Times {
    fn civil(self, ms: i64) -> Option<DateTime> {
        let offset = Offset::from_seconds(self.offset.checked_mul(60)?).ok()?;
        Some(offset.to_datetime(Timestamp::from_millisecond(ms).ok()?))
    }

    pub fn moment(self, ms: i64) -> String {
        let Some(at) = self.civil(ms) else {
            return String::new();
        };
        at.strftime(self.moment_form()).to_string()
    }

    fn moment_form(self) -> &'static str {
        match self.language {
            Language::Zh => "%Y年%-m月%-d日 %-H时%M分",
            Language::En => "%-d %b %Y, %H:%M",
        }
    }

    fn day_form(self) -> &'static str {
        match self.language {
            Language::Zh => "%Y年%-m月%-d日",
            Language::En => "%-d %b %Y",
        }
    }

    /// Without its day, where that has just been said.
    pub fn moment_after(self, ms: i64, said: i64) -> String {
        let day = |ms| self.civil(ms).map(|at| at.date());
        if day(ms) != day(said) {
            return self.moment(ms);
        }
        let Some(at) = self.civil(ms) else {
            return String::new();
        };
        let form = match self.language {
            Language::Zh => "%-H时%M分",
            Language::En => "%H:%M",
        };
        at.strftime(form).to_string()
    }

    /// For machines: `2026-05-11T14:05:00Z`.
    pub fn iso(self, ms: i64) -> String {
        Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| format!("{at:.0}"))
    }

    /// `2026-05-11`, the day of a moment.
    pub fn day_of(self, ms: i64) -> String {
        self.civil(ms)
            .map_or_else(String::new, |at| at.date().to_string())
    }

    /// The last day of a limit: its first moment after would name the next one.
    pub fn last_day(self, due: i64) -> String {
        self.day(&self.day_of(due.saturating_sub(1)))
    }

    /// Whether a moment is the first of its day: a date without a time is kept so.
    pub fn is_midnight(self, ms: i64) -> bool {
        ms.saturating_add(i64::from(self.offset) * MINUTE)
            .rem_euclid(DAY)
            == 0
    }

    /// The first moment after a day `2026-05-11`.
    pub fn end_of(self, day: &str) -> Option<i64> {
        let day: Date = day.parse().ok()?;
        let next = day.tomorrow().ok()?.at(0, 0, 0, 0);
        let offset = Offset::from_seconds(self.offset.checked_mul(60)?).ok()?;
        Some(offset.to_timestamp(next).ok()?.as_millisecond())
    }

    /// A day `2026-05-11`; what is none stays as it is.
    pub fn day(self, day: &str) -> String {
        let Ok(date) = day.parse::<Date>() else {
            return day.to_owned();
        };
        date.strftime(self.day_form()).to_string()
    }

    /// Whether a text is a day or a moment as these are printed.
    pub fn is_printed(self, text: &str) -> bool {
        Date::strptime(self.day_form(), text).is_ok()
            || DateTime::strptime(self.moment_form(), text).is_ok()
    }

    /// With its weekday.
    pub fn day_and_weekday(self, day: &str, words: &Words) -> String {
        let Ok(date) = day.parse::<Date>() else {
            return day.to_owned();
        };
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let name = words.weekdays.split(' ').nth(weekday).unwrap_or_default();
        match self.language {
            Language::Zh => format!("{} {name}", self.day(day)),
            Language::En => format!("{name} {}", self.day(day)),
        }
    }

    /// A month `2026-05`.
    pub fn month(self, month: &str) -> String {
        let Ok(date) = format!("{month}-01").parse::<Date>() else {
            return month.to_owned();
        };
        let form = match self.language {
            Language::Zh => "%Y年%-m月",
            Language::En => "%B %Y",
        };
        date.strftime(form).to_string()
    }

    /// How long: the two largest units.
    pub fn span(self, ms: i64, words: &Words) -> String {
        let ms = i64::try_from(ms.unsigned_abs()).unwrap_or(i64::MAX);
        let units = [
            (DAY, &words.days),
            (HOUR, &words.hours),
            (MINUTE, &words.minutes),
        ];
        let mut rest = ms;
        let mut parts = Vec::new();
        for (size, word) in units {
            let n = rest / size;
            rest %= size;
            if n > 0 && parts.len() < 2 {
                parts.push(word.replace("{n}", &n.to_string()));
            }
        }
        if parts.is_empty() {
            parts.push(words.minutes.replace("{n}", "0"));
        }
        parts.join(&words.span_between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_days_and_spans_read_as_they_are_spoken() {
        let times = |language| Times {
            offset: 480,
            language,
        };
        let (zh, en) = (times(Language::Zh), times(Language::En));
        let at = 1_759_212_300_000; // 2025-09-30T06:05Z
        assert_eq!(zh.moment(at), "2025年9月30日 14时05分");
        assert_eq!(en.moment(at), "30 Sep 2025, 14:05");
        assert_eq!(zh.moment_after(at + 60_000, at), "14时06分");
        assert_eq!(en.moment_after(at + DAY, at), "1 Oct 2025, 14:05");
        assert_eq!(zh.day("2026-05-11"), "2026年5月11日");
        assert_eq!(en.month("2026-05"), "May 2026");
        assert_eq!(zh.day("a<b"), "a<b");
        assert!(zh.is_printed(&zh.moment(at)) && en.is_printed(&en.day("2026-05-11")));
        assert!(!zh.is_printed("2026年5月11日 到场") && !zh.is_printed(""));
        let words = |language| Words::of(language);
        assert_eq!(zh.span(-11 * MINUTE, words(Language::Zh)), "11分钟");
        assert_eq!(en.span(26 * HOUR + MINUTE, words(Language::En)), "1 d 2 h");
        assert_eq!(zh.moment(i64::MAX), "");
        assert_eq!(zh.end_of("2025-09-30"), Some(1_759_248_000_000));
    }
}
