//! How are figures put side by side?

use std::time::Duration;

use serde_json::{Map, Value, json};

/// What one scene came to.
#[derive(Debug)]
pub struct Scene {
    name: &'static str,
    about: String,
    figures: Vec<Figure>,
}

#[derive(Debug)]
struct Figure {
    name: &'static str,
    unit: Unit,
    ours: Option<f64>,
    plain: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Ms,
    Bytes,
    Count,
}

impl Scene {
    pub fn new(name: &'static str, about: String) -> Scene {
        let figures = Vec::new();
        Scene {
            name,
            about,
            figures,
        }
    }

    pub fn both(&mut self, name: &'static str, unit: Unit, ours: f64, plain: f64) {
        self.push(name, unit, Some(ours), Some(plain));
    }

    pub fn ours(&mut self, name: &'static str, unit: Unit, ours: f64) {
        self.push(name, unit, Some(ours), None);
    }

    pub fn plain(&mut self, name: &'static str, unit: Unit, plain: f64) {
        self.push(name, unit, None, Some(plain));
    }

    fn push(&mut self, name: &'static str, unit: Unit, ours: Option<f64>, plain: Option<f64>) {
        self.figures.push(Figure {
            name,
            unit,
            ours,
            plain,
        });
    }
}

impl Figure {
    fn ratio(&self) -> Option<f64> {
        let plain = self.plain.filter(|plain| *plain > 0.0)?;
        Some(self.ours? / plain)
    }
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The middle one, or the mean of the middle two.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

pub fn json(scenes: &[Scene]) -> String {
    let mut all = Map::new();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    all.insert("cores".into(), json!(cores));
    for scene in scenes {
        let mut one = Map::new();
        one.insert("about".into(), json!(scene.about));
        for figure in &scene.figures {
            let unit = match figure.unit {
                Unit::Ms => "_ms",
                Unit::Bytes => "_bytes",
                Unit::Count => "",
            };
            let name = format!("{}{unit}", figure.name.replace([' ', ','], "_"));
            let beside = json!({
                "wardbook": figure.ours.map(rounded),
                "plain": figure.plain.map(rounded),
                "ratio": figure.ratio().map(rounded),
            });
            one.insert(name, beside);
        }
        all.insert(scene.name.into(), one.into());
    }
    Value::Object(all).to_string()
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

pub fn table(scenes: &[Scene]) -> String {
    let mut lines = Vec::new();
    for scene in scenes {
        lines.push(format!("\n{}: {}\n", scene.name, scene.about));
        lines.push(row("", "Wardbook", "plain", "ratio"));
        lines.push(format!("|{:-<34}|{0:->13}:|{0:->13}:|{0:->9}:|", "-"));
        for figure in &scene.figures {
            let shown = |value: Option<f64>| value.map_or(String::new(), |v| show(figure.unit, v));
            let ratio = figure.ratio().map_or(String::new(), |ratio| match ratio {
                ratio if ratio < 10.0 => format!("{ratio:.2}"),
                ratio => format!("{ratio:.0}"),
            });
            let (ours, plain) = (shown(figure.ours), shown(figure.plain));
            lines.push(row(figure.name, &ours, &plain, &ratio));
        }
    }
    lines.join("\n")
}

fn row(name: &str, ours: &str, plain: &str, ratio: &str) -> String {
    format!("| {name:<32} | {ours:>12} | {plain:>12} | {ratio:>8} |")
}

fn show(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Ms if value >= 10_000.0 => format!("{:.1} s", value / 1000.0),
        Unit::Ms if value >= 100.0 => format!("{value:.0} ms"),
        Unit::Ms => format!("{value:.1} ms"),
        Unit::Bytes if value >= 1e6 => format!("{:.1} MB", value / 1e6),
        Unit::Bytes if value >= 10_000.0 => format!("{:.1} kB", value / 1000.0),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Count if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Count => format!("{value:.2}"),
    }
}
