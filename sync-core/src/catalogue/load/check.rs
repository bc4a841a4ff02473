//! Judges what needs the whole catalogue: the names in expressions, and whether each expression
//! gives a value of the right sort on an empty and on a full record.

use std::ops::Range;
use std::sync::Arc;

use super::super::expr::{FACTS, FilterUse, OFFICER_PARTS, Path, Uses};
use super::super::mistake::{File, suggest};
use super::super::{
    Around, Catalogue, Expr, ExprContext, ExprError, Field, FieldType, Fold, Kind, Language,
};
use super::books::LaterBook;
use super::kinds::{LaterKind, PlacedExpr};
use super::{known, sample};

/// The place in the file of a place in a text that stands at `text` between quotes.
pub(super) fn inside(text: &Range<usize>, at: &Range<usize>) -> Range<usize> {
    let shift = |i: usize| (text.start + 1 + i).min(text.end);
    shift(at.start)..shift(at.end)
}

pub(super) fn kind(file: &File<'_>, later: &LaterKind, catalogue: &Arc<Catalogue>) {
    for kind in &later.links {
        known(
            file,
            kind,
            "kind",
            catalogue.kinds.keys().map(String::as_str),
        );
    }
    let Some(kind) = catalogue.kinds.get(&later.name) else {
        return;
    };
    for block in &later.blocks {
        let links = kind
            .field(block.get_ref())
            .and_then(|field| field.links.as_deref());
        if links.and_then(|kind| catalogue.blocks_of(kind)).is_none() {
            file.mistake(
                &block.span(),
                format!("`{}` links to no kind that holds blocks of numbers", block.get_ref()),
                "link it to a kind with the tables `used` (no, record) and `voided` (no, reason) and \
                 a book whose number has `{range:6}`",
            );
        }
    }
    for placed in &later.exprs {
        if (Checker {
            file,
            placed,
            kind,
            catalogue,
        })
        .names()
        {
            evaluate(file, placed, kind, catalogue, |expr, ctx| {
                expr.truth(ctx).map(|_| None)
            });
        }
    }
}

pub(super) fn book(file: &File<'_>, later: &LaterBook, catalogue: &Arc<Catalogue>) {
    for expr in &later.exprs {
        let placed = &expr.placed;
        for kind in expr
            .kinds
            .iter()
            .filter_map(|kind| catalogue.kinds.get(kind))
        {
            if (Checker {
                file,
                placed,
                kind,
                catalogue,
            })
            .names()
            {
                evaluate(file, placed, kind, catalogue, |e, ctx| {
                    fits(e, ctx, expr.fold)
                });
            }
        }
    }
}

/// What is wrong with a full record's value for a fold.
fn fits(expr: &Expr, ctx: &ExprContext, fold: Fold) -> Result<Option<&'static str>, ExprError> {
    Ok(match fold {
        Fold::First | Fold::List | Fold::Once => {
            expr.text(ctx)?;
            None
        }
        Fold::Sum => expr
            .number(ctx)?
            .is_none()
            .then_some("the column sums, but the cell is not a number"),
        Fold::Span => expr
            .span(ctx)?
            .is_none()
            .then_some("the column spans, but the cell is not `[first, last]` moments"),
        Fold::Refs | Fold::Sheets => {
            expr.list(ctx)?;
            None
        }
    })
}

fn evaluate(
    file: &File<'_>,
    placed: &PlacedExpr,
    kind: &Kind,
    catalogue: &Arc<Catalogue>,
    judge: impl Fn(&Expr, &ExprContext) -> Result<Option<&'static str>, ExprError>,
) {
    let around = Arc::new(Around {
        catalogue: catalogue.clone(),
        people: Arc::new(()),
        offset: 0,
    });
    let full = Arc::new(sample::full(kind, catalogue));
    for (record, is_full) in [(Arc::default(), false), (full, true)] {
        let ctx = ExprContext::new(around.clone(), &kind.name, record);
        for language in Language::ALL {
            let what = match judge(&placed.expr, &ctx.in_language(language)) {
                Ok(None) => continue,
                Ok(Some(_)) if !is_full => continue,
                Ok(Some(what)) => what.to_owned(),
                Err(error) => {
                    let record = if is_full { "a full" } else { "an empty" };
                    let cause = error
                        .source
                        .detail()
                        .map_or_else(|| error.source.kind().to_string(), str::to_owned);
                    format!("on {record} {} the expression fails: {cause}", kind.name)
                }
            };
            return file.mistake(&placed.at, what, "see the filters and their operands");
        }
    }
}

struct Checker<'a> {
    file: &'a File<'a>,
    placed: &'a PlacedExpr,
    kind: &'a Kind,
    catalogue: &'a Catalogue,
}

impl Checker<'_> {
    /// Whether all names of the expression are known.
    fn names(&self) -> bool {
        let uses: &Uses = self.placed.expr.uses();
        let fields = || self.kind.fields.iter().map(|field| field.name.as_str());
        let steps = || self.kind.steps.iter().map(|step| step.to.as_str());
        let mut good = true;
        for (name, at) in &uses.fields {
            good &= self.known(name, at, "field", fields());
        }
        for (name, at) in &uses.steps {
            good &= self.known(name, at, "step", steps());
        }
        for (name, at) in &uses.facts {
            good &= self.known(name, at, "fact", FACTS.iter().copied());
        }
        for (name, at) in &uses.limits {
            let limits = self.kind.limits.iter().map(|limit| limit.name.as_str());
            good &= self.known(name, at, "limit", limits);
        }
        for (name, at) in &uses.settings {
            let settings = self.catalogue.settings.keys().map(String::as_str);
            good &= self.known(name, at, "setting", settings);
        }
        if !good {
            return false;
        }
        for filter in &uses.filters {
            let field = self.field(filter.on.as_ref());
            if let (Some(field), Some(wanted)) = (field, takes(filter.name))
                && !wanted.contains(&field.ty)
            {
                let words: Vec<_> = wanted.iter().map(|ty| ty.word()).collect();
                let what = format!("`{}` of a field of type {}", filter.name, field.ty.word());
                let mend = format!("it takes {}", words.join(", "));
                self.mistake(&filter.at, what, mend);
                good = false;
            }
            if let ("rows_of" | "count", Some(field)) = (filter.name, field) {
                good &= self.rows_of(filter, field);
                continue;
            }
            for (arg, at) in &filter.args {
                good &= match filter.name {
                    "rows" | "each" | "sum" | "longest" => self.cell(field, arg, at),
                    "minutes" | "period" => {
                        let instants = self.kind.fields.iter();
                        let instants = instants.filter(|field| field.ty == FieldType::Instant);
                        self.known(arg, at, "instant field", instants.map(|f| f.name.as_str()))
                    }
                    "officers" => {
                        self.known(arg, at, "part of an officer", OFFICER_PARTS.iter().copied())
                    }
                    "ref" => {
                        let books = self.catalogue.books.keys().map(String::as_str);
                        self.known(arg, at, "book", books)
                    }
                    _ => true,
                };
            }
        }
        for (path, text, at) in &uses.compared {
            good &= match path {
                Path::Fact(fact) if fact == "state" => self.known(text, at, "step", steps()),
                Path::Field(_) => {
                    let list = self
                        .field(Some(path))
                        .and_then(|field| field.codes.as_ref());
                    let list = list.and_then(|name| self.catalogue.codes.get(name));
                    list.is_none_or(|list| {
                        let codes = list.codes.iter().map(|code| code.code.as_str());
                        self.known(text, at, "code", codes)
                    })
                }
                Path::Record
                | Path::Step(_)
                | Path::Fact(_)
                | Path::Limit(_)
                | Path::Setting(_) => true,
            };
        }
        good
    }

    fn cell(&self, field: Option<&Field>, name: &str, at: &Range<usize>) -> bool {
        let cells = field.into_iter().flat_map(|field| field.row_cells());
        self.known(name, at, "cell", cells.map(|cell| cell.name.as_str()))
    }

    /// A cell, codes of its list, and where it prints, cells.
    fn rows_of(&self, filter: &FilterUse, field: &Field) -> bool {
        let Some(((name, at), others)) = filter.args.split_first() else {
            return true;
        };
        if !self.cell(Some(field), name, at) {
            return false;
        }
        let list = field.cell(name).and_then(|cell| cell.codes.as_ref());
        let list = list.and_then(|name| self.catalogue.codes.get(name));
        let (codes, cells) = match filter.name {
            "count" => (others, &[][..]),
            _ => others.split_at(1),
        };
        let mut good = true;
        for (code, at) in codes {
            let known = list.into_iter().flat_map(|list| &list.codes);
            good &= self.known(code, at, "code", known.map(|code| code.code.as_str()));
        }
        for (name, at) in cells {
            good &= self.cell(Some(field), name, at);
        }
        good
    }

    fn field(&self, path: Option<&Path>) -> Option<&Field> {
        match path? {
            Path::Field(name) => self.kind.field(name),
            Path::Record | Path::Step(_) | Path::Fact(_) | Path::Limit(_) | Path::Setting(_) => {
                None
            }
        }
    }

    fn known<'a>(
        &self,
        name: &str,
        at: &Range<usize>,
        what: &str,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> bool {
        let found = names.clone().any(|known| known == name);
        if !found {
            let what = format!("unknown {what} `{name}` (of kind `{}`)", self.kind.name);
            self.mistake(at, what, suggest(name, names));
        }
        found
    }

    fn mistake(&self, at: &Range<usize>, what: String, mend: String) {
        self.file.mistake(&inside(&self.placed.at, at), what, mend);
    }
}

/// The field types that a filter takes; all where it does not care.
fn takes(filter: &str) -> Option<&'static [FieldType]> {
    use FieldType::{
        Boolean, Choice, Date, Evidence, Instant, Money, Person, Record, Table, Text, Time,
    };
    match filter {
        "time" => Some(&[Instant, Time]),
        "moment" => Some(&[Instant]),
        "day" | "date_weekday" => Some(&[Date, Instant]),
        "label" => Some(&[Choice, Boolean]),
        "officer" | "officers" | "certified" => Some(&[Person, Text]),
        "rows" | "rows_of" | "each" | "count" | "sum" | "longest" => Some(&[Table, Evidence]),
        "ref" => Some(&[Record]),
        "money" => Some(&[Money]),
        _ => None,
    }
}
