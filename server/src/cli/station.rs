//! `wardbook station`: lists, renames and sets stations.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{StationOptions, StoreOptions, out, values};
use crate::charter;
use crate::clock::Clock;
use crate::error::Result;
use crate::station::Station;
use crate::write_tx;

#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One line a station: code, name, time zone
    List {
        #[command(flatten)]
        store: StoreOptions,
        /// Print one JSON object on one line
        #[arg(long)]
        json: bool,
    },
    /// Give a station another name
    Rename {
        #[arg(value_parser = values::name)]
        name: String,
        #[command(flatten)]
        at: StationOptions,
    },
    /// Set what holds for the station
    Set {
        /// The station's word (字) in register numbers that are still to be given
        #[arg(long, value_parser = values::name)]
        word: String,
        #[command(flatten)]
        at: StationOptions,
    },
    /// Set the time zone in which a station's days begin
    Zone {
        /// Offset from UTC, such as +08:00
        #[arg(value_parser = values::zone, allow_hyphen_values = true)]
        zone: i64,
        #[command(flatten)]
        at: StationOptions,
    },
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    match options.command {
        Command::List { store, json } => list(&store, json).await,
        Command::Rename { name, at } => {
            let db = at.store.open().await?;
            write_tx!(db, "station_rename", async |tx| {
                Station::rename(tx, &at.station, &name).await?;
                charter::issue(tx, &at.station, None, &at.store.data_dir(), clock).await
            })
            .await?;
            db.close().await;
            Ok(())
        }
        Command::Set { word, at } => {
            let db = at.store.open().await?;
            write_tx!(db, "station_word", async |tx| {
                Station::set_word(tx, &at.station, &word).await
            })
            .await?;
            db.close().await;
            Ok(())
        }
        Command::Zone { zone, at } => {
            let db = at.store.open().await?;
            write_tx!(db, "station_rezone", async |tx| {
                Station::rezone(tx, &at.station, zone).await?;
                charter::issue(tx, &at.station, None, &at.store.data_dir(), clock).await
            })
            .await?;
            db.close().await;
            Ok(())
        }
    }
}

async fn list(store: &StoreOptions, json: bool) -> Result<()> {
    let db = store.open().await?;
    let stations = Station::list(&db).await?;
    db.close().await;
    if json {
        let stations: Vec<_> = stations
            .iter()
            .map(|s| {
                let zone = out::zone(s.zone_minutes);
                json!({"station": s.id.as_str(), "name": s.name, "zone": zone})
            })
            .collect();
        out::json(&json!({ "stations": stations }));
    } else {
        for s in stations {
            out::say(&format!(
                "{}\t{}\t{}",
                s.id,
                s.name,
                out::zone(s.zone_minutes)
            ));
        }
    }
    Ok(())
}
