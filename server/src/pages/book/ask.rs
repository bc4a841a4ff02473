//! Which page of a book is asked for: a day, a month, a part of a sequence, or a number.

use sync_core::book::Period;
use sync_core::catalogue::{Book, PageBy};

use crate::db::Tx;
use crate::error::Result;
use crate::pages::ink::Ink;
use crate::pages::reader::Reader;
use crate::pages::station::Shown;
use crate::pages::time::Times;
use crate::{args, sql};

/// The last day that a calendar of four digits has.
pub const LATEST: &str = "9999-12-31";
/// What an address shows of a text that was asked for.
const MAX_SHOWN: usize = 40;

/// The period, and what to say where something else was asked for.
#[derive(Debug)]
pub struct Asked {
    pub period: Period,
    pub notice: Option<Ink>,
}

impl Asked {
    /// What the address asks for; by default the last day or month that has rows.
    pub async fn of(
        tx: &mut Tx,
        reader: &Reader,
        shown: &Shown,
        book: &Book,
        now: i64,
    ) -> Result<Asked> {
        let (name, length) = match book.page {
            PageBy::Sequence | PageBy::Nothing => {
                return Ok(Asked {
                    period: Period::All,
                    notice: None,
                });
            }
            PageBy::Day => ("day", 10),
            PageBy::Month => ("month", 7),
        };
        let period = |text: String| match book.page {
            PageBy::Month => Period::Month(text),
            PageBy::Day | PageBy::Sequence | PageBy::Nothing => Period::Day(text),
        };
        let asked = reader.param(name);
        if let Some(text) = asked.filter(|text| is_day(text, length)) {
            return Ok(Asked {
                period: period(text.to_owned()),
                notice: None,
            });
        }
        let last = last_day(tx, shown, book, now).await?;
        let words = reader.words();
        let sentence = match book.page {
            PageBy::Month => &words.not_a_month,
            PageBy::Day | PageBy::Sequence | PageBy::Nothing => &words.not_a_day,
        };
        let notice = asked.map(|text| Ink::sentence(sentence, &[("text", beginning(text))]));
        Ok(Asked {
            period: period(last.chars().take(length).collect()),
            notice,
        })
    }
}

/// Of a text that may be long, what is enough to know it again.
pub fn beginning(text: &str) -> Ink {
    let short: String = text.chars().take(MAX_SHOWN).collect();
    match short.len() < text.len() {
        true => Ink::written(&format!("{short}…")),
        false => Ink::written(&short),
    }
}

fn is_day(text: &str, length: usize) -> bool {
    let whole = format!("{text}{}", if length == 7 { "-01" } else { "" });
    text.len() == length && whole.parse::<jiff::civil::Date>().is_ok()
}

async fn last_day(tx: &mut Tx, shown: &Shown, book: &Book, now: i64) -> Result<String> {
    let around = args![&shown.id, &book.name, "9999-99-99", "9999-99-99"];
    let row = tx.fetch_opt(sql!("line_day_around"), around).await?;
    let last = row
        .map(|row| row.get::<Option<String>>("before"))
        .transpose()?
        .flatten();
    let times = Times {
        offset: shown.books.offset(),
        language: crate::messages::Language::Zh,
    };
    Ok(last.unwrap_or_else(|| times.day_of(now)))
}

/// A register number as somebody types it: whole, or its digits, the year before the count.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    /// None: of the newest year that has such a number.
    pub year: Option<u64>,
    pub n: u64,
}

impl Typed {
    pub fn of(text: &str) -> Option<Typed> {
        let digits: Vec<&str> = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .collect();
        let n = digits.last()?.parse().ok()?;
        let before = digits.iter().rev().skip(1);
        let mut years = before.filter(|part| part.len() == 4);
        Some(Typed {
            year: years.next().and_then(|year| year.parse().ok()),
            n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_by_its_digits() {
        let typed = |text| Typed::of(text).map(|typed| (typed.year, typed.n));
        assert_eq!(typed("锦城案〔2026〕第0012号"), Some((Some(2026), 12)));
        assert_eq!(typed("2026-12"), Some((Some(2026), 12)));
        assert_eq!(typed("12"), Some((None, 12)));
        assert_eq!(typed("第12号"), Some((None, 12)));
        assert_eq!(typed("锦华"), None);
        assert_eq!(typed(&"9".repeat(10_000)), None);
    }

    #[test]
    fn only_days_and_months_of_the_calendar_are_asked_for() {
        assert!(is_day("2026-05-11", 10) && is_day("1900-01-01", 10) && is_day("9999-12-31", 10));
        assert!(is_day("2026-05", 7));
        for text in ["2026-02-30", "2026-5-1", "", "20260511", "2026-05-11T00:00"] {
            assert!(!is_day(text, 10), "{text}");
        }
        assert!(!is_day("2026-13", 7));
    }
}
