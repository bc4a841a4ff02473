//! A record as the catalogue's expressions see it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::change::Scalar;
use super::parts;
use super::state::{self, Progress};
use super::value;
use super::view::{Entry, View};
use crate::catalogue::{
    Datum, Facts, Field, FieldType, Holds, Kind, RecordData, StepEvent, Taken, day_of,
};

/// The record for expressions. `reviewer` and time limits are known to the books alone.
pub fn record_data(view: &View, kind: &Kind, offset: i32) -> RecordData {
    let fields = kind
        .fields
        .iter()
        .map(|field| (field.name.clone(), datum(view, field)))
        .collect();
    RecordData {
        fields,
        steps: steps(view),
        limits: BTreeMap::new(),
        facts: Facts {
            id: view.record.to_string(),
            author: view.author().map(ToString::to_string).unwrap_or_default(),
            state: Progress::of(view).state().unwrap_or_default().to_owned(),
            registered: registered(view),
            happened: Some(happened(view, kind, offset)),
            reviewer: None,
            trail: trail(view),
            ..Facts::default()
        },
    }
}

/// When the server received the record's first change.
pub fn registered(view: &View) -> Option<i64> {
    let origin = &view.changes.first()?.origin;
    origin.entry.and(origin.received_at)
}

/// When it happened, in milliseconds since 1970: by the kind's clock, or when it was made.
pub fn happened(view: &View, kind: &Kind, offset: i32) -> i64 {
    let clock = kind.clock.as_deref();
    let by_clock = clock
        .and_then(|clock| state::value(view, clock))
        .and_then(|at| match at {
            Scalar::Int(ms) => Some(*ms),
            Scalar::Str(date) => {
                let days = date
                    .parse::<Date>()
                    .ok()?
                    .since(Date::constant(1970, 1, 1))
                    .ok()?
                    .get_days();
                Some(i64::from(days) * 86_400_000 - i64::from(offset) * 60_000)
            }
            Scalar::Null | Scalar::Bool(_) | Scalar::Bytes(_) => None,
        });
    by_clock
        .or_else(|| view.changes.first().map(|first| first.origin.at))
        .unwrap_or_default()
}

/// The record's day in the station's time zone.
pub fn day(view: &View, kind: &Kind, offset: i32) -> Option<Date> {
    day_of(happened(view, kind, offset), offset)
}

/// What a field holds, as expressions see it.
pub fn datum(view: &View, field: &Field) -> Datum {
    if field.many {
        let values = parts::values(view, &field.name);
        let data = values.into_iter().map(|value| single(field, value));
        return Datum::List(data.collect());
    }
    if field.is_rows() {
        let rows = parts::rows(view, &field.name);
        let row = |part: &parts::RowPart<'_>| -> BTreeMap<String, Datum> {
            let cells = field.row_cells().iter();
            cells
                .filter_map(|cell| Some((cell, part.cell(&cell.name)?)))
                .map(|(cell, value)| (cell.name.clone(), single(cell, value)))
                .collect()
        };
        return Datum::Rows(
            rows.iter()
                .filter(|part| !part.is_gone())
                .map(row)
                .collect(),
        );
    }
    match field.ty.holds() {
        Holds::Points => track(view, field),
        Holds::Text => view
            .texts
            .get(&field.name)
            .map_or(Datum::Empty, |text| Datum::Text(text.text.clone())),
        Holds::Value => {
            state::value(view, &field.name).map_or(Datum::Empty, |value| single(field, value))
        }
    }
}

fn track(view: &View, field: &Field) -> Datum {
    let points = parts::points(view, &field.name);
    let mut seconds: Vec<i64> = points.iter().map(|point| point.seconds).collect();
    seconds.sort_unstable();
    let minutes = seconds
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]) / 60);
    Datum::Track {
        points: points.len() as u64,
        pauses: minutes
            .filter(|minutes| *minutes > 0)
            .filter_map(|minutes| u32::try_from(minutes).ok())
            .collect(),
    }
}

/// One value of a field, cell or member, as expressions see it.
pub fn single(field: &Field, value: &Scalar) -> Datum {
    match (field.ty, value) {
        (_, Scalar::Null) => Datum::Empty,
        (FieldType::Instant, Scalar::Int(ms)) => Datum::Instant(*ms),
        (FieldType::Decimal, Scalar::Str(text)) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Datum::Decimal(number),
            // `NaN` and `inf` are numbers to a program and to nobody else.
            Ok(_) | Err(_) => Datum::Text(text.clone()),
        },
        (_, Scalar::Bool(yes)) => Datum::Boolean(*yes),
        (_, Scalar::Int(n)) => Datum::Integer(*n),
        (_, Scalar::Str(text)) => Datum::Text(text.clone()),
        (_, Scalar::Bytes(bytes)) => {
            value::degrees(bytes).map_or(Datum::Empty, |(lat, lon)| Datum::Point { lat, lon })
        }
    }
}

/// More steps than any work takes; the last ones tell where it stands.
const MAX_TRAIL: usize = 100;

fn trail(view: &View) -> String {
    let at = |step: &Entry| {
        step.values
            .get("at")
            .and_then(Scalar::as_int)
            .unwrap_or_default()
    };
    let written = |step: &Entry| {
        let to = step.text("to").unwrap_or_default();
        format!("{}@{}", to.replace([';', '@', '?'], "_"), at(step))
    };
    let skipped = view.steps.len().saturating_sub(MAX_TRAIL);
    let mut trail: Vec<String> = view.steps.iter().skip(skipped).map(written).collect();
    if let Progress::Contested(steps) = Progress::of(view) {
        let since = steps.into_iter().map(at).min().unwrap_or_default();
        trail.push(format!("?@{since}"));
    }
    trail.join(";")
}

/// The steps with their times, in the shared order.
pub fn taken(view: &View) -> Vec<Taken<'_>> {
    let taken = view.steps.iter().filter_map(|step| {
        let at = step.values.get("at").and_then(Scalar::as_int)?;
        let to = step.text("to")?;
        Some(Taken { to, at })
    });
    taken.collect()
}

fn steps(view: &View) -> BTreeMap<String, StepEvent> {
    let mut events = BTreeMap::new();
    for step in &view.steps {
        let text = |name: &str| step.text(name).unwrap_or_default().to_owned();
        let at = step.values.get("at").and_then(Scalar::as_int);
        let event = StepEvent {
            at: at.unwrap_or_default(),
            by: text("by"),
            note: text("note"),
        };
        events.insert(text("to"), event);
    }
    events
}
