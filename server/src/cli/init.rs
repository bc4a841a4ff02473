//! `wardbook init`: makes a store with a station, or puts another station into it.

use clap::Args;

use super::catalogue::CatalogueOptions;
use super::{StationOptions, out, values};
use crate::charter;
use crate::clock::Clock;
use crate::db::{Db, Schema};
use crate::error::Result;
use crate::station::Station;
use crate::write_tx;

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    at: StationOptions,
    /// The station's name, as the books print it
    #[arg(long, value_parser = values::name)]
    name: String,
    #[command(flatten)]
    catalogue: CatalogueOptions,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    let (data, station) = (options.at.store.data_dir(), &options.at.station);
    let catalogue = options.catalogue.or_embedded()?;
    data.create()?;
    let location = data.location(options.at.store.database.as_deref())?;
    let db = Db::open(&location, Schema::Create).await?;
    let key = data.create_key(station, clock)?;
    write_tx!(db, "station_insert", async |tx| {
        Station::create(tx, station, &options.name, &key, clock).await?;
        charter::issue(tx, station, Some(&catalogue), &data, clock).await
    })
    .await?;
    data.remember_location(&location)?;
    db.close().await;
    out::say(&format!(
        "station {station} is ready in {}",
        data.path().display()
    ));
    Ok(())
}
