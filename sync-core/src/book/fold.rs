//! How do lines become a page?

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::foot::{amended, amendments, coverage, said, summary};
use super::names::Names;
use super::page::{Page, PageCell, PageColumn, PageDue, PageFacts, PagePart, PageRow, RowMarks};
use super::{Line, LineCell, Said, sheets};
use crate::catalogue::{Book, Column, Fold, Footer, Label, Language, PageBy, RowKey, display_span};
use crate::ids::RecordId;

/// The page that lines of a book make: the same one for every order of the lines. Every line has
/// its place in a row; one that does not fit shows as it stands.
pub fn page(book: &Book, lines: &[Line], facts: &PageFacts) -> Page {
    let mut lines: Vec<&Line> = lines.iter().filter(|line| line.book == book.name).collect();
    lines.sort_by_key(|line| place(line));
    lines.dedup_by_key(|line| place(line));
    let names = Names::new(&lines, facts);
    let said = said(&lines);
    let mut rows: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        rows.entry(&line.row_key).or_default().push(line);
    }
    let folder = Folder { book, facts, names };
    let mut rows: Vec<PageRow> = rows
        .into_iter()
        .map(|(key, lines)| folder.row(key, &lines))
        .collect();
    rows.sort_by(|a, b| folder.order(a, b));
    for (at, row) in rows.iter_mut().enumerate() {
        row.serial = at + 1;
        let serial = book
            .columns
            .iter()
            .position(|column| column.id == Column::SERIAL);
        if let Some(cell) = serial.and_then(|at| row.cells.get_mut(at)) {
            cell.text = Said::same(row.serial.to_string());
        }
    }
    let has = |part: Footer| book.footer.contains(&part);
    Page {
        book: book.name.clone(),
        title: both(&book.label),
        station: facts.station.clone(),
        period: facts.period.clone(),
        columns: book.columns.iter().map(column).collect(),
        summary: has(Footer::Summary).then(|| summary(book, &rows, said)),
        amendments: has(Footer::Amendments).then(|| amendments(book, &rows)),
        coverage: coverage(facts),
        rows,
    }
}

fn place(line: &Line) -> (i64, RecordId, &str) {
    (line.marks.clocks.happened, line.record, &line.row_key)
}

pub(super) fn both(label: &Label) -> Said {
    Said {
        zh: label.zh.clone(),
        en: label.en.clone(),
    }
}

fn column(column: &Column) -> PageColumn {
    PageColumn {
        id: column.id.clone(),
        label: both(&column.label),
        personal: column.personal,
    }
}

struct Folder<'a> {
    book: &'a Book,
    facts: &'a PageFacts,
    names: Names<'a>,
}

impl Folder<'_> {
    fn row(&self, key: &str, lines: &[&Line]) -> PageRow {
        let numbers = lines
            .iter()
            .filter_map(|line| self.names.number(&self.book.name, line.record));
        let number = numbers.min_by_key(|number| (number.year, number.n));
        let provisional = lines.first().map_or("", |line| line.provisional.as_str());
        let mut row = PageRow {
            serial: 0,
            key: key.to_owned(),
            day: lines.iter().filter_map(|line| line.day.clone()).min(),
            number: number.map(|number| number.text.clone()),
            provisional: provisional.to_owned(),
            cells: Vec::new(),
            records: Vec::new(),
            marks: Vec::new(),
            struck: lines.iter().all(|line| is_struck(line)),
        };
        for line in lines {
            if !row.records.contains(&line.record) {
                row.records.push(line.record);
                row.marks.push(RowMarks {
                    record: line.record,
                    provisional: line.provisional.clone(),
                    marks: self.marks(line),
                });
            }
        }
        let cells = self
            .book
            .columns
            .iter()
            .map(|column| self.cell(column, lines, &row));
        row.cells = cells.collect();
        let block = number.map(|number| number.text.as_str());
        sheets::mark(&self.book.columns, block, &mut row.cells);
        row
    }

    fn marks(&self, line: &Line) -> super::LineMarks {
        let mut marks = line.marks.clone();
        for amendment in &mut marks.amended {
            amendment.old = self.names.said(&amendment.old);
            amendment.new = self.names.said(&amendment.new);
        }
        marks
    }

    fn cell(&self, column: &Column, lines: &[&Line], row: &PageRow) -> PageCell {
        let mut cell = PageCell::default();
        if column.id == Column::NUMBER {
            let text = row.number.as_ref().unwrap_or(&row.provisional);
            cell.text = Said::same(text.clone());
            return cell;
        }
        if column.id == Column::AMENDMENTS {
            return amended(self.book, row, self.facts.offset);
        }
        let shown = shown(column, lines);
        for line in &shown {
            self.add(&mut cell, column, line);
        }
        let speaks = |line: &&&Line| shown.iter().any(|one| one.record == line.record);
        let silent = |line: &&&Line| !line.cells.contains_key(&column.id);
        for line in lines.iter().filter(|line| speaks(line) || silent(line)) {
            self.margin(&mut cell, column, line);
        }
        if column.fold == Fold::Sum {
            add_up(&mut cell, column, &shown);
        }
        if column.fold == Fold::Span {
            self.span(&mut cell, column, &shown, row);
        }
        if matches!(column.fold, Fold::Once | Fold::Refs) {
            let mut seen = BTreeSet::new();
            cell.parts.retain(|part| {
                part.variant.is_some() || seen.insert((part.text.clone(), part.struck))
            });
        }
        if !(column.fold == Fold::Sum && cell.parts.is_empty()) {
            cell.join();
        }
        if cell.text.is_empty() && prints_reviewer(self.book, column) {
            cell.text = self.facts.reviewer.clone().unwrap_or_default();
        }
        cell
    }

    fn add(&self, cell: &mut PageCell, column: &Column, line: &Line) {
        let struck = is_struck(line);
        let record = line.record;
        let part = |text: Said| PagePart {
            text,
            record,
            struck,
            variant: None,
            open: None,
        };
        match line.cells.get(&column.id) {
            None => {}
            Some(LineCell::Text(text)) => cell.parts.push(PagePart {
                open: line.open.get(&column.id).map(|open| self.names.said(open)),
                ..part(self.names.said(text))
            }),
            Some(LineCell::Refs(references)) => {
                let texts = references
                    .iter()
                    .map(|text| self.names.said(&Said::same(text.clone())));
                cell.parts.extend(texts.map(part));
            }
            Some(LineCell::Contested(variants)) => {
                cell.conflict = true;
                for variant in variants {
                    let text = self.names.said(&variant.text);
                    let variant = Some(super::Variant {
                        text: text.clone(),
                        ..variant.clone()
                    });
                    cell.parts.push(PagePart {
                        text,
                        record,
                        struck,
                        variant,
                        open: None,
                    });
                }
            }
            Some(LineCell::Unreadable) => {
                cell.unreadable = true;
                cell.parts.push(part(Said {
                    zh: "无法显示".into(),
                    en: "unreadable".into(),
                }));
            }
            // In columns that add up or span, all lines at once give one text.
            Some(LineCell::Number(n)) if column.fold != Fold::Sum => {
                cell.parts.push(part(Said::same(number(*n))));
            }
            Some(LineCell::Span(from, until)) if column.fold != Fold::Span || struck => {
                let text = self.span_text(*from, *until, line.day.as_deref());
                cell.parts.push(part(text));
            }
            Some(LineCell::Number(_) | LineCell::Span(..)) => {}
        }
    }

    /// What a line says beside its text: amendments, limits, conflicts.
    fn margin(&self, cell: &mut PageCell, column: &Column, line: &Line) {
        let amended = line
            .marks
            .amended
            .iter()
            .filter(|one| one.column == column.id);
        cell.amended.extend(amended.map(|one| super::Amendment {
            old: self.names.said(&one.old),
            new: self.names.said(&one.new),
            ..one.clone()
        }));
        cell.conflict |= line
            .marks
            .conflicts
            .iter()
            .any(|one| one.columns.contains(&column.id));
        if let Some(due) = line.limits.get(&column.id) {
            let over = due.is_over(self.facts.as_of);
            cell.due.push(PageDue {
                record: line.record,
                due: due.clone(),
                over,
            });
        }
    }

    /// The first start to the last end of the lines that hold.
    fn span(&self, cell: &mut PageCell, column: &Column, lines: &[&Line], row: &PageRow) {
        let spans = lines
            .iter()
            .filter(|line| !is_struck(line))
            .filter_map(|line| match line.cells.get(&column.id)? {
                LineCell::Span(from, until) => Some((*from, *until, line.record)),
                LineCell::Text(_)
                | LineCell::Number(_)
                | LineCell::Refs(_)
                | LineCell::Contested(_)
                | LineCell::Unreadable => None,
            });
        let whole = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1), a.2));
        if let Some((from, until, record)) = whole {
            let text = self.span_text(from, until, row.day.as_deref());
            cell.parts.insert(
                0,
                PagePart {
                    text,
                    record,
                    struck: false,
                    variant: None,
                    open: None,
                },
            );
        }
    }

    fn span_text(&self, from: i64, until: i64, day: Option<&str>) -> Said {
        let print = |language| display_span(from, until, day, self.facts.offset, language);
        Said {
            zh: print(Language::Zh),
            en: print(Language::En),
        }
    }

    /// What puts the officers of a day in order: their rows' keys differ in the code alone.
    fn officer<'r>(&self, row: &'r PageRow) -> Option<&'r str> {
        let is_officers = self.book.row.contains(&RowKey::Officer);
        is_officers.then_some(row.key.as_str())
    }

    /// By the book's order, then register number where pages are a sequence, then day, the officer's
    /// code where rows are an officer's, and time.
    fn order(&self, a: &PageRow, b: &PageRow) -> Ordering {
        let column = |id: &String| self.book.columns.iter().position(|column| column.id == *id);
        let ordered = self.book.order.iter().filter_map(column).map(|at| {
            let (a, b) = (&a.cells[at], &b.cells[at]);
            let numbers = a.number.zip(b.number);
            let numbers = numbers.map_or(Ordering::Equal, |(a, b)| a.total_cmp(&b));
            numbers.then_with(|| a.text.zh.cmp(&b.text.zh))
        });
        let ordered = ordered.fold(Ordering::Equal, Ordering::then);
        let number = |row: &PageRow| {
            let own = row
                .records
                .iter()
                .filter_map(|id| self.names.number(&self.book.name, *id));
            let first = own.map(|number| (number.year, number.n)).min();
            first.unwrap_or((i32::MAX, u64::MAX))
        };
        let numbered = match self.book.page {
            PageBy::Sequence => number(a).cmp(&number(b)),
            PageBy::Day | PageBy::Month | PageBy::Nothing => Ordering::Equal,
        };
        let happened = |row: &PageRow| row.marks.first().map(|marks| marks.marks.clocks.happened);
        ordered
            .then(numbered)
            .then_with(|| a.day.cmp(&b.day))
            .then_with(|| self.officer(a).cmp(&self.officer(b)))
            .then_with(|| happened(a).cmp(&happened(b)))
            .then_with(|| a.records.cmp(&b.records))
            .then_with(|| a.key.cmp(&b.key))
    }
}

/// The lines whose text stands in a column's cell.
fn shown<'l>(column: &Column, lines: &[&'l Line]) -> Vec<&'l Line> {
    let mut speaking = lines
        .iter()
        .copied()
        .filter(|line| line.cells.contains_key(&column.id));
    match column.fold {
        Fold::First => {
            let all: Vec<&Line> = speaking.collect();
            let holds = all.iter().find(|line| !is_struck(line));
            holds.or(all.first()).copied().into_iter().collect()
        }
        Fold::List | Fold::Once | Fold::Sum | Fold::Span | Fold::Refs | Fold::Sheets => {
            speaking.by_ref().collect()
        }
    }
}

fn is_struck(line: &Line) -> bool {
    line.marks
        .removed
        .as_ref()
        .is_some_and(|removed| !removed.disputed)
}

fn prints_reviewer(book: &Book, column: &Column) -> bool {
    let own = book
        .sources
        .iter()
        .filter_map(|source| source.cells.get(&column.id));
    let mut cells = own.chain(&column.cell);
    cells.any(|expr| expr.facts().any(|fact| fact == "reviewer"))
}

/// Adds up what holds, in the order of lines, so that every order of arrival gives one sum.
fn add_up(cell: &mut PageCell, column: &Column, lines: &[&Line]) {
    let holding = lines.iter().filter(|line| !is_struck(line));
    let numbers = holding.filter_map(|line| match line.cells.get(&column.id)? {
        LineCell::Number(n) => Some((*n, line.record)),
        LineCell::Text(_)
        | LineCell::Span(..)
        | LineCell::Refs(_)
        | LineCell::Contested(_)
        | LineCell::Unreadable => None,
    });
    let sum = numbers.reduce(|a, b| (a.0 + b.0, a.1));
    let Some((sum, record)) = sum else { return };
    cell.number = Some(sum);
    let text = Said::same(number(sum));
    if cell.parts.is_empty() {
        cell.text = text;
    } else {
        cell.parts.insert(
            0,
            PagePart {
                text,
                record,
                struck: false,
                variant: None,
                open: None,
            },
        );
    }
}

/// Whole numbers as they are, others with two digits where these say it all.
pub(super) fn number(n: f64) -> String {
    // An empty sum of floats is -0.
    let n = n + 0.0;
    let hundredths = n * 100.0;
    if n.fract() == 0.0 {
        format!("{n:.0}")
    } else if (hundredths - hundredths.round()).abs() < 1e-6 {
        format!("{n:.2}")
    } else {
        format!("{n:.6}").trim_end_matches('0').to_owned()
    }
}
