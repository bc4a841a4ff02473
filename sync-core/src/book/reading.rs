//! One record read with its kind: what its columns print, now, before amendments and for each
//! value of a conflict.

use std::collections::BTreeSet;
use std::sync::Arc;

use minijinja::value::ValueKind;

use super::breach::{self, Breaches};
use super::{Due, LineCell, Said, Station, amend};
use crate::catalogue::{
    self, Book, Column, Datum, Expr, ExprContext, ExprError, Field, Fold, Kind, Language, Limit,
    RecordData, Source, display,
};
use crate::record::data;
use crate::record::view::View;

/// A record that the catalogue knows the kind of.
pub(super) struct Reading<'a> {
    pub view: &'a View,
    pub kind: &'a Kind,
    pub station: &'a Station,
    pub data: Arc<RecordData>,
    pub breaches: Breaches,
}

/// A record's data with its time limits.
pub(super) fn read(view: &View, kind: &Kind, station: &Station) -> Arc<RecordData> {
    let data = data::record_data(view, kind, station.offset());
    timed(data, view, kind, station)
}

/// The same for data that is there already: limits may depend on fields.
pub(super) fn timed(
    data: RecordData,
    view: &View,
    kind: &Kind,
    station: &Station,
) -> Arc<RecordData> {
    let mut data = Arc::new(data);
    if kind.limits.is_empty() {
        return data;
    }
    let holidays = &station.catalogue().holidays;
    let ctx = ExprContext::new(station.around().clone(), &kind.name, data.clone());
    let dues = catalogue::dues(kind, &data::taken(view), &ctx, holidays);
    drop(ctx);
    let dues = dues.into_iter().map(|due| (due.limit.clone(), due));
    Arc::make_mut(&mut data).limits = dues.collect();
    data
}

/// The time limits of a record that have begun, in the order of their names: what is due, and
/// what is overdue by how much. Of a kind that the catalogue does not know there are none.
pub fn dues(view: &View, station: &Station) -> Vec<Due> {
    let kind = station.catalogue().kinds.get(&view.kind);
    let data = kind.map(|kind| read(view, kind, station));
    data.map_or_else(Vec::new, |data| data.limits.values().cloned().collect())
}

/// A column of a book, as the records of one kind fill it.
pub(super) struct Place<'a> {
    pub column: &'a Column,
    content: Content<'a>,
}

enum Content<'a> {
    Expr(&'a Expr),
    Field(&'a Field),
}

impl<'a> Place<'a> {
    /// The columns of a book to which records of this kind have something to say.
    pub fn all(book: &'a Book, source: &'a Source, kind: &'a Kind) -> Vec<Place<'a>> {
        let place = |column: &'a Column| {
            let content = match (book.cell(source, column), &column.field) {
                (Some(expr), _) => Content::Expr(expr),
                (None, Some(name)) => Content::Field(kind.field(name)?),
                (None, None) => return None,
            };
            Some(Place { column, content })
        };
        book.columns.iter().filter_map(place).collect()
    }

    /// The fields that it reads. A fact that stands for the kind's clock counts as that field.
    pub fn fields(&self, kind: &'a Kind) -> BTreeSet<&'a str> {
        match self.content {
            Content::Expr(expr) => {
                let clock = expr.facts().any(|fact| fact == "happened");
                let clock = kind.clock.as_deref().filter(|_| clock);
                let limits = expr.limits().flat_map(|name| kind.limits_of(name));
                expr.fields()
                    .chain(clock)
                    .chain(limits.flat_map(Limit::fields))
                    .collect()
            }
            Content::Field(field) => BTreeSet::from([field.name.as_str()]),
        }
    }
}

impl<'a> Reading<'a> {
    pub fn of(view: &'a View, kind: &'a Kind, station: &'a Station) -> Reading<'a> {
        let mut reading = Reading {
            view,
            kind,
            station,
            data: read(view, kind, station),
            breaches: Breaches::default(),
        };
        let breaches = breach::of(&reading);
        let required = breach::required(&reading).count();
        let facts = &mut Arc::make_mut(&mut reading.data).facts;
        facts.required = u32::try_from(required).unwrap_or(u32::MAX);
        facts.missing = u32::try_from(breaches.missing.len()).unwrap_or(u32::MAX);
        facts.breaches = u32::try_from(breaches.steps.len()).unwrap_or(u32::MAX);
        facts.amended = amend::is_amended(view, kind);
        reading.breaches = breaches;
        reading
    }

    pub fn context(&self, data: &Arc<RecordData>) -> ExprContext {
        ExprContext::new(self.station.around().clone(), &self.kind.name, data.clone())
    }

    /// What a column prints of the record's data; nothing where it has nothing to say.
    pub fn cell(
        &self,
        place: &Place<'_>,
        data: &Arc<RecordData>,
        per: Option<&str>,
    ) -> Option<LineCell> {
        match place.content {
            Content::Expr(expr) => {
                let mut ctx = self.context(data);
                if let Some(per) = per {
                    ctx = ctx.on_line_of(per);
                }
                evaluated(expr, &ctx, place.column.fold).unwrap_or(Some(LineCell::Unreadable))
            }
            Content::Field(field) => {
                let empty = Datum::Empty;
                let datum = data.fields.get(&field.name).unwrap_or(&empty);
                self.printed(field, datum, place.column.fold)
            }
        }
    }

    /// What the record says at the foot of the page.
    pub fn summary(&self, source: &Source) -> Option<Said> {
        let ctx = self.context(&self.data);
        let text = |language| {
            let text = source.summary.as_ref()?.text(&ctx.in_language(language));
            text.ok().filter(|text| !text.is_empty())
        };
        Some(Said {
            zh: text(Language::Zh)?,
            en: text(Language::En)?,
        })
    }

    fn printed(&self, field: &Field, datum: &Datum, fold: Fold) -> Option<LineCell> {
        match (fold, datum) {
            (Fold::Sum, Datum::Integer(n)) => Some(LineCell::Number(amount(field, *n))),
            (Fold::Sum, Datum::Decimal(n)) if n.is_finite() => Some(LineCell::Number(*n)),
            (Fold::Span, Datum::Instant(at)) => Some(LineCell::Span(*at, *at)),
            (
                Fold::First
                | Fold::List
                | Fold::Once
                | Fold::Sum
                | Fold::Span
                | Fold::Refs
                | Fold::Sheets,
                Datum::Empty
                | Datum::Text(_)
                | Datum::Integer(_)
                | Datum::Decimal(_)
                | Datum::Boolean(_)
                | Datum::Instant(_)
                | Datum::Point { .. }
                | Datum::Track { .. }
                | Datum::List(_)
                | Datum::Rows(_),
            ) => said(self.field_text(field, datum)),
        }
    }

    pub fn field_text(&self, field: &Field, datum: &Datum) -> Said {
        let around = self.station.around();
        Said {
            zh: display(field, datum, around, Language::Zh),
            en: display(field, datum, around, Language::En),
        }
    }
}

/// Sums of money are in yuan, as the register prints them.
#[expect(
    clippy::cast_precision_loss,
    reason = "a sum beyond 2^53 is no sum of a station"
)]
fn amount(field: &Field, n: i64) -> f64 {
    match field.ty {
        crate::catalogue::FieldType::Money => n as f64 / 100.0,
        _ => n as f64,
    }
}

fn evaluated(expr: &Expr, ctx: &ExprContext, fold: Fold) -> Result<Option<LineCell>, ExprError> {
    let found = match fold {
        Fold::First | Fold::List | Fold::Once => None,
        Fold::Sum => expr
            .number(ctx)?
            .filter(|n| n.is_finite())
            .map(LineCell::Number),
        Fold::Span => expr
            .span(ctx)?
            .map(|(from, until)| LineCell::Span(from, until)),
        Fold::Refs | Fold::Sheets => {
            let references = expr.list(ctx)?;
            return Ok((!references.is_empty()).then_some(LineCell::Refs(references)));
        }
    };
    if found.is_some() {
        return Ok(found);
    }
    // What does not fit the fold is printed as it stands: nothing an officer wrote disappears.
    let text = |language| {
        let ctx = ctx.in_language(language);
        match fold {
            Fold::Span => joined(expr, &ctx),
            Fold::First | Fold::List | Fold::Once | Fold::Sum | Fold::Refs | Fold::Sheets => {
                expr.text(&ctx)
            }
        }
    };
    Ok(said(Said {
        zh: text(Language::Zh)?,
        en: text(Language::En)?,
    }))
}

/// The items of a list that say something.
fn joined(expr: &Expr, ctx: &ExprContext) -> Result<String, ExprError> {
    let value = expr.eval(ctx)?;
    if value.kind() != ValueKind::Seq {
        return expr.text(ctx);
    }
    let items = value.try_iter().into_iter().flatten();
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    let items: Vec<&str> = items.iter().map(|item| item.trim()).collect();
    let items: Vec<&str> = items.into_iter().filter(|item| !item.is_empty()).collect();
    Ok(items.join("—"))
}

fn said(text: Said) -> Option<LineCell> {
    let text = Said {
        zh: text.zh.trim().to_owned(),
        en: text.en.trim().to_owned(),
    };
    (!text.is_empty()).then_some(LineCell::Text(text))
}
