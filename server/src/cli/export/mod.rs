//! `wardbook export`: records, books and lists as files on standard output.

mod list;

use std::io::{BufWriter, stdout};

use clap::{Args, Subcommand, ValueEnum};
use sync_core::catalogue;

use self::list::Lists;
use super::{StationOptions, values};
use crate::clock::Clock;
use crate::config;
use crate::error::Result;
use crate::export::{self, Format, List, RecordFormat, Wanted};
use crate::messages::Language;
use crate::read_tx;

#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every record, one line each, or on a map: id, kind, body, conflicts, state, steps
    Records {
        #[command(flatten)]
        at: StationOptions,
        #[arg(long, value_enum, default_value_t = RecordForm::Jsonl)]
        format: RecordForm,
        #[command(flatten)]
        privacy: Privacy,
    },
    /// The metrics of a period, by default of this month
    Metrics {
        #[command(flatten)]
        at: StationOptions,
        #[command(flatten)]
        period: list::Period,
        #[arg(long, value_enum, default_value_t = MetricsForm::Csv)]
        format: MetricsForm,
    },
    /// The rows of a book, such as R1
    Book {
        book: String,
        #[command(flatten)]
        at: StationOptions,
        /// First day
        #[arg(long, value_name = "DAY", value_parser = values::day)]
        from: Option<String>,
        /// Last day
        #[arg(long, value_name = "DAY", value_parser = values::day)]
        to: Option<String>,
        #[arg(long, value_enum, default_value_t = TableForm::Csv)]
        format: TableForm,
        #[command(flatten)]
        privacy: Privacy,
    },
    #[command(flatten)]
    List(Lists),
}

#[derive(Debug, Args)]
struct Privacy {
    /// Mask names, phones, addresses and notes of persons, and leave officers' tracks out
    #[arg(long)]
    masked: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RecordForm {
    /// One JSON object a line
    Jsonl,
    /// Tracks as lines and places as points (RFC 7946)
    Geojson,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TableForm {
    /// For spreadsheets, as text
    Csv,
    /// One JSON object a line
    Jsonl,
    /// A spreadsheet that prints as the official form
    Xlsx,
}

impl From<TableForm> for Format {
    fn from(form: TableForm) -> Format {
        match form {
            TableForm::Csv => Format::Csv,
            TableForm::Jsonl => Format::Jsonl,
            TableForm::Xlsx => Format::Xlsx,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MetricsForm {
    /// For spreadsheets, as text
    Csv,
    /// One JSON object a line
    Jsonl,
    /// A spreadsheet
    Xlsx,
    /// One JSON object, with the records behind each metric, officers and committees
    Json,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    match options.command {
        Command::Records {
            at,
            format,
            privacy,
        } => {
            let format = match format {
                RecordForm::Jsonl => RecordFormat::Jsonl,
                RecordForm::Geojson => RecordFormat::GeoJson,
            };
            let db = at.store.open().await?;
            read_tx!(db, "export_records", async |tx| {
                let out = BufWriter::new(stdout());
                export::records(tx, &at.station, format, privacy.masked, out).await
            })
            .await?;
            db.close().await;
        }
        Command::Metrics { at, period, format } => {
            let form = match format {
                MetricsForm::Csv => TableForm::Csv,
                MetricsForm::Jsonl => TableForm::Jsonl,
                MetricsForm::Xlsx => TableForm::Xlsx,
                MetricsForm::Json => return metrics_json(&at, &period, clock).await,
            };
            list::to_stdout(List::Metrics, period.query(), &at, form, false, clock).await?;
        }
        Command::Book {
            book,
            at,
            from,
            to,
            format,
            privacy,
        } => {
            let wanted = Wanted {
                book: &book,
                from: from.as_deref(),
                to: to.as_deref(),
                format: format.into(),
                language: language(),
                masked: privacy.masked,
                now: clock.now_ms(),
            };
            let db = at.store.open().await?;
            read_tx!(db, "export_book", async |tx| {
                let out = BufWriter::new(stdout());
                export::book(tx, &at.station, &wanted, out).await
            })
            .await?;
            db.close().await;
        }
        Command::List(lists) => list::run(lists, clock).await?,
    }
    Ok(())
}

async fn metrics_json(at: &StationOptions, period: &list::Period, clock: &Clock) -> Result<()> {
    let days = (period.from.as_deref(), period.to.as_deref());
    let db = at.store.open().await?;
    read_tx!(db, "export_metrics", async |tx| {
        let out = BufWriter::new(stdout());
        export::metrics(tx, &at.station, days, clock.now_ms(), language(), out).await
    })
    .await?;
    db.close().await;
    Ok(())
}

fn language() -> catalogue::Language {
    match config::language() {
        Language::Zh => catalogue::Language::Zh,
        Language::En => catalogue::Language::En,
    }
}
