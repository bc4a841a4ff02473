//! A book as a spreadsheet (XLSX) that prints like its official form: title, station and period,
//! which devices have not sent, then the rows, on A4 across. Rows go to a temporary file as they
//! come; what stays in memory is one row.

mod cell;
mod style;

use std::io::{self, Write};

use jiff::civil::DateTime;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use sync_core::book::{Page, PageRow};
use sync_core::catalogue::{Book, Catalogue, Fold, PageBy};

use self::cell::{Content, Ink, Piece, Shape};
use self::style::Styles;
use super::print::Print;
use super::words::fill;

/// A sheet holds 1,048,576 rows; what comes after goes on in the next one.
const ROWS: u32 = 1_000_000;
/// Title, heading, coverage, header.
const TOP: u32 = 4;
const HEADER: u32 = TOP - 1;
/// What a spreadsheet takes in one cell, in UTF-16 units, and what a program takes of page breaks.
const CELL: usize = 32_767;
const BREAKS: usize = 1_000;
const A4: u8 = 9;

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
    /// The longest line in each column; the margin is the last.
    longest: Vec<usize>,
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
            // A header may break into lines, but not within a word of four letters.
            longest: labels.map(|label| cell::width(label).min(8)).collect(),
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
        xlsx.longest.push(12);
        xlsx.begin_sheet(page).map_err(failed)?;
        Ok(xlsx)
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
        let lines = 1 + cell::width(&heading.coverage) / 180;
        sheet.set_row_height(2, 4.0 + 14.0 * lines as f64)?;
        sheet.merge_range(
            2,
            0,
            2,
            margin,
            &cut(&heading.coverage, &words.cut),
            &styles.heading,
        )?;
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
        self.write_row(page, row).map_err(failed)
    }

    fn write_row(&mut self, page: &Page, row: &PageRow) -> Result<(), XlsxError> {
        if self.at == ROWS {
            self.end_sheet()?;
            self.begin_sheet(page)?;
        }
        if self.by_day && self.at > TOP && self.day != row.day && self.breaks.len() < BREAKS {
            self.breaks.push(self.at);
        }
        self.day.clone_from(&row.day);
        for (at, cell) in row.cells.iter().enumerate() {
            let shape = self.shapes.get(at).copied().unwrap_or(Shape::Text);
            let content = Content::of(cell, shape, self.print.language, row.struck);
            if let Some(longest) = self.longest.get_mut(at) {
                *longest = content.width().max(*longest);
            }
            if let (Some(Some(sum)), Some(number)) = (self.sums.get_mut(at), cell.number) {
                *sum += number;
            }
            let text = match cell.conflict {
                true => &self.styles.contested,
                false => &self.styles.text,
            };
            let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
            let note = &self.print.words().cut;
            let pen = Pen {
                styles: &self.styles,
                text,
                note,
            };
            pen.write(sheet, (self.at, column(at)), &content)?;
        }
        self.margin(page, row)?;
        self.at += 1;
        self.rows += 1;
        Ok(())
    }

    /// What stands beside the row, and the records behind it in a column that is not shown.
    fn margin(&mut self, page: &Page, row: &PageRow) -> Result<(), XlsxError> {
        let local: Vec<&str> = row
            .marks
            .iter()
            .map(|one| one.provisional.as_str())
            .collect();
        let mut lines = vec![local.join(" ")];
        lines.push(self.print.marks(row));
        lines.extend(self.print.conflicts(row));
        lines.extend(self.print.amendments(page, row));
        lines.extend(self.print.overdue(page, row));
        lines.retain(|line| !line.is_empty());
        let note = &self.print.words().cut;
        let text = cut(&lines.join("\n"), note);
        let records: Vec<String> = row.records.iter().map(ToString::to_string).collect();
        let margin = column(page.columns.len());
        if let Some(longest) = self.longest.last_mut() {
            // Its letters are smaller.
            *longest = (cell::width(&text) * 4 / 5).max(*longest);
        }
        let (style, sheet) = (
            &self.styles.margin,
            self.workbook.worksheet_from_index(self.sheets - 1)?,
        );
        sheet.write_string_with_format(self.at, margin, text, style)?;
        sheet.write_string_with_format(
            self.at,
            margin + 1,
            cut(&records.join(" "), note),
            style,
        )?;
        Ok(())
    }

    fn end_sheet(&mut self) -> Result<(), XlsxError> {
        let widths = style::widths(&self.longest);
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

/// How one cell is written.
struct Pen<'a> {
    styles: &'a Styles,
    text: &'a Format,
    /// Stands where a text was cut.
    note: &'a str,
}

impl Pen<'_> {
    fn write(
        &self,
        sheet: &mut Worksheet,
        (row, at): (u32, u16),
        content: &Content,
    ) -> Result<(), XlsxError> {
        let (styles, text) = (self.styles, self.text);
        match content {
            Content::Blank => sheet.write_blank(row, at, text)?,
            Content::Text(said) => {
                sheet.write_string_with_format(row, at, cut(said, self.note), text)?
            }
            Content::Number(n) => sheet.write_number_with_format(row, at, *n, &styles.number)?,
            Content::Day(day) => {
                let midnight = moment(day.at(0, 0, 0, 0))?;
                sheet.write_datetime_with_format(row, at, &midnight, &styles.day)?
            }
            Content::Moment(when) => {
                sheet.write_datetime_with_format(row, at, &moment(*when)?, &styles.moment)?
            }
            Content::Pieces(pieces) => return self.pieces(sheet, (row, at), pieces),
        };
        Ok(())
    }

    fn pieces(
        &self,
        sheet: &mut Worksheet,
        (row, at): (u32, u16),
        pieces: &[Piece],
    ) -> Result<(), XlsxError> {
        let mut runs: Vec<(&Format, &str)> = Vec::new();
        for piece in pieces {
            if !runs.is_empty() {
                runs.push((self.styles.of(Ink::Plain), "\n"));
            }
            runs.push((self.styles.of(piece.ink), &piece.text));
        }
        match sheet.write_rich_string_with_format(row, at, &runs, self.text) {
            // The limit counts the runs' markup too.
            Err(XlsxError::MaxStringLengthExceeded) => {
                let all: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
                let all = cut(&all.join("\n→ "), self.note);
                sheet.write_string_with_format(row, at, all, self.text)?;
            }
            outcome => {
                outcome?;
            }
        }
        Ok(())
    }
}

/// A text that a cell takes; one that is too long says where the rest is.
fn cut(text: &str, note: &str) -> String {
    if text.encode_utf16().count() <= CELL {
        return text.to_owned();
    }
    let mut room = CELL - note.encode_utf16().count().min(CELL);
    let fits = |c: &char| {
        let size = c.len_utf16();
        let fits = size <= room;
        room = if fits { room - size } else { 0 };
        fits
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push_str(note);
    kept
}

fn moment(at: DateTime) -> Result<ExcelDateTime, XlsxError> {
    let part = |n: i8| u8::try_from(n).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    ExcelDateTime::from_ymd(year, part(at.month()), part(at.day()))?.and_hms(
        u16::try_from(at.hour()).unwrap_or_default(),
        part(at.minute()),
        f64::from(at.second()),
    )
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

/// Keeps the reason why writing broke off, which is lost on the way through the archive.
struct Noting<'a, W> {
    out: &'a mut W,
    broke: Option<io::ErrorKind>,
}

impl<W: Write> Write for Noting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.out.write(bytes);
        self.note(outcome)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.out.flush();
        self.note(outcome)
    }
}

impl<W> Noting<'_, W> {
    fn note<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &outcome
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.broke = Some(error.kind());
        }
        outcome
    }
}
