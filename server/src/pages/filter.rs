//! What narrows a list down: one officer, one day.

use super::reader::Reader;
use super::station::Shown;

/// The boxes above a list.
#[derive(Debug)]
pub struct Filter {
    pub path: String,
    pub kept: Vec<(String, String)>,
    pub officers: Vec<Choice>,
    /// The day as `2026-05-11`; none where the list has no days.
    pub day: Option<String>,
    /// Set where the list is narrowed: shows all of it again.
    pub clear: Option<String>,
}

#[derive(Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// The officer asked for; empty: all.
pub fn officer(reader: &Reader) -> &str {
    reader.param("officer").unwrap_or_default()
}

/// The day asked for, if it is one; empty: all.
pub fn day(reader: &Reader) -> &str {
    let day = reader.param("day").unwrap_or_default();
    let is_day = day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok();
    if is_day { day } else { "" }
}

impl Filter {
    pub fn of(reader: &Reader, station: &Shown, path: String, has_days: bool) -> Filter {
        let asked = officer(reader);
        let officers = station.charter.people().map(|member| Choice {
            value: member.person.to_string(),
            label: super::ink::plain(&member.name),
            is_chosen: member.person.as_str() == asked,
        });
        let is_narrowed = !asked.is_empty() || !day(reader).is_empty();
        Filter {
            path,
            kept: reader.kept(&["officer", "day", "page"]),
            officers: officers.collect(),
            day: has_days.then(|| day(reader).to_owned()),
            clear: is_narrowed.then(|| reader.here(&[("officer", ""), ("day", ""), ("page", "")])),
        }
    }
}
