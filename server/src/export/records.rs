//! Every record of a station, record by record: JSON Lines for machines, GeoJSON for maps.

use std::io::{self, Write};

use serde_json::{Map, Value, json};
use sync_core::book::{self, mask_record};
use sync_core::catalogue::Kind;
use sync_core::ids::{RecordId, StationId};
use sync_core::letters::escaped;
use sync_core::record::export::line;
use sync_core::record::geo::{self, Place};
use sync_core::record::view::View;

use super::written;
use crate::admission::history;
use crate::db::Tx;
use crate::error::Result;
use crate::pages::station::Shown;
use crate::{args, sql};

/// Records named at once; one at a time is read.
const PART: i64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Where the records say that they took place (RFC 7946).
    GeoJson,
}

impl Format {
    pub fn suffix(self) -> &'static str {
        match self {
            Format::Jsonl => "jsonl",
            Format::GeoJson => "geojson",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Jsonl => "application/jsonl; charset=utf-8",
            Format::GeoJson => "application/geo+json",
        }
    }
}

pub async fn records(
    tx: &mut Tx,
    station: &StationId,
    format: Format,
    masked: bool,
    out: impl Write + Send,
) -> Result<()> {
    let shown = Shown::read(tx, station.as_str()).await?;
    records_of(tx, &shown, format, masked, out).await
}

/// [`records`] of a station that has been read.
pub(crate) async fn records_of(
    tx: &mut Tx,
    shown: &Shown,
    format: Format,
    masked: bool,
    out: impl Write + Send,
) -> Result<()> {
    let station = &shown.id;
    let begun = Records::begin(format, masked, out);
    let Some(mut file) = written(begun)? else {
        return Ok(());
    };
    let mut last = RecordId([0; 16]);
    loop {
        let page = args![station, &last, PART];
        let rows = tx.fetch_all(sql!("record_list"), page).await?;
        if rows.is_empty() {
            return written(file.end()).map(drop);
        }
        for row in rows {
            last = RecordId(row.bytes("record")?);
            let changes = tx
                .fetch_all(sql!("change_of_record"), args![station, &last])
                .await?;
            let view = View::of(&history(last, &changes)?);
            if written(file.record(&view, &shown.books))?.is_none() {
                return Ok(());
            }
        }
    }
}

struct Records<W> {
    format: Format,
    masked: bool,
    out: W,
    features: u64,
}

impl<W: Write> Records<W> {
    fn begin(format: Format, masked: bool, mut out: W) -> io::Result<Records<W>> {
        if format == Format::GeoJson {
            out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        }
        Ok(Records {
            format,
            masked,
            out,
            features: 0,
        })
    }

    fn record(&mut self, view: &View, station: &book::Station) -> io::Result<()> {
        let kind = station.catalogue().kinds.get(&view.kind);
        let read = || {
            let mut line = line(view, kind);
            if self.masked {
                mask_record(&mut line, kind);
            }
            line
        };
        match self.format {
            Format::Jsonl => {
                let line = Value::Object(read());
                writeln!(self.out, "{}", escaped(&line.to_string()))
            }
            Format::GeoJson => {
                let Some(kind) = kind else { return Ok(()) };
                let places = geo::places(view, kind);
                if places.is_empty() {
                    return Ok(());
                }
                let properties = properties(&read(), kind, &places);
                let day = book::facts(view, station).day;
                for place in places {
                    let feature = feature(view, place, &day, self.masked, properties.clone());
                    let between = if self.features == 0 { "\n" } else { ",\n" };
                    self.features += 1;
                    let feature = escaped(&feature.to_string());
                    write!(self.out, "{between}{feature}")?;
                }
                Ok(())
            }
        }
    }

    fn end(mut self) -> io::Result<()> {
        if self.format == Format::GeoJson {
            self.out.write_all(b"\n]}\n")?;
        }
        self.out.flush()
    }
}

/// What maps can label with: the fields that hold one value, and the state.
fn properties(line: &Map<String, Value>, kind: &Kind, places: &[Place]) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in ["kind", "id", "state"] {
        let value = line.get(key).cloned().unwrap_or_default();
        properties.insert(key.to_owned(), value);
    }
    let body = line.get("body").and_then(Value::as_object);
    for field in &kind.fields {
        let value = body.and_then(|body| body.get(&field.name));
        let is_place = places.iter().any(|place| place.field == field.name);
        if let Some(value) = value
            && !is_place
            && !value.is_array()
            && !value.is_object()
        {
            let name = match properties.contains_key(&field.name) {
                true => format!("field:{}", field.name),
                false => field.name.clone(),
            };
            properties.insert(name, value.clone());
        }
    }
    properties
}

/// Where an officer went is the officer's own: a masked export keeps the place of the feature
/// empty. (个人信息保护法 28: 行踪轨迹)
fn feature(
    view: &View,
    place: Place,
    day: &Option<String>,
    masked: bool,
    mut properties: Map<String, Value>,
) -> Value {
    let hidden = masked && place.is_track && !place.geometry.is_null();
    properties.insert("field".to_owned(), place.field.clone().into());
    properties.insert("day".to_owned(), day.clone().into());
    if hidden {
        properties.insert("masked".to_owned(), true.into());
    }
    json!({
        "type": "Feature",
        "id": format!("{}/{}", view.record, place.field),
        "geometry": if hidden { Value::Null } else { place.geometry },
        "properties": properties,
    })
}
