//! Values of fields between the three forms they take: what people and files write, what a record
//! stores, and what exports show.
//!
//! | type | stored | in JSON |
//! |---|---|---|
//! | text, long_text, choice, phone, id_number, person | string | string |
//! | record | string: the id in hexadecimal | string |
//! | date, time | `2026-05-11`, `14:05` | string |
//! | decimal | string, as written | string |
//! | integer | integer | number |
//! | money | integer: fen | number |
//! | duration | integer: minutes | number |
//! | instant | integer: milliseconds since 1970 | `2026-05-11T12:04:54.496Z` |
//! | boolean | boolean | true or false |
//! | point | 8 bytes: latitude and longitude in 1e-7 degrees, big-endian | `[23.923286, 108.943755]` |
//! | track | byte chunks, see [`super::track`] | `[[seconds, latitude, longitude, accuracy], ...]` |

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::{Number, Value};

use super::change::{MAX_SCALAR, Scalar};
use super::track;
use crate::catalogue::{Field, FieldType};

/// The first and last instant a record may name: the years 1 to 9999.
const INSTANTS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;
const DEGREES: f64 = 1e7;

/// A value that a field cannot hold, with what it can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} takes {wanted}; {}", fault(.given, *.too_long))]
pub struct BadValue {
    pub field: String,
    pub wanted: &'static str,
    /// Its beginning.
    pub given: String,
    /// Its length in bytes, where a shorter text would do.
    pub too_long: Option<usize>,
}

fn fault(given: &str, too_long: Option<usize>) -> String {
    match too_long {
        Some(length) => format!("this one has {length} bytes: write it shorter or in parts"),
        None => format!("{given} is not"),
    }
}

/// Whether a stored value has the form its field's type asks for. (An emptied field always has.)
pub fn fits(field: &Field, value: &Scalar) -> bool {
    match (field.ty, value) {
        (_, Scalar::Null) => true,
        (
            FieldType::Text
            | FieldType::LongText
            | FieldType::Choice
            | FieldType::Decimal
            | FieldType::Date
            | FieldType::Time
            | FieldType::Phone
            | FieldType::IdNumber
            | FieldType::Person
            | FieldType::Record,
            Scalar::Str(text),
        ) => text.len() <= MAX_SCALAR,
        (FieldType::Integer | FieldType::Money | FieldType::Duration, Scalar::Int(_)) => true,
        (FieldType::Instant, Scalar::Int(ms)) => INSTANTS.contains(ms),
        (FieldType::Boolean, Scalar::Bool(_)) => true,
        (FieldType::Point, Scalar::Bytes(bytes)) => bytes.len() == 8,
        (FieldType::Track, Scalar::Bytes(bytes)) => track::unpack(bytes).is_some(),
        (
            FieldType::Text
            | FieldType::LongText
            | FieldType::CoText
            | FieldType::Choice
            | FieldType::Integer
            | FieldType::Decimal
            | FieldType::Money
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Time
            | FieldType::Instant
            | FieldType::Duration
            | FieldType::Point
            | FieldType::Track
            | FieldType::Phone
            | FieldType::IdNumber
            | FieldType::Person
            | FieldType::Record
            | FieldType::Evidence
            | FieldType::Table,
            Scalar::Bool(_) | Scalar::Int(_) | Scalar::Str(_) | Scalar::Bytes(_),
        ) => false,
    }
}

/// What a field of the type takes, for people.
fn wanted(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Text
        | FieldType::LongText
        | FieldType::Choice
        | FieldType::Phone
        | FieldType::IdNumber
        | FieldType::Person => "a text of at most 16 KiB, some 5400 Chinese characters",
        FieldType::CoText => "a text that is written together",
        FieldType::Integer => "a whole number",
        FieldType::Decimal => "a decimal number",
        FieldType::Money => "a whole number of fen, or yuan with two decimals",
        FieldType::Boolean => "true or false",
        FieldType::Date => "a date such as 2026-05-11",
        FieldType::Time => "a time such as 14:05",
        FieldType::Instant => "a moment such as 2026-05-11T14:05:00+08:00",
        FieldType::Duration => "whole minutes",
        FieldType::Point => "latitude and longitude in degrees",
        FieldType::Track => "points of seconds, latitude, longitude and accuracy",
        FieldType::Record => "the id of a record, 32 hexadecimal digits",
        FieldType::Evidence => "files with sha256, mime, size and name",
        FieldType::Table => "rows",
    }
}

/// How much of what was given a complaint quotes.
const QUOTED: usize = 80;

fn bad(field: &Field, given: impl ToString) -> BadValue {
    BadValue {
        field: field.name.clone(),
        wanted: wanted(field.ty),
        given: given.to_string().chars().take(QUOTED).collect(),
        too_long: None,
    }
}

fn bad_text(field: &Field, text: &str) -> BadValue {
    let given: String = text.chars().take(QUOTED).collect();
    BadValue {
        too_long: (holds_text(field.ty) && text.len() > MAX_SCALAR).then_some(text.len()),
        ..bad(field, given)
    }
}

/// Whether a field of the type takes a text as it was written.
fn holds_text(ty: FieldType) -> bool {
    matches!(
        ty,
        FieldType::Text
            | FieldType::LongText
            | FieldType::Choice
            | FieldType::Phone
            | FieldType::IdNumber
            | FieldType::Person
    )
}

/// The stored form of a JSON value (for one member, where a field takes many).
pub fn from_json(field: &Field, json: &Value) -> Result<Scalar, BadValue> {
    let refused = || bad(field, json);
    let scalar = match (field.ty, json) {
        (_, Value::Null) => Scalar::Null,
        (FieldType::Boolean, Value::Bool(value)) => Scalar::Bool(*value),
        (
            FieldType::Integer | FieldType::Money | FieldType::Duration | FieldType::Instant,
            Value::Number(number),
        ) => Scalar::Int(number.as_i64().ok_or_else(refused)?),
        (FieldType::Decimal, Value::Number(number)) => Scalar::Str(number.to_string()),
        (FieldType::Point, Value::Array(pair)) => {
            let [lat, lon] = pair.as_slice() else {
                return Err(refused());
            };
            let degrees = |value: &Value| value.as_f64().ok_or_else(refused);
            point(degrees(lat)?, degrees(lon)?).ok_or_else(refused)?
        }
        (FieldType::Track, Value::Array(_)) => {
            let points = track::from_json(json).ok_or_else(refused)?;
            Scalar::Bytes(track::pack(&points).ok_or_else(refused)?)
        }
        (_, Value::String(text)) => return from_text(field, text),
        (_, Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err(refused());
        }
    };
    if fits(field, &scalar) {
        Ok(scalar)
    } else {
        Err(refused())
    }
}

/// The stored form of what a person typed (for one member, where a field takes many). An empty
/// text empties the field.
pub fn from_text(field: &Field, text: &str) -> Result<Scalar, BadValue> {
    let refused = || bad_text(field, text);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        let keeps = matches!(field.ty, FieldType::Text | FieldType::LongText) && !text.is_empty();
        return Ok(if keeps {
            Scalar::Str(text.to_owned())
        } else {
            Scalar::Null
        });
    }
    let scalar = match field.ty {
        FieldType::Text
        | FieldType::LongText
        | FieldType::Choice
        | FieldType::Phone
        | FieldType::IdNumber
        | FieldType::Person => Scalar::Str(text.to_owned()),
        FieldType::Decimal => {
            trimmed
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())
                .ok_or_else(refused)?;
            Scalar::Str(trimmed.to_owned())
        }
        FieldType::Integer | FieldType::Duration => {
            Scalar::Int(trimmed.parse().map_err(|_| refused())?)
        }
        FieldType::Money => Scalar::Int(fen(trimmed).ok_or_else(refused)?),
        FieldType::Boolean => match trimmed {
            "true" | "yes" | "是" => Scalar::Bool(true),
            "false" | "no" | "否" => Scalar::Bool(false),
            _ => return Err(refused()),
        },
        FieldType::Date => Scalar::Str(date(trimmed).ok_or_else(refused)?.to_string()),
        FieldType::Time => {
            let time = trimmed.parse::<Time>().map_err(|_| refused())?;
            Scalar::Str(format!("{:02}:{:02}", time.hour(), time.minute()))
        }
        FieldType::Instant => Scalar::Int(
            trimmed
                .parse::<Timestamp>()
                .map_err(|_| refused())?
                .as_millisecond(),
        ),
        FieldType::Point => {
            let (lat, lon) = trimmed.split_once([',', '，']).ok_or_else(refused)?;
            let degrees = |text: &str| text.trim().parse::<f64>().map_err(|_| refused());
            point(degrees(lat)?, degrees(lon)?).ok_or_else(refused)?
        }
        FieldType::Record => Scalar::Str(
            trimmed
                .parse::<crate::ids::RecordId>()
                .map_err(|_| refused())?
                .to_string(),
        ),
        FieldType::CoText | FieldType::Track | FieldType::Evidence | FieldType::Table => {
            return Err(refused());
        }
    };
    if fits(field, &scalar) {
        Ok(scalar)
    } else {
        Err(refused())
    }
}

/// A day of the years 1 to 9999, as four digits write them.
fn date(text: &str) -> Option<Date> {
    let date = text.parse::<Date>().ok()?;
    (date.year() > 0).then_some(date)
}

/// What an export shows of a stored value. A value of another form than the field's type (from a
/// newer phone) shows as it is.
pub fn to_json(ty: FieldType, scalar: &Scalar) -> Value {
    match (ty, scalar) {
        (FieldType::Instant, Scalar::Int(ms)) => instant(*ms).map_or(Value::Null, Value::String),
        (FieldType::Point, Scalar::Bytes(bytes)) => match degrees(bytes) {
            Some((lat, lon)) => Value::Array(vec![number(lat), number(lon)]),
            None => Value::Null,
        },
        (FieldType::Track, Scalar::Bytes(bytes)) => {
            track::unpack(bytes).map_or(Value::Null, |points| track::to_json(&points))
        }
        (_, Scalar::Null) => Value::Null,
        (_, Scalar::Bool(value)) => Value::Bool(*value),
        (_, Scalar::Int(value)) => Value::Number((*value).into()),
        (_, Scalar::Str(value)) => Value::String(value.clone()),
        (_, Scalar::Bytes(bytes)) => Value::String(data_encoding::HEXLOWER.encode(bytes)),
    }
}

/// `2026-05-11T12:04:54.496Z`
pub fn instant(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms)
        .ok()
        .map(|at| format!("{at:.3}"))
}

/// Latitude and longitude in degrees.
pub fn degrees(bytes: &[u8]) -> Option<(f64, f64)> {
    let (lat, lon) = (bytes.get(..4)?, bytes.get(4..8)?);
    let degrees = |bytes: &[u8]| {
        <[u8; 4]>::try_from(bytes)
            .ok()
            .map(|bytes| f64::from(i32::from_be_bytes(bytes)) / DEGREES)
    };
    Some((degrees(lat)?, degrees(lon)?))
}

fn point(lat: f64, lon: f64) -> Option<Scalar> {
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        return None;
    }
    let mut bytes = Vec::with_capacity(8);
    for value in [lat, lon] {
        bytes.extend_from_slice(&((value * DEGREES).round() as i32).to_be_bytes());
    }
    Some(Scalar::Bytes(bytes))
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// `50` or `50.00` yuan in fen.
fn fen(text: &str) -> Option<i64> {
    let (yuan, fen) = text.split_once('.').unwrap_or((text, ""));
    if fen.len() > 2 || !fen.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let negative = yuan.starts_with('-');
    let yuan: i64 = yuan.parse().ok()?;
    let fen: i64 = format!("{fen:0<2}").parse().ok()?;
    yuan.checked_mul(100)?
        .checked_add(if negative { -fen } else { fen })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Label, Merge, Required};
    use serde_json::json;

    fn field(ty: FieldType) -> Field {
        Field {
            name: "sample".into(),
            label: Label::new("样", "Sample"),
            ty,
            required: Required::Never,
            write: Vec::new(),
            merge: Merge::Flag,
            many: false,
            personal: None,
            codes: None,
            links: None,
            when: None,
            cells: Vec::new(),
        }
    }

    #[test]
    fn json_values_come_back_as_they_went_in() {
        for (ty, json) in [
            (FieldType::Text, json!("锦华苑3号楼🙂")),
            (FieldType::Integer, json!(-3)),
            (FieldType::Money, json!(5000)),
            (FieldType::Boolean, json!(true)),
            (FieldType::Date, json!("2026-05-11")),
            (FieldType::Time, json!("14:05")),
            (FieldType::Instant, json!("2026-05-11T12:04:54.496Z")),
            (FieldType::Instant, json!("2026-05-11T12:04:54.000Z")),
            (FieldType::Point, json!([23.923286, 108.943755])),
            (FieldType::Point, json!([-0.1, -179.9999999])),
            (
                FieldType::Track,
                json!([[20, 23.5, 108.25, 3], [47, 23.500123, 108.250001, 22]]),
            ),
        ] {
            let field = field(ty);
            let stored = from_json(&field, &json).unwrap();
            assert!(fits(&field, &stored), "{ty:?}");
            assert_eq!(to_json(ty, &stored), json, "{ty:?}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_form_is_refused_with_what_would_do() {
        let refused = from_text(&field(FieldType::Date), "昨天").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "sample takes a date such as 2026-05-11; 昨天 is not"
        );
        assert!(from_json(&field(FieldType::Point), &json!([91, 0])).is_err());
        assert!(from_json(&field(FieldType::Integer), &json!("twelve")).is_err());
        assert!(!fits(&field(FieldType::Instant), &Scalar::Int(i64::MAX)));
    }

    #[test]
    fn a_text_that_is_too_long_is_refused_with_its_length_and_the_limit() {
        let pasted = "长".repeat(10 * 1024 * 1024 / 3);
        for ty in [FieldType::Text, FieldType::LongText, FieldType::Choice] {
            for refused in [
                from_text(&field(ty), &pasted).unwrap_err(),
                from_json(&field(ty), &json!(pasted)).unwrap_err(),
            ] {
                assert_eq!(refused.too_long, Some(pasted.len()));
                assert!(refused.to_string().ends_with(
                    "at most 16 KiB, some 5400 Chinese characters; this one has 10485759 bytes: write it shorter or in parts"
                ), "{refused}");
                assert_eq!(refused.given.chars().count(), QUOTED);
            }
        }
        let refused = from_text(&field(FieldType::Date), &pasted).unwrap_err();
        assert_eq!(refused.too_long, None);
        assert!(from_text(&field(FieldType::Text), &"x".repeat(MAX_SCALAR)).is_ok());
    }

    #[test]
    fn days_and_moments_are_those_of_a_calendar_of_four_digits() {
        for (ty, good) in [
            (
                FieldType::Date,
                vec!["9999-12-31", "1900-01-01", "0001-01-01", "2028-02-29"],
            ),
            (FieldType::Time, vec!["00:00", "23:59", "09:05"]),
            (
                FieldType::Instant,
                vec![
                    "9999-12-30T21:59:59Z",
                    "1900-01-01T00:00:00+08:00",
                    "0001-01-02T00:00:00+08:00",
                ],
            ),
        ] {
            for text in good {
                assert!(from_text(&field(ty), text).is_ok(), "{text}");
            }
        }
        for (ty, odd) in [
            (
                FieldType::Date,
                vec![
                    "0000-01-01",
                    "-000001-01-01",
                    "10000-01-01",
                    "2026-02-29",
                    "1900-02-29",
                    "2026-13-01",
                    "2026-05-32",
                ],
            ),
            (FieldType::Time, vec!["24:00", "25:00", "12:60", "-1:00"]),
            (
                FieldType::Instant,
                vec![
                    "10000-01-01T00:00:00Z",
                    "0000-12-31T00:00:00Z",
                    "2026-05-11T24:00:00+08:00",
                    "2026-05-11",
                    "NaN",
                ],
            ),
            (
                FieldType::Duration,
                vec!["NaN", "1e9", "9223372036854775808"],
            ),
            (FieldType::Money, vec!["92233720368547758.08", "NaN", "1e3"]),
            (FieldType::Decimal, vec!["NaN", "inf", "-infinity", "1e999"]),
            (
                FieldType::Point,
                vec!["91,0", "0,181", "NaN,0", "0,inf", "0"],
            ),
        ] {
            for text in odd {
                let refused = from_text(&field(ty), text).unwrap_err();
                assert!(
                    refused.to_string().contains(wanted(ty)),
                    "{text}: {refused}"
                );
            }
        }
    }

    #[test]
    fn yuan_are_stored_in_fen() {
        assert_eq!(
            from_text(&field(FieldType::Money), "50.5"),
            Ok(Scalar::Int(5050))
        );
        assert_eq!(
            from_text(&field(FieldType::Money), "-0.05").ok(),
            Some(Scalar::Int(-5))
        );
        assert!(from_text(&field(FieldType::Money), "1.234").is_err());
    }
}
