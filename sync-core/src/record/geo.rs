//! Where did it happen: a record's places as geometries of GeoJSON (RFC 7946: WGS 84, longitude
//! first).

use serde_json::{Value, json};

use super::parts;
use super::state;
use super::track::Point;
use super::value::to_json;
use super::view::View;
use crate::catalogue::{FieldType, Kind};

/// A longer silence of a phone is a gap in its track: nobody knows the way between.
pub const GAP_SECONDS: i64 = 300;

const MICRO: f64 = 1e6;

/// A field that says where.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub field: String,
    /// A way that a person went, and not a spot.
    pub is_track: bool,
    /// Null where the field is empty.
    pub geometry: Value,
}

/// Every field of the kind that says where, also the empty ones.
pub fn places(view: &View, kind: &Kind) -> Vec<Place> {
    let fields = kind.fields.iter();
    fields
        .filter_map(|field| {
            let is_track = field.ty == FieldType::Track;
            let geometry = match field.ty {
                FieldType::Track => way(&parts::points(view, &field.name)),
                FieldType::Point => spot(view, &field.name),
                _ => return None,
            };
            Some(Place {
                field: field.name.clone(),
                is_track,
                geometry,
            })
        })
        .collect()
}

fn spot(view: &View, field: &str) -> Value {
    let at = state::value(view, field).map(|value| to_json(FieldType::Point, value));
    match at.as_ref().and_then(Value::as_array).map(Vec::as_slice) {
        Some([latitude, longitude]) => {
            json!({"type": "Point", "coordinates": [longitude, latitude]})
        }
        Some(_) | None => Value::Null,
    }
}

/// A line, or several where the phone fell silent. A spot that stands alone is a line of no
/// length, because a line has two positions at least.
fn way(points: &[Point]) -> Value {
    let follows = |a: &Point, b: &Point| (0..=GAP_SECONDS).contains(&(b.seconds - a.seconds));
    let mut lines = points.chunk_by(follows).map(line);
    match (lines.next(), lines.next()) {
        (None, _) => Value::Null,
        (Some(_), None) if points.len() == 1 => {
            json!({"type": "Point", "coordinates": position(&points[0])})
        }
        (Some(line), None) => json!({"type": "LineString", "coordinates": line}),
        (Some(first), Some(second)) => {
            let all: Vec<Value> = [first, second].into_iter().chain(lines).collect();
            json!({"type": "MultiLineString", "coordinates": all})
        }
    }
}

fn line(points: &[Point]) -> Value {
    let again = points.first().filter(|_| points.len() == 1);
    points.iter().chain(again).map(position).collect()
}

fn position(point: &Point) -> Value {
    json!([
        point.longitude as f64 / MICRO,
        point.latitude as f64 / MICRO
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, east: i64) -> Point {
        Point {
            seconds,
            latitude: 30_650_000,
            longitude: 104_060_000 + east,
            accuracy: 5,
        }
    }

    #[test]
    fn a_track_is_a_line_and_breaks_where_the_phone_fell_silent() {
        let whole = [at(0, 0), at(60, 10), at(60 + GAP_SECONDS, 20)];
        assert_eq!(
            way(&whole),
            json!({"type": "LineString",
                "coordinates": [[104.06, 30.65], [104.06001, 30.65], [104.06002, 30.65]]})
        );
        let broken = [at(0, 0), at(60, 10), at(61 + GAP_SECONDS, 20)];
        assert_eq!(
            way(&broken),
            json!({"type": "MultiLineString", "coordinates": [
                [[104.06, 30.65], [104.06001, 30.65]],
                [[104.06002, 30.65], [104.06002, 30.65]]]})
        );
        // Two phones' chunks one after the other: time goes back.
        assert_eq!(way(&[at(90, 0), at(30, 10)])["type"], "MultiLineString");
    }

    #[test]
    fn one_point_is_a_point_and_none_is_nothing() {
        assert_eq!(
            way(&[at(0, 0)]),
            json!({"type": "Point", "coordinates": [104.06, 30.65]})
        );
        assert_eq!(way(&[]), Value::Null);
    }
}
