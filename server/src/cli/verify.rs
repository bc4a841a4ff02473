//! `wardbook verify`: chains, roots and signatures of everything stored.

use clap::Args;

use super::{StoreOptions, out};
use crate::error::Result;
use crate::station::Station;
use crate::{read_tx, verify};

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    store: StoreOptions,
}

pub async fn run(options: Options) -> Result<()> {
    let db = options.store.open().await?;
    for station in Station::list(&db).await? {
        let id = &station.id;
        let verified = read_tx!(db, "verify", async |tx| verify::verify(tx, id).await).await?;
        out::say(&format!(
            "station {id}: {} envelopes, {} entries, {} charters, {} numbers verified",
            verified.envelopes, verified.entries, verified.epochs, verified.numbers
        ));
    }
    db.close().await;
    Ok(())
}
