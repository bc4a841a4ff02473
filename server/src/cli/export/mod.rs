//! `wardbook export`: records and books as files on standard output.

use std::io::{BufWriter, stdout};

use clap::{Args, Subcommand, ValueEnum};
use sync_core::catalogue;

use super::{StationOptions, values};
use crate::clock::Clock;
use crate::config;
use crate::error::Result;
use crate::export::{self, Format, RecordFormat, Wanted};
use crate::messages::Language;
use crate::metrics;
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
        /// First day
        #[arg(long, value_name = "DAY", value_parser = values::day)]
        from: Option<String>,
        /// Last day
        #[arg(long, value_name = "DAY", value_parser = values::day)]
        to: Option<String>,
        #[arg(long, value_enum, default_value_t = MetricsFormat::Csv)]
        format: MetricsFormat,
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
        #[arg(long, value_enum, default_value_t = BookForm::Csv)]
        format: BookForm,
        #[command(flatten)]
        privacy: Privacy,
    },
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
enum BookForm {
    /// For spreadsheets, as text
    Csv,
    /// One JSON object a line
    Jsonl,
    /// A spreadsheet that prints as the official form
    Xlsx,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MetricsFormat {
    Csv,
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
        Command::Metrics {
            at,
            from,
            to,
            format,
        } => {
            let (from, to) = (from.as_deref(), to.as_deref());
            let format = match format {
                MetricsFormat::Csv => metrics::file::Format::Csv,
                MetricsFormat::Json => metrics::file::Format::Json,
            };
            let db = at.store.open().await?;
            read_tx!(db, "export_metrics", async |tx| {
                let out = BufWriter::new(stdout());
                let days = (from, to);
                export::metrics(
                    tx,
                    &at.station,
                    days,
                    clock.now_ms(),
                    language(),
                    format,
                    out,
                )
                .await
            })
            .await?;
            db.close().await;
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
                format: match format {
                    BookForm::Csv => Format::Csv,
                    BookForm::Jsonl => Format::Jsonl,
                    BookForm::Xlsx => Format::Xlsx,
                },
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
    }
    Ok(())
}

fn language() -> catalogue::Language {
    match config::language() {
        Language::Zh => catalogue::Language::Zh,
        Language::En => catalogue::Language::En,
    }
}
