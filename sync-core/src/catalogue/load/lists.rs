//! Reads code lists, roles and the table of holidays.

use jiff::civil::{Date, Time};
use toml::Spanned;

use super::super::lists::{AUTHOR, HANDLER, MEMBER};
use super::super::mistake::File;
use super::super::names::is_name;
use super::super::read::{Reader, parsed, read_file};
use super::super::{Catalogue, Code, CodeList, DayKind, Holiday, OfficeHours, Role, Setting};
use super::{own_name, unique};

pub(super) fn read_codes(file: &File<'_>, catalogue: &mut Catalogue) {
    let list = read_file(file, |top| {
        let name = own_name(file, top.needed("list", "write `list = \"...\"`"));
        let label = top.label("the list");
        let mut names = Vec::new();
        let codes = top.tables("codes").into_iter().filter_map(|row| {
            let name = row.needed("code", "write `code = \"...\"`");
            let label = row.label("the code");
            let days = (row.text("from"), row.text("until"));
            let code = Code {
                code: name
                    .as_ref()
                    .map(|name| name.get_ref().clone())
                    .unwrap_or_default(),
                label,
                from: day_text(file, days.0),
                until: day_text(file, days.1),
            };
            row.finish();
            let name = name?;
            code_name(file, &name);
            names.push(name);
            Some(code)
        });
        let codes: Vec<Code> = codes.collect();
        if codes.is_empty() {
            file.mistake(
                &top.at,
                "the list has no codes",
                "write `codes = [{ ... }]`",
            );
        }
        unique(file, "code", &names);
        top.finish();
        CodeList { name, label, codes }
    });
    catalogue.codes.insert(list.name.clone(), list);
}

/// Codes of official catalogues such as `01-04` are taken as they are.
fn code_name(file: &File<'_>, name: &Spanned<String>) {
    let code = name.get_ref();
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    if code.is_empty() || code.len() > 48 || !code.bytes().all(fits) {
        file.mistake(
            &name.span(),
            format!("{code:?} is not a code"),
            "use letters, digits, `_`, `-` and `.`, 48 at most; what people read is the label",
        );
    }
}

fn day_text(file: &File<'_>, text: Option<Spanned<String>>) -> Option<String> {
    parsed::<Date>(file, &text?, "a day", "write it like `2026-05-11`").map(|day| day.to_string())
}

pub(super) fn read_roles(file: &File<'_>, catalogue: &mut Catalogue) {
    read_file(file, |top| {
        let mut names = Vec::new();
        for row in top.tables("roles") {
            let name = row.needed("role", "write `role = \"...\"`");
            let label = row.label("the role");
            let masked = row.flag("masked");
            if let Some(name) = name {
                role_name(file, &name);
                let role = Role {
                    name: name.get_ref().clone(),
                    label,
                    masked,
                };
                catalogue.roles.insert(role.name.clone(), role);
                names.push(name);
            }
            row.finish();
        }
        unique(file, "role", &names);
        top.finish();
    });
}

fn role_name(file: &File<'_>, name: &Spanned<String>) {
    if [MEMBER, AUTHOR, HANDLER].contains(&name.get_ref().as_str()) {
        file.mistake(
            &name.span(),
            format!(
                "`{}` already means something in every list of roles",
                name.get_ref()
            ),
            "give the role another name",
        );
    } else if !is_name(name.get_ref()) {
        file.mistake(
            &name.span(),
            format!("`{}` is not a name", name.get_ref()),
            "use letters, digits and _, a letter first",
        );
    }
}

pub(super) fn read_settings(file: &File<'_>, catalogue: &mut Catalogue) {
    read_file(file, |top| {
        let mut names = Vec::new();
        for row in top.tables("settings") {
            let name = row.needed("name", "write `name = \"...\"`");
            let label = row.label("the setting");
            if !row.has("value") {
                row.missing("value", "write `value = 120`");
            }
            let value = row.count("value", MOST_OF_A_SETTING);
            let source = row.text("source").map(Spanned::into_inner);
            if let (Some(name), Some(value)) = (name, value) {
                if !is_name(name.get_ref()) {
                    file.mistake(
                        &name.span(),
                        format!("`{}` is not a name", name.get_ref()),
                        "use letters, digits and _, a letter first",
                    );
                }
                let setting = Setting {
                    name: name.get_ref().clone(),
                    label,
                    value,
                    source: source.unwrap_or_default(),
                };
                catalogue.settings.insert(setting.name.clone(), setting);
                names.push(name);
            }
            row.finish();
        }
        unique(file, "setting", &names);
        top.finish();
    });
}

/// In fen: a hundred million yuan is no cap of a station.
const MOST_OF_A_SETTING: u32 = 1_000_000_000;

pub(super) fn read_holidays(file: &File<'_>, catalogue: &mut Catalogue) {
    read_file(file, |top| {
        for row in top.tables("holidays") {
            read_days(file, &row, DayKind::Holiday, catalogue);
            row.finish();
        }
        for row in top.tables("workdays") {
            read_days(file, &row, DayKind::Workday, catalogue);
            row.finish();
        }
        let mut end = 0;
        for text in top.texts("office_hours").unwrap_or_default() {
            let hours = office_hours(text.get_ref()).filter(|hours| hours.from >= end);
            let Some(hours) = hours else {
                file.mistake(
                    &text.span(),
                    format!(
                        "{:?} is not a part of the day after the one before",
                        text.get_ref()
                    ),
                    "write parts in order, like \"08:00-12:00\"",
                );
                continue;
            };
            end = hours.until;
            catalogue.holidays.office_hours.push(hours);
        }
        top.finish();
    });
}

/// One day, or the days `from` to `until`.
fn read_days(file: &File<'_>, row: &Reader<'_, '_>, kind: DayKind, catalogue: &mut Catalogue) {
    let label = row.label("the day");
    let (day, from, until) = (row.text("day"), row.text("from"), row.text("until"));
    let (first, last) = match (day, from, until) {
        (Some(day), None, None) => (day.clone(), day),
        (None, Some(from), Some(until)) => (from, until),
        _ => return row.missing("day", "write `day`, or `from` and `until`"),
    };
    let read = |text| parsed::<Date>(file, text, "a day", "write it like `2026-05-11`");
    let (Some(mut at), Some(end)) = (read(&first), read(&last)) else {
        return;
    };
    let length = end.since(at).map(|span| span.get_days());
    if !length.is_ok_and(|days| (0..60).contains(&days)) {
        return file.mistake(
            &last.span(),
            format!(
                "{first} to {last} is not a holiday",
                first = first.get_ref(),
                last = last.get_ref()
            ),
            "write the first day in `from`, the last in `until`",
        );
    }
    while at <= end {
        let holiday = Holiday {
            kind,
            name: label.clone(),
        };
        if catalogue.holidays.days.insert(at, holiday).is_some() {
            file.mistake(
                &first.span(),
                format!("{at} is listed twice"),
                "list each day once",
            );
        }
        match at.tomorrow() {
            Ok(next) => at = next,
            Err(_) => return,
        }
    }
}

fn office_hours(text: &str) -> Option<OfficeHours> {
    let (from, until) = text.split_once('-')?;
    let minutes = |text: &str| {
        let time: Time = text.trim().parse().ok()?;
        u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()
    };
    let hours = OfficeHours {
        from: minutes(from)?,
        until: minutes(until)?,
    };
    (hours.from < hours.until).then_some(hours)
}
