//! The command line of `wardbook`: one file a command.
//!
//! Exit status: 0 done, 2 wrong use, 1 anything else, with one line on standard error that says
//! what went wrong and what to do.

mod card;
mod catalogue;
mod demo;
mod export;
mod import;
mod init;
mod invite;
mod judge;
mod officer;
mod out;
mod rebuild;
mod serve;
mod station;
mod step;
mod values;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use sync_core::ids::StationId;

use crate::clock::Clock;
use crate::config;
use crate::datadir::DataDir;
use crate::db::{Db, Schema};
use crate::error::{Error, Result};

/// A station's official books, merged from its officers' offline phones.
#[derive(Debug, Parser)]
#[command(name = "wardbook", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a store with a station, or put another station into it
    Init(init::Options),
    /// Check a catalogue folder
    Catalogue(catalogue::Options),
    /// Serve phones and the console
    Serve(serve::Options),
    /// Play a day of a station with phones of its own, in a temporary folder
    Demo(demo::Options),
    /// List, rename and set stations
    Station(station::Options),
    /// Say who the members of a station are
    Officer(officer::Options),
    /// Draft, approve, post, check and print the contact cards that residents see
    Card(card::Options),
    /// Take a step that only the station's console may, on behalf of a member
    Step(step::Options),
    /// Make a one-time code with which an officer's phone joins
    Invite(invite::Options),
    /// Take whole records in as the station's stock
    Import(import::Options),
    /// Write records, a book or a list of the console to standard output
    Export(export::Options),
    /// Judge what waits, and store nothing
    #[command(hide = true)]
    Judge(judge::Options),
    /// Compute the books anew from the station logs
    Rebuild(rebuild::Options),
    /// Check chains, roots and signatures of everything stored
    Verify(verify::Options),
}

/// Where the store is.
#[derive(Debug, Args)]
struct StoreOptions {
    /// Folder of the embedded database and the server's keys
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// PostgreSQL that holds the books [default: as `init` was told]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// A store and one of its stations.
#[derive(Debug, Args)]
struct StationOptions {
    #[command(flatten)]
    store: StoreOptions,
    /// The station's code
    #[arg(long, value_name = "CODE")]
    station: StationId,
}

impl StoreOptions {
    fn data_dir(&self) -> DataDir {
        DataDir::new(&self.data)
    }

    /// Opens the store that is there.
    async fn open(&self) -> Result<Db> {
        let location = self.data_dir().location(self.database.as_deref())?;
        Db::open(&location, Schema::Existing).await
    }
}

pub fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        // What was typed comes back in the complaint, so it is told by our own hand.
        Err(error)
            if error.use_stderr()
                && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand =>
        {
            let told = error.to_string();
            out::complain(told.strip_prefix("error: ").unwrap_or(&told).trim_end());
            return ExitCode::from(2);
        }
        Err(help) => help.exit(),
    };
    match run(command, Clock::system()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out::complain(&error.terminal_line(config::language()));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, clock: Clock) -> Result<()> {
    let mut runtime = match command {
        Command::Serve(_) | Command::Demo(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime
        .enable_all()
        .build()
        .map_err(|source| Error::Runtime {
            operation: "starting the runtime",
            source,
        })?;
    runtime.block_on(async {
        match command {
            Command::Init(options) => init::run(options, &clock).await,
            Command::Catalogue(options) => catalogue::run(&options, &clock),
            Command::Serve(options) => serve::run(options, clock).await,
            Command::Demo(options) => demo::run(options, &clock).await,
            Command::Station(options) => station::run(options, &clock).await,
            Command::Officer(options) => officer::run(options, &clock).await,
            Command::Card(options) => card::run(options, &clock).await,
            Command::Step(options) => step::run(options, &clock).await,
            Command::Invite(options) => invite::run(options, &clock).await,
            Command::Import(options) => import::run(options, &clock).await,
            Command::Export(options) => export::run(options, &clock).await,
            Command::Judge(options) => judge::run(options, &clock).await,
            Command::Rebuild(options) => rebuild::run(options).await,
            Command::Verify(options) => verify::run(options).await,
        }
    })
}
