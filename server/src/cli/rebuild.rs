//! `wardbook rebuild`: computes the books anew from the station logs; with `--check`, compares.

use clap::Args;

use super::{StoreOptions, out};
use crate::error::Result;
use crate::station::Station;
use crate::{read_tx, rebuild, write_tx};

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    store: StoreOptions,
    /// Write nothing; name the first row that differs
    #[arg(long)]
    check: bool,
}

pub async fn run(options: Options) -> Result<()> {
    let db = options.store.open().await?;
    for station in Station::list(&db).await? {
        let id = &station.id;
        let (counts, done) = if options.check {
            let check = read_tx!(db, "rebuild_check", async |tx| rebuild::check(tx, id).await);
            (check.await?, "the same")
        } else {
            let rewrite = write_tx!(db, "rebuild", async |tx| rebuild::rewrite(tx, id).await);
            (rewrite.await?, "written anew")
        };
        out::say(&format!(
            "station {id}: {} records, {} changes, {} lines, {} numbers {done}",
            counts.records, counts.changes, counts.lines, counts.numbers
        ));
    }
    db.close().await;
    Ok(())
}
