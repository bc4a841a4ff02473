//! Reads a book.

use std::collections::BTreeMap;

use toml::Spanned;

use super::super::mistake::{File, suggest};
use super::super::names::Label;
use super::super::read::{Item, Reader, read_file, word};
use super::super::{
    Book, Catalogue, Column, Expr, Field, Fold, Footer, Kind, NumberRule, PageBy, Personal, RowKey,
    Source,
};
use super::kinds::{PlacedExpr, compile};
use super::{known, own_name, personal, plain, unique};

/// What can be judged only when all books are read: each expression with the kinds whose
/// records it sees and the fold its value must fit.
#[derive(Debug, Default)]
pub(super) struct LaterBook {
    pub exprs: Vec<LaterExpr>,
}

#[derive(Debug)]
pub(super) struct LaterExpr {
    pub placed: PlacedExpr,
    pub kinds: Vec<String>,
    pub fold: Fold,
}

/// A source and its cells as written, which can be read once the columns are known.
type Unread = (Source, Vec<(Spanned<String>, Spanned<String>)>);

struct BookReader<'a> {
    file: &'a File<'a>,
    catalogue: &'a Catalogue,
    /// Of the sources that exist.
    kinds: Vec<&'a Kind>,
    /// A book of facts takes the kinds and limits that there are, so that whoever removes a kind
    /// need not know of the metrics.
    takes_what_there_is: bool,
    later: LaterBook,
}

pub(super) fn read_book(file: &File<'_>, catalogue: &mut Catalogue) -> LaterBook {
    let mut reader = BookReader {
        file,
        catalogue,
        kinds: Vec::new(),
        takes_what_there_is: false,
        later: LaterBook::default(),
    };
    let book = read_file(file, |top| reader.book(top));
    let later = reader.later;
    catalogue.books.insert(book.name.clone(), book);
    later
}

impl<'a> BookReader<'a> {
    fn book(&mut self, top: Reader<'_, '_>) -> Book {
        let name = own_name(self.file, top.needed("book", "write `book = \"...\"`"));
        let label = top.label("the book");
        let page_at = top.text("page");
        if page_at.is_none() {
            top.missing(
                "page",
                "write `page = \"day\"`, \"month\", \"sequence\" or \"none\"",
            );
        }
        let page = page_at
            .as_ref()
            .and_then(|text| word::<PageBy>(self.file, text));
        self.takes_what_there_is = page == Some(PageBy::Nothing);
        let mut sources = self.sources(&top);
        let row = self.row(&top);
        let mut columns = self.columns(&top);
        self.cells(&mut sources, &columns);
        let order = top.texts("order");
        let ids = columns.iter().map(|column| column.id.as_str());
        for id in order.iter().flatten() {
            known(self.file, id, "column", ids.clone());
        }
        let footer = top.texts("footer").unwrap_or_default();
        let footer = footer
            .iter()
            .filter_map(|text| word::<Footer>(self.file, text));
        let footer = footer.collect();
        let review = top.texts("review");
        for role in review.iter().flatten() {
            known(
                self.file,
                role,
                "role",
                self.catalogue.roles.keys().map(String::as_str),
            );
        }
        let number = self.number(&top);
        if !top.has("number") && columns.iter().any(|column| column.id == Column::NUMBER) {
            top.missing(
                "number",
                "say when a record is numbered, or drop the column `number`",
            );
        }
        top.finish();
        let sources: Vec<Source> = sources.into_iter().map(|(source, _)| source).collect();
        personal::infer(self.catalogue, &mut columns, &sources);
        Book {
            name,
            label,
            page: page.unwrap_or(PageBy::Sequence),
            row,
            order: plain(order),
            footer,
            review: plain(review),
            number,
            columns,
            sources,
        }
    }

    fn sources(&mut self, top: &Reader<'_, '_>) -> Vec<Unread> {
        let mut names = Vec::new();
        let mut sources = Vec::new();
        for row in top.tables("source") {
            let kind = row.needed("kind", "name a kind of record");
            let (per, when, summary) = (row.text("per"), row.text("when"), row.text("summary"));
            let cells = row.pairs("cells");
            row.finish();
            let Some(kind) = kind else { continue };
            let kinds = &self.catalogue.kinds;
            if self.takes_what_there_is && !kinds.contains_key(kind.get_ref()) {
                continue;
            }
            if !known(self.file, &kind, "kind", kinds.keys().map(String::as_str)) {
                continue;
            }
            self.kinds.extend(kinds.get(kind.get_ref()));
            let per = per.and_then(|text| compile(self.file, &text));
            let per = per.map(|placed| self.expr(placed, Fold::List, &[kind.get_ref()]));
            let mut first = |text: Option<Spanned<String>>| {
                let placed = compile(self.file, &text?)?;
                Some(self.expr(placed, Fold::First, &[kind.get_ref()]))
            };
            let (when, summary) = (first(when), first(summary));
            let source = Source {
                kind: kind.get_ref().clone(),
                per,
                when,
                summary,
                cells: BTreeMap::new(),
            };
            sources.push((source, cells));
            names.push(kind);
        }
        unique(self.file, "source", &names);
        if sources.is_empty() && !self.takes_what_there_is {
            top.missing("source", "write `source = [{ kind = \"...\" }]`");
        }
        sources
    }

    fn expr(&mut self, placed: PlacedExpr, fold: Fold, kinds: &[&str]) -> Expr {
        self.later.exprs.push(LaterExpr {
            placed: placed.clone(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            fold,
        });
        placed.expr
    }

    fn row(&self, top: &Reader<'_, '_>) -> Vec<RowKey> {
        let texts = top.texts("row").unwrap_or_default();
        if texts.is_empty() {
            top.missing(
                "row",
                "write `row = [\"record\"]` or `[\"day\", \"officer\"]`",
            );
        }
        let keys = texts
            .iter()
            .filter_map(|text| match text.get_ref().as_str() {
                "record" => Some(RowKey::Record),
                "day" => Some(RowKey::Day),
                "officer" => Some(RowKey::Officer),
                field => {
                    let links = |field: &&Field| field.ty == super::super::FieldType::Record;
                    let fields = self.kinds.iter().flat_map(|kind| &kind.fields);
                    let names = fields.filter(links).map(|field| field.name.as_str());
                    let all = names.chain(["record", "day", "officer"]);
                    known(self.file, text, "row key", all).then(|| RowKey::Link(field.to_owned()))
                }
            });
        keys.collect()
    }

    fn every_source_has(&self, field: &Spanned<String>) {
        for kind in &self.kinds {
            if kind.field(field.get_ref()).is_none() {
                self.file.mistake(
                    &field.span(),
                    format!("kind `{}` has no field `{}`", kind.name, field.get_ref()),
                    suggest(
                        field.get_ref(),
                        kind.fields.iter().map(|field| field.name.as_str()),
                    ),
                );
            }
        }
    }

    fn columns(&mut self, top: &Reader<'_, '_>) -> Vec<Column> {
        let mut ids = Vec::new();
        let mut columns = Vec::new();
        for item in top.items("columns") {
            let (column, id) = match item {
                Item::Text(text) => (self.bare(&text), text),
                Item::Table(row) => self.column(row),
            };
            columns.push(column);
            ids.push(id);
        }
        if columns.is_empty() {
            top.missing("columns", "write `columns = [\"#\", ...]`");
        }
        unique(self.file, "column", &ids);
        columns
    }

    /// `#`, `number`, or a field.
    fn bare(&self, text: &Spanned<String>) -> Column {
        let id = text.get_ref().as_str();
        let (label, field) = match id {
            Column::SERIAL => (Label::new("序号", "No."), None),
            Column::NUMBER => (Label::new("编号", "Register no."), None),
            Column::AMENDMENTS => (Label::new("更正记录", "Amendments"), None),
            name => {
                self.every_source_has(text);
                let field = self.kinds.iter().find_map(|kind| kind.field(name));
                (
                    field.map(|field| field.label.clone()).unwrap_or_default(),
                    Some(name.to_owned()),
                )
            }
        };
        Column {
            id: id.to_owned(),
            label,
            fold: Fold::First,
            cell: None,
            field,
            limit: None,
            personal: None,
            personal_in_part: false,
        }
    }

    fn column(&mut self, row: Reader<'_, '_>) -> (Column, Spanned<String>) {
        let label = row.label("the column");
        let given = row.text("id");
        let field = row.text("field");
        let id = given.unwrap_or_else(|| {
            let id = field
                .as_ref()
                .map_or_else(|| slug(&label.en), |f| f.get_ref().clone());
            Spanned::new(row.at.clone(), id)
        });
        if id.get_ref().is_empty() {
            row.missing("id", "write `id = \"...\"`");
        }
        if let Some(field) = &field {
            self.every_source_has(field);
        }
        let fold = row.word::<Fold>("fold").unwrap_or(Fold::First);
        let cell = row.text("cell");
        if let (Some(cell), Some(_)) = (&cell, &field) {
            self.file.mistake(
                &cell.span(),
                "a column with both `cell` and `field`",
                "keep one",
            );
        }
        let limit = row.text("limit");
        if let Some(limit) = limit.as_ref().filter(|_| !self.takes_what_there_is) {
            let limits = self.kinds.iter().flat_map(|kind| &kind.limits);
            known(
                self.file,
                limit,
                "limit",
                limits.map(|limit| limit.name.as_str()),
            );
        }
        let personal = row.word::<Personal>("personal");
        row.finish();
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name.as_str()).collect();
        let cell = cell.and_then(|text| compile(self.file, &text));
        let column = Column {
            id: id.get_ref().clone(),
            label,
            fold,
            cell: cell.map(|placed| self.expr(placed, fold, &kinds)),
            field: field.map(Spanned::into_inner),
            limit: limit.map(Spanned::into_inner),
            personal,
            personal_in_part: false,
        };
        (column, id)
    }

    fn cells(&mut self, sources: &mut [Unread], columns: &[Column]) {
        for (source, cells) in sources {
            for (id, text) in std::mem::take(cells) {
                let ids = columns.iter().map(|column| column.id.as_str());
                let is_known = known(self.file, &id, "column", ids);
                let Some(placed) = compile(self.file, &text) else {
                    continue;
                };
                let column = columns.iter().find(|column| column.id == *id.get_ref());
                if let Some(column) = column.filter(|_| is_known) {
                    let expr = self.expr(placed, column.fold, &[&source.kind]);
                    source.cells.insert(column.id.clone(), expr);
                }
            }
        }
    }

    fn number(&self, top: &Reader<'_, '_>) -> Option<NumberRule> {
        let table = top.table("number")?;
        let when = table.texts("when");
        if when.as_ref().is_none_or(Vec::is_empty) {
            table.missing(
                "when",
                "name the steps at which a record is numbered, or `create`",
            );
        }
        let steps = self.kinds.iter().flat_map(|kind| &kind.steps);
        for step in when.iter().flatten() {
            let names = steps.clone().map(|step| step.to.as_str()).chain(["create"]);
            known(self.file, step, "step", names);
        }
        let format = table.needed("format", "write `format = \"{word}案〔{year}〕第{n:4}号\"`");
        table.finish();
        let format = format?;
        match NumberRule::parse(format.get_ref()) {
            Ok(parts) => Some(NumberRule {
                when: plain(when),
                format: format.into_inner(),
                parts,
            }),
            Err(what) => {
                let mend =
                    "its placeholders are `{word}`, `{year}`, `{n}`, `{n:4}` and `{range:6}`";
                self.file.mistake(&format.span(), what, mend);
                None
            }
        }
    }
}

/// `Time and place` is `time_and_place`.
fn slug(label: &str) -> String {
    let words = label
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    words.join("_")
}
