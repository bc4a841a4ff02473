//! `wardbook step`: what the console will take once it has a log-in.

use clap::Args;
use sync_core::ids::PersonId;

use super::{StationOptions, out, values};
use crate::clock::Clock;
use crate::console_step::{self, Wanted};
use crate::error::Result;
use crate::hand::Hand;
use crate::write_tx;

#[derive(Debug, Args)]
pub struct Options {
    /// Its number in a book (锦华案〔2026〕第0001号), or the beginning of its id
    record: String,
    /// The step's name or label: decided, 已决定
    step: String,
    /// Fields that are filled in with it
    #[arg(value_name = "FIELD=VALUE", value_parser = field)]
    values: Vec<(String, String)>,
    #[command(flatten)]
    at: StationOptions,
    /// The member who takes it, with the rights of their roles
    #[arg(long, value_name = "OFFICER")]
    by: PersonId,
    /// Words that stand beside the step
    #[arg(long, value_parser = values::name)]
    note: Option<String>,
}

fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.trim().is_empty() => {
            Ok((field.trim().to_owned(), value.to_owned()))
        }
        _ => Err("must be a field and its value such as published_on=2026-05-11".to_owned()),
    }
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    let (db, data) = (options.at.store.open().await?, options.at.store.data_dir());
    let hand = Hand {
        data: &data,
        clock,
        by: Some(&options.by),
    };
    let (station, wanted) = (
        &options.at.station,
        Wanted {
            step: options.step,
            note: options.note,
            values: options.values,
        },
    );
    let (record, step) = write_tx!(db, "console_step", async |tx| {
        let record = console_step::find(tx, station, &options.record).await?;
        let step = console_step::take(tx, &hand, station, record, &wanted).await?;
        Ok((record, step))
    })
    .await?;
    db.close().await;
    out::say(&format!("{record} {step}"));
    Ok(())
}
