//! The printed form of a value: what stands in a cell whose column is a bare field.

use std::collections::BTreeMap;

use jiff::tz::Offset;
use jiff::{Timestamp, civil};

use super::context::{Around, Datum};
use super::reference::clean;
use crate::catalogue::{Field, FieldType, Language};

/// A field's value as it is printed; empty where there is none, so that the page can strike
/// the cell out. A value that does not fit its type is printed as it stands: nothing an officer
/// wrote disappears.
pub fn display(field: &Field, datum: &Datum, around: &Around, language: Language) -> String {
    match datum {
        Datum::Empty => String::new(),
        Datum::Text(text) => display_text(field, &clean(text), around, language),
        Datum::Integer(n) => match field.ty {
            FieldType::Money => money(*n),
            FieldType::Duration => format!("{n}{}", language.pick("分", " min")),
            FieldType::Instant => spoken(*n, around.offset, language),
            FieldType::Text
            | FieldType::LongText
            | FieldType::CoText
            | FieldType::Choice
            | FieldType::Integer
            | FieldType::Decimal
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Time
            | FieldType::Point
            | FieldType::Track
            | FieldType::Phone
            | FieldType::IdNumber
            | FieldType::Person
            | FieldType::Record
            | FieldType::Evidence
            | FieldType::Table => n.to_string(),
        },
        Datum::Decimal(n) => n.to_string(),
        Datum::Boolean(yes) => yes_no(*yes, language).to_owned(),
        Datum::Instant(at) => spoken(*at, around.offset, language),
        Datum::Point { lat, lon } => format!("{lat:.6}, {lon:.6}"),
        Datum::Track { points, pauses } => track(*points, pauses, around, language),
        Datum::List(items) => {
            let items = items
                .iter()
                .map(|item| display(field, item, around, language));
            let items: Vec<_> = items.filter(|item| !item.is_empty()).collect();
            items.join(language.pick("、", ", "))
        }
        Datum::Rows(list) if field.ty == FieldType::Evidence => {
            let n = list.len();
            match language {
                Language::Zh => format!("{n}件"),
                Language::En => format!("{n} file{}", if n == 1 { "" } else { "s" }),
            }
        }
        Datum::Rows(list) => {
            let all: Vec<&str> = field
                .row_cells()
                .iter()
                .map(|cell| cell.name.as_str())
                .collect();
            rows(field, list, &all, around, language)
        }
    }
}

/// `120个定位点，中断2处共35分`: where the phone was silent for long, the track says so.
fn track(points: u64, pauses: &[u32], around: &Around, language: Language) -> String {
    let mut text = format!("{points}{}", language.pick("个定位点", " points"));
    let long = around.catalogue.settings.get(TRACK_GAP);
    let is_gap = |pause: &&u32| long.is_some_and(|long| **pause >= long.value);
    let gaps: Vec<u64> = pauses
        .iter()
        .filter(is_gap)
        .map(|gap| u64::from(*gap))
        .collect();
    if !gaps.is_empty() {
        let (n, minutes) = (gaps.len(), gaps.iter().sum::<u64>());
        text += &match language {
            Language::Zh => format!("，中断{n}处共{minutes}分"),
            Language::En => format!(
                ", {n} gap{} of {minutes} min together",
                if n == 1 { "" } else { "s" }
            ),
        };
    }
    text
}

/// The setting that says how long a pause is a gap; without it none is.
const TRACK_GAP: &str = "track_gap_minutes";

fn display_text(field: &Field, text: &str, around: &Around, language: Language) -> String {
    let codes = field
        .codes
        .as_ref()
        .and_then(|name| around.catalogue.codes.get(name));
    if let Some(code) = codes.and_then(|list| list.code(text)) {
        return code.label.get(language).to_owned();
    }
    match field.ty {
        FieldType::Person => person(text, around, language),
        FieldType::Date => text
            .parse()
            .map_or_else(|_| text.to_owned(), |date| day(date, language)),
        FieldType::Text
        | FieldType::LongText
        | FieldType::CoText
        | FieldType::Choice
        | FieldType::Integer
        | FieldType::Decimal
        | FieldType::Money
        | FieldType::Boolean
        | FieldType::Time
        | FieldType::Instant
        | FieldType::Duration
        | FieldType::Point
        | FieldType::Track
        | FieldType::Phone
        | FieldType::IdNumber
        | FieldType::Record
        | FieldType::Evidence
        | FieldType::Table => text.to_owned(),
    }
}

/// The rows with these cells: `罚款 200.00；警告`. Among others a count says what it counts:
/// `延长施工 赞成 6 反对 0`.
pub(super) fn rows<'r>(
    field: &Field,
    rows: impl IntoIterator<Item = &'r BTreeMap<String, Datum>>,
    cells: &[&str],
    around: &Around,
    language: Language,
) -> String {
    let row = |row: &BTreeMap<String, Datum>| {
        let texts = cells.iter().filter_map(|name| {
            let cell = field.cell(name)?;
            let text = display(cell, row.get(*name)?, around, language);
            if text.is_empty() {
                return None;
            }
            let counts = cell.ty == FieldType::Integer && cells.len() > 1;
            Some(match counts {
                true => format!("{} {text}", cell.label.get(language)),
                false => text,
            })
        });
        texts.collect::<Vec<_>>().join(" ")
    };
    let texts = rows.into_iter().map(row);
    let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    let mut joined = String::new();
    for text in texts {
        if !joined.is_empty() {
            run_on(&mut joined, language.pick("；", "; "));
        }
        joined.push_str(&text);
    }
    joined
}

/// Goes on behind a text. A sentence that goes on has no full stop: `已停工；转中队`.
pub fn run_on(text: &mut String, between: &str) {
    text.truncate(text.trim_end_matches('。').len());
    text.push_str(between);
}

/// A member's name, or the code where the charter names nobody of that code.
pub(super) fn person(code: &str, around: &Around, language: Language) -> String {
    let name = around.people.name(code, language);
    name.unwrap_or_else(|| code.to_owned())
}

/// Fen as yuan: `200.00`.
pub(super) fn money(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

pub(super) fn yes_no(yes: bool, language: Language) -> &'static str {
    if yes {
        language.pick("是", "Yes")
    } else {
        language.pick("否", "No")
    }
}

/// `2026-05-11 14:05`; empty outside the calendar.
pub fn moment(at: i64, offset: i32) -> String {
    civil_of(at, offset).map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// `2026年5月11日 14时05分`, `11 May 2026, 14:05`; empty outside the calendar.
pub fn spoken(at: i64, offset: i32, language: Language) -> String {
    let form = language.pick("%Y年%-m月%-d日 %H时%M分", "%-d %b %Y, %H:%M");
    civil_of(at, offset).map_or_else(String::new, |at| at.strftime(form).to_string())
}

/// `2026年5月11日`, `11 May 2026`.
pub(super) fn day(date: civil::Date, language: Language) -> String {
    let form = language.pick("%Y年%-m月%-d日", "%-d %b %Y");
    date.strftime(form).to_string()
}

/// From one moment until another as minutes begin with it: `2026年5月11日 上午9时05分至10时30分`.
/// Without an end, the beginning alone.
pub(super) fn sitting(
    from: i64,
    until: Option<i64>,
    offset: i32,
    language: Language,
) -> Option<String> {
    let from = civil_of(from, offset)?;
    let half = if from.hour() < 12 { "上午" } else { "下午" };
    let until = until.and_then(|at| civil_of(at, offset));
    let clock = |at: civil::DateTime| match language {
        Language::Zh => at.strftime("%-H时%M分").to_string(),
        Language::En => at.strftime("%H:%M").to_string(),
    };
    let end = until.map_or_else(String::new, |until| {
        let another = match until.date() == from.date() {
            true => String::new(),
            false => day(until.date(), language) + " ",
        };
        format!("{}{another}{}", language.pick("至", " to "), clock(until))
    });
    let (date, clock) = (day(from.date(), language), clock(from));
    Some(match language {
        Language::Zh => format!("{date} {half}{clock}{end}"),
        Language::En => format!("{date}, {clock}{end}"),
    })
}

/// From one moment until another, on the page of a day (or, without one, of the day it began):
/// `08:30—17:05`; with the date where that is another. One moment twice is printed once.
pub fn display_span(
    from: i64,
    until: i64,
    day: Option<&str>,
    offset: i32,
    language: Language,
) -> String {
    let began = civil_of(from, offset).map(|at| at.date());
    let day = day.and_then(|day| day.parse().ok()).or(began);
    let one = |at: i64| {
        let on = civil_of(at, offset).map(|at| at.date());
        let next = day.and_then(|day| day.tomorrow().ok());
        if on == day {
            clock_time(at, offset)
        } else if on == next {
            let time = clock_time(at, offset);
            match language {
                Language::Zh => format!("次日{time}"),
                Language::En => format!("{time} (next day)"),
            }
        } else {
            spoken(at, offset, language)
        }
    };
    if from == until {
        one(from)
    } else {
        format!("{}—{}", one(from), one(until))
    }
}

pub(super) fn clock_time(at: i64, offset: i32) -> String {
    civil_of(at, offset).map_or_else(String::new, |at| at.strftime("%H:%M").to_string())
}

pub(super) fn civil_of(at: i64, offset: i32) -> Option<civil::DateTime> {
    let offset = Offset::from_seconds(offset.checked_mul(60)?).ok()?;
    Some(offset.to_datetime(Timestamp::from_millisecond(at).ok()?))
}

pub(super) fn weekday(day: civil::Date, language: Language) -> &'static str {
    let at = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
    let names = match language {
        Language::Zh => [
            "星期一",
            "星期二",
            "星期三",
            "星期四",
            "星期五",
            "星期六",
            "星期日",
        ],
        Language::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    };
    names.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::run_on;

    #[test]
    fn a_sentence_that_goes_on_has_no_full_stop() {
        let mut text = String::from("已停工。");
        run_on(&mut text, "；");
        assert_eq!(text, "已停工；");
        run_on(&mut text, "");
        assert_eq!(text, "已停工；");
    }
}
