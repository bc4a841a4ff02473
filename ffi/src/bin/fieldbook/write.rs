use clap::Args;
use ffi::Phone;
use sync_core::fieldbook::Deed;
use sync_core::record::change::Scalar;
use sync_core::record::track::{self, Point};
use sync_core::record::write::Edit;

use crate::failure::Failure;
use crate::record::tell;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Track {
    #[command(subcommand)]
    command: TrackCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TrackCommand {
    /// Add points to the track of a record, as one act
    Add {
        /// The beginning of the record's id, or its external id
        record: String,
        /// lat,lon or lat,lon,accuracy in metres
        #[arg(required = true, value_name = "POINT", allow_hyphen_values = true)]
        points: Vec<String>,
        /// The field; by default the kind's first track
        #[arg(long)]
        field: Option<String>,
    },
}

impl Track {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let TrackCommand::Add {
            record,
            points,
            field,
        } = self.command;
        let record = phone.find(&record)?;
        let (field, seconds) = phone.track_of(record, field.as_deref())?;
        let points = points
            .iter()
            .map(|given| point(given, seconds).ok_or_else(|| Failure::TrackPoint(given.clone())))
            .collect::<Result<Vec<Point>, Failure>>()?;
        let Some(bytes) = track::pack(&points) else {
            return Err(Failure::TrackPoint(format!("{} points", points.len())));
        };
        let value = Scalar::Bytes(bytes);
        let edits = vec![Edit::Add { field, value }];
        let saved = phone.save(vec![Deed::Change { record, edits }], None)?;
        tell(&saved, say);
        Ok(())
    }
}

fn point(text: &str, seconds: i64) -> Option<Point> {
    let numbers: Vec<&str> = text.split([',', '，']).map(str::trim).collect();
    let (lat, lon, accuracy) = match numbers.as_slice() {
        [lat, lon] => (lat, lon, "0"),
        [lat, lon, accuracy] => (lat, lon, *accuracy),
        _ => return None,
    };
    let micro = |text: &str, most: f64| {
        let degrees: f64 = text.parse().ok()?;
        (degrees.abs() <= most).then(|| (degrees * 1e6).round() as i64)
    };
    let accuracy: f64 = accuracy.parse().ok()?;
    Some(Point {
        seconds,
        latitude: micro(lat, 90.0)?,
        longitude: micro(lon, 180.0)?,
        accuracy: accuracy.round() as i64,
    })
}

#[derive(Debug, Args)]
pub struct Write {
    /// The beginning of the record's id, or its external id
    record: String,
    /// The field
    field: String,
    /// What to insert
    text: String,
    /// Where, in UTF-16 units from the beginning; by default at the end
    #[arg(long, value_name = "N")]
    at: Option<usize>,
    /// How many units to take away there
    #[arg(long, value_name = "N", default_value_t = 0)]
    delete: usize,
}

impl Write {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let record = phone.find(&self.record)?;
        let saved = phone.splice(record, &self.field, self.at, self.delete, self.text)?;
        tell(&saved, say);
        Ok(())
    }
}
