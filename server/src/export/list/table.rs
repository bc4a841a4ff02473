//! One list as a file, row by row, in whichever form was asked for.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde_json::{Map, Value as Json};
use sync_core::catalogue::display_moment;

use super::labels::Labels;
use super::plain::Plain;
use super::{List, ListWanted};
use crate::export::print::Print;
use crate::export::xlsx::{Cell, Content, Head, Heading, Layout, Row, Xlsx};
use crate::export::{Format, coverage, csv};

/// A column: its name for machines and its header for people.
#[derive(Debug)]
pub struct Column {
    pub id: &'static str,
    pub label: fn(&Labels) -> &'static str,
}

/// Columns by their names, each with the message file and the label that head it.
macro_rules! columns {
    ($($id:ident: $file:ident.$label:ident,)+) => {
        &[$($crate::export::list::table::Column {
            id: stringify!($id),
            label: |labels| &labels.$file.$label,
        }),+]
    };
}
pub(super) use columns;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Nothing,
    Text(String),
    Number(f64),
    Day(Date),
    /// Milliseconds since 1970.
    Moment(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        match text {
            "" => Value::Nothing,
            text => Value::Text(text.to_owned()),
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        match text.is_empty() {
            true => Value::Nothing,
            false => Value::Text(text),
        }
    }
}

impl From<u64> for Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "no list counts to 2^53; a spreadsheet could not either"
    )]
    fn from(n: u64) -> Value {
        Value::Number(n as f64)
    }
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Value {
        value.map_or(Value::Nothing, Into::into)
    }
}

impl Value {
    /// A day as `2026-05-11`; what is none stays a text.
    pub fn day(text: &str) -> Value {
        match text.parse::<Date>() {
            Ok(day) if day.to_string() == text => Value::Day(day),
            Ok(_) | Err(_) => text.into(),
        }
    }
}

pub struct Table<W> {
    list: List,
    columns: &'static [Column],
    offset: i32,
    out: W,
    kind: Kind,
}

enum Kind {
    Csv,
    Jsonl,
    Xlsx(Box<Xlsx>),
}

impl<W: Write + Send> Table<W> {
    pub fn begin(wanted: ListWanted, plain: &Plain<'_>, mut out: W) -> io::Result<Table<W>> {
        let columns = wanted.list.columns();
        let labels = columns.iter().map(|column| (column.label)(&plain.labels));
        let kind = match wanted.format {
            Format::Csv => {
                csv::begin(&mut out)?;
                csv::record(&mut out, &labels.collect::<Vec<_>>())?;
                Kind::Csv
            }
            Format::Jsonl => Kind::Jsonl,
            Format::Xlsx => {
                let head = |label: &str| Head {
                    label: label.to_owned(),
                    adds_up: false,
                };
                let layout = Layout {
                    columns: labels.map(head).collect(),
                    ..Layout::default()
                };
                let language = plain.reader.catalogue_language();
                let begun = Xlsx::begin(heading(wanted, plain), layout, language)?;
                Kind::Xlsx(Box::new(begun))
            }
        };
        Ok(Table {
            list: wanted.list,
            columns,
            offset: plain.shown.books.offset(),
            out,
            kind,
        })
    }

    /// One value for each column, in their order.
    pub fn row(&mut self, row: Vec<Value>) -> io::Result<()> {
        let offset = self.offset;
        match &mut self.kind {
            Kind::Csv => {
                let fields: Vec<String> = row.into_iter().map(|one| text(one, offset)).collect();
                let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                csv::record(&mut self.out, &fields)
            }
            Kind::Jsonl => {
                let mut line = Map::new();
                line.insert("list".to_owned(), self.list.word().into());
                for (column, value) in self.columns.iter().zip(row) {
                    line.insert(column.id.to_owned(), json(value));
                }
                serde_json::to_writer(&mut self.out, &line)?;
                self.out.write_all(b"\n")
            }
            Kind::Xlsx(xlsx) => {
                let cells = row.into_iter().map(|value| Cell {
                    content: content(value, offset),
                    contested: false,
                    adds: None,
                });
                xlsx.row(Row {
                    cells: cells.collect(),
                    ..Row::default()
                })
            }
        }
    }

    pub fn end(mut self) -> io::Result<()> {
        match self.kind {
            Kind::Csv | Kind::Jsonl => {}
            Kind::Xlsx(xlsx) => xlsx.end(&mut self.out)?,
        }
        self.out.flush()
    }
}

fn heading(wanted: ListWanted, plain: &Plain<'_>) -> Heading {
    let print = Print {
        language: plain.reader.catalogue_language(),
        offset: plain.shown.books.offset(),
    };
    let words = print.words();
    let kind = match (wanted.list.is_personal(), wanted.masked) {
        (false, _) => "",
        (true, true) => &words.masked,
        (true, false) => &words.full,
    };
    Heading {
        title: wanted.list.title(&plain.labels).to_owned(),
        line: print.list_heading(&plain.shown.name, wanted.now, kind),
        coverage: coverage(&plain.coverage(wanted.now), print),
        made_at: civil(wanted.now, print.offset).unwrap_or_default(),
    }
}

/// As spreadsheets of every language read it.
fn text(value: Value, offset: i32) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Text(text) => text,
        Value::Number(n) => n.to_string(),
        Value::Day(day) => day.to_string(),
        Value::Moment(at) => display_moment(at, offset),
    }
}

fn json(value: Value) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Text(text) => text.into(),
        Value::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => (n as i64).into(),
        Value::Number(n) => n.into(),
        Value::Day(day) => day.to_string().into(),
        Value::Moment(at) => {
            Timestamp::from_millisecond(at).map_or(Json::Null, |at| format!("{at:.3}").into())
        }
    }
}

fn content(value: Value, offset: i32) -> Content {
    match value {
        Value::Nothing => Content::Blank,
        Value::Text(text) => Content::Text(text),
        Value::Number(n) => Content::Number(n),
        // A spreadsheet's calendar begins in 1900.
        Value::Day(day) if day.year() < 1900 => Content::Text(day.to_string()),
        Value::Day(day) => Content::Day(day),
        Value::Moment(at) => match civil(at, offset).filter(|at| at.year() >= 1900) {
            Some(at) => Content::Moment(at),
            None => Content::Text(display_moment(at, offset)),
        },
    }
}

fn civil(at: i64, offset: i32) -> Option<DateTime> {
    let offset = Offset::from_seconds(offset.checked_mul(60)?).ok()?;
    Some(offset.to_datetime(Timestamp::from_millisecond(at).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_every_form_what_it_is() {
        let at = Value::Moment(1_759_212_300_123); // 2025-09-30T06:05Z
        assert_eq!(text(at.clone(), 480), "2025-09-30 14:05");
        assert_eq!(json(at.clone()), "2025-09-30T06:05:00.123Z");
        let civil = "2025-09-30T14:05:00.123".parse().unwrap();
        assert_eq!(content(at, 480), Content::Moment(civil));
        assert_eq!(text(Value::Number(-2.0), 0), "-2");
        assert_eq!(json(Value::Number(2.5)), 2.5);
        assert_eq!(json(Value::Number(-2.0)), -2);
        assert_eq!(Value::day("2026-5-11"), Value::Text("2026-5-11".into()));
        assert_eq!(Value::from(Some("")), Value::Nothing);
        let old = Value::day("1850-01-01");
        assert_eq!(content(old, 0), Content::Text("1850-01-01".into()));
        assert_eq!(json(Value::Moment(i64::MAX)), Json::Null);
    }
}
