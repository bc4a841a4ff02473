//! A record's values as pages print them.

use sync_core::book::mask;
use sync_core::catalogue::{Datum, Field, FieldType, display};
use sync_core::ids::RecordId;
use sync_core::record::change::Scalar;
use sync_core::record::value::{degrees, to_json};

use super::ink::Ink;
use super::sheet::Setter;

/// A field's value; one of another form than the field's, or of a field that the catalogue does
/// not know, shows as it is stored.
pub fn shown(setter: &Setter<'_>, field: Option<&Field>, value: &Scalar) -> Ink {
    let times = setter.station.times(setter.reader);
    let Some(field) = field else {
        return as_stored(value);
    };
    let text = match (field.ty, value) {
        (_, Scalar::Null) => return Ink::default(),
        (FieldType::Instant, Scalar::Int(at)) => times.moment(*at),
        (FieldType::Date, Scalar::Str(day)) => times.day(day),
        (FieldType::Money, Scalar::Int(_)) => {
            let yuan = printed(setter, field, value);
            setter.reader.words().yuan.replace("{n}", &yuan)
        }
        (FieldType::Record, Scalar::Str(id)) => return record(setter, id),
        (_, Scalar::Bytes(_)) if field.ty != FieldType::Point => return as_stored(value),
        (_, Scalar::Bool(_) | Scalar::Int(_) | Scalar::Str(_) | Scalar::Bytes(_)) => {
            printed(setter, field, value)
        }
    };
    match field.personal {
        Some(personal) => Ink::written(&mask(personal, &text)),
        None => Ink::written(&text),
    }
}

fn printed(setter: &Setter<'_>, field: &Field, value: &Scalar) -> String {
    let datum = match value {
        Scalar::Null => Datum::Empty,
        Scalar::Bool(yes) => Datum::Boolean(*yes),
        Scalar::Int(n) => Datum::Integer(*n),
        Scalar::Str(text) => Datum::Text(text.clone()),
        Scalar::Bytes(bytes) => {
            degrees(bytes).map_or(Datum::Empty, |(lat, lon)| Datum::Point { lat, lon })
        }
    };
    let around = setter.station.books.around();
    display(field, &datum, around, setter.reader.catalogue_language())
}

fn record(setter: &Setter<'_>, id: &str) -> Ink {
    match id.parse::<RecordId>() {
        Ok(record) => {
            let id = record.to_string();
            let href = setter.reader.to(&setter.station.record_path(&id));
            Ink::link(&href, &Ink::written(id.get(..8).unwrap_or(&id)))
        }
        Err(_) => Ink::written(id),
    }
}

fn as_stored(value: &Scalar) -> Ink {
    let json = to_json(FieldType::Text, value);
    match json.as_str() {
        Some(text) => Ink::written(text),
        None if json.is_null() => Ink::default(),
        None => Ink::written(&json.to_string()),
    }
}
