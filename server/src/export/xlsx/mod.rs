//! A spreadsheet (XLSX) that prints like an official form: title, station and period, which
//! devices have not sent, then the rows, on A4 across. Rows go to a temporary file as they come;
//! what stays in memory is the first two hundred, which tell how wide the columns are.

mod cell;
mod form;
mod out;
mod pen;
mod style;

use std::io::{self, Write};

use jiff::civil::DateTime;
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};
use sync_core::catalogue::Language;

pub use self::cell::Content;
pub use self::form::Form;
use self::out::Noting;
use self::pen::{Pen, cut, moment};
use self::style::{Need, Styles};
use super::words::{Words, fill};

/// A sheet holds 1,048,576 rows; what comes after goes on in the next one.
const ROWS: u32 = 1_000_000;
/// Title, heading, coverage, header.
const TOP: u32 = 4;
const HEADER: u32 = TOP - 1;
/// What a program takes of page breaks.
const BREAKS: usize = 1_000;
const A4: u8 = 9;
/// Rows that are given a height: the library keeps some 400 bytes for each that is. Behind them
/// the reader's program fits the heights when it opens the file.
const HEIGHTS: u64 = 5_000;
/// Rows that tell how wide columns are.
const FIRST: usize = 200;

/// What stands above the rows.
#[derive(Debug, Clone)]
pub struct Heading {
    pub title: String,
    /// Station, period, when and for whom.
    pub line: String,
    pub coverage: String,
    pub made_at: DateTime,
}

/// What the columns are.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    pub columns: Vec<Head>,
    /// Behind the columns stand the margin and, hidden, the records' ids.
    pub has_margin: bool,
    /// The rows of each day begin a new sheet of paper.
    pub by_day: bool,
}

#[derive(Debug, Clone)]
pub struct Head {
    pub label: String,
    /// The last row says what it comes to.
    pub adds_up: bool,
}

/// A row that is laid out.
#[derive(Debug, Default)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub margin: String,
    pub records: String,
    pub day: Option<String>,
}

#[derive(Debug)]
pub struct Cell {
    pub content: Content,
    /// Its values contradict each other.
    pub contested: bool,
    /// What it adds to its column.
    pub adds: Option<f64>,
}

pub struct Xlsx {
    workbook: Workbook,
    styles: Styles,
    heading: Heading,
    language: Language,
    layout: Layout,
    /// Of the columns that add up: what they have come to.
    sums: Vec<Option<f64>>,
    /// What each column needs, as the first rows tell; the margin is the last.
    needs: Vec<Need>,
    /// Fixed once the first rows are known: the height of every row rests on them.
    widths: Vec<f64>,
    first: Vec<Row>,
    /// The next row of the sheet.
    at: u32,
    sheets: usize,
    rows: u64,
    day: Option<String>,
    breaks: Vec<u32>,
}

impl std::fmt::Debug for Xlsx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Xlsx").field("rows", &self.rows).finish()
    }
}

impl Xlsx {
    pub fn begin(heading: Heading, layout: Layout, language: Language) -> io::Result<Xlsx> {
        let mut workbook = Workbook::new();
        let made = moment(heading.made_at).map_err(failed)?;
        workbook.set_properties(
            &DocProperties::new()
                .set_title(&heading.title)
                .set_creation_datetime(&made),
        );
        let columns = &layout.columns;
        let mut needs: Vec<Need> = columns.iter().map(|one| need_of_head(&one.label)).collect();
        if layout.has_margin {
            needs.push(need_of_head(&Words::of(language).margin));
        }
        Ok(Xlsx {
            sums: columns
                .iter()
                .map(|one| one.adds_up.then_some(0.0))
                .collect(),
            needs,
            widths: Vec::new(),
            first: Vec::new(),
            styles: Styles::new(language),
            workbook,
            heading,
            language,
            layout,
            at: 0,
            sheets: 0,
            rows: 0,
            day: None,
            breaks: Vec::new(),
        })
    }

    fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// The last column that is seen.
    fn last(&self) -> u16 {
        let columns = self.layout.columns.len() + usize::from(self.layout.has_margin);
        column(columns.saturating_sub(1))
    }

    /// Fixes the widths, and writes the rows that waited for them.
    fn settle(&mut self) -> Result<(), XlsxError> {
        self.widths = style::widths(&self.needs);
        self.begin_sheet()?;
        for row in std::mem::take(&mut self.first) {
            self.write_row(row)?;
        }
        Ok(())
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let (name, last, words) = (self.sheet_name(), self.last(), self.words());
        let (styles, heading, layout) = (&self.styles, &self.heading, &self.layout);
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        let coverage = style::lines(&heading.coverage, self.widths.iter().sum());
        let above = [
            (30.0, heading.title.as_str(), &styles.title),
            (18.0, heading.line.as_str(), &styles.heading),
            (
                style::height(coverage, 10.0),
                heading.coverage.as_str(),
                &styles.heading,
            ),
        ];
        for (row, (height, text, style)) in (0_u32..).zip(above) {
            sheet.set_row_height(row, height)?;
            let text = cut(text, &words.cut);
            match last {
                0 => {
                    sheet.write_string_with_format(row, 0, text, style)?;
                }
                _ => {
                    sheet.merge_range(row, 0, row, last, &text, style)?;
                }
            }
        }
        let heads = layout.columns.iter().map(|head| head.label.as_str());
        let beside = layout.has_margin.then_some(&words.margin);
        let hidden = layout.has_margin.then_some(&words.records);
        let heads: Vec<&str> = heads
            .chain(beside.map(String::as_str))
            .chain(hidden.map(String::as_str))
            .collect();
        let lines = heads.iter().zip(&self.widths);
        let lines = lines.map(|(head, width)| style::lines(head, *width)).max();
        sheet.set_row_height(HEADER, style::height(lines.unwrap_or(1), 10.0))?;
        for (at, head) in heads.iter().enumerate() {
            sheet.write_string_with_format(HEADER, column(at), *head, &styles.head)?;
        }
        sheet
            .set_freeze_panes(TOP, 0)?
            .set_repeat_rows(0, HEADER)?
            .set_landscape()
            .set_paper_size(A4)
            .set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3)
            .set_print_fit_to_pages(1, 0)
            .set_print_center_horizontally(true)
            .set_footer(format!("&C{}", words.page));
        self.at = TOP;
        Ok(())
    }

    fn sheet_name(&self) -> String {
        let parts = [
            ("title", self.heading.title.as_str()),
            ("n", &self.sheets.to_string()),
        ];
        let name = match self.sheets {
            1 => self.heading.title.clone(),
            _ => fill(&self.words().continued, &parts),
        };
        let odd = |c: char| c.is_control() || "[]:*?/\\'".contains(c);
        let name: String = name.replace(odd, " ").chars().take(31).collect();
        match name.trim() {
            "" => format!("{}", self.sheets),
            name => name.to_owned(),
        }
    }

    pub fn row(&mut self, mut row: Row) -> io::Result<()> {
        let note = &self.words().cut;
        row.margin = cut(&row.margin, note);
        row.records = cut(&row.records, note);
        for (sum, cell) in self.sums.iter_mut().zip(&row.cells) {
            if let (Some(sum), Some(number)) = (sum, cell.adds) {
                *sum += number;
            }
        }
        let outcome = if !self.widths.is_empty() {
            self.write_row(row)
        } else if self.first.len() < FIRST {
            self.measure(&row);
            self.first.push(row);
            Ok(())
        } else {
            let settled = self.settle();
            settled.and_then(|()| self.write_row(row))
        };
        outcome.map_err(failed)
    }

    /// As long as the widths are open, a row counts for them.
    fn measure(&mut self, row: &Row) {
        let cells = row.cells.iter().map(|one| {
            let content = &one.content;
            (content.width(self.language), content.least(self.language))
        });
        // The margin's letters are smaller.
        let margin = (cell::width(&row.margin) * 4 / 5, 0);
        for (need, (longest, least)) in self.needs.iter_mut().zip(cells.chain([margin])) {
            need.longest = need.longest.max(longest);
            need.least = need.least.max(least);
        }
    }

    fn write_row(&mut self, row: Row) -> Result<(), XlsxError> {
        if self.at == ROWS {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        let is_new_day = self.layout.by_day && self.at > TOP && self.day != row.day;
        if is_new_day && self.breaks.len() < BREAKS {
            self.breaks.push(self.at);
        }
        self.day = row.day;
        let note = &self.words().cut;
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        let (mut lines, margin) = (1, column(row.cells.len()));
        for (at, cell) in row.cells.iter().enumerate() {
            let pen = Pen {
                styles: &self.styles,
                text: match cell.contested {
                    true => &self.styles.contested,
                    false => &self.styles.text,
                },
                note,
            };
            pen.write(sheet, (self.at, column(at)), &cell.content)?;
            let width = self.widths.get(at).copied().unwrap_or_default();
            lines = lines.max(cell.content.lines(width));
        }
        let mut height = style::height(lines, 10.0);
        if self.layout.has_margin {
            // More of its smaller letters stand in a line.
            let width = self.widths.last().copied().unwrap_or_default() * 1.25;
            height = height.max(style::height(style::lines(&row.margin, width), 8.0));
        }
        if self.rows < HEIGHTS {
            sheet.set_row_height(self.at, height)?;
        }
        if self.layout.has_margin {
            let small = &self.styles.margin;
            sheet.write_string_with_format(self.at, margin, row.margin, small)?;
            sheet.write_string_with_format(self.at, margin + 1, row.records, small)?;
        }
        self.at += 1;
        self.rows += 1;
        Ok(())
    }

    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let last = self.last();
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        for (at, width) in self.widths.iter().enumerate() {
            sheet.set_column_width(column(at), *width)?;
        }
        if self.layout.has_margin {
            sheet.set_column_hidden(last + 1)?;
        }
        sheet.set_page_breaks(&self.breaks)?;
        let bottom = self.at.saturating_sub(1).max(HEADER);
        sheet.autofilter(HEADER, 0, bottom, last)?;
        self.breaks.clear();
        Ok(())
    }

    /// Writes the totals, and the whole file to `out`.
    pub fn end(mut self, out: &mut (impl Write + Send)) -> io::Result<()> {
        if self.widths.is_empty() {
            self.settle().map_err(failed)?;
        }
        self.end_sheet().map_err(failed)?;
        self.totals().map_err(failed)?;
        let mut out = Noting { out, broke: None };
        match self.workbook.save_to_writer(&mut out) {
            Ok(()) => Ok(()),
            Err(error) => Err(out.broke.map_or_else(|| failed(error), io::Error::from)),
        }
    }

    fn totals(&mut self) -> Result<(), XlsxError> {
        let rows = self.rows.to_string();
        let text = fill(&self.words().total, &[("n", &rows)]);
        let (style, at) = (&self.styles.total, self.at);
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        let first_sum = self.sums.iter().position(Option::is_some);
        let span = first_sum.unwrap_or(self.layout.columns.len());
        match span {
            0 => {}
            1 => {
                sheet.write_string_with_format(at, 0, text, style)?;
            }
            _ => {
                sheet.merge_range(at, 0, at, column(span - 1), &text, style)?;
            }
        }
        for (column_at, sum) in self.sums.iter().enumerate().skip(span) {
            let place = column(column_at);
            match sum {
                Some(sum) => sheet.write_number_with_format(at, place, *sum, style)?,
                None => sheet.write_blank(at, place, style)?,
            };
        }
        Ok(())
    }
}

/// The longest word of a header that is not broken in two.
const WORD: usize = 12;

/// A header may break after two Chinese characters, and between words.
fn need_of_head(label: &str) -> Need {
    let words = label.split(|c: char| !c.is_ascii_alphabetic());
    let word = words.map(str::len).max().unwrap_or_default();
    Need {
        longest: cell::width(label).min(4),
        // Its letters are bold.
        least: if word > 4 { word.min(WORD) + 1 } else { 0 },
    }
}

fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error),
    }
}
