//! The way of a patrol, as byte chunks: the points of each chunk are stored as differences from
//! the point before, which takes a fifth of what maps of numbers take.
//!
//! A point is seconds since the patrol's start, latitude and longitude in degrees (kept to 1e-6,
//! some 10 cm) and accuracy in metres. A chunk is a version byte, then each point's four numbers
//! as variable-length differences (the first point's from zero), the sign in the lowest bit.

use serde_json::{Number, Value};

const VERSION: u8 = 1;
const MICRO: f64 = 1e6;
/// A chunk holds this many points at most.
pub const MAX_POINTS: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Seconds since the start.
    pub seconds: i64,
    /// In 1e-6 degrees.
    pub latitude: i64,
    pub longitude: i64,
    /// Metres.
    pub accuracy: i64,
}

impl Point {
    fn numbers(&self) -> [i64; 4] {
        [self.seconds, self.latitude, self.longitude, self.accuracy]
    }

    fn is_on_earth(&self) -> bool {
        (-90_000_000..=90_000_000).contains(&self.latitude)
            && (-180_000_000..=180_000_000).contains(&self.longitude)
            && (0..=100_000_000).contains(&self.seconds)
            && (0..=10_000_000).contains(&self.accuracy)
    }
}

/// One chunk of a track, or none if there are too many points or one is not on the earth.
pub fn pack(points: &[Point]) -> Option<Vec<u8>> {
    if points.len() > MAX_POINTS || !points.iter().all(Point::is_on_earth) {
        return None;
    }
    let mut bytes = vec![VERSION];
    let mut before = [0i64; 4];
    for point in points {
        let numbers = point.numbers();
        for (now, then) in numbers.iter().zip(before) {
            let difference = now - then;
            let mut left = ((difference << 1) ^ (difference >> 63)) as u64;
            while left >= 0x80 {
                bytes.push(left as u8 | 0x80);
                left >>= 7;
            }
            bytes.push(left as u8);
        }
        before = numbers;
    }
    Some(bytes)
}

/// The points of a chunk, or none if the bytes are not one.
pub fn unpack(bytes: &[u8]) -> Option<Vec<Point>> {
    let (version, mut rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let mut points = Vec::new();
    let mut now = [0i64; 4];
    while !rest.is_empty() {
        for number in &mut now {
            let mut value = 0u64;
            let mut shift = 0;
            loop {
                let (byte, after) = rest.split_first()?;
                rest = after;
                value |= u64::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
                shift += 7;
                if shift > 56 {
                    return None;
                }
            }
            let difference = (value >> 1) as i64 ^ -((value & 1) as i64);
            *number = number.checked_add(difference)?;
        }
        let [seconds, latitude, longitude, accuracy] = now;
        let point = Point {
            seconds,
            latitude,
            longitude,
            accuracy,
        };
        if !point.is_on_earth() || points.len() == MAX_POINTS {
            return None;
        }
        points.push(point);
    }
    Some(points)
}

/// `[[seconds, latitude, longitude, accuracy], ...]`
pub fn from_json(json: &Value) -> Option<Vec<Point>> {
    let point = |json: &Value| {
        let [seconds, latitude, longitude, accuracy] = json.as_array()?.as_slice() else {
            return None;
        };
        let micro = |json: &Value| {
            json.as_f64()
                .map(|degrees| (degrees * MICRO).round() as i64)
        };
        Some(Point {
            seconds: seconds.as_i64()?,
            latitude: micro(latitude)?,
            longitude: micro(longitude)?,
            accuracy: accuracy.as_i64()?,
        })
    };
    json.as_array()?.iter().map(point).collect()
}

pub fn to_json(points: &[Point]) -> Value {
    let degrees =
        |micro: i64| Number::from_f64(micro as f64 / MICRO).map_or(Value::Null, Value::Number);
    let points = points.iter().map(|point| {
        Value::Array(vec![
            point.seconds.into(),
            degrees(point.latitude),
            degrees(point.longitude),
            point.accuracy.into(),
        ])
    });
    Value::Array(points.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = Point> {
        (
            0..100_000i64,
            -90_000_000..=90_000_000i64,
            -180_000_000..=180_000_000i64,
            0..500i64,
        )
            .prop_map(|(seconds, latitude, longitude, accuracy)| Point {
                seconds,
                latitude,
                longitude,
                accuracy,
            })
    }

    proptest! {
        #[test]
        fn points_come_back_as_they_went_in(points in prop::collection::vec(point(), 0..50)) {
            let bytes = pack(&points).unwrap();
            prop_assert_eq!(unpack(&bytes), Some(points));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            unpack(&bytes);
        }
    }

    #[test]
    fn a_point_beyond_all_numbers_is_not_on_earth() {
        let json = serde_json::json!([[0, -1e300, 0, 0]]);
        assert_eq!(pack(&from_json(&json).unwrap()), None);
    }

    #[test]
    fn a_walk_takes_about_six_bytes_a_point() {
        let walk: Vec<Point> = (0..120)
            .map(|i| Point {
                seconds: i * 30,
                latitude: 23_500_000 + i * 150,
                longitude: 108_250_000 - i * 90,
                accuracy: 5 + i % 7,
            })
            .collect();
        assert!(pack(&walk).unwrap().len() < 120 * 7);
    }
}
