//! The forms of values given on the command line. What does not fit is wrong use (status 2).

use std::time::Duration;

use sync_core::letters;

/// A name or post: one line of at most 80 characters, each of which can be seen.
pub fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 80 || text.contains(['\n', '\t']) {
        return Err("must be one line of 1 to 80 characters".to_owned());
    }
    match text.chars().find(|letter| letters::is_unseen(*letter)) {
        Some(letter) => Err(format!(
            "has a letter that nobody can see ({}): type it without",
            letters::name(letter)
        )),
        None => Ok(text.to_owned()),
    }
}

/// A phone number as it is printed, with an extension where there is one.
pub fn phone(text: &str) -> Result<String, String> {
    let text = text.trim();
    let form = |c: char| c.is_ascii_digit() || " +-()*#转".contains(c);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    match (3..=24).contains(&digits) && text.chars().count() <= 40 && text.chars().all(form) {
        true => Ok(text.to_owned()),
        false => Err("must be a phone number such as 021-64000000 or 12345".to_owned()),
    }
}

/// A role's name in the catalogue.
pub fn role(text: &str) -> Result<String, String> {
    let form = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    match (1..=32).contains(&text.len()) && text.bytes().all(form) {
        true => Ok(text.to_owned()),
        false => Err("must be 1 to 32 small letters, digits or _".to_owned()),
    }
}

/// A day as `2026-05-01`.
pub fn day(text: &str) -> Result<String, String> {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) if day.to_string() == text => Ok(day.to_string()),
        _ => Err("must be a day such as 2026-05-01".to_owned()),
    }
}

/// An offset from UTC as `+08:00`, in minutes.
pub fn zone(text: &str) -> Result<i64, String> {
    let read = || {
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        if hours.len() != 2
            || minutes.len() != 2
            || !rest.bytes().all(|b| b.is_ascii_digit() || b == b':')
        {
            return None;
        }
        let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    };
    read().ok_or_else(|| "must be an offset from UTC such as +08:00".to_owned())
}

/// A duration in hours, at most a year.
pub fn hours(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(hours @ 1..=8784) => Ok(Duration::from_secs(hours * 3600)),
        _ => Err("must be a number of hours from 1 to 8784".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_and_what_is_none_is_refused() {
        assert_eq!(zone("+08:00"), Ok(480));
        assert_eq!(zone("-03:30"), Ok(-210));
        for odd in [
            "", "8", "+8:00", "+08:60", "+15:00", "+0a:00", "++1:00", "é08:00",
        ] {
            assert!(zone(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_name_that_hides_something_is_refused_with_what_it_hides() {
        for good in ["黄秋", "Anna-Maria O'Neil", "👩🚒"] {
            assert_eq!(name(good), Ok(good.to_owned()));
        }
        for (odd, why) in [
            ("张\u{202e}三", "U+202E"),
            ("a\u{200b}", "U+200B"),
            ("\u{1b}[31m", "U+001B"),
            ("两\n行", "one line"),
            (" \u{3000}", "one line"),
            (&"长".repeat(81), "one line"),
        ] {
            assert!(name(odd).unwrap_err().contains(why), "{odd:?}");
        }
    }

    #[test]
    fn a_phone_is_read_and_what_is_none_is_refused() {
        for good in ["12345", "021-6400 0000转8012", "+86 (21) 64000000"] {
            assert_eq!(phone(good), Ok(good.to_owned()));
        }
        for odd in ["", "12", "call me", "1234<b>", &"1".repeat(25)] {
            assert!(phone(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_day_that_is_not_in_the_calendar_is_refused() {
        assert_eq!(day("2028-02-29"), Ok("2028-02-29".to_owned()));
        for odd in ["2026-02-29", "2026-5-1", "20260501", "tomorrow"] {
            assert!(day(odd).is_err(), "{odd}");
        }
    }
}
