//! A book as a spreadsheet (XLSX) that prints like its official form: title, station and period,
//! which devices have not sent, then the rows, on A4 across. Rows go to a temporary file as they
//! come; what stays in memory is the first two hundred, which tell how wide the columns are.

mod cell;
mod out;
mod pen;
mod style;

use std::io::{self, Write};

use jiff::civil::DateTime;
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};
use sync_core::book::{Page, PageRow};
use sync_core::catalogue::{Book, Catalogue, Fold, PageBy};

use self::cell::{Content, Shape};
use self::out::Noting;
use self::pen::{Pen, cut, moment};
use self::style::{Need, Styles};
use super::print::Print;
use super::words::fill;

/// A sheet holds 1,048,576 rows; what comes after goes on in the next one.
const ROWS: u32 = 1_000_000;
/// Title, heading, coverage, header.
const TOP: u32 = 4;
const HEADER: u32 = TOP - 1;
/// What a program takes of page breaks.
const BREAKS: usize = 1_000;
const A4: u8 = 9;
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

pub struct Xlsx {
    workbook: Workbook,
    styles: Styles,
    heading: Heading,
    print: Print,
    shapes: Vec<Shape>,
    /// Of the columns that add up: what they have come to.
    sums: Vec<Option<f64>>,
    /// What each column needs, as the first rows tell; the margin is the last.
    needs: Vec<Need>,
    /// Fixed once the first rows are known: the height of every row rests on them.
    widths: Vec<f64>,
    first: Vec<Ready>,
    /// The next row of the sheet.
    at: u32,
    sheets: usize,
    rows: u64,
    /// The pages of a book by day begin a new sheet of paper each.
    by_day: bool,
    day: Option<String>,
    breaks: Vec<u32>,
}

impl std::fmt::Debug for Xlsx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Xlsx").field("rows", &self.rows).finish()
    }
}

impl Xlsx {
    pub fn begin(
        heading: Heading,
        page: &Page,
        book: &Book,
        catalogue: &Catalogue,
        print: Print,
    ) -> io::Result<Xlsx> {
        let columns = &book.columns;
        let shapes = columns.iter().map(|one| Shape::of(one, book, catalogue));
        let sums = columns
            .iter()
            .map(|column| (column.fold == Fold::Sum).then_some(0.0));
        let labels = page.columns.iter().map(|column| print.said(&column.label));
        let mut workbook = Workbook::new();
        let made = moment(heading.made_at).map_err(failed)?;
        workbook.set_properties(
            &DocProperties::new()
                .set_title(&heading.title)
                .set_creation_datetime(&made),
        );
        let mut xlsx = Xlsx {
            shapes: shapes.collect(),
            sums: sums.collect(),
            needs: labels.map(need_of_head).collect(),
            widths: Vec::new(),
            first: Vec::new(),
            styles: Styles::new(),
            workbook,
            heading,
            print,
            at: 0,
            sheets: 0,
            rows: 0,
            by_day: book.page == PageBy::Day,
            day: None,
            breaks: Vec::new(),
        };
        xlsx.needs.push(need_of_head(&print.words().margin));
        Ok(xlsx)
    }

    /// Fixes the widths, and writes the rows that waited for them.
    fn settle(&mut self, page: &Page) -> Result<(), XlsxError> {
        self.widths = style::widths(&self.needs);
        self.begin_sheet(page)?;
        for row in std::mem::take(&mut self.first) {
            self.write_row(page, row)?;
        }
        Ok(())
    }

    fn begin_sheet(&mut self, page: &Page) -> Result<(), XlsxError> {
        self.sheets += 1;
        let name = self.sheet_name();
        let (styles, words) = (&self.styles, self.print.words());
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        let margin = column(page.columns.len());
        let heading = &self.heading;
        sheet.set_row_height(0, 30)?;
        sheet.merge_range(0, 0, 0, margin, &heading.title, &styles.title)?;
        sheet.set_row_height(1, 18)?;
        sheet.merge_range(1, 0, 1, margin, &heading.line, &styles.heading)?;
        let lines = style::lines(&heading.coverage, self.widths.iter().sum());
        sheet.set_row_height(2, style::height(lines, 10.0))?;
        sheet.merge_range(
            2,
            0,
            2,
            margin,
            &cut(&heading.coverage, &words.cut),
            &styles.heading,
        )?;
        let labels = page.columns.iter().zip(&self.widths);
        let lines = labels.map(|(head, width)| style::lines(self.print.said(&head.label), *width));
        sheet.set_row_height(HEADER, style::height(lines.max().unwrap_or(1), 10.0))?;
        for (at, head) in page.columns.iter().enumerate() {
            let label = self.print.said(&head.label);
            sheet.write_string_with_format(HEADER, column(at), label, &styles.head)?;
        }
        sheet.write_string_with_format(HEADER, margin, &words.margin, &styles.head)?;
        sheet.write_string_with_format(HEADER, margin + 1, &words.records, &styles.head)?;
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
            _ => fill(&self.print.words().continued, &parts),
        };
        let odd = |c: char| c.is_control() || "[]:*?/\\'".contains(c);
        let name: String = name.replace(odd, " ").chars().take(31).collect();
        match name.trim() {
            "" => format!("{}", self.sheets),
            name => name.to_owned(),
        }
    }

    pub fn row(&mut self, page: &Page, row: &PageRow) -> io::Result<()> {
        let ready = self.ready(page, row);
        let outcome = if !self.widths.is_empty() {
            self.write_row(page, ready)
        } else if self.first.len() < FIRST {
            self.first.push(ready);
            Ok(())
        } else {
            let settled = self.settle(page);
            settled.and_then(|()| self.write_row(page, ready))
        };
        outcome.map_err(failed)
    }

    /// A row as it will be written. As long as the widths are open, it counts for them.
    fn ready(&mut self, page: &Page, row: &PageRow) -> Ready {
        let mut cells = Vec::with_capacity(row.cells.len());
        for (at, cell) in row.cells.iter().enumerate() {
            let shape = self.shapes.get(at).copied().unwrap_or(Shape::Text);
            if let (Some(Some(sum)), Some(number)) = (self.sums.get_mut(at), cell.number) {
                *sum += number;
            }
            let content = Content::of(cell, shape, self.print.language, row.struck);
            cells.push((content, cell.conflict));
        }
        let local: Vec<&str> = row
            .marks
            .iter()
            .map(|one| one.provisional.as_str())
            .collect();
        let mut lines = vec![local.join(" "), self.print.marks(row)];
        lines.extend(self.print.conflicts(row));
        lines.extend(self.print.amendments(page, row));
        lines.extend(self.print.overdue(page, row));
        lines.retain(|line| !line.is_empty());
        let records: Vec<String> = row.records.iter().map(ToString::to_string).collect();
        let note = &self.print.words().cut;
        let ready = Ready {
            cells,
            margin: cut(&lines.join("\n"), note),
            records: cut(&records.join(" "), note),
            day: row.day.clone(),
        };
        if self.widths.is_empty() {
            let margin = (cell::width(&ready.margin) * 4 / 5, 0);
            let cells = ready
                .cells
                .iter()
                .map(|(one, _)| (one.width(), one.least()));
            for (need, (longest, least)) in self.needs.iter_mut().zip(cells.chain([margin])) {
                need.longest = need.longest.max(longest);
                need.least = need.least.max(least);
            }
        }
        ready
    }

    fn write_row(&mut self, page: &Page, row: Ready) -> Result<(), XlsxError> {
        if self.at == ROWS {
            self.end_sheet()?;
            self.begin_sheet(page)?;
        }
        if self.by_day && self.at > TOP && self.day != row.day && self.breaks.len() < BREAKS {
            self.breaks.push(self.at);
        }
        self.day = row.day;
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        let (mut lines, margin) = (1, column(row.cells.len()));
        for (at, (content, conflict)) in row.cells.iter().enumerate() {
            let pen = Pen {
                styles: &self.styles,
                text: match conflict {
                    true => &self.styles.contested,
                    false => &self.styles.text,
                },
                note: &self.print.words().cut,
            };
            pen.write(sheet, (self.at, column(at)), content)?;
            let width = self.widths.get(at).copied().unwrap_or_default();
            lines = lines.max(content.lines(width));
        }
        // Its letters are smaller, and more of them stand in a line.
        let width = self.widths.last().copied().unwrap_or_default() * 1.25;
        let beside = style::height(style::lines(&row.margin, width), 8.0);
        sheet.set_row_height(self.at, style::height(lines, 10.0).max(beside))?;
        let small = &self.styles.margin;
        sheet.write_string_with_format(self.at, margin, row.margin, small)?;
        sheet.write_string_with_format(self.at, margin + 1, row.records, small)?;
        self.at += 1;
        self.rows += 1;
        Ok(())
    }

    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let widths = &self.widths;
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        for (at, width) in widths.iter().enumerate() {
            sheet.set_column_width(column(at), *width)?;
        }
        sheet.set_column_hidden(column(widths.len()))?;
        sheet.set_page_breaks(&self.breaks)?;
        sheet.autofilter(
            HEADER,
            0,
            self.at.saturating_sub(1).max(HEADER),
            column(widths.len() - 1),
        )?;
        self.breaks.clear();
        Ok(())
    }

    /// Writes the totals, and the whole file to `out`.
    pub fn end(mut self, page: &Page, out: &mut (impl Write + Send)) -> io::Result<()> {
        if self.widths.is_empty() {
            self.settle(page).map_err(failed)?;
        }
        self.end_sheet().map_err(failed)?;
        self.totals(page).map_err(failed)?;
        let mut out = Noting { out, broke: None };
        match self.workbook.save_to_writer(&mut out) {
            Ok(()) => Ok(()),
            Err(error) => Err(out.broke.map_or_else(|| failed(error), io::Error::from)),
        }
    }

    fn totals(&mut self, page: &Page) -> Result<(), XlsxError> {
        let rows = self.rows.to_string();
        let words = self.print.words();
        let text = fill(&words.total, &[("n", &rows)]);
        let (style, at) = (&self.styles.total, self.at);
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
        let first_sum = self.sums.iter().position(Option::is_some);
        let span = first_sum.unwrap_or(page.columns.len());
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

/// A row that is laid out.
#[derive(Debug)]
struct Ready {
    /// Each with whether its values contradict each other.
    cells: Vec<(Content, bool)>,
    margin: String,
    records: String,
    day: Option<String>,
}

/// A header may break after two characters.
fn need_of_head(label: &str) -> Need {
    Need {
        longest: cell::width(label).min(4),
        least: 0,
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
