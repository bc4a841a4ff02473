//! How does a book stand in a spreadsheet?

use sync_core::book::{Page, PageColumn, PageRow};
use sync_core::catalogue::{Book, Catalogue, Column, Fold, PageBy};

use super::cell::{Content, Shape};
use super::{Cell, Head, Layout, Row};
use crate::export::print::Print;

#[derive(Debug)]
pub struct Form {
    shapes: Vec<Shape>,
    print: Print,
}

impl Form {
    pub fn of(book: &Book, catalogue: &Catalogue, print: Print) -> Form {
        let columns = book.columns.iter();
        Form {
            shapes: columns.map(|one| Shape::of(one, book, catalogue)).collect(),
            print,
        }
    }

    pub fn layout(&self, page: &Page, book: &Book) -> Layout {
        let columns = page.columns.iter().zip(&book.columns);
        let head = |(shown, column): (&PageColumn, &Column)| Head {
            label: self.print.said(&shown.label).to_owned(),
            adds_up: column.fold == Fold::Sum,
        };
        Layout {
            columns: columns.map(head).collect(),
            has_margin: true,
            by_day: book.page == PageBy::Day,
        }
    }

    pub fn row(&self, page: &Page, row: &PageRow) -> Row {
        let print = self.print;
        let cells = row.cells.iter().enumerate().map(|(at, cell)| {
            let shape = self.shapes.get(at).copied().unwrap_or(Shape::Text);
            Cell {
                content: Content::of(cell, shape, print.language, row.struck),
                contested: cell.conflict,
                adds: cell.number,
            }
        });
        let marks = row.marks.iter();
        let local: Vec<&str> = marks.map(|one| one.provisional.as_str()).collect();
        let mut lines = vec![local.join(" "), print.marks(row)];
        lines.extend(print.conflicts(row));
        lines.extend(print.amendments(page, row));
        lines.extend(print.overdue(page, row));
        lines.retain(|line| !line.is_empty());
        let records: Vec<String> = row.records.iter().map(ToString::to_string).collect();
        Row {
            cells: cells.collect(),
            margin: lines.join("\n"),
            records: records.join(" "),
            day: row.day.clone(),
        }
    }
}
