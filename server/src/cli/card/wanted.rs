//! What shall stand on a card, as the command line says it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use data_encoding::BASE64;

use super::super::values;
use crate::card::Wanted;
use crate::card::hours::Window;
use crate::card::photo::{MAX_FILE, Photo};
use crate::db::Row;
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub struct Wanting {
    /// The phone on the card, where it is not the directory's
    #[arg(long, value_name = "NUMBER", value_parser = values::phone)]
    phone: Option<String>,
    /// The squad (所在中队)
    #[arg(long, value_parser = values::name)]
    squad: Option<String>,
    /// The badge number, where the directory has no certificate
    #[arg(long, value_parser = values::name)]
    badge: Option<String>,
    /// Where the station is
    #[arg(long, value_name = "PLACE", value_parser = values::name)]
    station_place: Option<String>,
    /// One line of the duties (职责范围); give it again for several
    #[arg(long = "duty", value_name = "TEXT", value_parser = values::name)]
    duties: Vec<String>,
    /// Service hours as `wed 14:00-16:00`, `workday 09:00-11:30` or `daily 18:00-24:00`; give it
    /// again for several
    #[arg(long = "hours", value_name = "HOURS", value_parser = hours)]
    hours: Vec<(String, String, String)>,
    /// How to complain (监督方式)
    #[arg(long, value_name = "TEXT", value_parser = values::name)]
    supervision: Option<String>,
    /// One commitment (承诺事项); give it again for several
    #[arg(long = "commitment", value_name = "TEXT", value_parser = values::name)]
    commitments: Vec<String>,
    /// The phone of the station or squad, for when nobody answers or the card is withdrawn
    #[arg(long, value_name = "NUMBER", value_parser = values::phone)]
    fallback_phone: Option<String>,
    /// A JPEG or PNG of the officer, of at most 2 MB and 2048 pixels a side; what the camera noted
    /// in it is left out
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
}

/// `wed 14:00-16:00`: a day of the code list `service_day`, from, until.
fn hours(text: &str) -> Result<(String, String, String), String> {
    let read = || {
        let (day, span) = text.trim().split_once(' ')?;
        let (from, until) = span.trim().split_once('-')?;
        let known = [
            "mon", "tue", "wed", "thu", "fri", "sat", "sun", "workday", "daily",
        ];
        let window = Window::read(day, from.trim(), until.trim())?;
        let (from, until) = window.span.times();
        known.contains(&day).then(|| (day.to_owned(), from, until))
    };
    read().ok_or_else(|| {
        "must be a day and two times such as `wed 14:00-16:00`; days are mon to sun, workday and daily"
            .to_owned()
    })
}

impl Wanting {
    pub fn read(self) -> Result<Wanted> {
        let lines = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join("\n"));
        Ok(Wanted {
            phone: self.phone,
            squad: self.squad,
            badge_no: self.badge,
            station_place: self.station_place,
            duty_scope: lines(self.duties),
            supervision_channel: self.supervision,
            commitments: lines(self.commitments),
            fallback_phone: self.fallback_phone,
            hours: (!self.hours.is_empty()).then_some(self.hours),
            photo: self.photo.as_deref().map(photo).transpose()?,
        })
    }
}

fn photo(path: &Path) -> Result<Photo> {
    let failed = |source| Error::file("reading", path, source);
    let mut bytes = Vec::new();
    let limit = MAX_FILE as u64 + 1;
    let file = File::open(path).map_err(failed)?;
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    Photo::read(&bytes).map_err(|what| Error::PhotoRefused {
        path: path.to_owned(),
        what,
    })
}

/// A kept photo as a page of one file carries it.
pub fn embedded(row: &Row) -> Result<String> {
    let (mime, bytes): (String, Vec<u8>) = (row.get("mime")?, row.get("bytes")?);
    Ok(format!("data:{mime};base64,{}", BASE64.encode(&bytes)))
}
