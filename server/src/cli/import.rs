//! `wardbook import`: takes whole records in as the station's stock.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{StationOptions, out};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::stock;

#[derive(Debug, Args)]
pub struct Options {
    /// One JSON object a line: `{"kind", "id", field: value, ...}`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    at: StationOptions,
    /// Print one JSON object on one line
    #[arg(long)]
    json: bool,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    let path = &options.file;
    let file = File::open(path).map_err(|source| Error::file("reading", path, source))?;
    let db = options.at.store.open().await?;
    let (data, station) = (options.at.store.data_dir(), &options.at.station);
    let lines = BufReader::new(file).lines();
    let imported = stock::import(&db, &data, clock, station, lines, path).await?;
    db.close().await;
    let (records, skipped) = (imported.records, imported.skipped);
    out::say(&match options.json {
        true => json!({"imported": records, "skipped": skipped}).to_string(),
        false => format!("{records} records imported, {skipped} were there already"),
    });
    Ok(())
}
