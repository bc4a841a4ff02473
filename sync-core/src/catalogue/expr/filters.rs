//! The filters that expressions may use: these and no others.

use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::civil::Date;
use minijinja::value::{Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

use super::context::{Datum, HIDDEN, Many, Part, Root, View, empty};
use super::reference::Ref;
use super::{display, tables};
use crate::catalogue::Language;

/// What must stand directly before a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Any,
    /// `f.name`: the filter is told the name as its first argument.
    Field,
    /// `f`.
    Record,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub name: &'static str,
    pub operand: Operand,
    pub args: RangeInclusive<usize>,
    pub usage: &'static str,
}

const fn filter(
    name: &'static str,
    operand: Operand,
    args: RangeInclusive<usize>,
    usage: &'static str,
) -> Filter {
    Filter {
        name,
        operand,
        args,
        usage,
    }
}

pub(super) const FILTERS: &[Filter] = &[
    filter("time", Operand::Any, 0..=0, "write `f.at|time`"),
    filter("moment", Operand::Any, 0..=0, "write `f.at|moment`"),
    filter(
        "day",
        Operand::Any,
        0..=0,
        "write `f.at|day` or `s.step|day`",
    ),
    filter(
        "date_weekday",
        Operand::Any,
        0..=0,
        "write `f.day|date_weekday`",
    ),
    filter(
        "label",
        Operand::Field,
        0..=0,
        "write `f.choice|label` or `r.state|label`",
    ),
    filter("printed", Operand::Field, 0..=0, "write `f.field|printed`"),
    filter("officer", Operand::Any, 0..=0, "write `r.author|officer`"),
    filter(
        "officers",
        Operand::Any,
        1..=2,
        "write `f.people|officers('name', 'certificate')`",
    ),
    filter(
        "rows",
        Operand::Field,
        1..=16,
        "write `f.table|rows('cell', 'cell')`",
    ),
    filter(
        "each",
        Operand::Field,
        1..=1,
        "write `f.table|each('cell')`",
    ),
    filter("ref", Operand::Any, 1..=1, "write `f.link|ref('R3')`"),
    filter(
        "minutes",
        Operand::Record,
        2..=2,
        "write `f|minutes('from', 'until')`",
    ),
    filter(
        "period",
        Operand::Record,
        2..=2,
        "write `f|period('from', 'until')`",
    ),
    filter(
        "rows_of",
        Operand::Field,
        3..=16,
        "write `f.table|rows_of('cell', 'code', 'cell to print')`",
    ),
    filter(
        "count",
        Operand::Field,
        2..=16,
        "write `f.table|count('cell', 'code', 'or this code')`",
    ),
    filter(
        "sum",
        Operand::Field,
        1..=1,
        "write `f.table|sum('amount')`",
    ),
    filter(
        "longest",
        Operand::Field,
        2..=2,
        "write `f.table|longest('from', 'until')`",
    ),
    filter(
        "certified",
        Operand::Any,
        0..=0,
        "write `f.people|certified`",
    ),
    filter("deadline", Operand::Any, 0..=0, "write `l.limit|deadline`"),
    filter("given", Operand::Field, 0..=0, "write `f.field|given`"),
    filter("say", Operand::Any, 1..=1, "write `'是'|say('Yes')`"),
    filter("money", Operand::Any, 0..=0, "write `f.amount|money`"),
    filter("length", Operand::Any, 0..=0, "write `f.people|length`"),
];

/// What `officers` can say of a person.
pub(in crate::catalogue) const OFFICER_PARTS: &[&str] = &["name", "certificate"];

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_filter("time", time);
    env.add_filter("moment", moment);
    env.add_filter("day", day);
    env.add_filter("date_weekday", date_weekday);
    env.add_filter("label", printed);
    env.add_filter("printed", printed);
    env.add_filter("officer", officer);
    env.add_filter("officers", officers);
    env.add_filter("rows", tables::rows);
    env.add_filter("each", tables::each);
    env.add_filter("ref", reference);
    env.add_filter("minutes", minutes);
    env.add_filter("period", period);
    env.add_filter("rows_of", tables::rows_of);
    env.add_filter("count", tables::count);
    env.add_filter("sum", tables::sum);
    env.add_filter("longest", tables::longest);
    env.add_filter("certified", certified);
    env.add_filter("deadline", deadline);
    env.add_filter("given", given);
    env.add_filter("say", say);
    env.add_filter("money", money);
    env.add_filter("length", length);
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

pub(super) fn root(state: &State<'_, '_>) -> Result<Arc<Root>, Error> {
    state
        .lookup(HIDDEN)
        .and_then(|hidden| hidden.downcast_object::<View>())
        .map(|view| view.root.clone())
        .ok_or_else(|| wrong("no record to look at".to_owned()))
}

/// Milliseconds, of an instant or of a step that was taken.
fn millis(value: &Value) -> Option<i64> {
    match value.downcast_object_ref::<View>() {
        Some(View {
            part: Part::Step(event),
            ..
        }) => Some(event.at),
        Some(_) => None,
        None if value.is_integer() => value.as_i64(),
        None => None,
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_str() == Some("")
}

fn time(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if let Some(at) = millis(value) {
        let root = root(state)?;
        return Ok(Value::from(display::clock_time(at, root.around.offset)));
    }
    as_it_stands(value, "time")
}

fn moment(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if let Some(at) = millis(value) {
        let root = root(state)?;
        let text = display::spoken(at, root.around.offset, root.language);
        return Ok(Value::from(text));
    }
    as_it_stands(value, "moment")
}

fn day(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    match civil_day(state, value)? {
        Some(day) => Ok(Value::from(display::day(day, root(state)?.language))),
        None => as_it_stands(value, "day"),
    }
}

fn date_weekday(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let Some(day) = civil_day(state, value)? else {
        return as_it_stands(value, "date_weekday");
    };
    let language = root(state)?.language;
    let (day, weekday) = (display::day(day, language), display::weekday(day, language));
    Ok(Value::from(format!("{day} {weekday}")))
}

fn civil_day(state: &State<'_, '_>, value: &Value) -> Result<Option<Date>, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.parse().ok());
    }
    let root = root(state)?;
    let at = millis(value).and_then(|at| display::civil_of(at, root.around.offset));
    Ok(at.map(|at| at.date()))
}

/// A text that is no moment is printed as it was written; a list or a number is a mistake of
/// the catalogue.
fn as_it_stands(value: &Value, filter: &str) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => Ok(value.clone()),
        // A moment outside the calendar.
        ValueKind::Number if value.is_integer() => Ok(empty()),
        kind => Err(wrong(format!("`{filter}` of a {kind}"))),
    }
}

fn printed(state: &State<'_, '_>, value: &Value, field: &str) -> Result<Value, Error> {
    let root = root(state)?;
    if field == "@state" {
        let name = value.as_str().unwrap_or_default();
        let step = root.kind().and_then(|kind| kind.step(name));
        let text = step.map_or(name, |step| step.label.get(root.language));
        return Ok(Value::from(text));
    }
    let known = root.field(field).ok_or_else(|| unknown(field))?;
    let text = display::display(known, root.datum(field), &root.around, root.language);
    state.consume_fuel(text.len() as u64)?;
    Ok(Value::from(text))
}

pub(super) fn unknown(field: &str) -> Error {
    wrong(format!("unknown field `{field}`"))
}

fn officer(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    officers(state, value, Rest(vec!["name".to_owned()]))
}

fn officers(state: &State<'_, '_>, value: &Value, parts: Rest<String>) -> Result<Value, Error> {
    let root = root(state)?;
    let one = |code: &str| {
        let mut texts = parts.iter().map(|part| match part.as_str() {
            "certificate" => root.around.people.certificate(code).unwrap_or_default(),
            _ => display::person(code, &root.around, root.language),
        });
        let first = texts.next().unwrap_or_default();
        let others: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
        if others.is_empty() {
            first
        } else {
            format!("{first}({})", others.join(", "))
        }
    };
    let texts = codes(value)?
        .iter()
        .map(|code| one(code))
        .collect::<Vec<_>>();
    state.consume_fuel(texts.len() as u64)?;
    Ok(Value::from(texts.join(root.language.pick("、", ", "))))
}

/// The texts of one value or of several.
fn codes(value: &Value) -> Result<Vec<String>, Error> {
    if let Some(many) = value.downcast_object_ref::<Many>() {
        return Ok(many.0.iter().map(Value::to_string).collect());
    }
    match value.as_str() {
        Some("") => Ok(Vec::new()),
        Some(code) => Ok(vec![code.to_owned()]),
        None => Err(wrong(format!(
            "a {} names nobody and nothing",
            value.kind()
        ))),
    }
}

/// How many of these people have a certificate of enforcement.
fn certified(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let root = root(state)?;
    let mut people = codes(value)?;
    people.sort();
    people.dedup();
    let has = |code: &&String| root.around.people.certificate(code).is_some();
    Ok(Value::from(people.iter().filter(has).count()))
}

/// The last day of a limit, or the moment where it ends with one.
fn deadline(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let root = root(state)?;
    let (offset, language) = (root.around.offset, root.language);
    match value.downcast_object_ref::<View>() {
        Some(View {
            part: Part::Limit(due),
            ..
        }) => Ok(Value::from(match due.last_day(offset) {
            _ if due.to_the_minute => display::spoken(due.due, offset, language),
            Some(day) => display::day(day, language),
            None => String::new(),
        })),
        Some(_) => Err(wrong("`deadline` of what is no limit".to_owned())),
        None if is_empty(value) => Ok(empty()),
        None => Err(wrong(format!("`deadline` of a {}", value.kind()))),
    }
}

/// Whether anything was written there: an answer "no" is one.
fn given(state: &State<'_, '_>, _: &Value, field: &str) -> Result<Value, Error> {
    let root = root(state)?;
    Ok(Value::from(*root.datum(field) != Datum::Empty))
}

/// The text before it in Chinese, its argument in English.
fn say(state: &State<'_, '_>, value: &Value, english: &str) -> Result<Value, Error> {
    match root(state)?.language {
        Language::Zh => Ok(value.clone()),
        Language::En => Ok(Value::from(english)),
    }
}

fn period(state: &State<'_, '_>, _: &Value, from: &str, until: &str) -> Result<Value, Error> {
    let root = root(state)?;
    let (from, until) = (instant(&root, from), instant(&root, until));
    let (offset, language) = (root.around.offset, root.language);
    let text = from.and_then(|from| display::sitting(from, until, offset, language));
    Ok(text.map_or_else(empty, Value::from))
}

fn instant(root: &Root, field: &str) -> Option<i64> {
    root.datum(field).as_instant()
}

fn reference(value: &Value, book: &str) -> Result<Value, Error> {
    let references = codes(value)?.into_iter().map(|record| {
        let book = book.to_owned();
        Value::from(Ref { book, record }.to_string())
    });
    Ok(Value::from_object(Many(references.collect())))
}

fn minutes(state: &State<'_, '_>, _: &Value, from: &str, until: &str) -> Result<Value, Error> {
    let root = root(state)?;
    let length = instant(&root, from)
        .zip(instant(&root, until))
        .map(|(from, until)| until.saturating_sub(from).div_euclid(60_000));
    Ok(length.map_or_else(empty, Value::from))
}

fn money(value: &Value) -> Result<Value, Error> {
    match value.as_i64() {
        Some(fen) => Ok(Value::from(display::money(fen))),
        None if is_empty(value) => Ok(empty()),
        None => Err(wrong(format!("`money` of a {}", value.kind()))),
    }
}

fn length(value: &Value) -> Result<Value, Error> {
    match value.len() {
        Some(length) => Ok(Value::from(length)),
        None => Err(wrong(format!("`length` of a {}", value.kind()))),
    }
}
