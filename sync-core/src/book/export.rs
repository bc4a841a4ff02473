//! A page as files that other programs read: CSV for spreadsheets, JSON Lines for machines.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use super::page::{Page, PageColumn, PageRow};
use super::{Amendment, LineConflict, Said};
use crate::catalogue::{Column, Language, display_moment};

/// Writes a page as CSV (RFC 4180, UTF-8 with byte order mark, so that spreadsheets in Chinese
/// read it): a header, then one row a line. After the book's own columns come local number,
/// records, amendments, conflicts and marks, so that no file looks cleaner than its page.
///
/// `offset` are the minutes east of UTC in which times are written.
pub fn write_csv(
    page: &Page,
    language: Language,
    offset: i32,
    mut out: impl Write,
) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let own = page
        .columns
        .iter()
        .map(|column| column.label.get(language).to_owned());
    let added = ADDED
        .iter()
        .map(|label| language.pick(label.0, label.1).to_owned());
    let header: Vec<String> = own.chain(added).collect();
    write_csv_record(&mut out, &header)?;
    for row in &page.rows {
        write_csv_record(&mut out, &csv_row(page, row, language, offset))?;
    }
    Ok(())
}

/// Writes a page as JSON Lines: one row a line, its columns by their ids, with its marks and
/// records. Lines of one page are equal to the byte wherever they are written.
pub fn write_jsonl(page: &Page, mut out: impl Write) -> io::Result<()> {
    for row in &page.rows {
        serde_json::to_writer(&mut out, &json_row(page, row))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

const ADDED: [(&str, &str); 5] = [
    ("本机编号", "Local no."),
    ("记录", "Records"),
    ("更正", "Amendments"),
    ("冲突", "Conflicts"),
    ("标记", "Marks"),
];

fn csv_row(page: &Page, row: &PageRow, language: Language, offset: i32) -> Vec<String> {
    let mut fields: Vec<String> = row
        .cells
        .iter()
        .map(|cell| cell.text.get(language).to_owned())
        .collect();
    let label = |id: &str| {
        let column = page.columns.iter().find(|column| column.id == id);
        column.map_or_else(
            || id.to_owned(),
            |column| column.label.get(language).to_owned(),
        )
    };
    let print = Print { language, offset };
    let marks = || row.marks.iter().map(|marks| &marks.marks);
    let amended = marks().flat_map(|marks| &marks.amended);
    let amended: Vec<String> = amended
        .map(|one| print.amendment(one, &label(&one.column)))
        .collect();
    let conflicts = marks().flat_map(|marks| &marks.conflicts);
    let conflicts: Vec<String> = conflicts.map(|one| print.conflict(one)).collect();
    let records: Vec<String> = row.records.iter().map(ToString::to_string).collect();
    fields.push(row.provisional.clone());
    fields.push(records.join(" "));
    fields.push(amended.join("\n"));
    fields.push(conflicts.join("\n"));
    fields.push(print.marks(row));
    fields
}

struct Print {
    language: Language,
    offset: i32,
}

impl Print {
    fn said(&self, text: &Said) -> String {
        text.get(self.language).to_owned()
    }

    fn at(&self, at: i64) -> String {
        display_moment(at, self.offset)
    }

    fn amendment(&self, one: &Amendment, label: &str) -> String {
        let reason = one.reason.as_deref().unwrap_or_default();
        let reason = match (reason, self.language) {
            ("", _) => String::new(),
            (reason, Language::Zh) => format!("，{reason}"),
            (reason, Language::En) => format!(", {reason}"),
        };
        let (old, new, at) = (self.said(&one.old), self.said(&one.new), self.at(one.at));
        let by = &one.by;
        match self.language {
            Language::Zh => format!("{label}：「{old}」→「{new}」（{by}，{at}{reason}）"),
            Language::En => format!("{label}: \"{old}\" -> \"{new}\" ({by}, {at}{reason})"),
        }
    }

    fn conflict(&self, conflict: &LineConflict) -> String {
        let value = |value: &super::Variant| {
            let (text, by) = (self.said(&value.text), &value.by);
            let (device, at) = (value.device.short(), self.at(value.at));
            match self.language {
                Language::Zh => format!("「{text}」（{by}，{device}，{at}）"),
                Language::En => format!("\"{text}\" ({by}, {device}, {at})"),
            }
        };
        let values: Vec<String> = conflict.values.iter().map(value).collect();
        let colon = self.language.pick("：", ": ");
        format!(
            "{}{colon}{}",
            self.said(&conflict.label),
            values.join(" / ")
        )
    }

    fn marks(&self, row: &PageRow) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut say = |is: bool, zh: &str, en: &str| {
            if is {
                words.push(self.language.pick(zh, en).to_owned());
            }
        };
        let any =
            |test: fn(&super::LineMarks) -> bool| row.marks.iter().any(|one| test(&one.marks));
        say(row.struck, "作废", "struck out");
        say(
            !row.struck && any(|marks| marks.removed.is_some()),
            "部分作废",
            "partly struck out",
        );
        say(any(|marks| marks.late), "补录", "late");
        say(
            any(|marks| marks.drift.is_some()),
            "时间不符",
            "clocks apart",
        );
        say(any(|marks| marks.unknown), "含未知字段", "unknown fields");
        say(
            any(|marks| !marks.unreadable.is_empty()),
            "无法显示",
            "unreadable",
        );
        let removed = row
            .marks
            .iter()
            .filter_map(|one| one.marks.removed.as_ref());
        for removed in removed {
            let (reason, by, at) = (&removed.reason, &removed.by, self.at(removed.at));
            words.push(format!("{reason} ({by}, {at})"));
        }
        words.join(self.language.pick("；", "; "))
    }
}

/// One row of a CSV file, in which no spreadsheet runs anything.
pub fn write_csv_record(out: &mut impl Write, fields: &[String]) -> io::Result<()> {
    for (at, text) in fields.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        out.write_all(quoted(&harmless(text)).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// A spreadsheet takes a cell that begins so for a formula and runs it, also one that its reader
/// would find after trimming.
fn harmless(text: &str) -> Cow<'_, str> {
    let begins = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'
        )
    };
    if text
        .trim_start_matches([' ', '\n', '\u{3000}', '\u{feff}'])
        .starts_with(begins)
    {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

fn json_row(page: &Page, row: &PageRow) -> Map<String, Value> {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("book", page.book.as_str().into());
    put("serial", row.serial.into());
    put("key", row.key.as_str().into());
    put("day", row.day.clone().into());
    put("number", row.number.clone().into());
    put("provisional", row.provisional.as_str().into());
    put("struck", row.struck.into());
    let own = |column: &&PageColumn| column.id != Column::SERIAL && column.id != Column::NUMBER;
    let cells = page
        .columns
        .iter()
        .zip(&row.cells)
        .filter(|(column, _)| own(column));
    let cells = cells.map(|(column, cell)| (column.id.clone(), json(cell)));
    put("columns", Value::Object(cells.collect()));
    put("records", json(&row.records));
    put("marks", json(&row.marks));
    line
}

/// Our own types have only names for keys and finite numbers, so nothing fails to be written.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &[&str]) -> String {
        let fields: Vec<String> = fields.iter().map(|text| (*text).to_owned()).collect();
        let mut out = Vec::new();
        write_csv_record(&mut out, &fields).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_written_as_text() {
        assert_eq!(
            written(&["=1+1", "+8613800", "-2", "@cmd"]),
            "'=1+1,'+8613800,'-2,'@cmd\r\n"
        );
        assert_eq!(written(&["\t=1", " =1", "＝1"]), "'\t=1,' =1,'＝1\r\n");
        assert_eq!(written(&["\r=1"]), "\"'\r=1\"\r\n");
        assert_eq!(written(&["1-2", "锦华路", ""]), "1-2,锦华路,\r\n");
    }

    #[test]
    fn quotes_commas_and_line_ends_stay_inside_their_field() {
        assert_eq!(
            written(&["a,b", "说\"好\"", "一\n二"]),
            "\"a,b\",\"说\"\"好\"\"\",\"一\n二\"\r\n"
        );
    }
}
