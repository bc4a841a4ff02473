//! The way of a patrol as a small drawing: its shape, without a map, and where it was not
//! recorded.

use sync_core::record::track::Point;

use super::Desk;
use crate::pages::ink::Ink;

/// Longer without a point, and the way between is not known (as sessions are split).
const GAP_SECONDS: i64 = 15 * 60;
/// Points drawn: more would not be seen.
const MAX_DRAWN: usize = 400;
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 180.0;
const EDGE: f64 = 14.0;
/// Metres in a degree of latitude.
const DEGREE: f64 = 111_195.0;

#[derive(Debug)]
pub struct Drawing {
    pub label: Ink,
    /// Points of lines, as SVG has them.
    pub walked: Vec<String>,
    pub gaps: Vec<String>,
    pub start: (String, String),
    pub end: (String, String),
    /// The length of the scale's bar, and what it stands for.
    pub bar: String,
    pub bar_label: Ink,
    pub facts: Vec<Fact>,
}

#[derive(Debug)]
pub struct Fact {
    pub label: Ink,
    pub text: Ink,
}

impl Desk<'_> {
    pub(super) fn drawing(&self, points: &[Point]) -> Option<Drawing> {
        let (first, last) = (points.first()?, points.last()?);
        let w = self.words();
        let times = self.setter.station.times(self.setter.reader);
        let plan = Plan::of(points);
        let pairs = || points.iter().zip(points.iter().skip(1));
        let is_gap = |(a, b): &(&Point, &Point)| b.seconds - a.seconds > GAP_SECONDS;
        let metres: f64 = pairs().map(|(a, b)| plan.metres(a, b)).sum();
        let gaps: Vec<i64> = pairs()
            .filter(is_gap)
            .map(|(a, b)| b.seconds - a.seconds)
            .collect();
        let span = |seconds: i64| times.span(seconds.saturating_mul(1000), w);
        let fact = |label: &str, text: String| Fact {
            label: Ink::label(label),
            text: Ink::label(&text),
        };
        let seconds = || points.iter().map(|point| point.seconds);
        // Two phones' chunks may stand one after the other, so time can go back.
        let lasted = seconds().max().unwrap_or(0) - seconds().min().unwrap_or(0);
        let missing: i64 = gaps.iter().sum();
        let gaps_text = match gaps.len() {
            0 => w.track_no_gaps.clone(),
            n => w
                .track_gaps_text
                .replace("{n}", &n.to_string())
                .replace("{span}", &span(missing)),
        };
        let facts = vec![
            fact(&w.track_length, w.metres.replace("{n}", &rounded(metres))),
            fact(&w.track_lasted, span(lasted)),
            fact(&w.track_point_count, points.len().to_string()),
            fact(&w.track_gaps, gaps_text),
        ];
        let (walked, gaps) = plan.lines(points);
        let (bar, metres) = plan.bar();
        Some(Drawing {
            label: Ink::label(&w.track_label),
            walked,
            gaps,
            start: plan.place(first),
            end: plan.place(last),
            bar,
            bar_label: Ink::label(&w.metres.replace("{n}", &metres.to_string())),
            facts,
        })
    }
}

/// To ten metres: phones know no better.
fn rounded(metres: f64) -> String {
    format!("{:.0}", (metres / 10.0).round() * 10.0)
}

/// How the ground lies on the paper: north is up, and a metre is as long both ways.
struct Plan {
    west: f64,
    north: f64,
    /// Metres in a degree of longitude, here.
    across: f64,
    /// Units of the drawing a metre.
    scale: f64,
    left: f64,
    top: f64,
}

impl Plan {
    fn of(points: &[Point]) -> Plan {
        let over = |pick: fn(&Point) -> i64| {
            let all = || points.iter().map(pick);
            let (least, most) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
            (degrees(least), degrees(most))
        };
        let (south, north) = over(|point| point.latitude);
        let (west, east) = over(|point| point.longitude);
        let across = DEGREE * f64::midpoint(south, north).to_radians().cos().max(0.01);
        let (wide, high) = ((east - west) * across, (north - south) * DEGREE);
        let room = (WIDTH - 2.0 * EDGE, HEIGHT - 2.0 * EDGE);
        // Somebody who stood still is drawn in the middle of a hundred metres.
        let scale = (room.0 / wide.max(100.0)).min(room.1 / high.max(60.0));
        Plan {
            west,
            north,
            across,
            scale,
            left: (WIDTH - wide * scale) / 2.0,
            top: (HEIGHT - high * scale) / 2.0,
        }
    }

    fn place(&self, point: &Point) -> (String, String) {
        let x = (degrees(point.longitude) - self.west) * self.across * self.scale + self.left;
        let y = (self.north - degrees(point.latitude)) * DEGREE * self.scale + self.top;
        (format!("{x:.1}"), format!("{y:.1}"))
    }

    fn metres(&self, a: &Point, b: &Point) -> f64 {
        // The short way round the earth: over the date line too.
        let turn = degrees(b.longitude - a.longitude).rem_euclid(360.0);
        let x = turn.min(360.0 - turn) * self.across;
        let y = degrees(b.latitude - a.latitude) * DEGREE;
        x.hypot(y)
    }

    /// The ways between gaps, and the gaps.
    fn lines(&self, points: &[Point]) -> (Vec<String>, Vec<String>) {
        let every = points.len().div_ceil(MAX_DRAWN).max(1);
        let (mut walked, mut gaps) = (Vec::new(), Vec::new());
        let mut line: Vec<&Point> = Vec::new();
        let draw = |line: &[&Point]| -> String {
            let places = line.iter().map(|point| {
                let (x, y) = self.place(point);
                format!("{x},{y}")
            });
            places.collect::<Vec<_>>().join(" ")
        };
        for (at, point) in points.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| points.get(at));
            let gap = before.filter(|before| point.seconds - before.seconds > GAP_SECONDS);
            if let Some(before) = gap {
                if gaps.len() < MAX_DRAWN {
                    gaps.push(draw(&[before, point]));
                    walked.push(draw(&line));
                }
                line.clear();
            }
            let ends = at + 1 == points.len();
            let next = points.get(at + 1);
            let stops = next.is_some_and(|next| next.seconds - point.seconds > GAP_SECONDS);
            if at % every == 0 || line.is_empty() || ends || stops {
                line.push(point);
            }
        }
        walked.push(draw(&line));
        walked.retain(|line| line.contains(' '));
        (walked, gaps)
    }

    /// A bar of a round length that takes about a quarter of the drawing.
    fn bar(&self) -> (String, u64) {
        let wanted = WIDTH / 4.0 / self.scale;
        let mut metres = 10_u64;
        for step in [
            20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 1_000_000,
        ] {
            if (step as f64) <= wanted {
                metres = step;
            }
        }
        (format!("{:.1}", metres as f64 * self.scale), metres)
    }
}

fn degrees(micro: i64) -> f64 {
    micro as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(seconds: i64, latitude: i64, longitude: i64) -> Point {
        Point {
            seconds,
            latitude,
            longitude,
            accuracy: 5,
        }
    }

    #[test]
    fn a_gap_parts_the_way_and_is_drawn_as_one() {
        let walk = [
            point(0, 30_650_000, 104_080_000),
            point(60, 30_651_000, 104_080_000),
            point(4_000, 30_655_000, 104_085_000),
            point(4_060, 30_656_000, 104_085_000),
        ];
        let plan = Plan::of(&walk);
        let (walked, gaps) = plan.lines(&walk);
        assert_eq!((walked.len(), gaps.len()), (2, 1));
        let metres = plan.metres(&walk[0], &walk[1]);
        assert!((110.0..112.0).contains(&metres), "{metres}");
    }

    #[test]
    fn every_point_lies_within_the_drawing_wherever_it_is_on_earth() {
        for walk in [
            vec![
                point(0, 90_000_000, 180_000_000),
                point(9, -90_000_000, -180_000_000),
            ],
            vec![point(0, 0, 0)],
            (0..5_000)
                .map(|n| point(n, 30_000_000 + n, 104_000_000 - n))
                .collect(),
        ] {
            let plan = Plan::of(&walk);
            for place in &walk {
                let (x, y) = plan.place(place);
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                assert!(
                    (0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y),
                    "{x} {y}"
                );
            }
            let (walked, _) = plan.lines(&walk);
            assert!(
                walked
                    .iter()
                    .map(|line| line.split(' ').count())
                    .sum::<usize>()
                    < 900
            );
        }
    }
}
