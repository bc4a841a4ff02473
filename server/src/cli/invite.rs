//! `wardbook invite`: makes a one-time code with which an officer's phone joins.

use std::time::Duration;

use clap::Args;
use serde_json::json;
use sync_core::ids::PersonId;

use super::{StationOptions, out, values};
use crate::charter;
use crate::clock::Clock;
use crate::error::Result;
use crate::invite::{DEFAULT_LIFE, invite};
use crate::write_tx;

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    at: StationOptions,
    /// The officer's code (工号); one who is not a member yet becomes one
    #[arg(long, value_name = "CODE")]
    officer: PersonId,
    /// The role in which the phone joins [default: the officer's first, or stationed_officer]
    #[arg(long, value_name = "ROLE", value_parser = values::role)]
    role: Option<String>,
    /// How long the code is good [default: 168]
    #[arg(long, value_name = "HOURS", value_parser = values::hours)]
    hours: Option<Duration>,
    /// Print one JSON object on one line
    #[arg(long)]
    json: bool,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    let db = options.at.store.open().await?;
    let data = options.at.store.data_dir();
    let life = options.hours.unwrap_or(DEFAULT_LIFE);
    let code = write_tx!(db, "invite", async |tx| {
        let (station, role) = (&options.at.station, options.role.as_deref());
        let code = invite(tx, station, &options.officer, role, life, &data, clock).await?;
        charter::issue(tx, station, None, &data, clock).await?;
        Ok(code)
    })
    .await?;
    db.close().await;
    let hours = life.as_secs() / 3600;
    if options.json {
        out::say(&json!({"code": code.reveal(), "hours": hours}).to_string());
    } else {
        out::say(&code.reveal());
        out::say(&format!(
            "good once, for {hours} hours, for {}",
            options.officer
        ));
    }
    Ok(())
}
