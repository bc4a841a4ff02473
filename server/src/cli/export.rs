//! `wardbook export`: records and books as files on standard output.

use std::io::{BufWriter, stdout};

use clap::{Args, Subcommand, ValueEnum};
use sync_core::catalogue;

use super::{StationOptions, values};
use crate::clock::Clock;
use crate::config;
use crate::error::Result;
use crate::export::{self, Format, Wanted};
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
    /// Every record, one line each: id, kind, body, conflicts
    Records {
        #[command(flatten)]
        at: StationOptions,
        #[arg(long, value_enum, default_value_t = RecordFormat::Jsonl)]
        format: RecordFormat,
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
        #[arg(long, value_enum, default_value_t = BookFormat::Csv)]
        format: BookFormat,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RecordFormat {
    Jsonl,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum BookFormat {
    Csv,
    Jsonl,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum MetricsFormat {
    Csv,
    Json,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    match options.command {
        Command::Records { at, format } => {
            let RecordFormat::Jsonl = format;
            let db = at.store.open().await?;
            read_tx!(db, "export_records", async |tx| {
                export::records(tx, &at.station, BufWriter::new(stdout().lock())).await
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
                let out = BufWriter::new(stdout().lock());
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
        } => {
            let wanted = Wanted {
                book: &book,
                from: from.as_deref(),
                to: to.as_deref(),
                format: match format {
                    BookFormat::Csv => Format::Csv,
                    BookFormat::Jsonl => Format::Jsonl,
                },
                language: language(),
                now: clock.now_ms(),
            };
            let db = at.store.open().await?;
            read_tx!(db, "export_book", async |tx| {
                let out = BufWriter::new(stdout().lock());
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
