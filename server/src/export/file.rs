//! One file, row by row, in whichever form was asked for.

use std::io::{self, Write};

use serde_json::Value;
use sync_core::book::{Page, PageRow, row_json};
use sync_core::catalogue::{Book, Catalogue};
use sync_core::letters::escaped;

use super::csv;
use super::print::Print;
use super::xlsx::{Form, Heading, Xlsx};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    /// One JSON object a line.
    Jsonl,
    Xlsx,
}

impl Format {
    /// What a file of it is called behind the dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Xlsx => "xlsx",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Jsonl => "application/jsonl; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What a file is about.
#[derive(Debug)]
pub struct About<'a> {
    pub book: &'a Book,
    pub catalogue: &'a Catalogue,
    /// A page without rows: its title and columns.
    pub page: Page,
    pub print: Print,
}

#[derive(Debug)]
pub struct File<'a, W> {
    about: About<'a>,
    out: W,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Csv,
    Jsonl,
    Xlsx(Form, Box<Xlsx>),
}

impl<'a, W: Write + Send> File<'a, W> {
    pub fn begin(
        about: About<'a>,
        format: Format,
        heading: impl FnOnce() -> Heading,
        mut out: W,
    ) -> io::Result<File<'a, W>> {
        let kind = match format {
            Format::Csv => {
                csv::header(&mut out, &about.page, about.print)?;
                Kind::Csv
            }
            Format::Jsonl => Kind::Jsonl,
            Format::Xlsx => {
                let form = Form::of(about.book, about.catalogue, about.print);
                let layout = form.layout(&about.page, about.book);
                let begun = Xlsx::begin(heading(), layout, about.print.language)?;
                Kind::Xlsx(form, Box::new(begun))
            }
        };
        Ok(File { about, out, kind })
    }

    pub fn row(&mut self, row: &PageRow) -> io::Result<()> {
        let (page, print) = (&self.about.page, self.about.print);
        match &mut self.kind {
            Kind::Csv => csv::row(&mut self.out, page, row, print),
            Kind::Jsonl => {
                let row = Value::Object(row_json(page, row)).to_string();
                writeln!(self.out, "{}", escaped(&row))
            }
            Kind::Xlsx(form, xlsx) => xlsx.row(form.row(page, row)),
        }
    }

    pub fn end(mut self) -> io::Result<()> {
        match self.kind {
            Kind::Csv | Kind::Jsonl => {}
            Kind::Xlsx(_, xlsx) => xlsx.end(&mut self.out)?,
        }
        self.out.flush()
    }
}
