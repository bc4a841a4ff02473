//! A record of a kind with a value in every field and every step taken.

use std::collections::BTreeMap;

use super::super::{Catalogue, Datum, Due, Facts, Field, FieldType, Kind, RecordData, StepEvent};

/// 2026-05-11 09:00 in China.
const NOW: i64 = 1_778_461_200_000;

pub(super) fn full(kind: &Kind, catalogue: &Catalogue) -> RecordData {
    let fields = kind.fields.iter();
    let steps = kind.steps.iter().map(|step| {
        let event = StepEvent {
            at: NOW,
            by: "O0001".to_owned(),
            note: "x".to_owned(),
        };
        (step.to.clone(), event)
    });
    let limits = kind.limits.iter().map(|limit| {
        let due = Due {
            limit: limit.name.clone(),
            from: NOW,
            due: NOW,
            done: None,
            stopped: None,
            extended: 0,
            to_the_minute: false,
            excused: true,
        };
        (limit.name.clone(), due)
    });
    RecordData {
        fields: fields
            .map(|field| (field.name.clone(), value(field, catalogue)))
            .collect(),
        steps: steps.collect(),
        limits: limits.collect(),
        facts: Facts {
            id: "00000000000080008000000000000000".to_owned(),
            author: "O0001".to_owned(),
            state: kind
                .steps
                .last()
                .map(|step| step.to.clone())
                .unwrap_or_default(),
            registered: Some(NOW),
            happened: Some(NOW),
            reviewer: Some("O0002".to_owned()),
            trail: format!("x@{NOW}"),
            required: 7,
            missing: 1,
            breaches: 1,
            amended: true,
        },
    }
}

fn value(field: &Field, catalogue: &Catalogue) -> Datum {
    if field.many {
        return Datum::List(vec![single(field, catalogue); 2]);
    }
    single(field, catalogue)
}

fn single(field: &Field, catalogue: &Catalogue) -> Datum {
    let text = |text: &str| Datum::Text(text.to_owned());
    match field.ty {
        FieldType::Text | FieldType::LongText | FieldType::CoText => text("文字"),
        FieldType::Choice => {
            let list = field
                .codes
                .as_ref()
                .and_then(|name| catalogue.codes.get(name));
            let code = list.and_then(|list| list.codes.first());
            Datum::Text(code.map(|code| code.code.clone()).unwrap_or_default())
        }
        FieldType::Integer | FieldType::Money | FieldType::Duration => Datum::Integer(7),
        FieldType::Decimal => Datum::Decimal(0.5),
        FieldType::Boolean => Datum::Boolean(true),
        FieldType::Date => text("2026-05-11"),
        FieldType::Time => text("09:00"),
        FieldType::Instant => Datum::Instant(NOW),
        FieldType::Point => Datum::Point {
            lat: 31.2,
            lon: 121.5,
        },
        FieldType::Track => Datum::Track {
            points: 120,
            pauses: vec![12],
        },
        FieldType::Phone => text("13800000000"),
        FieldType::IdNumber => text("310000199001010000"),
        FieldType::Person => text("O0001"),
        FieldType::Record => text("00000000000080008000000000000000"),
        FieldType::Evidence | FieldType::Table => {
            let cells = field.row_cells().iter();
            let row = cells.map(|cell| (cell.name.clone(), value(cell, catalogue)));
            Datum::Rows(vec![row.collect::<BTreeMap<_, _>>(); 2])
        }
    }
}
