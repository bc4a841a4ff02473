//! `wardbook judge`: what `serve` starts to judge envelopes that may take a process down.

use clap::Args;

use super::StationOptions;
use crate::admission::{Task, judge_apart};
use crate::clock::Clock;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    at: StationOptions,
    /// How many of those that wait, from the first
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=64))]
    envelopes: i64,
    /// Do only what holding them takes
    #[arg(long)]
    hold: bool,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    let db = options.at.store.open().await?;
    let task = match options.hold {
        true => Task::Hold,
        false => Task::Judge,
    };
    judge_apart(&db, clock, &options.at.station, options.envelopes, task).await?;
    db.close().await;
    Ok(())
}
