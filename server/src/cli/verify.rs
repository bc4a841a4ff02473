//! `wardbook verify`: chains, roots and signatures of everything stored.

use clap::Args;
use sync_core::catalogue::display_moment;

use super::{StoreOptions, out};
use crate::error::Result;
use crate::station::Station;
use crate::{read_tx, verify};

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    store: StoreOptions,
}

fn zone(station: &Station) -> i32 {
    i32::try_from(station.zone_minutes).unwrap_or_default()
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
        for fork in &verified.forks {
            out::say(&format!(
                "station {id}: device {} of {} signed two envelopes {}, the second received {}; \
                 it is frozen, and both are kept as proof",
                fork.device,
                fork.person,
                fork.seq,
                display_moment(fork.received_at, zone(&station)),
            ));
        }
    }
    db.close().await;
    Ok(())
}
